//===- Schedule.h - how a kernel runs on a GPU ------------------*- C++ -*-===//

#ifndef KEOPS_COMPILER_CONVERSION_GPU_SCHEDULE_H
#define KEOPS_COMPILER_CONVERSION_GPU_SCHEDULE_H

#include "compiler/Conversion/GPU/Cost.h"
#include "compiler/Conversion/GPU/Units.h"
#include "dialects/Tile/Tile.h"

namespace keops::device {

/// Attribute of a GPU module that is for these only.
constexpr llvm::StringLiteral kForTensorArchs = "keops.tensor";

/// A schedule, and what the sweep costs that it gives.
struct Candidate {
  tile::ScheduleAttr schedule;
  SweepCost cost;

  /// Cycles for a pair of each thread of a warp, with what idle threads take.
  double cycles() const;
  /// Are registers left for what the count does not see?
  bool fits() const;
};

/// The schedules that are worth a comparison, the best one first; none for a
/// kernel without a sweep. `tensor` says that GPUs have tensor cores.
llvm::SmallVector<Candidate> candidatesFor(tile::KernelOp kernel, bool precise,
                                           bool tensor);
/// The best one.
tile::ScheduleAttr chooseSchedule(tile::KernelOp kernel, bool precise,
                                  bool tensor);

/// The same rows and columns, without tensor cores.
tile::ScheduleAttr withoutTensor(tile::ScheduleAttr schedule);

/// That of a kernel, null if it has none for GPUs.
tile::ScheduleAttr scheduleOf(tile::KernelOp kernel);
/// Puts another one in its place.
void setSchedule(tile::KernelOp kernel, tile::ScheduleAttr schedule);

/// A table of the sweeps of a module at stage `tile`, and of the candidates for
/// each.
void printCosts(mlir::ModuleOp module, bool precise, bool tensor,
                llvm::raw_ostream &os);

} // namespace keops::device

#endif // KEOPS_COMPILER_CONVERSION_GPU_SCHEDULE_H
