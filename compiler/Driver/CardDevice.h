//===- CardDevice.h - what cards say of GPUs --------------------*- C++ -*-===//

#ifndef KEOPS_COMPILER_DRIVER_CARDDEVICE_H
#define KEOPS_COMPILER_DRIVER_CARDDEVICE_H

#include "compiler/Driver/CardConstants.h"
#include "dialects/Tile/Tile.h"

namespace keops {

/// A pointer to what the card says of the step on a GPU (keops_device_step),
/// null if it says nothing.
mlir::FailureOr<llvm::Constant *> deviceStepOf(tile::PlanOp plan,
                                               tile::LaunchOp launch,
                                               const CardConstants &constants);

/// A pointer to the code (keops_device_code), which all cards of an object
/// share, null if there is none or the plan does not use it.
llvm::Constant *deviceCodeOf(tile::PlanOp plan, llvm::Module &module,
                             const CardConstants &constants);

} // namespace keops

#endif // KEOPS_COMPILER_DRIVER_CARDDEVICE_H
