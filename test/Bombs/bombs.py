#!/usr/bin/env python3
"""Small texts that ask for much, and what each of them costs.

    bombs.py [--keopsc PROGRAM] [--slack FACTOR] [--memory MB] [--all] [NAME...]

Every formula here must end soon, in code or in an error that names a limit and
the flag that raises it, and in little memory. The table that is printed says
how long each took, in seconds of wall time, and the most memory that it held.

On a quiet machine each takes less than SECONDS. Others may be at work, so the
time of the processor is what counts, and only SLACK times as much is a fault.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time

SECONDS = 2.0
LIMIT = re.compile(
    r"error: the limit of \d+ on (.+) is exceeded(?:: .+)?; raise it with (--max-\w+)$",
    re.MULTILINE)
# Bounds without a flag, which nobody needs to raise.
BOUND = re.compile(r"error: .*(, more than \d+|at most \d+ characters).*$", re.MULTILINE)


def kernel(*lines):
    return "\n".join(["kernel bomb", *lines]) + "\n"


def chain(count, step, first="a0", head=("a0 = Vi(1)",), tail="reduce Sum({}, axis=1)"):
    """Named sub-formulas, each made of the one before."""
    names = [first] + [f"a{n}" for n in range(1, count + 1)]
    lines = [f"{name} = {step.format(last)}" for last, name in zip(names, names[1:])]
    return kernel(*head, *lines, tail.format(names[-1]))


def nested(count, step, inner):
    """A formula in a formula in a formula."""
    for _ in range(count):
        inner = step.format(inner)
    return inner


X1, Y1 = "x = Vi(1)", "y = Vj(1)"
X3, Y3, P1 = "x = Vi(3)", "y = Vj(3)", "p = Pm(1)"
GRAD = "Sum(Grad({0}, x, 1))"
GAUSS = "Exp(-p * SqDist(x, y)) * SqNorm2(x + y)"


def total(formula, *variables):
    return kernel(*variables, f"reduce Sum({formula}, axis=1)")


# As slow as what it asks for is much: each kernel is compiled. Only --all runs
# it.
SLOW = {"2000 kernels"}


def bombs():
    """Name, and the text of a file."""
    # Products that double: 2^60 factors.
    yield "doubling products, 60", chain(60, "{0} * {0}")
    yield "doubling products, 60, gradient", chain(60, "{0} * {0}") + "grad a0\n"
    yield "doubling sums, 60", chain(60, "{0} + {0}") + "grad a0\n"
    yield "doubling Exp(a * a), 60", chain(60, "Exp({0} * {0})") + "grad a0\n"
    yield "doubling Exp(a - a), 2000", chain(2000, "Exp({0} - {0})") + "grad a0\n"
    yield "doubling powers, 60", chain(60, "({0} + 1) ** 2 + {0}") + "grad a0\n"
    yield "doubling Concat", chain(30, "Concat({0}, {0})")
    yield "doubling TensorProd", chain(
        5, "TensorProd({0}, {0})", "a0", ("a0 = Vi(2)",))
    yield "doubling Kron of 16", total(
        "Kron(x, y, [4, 4], [4, 4])", "x = Vi(16)", "y = Vj(16)")
    yield "TensorProd of TensorProd", total(
        "SqNorm2(TensorProd(TensorProd(x, y), TensorProd(x, y)))",
        "x = Vi(8)", "y = Vj(8)")
    yield "doubling gradients of two variables", chain(
        40, "{0} * {0} * y", "a0", ("a0 = Vi(1)", Y1)) + "grad a0, y\n"

    # Dimensions.
    yield "SqDist, D = 1000", total("SqDist(x, y)", "x = Vi(1000)", "y = Vj(1000)")
    yield "SqDist, D = 1000, gradient", total(
        "SqDist(x, y)", "x = Vi(1000)", "y = Vj(1000)") + "grad x\n"
    yield "SqDist, D = 2000", total("SqDist(x, y)", "x = Vi(2000)", "y = Vj(2000)")
    yield "SqDist, D = 65536", total("SqDist(x, y)", "x = Vi(65536)", "y = Vj(65536)")
    yield "Exp(x + y), D = 1000", total("Exp(x + y)", "x = Vi(1000)", "y = Vj(1000)")
    yield "Exp(x + y), D = 4000", total("Exp(x + y)", "x = Vi(4000)", "y = Vj(4000)")
    yield "Exp(x), D = 65536", total("Exp(x)", "x = Vj(65536)")
    yield "x, D = 65536", total("x", "x = Vj(65536)")
    yield "x, D = 10000000", total("x", "x = Vj(10000000)")
    yield "SumT(s, 65536)", total("SumT(x * y, 65536)", X1, Y1)
    yield "Sum(SumT(s, 65536))", total("Sum(Exp(SumT(x * y, 65536)))", X1, Y1)
    yield "OneHot(s, 65536)", total("OneHot(x * y, 65536)", X1, Y1)
    yield "Max of 2000", total("Max(x * y)", "x = Vi(2000)", "y = Vj(2000)")
    yield "row results, D = 2000", kernel(
        "x = Vi(2000)", Y1, "reduce Exp(Sin(x)) * Sum(y, axis=1)")
    yield "row results, D = 65536", kernel(
        "x = Vi(65536)", Y1, "reduce Exp(Sin(x)) * Sum(y, axis=1)")
    yield "LogSumExp with a weight of 2000", kernel(
        X1, "y = Vj(2000)", "reduce LogSumExp(x, weight=y, axis=1)")

    # Derivatives.
    gauss = ("x = Vi(3)", "y = Vj(3)", P1)
    for order in 2, 4, 8:
        yield f"Grad, order {order}", total(nested(order, GRAD, GAUSS), *gauss)
    yield "Grad of a product, order 8", total(
        nested(8, GRAD,
               "Exp(SqNorm2(x + y)) * Sin(SqDist(x, y)) * Exp(x | y)"), *gauss)
    yield "Grad of a quotient, order 8", total(
        nested(8, GRAD, "Exp(x | y) / (1 + SqNorm2(x))"), *gauss)
    yield "Grad of Powf, order 8", total(
        nested(8, GRAD, "Sum(Powf(1 + Square(x), Sin(x | y)))"), *gauss)
    yield "Laplacian, nested 4 times", total(
        nested(4, "(" + " + ".join(
            f"Elem(Grad(Elem(Grad({{0}}, x, 1), {c}), x, 1), {c})"
            for c in range(3)) + ")", "Exp(-SqDist(x, y))"), X3, Y3)
    yield "Grad of LogSumExp, order 8", kernel(
        X3, Y3, "reduce " + nested(
            8, GRAD, "LogSumExp(x | y, axis=1)"))
    yield "LogSumExp in LogSumExp, 60 times", kernel(
        X1, Y1, "reduce " + nested(30, "LogSumExp(x * LogSumExp(y * {0}, axis=0), axis=1)",
                                   "x")) + "grad x\n"
    yield "Grad of LogSumExp in LogSumExp, order 4", kernel(
        X1, Y1, "reduce " + nested(4, "Grad({0}, x, 1)", nested(
            3, "LogSumExp(x * LogSumExp(y * {0}, axis=0), axis=1)", "x")))
    yield "gradients doubling, order 8", chain(
        8, "Grad({0} * {0} + Exp({0}), x, {0})", "x", ("x = Vi(1)",))
    yield "gradients of 300 factors, order 3", total(
        nested(3, "Grad({0}, x, y)", " * ".join(
            f"Sin({n} * x)" for n in range(1, 300))), X1, Y1)
    yield "Jacobian, 64 rows", total(
        nested(63, "Concat({0}, Sum(Grad(Exp(SqNorm2(x + y)), x, 1)))", "Sum(x)"),
        X3, Y3)
    yield "Jacobian of 64 components", total(
        "Concat(" * 63 + "Grad(Elem(Exp(x * y), 0), x, 1)" + "".join(
            f", Grad(Elem(Exp(x * y), {k}), x, 1))" for k in range(1, 64)),
        "x = Vi(64)", "y = Vj(64)")

    # Products of tensors.
    yield "TensorDot, 1024 products", total(
        "TensorDot(x, y, [32, 32], [32], [1], [0])", "x = Vi(1024)", "y = Vj(32)")
    yield "TensorDot, 1024 products, gradient", total(
        "TensorDot(x, y, [32, 32], [32], [1], [0])",
        "x = Vi(1024)", "y = Vj(32)") + "grad x\n"
    yield "TensorDot, 65536 products", total(
        "TensorDot(x, y, [256, 16], [16, 16], [1], [0])", "x = Vi(4096)", "y = Vj(256)")
    yield "TensorDot, 2^24 products", total(
        "TensorDot(x, y, [256, 256], [256, 256], [1], [0])",
        "x = Vi(65536)", "y = Vj(65536)")
    yield "TensorDot of rank 60", total(
        f"TensorDot(x, y, [{', '.join(['1'] * 60)}], [1], [0], [0])", X1, Y1)
    yield "MatVecMult, 256 x 256", total(
        "MatVecMult(x, y)", "x = Vi(65536)", "y = Vj(256)")
    yield "TensorProd, 250 x 250", total(
        "TensorProd(x, y)", "x = Vi(250)", "y = Vj(250)")
    yield "SymSqNorm, 250", total(
        "WeightedSqDist(A, x, y)", "A = Pm(62500)", "x = Vi(250)", "y = Vj(250)")

    # Reductions.
    for k, d in (64, 1), (16, 16), (64, 64):
        yield f"KMin, K = {k}, D = {d}", kernel(
            f"x = Vi({d})", f"y = Vj({d})", f"reduce KMin(Square(x - y), K={k}, axis=1)")
    yield "KMin_ArgKMin, K = 64, D = 64", kernel(
        "x = Vi(64)", "y = Vj(64)", "reduce KMin_ArgKMin(Square(x - y), K=64, axis=1)")
    yield "KMin, K = 1000000", kernel(
        X1, Y1, "reduce KMin(x * y, K=1000000, axis=1)")
    yield "500 reductions", kernel(
        X1, Y1, "reduce " + " + ".join(f"Max({n} * x * y, axis=1)" for n in range(500)))
    yield "500 sums", kernel(
        X1, Y1, "reduce " + " + ".join(f"Sum(Sin({n} * x * y), axis=1)" for n in range(500)))

    # Texts.
    yield "20000 brackets", total("(" * 20000 + "x" + ")" * 20000, X1)
    yield "20000 brackets, not closed", kernel(X1, "reduce Sum(" + "(" * 20000)
    yield "20000 minus signs", total("-" * 20000 + "x", X1)
    yield "20000 powers", total("x" + "**x" * 20000, X1)
    yield "500 nested Exp", total("Exp(" * 500 + "x" + ")" * 500, X1)
    yield "text of a million characters", total("x" + "+x" * 500000, X1)
    yield "name of a million characters", kernel("n" * 1000000 + " = Vi(1)")
    yield "number of a million digits", total("x * " + "1" * 1000000, X1)
    yield "sum of 5000 terms", total(" + ".join(
        f"Sin({n} * x)" for n in range(5000)), X1)
    yield "5000 named lines", chain(5000, "{0} + x", "x", (X1,))
    yield "5000 named lines of Sin", chain(5000, "Sin({0}) + y", "x", (X1, Y1))
    yield "5000 variables", kernel(
        *[f"x{n} = Vi(1)" for n in range(5000)], X1, "reduce Sum(x, axis=1)")
    yield "5000 variables, used", kernel(
        *[f"x{n} = Vi(1)" for n in range(5000)],
        "reduce Sum(" + " + ".join(f"x{n}" for n in range(5000)) + ", axis=1)")
    yield "2000 kernels", "".join(
        f"kernel k{n}\nx = Vi(1)\nreduce Max(x, axis=1)\n" for n in range(2000))
    yield "list of 100000 numbers", total(
        f"TensorDot(x, x, [{', '.join(['1'] * 100000)}], [1], [0], [0])", X1)


class Outcome:
    def __init__(self, status, errors, wall, seconds, megabytes, written):
        self.status, self.errors, self.written = status, errors, written
        self.wall, self.seconds, self.megabytes = wall, seconds, megabytes

    def words(self):
        if self.status == 0:
            return "code"
        limit = LIMIT.search(self.errors)
        if limit:
            return f"limit on {limit[1]} ({limit[2]})"
        if BOUND.search(self.errors):
            return "bound: " + BOUND.search(self.errors)[0].split("error: ")[1][:60]
        return f"status {self.status}: {self.errors.strip()[:200]}"

    def fault(self, seconds, megabytes):
        """What is wrong, or None."""
        if self.status not in (0, 1):
            return f"ended with status {self.status}"
        if self.status == 1 and not (
                LIMIT.search(self.errors) or BOUND.search(self.errors)):
            return "an error that names no limit"
        if self.written != (self.status == 0):
            return "an object after an error" if self.written else "no object"
        if self.seconds > seconds:
            return f"took longer than {seconds:g} s"
        if self.megabytes > megabytes:
            return f"took more than {megabytes:g} MB"
        return None


def run(keopsc, text, folder, patience):
    source, result = os.path.join(folder, "bomb.keops"), os.path.join(folder, "bomb.o")
    with open(source, "w") as file:
        file.write(text)
    if os.path.exists(result):
        os.remove(result)
    with open(os.path.join(folder, "errors"), "w+") as errors:
        start = time.monotonic()
        process = subprocess.Popen(
            [keopsc, source, "-o", result], stderr=errors, stdout=subprocess.DEVNULL)
        while True:
            ended, status, usage = os.wait4(process.pid, os.WNOHANG)
            wall = time.monotonic() - start
            if ended:
                break
            if wall > patience:
                process.kill()
                patience = float("inf")
            time.sleep(0.005)
        process.returncode = os.waitstatus_to_exitcode(status)
        errors.seek(0)
        return Outcome(process.returncode, errors.read(100000), wall,
                       usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, os.path.exists(result))


def main():
    parser = argparse.ArgumentParser(description="What small texts cost that ask for much")
    parser.add_argument("--keopsc", default="keopsc")
    parser.add_argument("--slack", type=float, default=3)
    parser.add_argument("--memory", type=float, default=500)
    parser.add_argument("--all", action="store_true", help="also those known as slow")
    parser.add_argument("names", nargs="*", metavar="NAME", help="only these")
    options = parser.parse_args()
    faults = 0
    with tempfile.TemporaryDirectory() as folder:
        for name, text in bombs():
            if name not in (options.names or [name]) or (
                    name in SLOW and not options.all and not options.names):
                continue
            seconds = SECONDS * options.slack
            outcome = run(options.keopsc, text, folder, 6 * seconds)
            fault = outcome.fault(seconds, options.memory)
            faults += bool(fault)
            print(f"{name:40} {outcome.wall:6.2f} s {outcome.seconds:6.2f} s {outcome.megabytes:5.0f} MB  "
                  f"{outcome.words()}" + (f"  FAULT: {fault}" if fault else ""), flush=True)
    print(f"{faults} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
