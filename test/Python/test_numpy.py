"""keopsc.numpy.Genred against NumPy, over cases, shapes, types and layouts."""

import numpy as np
import pytest
from dense import CASES, check, dense
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from keopsc.numpy import (
    Genred,
    generic_argkmin,
    generic_argmin,
    generic_logsumexp,
    generic_sum,
)

# The same examples each time: what fails here fails for everybody.
settings.register_profile(
    "house",
    derandomize=True,
    database=None,
    deadline=None,
    max_examples=20,
    suppress_health_check=list(HealthCheck),
)
settings.load_profile("house")

PAIRS = [(case, op) for case in CASES for op in case.reductions]
SIZES = st.sampled_from([0, 1, 2, 3, 15, 16, 17, 40])


def sizes_of(draw, batch, kind):
    """A part of the batch, from the right, some of it 1."""
    own = batch[draw(st.integers(0, len(batch))) :]
    return tuple(1 if draw(st.booleans()) else extent for extent in own)


def make_arrays(draw, case, M, N, dtype, batch=()):
    seed = draw(st.integers(0, 2**32 - 1))
    random = np.random.default_rng(seed)
    rows = {"Vi": (M,), "Vj": (N,), "Pm": ()}
    # Multiples of 1/8, so that float32 and float64 see the same ties.
    return [
        (
            random.integers(-16, 17, sizes_of(draw, batch, kind) + rows[kind] + (dim,))
            / 8
        ).astype(dtype)
        for _, kind, dim in case.variables
    ]


OPS = {}


def genred(case, op, axis, k=None):
    """One for all examples: compiling takes longer than all else."""
    key = (case.formula, op, axis, k)
    if key not in OPS:
        OPS[key] = Genred(
            case.formula, case.aliases, op, axis, opt_arg=k, formula2=case.formula2
        )
    return OPS[key]


@pytest.mark.parametrize("case,op", PAIRS)
@given(data=st.data())
def test_is_what_numpy_computes(case, op, data):
    draw = data.draw
    dtype = draw(st.sampled_from(["float32", "float64"]))
    axis = draw(st.sampled_from([0, 1]))
    k = draw(st.sampled_from([1, 3])) if "KMin" in op else None
    batch = draw(st.sampled_from([(), (), (2,), (3, 1), (2, 3), (0,)]))
    arrays = make_arrays(draw, case, draw(SIZES), draw(SIZES), dtype, batch)
    result = genred(case, op, axis, k)(*arrays)
    check(result, dense(case, op, axis, arrays, k), dtype)


@given(data=st.data())
def test_layout_does_not_matter(data):
    case, draw = CASES[0], data.draw
    dtype = draw(st.sampled_from(["float32", "float64"]))
    plain = make_arrays(draw, case, 5, 7, dtype, (2,))

    def laid_out(array):
        how = draw(
            st.sampled_from(
                ["fortran", "strided", "reversed", "unaligned", "broadcast", "view"]
            )
        )
        if how == "fortran":
            return np.asfortranarray(array)
        if how == "strided":
            return np.repeat(array, 2, axis=-1)[..., ::2]
        if how == "reversed":
            return array[..., ::-1].copy()[..., ::-1]
        if how == "unaligned":
            memory = np.zeros(array.nbytes + 1, np.uint8)
            copy = memory[1:].view(dtype).reshape(array.shape)
            copy[...] = array
            return copy
        if how == "broadcast" and array.ndim > 1:
            return np.broadcast_to(array[:1], array.shape)
        return memoryview(array) if how == "view" else array

    others = [laid_out(array) for array in plain]
    expected = dense(case, "Sum", 1, [np.asarray(other) for other in others])
    check(genred(case, "Sum", 1)(*others), expected, dtype)


