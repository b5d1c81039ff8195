//===- Ptx.h - PTX in the form that is run ----------------------*- C++ -*-===//
//
// Registers, numbers, special registers and addresses of variables are all
// `registers` of a kernel, numbered in one row: a warp fills those that do not
// change when it starts. So an operand is a number, and an instruction is a
// function and its operands.
//
//===----------------------------------------------------------------------===//

#ifndef KEOPS_TEST_EMULATOR_PTX_H
#define KEOPS_TEST_EMULATOR_PTX_H

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace emulator {

class Warp;

enum class Space : uint8_t { Param, Global, Shared, Local, Const, Generic };

struct Instruction {
  /// Plain ones run for the lanes that are there. Branch and Exit change where
  /// lanes are. Barrier waits for the block, Together for lanes of the warp.
  enum class Kind : uint8_t { Plain, Branch, Exit, Barrier, Together };
  using Run = void (*)(Warp &, const Instruction &);

  static constexpr uint32_t none = ~0u;

  Run run = nullptr;
  Kind kind = Kind::Plain;
  bool guardNegated = false;
  Space space = Space::Generic;
  uint8_t bytes = 0;       // of one number in memory
  uint8_t count = 1;       // numbers that are loaded or stored
  uint32_t guard = none;   // predicate register
  uint32_t target = 0;     // of a branch: number of an instruction
  uint32_t members = none; // register with the lanes that meet
  uint32_t line = 0;       // in the text
  int64_t offset = 0;      // added to an address
  std::array<uint8_t, 6> modifiers = {}; // as its family numbers them
  std::array<uint32_t, 14> operands = {};
};

/// A parameter, by its place in the parameter block.
struct Parameter {
  std::string name;
  uint32_t offset;
  uint32_t bytes;
};

/// What a register holds when a warp starts.
struct Initial {
  enum Kind {
    Zero,
    Number,
    Tid,
    Ntid,
    Ctaid,
    Nctaid,
    LaneId,
    WarpId,
    LanesBelow
  };
  Kind kind = Zero;
  uint32_t dimension = 0; // of Tid to Nctaid
  uint64_t number = 0;
};

/// Registers that every kernel has: one that is never read, and the carry.
constexpr uint32_t sinkRegister = 0, carryRegister = 1;

struct Kernel {
  std::string name;
  std::vector<Parameter> parameters;
  uint32_t parameterBytes = 0;
  uint32_t sharedBytes = 0;
  uint32_t localBytes = 0;
  uint32_t maxThreads = 1024;
  std::vector<Initial> registers;
  std::vector<Instruction> code;
};

/// A variable in global or constant memory, and its first contents.
struct Variable {
  std::string name;
  uint32_t align;
  std::vector<uint8_t> bytes;
  uint64_t address; // given by whoever loads the module
};

struct Module {
  uint32_t arch = 0; // 75 for sm_75
  std::vector<Variable> variables;
  std::map<std::string, Kernel> kernels;
};

} // namespace emulator

#endif // KEOPS_TEST_EMULATOR_PTX_H
