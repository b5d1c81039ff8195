"""keopsc.torch.Genred: values, derivatives of any order, transforms."""

import copy
import functools
import pickle
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch
from dense import CASES, check, dense
from test_memory import growth
from torch import library
from torch.utils._python_dispatch import TorchDispatchMode

import keopsc.numpy
import keopsc.torch
from keopsc import _torch_operator
from keopsc.torch import Genred, generic_argkmin, generic_sum

GAUSS = CASES[0]
# Scalars of all kinds: a parameter, rows of i, rows of j, and a vector.
FORMULAS = {
    "gauss": (GAUSS.formula, GAUSS.aliases, [(1,), (4, 3), (5, 3), (5, 2)]),
    "tutorial": (
        "Square(p - a) * Exp(x + y)",
        ["x = Vi(1)", "y = Vj(1)", "a = Vj(1)", "p = Pm(1)"],
        [(4, 1), (5, 1), (5, 1), (1,)],
    ),
}
REDUCTIONS = ["Sum", "LogSumExp", "Mean"]


def tensors(shapes, dtype=torch.float64, requires_grad=True):
    torch.manual_seed(0)
    return [
        torch.rand(shape, dtype=dtype).requires_grad_(requires_grad) for shape in shapes
    ]


def gauss_of_torch(g, x, y, b):
    """The same by PyTorch, with a table of all pairs."""
    sqdist = ((x[..., :, None, :] - y[..., None, :, :]) ** 2).sum(-1)
    return torch.exp(-g[..., None] * sqdist) @ b


@pytest.fixture(scope="module")
def gauss():
    return Genred(*FORMULAS["gauss"][:2], "Sum", axis=1)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize("op", ["Sum", "LogSumExp", "ArgMin", "Min_ArgMin"])
def test_is_what_numpy_computes(op, axis, dtype):
    shapes = [(2, 1, 1), (1, 6, 3), (2, 3, 7, 3), (7, 2)]
    args = tensors(shapes, getattr(torch, dtype), requires_grad=False)
    result = Genred(GAUSS.formula, GAUSS.aliases, op, axis)(*args)
    arrays = [arg.numpy() for arg in args]
    if isinstance(result, tuple):
        result = tuple(part.numpy() for part in result)
    else:
        result = result.numpy()
    check(result, dense(GAUSS, op, axis, arrays), dtype)


@pytest.mark.parametrize("name", FORMULAS)
@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_derivatives_of_first_and_second_order(name, axis, reduction):
    formula, aliases, shapes = FORMULAS[name]
    op = Genred(formula, aliases, reduction, axis)
    assert torch.autograd.gradcheck(op, tensors(shapes), check_forward_ad=True)
    assert torch.autograd.gradgradcheck(
        op, tensors(shapes), check_fwd_over_rev=True, check_rev_over_rev=True
    )


def test_derivatives_of_broadcast_batches_are_summed(gauss):
    args = tensors([(1, 1, 1), (2, 1, 4, 3), (3, 5, 3), (5, 2)])
    assert gauss(*args).shape == (2, 3, 4, 2)
    torch.testing.assert_close(gauss(*args), gauss_of_torch(*args))
    assert torch.autograd.gradcheck(gauss, args, check_forward_ad=True)
    assert torch.autograd.gradgradcheck(gauss, args)


@pytest.mark.parametrize("reduction,k", [("Min", None), ("KMin", 2), ("Max", None)])
def test_derivatives_of_what_is_found(reduction, k):
    op = Genred("x * y", ["x = Vi(2)", "y = Vj(2)"], reduction, 1, opt_arg=k)
    args = tensors([(3, 2), (5, 2)])
    assert torch.autograd.gradcheck(op, args, check_forward_ad=True)
    assert torch.autograd.gradgradcheck(op, args)


