"""PyKeOps on the workloads of bench-gpu, on tensors in the memory of a GPU.

    peer.py SIZE [SIZE ...] > FILE

Prints lines of workload, size and seconds of a call, in a row of many and alone, with
tabs between them, as bench-gpu --peer=FILE reads them. Exits with 3 and a sentence
where there is no PyKeOps, or no GPU that PyTorch can use.
"""

import pathlib
import re
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "peers"))

SECONDS = 2  # for each number
TOO_LONG = 20  # seconds that a call may be expected to take
AXES = {"i": "Vi", "j": "Vj", "p": "Pm"}


def stop(sentence):
    print(sentence, file=sys.stderr)
    sys.exit(3)


def workloads():
    """By the names that bench-gpu has for them, which are without a size."""
    from shared import GAUSS, WORKLOADS, Workload

    nearest = {"reduction": "ArgKMin", "ranks": 10}
    more = [
        Workload("LogSumExp D3", "", "-G * SqDist(X, Y)", reduction="LogSumExp"),
        Workload("ArgKMin K=10 D64", "", "SqDist(X, Y)", dim=64, **nearest),
        Workload("Gauss D784", "gauss", GAUSS, dim=784, scale=1 / 784),
    ]
    return {known.name.split(", N=")[0]: known for known in [*WORKLOADS, *more]}


def call_of(workload, size, device="cuda"):
    """A function without arguments, which returns when its work is on the stream."""
    import torch
    from pykeops.torch import Genred

    aliases, tensors = [], []
    for name, (axis, array) in workload.tables(size, size).items():
        if re.search(rf"\b{name}\b", workload.formula):
            aliases.append(f"{name} = {AXES[axis]}({array.shape[-1]})")
            tensors.append(torch.from_numpy(array).to(device))
    options = {"opt_arg": workload.ranks} if workload.ranks > 1 else {}
    axis = workload.more.get("axis", 1)
    op = Genred(workload.formula, aliases, workload.reduction, axis=axis, **options)
    backend = "CPU" if device == "cpu" else "GPU"
    return lambda: op(*tensors, backend=backend)


def least_seconds(call, wait):
    """Of a call in a row of more and more, with a wait at the end."""
    least, count, start = float("inf"), 1, time.perf_counter()
    while time.perf_counter() - start < SECONDS:
        begin = time.perf_counter()
        for _ in range(count):
            call()
        wait()
        took = time.perf_counter() - begin
        least = min(least, took / count)
        if took < SECONDS / 10:
            count *= 2
    return least


def main(sizes):
    try:
        import pykeops.torch  # noqa: F401
        import torch
    except ImportError as error:
        stop(f"PyKeOps is not installed ({error})")
    if not torch.cuda.is_available():
        stop("PyTorch finds no GPU")
    wait = torch.cuda.synchronize
    for name, workload in workloads().items():
        per_pair = 0
        for size in sizes:
            if per_pair * size**2 > TOO_LONG:
                continue
            call = call_of(workload, size)
            call()  # compiles
            wait()
            in_a_row = least_seconds(call, wait)
            per_pair = in_a_row / size**2
            alone = least_seconds(lambda: (call(), wait()), wait)  # noqa: B023
            print(name, size, in_a_row, alone, sep="\t", flush=True)


if __name__ == "__main__":
    main([int(size) for size in sys.argv[1:]])
