"""What Genred is for every kind of array: its arguments, checked and kept."""

from keopsc import _binding

# Names of KeOps, and what they mean to the library (keops_backend).
_GPU = ["GPU"] + [
    scheme + where
    for scheme in ("GPU_1D", "GPU_2D")
    for where in ("", "_device", "_host")
]
BACKENDS = {"auto": 0, "CPU": 1, **dict.fromkeys(_GPU, 2)}

SUM_SCHEMES = ("auto", "direct_sum", "block_sum", "kahan_scheme")
ACCUMULATORS = ("auto", "float32", "float64")


def _check_text(name, value):
    if not isinstance(value, str):
        raise TypeError(f"{name}: expected str, got {type(value).__name__}")
    return value


def _check_choice(name, value, choices):
    if value not in choices:
        listed = ", ".join(repr(choice) for choice in choices)
        raise ValueError(f"{name} is {value!r}; expected one of {listed}")
    return value


def backend_number(backend):
    """The number of a backend; a ValueError if there is none of that name."""
    try:
        return BACKENDS[backend]
    except (KeyError, TypeError):
        _check_choice("backend", backend, list(BACKENDS))
        raise


def device_number(device_id):
    """-1 means that of the arrays, or the first."""
    if not isinstance(device_id, int):
        raise TypeError(f"device_id: expected int, got {type(device_id).__name__}")
    if device_id < -1:
        raise ValueError(f"device_id is {device_id}; expected -1 or more")
    return device_id


class Genred:
    """A formula, reduced over i or j. Compiled when it is first called.

    Args:
        formula: text of the formula language.
        aliases: declarations of variables in the order of the arguments,
            ``"x = Vi(3)"``, and names of sub-formulas.
        reduction_op: ``"Sum"``, ``"LogSumExp"``, ``"ArgKMin"``, ...
        axis: the one that is reduced: 1 gives a row for each i, 0 for each j.
        dtype: ignored, as is cuda_type; the arrays say it.
        opt_arg: K, for KMin and its kin.
        formula2: the weight, for reductions that take one.
        dtype_acc: ``"float32"`` or ``"float64"``, the precision of sums;
            ``"auto"`` is that of the data.
        use_double_acc: the same as ``dtype_acc="float64"``.
        sum_scheme: ``"block_sum"``, which is ``"auto"``; ``"direct_sum"`` or
            ``"kahan_scheme"``.
        use_fast_math: False compiles with ``--precise``.
        enable_chunks, rec_multVar_highdim: ignored; they tune KeOps.
    """

    def __init__(
        self,
        formula,
        aliases,
        reduction_op="Sum",
        axis=0,
        dtype=None,
        opt_arg=None,
        formula2=None,
        cuda_type=None,
        dtype_acc="auto",
        use_double_acc=False,
        sum_scheme="auto",
        enable_chunks=True,
        rec_multVar_highdim=False,
        use_fast_math=True,
    ):
        if isinstance(aliases, str):
            raise TypeError("aliases: expected a list of str, got str")
        if axis not in (0, 1):
            raise ValueError(f"axis is {axis!r}; expected 0 (over i) or 1 (over j)")
        if opt_arg is not None and not isinstance(opt_arg, int):
            raise TypeError(f"opt_arg: expected int, got {type(opt_arg).__name__}")
        _check_choice("dtype_acc", dtype_acc, ACCUMULATORS)
        _check_choice("sum_scheme", sum_scheme, SUM_SCHEMES)
        if use_double_acc and dtype_acc == "float32":
            raise ValueError("use_double_acc contradicts dtype_acc='float32'")
        if use_double_acc:
            dtype_acc = "float64"
        self.formula = _check_text("formula", formula)
        self.aliases = tuple(_check_text("aliases", alias) for alias in aliases)
        self.reduction_op = _check_text("reduction_op", reduction_op)
        self.axis = int(axis)
        self.opt_arg = opt_arg
        self.formula2 = None if formula2 is None else _check_text("formula2", formula2)
        self.dtype_acc = dtype_acc
        self.sum_scheme = sum_scheme
        self.use_fast_math = bool(use_fast_math)
        self._prepare()

    def _prepare(self):
        """Makes what is not kept in a pickle: text is enough to make it again."""
        self._compiled = _binding.Formula(**self._source())

    def _source(self):
        """The arguments of a compiled formula."""
        return {
            "formula": self.formula,
            "aliases": list(self.aliases),
            "reduction": self.reduction_op,
            "axis": self.axis,
            "opt_arg": self.opt_arg,
            "formula2": self.formula2 or "",
            "sum_scheme": "" if self.sum_scheme == "auto" else self.sum_scheme,
            "dtype_acc": "" if self.dtype_acc == "auto" else self.dtype_acc,
            "gradients": [],
            "takes_result": False,
            "options": [] if self.use_fast_math else ["--precise"],
        }

    def __getstate__(self):
        state = dict(self.__dict__)
        del state["_compiled"]
        return state

    def __setstate__(self, state):
        self.__dict__.update(state)
        self._prepare()

    def __repr__(self):
        return (
            f"{type(self).__name__}({self.formula!r}, {list(self.aliases)!r}, "
            f"{self.reduction_op!r}, axis={self.axis})"
        )


def split_output(output):
    """The dimension and the axis to reduce of "a = Vi(3)", in helpers."""
    _check_text("output", output)
    text = output.replace(" ", "")
    for category, axis in (("Vi(", 1), ("Vj(", 0)):
        head, found, tail = text.partition("=" + category)
        dim = tail.removesuffix(")").split(",")[-1]
        if found and head and tail.endswith(")") and dim.isdigit():
            return int(dim), axis
    raise ValueError(f"output is {output!r}; expected text as 'a = Vi(1)'")


def make_helpers(genred):
    """The functions generic_sum, ... for one class of Genred."""

    def generic_sum(formula, output, *aliases, **options):
        """Sum of a formula; output "a = Vi(D)" keeps i, "a = Vj(D)" keeps j."""
        _, axis = split_output(output)
        return genred(formula, aliases, "Sum", axis, **options)

    def generic_logsumexp(formula, output, *aliases, **options):
        """Log-sum-exp of a formula, as generic_sum."""
        _, axis = split_output(output)
        return genred(formula, aliases, "LogSumExp", axis, **options)

    def generic_argmin(formula, output, *aliases, **options):
        """Where the least value is, as generic_sum."""
        _, axis = split_output(output)
        return genred(formula, aliases, "ArgMin", axis, **options)

    def generic_argkmin(formula, output, *aliases, **options):
        """Where the K least values are; K is the dimension of the output."""
        k, axis = split_output(output)
        return genred(formula, aliases, "ArgKMin", axis, opt_arg=k, **options)

    return generic_sum, generic_logsumexp, generic_argmin, generic_argkmin
