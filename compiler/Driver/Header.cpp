//===- Header.cpp - the C header of an object -----------------------------===//

#include "compiler/Driver/Header.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/raw_ostream.h"

using namespace llvm;

namespace keops {

/// Words that C11, C23 or C++20 keep for themselves, and macros that compilers
/// define under names that users choose.
static bool isReserved(StringRef name) {
  static const StringSet<> words = {
      "alignas", "alignof", "and", "and_eq", "asm", "auto", "bitand", "bitor",
      "bool", "break", "case", "catch", "char", "char16_t", "char32_t",
      "char8_t", "class", "co_await", "co_return", "co_yield", "compl",
      "concept", "const", "const_cast", "consteval", "constexpr", "constinit",
      "continue", "decltype", "default", "delete", "do", "double",
      "dynamic_cast", "else", "enum", "explicit", "export", "extern", "false",
      "float", "for", "friend", "goto", "if", "inline", "int", "linux", "long",
      "mutable", "namespace", "new", "noexcept", "not", "not_eq", "nullptr",
      "operator", "or", "or_eq", "private", "protected", "public", "register",
      "reinterpret_cast", "requires", "restrict", "return", "short", "signed",
      "sizeof", "static", "static_assert", "static_cast", "struct", "switch",
      "template", "this", "thread_local", "throw", "true", "try", "typedef",
      "typeid", "typename", "typeof", "typeof_unqual", "union", "unix",
      "unsigned", "using", "virtual", "void", "volatile", "wchar_t", "while",
      "xor", "xor_eq",
      // Types and macros of <stdint.h> that our prototypes use or that hide
      // them.
      "int64_t", "keops_call", "INT64_MAX", "INT64_MIN"};
  return words.contains(name);
}

SmallVector<std::string> argumentNames(const KernelSignature &kernel) {
  StringSet<> taken = {"call", "M", "N"};
  taken.insert(kernel.name);
  // Results have fixed names that documentation speaks of: variables give way.
  for (const Parameter &output : kernel.outputs)
    taken.insert(output.name);
  SmallVector<std::string> names;
  for (const Parameter &input : kernel.inputs) {
    std::string name = input.name;
    // Macros of compilers and ours look like this; which, nobody can list.
    if (StringRef(name).starts_with("__") ||
        StringRef(name).starts_with("KEOPS_"))
      name += "_";
    while (isReserved(name) || !taken.insert(name).second)
      name += "_";
    names.push_back(name);
  }
  for (const Parameter &output : kernel.outputs)
    names.push_back(output.name);
  return names;
}

static StringRef cType(mlir::Type scalar) {
  if (scalar.isF32())
    return "float";
  return scalar.isF64() ? "double" : "int64_t";
}

static StringRef rowsOf(Axes axis) {
  return axis == Axes::i ? "M" : axis == Axes::j ? "N" : "1";
}

/// User text for the inside of a C comment: `*/` and `/*` are taken apart, a
/// backslash at the end of a line cannot continue it, and control characters
/// become blanks.
static std::string commentText(StringRef text) {
  std::string safe;
  for (char c : text) {
    if (!safe.empty() &&
        ((safe.back() == '*' && c == '/') || (safe.back() == '/' && c == '*') ||
         (safe.back() == '?' && c == '?')))
      safe += ' ';
    if (static_cast<unsigned char>(c) < ' ' || c == '\x7f')
      c = ' ';
    safe += c;
  }
  while (!safe.empty() && (safe.back() == ' ' || safe.back() == '\\'))
    safe.pop_back();
  return safe;
}

static std::string guardOf(StringRef name) {
  std::string guard = "KEOPS_GENERATED_";
  for (char c : name)
    guard += isAlnum(c) ? toUpper(c) : '_';
  return guard;
}

static void printShapes(raw_ostream &os, const KernelSignature &kernel,
                        ArrayRef<std::string> names) {
  size_t width = 0;
  for (const std::string &name : names)
    width = std::max(width, name.size());
  auto line = [&](const Parameter &parameter, StringRef name, StringRef note) {
    os << " *   " << left_justify(name, width) << "  " << rowsOf(parameter.axis)
       << " x " << parameter.dim << note << "\n";
  };
  for (auto [index, input] : enumerate(kernel.inputs)) {
    bool renamed = input.name != names[index];
    line(input, names[index],
         renamed ? ", " + commentText(input.name) + " of the formula"
                 : std::string());
  }
  for (const Parameter &output : kernel.outputs)
    line(output, output.name,
         output.scalar.isInteger()
             ? ", written: row numbers from 0, -1 for none"
             : ", written");
}

static void printPrototype(raw_ostream &os, const KernelSignature &kernel,
                           ArrayRef<std::string> names) {
  std::string indent(kernel.name.size() + 5, ' ');
  os << "int " << kernel.name
     << "(const keops_call *call, int64_t M, int64_t N";
  for (auto [index, input] : enumerate(kernel.inputs))
    os << ",\n"
       << indent << "const " << cType(input.scalar) << " *" << names[index];
  for (const Parameter &output : kernel.outputs)
    os << ",\n" << indent << cType(output.scalar) << " *" << output.name;
  os << ");\n";
}

static void printKernel(raw_ostream &os, const KernelSignature &kernel) {
  SmallVector<std::string> names = argumentNames(kernel);
  os << "\n/* " << kernel.name << "\n *\n";
  SmallVector<StringRef> lines;
  StringRef(kernel.text).split(lines, '\n', -1, /*KeepEmpty=*/false);
  for (StringRef line : lines)
    os << " *   " << commentText(line) << "\n";
  if (!lines.empty())
    os << " *\n";
  printShapes(os, kernel, names);
  os << " */\n";
  printPrototype(os, kernel, names);
}

static constexpr const char preamble[] =
    R"(/* Made by keopsc; changes will be lost.
 *
 * Tables are contiguous, one row after the other; M rows for each i and N for
 * each j. Outputs must overlap neither inputs nor each other.
 *
 * call may be null: all cores, or see keops_call for threads and more.
 *
 * Every function returns KEOPS_OK (0), when its results are there or, with all
 * tables in the memory of a GPU, are under way; or
 *   KEOPS_INVALID_ARGUMENT  a null pointer, a negative or too large size
 *   KEOPS_OUT_OF_MEMORY     too little memory for partial results
 *   KEOPS_UNSUPPORTED_CPU   the object has no code for this processor
 *   KEOPS_NO_DEVICE         a GPU was asked for and there is none
 *   KEOPS_BAD_CARD          object and libkeops_runtime do not fit together
 *   KEOPS_DEVICE_FAILED     the GPU did not do what it was to do
 *   KEOPS_STOPPED           should_stop of keops_call ended a call on the CPU
 * keops_last_error() says it in words. Functions may be called from several
 * threads at once.
 */
)";

std::string makeHeader(StringRef name, ArrayRef<KernelSignature> kernels) {
  std::string text, guard = guardOf(name);
  raw_string_ostream os(text);
  os << preamble << "#ifndef " << guard << "\n#define " << guard
     << "\n\n#include <stdint.h>\n\n#include \"keops/runtime.h\"\n\n"
        "#ifdef __cplusplus\nextern \"C\" {\n#endif\n";
  for (const KernelSignature &kernel : kernels)
    printKernel(os, kernel);
  os << "\n#ifdef __cplusplus\n}\n#endif\n\n#endif /* " << guard << " */\n";
  return text;
}

} // namespace keops
