#!/usr/bin/env python3
"""Print the polynomial coefficients of compiler/Conversion/Elementary/*.cpp.

    python3 -m venv venv && venv/bin/pip install mpmath
    venv/bin/python scripts/dev/minimax.py

Each table is a polynomial sum c_k x^k over the listed powers that approximates
a target on an interval with the smallest maximum of weight(x) * |error|. The
lowest coefficients are rounded to the working precision one by one and the rest
is fitted again each time, so that those that follow make good the rounding of
one. The error printed is that of the rounded coefficients, in units of
1 / weight; the weights here make that the unit in the last place.
"""

from mpmath import (
    cos,
    exp,
    floor,
    log,
    lu_solve,
    matrix,
    mp,
    mpf,
    pi,
)

mp.prec = 160
LN2 = log(mpf(2))
REFITTED = 3  # beyond, the rounding of a coefficient no longer matters


def remez(basis, target, weight, low, high):
    """Coefficients of the weighted minimax fit of `target` by `basis`."""
    count = len(basis) + 1
    grid = [
        (low + high) / 2 - (high - low) / 2 * cos(pi * k / 1200)
        for k in range(1201)
    ]
    grid = [x for x in grid if weight(x) != 0]
    rows = [[weight(x) * b(x) for b in basis] for x in grid]
    right = [weight(x) * target(x) for x in grid]
    step = (len(grid) - 1) / (count - 1)
    chosen = [
        round((count - 1) / 2 * step - (len(grid) - 1) / 2 * cos(pi * k / (count - 1)))
        for k in range(count)
    ]
    for _ in range(40):
        system = matrix(count, count)
        values = matrix(count, 1)
        for line, at in enumerate(chosen):
            for column, entry in enumerate(rows[at]):
                system[line, column] = entry
            system[line, count - 1] = (-1) ** line
            values[line] = right[at]
        solution = lu_solve(system, values)
        errors = [
            sum((solution[k] * row[k] for k in range(len(row))), -value)
            for row, value in zip(rows, right)
        ]
        found = extrema(errors, count)
        if found == chosen or len(found) < count:
            break
        chosen = found
    return [solution[k] for k in range(len(basis))]


def extrema(errors, count):
    """Where the error is largest between its changes of sign."""
    peaks = []
    for at, error in enumerate(errors):
        if peaks and (errors[peaks[-1]] > 0) == (error > 0):
            if abs(error) > abs(errors[peaks[-1]]):
                peaks[-1] = at
        else:
            peaks.append(at)
    while len(peaks) > count:
        drop_first = abs(errors[peaks[0]]) < abs(errors[peaks[-1]])
        peaks = peaks[1:] if drop_first else peaks[:-1]
    return peaks


def rounded(value, bits):
    """`value` rounded to a significand of `bits` bits."""
    if value == 0:
        return value
    exponent = floor(log(abs(value), 2)) + 1 - bits
    return mp.nint(value / mpf(2) ** exponent) * mpf(2) ** exponent


def fit(target, powers, bits, low, high, weight):
    """Rounded coefficients, and the weighted error they leave."""
    low, high = mpf(low), mpf(high)
    fixed = []
    for k in range(min(REFITTED, len(powers))):
        rest = [lambda x, p=p: x**p for p in powers[k:]]

        def remaining(x):
            return target(x) - sum(c * x**p for c, p in zip(fixed, powers))

        found = remez(rest, remaining, weight, low, high)
        if k + 1 == REFITTED or k + 1 == len(powers):
            fixed += [rounded(c, bits) for c in found]
        else:
            fixed.append(rounded(found[0], bits))
    worst = max(
        abs(weight(x) * (sum(c * x**p for c, p in zip(fixed, powers)) - target(x)))
        for x in (low + (high - low) * k / 3000 for k in range(3001))
    )
    return fixed, worst


def ulp_of(function, bits):
    """1 / ulp of function(x), for values in [1/2, 2)."""
    return lambda x: mpf(2) ** (bits if function(x) < 1 else bits - 1)


def relative(function, bits):
    """1 / (relative spacing of floats), away from zeros of `function`."""
    return lambda x: mpf(2) ** bits / abs(function(x)) if x else mpf(0)


def exp_tail(x):
    """(exp(x) - 1 - x) / x^2."""
    if abs(x) < mpf(10) ** -6:
        return mpf(1) / 2 + x / 6 + x * x / 24
    return (exp(x) - 1 - x) / x**2


def log1p_tail(x):
    """(log(1 + x) - x + x^2/2) / x^3."""
    if abs(x) < mpf(10) ** -6:
        return mpf(1) / 3 - x / 4 + x * x / 5
    return (log(1 + x) - x + x * x / 2) / x**3


