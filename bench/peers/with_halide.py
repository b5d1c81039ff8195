"""The sums of the table in Halide: rows in vector lanes, two columns at a time.

Halide has no way to keep the least values and their places; those are left out.
"""

from shared import run  # isort: skip  (first: it limits threads)

import halide as hl
import numpy as np

i, io, c = hl.Var("i"), hl.Var("io"), hl.Var("c")


def buffers(t, names):
    """Components apart; NumPy's last axis is Halide's first. Buffers do not keep
    the memory of arrays alive, so these come along."""
    arrays = [np.ascontiguousarray(t[name].T) for name in names]
    return arrays, [hl.Buffer(array) for array in arrays]


def real(workload):
    return hl.Float(64 if workload.dtype == "float64" else 32)


def keep_in_registers(function, cols, j, result):
    """A reduction over j, for one vector of rows of `result` at a time."""
    outer, inner = hl.RVar("outer"), hl.RVar("inner")
    function.compute_at(result, io).vectorize(i).unroll(c)
    stage = function.update()
    stage.reorder(c, i, j.x).vectorize(i).unroll(c)
    if cols % 2 == 0:
        stage.split(j.x, outer, inner, 2).unroll(inner)


def ready(workload, result, width, rows, arrays):
    """Rows in vectors, each of `width` numbers by itself, compiled for this
    machine."""
    lanes = 8 if workload.dtype == "float64" else 16
    result.split(i, io, i, lanes, hl.TailStrategy.ShiftInwards).vectorize(i)
    result.bound(c, 0, width).reorder(c, i, io).unroll(c)
    target = hl.Target(
        "host-no_asserts-no_bounds_query-avx512-avx512_skylake"
        if "avx512" in str(hl.get_host_target())
        else "host-no_asserts"
    )
    result.compile_jit(target)
    found = np.empty((width, rows), workload.dtype)
    output = hl.Buffer(found)

    def action():
        result.realize(output)
        return found.T

    action.arrays = arrays
    return action


def sum_of(workload, term, cols, rows, width, arrays, last=lambda total: total):
    """The sum over j of term(j, c), and then `last` of it."""
    j = hl.RDom([(0, cols)])
    total, result = hl.Func("total"), hl.Func("result")
    total[i, c] = hl.cast(real(workload), 0)
    total[i, c] += term(j.x, c)
    result[i, c] = last(total[i, c])
    keep_in_registers(total, cols, j, result)
    return ready(workload, result, width, rows, arrays)


def squares(x, y, j, dim):
    differences = [x[i, k] - y[j, k] for k in range(dim)]
    return sum((d * d for d in differences[1:]), differences[0] * differences[0])


def sums_of(kernel):
    def make(workload, t):
        if workload.dim > 16 or workload.columns > 2:
            return None  # far slower than OpenBLAS, and slow to compile
        arrays, (x, y, b) = buffers(t, "XYB")
        scale = hl.cast(real(workload), float(t["G"][0]) if "G" in t else 0.0)

        def term(j, c):
            return kernel(squares(x, y, j, workload.dim), scale) * b[j, c]

        return sum_of(
            workload, term, len(t["Y"]), len(t["X"]), workload.columns, arrays
        )

    return make


def gradient(workload, t):
    arrays, (x, y, b, e) = buffers(t, "XYBE")
    scale = hl.cast(real(workload), float(t["G"][0]))

    def term(j, c):
        weight = hl.exp(-scale * squares(x, y, j, workload.dim)) * b[j, 0]
        return weight * (x[i, c] - y[j, c])

    def last(total):
        return -2 * scale * e[i, 0] * total

    return sum_of(workload, term, len(t["Y"]), len(t["X"]), workload.dim, arrays, last)


def log_sum_exp(workload, t):
    arrays, (x, y, a) = buffers(t, "xya")
    p, cols = hl.f32(float(t["p"][0])), len(t["y"])

    def exponent(j):
        return (p - a[j, 0]) * (p - a[j, 0]) * hl.exp(x[i, 0] + y[j, 0])

    # Two passes: the terms are computed again rather than kept.
    top, total, result = hl.Func("top"), hl.Func("total"), hl.Func("result")
    j, k = hl.RDom([(0, cols)]), hl.RDom([(0, cols)])
    top[i, c] = hl.f32(-3e38)
    top[i, c] = hl.max(top[i, c], exponent(j.x))
    total[i, c] = hl.f32(0)
    total[i, c] += hl.exp(exponent(k.x) - top[i, c])
    result[i, c] = top[i, c] + hl.log(total[i, c])
    keep_in_registers(top, cols, j, result)
    keep_in_registers(total, cols, k, result)
    return ready(workload, result, 1, len(t["x"]), arrays)


def log_sum_exp_gradient(workload, t):
    arrays, (x, y, a, e, s) = buffers(t, "xyaec")
    p = hl.f32(float(t["p"][0]))

    def term(j, c):
        f = (p - a[i, 0]) * (p - a[i, 0]) * hl.exp(x[j, 0] + y[i, 0])
        return hl.exp(f - s[j, 0]) * f * e[j, 0]

    return sum_of(workload, term, len(t["x"]), len(t["y"]), 1, arrays)


if __name__ == "__main__":
    run(
        "Halide",
        {
            "gauss": sums_of(lambda square, g: hl.exp(-g * square)),
            "laplace": sums_of(lambda square, g: hl.exp(-g * hl.sqrt(square))),
            "cauchy": sums_of(lambda square, g: 1 / (1 + square)),
            "gradient": gradient,
            "logsumexp": log_sum_exp,
            "logsumexp gradient": log_sum_exp_gradient,
        },
    )
