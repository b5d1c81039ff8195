//===- KernelName.cpp - names that can become C functions -----------------===//

#include "compiler/Frontend/KernelName.h"
#include "mlir/IR/Diagnostics.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Analysis/TargetLibraryInfo.h"

using namespace mlir;

namespace keops {

// Each between blanks.
static constexpr StringRef kKeywords =
    " alignas alignof and and_eq asm auto bitand bitor bool break case "
    "catch char char16_t char32_t char8_t class co_await co_return "
    "co_yield compl concept const const_cast consteval constexpr constinit "
    "continue decltype default delete do double dynamic_cast else enum "
    "explicit export extern false float for friend goto if inline int long "
    "mutable namespace new noexcept not not_eq nullptr operator or or_eq "
    "private protected public register reinterpret_cast requires restrict "
    "return short signed sizeof static static_assert static_cast struct "
    "switch template this thread_local throw true try typedef typeid "
    "typename typeof union unsigned using virtual void volatile wchar_t "
    "while xor xor_eq ";

static bool isIdentifier(StringRef name) {
  return !name.empty() && !llvm::isDigit(name.front()) &&
         llvm::all_of(name,
                      [](char c) { return llvm::isAlnum(c) || c == '_'; });
}

/// A kernel called `exp` would take the place of the one in libm.
static bool isLibraryFunction(StringRef name) {
  static const llvm::TargetLibraryInfoImpl library{
      llvm::Triple("x86_64-unknown-linux-gnu")};
  llvm::LibFunc function;
  return name == "main" || library.getLibFunc(name, function);
}

LogicalResult checkKernelName(StringRef name, Location location) {
  auto error = [&](StringRef why) {
    return emitError(location)
           << "a kernel cannot be called '" << name << "': " << why;
  };
  if (!isIdentifier(name))
    return error("a name consists of letters, digits and _");
  if (kKeywords.contains((" " + name + " ").str()))
    return error("it becomes a C function, and this is a keyword of C or C++");
  if (isLibraryFunction(name))
    return error("it becomes a C function, and the C library has one of this "
                 "name");
  if (name.starts_with("keops_"))
    return error("names that start with keops_ belong to the runtime");
  if (name.starts_with("_"))
    return error("names that start with _ belong to the C compiler");
  return success();
}

} // namespace keops
