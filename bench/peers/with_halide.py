"""The sums of the table in Halide: rows in vector lanes, two columns at a time.

Halide has no way to keep the least values and their places, and a gradient or a
log-sum-exp is several stages; those are left out.
"""

from shared import run  # isort: skip  (first: it limits threads)

import halide as hl
import numpy as np


def sums_of(kernel):
    def make(workload, t):
        rows, cols, dim = len(t["X"]), len(t["Y"]), workload.dim
        if dim > 16:
            return None  # far slower than OpenBLAS, and slow to compile
        real = hl.Float(64 if workload.dtype == "float64" else 32)
        # Components apart; NumPy's last axis is Halide's first.
        # Buffers do not keep the memory of arrays alive.
        arrays = [np.ascontiguousarray(t[name].T) for name in "XYB"]
        x, y, b = map(hl.Buffer, arrays)
        scale = hl.cast(real, float(t["G"][0]) if "G" in t else 0.0)
        i, io, c = hl.Var("i"), hl.Var("io"), hl.Var("c")
        j = hl.RDom([(0, cols)])
        square = sum(
            ((x[i, k] - y[j.x, k]) * (x[i, k] - y[j.x, k]) for k in range(1, dim)),
            (x[i, 0] - y[j.x, 0]) * (x[i, 0] - y[j.x, 0]),
        )
        total, result = hl.Func("total"), hl.Func("result")
        total[i, c] = hl.cast(real, 0)
        total[i, c] += kernel(square, scale) * b[j.x, c]
        result[i, c] = total[i, c]
        lanes = 8 if workload.dtype == "float64" else 16
        result.split(i, io, i, lanes, hl.TailStrategy.ShiftInwards).vectorize(i)
        result.bound(c, 0, workload.columns).reorder(c, i, io).unroll(c)
        total.compute_at(result, io).vectorize(i).unroll(c)
        outer, inner = hl.RVar("outer"), hl.RVar("inner")
        update = total.update()
        update.reorder(c, i, j.x).vectorize(i).unroll(c)
        if cols % 2 == 0:
            update.split(j.x, outer, inner, 2).unroll(inner)
        target = hl.Target(
            "host-no_asserts-no_bounds_query-avx512-avx512_skylake"
            if "avx512" in str(hl.get_host_target())
            else "host-no_asserts"
        )
        result.compile_jit(target)
        found = np.empty((workload.columns, rows), workload.dtype)
        output = hl.Buffer(found)

        def action():
            result.realize(output)
            return found.T

        action.arrays = arrays

        return action

    return make


if __name__ == "__main__":
    run(
        "Halide",
        {
            "gauss": sums_of(lambda square, g: hl.exp(-g * square)),
            "laplace": sums_of(lambda square, g: hl.exp(-g * hl.sqrt(square))),
            "cauchy": sums_of(lambda square, g: 1 / (1 + square)),
        },
    )
