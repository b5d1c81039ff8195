"""What the peers in Python share: the workloads of bench/table with their sizes
and tables, time, and a check.

A peer is a script with a function for each kind of workload that it knows:

    run("name", {"gauss": make_gauss, ...})

A function gets a workload and its tables, and returns what is to be measured.
The script reads sizes from its command line, "1000x1000", and prints a line of
JSON for each workload and size. All run on one core, and the time of the thread
counts, as in bench/table.
"""

import json
import os
import sys
import time
from dataclasses import dataclass, field

# Before any library is loaded.
for name in ("OMP", "OPENBLAS", "MKL", "HL"):
    os.environ[f"{name}_NUM_THREADS"] = "1"

import numpy as np  # noqa: E402

SECONDS = 0.3  # for a measurement, beyond the first run
TOO_LONG = 5.0  # seconds that a run may be expected to take


@dataclass
class Workload:
    name: str  # as bench/table calls it
    kind: str
    formula: str
    dim: int = 3
    columns: int = 1  # of B
    reduction: str = "Sum"
    ranks: int = 0
    dtype: str = "float32"
    scale: float = 0.5
    more: dict = field(default_factory=dict)

    def tables(self, rows, cols):
        """By name, in the order of the formula's aliases: axis and array."""
        random = np.random.default_rng(0)

        def table(axis, dim):
            count = {"i": rows, "j": cols}[axis]
            return axis, random.random((count, dim)).astype(self.dtype)

        def number(value):
            return "p", np.array([value], self.dtype)

        if "logsumexp" in self.kind:
            result = {"x": table("i", 1), "y": table("j", 1), "a": table("j", 1)}
            result["p"] = number(0.3)
            if self.kind == "logsumexp gradient":
                result["e"] = table("i", 1)
                # Of the size of its value.
                result["c"] = "i", np.full((rows, 1), np.log(cols) + 1, self.dtype)
            return result
        result = {"X": table("i", self.dim), "Y": table("j", self.dim)}
        if not self.ranks:
            result["B"] = table("j", self.columns)
        if "G" in self.formula:
            result["G"] = number(self.scale)
        if self.kind == "gradient":
            result["E"] = table("i", 1)
        return result


GAUSS = "Exp(-G * SqDist(X, Y)) * B"
TERM = "Square(p - a) * Exp(x + y)"
WORKLOADS = [
    Workload("Gauss D3, b1", "gauss", GAUSS),
    Workload("Gauss D3, b2", "gauss", GAUSS, columns=2),
    Workload("its gradient along x, b1", "gradient", f"Grad({GAUSS}, X, E)"),
    Workload("LogSumExp, tutorial", "logsumexp", TERM, reduction="LogSumExp"),
    Workload(
        "its gradient along y",
        "logsumexp gradient",
        "Exp(Square(p - a) * Exp(x + y) - c) * Square(p - a) * Exp(x + y) * e",
        more={"axis": 0},
    ),
    Workload(
        "ArgKMin K=10 D3, N=10k",
        "nearest",
        "SqDist(X, Y)",
        reduction="ArgKMin",
        ranks=10,
    ),
    Workload(
        "ArgKMin K=10 D10, N=10k",
        "nearest",
        "SqDist(X, Y)",
        dim=10,
        reduction="ArgKMin",
        ranks=10,
    ),
    Workload("ArgMin D3", "nearest", "SqDist(X, Y)", reduction="ArgMin", ranks=1),
    Workload("Laplacian", "laplace", "Exp(-G * Norm2(X - Y)) * B"),
    Workload("Cauchy", "cauchy", "B / (IntCst(1) + SqDist(X, Y))"),
    *(
        Workload(f"Gauss D{d}", "gauss", GAUSS, dim=d, scale=1 / d)
        for d in (16, 64, 128)
    ),
    *(Workload(f"Gauss D3, b{b}", "gauss", GAUSS, columns=b) for b in (64, 128)),
    Workload(
        "softmax D64, b64",
        "attention",
        "X | Y",
        dim=64,
        columns=64,
        reduction="SumSoftMaxWeight",
    ),
    Workload("Gauss D3, float64", "gauss", GAUSS, dtype="float64"),
]


def least_seconds(action):
    """Time of this thread for a call, the least of several turns."""
    least = float("inf")
    begin = time.thread_time()
    while time.thread_time() - begin < SECONDS or least == float("inf"):
        calls = 0
        start = time.thread_time()
        while calls == 0 or time.thread_time() - start < 1e-3:
            action()
            calls += 1
        least = min(least, (time.thread_time() - start) / calls)
    return least


def expected_rows(workload, tables, rows):
    """The first rows of the result, in float64; for row numbers, distances."""
    t = {name: np.float64(value) for name, (_, value) in tables.items()}
    if workload.kind == "logsumexp gradient":
        f = (t["p"] - t["a"][:rows]) ** 2 * np.exp(t["x"].T + t["y"][:rows])
        return (np.exp(f - t["c"].T) * f * t["e"].T).sum(1, keepdims=True)
    if workload.kind == "logsumexp":
        f = ((t["p"] - t["a"]) ** 2 * np.exp(t["x"][:rows].T + t["y"])).T
        return np.log(np.exp(f).sum(1, keepdims=True))
    if workload.kind == "attention":
        f = t["X"][:rows] @ t["Y"].T
        weights = np.exp(f - f.max(1, keepdims=True))
        return weights @ t["B"] / weights.sum(1, keepdims=True)
    difference = t["X"][:rows, None] - t["Y"][None]
    square = (difference**2).sum(2)
    if workload.kind == "nearest":
        return np.sqrt(np.sort(square, 1)[:, : workload.ranks])
    if workload.kind == "cauchy":
        return 1 / (1 + square) @ t["B"]
    if workload.kind == "laplace":
        return np.exp(-t["G"] * np.sqrt(square)) @ t["B"]
    kernel = np.exp(-t["G"] * square)
    if workload.kind == "gauss":
        return kernel @ t["B"]
    weighted = (kernel * t["B"].T)[:, :, None] * difference
    return -2 * t["G"] * t["E"][:rows] * weighted.sum(1)


def check(who, workload, tables, result):
    rows = min(4, len(result))
    found = np.asarray(result)[:rows].reshape(rows, -1)
    expected = expected_rows(workload, tables, rows)
    if workload.kind == "nearest":
        x, y = tables["X"][1], tables["Y"][1]
        difference = np.float64(x[:rows, None]) - y[found.astype("int64")]
        found = np.sqrt((difference**2).sum(2))
    error = np.abs(found - expected).max() / np.abs(expected).max()
    if not error < 1e-3:
        sys.exit(f"{who}: {workload.name}: the result is off by {error:.1e}")


def run(who, makers):
    """Measures all workloads of the kinds of `makers` at all sizes."""
    sizes = [tuple(map(int, size.split("x"))) for size in sys.argv[1:]]
    per_pair = {}
    for rows, cols in sizes:
        for workload in WORKLOADS:
            expected = per_pair.get(workload.name, 0) * rows * cols
            if workload.kind not in makers or expected > TOO_LONG:
                continue
            tables = workload.tables(rows, cols)
            action = makers[workload.kind](
                workload, {name: value for name, (_, value) in tables.items()}
            )
            if action is None:
                continue
            check(who, workload, tables, action())
            seconds = least_seconds(action)
            per_pair[workload.name] = seconds / (rows * cols)
            line = {
                "peer": who,
                "name": workload.name,
                "M": rows,
                "N": cols,
                "seconds": seconds,
            }
            print(json.dumps(line), flush=True)
