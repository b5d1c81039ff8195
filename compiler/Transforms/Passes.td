//===- Passes.td - rewrites of formulas ------------------------*- tablegen -*-===//
//
// Keops to keops. Each example is a test in test/Transforms.
//
//===----------------------------------------------------------------------===//

#ifndef KEOPS_TRANSFORMS_PASSES_TD
#define KEOPS_TRANSFORMS_PASSES_TD

include "mlir/Pass/PassBase.td"

class Keops_FormulaPass<string name> : Pass<name, "::keops::FormulaOp"> {
  let dependentDialects = ["::keops::KeopsDialect"];
}

def Differentiate : Keops_FormulaPass<"keops-differentiate"> {
  let summary = "Expand grad and diff ops into ordinary ops";
  let description = [{
    Reverse mode for `grad`, forward mode for `diff`, the innermost first, so
    that they may be nested to any depth. Only ops between the variable and the
    value are visited.

    ```mlir
    %n = sqnorm %x : <3xf32, i>
    %g = grad %n wrt %x seed %e : <1xf32, i>, <3xf32, i>, <1xf32, i> -> <3xf32, i>
    ```
    becomes
    ```mlir
    %two = const 2.000000e+00 : f32
    %d = mul %two, %x : <1xf32, p>, <3xf32, i>
    %g = mul %e, %d : <1xf32, i>, <3xf32, i>
    ```
  }];
}

def Stabilize : Keops_FormulaPass<"keops-stabilize"> {
  let summary = "Keep exponentials from overflowing";
  let description = [{
    ```mlir
    %k = exp %s : <1xf32, ij>
    %z = reduce #keops.sum %k : <1xf32, ij> -> <1xf32, i>
    %l = log %z : <1xf32, i>
    ```
    becomes
    ```mlir
    %l = reduce #keops.logsumexp %s : <1xf32, ij> -> <1xf32, i>
    ```
  }];
}

def FactorOutOfSum : Keops_FormulaPass<"keops-factor-out-of-sum"> {
  let summary = "Multiply once per row instead of once per pair";
  let description = [{
    ```mlir
    %f = mul %e, %k : <1xf32, i>, <1xf32, ij>
    %a = reduce #keops.sum %f : <1xf32, ij> -> <1xf32, i>
    ```
    becomes
    ```mlir
    %s = reduce #keops.sum %k : <1xf32, ij> -> <1xf32, i>
    %a = mul %s, %e : <1xf32, i>, <1xf32, i>
    ```
  }];
}

def Fuse : Keops_FormulaPass<"keops-fuse"> {
  let summary = "Compute several sums in one sweep";
  let description = [{
    ```mlir
    %a = reduce #keops.sum %k : <1xf32, ij> -> <1xf32, i>
    %b = reduce #keops.sum %f : <3xf32, ij> -> <3xf32, i>
    ```
    becomes
    ```mlir
    %c = concat %k, %f : <1xf32, ij>, <3xf32, ij>
    %s = reduce #keops.sum %c : <4xf32, ij> -> <4xf32, i>
    %a = extract %s {size = 1 : i64, start = 0 : i64} : <4xf32, i>
    %b = extract %s {size = 3 : i64, start = 1 : i64} : <4xf32, i>
    ```
  }];
}

#endif // KEOPS_TRANSFORMS_PASSES_TD