def blocks(draw, rows, columns):
    """Half of a tuple of ranges, and the pairs that it stands for."""
    cuts = sorted(draw(st.lists(st.integers(0, rows), min_size=2, max_size=6)))
    ranges, slices, intervals = [], [], []
    keep = np.zeros((rows, columns), bool)
    for begin, end in zip(cuts, cuts[1:]):
        if draw(st.booleans()):
            continue
        ends = sorted(draw(st.lists(st.integers(0, columns), max_size=6)))
        own = list(zip(ends[::2], ends[1::2]))
        ranges.append((begin, end))
        intervals += own
        slices.append(len(intervals))
        for first, last in own:
            keep[begin:end, first:last] = True
    as_array = lambda pairs: np.array(pairs, np.int64).reshape(-1, 2)  # noqa: E731
    return (as_array(ranges), np.array(slices, np.int64), as_array(intervals)), keep


@pytest.mark.parametrize("case,op", PAIRS)
@given(data=st.data())
def test_ranges_leave_pairs_out(case, op, data):
    draw = data.draw
    M, N, axis = draw(SIZES), draw(SIZES), draw(st.sampled_from([0, 1]))
    batch = draw(st.sampled_from([(), (2,)]))
    arrays = make_arrays(draw, case, M, N, "float64", batch)
    half, keep = blocks(draw, *((M, N) if axis == 1 else (N, M)))
    if draw(st.booleans()):
        half = tuple(part.astype(np.int32) for part in half)
    ranges = half + (None,) * 3 if axis == 1 else (None,) * 3 + half
    k = 2 if "KMin" in op else None
    result = genred(case, op, axis, k)(*arrays, ranges=ranges)
    expected = dense(case, op, axis, arrays, k, keep if axis == 1 else keep.T)
    check(result, expected, "float64")


def test_results_are_written_where_asked():
    random = np.random.default_rng(1)
    x, y = random.normal(size=(4, 3)), random.normal(size=(5, 3))
    op = Genred("SqDist(x, y)", ["x = Vi(3)", "y = Vj(3)"], "Min_ArgMin", axis=1)
    out = np.empty((4, 1)), np.empty((4, 1), np.int64)
    result = op(x, y, out=out)
    assert result[0] is out[0] and result[1] is out[1]
    check(result, op(x, y), "float64")


def test_accuracy_options_take_effect():
    ones = np.ones((4097, 1), np.float32)
    ones[0] = 2**24  # ones are below its last digit
    x = np.ones((1, 1), np.float32)

    def total(**options):
        op = Genred("x * y", ["x = Vi(1)", "y = Vj(1)"], "Sum", 1, **options)
        return float(op(x, ones)[0, 0])

    assert total(sum_scheme="direct_sum") == 2**24
    assert total(sum_scheme="kahan_scheme") == 2**24 + 4096
    for wide in ({"dtype_acc": "float64"}, {"use_double_acc": True}):
        assert total(sum_scheme="direct_sum", **wide) == 2**24 + 4096


def test_gradients_of_the_language_take_one_array_more():
    random = np.random.default_rng(2)
    x, y, e = (random.normal(size=(n, 2)) for n in (3, 4, 3))
    op = Genred(
        "Grad(Sum_Reduction(Exp(-SqDist(x, y)) * y, 0), x, e)",
        ["x = Vi(2)", "y = Vj(2)", "e = Vi(2)"],
        axis=1,
    )
    k = np.exp(-((x[:, None] - y) ** 2).sum(-1))
    weights = k * (e @ y.T)
    expected = -2 * (weights.sum(1)[:, None] * x - weights @ y)
    np.testing.assert_allclose(op(x, y, e), expected, rtol=1e-12)


def test_helpers_choose_axis_and_k():
    random = np.random.default_rng(3)
    x, y = random.normal(size=(6, 2)), random.normal(size=(7, 2))
    case = CASES[3]
    variables = case.aliases
    assert variables == ["x = Vi(2)", "y = Vj(2)"]
    for output, axis in (("a = Vi(1)", 1), ("a = Vj(1)", 0)):
        for helper, op in (
            (generic_sum, "Sum"),
            (generic_logsumexp, "LogSumExp"),
            (generic_argmin, "ArgMin"),
        ):
            result = helper(case.formula, output, *variables)(x, y)
            check(result, dense(case, op, axis, [x, y]), "float64")
    result = generic_argkmin(case.formula, "a=Vj(3)", *variables)(x, y)
    check(result, dense(case, "ArgKMin", 0, [x, y], 3), "float64")
