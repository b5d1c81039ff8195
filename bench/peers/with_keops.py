"""The workloads in KeOps, on its CPU backend."""

from shared import run  # isort: skip  (first: it limits threads)

import pykeops

pykeops.set_verbose(False)
from pykeops.numpy import Genred  # noqa: E402

AXES = {"X": "Vi", "x": "Vi", "E": "Vi", "e": "Vi", "c": "Vi", "G": "Pm", "p": "Pm"}


def make(workload, t):
    aliases = [
        f"{name} = {AXES.get(name, 'Vj')}({value.shape[-1]})"
        for name, value in t.items()
    ]
    options = {"opt_arg": workload.ranks} if workload.ranks > 1 else {}
    if workload.kind == "attention":
        options["formula2"] = "B"
    op = Genred(
        workload.formula,
        aliases,
        reduction_op=workload.reduction,
        axis=workload.more.get("axis", 1),
        **options,
    )
    arrays = list(t.values())
    return lambda: op(*arrays, backend="CPU")


if __name__ == "__main__":
    kinds = (
        "gauss",
        "laplace",
        "cauchy",
        "gradient",
        "attention",
        "logsumexp",
        "logsumexp gradient",
        "nearest",
    )
    run("KeOps", dict.fromkeys(kinds, make))
