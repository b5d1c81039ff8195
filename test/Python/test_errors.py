"""What is refused, with which exception, in which words."""

import copy
import pickle

import numpy as np
import pytest

import keopsc
from keopsc.numpy import Genred, generic_sum

ALIASES = ["G = Pm(1)", "X = Vi(3)", "Y = Vj(3)", "B = Vj(2)"]


@pytest.fixture
def op():
    return Genred("Exp(-G * SqDist(X, Y)) * B", ALIASES, "Sum", axis=1)


def arrays(**changed):
    result = {
        "G": np.ones(1),
        "X": np.ones((4, 3)),
        "Y": np.ones((5, 3)),
        "B": np.ones((5, 2)),
    }
    result.update(changed)
    return list(result.values())


READ_ONLY = np.ones((4, 2))
READ_ONLY.flags.writeable = False
OVERLAPPING = np.ones(100)


@pytest.mark.parametrize(
    "changed,call,error,text",
    [
        (
            {},
            {"backend": "TPU"},
            ValueError,
            "backend is 'TPU'; expected one of 'auto'",
        ),
        ({}, {"backend": ["GPU"]}, ValueError, "backend is ['GPU']"),
        ({}, {"device_id": -2}, ValueError, "device_id is -2"),
        ({}, {"device_id": 0.5}, TypeError, "device_id: expected int, got float"),
        ({"X": [1, 2]}, {}, TypeError, "argument 2: expected an array, got list"),
        ({"X": None}, {}, TypeError, "argument 2: expected an array, got NoneType"),
        ({"G": 0.5}, {}, TypeError, "argument 1: expected an array, got float"),
        (
            {"Y": np.ones((5, 3), "f")},
            {},
            TypeError,
            "argument 3 (Y) is of type float32, but argument 1 (G) of type float64",
        ),
        (
            {"X": np.ones((4, 3), "e")},
            {},
            TypeError,
            "argument 2 (X) is of type float16; formulas take float32 or float64",
        ),
        ({"G": np.ones(1, int)}, {}, TypeError, "argument 1 (G) is of type int64"),
        (
            {"G": np.ones(1, ">f8")},
            {},
            TypeError,
            "argument 1 (G) is of type neither float32 nor float64",
        ),
        ({"B": np.ones((5, 2), complex)}, {}, TypeError, "(B) is of type complex128"),
        (
            {"X": np.ones((4, 2))},
            {},
            ValueError,
            "argument 2 (X) has the shape (4, 2); expected (..., M, 3)",
        ),
        ({"X": np.ones(3)}, {}, ValueError, "argument 2 (X) has the shape (3,)"),
        (
            {"G": np.ones(())},
            {},
            ValueError,
            "argument 1 (G) has the shape (); expected (..., 1)",
        ),
        (
            {"B": np.ones((6, 2))},
            {},
            ValueError,
            "argument 4 (B) has 6 rows, but argument 3 (Y) has 5",
        ),
        (
            {"X": np.ones((2, 4, 3)), "B": np.ones((3, 5, 2))},
            {},
            ValueError,
            "the batch dimensions of argument 4 (B), shape (3, 5, 2), do not go with "
            "those of argument 2 (X), shape (2, 4, 3)",
        ),
        (
            {},
            {"out": np.ones((4, 3))},
            ValueError,
            "out has the shape (4, 3); expected (4, 2)",
        ),
        (
            {},
            {"out": np.ones((4, 2), "f")},
            TypeError,
            "out is of type float32; expected float64",
        ),
        ({}, {"out": np.ones((2, 4)).T}, ValueError, "out is not contiguous"),
        ({}, {"out": READ_ONLY}, ValueError, "out is read-only"),
        ({}, {"out": (np.ones((4, 2)),)}, TypeError, "expected an array, got tuple"),
        ({}, {"out": 3}, TypeError, "out: expected an array, got int"),
        (
            {"B": OVERLAPPING[:10].reshape(5, 2)},
            {"out": OVERLAPPING[8:16].reshape(4, 2)},
            ValueError,
            "out shares memory with argument 4 (B)",
        ),
    ],
)
def test_calls_are_checked(op, changed, call, error, text):
    with pytest.raises(error) as caught:
        op(*arrays(**changed), **call)
    assert text in str(caught.value)


def test_a_gpu_that_is_not_there_is_an_error(op):
    words = "no NVIDIA driver|driver finds no GPU|there is no GPU 99"
    with pytest.raises(RuntimeError, match=words):
        op(*arrays(), backend="GPU_1D", device_id=99)


def test_the_number_of_arrays_is_checked(op):
    for given in (arrays()[:3], [*arrays(), np.ones(1)]):
        with pytest.raises(ValueError) as caught:
            op(*given)
        assert str(caught.value) == (
            f"the formula takes 4 arrays (G, X, Y, B), got {len(given)}"
        )


