"""Arrays in the memory of a GPU, or of one that the emulator plays, are used there."""

import ctypes

import numpy as np
import pytest
from dense import CASES, check, dense
from gpu_memory import (
    MANAGED,
    METAL,
    PINNED,
    CudaInterface,
    DLPack,
    Driver,
    OldDLPack,
)

from keopsc.numpy import Genred

GAUSS = CASES[0]
SHAPES = [(1,), (2, 37, 3), (41, 3), (2, 41, 2)]


@pytest.fixture
def driver():
    driver = Driver()
    driver.configure("devices=2")
    yield driver
    driver.configure("")


@pytest.fixture(scope="module")
def op():
    return Genred(GAUSS.formula, GAUSS.aliases, "Sum", axis=1)


def host_arrays(dtype="float64"):
    random = np.random.default_rng(0)
    return [random.normal(size=shape).astype(dtype) for shape in SHAPES]


def there(driver, kind, arrays, device=0):
    return [kind.of(driver, array, device) for array in arrays]


def forbid_copies(driver):
    """Copies of tables fail from now on. The list of their addresses, which a
    batch needs, is shorter."""
    driver.configure("devices=2 most-copy=200")


def allow_copies(driver):
    driver.configure("devices=2")


@pytest.mark.parametrize("kind", [DLPack, OldDLPack])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("reduction", ["Sum", "LogSumExp", "Min_ArgMin"])
def test_results_are_made_beside_the_arguments(driver, kind, dtype, reduction):
    arrays = host_arrays(dtype)
    args = there(driver, kind, arrays)
    op = Genred(GAUSS.formula, GAUSS.aliases, reduction, axis=1)
    forbid_copies(driver)
    results = op(*args)
    allow_copies(driver)
    parts = results if isinstance(results, tuple) else (results,)
    assert all(type(part) is DLPack for part in parts)
    values = tuple(part.get() for part in parts)
    expected = dense(GAUSS, reduction, 1, arrays)
    check(values if isinstance(results, tuple) else values[0], expected, dtype)


def test_the_cuda_array_interface_is_understood(driver, op):
    arrays = host_arrays()
    args = there(driver, CudaInterface, arrays)
    out = CudaInterface(driver, (2, 37, 2), "float64")
    forbid_copies(driver)
    assert op(*args, out=out) is out
    allow_copies(driver)
    check(out.get(), dense(GAUSS, "Sum", 1, arrays), "float64")
    with pytest.raises(TypeError, match=r"gpu_memory\.CudaInterface, in the memory of"):
        op(*args)


def test_another_gpu_than_the_first(driver, op):
    arrays = host_arrays()
    args = there(driver, DLPack, arrays, device=1)
    result = op(*args)
    assert result.index == 1
    driver.wait(0, 1)
    check(result.get(), dense(GAUSS, "Sum", 1, arrays), "float64")
    check(op(*args, device_id=1, backend="GPU").get(), result.get(), "float64")


def test_calls_run_on_the_stream_that_is_given(driver, op):
    arrays = host_arrays()
    args = there(driver, DLPack, arrays)
    own, other = driver.stream(), driver.stream()
    out = DLPack.of(driver, np.full((2, 37, 2), 7.0))
    op(*args, out=out, stream=own)
    for array in (*args, out):
        assert array.asked == [{"stream": own, "max_version": (1, 1)}]
    driver.wait(other)
    assert (out.get(other) == 7).all()  # the emulator works when it is waited for
    check(out.get(own), dense(GAUSS, "Sum", 1, arrays), "float64")


def test_without_a_stream_it_is_the_default_one(driver, op):
    args = there(driver, OldDLPack, host_arrays())
    op(*args)
    assert [array.asked for array in args] == [[{"stream": 1}]] * 4


def test_streams_may_be_objects(driver, op):
    class Stream:
        def __cuda_stream__(self):
            return 0, own

    arrays = host_arrays()
    args = there(driver, DLPack, arrays)
    own = driver.stream()
    result = op(*args, stream=Stream())
    check(result.get(own), dense(GAUSS, "Sum", 1, arrays), "float64")


def test_a_stream_means_a_gpu(driver, op):
    arrays = host_arrays()
    result = op(*arrays, stream=driver.stream())
    assert isinstance(result, np.ndarray)
    check(result, dense(GAUSS, "Sum", 1, arrays), "float64")


def test_managed_memory_is_that_of_a_gpu_and_pinned_memory_of_the_host(driver, op):
    arrays = host_arrays()
    args = there(driver, DLPack, arrays)
    for arg in args:
        arg.place = MANAGED
    check(op(*args).get(), dense(GAUSS, "Sum", 1, arrays), "float64")
    for arg, array in zip(args, arrays, strict=True):
        arg.place, arg.address = PINNED, array.ctypes.data
    check(op(*args), dense(GAUSS, "Sum", 1, arrays), "float64")


