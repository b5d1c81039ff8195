"""The workloads in PyTorch: a table of some rows at a time, as in NumPy."""

from shared import run  # isort: skip  (first: it limits threads)

import torch

ENTRIES = 1 << 18  # of a table
torch.set_num_threads(1)


def tensors(t, names):
    return [torch.from_numpy(t[name]) for name in names]


def by_chunks(function, rows, cols):
    step = max(1, ENTRIES // cols)
    parts = [slice(begin, begin + step) for begin in range(0, rows, step)]
    return lambda: torch.cat([function(part) for part in parts])


def squares(x, y):
    norms = (x * x).sum(1, keepdim=True) + (y * y).sum(1)
    return torch.addmm(norms, x, y.T, alpha=-2)


def sums_of(kernel):
    def make(workload, t):
        x, y, b = tensors(t, "XYB")
        g = torch.from_numpy(t["G"]) if "G" in t else None
        return by_chunks(
            lambda part: kernel(squares(x[part], y), g) @ b, len(x), len(y)
        )

    return make


def gauss(square, g):
    return square.mul_(-g).exp_()


def laplace(square, g):
    return square.clamp_(min=0).sqrt_().mul_(-g).exp_()


def cauchy(square, g):
    return square.add_(1).reciprocal_()


def gradient(workload, t):
    x, y, b, e, g = tensors(t, "XYBEG")
    weights = torch.cat([b, b * y], 1)

    def rows(part):
        sums = gauss(squares(x[part], y), g) @ weights
        return -2 * g * e[part] * (x[part] * sums[:, :1] - sums[:, 1:])

    return by_chunks(rows, len(x), len(y))


def attention(workload, t):
    x, y, b = (table[None, None] for table in tensors(t, "XYB"))
    ready = torch.nn.functional.scaled_dot_product_attention
    return lambda: ready(x, y, b, scale=1.0)[0, 0]


def log_sum_exp(workload, t):
    x, y, a, p = tensors(t, "xyap")

    def rows(part):
        f = (x[part] + y.T).exp_().mul_(((p - a) ** 2).T)
        return torch.logsumexp(f, 1, keepdim=True)

    return by_chunks(rows, len(x), len(y))


def log_sum_exp_gradient(workload, t):
    x, y, a, p, e, c = tensors(t, "xyapec")

    def cols(part):
        f = (y[part] + x.T).exp_().mul_((p - a[part]) ** 2)
        return (f - c.T).exp_().mul_(f) @ e

    return by_chunks(cols, len(y), len(x))


def nearest(workload, t):
    x, y = tensors(t, "XY")
    norms, k = (y * y).sum(1), workload.ranks

    def rows(part):
        square = torch.addmm(norms, x[part], y.T, alpha=-2)
        if k == 1:
            return square.argmin(1)
        return square.topk(k, dim=1, largest=False).indices

    return by_chunks(rows, len(x), len(y))


if __name__ == "__main__":
    run(
        "torch",
        {
            "gauss": sums_of(gauss),
            "laplace": sums_of(laplace),
            "cauchy": sums_of(cauchy),
            "gradient": gradient,
            "attention": attention,
            "logsumexp": log_sum_exp,
            "logsumexp gradient": log_sum_exp_gradient,
            "nearest": nearest,
        },
    )
