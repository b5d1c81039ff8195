//===- Machine.h - what a GPU can do, for lane programs ---------*- C++ -*-===//
//
// A lane value is a number of one thread. The rows of a bundle are rows of that
// thread, and its columns are columns that the thread has read from the stage.
//
// In f32, unless all is to be precise, elementary functions are the
// approximations that GPUs have instructions for: math ops that carry `afn`,
// which a later pass turns into those of a target. Everything else is expanded
// as on a CPU.
//
//===----------------------------------------------------------------------===//

#ifndef KEOPS_COMPILER_CONVERSION_GPU_MACHINE_H
#define KEOPS_COMPILER_CONVERSION_GPU_MACHINE_H

#include "compiler/Conversion/Elementary/Elementary.h"
#include "compiler/Conversion/LoopMachine.h"

namespace keops::device {

class GpuMachine : public LoopMachine {
public:
  GpuMachine(mlir::ImplicitLocOpBuilder &builder, mlir::FloatType real,
             mlir::IntegerType index, bool precise)
      : LoopMachine(builder, real, index), precise(precise) {}

  mlir::Type laneType(mlir::Type element) override { return element; }
  mlir::Value splat(mlir::Value scalar) override { return scalar; }
  mlir::Value any(const Lane &mask) override;

  Lane exp(Lane x) override;
  Lane exp2(Lane x) override;
  Lane log(Lane x) override;
  Lane log2(Lane x) override;
  Lane sqrt(Lane x) override;
  Lane rsqrt(Lane x) override;
  Lane sin(Lane x) override;
  Lane cos(Lane x) override;
  Lane pow(Lane x, Lane y) override { return exact.pow(x, y); }
  Lane roundEven(Lane x) override { return exact.roundEven(x); }
  Lane floor(Lane x) override { return exact.floor(x); }
  Lane asin(Lane x) override { return exact.asin(x); }
  Lane acos(Lane x) override { return exact.acos(x); }
  Lane atan(Lane x) override { return exact.atan(x); }
  Lane atan2(Lane y, Lane x) override { return exact.atan2(y, x); }
  // One instruction, where a comparison and a choice would be two.
  Lane lesser(Lane x, Lane number) override;
  Lane greater(Lane x, Lane number) override;

private:
  /// Is there an instruction that is good enough?
  bool isApproximate(const Lane &x) const {
    return !precise && x.element().isF32();
  }

  Elementary exact{{/*fma=*/true, /*rounding=*/true, /*avx512=*/false}};
  bool precise;
};

} // namespace keops::device

#endif // KEOPS_COMPILER_CONVERSION_GPU_MACHINE_H