def test_row_numbers_have_no_derivative():
    args = tensors([(3, 2), (5, 2)])
    both = Genred("SqDist(x, y)", ["x = Vi(2)", "y = Vj(2)"], "Min_ArgMin", 1)
    values, indices = both(*args)
    assert values.requires_grad and not indices.requires_grad
    values.sum().backward()
    expected = 2 * (args[0] - args[1][indices[:, 0]])
    torch.testing.assert_close(args[0].grad, expected)
    only = generic_argkmin("SqDist(x, y)", "a = Vi(2)", "x = Vi(2)", "y = Vj(2)")
    assert not only(*args).requires_grad
    assert only(*args).shape == (3, 2)


def test_derivatives_of_third_order(gauss):
    def thrice(op):
        args = tensors([(1,), (4, 3), (5, 3), (5, 2)])
        value = (op(*args) ** 2).sum()
        for variable in (args[1], args[2], args[0]):
            (value,) = torch.autograd.grad(value, variable, create_graph=True)
            value = (value * torch.arange(1.0, 1 + value.numel()).view_as(value)).sum()
        return value

    torch.testing.assert_close(thrice(gauss), thrice(gauss_of_torch))


def test_derivatives_with_ranges(gauss):
    whole = lambda rows: torch.tensor(rows)  # noqa: E731
    ranges = (
        whole([[0, 2], [2, 4]]), whole([1, 2]), whole([[0, 3], [1, 5]]),
        whole([[0, 1], [1, 3], [3, 5]]), whole([1, 3, 4]),
        whole([[0, 2], [0, 2], [2, 4], [2, 4]]),
    )  # fmt: skip
    keep = torch.zeros(4, 5, dtype=torch.float64)
    keep[0:2, 0:3] = 1
    keep[2:4, 1:5] = 1

    def masked(g, x, y, b):
        sqdist = ((x[:, None] - y[None]) ** 2).sum(-1)
        return (keep * torch.exp(-g * sqdist)) @ b

    args = tensors(FORMULAS["gauss"][2])
    result = gauss(*args, ranges=ranges)
    torch.testing.assert_close(result, masked(*args))
    seed = torch.rand_like(result)
    ours = torch.autograd.grad(result, args, seed)
    theirs = torch.autograd.grad(masked(*args), args, seed)
    torch.testing.assert_close(ours, theirs)


def test_halves_of_ranges_that_are_not_needed_may_be_missing(gauss):
    i = (torch.tensor([[0, 4]]), torch.tensor([1]), torch.tensor([[1, 4]]))
    nothing = (None, None, None)
    g, x, y, b = tensors(FORMULAS["gauss"][2], requires_grad=False)
    result = gauss(g, x.requires_grad_(), y, b, ranges=i + nothing)
    expected = gauss_of_torch(g, x, y[1:4], b[1:4])
    torch.testing.assert_close(result, expected)
    # Along x the rows are those of i, as they are for the result.
    ours = torch.autograd.grad(result.sum(), x)
    torch.testing.assert_close(ours, torch.autograd.grad(expected.sum(), x))
    result = gauss(g, x, y.requires_grad_(), b, ranges=i + nothing)
    with pytest.raises(ValueError, match="ranges_j is a null pointer"):
        torch.autograd.grad(result.sum(), y)
    with pytest.raises(ValueError, match="ranges_i is a null pointer"):
        gauss(g, x, y, b, ranges=nothing + i)


@pytest.fixture
def runs(monkeypatch):
    """How many arrays each formula that is run takes."""
    counts = []
    run = _torch_operator.run_on

    def counted(formula, arrays, *rest):
        counts.append(len(arrays))
        return run(formula, arrays, *rest)

    monkeypatch.setattr(_torch_operator, "run_on", counted)
    return counts


def test_one_sweep_makes_several_gradients(gauss, runs):
    args = tensors(FORMULAS["gauss"][2])
    gauss(*args).sum().backward()
    assert runs == [4, 5]  # the seed is one more


@pytest.mark.parametrize("formula2", [None, "b"])
def test_gradients_of_log_sum_exp_do_not_compute_it_again(runs, formula2):
    aliases = ["x = Vi(3)", "y = Vj(3)", "b = Vj(1)"]
    formula = "-SqDist(x, y)" if formula2 else "b - SqDist(x, y)"
    op = Genred(formula, aliases, "LogSumExp", axis=1, formula2=formula2)
    args = tensors([(4, 3), (5, 3), (5, 1)])
    op(*args).sum().backward()
    assert runs == [3, 5]  # and so is the value


