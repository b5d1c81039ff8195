//===- Passes.td - from formulas to the forms of the targets ---*- tablegen -*-===//

#ifndef KEOPS_CONVERSION_PASSES_TD
#define KEOPS_CONVERSION_PASSES_TD

include "mlir/Pass/PassBase.td"

def KeopsSplitLong : Pass<"keops-split-long", "::keops::FormulaOp"> {
  let summary = "reduce long values by component";
  let description = [{
    A mean of more components than registers hold becomes a sum over a count;
    means weighted by exponentials become sums that keep a reference each.
  }];
  let dependentDialects = ["::keops::KeopsDialect"];
}

def KeopsBase2 : Pass<"keops-base-2", "::mlir::ModuleOp"> {
  let summary = "turn exponentials into powers of two where a factor is at hand";
  let description = [{
    `exp (p * s)` becomes `exp2 ((p * log2 e) * s)` for a p-typed factor p: the
    product p * log2 e is computed once, and 2^t is cheaper than e^t.
  }];
}

def KeopsToTile : Pass<"convert-keops-to-tile", "::mlir::ModuleOp"> {
  let summary = "place formulas in kernels: rows, sweeps, stages";
  let description = [{
    Each formula becomes a `tile.plan` and its kernels, one for each reduction
    over pairs. A value is placed by its axes: p in the kernel, i in the rows, j
    in the stage, ij in the do region of the sweep.
  }];
  let dependentDialects = ["::keops::tile::TileDialect"];
}

def TileMergeKernels : Pass<"tile-merge-kernels", "::mlir::ModuleOp"> {
  let summary = "keep one of kernels that do the same";
  let description = [{
    Functions that compute several gradients at once are partly made of the
    kernels that compute them one by one. Plans launch the first of them.
  }];
}

def TileSchedule : Pass<"tile-schedule", "::mlir::ModuleOp"> {
  let summary = "choose how each kernel runs on each instruction set";
  let options = [
    ListOption<"isas", "isa", "std::string",
               "instruction sets: v2, v3, v4, gpu (default: the first three)">,
    Option<"maxUnrolled", "max-unrolled", "int64_t", "20000",
           "operations that the code of one formula may have">,
    Option<"precise", "precise", "bool", "false",
           "elementary functions within 1 unit in the last place, not 2">,
    Option<"tensor", "tensor", "bool", "false",
           "some GPUs have tensor cores that are worth it">];
  // Schedules are compared by the code that they give.
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::func::FuncDialect",
    "::mlir::gpu::GPUDialect",
    "::mlir::LLVM::LLVMDialect", "::mlir::math::MathDialect",
    "::mlir::memref::MemRefDialect", "::mlir::NVVM::NVVMDialect",
    "::mlir::scf::SCFDialect",
    "::mlir::vector::VectorDialect"];
}

def TileToCPU : Pass<"convert-tile-to-cpu", "::mlir::ModuleOp"> {
  let summary = "turn kernels into host functions over vectors";
  let description = [{
    Each kernel and schedule gives the functions that runtime/Card.h describes,
    in func, scf, vector and arith. Launches get what the card says about them.
  }];
  let options = [
    Option<"precise", "precise", "bool", "false",
           "elementary functions within 1 unit in the last place, not 2">,
    Option<"maxUnrolled", "max-unrolled", "int64_t", "20000",
           "operations that the code of one formula may have">];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::func::FuncDialect",
    "::mlir::LLVM::LLVMDialect", "::mlir::math::MathDialect",
    "::mlir::memref::MemRefDialect", "::mlir::scf::SCFDialect",
    "::mlir::vector::VectorDialect"];
}

def TileToGPU : Pass<"convert-tile-to-gpu", "::mlir::ModuleOp"> {
  let summary = "turn kernels into functions of a GPU module";
  let description = [{
    Each kernel with a schedule for GPUs gives the functions that runtime/Card.h
    describes as device code, in gpu, scf and arith. Launches get what the card
    says about them. Other schedules stay for convert-tile-to-cpu.
  }];
  let options = [
    Option<"precise", "precise", "bool", "false",
           "do not use approximate instructions">,
    Option<"maxUnrolled", "max-unrolled", "int64_t", "20000",
           "operations that the code of one formula may have">,
    Option<"others", "others", "bool", "false",
           "some GPUs have no tensor cores that are worth it">,
    Option<"isOptional", "optional", "bool", "false",
           "leave formulas without code for GPUs, with a warning, where it "
           "cannot be made">];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::gpu::GPUDialect",
    "::mlir::LLVM::LLVMDialect", "::mlir::math::MathDialect",
    "::mlir::memref::MemRefDialect", "::mlir::NVVM::NVVMDialect",
    "::mlir::scf::SCFDialect",
    "::mlir::vector::VectorDialect"];
}

def GpuMathToNvvm : Pass<"gpu-math-to-nvvm", "::mlir::gpu::GPUModuleOp"> {
  let summary = "turn math ops into instructions of NVIDIA GPUs";
  let description = [{
    `math.exp2 %x fastmath<afn> : f32` becomes a call of the intrinsic
    `llvm.nvvm.ex2.approx.ftz.f`.
  }];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::LLVM::LLVMDialect"];
}

#endif // KEOPS_CONVERSION_PASSES_TD