def test_arrays_without_rows_have_no_memory(driver, op):
    args = there(driver, DLPack, [np.ones(s) for s in [(1,), (0, 3), (5, 3), (5, 2)]])
    assert op(*args).shape == (0, 2)
    args = there(driver, DLPack, [np.ones(s) for s in [(1,), (4, 3), (0, 3), (0, 2)]])
    args[2].address = args[3].address = None
    np.testing.assert_array_equal(op(*args).get(), np.zeros((4, 2)))


def test_a_batch_may_be_views_that_share_memory(driver, op):
    x = np.random.default_rng(0).normal(size=(3, 37, 3))
    arrays = [np.ones(1), x, x[0], np.ones((3, 37, 2))]
    args = there(driver, DLPack, [arrays[0], x, x[0], np.ones((1, 37, 2))])
    args[3].shape, args[3].strides = (3, 37, 2), (0, 16, 8)
    forbid_copies(driver)
    result = op(*args)
    allow_copies(driver)
    check(result.get(), dense(GAUSS, "Sum", 1, arrays), "float64")


def changed(args, **changes):
    names = ["G", "X", "Y", "B"]
    return [changes.get(name, arg) for name, arg in zip(names, args, strict=True)]


def test_what_does_not_go_together_is_refused(driver, op):
    arrays = host_arrays()
    args = there(driver, DLPack, arrays)
    on_1 = DLPack.of(driver, arrays[2], device=1)
    metal = DLPack.of(driver, arrays[1])
    metal.place = METAL
    transposed = DLPack.of(driver, np.ones((2, 3, 37)))
    transposed.shape, transposed.strides = (2, 37, 3), (888, 8, 296)
    busy = CudaInterface.of(driver, arrays[3])
    busy.stream = 2
    const = CudaInterface(driver, (2, 37, 2), "float64")
    const.read_only = True
    host_out = np.empty((2, 37, 2))
    one = " all arrays of a call must be in one place"
    for call_args, options, text in (
        (changed(args, Y=arrays[2]), {}, "argument 3 (Y) is in the memory of the host, "
         "but argument 1 (G) in the memory of GPU 0;" + one),
        (changed(args, Y=on_1), {}, "argument 3 (Y) is in the memory of GPU 1, but "
         "argument 1 (G) in the memory of GPU 0;" + one),
        (changed(args, G=arrays[0]), {}, "argument 2 (X) is in the memory of GPU 0, "
         "but argument 1 (G) in the memory of the host;" + one),
        (args, {"out": host_out}, "out is in the memory of the host, but argument 1 "
         "(G) in the memory of GPU 0"),
        (args, {"out": const}, "out is read-only"),
        (args, {"backend": "CPU"}, "backend is 'CPU', but argument 1 (G) is in the "
         "memory of GPU 0"),
        (args, {"device_id": 1}, "device_id is 1, but argument 1 (G) is in the memory "
         "of GPU 0"),
        (changed(args, X=metal), {}, "argument 2 is neither in the memory of the host "
         "nor of an NVIDIA GPU (DLPack's device type 8)"),
        (changed(args, X=transposed), {}, "argument 2 (X) is not contiguous, and in "
         "the memory of GPU 0; pass a contiguous copy"),
        (changed(args, B=busy), {}, "argument 4 is in use on the stream 2, another one "
         "than that of the call; pass stream=2"),
        (arrays, {"backend": "CPU", "stream": 1}, "stream: there is none with backend "
         "'CPU'"),
        (arrays, {"stream": -1}, "stream is -1"),
    ):  # fmt: skip
        with pytest.raises(ValueError) as caught:
            op(*call_args, **options)
        assert text in str(caught.value)
    with pytest.raises(TypeError, match="stream: expected int or an object with"):
        op(*args, stream="default")
    with pytest.raises(TypeError, match=r"argument 2 \(X\) is of type float32"):
        op(*changed(args, X=DLPack.of(driver, arrays[1].astype("f"))))


def test_what_a_library_says_of_its_own_array_is_passed_on(driver, op):
    class Broken(DLPack):
        def __dlpack__(self, **options):
            raise BufferError("the array is being moved")

    args = there(driver, Broken, host_arrays())
    with pytest.raises(BufferError, match="is being moved"):
        op(*args)


def test_ranges_are_read_in_the_memory_of_the_host(driver, op):
    arrays = host_arrays()
    rows = DLPack.of(driver, np.array([[0, 37]]))
    ranges = (rows, np.array([1]), np.array([[0, 41]]), None, None, None)
    with pytest.raises(ValueError, match="ranges: ranges_i is in the memory of GPU 0"):
        op(*arrays, ranges=ranges)


def test_memory_of_arguments_is_given_back(driver, op):
    class Counted(DLPack):
        freed = 0

        def __dlpack__(self, **options):
            capsule = super().__dlpack__(**options)
            self._managed.deleter = ctypes.cast(count, ctypes.c_void_p).value
            return capsule

    @ctypes.CFUNCTYPE(None, ctypes.c_void_p)
    def count(_):
        Counted.freed += 1

    args = there(driver, Counted, host_arrays())
    op(*args, out=DLPack(driver, (2, 37, 2), "float64"))
    assert Counted.freed == 4