def test_the_old_vmap_is_an_error(gauss):
    """That of torch.autograd, before there was torch.func."""
    args = tensors(FORMULAS["gauss"][2])
    seeds = torch.rand(3, 4, 2, dtype=torch.float64)
    with pytest.raises(RuntimeError, match="not implemented for keopsc::reduce"):
        torch.autograd.grad(gauss(*args), args, seeds, is_grads_batched=True)


def test_whoever_looks_on_sees_the_operator(gauss):
    class Watch(TorchDispatchMode):
        seen = []

        def __torch_dispatch__(self, function, types, args=(), kwargs=None):
            self.seen.append(str(function))
            return function(*args, **(kwargs or {}))

    args = tensors(FORMULAS["gauss"][2], requires_grad=False)
    with Watch():
        gauss(*args)
    assert "keopsc.reduce.default" in Watch.seen
    with torch.profiler.profile() as profile:
        gauss(*args)
    assert "keopsc::reduce" in {event.key for event in profile.key_averages()}


def test_threads_may_differentiate_together(gauss):
    def gradients(seed):
        generator = torch.Generator().manual_seed(seed)
        args = [
            torch.rand(shape, dtype=torch.float64, generator=generator)
            for shape in FORMULAS["gauss"][2]
        ]
        args = [arg.requires_grad_() for arg in args]
        return torch.autograd.grad(gauss(*args).sin().sum(), args)

    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(gradients, range(32)))
    torch.testing.assert_close(together, [gradients(seed) for seed in range(32)])


TRANSFORMS = {
    "grad": lambda f: torch.func.grad(lambda *a: f(*a).sin().sum(), argnums=(0, 1, 3)),
    "vjp": lambda f: lambda *a: torch.func.vjp(f, *a)[1](torch.ones(4, 2).double()),
    "jvp": lambda f: lambda *a: torch.func.jvp(f, a, tuple(v.cos() for v in a)),
    "jacrev": lambda f: torch.func.jacrev(f, argnums=(0, 1, 2, 3)),
    "jacfwd": lambda f: torch.func.jacfwd(f, argnums=(0, 1, 2, 3)),
    "hessian": lambda f: torch.func.hessian(lambda *a: f(*a).sin().sum(), argnums=1),
}


@pytest.mark.parametrize("name", TRANSFORMS)
def test_transforms_of_functions(gauss, name):
    args = tensors(FORMULAS["gauss"][2], requires_grad=False)
    transform = TRANSFORMS[name]
    torch.testing.assert_close(
        transform(gauss)(*args), transform(gauss_of_torch)(*args)
    )


@pytest.mark.parametrize("name", TRANSFORMS)
def test_transforms_of_batches(gauss, name):
    shapes = [(3, 1), (2, 1, 4, 3), (5, 3), (3, 5, 2)]
    args = tensors(shapes, requires_grad=False)
    seed = torch.ones(2, 3, 4, 2, dtype=torch.float64)

    def transform(f):
        if name == "vjp":
            return lambda *a: torch.func.vjp(f, *a)[1](seed)
        return TRANSFORMS[name](f)

    torch.testing.assert_close(
        transform(gauss)(*args), transform(gauss_of_torch)(*args)
    )


@pytest.mark.parametrize("transform", [torch.func.jacrev, torch.func.hessian])
def test_transforms_of_mapped_functions(gauss, transform):
    args = tensors([(1,), (6, 4, 3), (5, 3), (5, 2)], requires_grad=False)

    def each(f):
        loss = lambda x, *rest: f(rest[0], x, *rest[1:]).sum(0)  # noqa: E731
        mapped = torch.vmap(transform(loss), (0, None, None, None))
        return mapped(args[1], args[0], *args[2:])

    torch.testing.assert_close(each(gauss), each(gauss_of_torch))