def test_two_results_need_two_places():
    op = Genred("X - Y", ["X = Vi(1)", "Y = Vj(1)"], "Min_ArgMin", axis=1)
    x = np.ones((2, 1))
    with pytest.raises(TypeError, match="expected a tuple of 2 arrays"):
        op(x, x, out=np.ones((2, 1)))
    with pytest.raises(ValueError, match="expected 2 arrays, got 1"):
        op(x, x, out=(np.ones((2, 1)),))
    with pytest.raises(TypeError, match=r"out\[1\] is of type float64; expected int64"):
        op(x, x, out=(np.ones((2, 1)), np.ones((2, 1))))
    memory = np.zeros((2, 1))
    with pytest.raises(ValueError, match="two results in out share memory"):
        op(x, x, out=(memory, memory.view(np.int64)))


WHOLE = (np.array([[0, 4]]), np.array([1]), np.array([[0, 5]]))


@pytest.mark.parametrize(
    "place,value,error,text",
    [
        (0, np.array([[0, 9]]), ValueError, "ranges_i[0] is [0, 9)"),
        (
            0,
            np.array([0, 4]),
            ValueError,
            "ranges_i has the shape (2,); expected (n, 2)",
        ),
        (
            0,
            np.array([[0, 2], [2, 4]]),
            ValueError,
            "slices_i has 1 entries, but ranges_i has 2",
        ),
        (
            1,
            np.array([2]),
            ValueError,
            "slices_i[0] is 2, but redranges_j has 1 entries",
        ),
        (1, np.array([2**62]), ValueError, "redranges_j has 1 entries"),
        (1, np.array([-1]), ValueError, "slices_i[0] is -1"),
        (
            2,
            np.array([[0.0, 5.0]]),
            TypeError,
            "redranges_j is of type float64; expected integers",
        ),
        (2, np.array([[0, 6]]), ValueError, "redranges_j[0] is [0, 6)"),
        (1, None, TypeError, "slices_i: expected an array, got NoneType"),
    ],
)
def test_ranges_are_checked(op, place, value, error, text):
    ranges = [*WHOLE, None, None, None]
    ranges[place] = value
    with pytest.raises(error) as caught:
        op(*arrays(), ranges=tuple(ranges))
    assert text in str(caught.value)


def test_ranges_are_six_arrays(op):
    with pytest.raises(TypeError, match="expected a tuple of six arrays"):
        op(*arrays(), ranges=np.ones(6))
    with pytest.raises(ValueError, match="expected six arrays .* got 3"):
        op(*arrays(), ranges=WHOLE)
    with pytest.raises(ValueError, match="ranges_i is a null pointer"):
        op(*arrays(), ranges=(None, None, None, *WHOLE))


@pytest.mark.parametrize(
    "options,error,text",
    [
        ({"axis": 2}, ValueError, "axis is 2; expected 0 (over i) or 1 (over j)"),
        ({"formula": 3}, TypeError, "formula: expected str, got int"),
        (
            {"aliases": "X = Vi(3)"},
            TypeError,
            "aliases: expected a list of str, got str",
        ),
        ({"aliases": [1]}, TypeError, "aliases: expected str, got int"),
        ({"reduction_op": None}, TypeError, "reduction_op: expected str, got NoneType"),
        ({"opt_arg": 1.5}, TypeError, "opt_arg: expected int, got float"),
        (
            {"sum_scheme": "sorted"},
            ValueError,
            "sum_scheme is 'sorted'; expected one of",
        ),
        (
            {"dtype_acc": "float16"},
            ValueError,
            "dtype_acc is 'float16'; expected one of",
        ),
        ({"dtype_acc": "float32", "use_double_acc": True}, ValueError, "contradicts"),
    ],
)
def test_constructors_are_checked(options, error, text):
    with pytest.raises(error) as caught:
        Genred(**{"formula": "X", "aliases": ["X = Vi(3)"], **options})
    assert text in str(caught.value)


def test_helpers_check_their_output():
    for output in ("a", "a = Pm(1)", "a = Vi(x)", "= Vi(1)"):
        with pytest.raises(ValueError, match="expected text as 'a = Vi"):
            generic_sum("x", output, "x = Vi(1)")


def test_errors_of_formulas_show_the_place():
    op = Genred("Exp(-SqDst(X, Y))", ["X = Vi(3)", "Y = Vj(3)"])
    with pytest.raises(keopsc.FormulaError) as caught:
        op(np.ones((2, 3)), np.ones((2, 3)))
    error = caught.value
    assert isinstance(error, ValueError)
    assert str(error) == (
        "<formula>:1:6: error: unknown operation 'SqDst'; did you mean 'SqDist'?\n"
        "Exp(-SqDst(X, Y))\n     ^"
    )
    for same in (error, pickle.loads(pickle.dumps(error))):
        assert same.message == "unknown operation 'SqDst'; did you mean 'SqDist'?"
        assert (same.where, same.line, same.column) == ("<formula>", 1, 6)


def test_a_call_that_failed_does_no_harm(op):
    with pytest.raises(ValueError):
        op(*arrays(X=np.ones((4, 2))))
    np.testing.assert_allclose(op(*arrays()), 5)


def test_operators_can_be_pickled_and_copied(op):
    op(*arrays())
    for other in (pickle.loads(pickle.dumps(op)), copy.deepcopy(op)):
        assert repr(other) == repr(op)
        np.testing.assert_array_equal(other(*arrays()), op(*arrays()))
