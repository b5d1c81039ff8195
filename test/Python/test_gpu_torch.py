"""Tensors in the memory of a GPU that the emulator plays.

PyTorch itself needs a real one. So a stand-in is a tensor of the host to PyTorch,
and one of the GPU to whoever asks from Python: its numbers are in the memory of the
emulator and nowhere else. Operations of PyTorch bring them to the host and back;
keopsc::reduce gets the stand-ins as they are.
"""

import contextlib
import types

import numpy as np
import pytest
import torch
from gpu_memory import Array, Driver
from torch.utils._pytree import tree_map

from keopsc._torch_formulas import formula_of
from keopsc._torch_operator import run_on
from keopsc.torch import Genred

ALIASES = ["g = Pm(1)", "x = Vi(3)", "y = Vj(3)", "b = Vj(2)"]
SHAPES = [(1,), (4, 3), (5, 3), (5, 2)]


class OnGpu(torch.Tensor):
    driver = None
    log = []

    @staticmethod
    def __new__(cls, values, device=0):
        values = values.detach()
        self = torch.Tensor._make_wrapper_subclass(
            cls, values.shape, values.stride(), dtype=values.dtype
        )
        extent = values.as_strided((values.untyped_storage().size() // 8,), (1,), 0)
        self.memory = Array.of(cls.driver, extent.numpy(), device)
        self.offset = 8 * values.storage_offset()
        self.index = device
        return self

    is_cpu = property(lambda self: False)
    is_cuda = property(lambda self: True)
    device = property(lambda self: torch.device("cuda", self.index))

    def get_device(self):
        return self.index

    def data_ptr(self):
        return self.memory.address + self.offset

    def cpu(self):
        return self.read()

    def read(self):
        """As a tensor of the host, once the streams are done."""
        extent = torch.from_numpy(self.memory.get(self.driver.used))
        steps = torch.Tensor.stride(self)
        return extent.as_strided(tuple(self.shape), steps, self.offset // 8)

    @classmethod
    def __torch_dispatch__(cls, function, types, args=(), options=None):
        cls.log.append(str(function))
        if function is torch.ops.keopsc.reduce.default:
            return run_on(formula_of(args[0]), *args[1:])
        here = lambda v: v.read() if isinstance(v, OnGpu) else v  # noqa: E731
        there = lambda v: OnGpu(v) if isinstance(v, torch.Tensor) else v  # noqa: E731
        result = function(*tree_map(here, args), **tree_map(here, options or {}))
        return tree_map(there, result)


# PyTorch finds a driver that is not what it needs.
pytestmark = pytest.mark.filterwarnings("ignore:CUDA initialization")


@pytest.fixture(autouse=True)
def gpu(monkeypatch):
    """The driver; its field `used` is the stream that PyTorch is told to use."""
    driver = Driver()
    driver.configure("devices=2")
    driver.used = driver.stream()
    monkeypatch.setattr(OnGpu, "driver", driver)
    monkeypatch.setattr(OnGpu, "log", [])
    stream = lambda device: types.SimpleNamespace(cuda_stream=driver.used)  # noqa: E731
    monkeypatch.setattr(torch.cuda, "current_stream", stream)
    yield driver
    driver.configure("")


@contextlib.contextmanager
def no_copies(driver):
    driver.configure("devices=2 most-copy=200")
    yield
    driver.configure("devices=2")


def tensors(shapes=SHAPES):
    torch.manual_seed(0)
    return [torch.rand(shape, dtype=torch.float64) for shape in shapes]


@pytest.mark.parametrize("backend", ["auto", "GPU", "GPU_2D"])
def test_results_are_made_on_the_gpu_and_in_order(gpu, backend):
    op = Genred("Exp(-g * SqDist(x, y)) * b", ALIASES, "Sum", axis=1)
    args = tensors()
    expected = op(*args)
    there = [OnGpu(arg) for arg in args]
    result = op(*there, backend=backend)
    assert isinstance(result, OnGpu)
    early = result.memory.get(gpu.stream())
    assert not np.allclose(early, expected.flatten()), "somebody has waited"
    torch.testing.assert_close(result.read(), expected)


def test_nothing_is_copied(gpu):
    op = Genred("Exp(-g * SqDist(x, y)) * b", ALIASES, "Sum", axis=1)
    args = tensors()
    out = OnGpu(torch.zeros(4, 2, dtype=torch.float64))
    there = [OnGpu(arg) for arg in args]
    with no_copies(gpu):
        assert op(*there, out=out) is out
    torch.testing.assert_close(out.read(), op(*args))


@pytest.mark.parametrize("reduction", ["Sum", "LogSumExp", "Min"])
def test_derivatives_are_computed_on_the_gpu(gpu, reduction):
    op = Genred("Exp(-g * SqDist(x, y)) * b", ALIASES, reduction, axis=1)
    here = [arg.requires_grad_() for arg in tensors()]
    there = [OnGpu(arg).requires_grad_() for arg in here]

    def second_order(args):
        first = torch.autograd.grad(op(*args).sin().sum(), args, create_graph=True)
        return torch.autograd.grad(sum(part.square().sum() for part in first), args)

    ours, theirs = second_order(there), second_order(here)
    assert all(isinstance(part, OnGpu) for part in ours)
    torch.testing.assert_close([part.read() for part in ours], list(theirs))


def test_what_is_not_contiguous_is_copied_on_the_gpu(gpu):
    op = Genred("Exp(-g * SqDist(x, y)) * b", ALIASES, "Sum", axis=1)
    g, x, y, b = tensors([(1,), (3, 4), (5, 6), (5, 2)])
    there = [OnGpu(part) for part in (g, x.T, y[:, ::2], b)]
    result = op(*there)
    assert sum("clone" in name or "contiguous" in name for name in OnGpu.log) == 2
    torch.testing.assert_close(result.read(), op(g, x.T, y[:, ::2], b))


def test_batches_that_are_expanded_are_not_copied(gpu):
    op = Genred("Exp(-g * SqDist(x, y)) * b", ALIASES, "Sum", axis=1)
    g, x, y, b = tensors([(1,), (2, 4, 3), (5, 3), (5, 2)])
    y = y.expand(2, 5, 3)
    result = op(*[OnGpu(part) for part in (g, x, y, b)])
    assert not any("clone" in name for name in OnGpu.log)
    torch.testing.assert_close(result.read(), op(g, x, y, b))


def test_ranges_are_brought_to_the_host(gpu):
    op = Genred("Exp(-g * SqDist(x, y)) * b", ALIASES, "Sum", axis=1)
    args = tensors()
    half = [torch.tensor([[0, 4]]), torch.tensor([1]), torch.tensor([[1, 4]])]
    there = [OnGpu(part) for part in half]
    g, x, y, b = args
    expected = op(g, x, y[1:4], b[1:4])
    ranges = (*there, None, None, None)
    torch.testing.assert_close(op(*args, ranges=ranges), expected)
    result = op(*[OnGpu(arg) for arg in args], ranges=ranges)
    torch.testing.assert_close(result.read(), expected)


def test_tensors_of_one_call_are_in_one_place(gpu):
    op = Genred("Exp(-g * SqDist(x, y)) * b", ALIASES, "Sum", axis=1)
    args = tensors()
    there = [OnGpu(arg) for arg in args]
    for changed, options, text in (
        ([*there[:2], args[2], there[3]], {}, "argument 3 (y) is in the memory of the "
         "host, but argument 1 (g) in the memory of GPU 0"),
        ([*there[:3], OnGpu(args[3], 1)], {}, "argument 4 (b) is in the memory of GPU "
         "1, but argument 1 (g) in the memory of GPU 0"),
        (there, {"backend": "CPU"}, "backend is 'CPU', but argument 1 (g)"),
        (there, {"device_id": 1}, "device_id is 1, but argument 1 (g)"),
        (there, {"out": torch.ones(4, 2).double()}, "out is in the memory of the host"),
        ([arg.to("meta") for arg in args], {"out": args[0]}, "on the device 'meta'"),
    ):  # fmt: skip
        with pytest.raises(ValueError) as caught:
            op(*changed, **options)
        assert text in str(caught.value)
