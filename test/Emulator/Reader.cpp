//===- Reader.cpp - from PTX text to a module -----------------------------===//

#include "test/Emulator/Reader.h"
#include "test/Emulator/Fault.h"
#include "test/Emulator/KernelReader.h"

#include <algorithm>
#include <cstring>

using namespace emulator;

void emulator::invalid(const Statement &statement, const std::string &what) {
  throw Fault(Fault::InvalidText, "line " + std::to_string(statement.line) +
                                      ": " + what + " in '" + statement.text +
                                      "'");
}

uint32_t emulator::bytesOfType(const std::string &type) {
  if (type.size() < 3 || type[0] != '.' || !std::strchr("busf", type[1]))
    return 0;
  std::string width = type.substr(2);
  return width == "8"    ? 1
         : width == "16" ? 2
         : width == "32" ? 4
         : width == "64" ? 8
                         : 0;
}

//===----------------------------------------------------------------------===//
// Variables
//===----------------------------------------------------------------------===//

static bool takeSpace(const std::string &word, Space &space) {
  space = word == ".shared"  ? Space::Shared
          : word == ".local" ? Space::Local
          : word == ".const" ? Space::Const
                             : Space::Global;
  return space != Space::Global || word == ".global";
}

/// The name, and the number of elements behind it.
static void readName(const Statement &statement, const std::string &text,
                     Declaration &declaration) {
  size_t bracket = text.find('[');
  declaration.name = text.substr(0, bracket);
  uint64_t count = 1;
  while (bracket != std::string::npos) {
    char *end = nullptr;
    uint64_t size = std::strtoull(text.c_str() + bracket + 1, &end, 10);
    if (*end != ']' || size == 0 || size > (1u << 30))
      invalid(statement, "size of a variable");
    count *= size;
    bracket = text.find('[', bracket + 1);
  }
  declaration.bytes = count * declaration.elementBytes;
}

bool emulator::readDeclaration(const Statement &statement,
                               Declaration &declaration) {
  std::vector<std::string> sides = split(statement.text, '=');
  std::vector<std::string> words = split(sides[0], ' ');
  declaration = {"", Space::Generic, 1, 0, 0, {}};
  for (size_t w = 0; w < words.size(); ++w) {
    const std::string &word = words[w];
    Space space;
    if (takeSpace(word, space))
      declaration.space = space;
    else if (word == ".align" && w + 1 < words.size())
      declaration.align = uint32_t(std::atoi(words[++w].c_str()));
    else if (uint32_t bytes = bytesOfType(word))
      declaration.elementBytes = bytes;
    else if (word[0] != '.')
      readName(statement, word, declaration);
    else if (word != ".visible" && word != ".weak" && word != ".common" &&
             word != ".extern")
      return false;
  }
  if (declaration.space == Space::Generic || declaration.elementBytes == 0 ||
      declaration.name.empty())
    return false;
  declaration.align = std::max(declaration.align, declaration.elementBytes);
  if (sides.size() == 2) {
    const std::string &value = sides[1];
    bool list = value.size() >= 2 && value.front() == '{';
    declaration.values =
        split(list ? value.substr(1, value.size() - 2) : value, ',');
  }
  return true;
}

static std::vector<uint8_t> contentsOf(const Statement &statement,
                                       const Declaration &declaration) {
  std::vector<uint8_t> bytes(declaration.bytes);
  if (declaration.values.size() * declaration.elementBytes > bytes.size())
    invalid(statement, "more values than the variable has room for");
  for (size_t n = 0; n < declaration.values.size(); ++n) {
    const std::string &text = declaration.values[n];
    bool isFloat = text[0] == '0' && (text[1] == 'f' || text[1] == 'd');
    char *end = nullptr;
    uint64_t value = isFloat ? std::strtoull(text.c_str() + 2, &end, 16)
                             : std::strtoull(text.c_str(), &end, 0);
    if (*end)
      invalid(statement, "value '" + text + "'");
    std::memcpy(&bytes[n * declaration.elementBytes], &value,
                declaration.elementBytes);
  }
  return bytes;
}

//===----------------------------------------------------------------------===//
// Modules
//===----------------------------------------------------------------------===//

namespace {
class ModuleReader {
public:
  explicit ModuleReader(const std::function<uint64_t(uint64_t bytes)> &allocate)
      : allocate(allocate) {}
  Module read(const std::string &text);

private:
  void directive(const Statement &statement);
  void variable(const Statement &statement, const Declaration &declaration);
  void readKernel(const Statement &header);

  const std::function<uint64_t(uint64_t bytes)> &allocate;
  std::vector<Statement> statements;
  size_t next = 0;
  Module module;
  Symbols symbols;
  uint32_t sharedBytes = 0; // of variables outside kernels
};
} // namespace

void ModuleReader::variable(const Statement &statement,
                            const Declaration &declaration) {
  if (declaration.space == Space::Shared) {
    symbols[declaration.name] = place(sharedBytes, declaration);
    return;
  }
  if (declaration.space == Space::Local)
    invalid(statement, "local variable outside a kernel");
  Variable variable = {declaration.name, declaration.align,
                       contentsOf(statement, declaration),
                       allocate(declaration.bytes)};
  symbols[variable.name] = variable.address;
  module.variables.push_back(std::move(variable));
}

void ModuleReader::directive(const Statement &statement) {
  const std::string &text = statement.text;
  if (text.compare(0, 11, ".target sm_") == 0) {
    module.arch = uint32_t(std::atoi(text.c_str() + 11));
    return;
  }
  Declaration declaration;
  if (readDeclaration(statement, declaration))
    return variable(statement, declaration);
  for (const char *known : {".version", ".address_size", ".file", ".extern"})
    if (text.compare(0, std::strlen(known), known) == 0)
      return;
  invalid(statement, "unknown directive");
}

void ModuleReader::readKernel(const Statement &header) {
  if (header.text.find(".entry") == std::string::npos)
    invalid(header, "functions that kernels call are not supported");
  Kernel kernel;
  kernel.sharedBytes = sharedBytes;
  KernelReader reader(kernel, symbols);
  reader.header(header);
  for (int depth = 1; depth; ++next) {
    if (next == statements.size())
      invalid(header, "body without an end");
    const Statement &statement = statements[next];
    depth += statement.kind == Statement::Open;
    depth -= statement.kind == Statement::Close;
    reader.statement(statement);
  }
  reader.finish();
  std::string name = kernel.name;
  module.kernels.emplace(name, std::move(kernel));
}

Module ModuleReader::read(const std::string &text) {
  statements = statementsOf(text);
  // Variables may be declared behind the kernels that use them.
  std::vector<size_t> headers;
  int depth = 0;
  for (size_t s = 0; s < statements.size(); ++s) {
    const Statement &statement = statements[s];
    if (statement.kind == Statement::Header)
      headers.push_back(s);
    if (statement.kind == Statement::Plain && depth == 0)
      directive(statement);
    depth += statement.kind == Statement::Open ||
             statement.kind == Statement::Header;
    depth -= statement.kind == Statement::Close;
  }
  for (size_t header : headers) {
    next = header + 1;
    readKernel(statements[header]);
  }
  if (module.arch == 0)
    throw Fault(Fault::InvalidText, "the text names no architecture");
  return std::move(module);
}

Module
emulator::readModule(const std::string &text,
                     const std::function<uint64_t(uint64_t bytes)> &allocate) {
  return ModuleReader(allocate).read(text);
}