@pytest.mark.parametrize(
    "shapes,in_dims",
    [
        ([(6, 1), (6, 4, 3), (6, 5, 3), (6, 5, 2)], 0),
        ([(1,), (4, 3, 6), (5, 3), (5, 6, 2)], (None, 2, None, 1)),
        ([(2, 1), (2, 6, 4, 3), (5, 3), (5, 2)], (None, 1, None, None)),
        ([(6, 1), (2, 4, 3), (5, 3), (6, 5, 2)], (0, None, None, 0)),
    ],
)
def test_vmap(gauss, shapes, in_dims):
    args = tensors(shapes, requires_grad=False)
    torch.testing.assert_close(
        torch.vmap(gauss, in_dims)(*args), torch.vmap(gauss_of_torch, in_dims)(*args)
    )


def test_gradients_of_each_example(gauss):
    args = tensors([(1,), (6, 4, 3), (5, 3), (5, 2)], requires_grad=False)

    def each(f):
        loss = torch.func.grad(lambda x, *rest: f(rest[0], x, *rest[1:]).sum())
        mapped = torch.vmap(loss, (0, None, None, None))
        return mapped(args[1], args[0], *args[2:])

    torch.testing.assert_close(each(gauss), each(gauss_of_torch))


def test_compiled_programs_are_one_graph(gauss):
    def loss(op, *args):
        return (op(*args) * 2).sin().sum()

    compiled = torch.compile(loss, fullgraph=True, backend="aot_eager")
    for rows in (4, 9):
        args = tensors([(1,), (rows, 3), (5, 3), (5, 2)])
        value = compiled(gauss, *args)
        torch.testing.assert_close(value, loss(gauss_of_torch, *args))
        ours = torch.autograd.grad(value, args)
        theirs = torch.autograd.grad(loss(gauss_of_torch, *args), args)
        torch.testing.assert_close(ours, theirs)


def test_the_compiler_is_not_imported_before_it_is_used():
    program = "import sys, keopsc.torch; exit('torch._dynamo' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program]).returncode == 0


def test_transforms_inside_of_compiled_programs(gauss):
    def loss(*args):
        return gauss(*args).sin().sum()

    args = tensors(FORMULAS["gauss"][2], requires_grad=False)
    compile = functools.partial(torch.compile, fullgraph=True, backend="aot_eager")
    gradient = torch.func.grad(loss, argnums=(0, 1, 2, 3))
    torch.testing.assert_close(compile(gradient)(*args), gradient(*args))

    def mapped(x):
        return torch.vmap(gauss, (None, 0, None, None))(args[0], x, *args[2:])

    x = torch.stack([args[1], 2 * args[1]])
    torch.testing.assert_close(compile(mapped)(x), mapped(x))

    def forward(*args):
        return torch.func.jvp(loss, args, args)

    with pytest.raises(torch._dynamo.exc.Unsupported, match="differentiated forwards"):
        compile(forward)(*args)
    torch.testing.assert_close(
        torch.compile(forward, backend="aot_eager")(*args), forward(*args)
    )


def test_the_operator_keeps_the_rules_of_pytorch(gauss):
    args = tensors(FORMULAS["gauss"][2])
    library.opcheck(
        torch.ops.keopsc.reduce,
        (gauss._text, [arg.detach() for arg in args], [], "auto", -1),
    )


def test_results_are_written_where_asked(gauss):
    args = tensors(FORMULAS["gauss"][2])
    out = torch.empty(4, 2, dtype=torch.float64)
    with pytest.raises(ValueError, match="has no derivative"):
        gauss(*args, out=out)
    with torch.no_grad():
        assert gauss(*args, out=out) is out
    torch.testing.assert_close(out, gauss(*args))


def test_views_are_read_where_they_are(gauss):
    g, x, y, b = tensors([(1,), (3, 4), (5, 6), (5, 2)])
    expected = gauss_of_torch(g, x.T, y[:, ::2], b)
    torch.testing.assert_close(gauss(g, x.T, y[:, ::2], b), expected)
    summed = gauss(g, x.T, y[:, ::2], b).sum()  # its cotangent has strides of 0
    ours = torch.autograd.grad(summed, (g, x, y, b))
    theirs = torch.autograd.grad(expected.sum(), (g, x, y, b))
    torch.testing.assert_close(ours, theirs)


