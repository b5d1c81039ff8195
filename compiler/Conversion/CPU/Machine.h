//===- Machine.h - what an x86-64 CPU can do, for lane programs -*- C++ -*-===//
//
// A lane value is a vector of `width` numbers, one row per element, or a plain
// scalar when the width is 1. Elementary functions are expanded in place, see
// Elementary.h.
//
//===----------------------------------------------------------------------===//

#ifndef KEOPS_COMPILER_CONVERSION_CPU_MACHINE_H
#define KEOPS_COMPILER_CONVERSION_CPU_MACHINE_H

#include "compiler/Conversion/CPU/Isa.h"
#include "compiler/Conversion/LoopMachine.h"

namespace keops::cpu {

class CpuMachine : public LoopMachine {
public:
  /// `width` 0 fills a vector register of the instruction set. Column numbers
  /// are as wide as the working precision unless `index` says otherwise, so
  /// that one mask serves values and their column numbers. With `precise`,
  /// elementary functions are within 1 unit in the last place instead of 2.
  CpuMachine(mlir::ImplicitLocOpBuilder &builder, mlir::FloatType real, Isa isa,
             int width = 0, bool precise = false, mlir::IntegerType index = {});

  /// Rows per lane value.
  int width() const { return rowsPerValue; }
  Isa isa() const { return level; }

  mlir::Type laneType(mlir::Type element) override;
  mlir::Value splat(mlir::Value scalar) override;
  mlir::Value any(const Lane &mask) override;
  Lane oneComponent(llvm::function_ref<Lane()> emit) override;

  Lane exp(Lane x) override { return elementary.exp(x); }
  Lane exp2(Lane x) override { return elementary.exp2(x); }
  Lane log(Lane x) override { return elementary.log(x); }
  Lane log2(Lane x) override { return elementary.log2(x); }
  Lane sqrt(Lane x) override { return elementary.sqrt(x); }
  Lane rsqrt(Lane x) override { return elementary.rsqrt(x); }
  Lane pow(Lane x, Lane y) override { return elementary.pow(x, y); }
  Lane roundEven(Lane x) override { return elementary.roundEven(x); }
  Lane floor(Lane x) override { return elementary.floor(x); }
  Lane sin(Lane x) override { return elementary.sin(x); }
  Lane cos(Lane x) override { return elementary.cos(x); }
  Lane asin(Lane x) override { return elementary.asin(x); }
  Lane acos(Lane x) override { return elementary.acos(x); }
  Lane atan(Lane x) override { return elementary.atan(x); }
  Lane atan2(Lane y, Lane x) override { return elementary.atan2(y, x); }

private:
  Isa level;
  Elementary elementary;
  int rowsPerValue;
};

} // namespace keops::cpu

#endif // KEOPS_COMPILER_CONVERSION_CPU_MACHINE_H
