"""What formulas should give: all pairs in float64 by NumPy, nothing clever.

A case is a formula and the same as a function of arrays that have been spread
over the pairs: (..., M, 1, d) for Vi, (..., 1, N, d) for Vj, (..., 1, 1, d).
"""

import numpy as np

# In float32, sums of some hundred numbers around 1, after exp and divisions.
TOLERANCE = {"float32": 2e-5, "float64": 1e-11}


def sqdist(x, y):
    return ((x - y) ** 2).sum(-1, keepdims=True)


class Case:
    def __init__(
        self, formula, variables, function, reductions, formula2=None, weight=None
    ):
        self.formula, self.function = formula, function
        self.variables = variables  # (name, kind, dimension)
        self.reductions = reductions
        self.formula2, self.weight = formula2, weight

    def __repr__(self):
        return self.formula

    @property
    def aliases(self):
        return [f"{name} = {kind}({dim})" for name, kind, dim in self.variables]


PLAIN = ("Sum", "LogSumExp", "Min", "ArgMin", "Max", "ArgMax", "Min_ArgMin", "Mean")

CASES = [
    Case(
        "Exp(-G * SqDist(X, Y)) * B",
        [("G", "Pm", 1), ("X", "Vi", 3), ("Y", "Vj", 3), ("B", "Vj", 2)],
        lambda g, x, y, b: np.exp(-g * sqdist(x, y)) * b,
        PLAIN,
    ),
    Case(
        "Square(p - a) * Exp(x + y)",
        [("x", "Vi", 1), ("y", "Vj", 1), ("a", "Vj", 1), ("p", "Pm", 1)],
        lambda x, y, a, p: (p - a) ** 2 * np.exp(x + y),
        PLAIN,
    ),
    Case("x - y", [("y", "Vj", 4), ("x", "Vi", 4)], lambda y, x: x - y, PLAIN),
    Case(
        "SqDist(x, y)",
        [("x", "Vi", 2), ("y", "Vj", 2)],
        sqdist,
        ("KMin", "ArgKMin", "KMin_ArgKMin"),
    ),
    Case(
        "x * y",
        [("x", "Vi", 2), ("y", "Vj", 2)],
        lambda x, y: x * y,
        ("KMin", "ArgKMin", "KMin_ArgKMin"),
    ),
    Case(
        "-SqDist(x, y)",
        [("x", "Vi", 3), ("y", "Vj", 3), ("b", "Vj", 2)],
        lambda x, y, b: -sqdist(x, y),
        ("SumSoftMaxWeight",),
        "b",
        lambda x, y, b: b,
    ),
]


def spread(array, kind):
    array = array.astype(np.float64)
    if kind == "Vi":
        return array[..., :, None, :]
    if kind == "Vj":
        return array[..., None, :, :]
    return array[..., None, None, :]


def sorted_rows(values, keep, k):
    """The k least values along the axis before the last, and where they are."""
    values = np.where(keep, values, np.inf)
    short = max(0, k - values.shape[-2])
    padding = [(0, 0)] * (values.ndim - 2) + [(0, short), (0, 0)]
    values = np.pad(values, padding, constant_values=np.inf)
    rows = np.argsort(values, axis=-2, kind="stable")[..., :k, :]
    least = np.take_along_axis(values, rows, -2)
    rows = np.where(np.isinf(least), -1, rows)
    if values.shape[-1] == 1:
        return least[..., 0], rows[..., 0]
    return least, rows


def reduce(op, values, keep, k=None, weights=None):
    """Reduces axis -2 of (..., rows, reduced, D) where `keep` is true."""
    count = keep.sum(-2)
    with np.errstate(all="ignore"):
        if op == "Sum":
            return np.where(keep, values, 0).sum(-2)
        if op == "Mean":
            return np.where(keep, values, 0).sum(-2) / count
        if op in ("LogSumExp", "SumSoftMaxWeight"):
            top = np.where(keep, values, -np.inf).max(-2, initial=-np.inf)
            top = np.where(np.isinf(top), 0, top)
            terms = np.where(keep, np.exp(values - top[..., None, :]), 0)
            if op == "LogSumExp":
                return top + np.log(terms.sum(-2))
            return (terms * weights).sum(-2) / terms.sum(-2)
        if op in ("Min", "ArgMin", "Min_ArgMin", "Max", "ArgMax"):
            sign = -1 if op.endswith("Max") else 1
            least, rows = sorted_rows(sign * values, keep, 1)
            shape = least.shape[: values.ndim - 2] + (values.shape[-1],)
            least, rows = sign * least.reshape(shape), rows.reshape(shape)
        else:
            least, rows = sorted_rows(values, keep, k)
    if "_" in op:
        return least, rows
    return rows if op.startswith("Arg") else least


def dense(case, op, axis, arrays, k=None, keep=None):
    """The result of a case; keep[i, j] says whether there is a pair."""
    kinds = [kind for _, kind, _ in case.variables]
    sizes = {
        kind: array.shape[-2] for kind, array in zip(kinds, arrays) if kind != "Pm"
    }
    spreads = [spread(array, kind) for array, kind in zip(arrays, kinds)]

    def pairs(function):
        values = np.asarray(function(*spreads))
        batch = np.broadcast_shapes(*(s.shape[:-3] for s in spreads))
        shape = batch + (sizes.get("Vi", 1), sizes.get("Vj", 1), values.shape[-1])
        values = np.broadcast_to(values, shape)
        return values if axis == 1 else np.swapaxes(values, -2, -3)

    values = pairs(case.function)
    if keep is None:
        keep = np.ones((sizes.get("Vi", 1), sizes.get("Vj", 1)), bool)
    keep = keep if axis == 1 else keep.T
    keep = np.broadcast_to(keep[..., None], values.shape)
    weights = pairs(case.weight) if case.weight else None
    return reduce(op, values, keep, k, weights)


def check(result, expected, dtype):
    """Compares a result, or each of two, row numbers exactly."""
    if isinstance(expected, tuple):
        assert isinstance(result, tuple) and len(result) == len(expected)
        for one, other in zip(result, expected):
            check(one, other, dtype)
        return
    assert result.shape == expected.shape
    if expected.dtype.kind == "i":
        assert result.dtype == np.int64
        np.testing.assert_array_equal(result, expected)
        return
    assert result.dtype == np.dtype(dtype)
    tolerance = TOLERANCE[dtype]
    np.testing.assert_allclose(result, expected, rtol=tolerance, atol=tolerance)
