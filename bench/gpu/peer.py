"""PyKeOps on the workloads of bench-gpu, on tensors in the memory of a GPU.

    peer.py SIZE [SIZE ...] > FILE

Prints lines of workload, size and seconds of a call in a row of many, with tabs
between them, as bench-gpu --peer=FILE reads them. Exits with 3 and a sentence where
there is no PyKeOps, or no GPU that PyTorch can use.
"""

import sys
import time

SECONDS = 2  # for each number


def stop(sentence):
    print(sentence, file=sys.stderr)
    sys.exit(3)


try:
    import torch
    from pykeops.torch import Genred
except ImportError as error:
    stop(f"PyKeOps is not installed ({error})")

POINTS = ["G = Pm(1)", "X = Vi(3)", "Y = Vj(3)", "B = Vj(1)"]
LONG = ["G = Pm(1)", "X = Vi(64)", "Y = Vj(64)", "B = Vj(1)"]
GAUSS = "Exp(-G * SqDist(X, Y)) * B"

# Those of bench/table/Workloads.cpp, in the words of PyKeOps.
WORKLOADS = {
    "Gauss D3, b1": (GAUSS, POINTS, "Sum"),
    "its gradient along x, b1": (
        f"Grad({GAUSS}, X, E)",
        [*POINTS, "E = Vi(1)"],
        "Sum",
    ),
    "LogSumExp, tutorial": (
        "Square(p - a) * Exp(x + y)",
        ["p = Pm(1)", "x = Vi(1)", "y = Vj(1)", "a = Vj(1)"],
        "LogSumExp",
    ),
    "ArgKMin K=10 D3, N=10k": ("SqDist(X, Y)", POINTS[1:3], "ArgKMin"),
    "Laplacian": ("Exp(-G * Norm2(X - Y)) * B", POINTS, "Sum"),
    "Gauss D64": (GAUSS, LONG, "Sum"),
}


def tensor(alias, size):
    kind, dim = alias.split("= ")[1].rstrip(")").split("(")
    shape = (int(dim),) if kind == "Pm" else (size, int(dim))
    return torch.rand(shape, device="cuda", dtype=torch.float32)


def seconds_of(call):
    call()
    torch.cuda.synchronize()
    least, count, start = float("inf"), 1, time.perf_counter()
    while time.perf_counter() - start < SECONDS:
        begin = time.perf_counter()
        for _ in range(count):
            call()
        torch.cuda.synchronize()
        took = time.perf_counter() - begin
        least = min(least, took / count)
        if took < SECONDS / 10:
            count *= 2
    return least


def main(sizes):
    if not torch.cuda.is_available():
        stop("PyTorch finds no GPU")
    for name, (formula, aliases, reduction) in WORKLOADS.items():
        options = {"opt_arg": 10} if reduction == "ArgKMin" else {}
        op = Genred(formula, aliases, reduction, axis=1, **options)
        for size in sizes:
            tensors = [tensor(alias, size) for alias in aliases]
            took = seconds_of(lambda: op(*tensors, backend="GPU"))  # noqa: B023
            print(name, size, took, sep="\t", flush=True)


if __name__ == "__main__":
    main([int(size) for size in sys.argv[1:]])