def test_modules_can_hold_parameters(gauss):
    class Model(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.op = gauss
            self.g = torch.nn.Parameter(torch.ones(1, dtype=torch.float64))

        def forward(self, x, y, b):
            return self.op(self.g, x, y, b)

    model = copy.deepcopy(Model())
    model(*tensors(FORMULAS["gauss"][2][1:])).sum().backward()
    assert model.g.grad.shape == (1,)


def test_memory_does_not_grow_with_calls_nor_derivatives(gauss):
    args = tensors(FORMULAS["gauss"][2])
    out = torch.empty(4, 2, dtype=torch.float64)

    def call(_):
        torch.autograd.grad(gauss(*args).sum(), args)
        with torch.no_grad():
            gauss(*args, out=out)
        with pytest.raises(ValueError):
            gauss(*args[:3], args[3][:4])

    # A result alone has 64 bytes, 640 KB for all of them, and there are six of each
    # call; 78 KB in all have been seen.
    assert growth(call, 1000, 10000) < 1 << 20


def test_operators_can_be_pickled(gauss):
    args = tensors(FORMULAS["gauss"][2])
    other = pickle.loads(pickle.dumps(gauss))
    torch.testing.assert_close(other(*args), gauss(*args))


@pytest.mark.parametrize("change,error,text", [
    (lambda a: a[:3], ValueError, "the formula takes 4 arrays (G, X, Y, B), got 3"),
    (lambda a: [np.ones(1), *a[1:]], TypeError,
     "argument 1: expected a tensor, got ndarray"),
    (lambda a: [a[0], a[1].float(), *a[2:]], TypeError,
     "argument 2 (X) is of type float32, but argument 1 (G) of type float64"),
    (lambda a: [x.half() for x in a], TypeError, "(G) is of type float16"),
    (lambda a: [a[0], a[1][:, :2], *a[2:]], ValueError,
     "argument 2 (X) has the shape (4, 2); expected (..., M, 3)"),
])  # fmt: skip
def test_calls_are_checked(gauss, change, error, text):
    with pytest.raises(error) as caught:
        gauss(*change(tensors(FORMULAS["gauss"][2], requires_grad=False)))
    assert text in str(caught.value)


def test_numpy_takes_what_has_dlpack(gauss):
    """In the other direction: tensors are arrays to keopsc.numpy."""
    args = tensors([(1,), (4, 3), (3, 5), (5, 2)], requires_grad=False)
    args[2] = args[2].T
    op = keopsc.numpy.Genred(*FORMULAS["gauss"][:2], "Sum", axis=1)
    result = op(*args)
    assert isinstance(result, np.ndarray)
    np.testing.assert_array_equal(result, gauss(*args).numpy())
    with pytest.raises(TypeError, match=r"\(G\) is of type float16"):
        op(*[arg.half() for arg in args])


def test_options_of_calls_are_checked(gauss):
    args = tensors(FORMULAS["gauss"][2], requires_grad=False)
    for options, error, text in (
        ({"backend": "TPU"}, ValueError, "backend is 'TPU'; expected one of 'auto'"),
        ({"ranges": args[0]}, TypeError, "expected a tuple of six tensors"),
        ({"ranges": (args[0],)}, ValueError, "expected six arrays"),
    ):
        with pytest.raises(error) as caught:
            gauss(*args, **options)
        assert text in str(caught.value)


def test_a_gpu_that_is_not_there_is_an_error(gauss):
    args = tensors(FORMULAS["gauss"][2], requires_grad=False)
    words = "no NVIDIA driver|driver finds no GPU|there is no GPU 99"
    with pytest.raises(RuntimeError, match=words):
        gauss(*args, backend="GPU", device_id=99)


def test_errors_of_formulas_show_the_place():
    op = generic_sum("Exp(-SqDst(X, Y))", "a = Vi(1)", "X = Vi(3)", "Y = Vj(3)")
    with pytest.raises(keopsc.FormulaError, match="did you mean 'SqDist'"):
        op(torch.ones(2, 3), torch.ones(2, 3))