def log2_tail(x):
    """(log2(1 + x) - x) / x."""
    if abs(x) < mpf(10) ** -9:
        return 1 / LN2 - 1 - x / 2 / LN2
    return log(1 + x) / LN2 / x - 1


def atanh_tail(z):
    """(log((1 + s) / (1 - s)) / s - 2) at s = sqrt(z), an even function."""
    if z < mpf(10) ** -9:
        return 2 * z / 3 + 2 * z * z / 5
    s = mp.sqrt(z)
    return (log((1 + s) / (1 - s)) / s) - 2


def atanh_far_tail(z):
    """(log((1 + s) / (1 - s)) / s - 2 - 2 z / 3) / z^2 at s = sqrt(z)."""
    if z < mpf(10) ** -9:
        return mpf(2) / 5 + 2 * z / 7
    s = mp.sqrt(z)
    return (log((1 + s) / (1 - s)) / s - 2 - 2 * z / 3) / z**2


def exponentials():
    def exp2m1(x):
        return mpf(2) ** x - 1

    def exp2_tail(x):
        return exp2m1(x) / x if x else LN2

    def exp2_tail_weight(x):
        # Rounding errors are no larger above 1, where an ulp is twice as large:
        # there is more room for those of the polynomial.
        if abs(x) < mpf(2) ** -20:
            return mpf(0)
        return abs(x) * mpf(2) ** 24 * (1 if x < 0 else mpf("0.4"))

    def expm1(x):
        return exp(x) - 1

    half = mpf(1) / 2 + mpf(2) ** -20
    ln = LN2 * half
    yield (
        "exp2 f32 degree 5, after 1",
        fit(exp2_tail, list(range(5)), 24, -half, half, exp2_tail_weight),
    )
    for name, bits, degree in (("f32", 24, 6), ("f64", 53, 11)):
        powers = list(range(1, degree + 1))
        yield (
            f"exp2 {name} degree {degree}, after 1",
            fit(exp2m1, powers, bits, -half, half,
                ulp_of(lambda x: mpf(2) ** x, bits)),
        )
        yield (
            f"exp {name} degree {degree}, after 1",
            fit(expm1, powers, bits, -ln, ln, ulp_of(exp, bits)),
        )
    yield (
        "exp f64, precise, (exp(x) - 1 - x) / x^2",
        fit(exp_tail, list(range(11)), 53, -ln, ln,
            lambda x: mpf(2) ** 53 * x * x / exp(x)),
    )
    powers = list(range(1, 7))
    yield (
        "exp2 f64 degree 6 on [-1/32, 1/32], after 1",
        fit(exp2m1, powers, 53, -half / 16, half / 16,
            ulp_of(lambda x: mpf(2) ** x, 53)),
    )
    yield (
        "exp f64 degree 6 on ln 2 [-1/32, 1/32], after 1",
        fit(expm1, powers, 53, -ln / 16, ln / 16, ulp_of(exp, 53)),
    )


def parts_of_exp2():
    """What AVX-512 makes 2^(k/32 + f), 0 <= f <= 1/32, of in f32: t + t f q(f).

    The entries t also take in the constant term that the best polynomial of
    degree 2 has. They are rounded up, for the sum is rounded down; the first is
    1, so that 2^0 is.
    """
    high = mpf(1) / 32
    best = remez([lambda f: mpf(1), lambda f: f, lambda f: f * f],
                 lambda f: mpf(2) ** f, lambda f: mpf(2) ** -f, mpf(0), high)
    q = [rounded(c / best[0], 24) for c in best[1:]]
    errors = [
        (1 + f * (q[0] + f * q[1])) / mpf(2) ** f - 1
        for f in (high * k / 3000 for k in range(3001))
    ]
    constant = 1 - (max(errors) + min(errors)) / 2
    table = [mpf(1)] + [
        mp.ceil(mpf(2) ** (23 + mpf(k) / 32) * constant) / mpf(2) ** 23
        for k in range(1, 32)
    ]
    yield "exp2 f32, q on [0, 1/32]", (q, max(errors) + constant - 1)
    yield "exp2 f32, t", (table, 1)


