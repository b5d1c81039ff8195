//===- Decode.h - from the name of an instruction to what it does -*- C++ -*-=//
//
// An opcode such as `add.rn.ftz.f32` is a base and modifiers. A family of
// instructions takes the modifiers that it knows; what is left over makes the
// opcode unknown, so that nothing is run without its meaning.
//
//===----------------------------------------------------------------------===//

#ifndef KEOPS_TEST_EMULATOR_DECODE_H
#define KEOPS_TEST_EMULATOR_DECODE_H

#include "test/Emulator/Warp.h"

#include <initializer_list>
#include <string>
#include <vector>

namespace emulator {

class Opcode {
public:
  explicit Opcode(const std::string &text);
  const std::string &base() const { return parts.front(); }
  bool is(const char *name) const { return base() == name; }
  /// Removes the modifier; false if there is none.
  bool take(const std::string &modifier);
  /// Removes the first of these that is there; empty if none is.
  std::string takeOne(std::initializer_list<const char *> modifiers);
  /// Removes the last modifier, the type of most instructions.
  std::string takeLast();
  bool empty() const { return parts.size() == 1; }

private:
  std::vector<std::string> parts;
};

// Each returns the function for an opcode, or null if it has none. Those that
// need more than a function set it in the instruction.
Instruction::Run decodeFloat(Opcode &opcode);
Instruction::Run decodeInteger(Opcode &opcode);
Instruction::Run decodeBits(Opcode &opcode);
Instruction::Run decodeMove(Opcode &opcode);
bool decodeCarry(Opcode &opcode, Instruction &instruction);
bool decodeConversion(Opcode &opcode, Instruction &instruction);
bool decodeComparison(Opcode &opcode, Instruction &instruction);
bool decodeMemory(Opcode &opcode, Instruction &instruction);
/// A move with a vector of so many registers on one side.
bool decodePack(Opcode &opcode, Instruction &instruction, bool unpacks,
                size_t parts);
bool decodeFlow(Opcode &opcode, Instruction &instruction);
/// One that all threads of a warp run together, on lists of registers.
bool decodeMatrix(const std::string &opcode, Instruction &instruction);

//===----------------------------------------------------------------------===//
// Functions of registers
//===----------------------------------------------------------------------===//

/// Op::of(a, b, ...) for N operands of type T, lane by lane.
template <typename T, typename Op, int N>
void run(Warp &warp, const Instruction &instruction) {
  const auto &names = instruction.operands;
  Register &d = warp[names[0]];
  const Register &a = warp[names[1]], &b = warp[names[N > 1 ? 2 : 1]],
                 &c = warp[names[N > 2 ? 3 : 1]];
  forLanes(warp.mask, [&](int lane) {
    if constexpr (N == 1)
      set(d, lane, Op::of(get<T>(a, lane)));
    else if constexpr (N == 2)
      set(d, lane, Op::of(get<T>(a, lane), get<T>(b, lane)));
    else
      set(d, lane, Op::of(get<T>(a, lane), get<T>(b, lane), get<T>(c, lane)));
  });
}

} // namespace emulator

#endif // KEOPS_TEST_EMULATOR_DECODE_H
