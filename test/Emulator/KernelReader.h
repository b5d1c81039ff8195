//===- KernelReader.h - the body of one kernel ------------------*- C++ -*-===//

#ifndef KEOPS_TEST_EMULATOR_KERNELREADER_H
#define KEOPS_TEST_EMULATOR_KERNELREADER_H

#include "test/Emulator/Ptx.h"
#include "test/Emulator/Statements.h"

namespace emulator {

/// `.shared .align 16 .b8 tile[512]`, with a value for module variables.
struct Declaration {
  std::string name;
  Space space;
  uint32_t align;
  uint32_t elementBytes;
  uint64_t bytes;
  std::vector<std::string> values;
};

[[noreturn]] void invalid(const Statement &statement, const std::string &what);

/// Bytes of a type such as ".b32"; 0 if it is no type.
uint32_t bytesOfType(const std::string &type);

/// Reads a variable; false if the statement declares none.
bool readDeclaration(const Statement &statement, Declaration &declaration);

/// Takes room for a variable in shared or local memory, and tells where.
uint32_t place(uint32_t &used, const Declaration &declaration);

/// Names of the whole module: addresses of its variables, places of those in
/// shared memory.
using Symbols = std::map<std::string, uint64_t>;

class KernelReader {
public:
  KernelReader(Kernel &kernel, const Symbols &symbols);

  /// `.visible .entry name(.param ...) .maxntid 128, 1, 1`
  void header(const Statement &statement);
  void statement(const Statement &statement);
  /// After the last statement: branches find their labels.
  void finish();

private:
  void parameter(const Statement &statement, const std::string &text);
  void declareRegisters(const Statement &statement);
  void declareVariable(const Declaration &declaration);
  void instruction(const Statement &statement);
  void decode(const Statement &statement, Instruction &instruction,
              const std::string &opcode,
              const std::vector<std::string> &operands);
  void decodeOperands(const Statement &statement, Instruction &instruction,
                      const std::vector<std::string> &operands);
  void memoryOperands(const Statement &statement, Instruction &instruction,
                      const std::vector<std::string> &operands);
  void address(const Statement &statement, Instruction &instruction,
               const std::string &text);
  void togetherOperands(const Statement &statement, Instruction &instruction,
                        const std::string &opcode,
                        std::vector<std::string> operands);
  void matrixOperands(const Statement &statement, Instruction &instruction,
                      const std::vector<std::string> &operands);
  uint32_t operand(const Statement &statement, const std::string &text);
  uint32_t constant(uint64_t number);
  uint32_t special(const std::string &name);
  uint32_t newRegister(Initial initial = {});

  using Scope = std::map<std::string, uint32_t>;
  struct Jump {
    size_t instruction;
    std::string label;
    Statement statement;
  };

  Kernel &kernel;
  Symbols symbols;
  std::vector<Scope> scopes;
  std::map<uint64_t, uint32_t> constants;
  std::map<std::string, uint32_t> specials;
  std::map<std::string, size_t> labels;
  std::vector<Jump> jumps;
};

} // namespace emulator

#endif // KEOPS_TEST_EMULATOR_KERNELREADER_H