def logarithms():
    slack = mpf(2) ** -20
    low, high = mp.sqrt(mpf(1) / 2) - 1 - slack, mp.sqrt(mpf(2)) - 1 + slack
    yield (
        "log f32, (log1p(x) - x + x^2/2) / x^3",
        fit(log1p_tail, list(range(8)), 24, low, high,
            lambda x: mpf(2) ** 24 * abs(x**3 / log(1 + x))
            if abs(x) > 1e-9 else mpf(0)),
    )
    yield (
        "log2 f32, (log2(1 + x) - x) / x",
        fit(log2_tail, list(range(10)), 24, low, high,
            lambda x: mpf(2) ** 24 * abs(x * LN2 / log(1 + x))
            if abs(x) > 1e-9 else mpf(0)),
    )
    edge = mpf("0.1716")  # s of the significands
    yield (
        "log f64, log((1+s)/(1-s))/s - 2 in powers of s^2",
        fit(atanh_tail, list(range(1, 8)), 53, mpf(0), edge**2,
            lambda z: mpf(2) ** 53 / 2),
    )
    for name, count in (("pow f64", 7), ("pow f64, precise", 8)):
        yield (
            f"{name}, that series from s^4 on, in units of 2^-65 of the logarithm",
            fit(atanh_far_tail, list(range(count)), 53, mpf(0), edge**2,
                lambda z: mpf(2) ** 65 / 2 * z**2),
        )


def sine_tail(z):
    """(sin r / r - 1) / z at r = sqrt(z), an even function."""
    return sum((-1) ** k * z ** (k - 1) / mp.factorial(2 * k + 1)
               for k in range(1, 16))


def cosine_tail(z):
    """(cos r - 1 + z / 2) / z^2 at r = sqrt(z), an even function."""
    return sum((-1) ** k * z ** (k - 2) / mp.factorial(2 * k)
               for k in range(2, 17))


def arc_sine_tail(z):
    """(asin s / s - 1) / z at s = sqrt(z), an even function."""
    if z < mpf(10) ** -9:
        return mpf(1) / 6 + 3 * z / 40
    s = mp.sqrt(z)
    return (mp.asin(s) / s - 1) / z


def arc_tangent_tail(z):
    """(atan t / t - 1) / z at t = sqrt(z), an even function."""
    if z < mpf(10) ** -9:
        return -mpf(1) / 3 + z / 5
    t = mp.sqrt(z)
    return (mp.atan(t) / t - 1) / z


def trigonometry():
    edge = (pi / 4 + mpf(2) ** -20) ** 2
    # f32 lanes are computed in f64, with fewer terms.
    for name, target, power, high, terms, fewer in (
        ("sin", sine_tail, 1, edge, 6, 4),
        ("cos", cosine_tail, 2, edge, 6, 4),
        ("asin", arc_sine_tail, 1, mpf("0.2501"), 13, 6),
        ("atan", arc_tangent_tail, 1, mpf("0.4357"), 16, 8),
    ):
        for kind, bits, count in (("f64", 53, terms), ("f32", 24, fewer)):
            yield (
                f"{name} {kind}, in powers of the square",
                fit(target, list(range(count)), 53, mpf(0), high,
                    lambda z, bits=bits, power=power:
                    mpf(2) ** bits * z**power),
            )


def number(c):
    """The shortest decimal that reads back as the same double."""
    return repr(float(c))


def constants():
    """Splittings hi + lo whose hi, times an exponent, is exact."""
    print("2^(k/16): " + ", ".join(
        number(rounded(mpf(2) ** (mpf(k) / 16), 53)) for k in range(16)))
    third = rounded(mpf(2) / 3, 53)
    print(f"2/3: {number(third)}, {number(rounded(mpf(2) / 3 - third, 53))}")
    whole = rounded(1 / LN2, 53)
    print(f"1 / ln 2: {number(whole)}, {number(rounded(1 / LN2 - whole, 53))}")
    with mp.workprec(1400):
        bits = int(floor(2 / pi * mpf(2) ** 1280))
    print("2 / pi: " + ", ".join(
        hex(bits >> (1280 - 64 * k) & (2**64 - 1)) for k in range(1, 20)))
    rest = pi / 2
    for short in (33, 33, 33, 53):
        part = rounded(rest, 53)
        if short < 53:
            scale = mpf(2) ** (floor(log(abs(rest), 2)) + 1 - short)
            part = floor(rest / scale) * scale
        rest -= part
        print(f"pi / 2, next {short} bits: {number(part)}")
    for name, value, bits, short in (
        ("ln 2", LN2, 24, 15), ("ln 2", LN2, 53, 41),
        ("1 / ln 2", 1 / LN2, 53, 32),
    ):
        scale = mpf(2) ** (floor(log(value, 2)) + 1 - short)
        high = floor(value / scale) * scale
        print(f"{name}, {short} + {bits} bits: "
              f"{number(high)}, {number(rounded(value - high, bits))}")


def main():
    constants()
    for table in (exponentials, parts_of_exp2, logarithms, trigonometry):
        for name, (coefficients, error) in table():
            print(f"{name}: {mp.nstr(error, 3)}")
            print("   ", ", ".join(number(c) for c in coefficients))


if __name__ == "__main__":
    main()
