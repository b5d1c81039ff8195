//===- LoopMachine.h - branches and loops of lane programs ------*- C++ -*-===//

#ifndef KEOPS_COMPILER_CONVERSION_LOOPMACHINE_H
#define KEOPS_COMPILER_CONVERSION_LOOPMACHINE_H

#include "dialects/Keops/Lane.h"

namespace keops {

/// What the machines of all targets have in common: control flow is scf.
class LoopMachine : public Machine {
public:
  using Machine::Machine;

  Lanes ifAny(const Lane &mask, llvm::ArrayRef<Lane> keep,
              llvm::function_ref<Lanes()> then) override;
  Lanes loop(int64_t count, llvm::ArrayRef<Lane> carried,
             llvm::function_ref<Lanes(mlir::Value, llvm::ArrayRef<Lane>)> body,
             bool isInner = true) override;
};

} // namespace keops

#endif // KEOPS_COMPILER_CONVERSION_LOOPMACHINE_H
