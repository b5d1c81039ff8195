"""The workloads in NumPy: a table of some rows at a time, as large as the cache
likes it, and squared distances as |x|^2 + |y|^2 - 2 x.y."""

from shared import run  # isort: skip  (first: it limits threads)

import numpy as np

ENTRIES = 1 << 18  # of a table


def chunks(rows, cols):
    step = max(1, ENTRIES // cols)
    for begin in range(0, rows, step):
        yield slice(begin, begin + step)


def by_chunks(function, rows, cols):
    return lambda: np.concatenate([function(part) for part in chunks(rows, cols)])


def squares(x, y):
    result = x @ y.T
    result *= -2
    result += (y * y).sum(1)
    result += (x * x).sum(1)[:, None]
    return result


def sums_of(kernel):
    def make(workload, t):
        x, y, b, g = t["X"], t["Y"], t["B"], t.get("G")
        return by_chunks(
            lambda part: kernel(squares(x[part], y), g) @ b, len(x), len(y)
        )

    return make


def gauss(square, g):
    square *= -g
    return np.exp(square, out=square)


def laplace(square, g):
    np.maximum(square, 0, out=square)
    np.sqrt(square, out=square)
    square *= -g
    return np.exp(square, out=square)


def cauchy(square, g):
    square += 1
    return np.reciprocal(square, out=square)


def gradient(workload, t):
    x, y, b, e, g = (t[name] for name in "XYBEG")
    weights = np.concatenate([b, b * y], 1)

    def rows(part):
        sums = gauss(squares(x[part], y), g) @ weights
        return -2 * g * e[part] * (x[part] * sums[:, :1] - sums[:, 1:])

    return by_chunks(rows, len(x), len(y))


def attention(workload, t):
    x, y, b = (t[name] for name in "XYB")

    def rows(part):
        f = x[part] @ y.T
        f -= f.max(1, keepdims=True)
        weights = np.exp(f, out=f)
        return weights @ b / weights.sum(1, keepdims=True)

    return by_chunks(rows, len(x), len(y))


def log_sum_exp(workload, t):
    x, y, a, p = (t[name] for name in "xyap")

    def rows(part):
        f = np.exp(x[part] + y.T)
        f *= ((p - a) ** 2).T
        top = f.max(1, keepdims=True)
        f -= top
        return top + np.log(np.exp(f, out=f).sum(1, keepdims=True))

    return by_chunks(rows, len(x), len(y))


def log_sum_exp_gradient(workload, t):
    x, y, a, p, e, c = (t[name] for name in "xyapec")

    def cols(part):
        f = np.exp(y[part] + x.T)
        f *= (p - a[part]) ** 2
        weights = f - c.T
        np.exp(weights, out=weights)
        weights *= f
        return weights @ e

    return by_chunks(cols, len(y), len(x))


def nearest(workload, t):
    x, y, k = t["X"], t["Y"], workload.ranks

    def rows(part):
        square = squares(x[part], y)
        if k == 1:
            return square.argmin(1)
        found = np.argpartition(square, k, axis=1)[:, :k]
        order = np.take_along_axis(square, found, 1).argsort(1)
        return np.take_along_axis(found, order, 1)

    return by_chunks(rows, len(x), len(y))


if __name__ == "__main__":
    run(
        "numpy",
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
