"""Print what assembled code for GPUs takes, formula by formula.

    ptxas-table.py FILE.keops [--compare TABLE]

For the sweep of each kernel of the file: rows per thread and columns at a time,
registers on sm_80, sm_90 and sm_100, bytes of the stack on sm_90, bytes spilled on
any of them, and instructions of PTX per pair in the innermost loop. A sweep on tensor
cores has two more loops, to stage 16 components of a block of 32 columns and to multiply
them: their instructions are listed as well, per pair and 16 components, if there are
more than these. With --compare, what is printed must be what the table says;
a newer assembler may take up to eight registers more or less.
"""

import argparse
import re
import subprocess
import sys
import tempfile

REGISTER_SLACK = 8
ARCHS = ("sm_80", "sm_90", "sm_100")
COLUMNS = ("kernel", "rows", "cols", *ARCHS, "stack", "spilled", "per pair", "products")


def output_of(*command):
    return subprocess.run(
        command, check=True, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ).stdout


def schedules(path):
    """(rows per thread, columns at a time) of each kernel."""
    text = output_of("keopsc", path, "--target", "cuda", "--emit=tile")
    pattern = r"kernel @(\S+?)\(.*rowsPerLane = (\d+), unroll = (\d+)[,>]"
    return {
        name.replace(".", "$"): (int(rows), int(cols))
        for name, rows, cols in re.findall(pattern, text)
    }


def loops_of(body):
    """The instructions of each loop."""
    lines = [line.strip() for line in body.splitlines()]
    labels = {line[:-1]: n for n, line in enumerate(lines) if re.match(r"\$\w+:$", line)}
    loops = []
    for n, line in enumerate(lines):
        branch = re.search(r"\bbra(?:\.uni)?\s+(\$\w+);", line)
        if branch and labels.get(branch[1], n) < n:
            loops.append(lines[labels[branch[1]] + 1 : n + 1])
    return loops


def instructions(loop):
    return sum(not line.startswith(".") and line.endswith(";") for line in loop)


def shortest(loops, *words):
    """The shortest loop in which all words are; of all, if there is none."""
    matching = [loop for loop in loops if all(word in "\n".join(loop) for word in words)]
    return min(matching or loops, key=len)


def per_pair(body, rows, cols):
    """Instructions of the innermost loop over pairs, and those for products."""
    loops = loops_of(body)
    if "mma.sync" not in body:
        return instructions(shortest(loops, "ld.shared.v")) / (rows * cols), None
    pairs = [loop for loop in loops if "mma.sync" not in "".join(loop)]
    count = instructions(shortest(pairs, "ld.shared.v4")) / (rows * cols)
    products = [shortest(loops, "mma.sync"), shortest(loops, "st.shared.v2")]
    if products[0] == products[1]:
        return count, None
    return count, sum(map(instructions, products)) / 32


def text_of(path):
    """PTX for GPUs with good tensor cores if there is such, otherwise for all."""
    module = output_of(
        "keopsc", path, "--target", "cpu,cuda", "--cpu", "x86-64-v2", "--emit=llvm"
    )
    code = re.search(r"tile\.device_code .*", module)[0]
    text = re.search(r'texts = \{sm_\d+ = "([^"]*)"', code) or re.search(r'ptx = "([^"]*)"', code)
    return re.sub(r"\\([0-9A-F]{2})", lambda found: chr(int(found[1], 16)), text[1])


def assemble(ptx, arch):
    """(stack, spilled, registers) of each sweep."""
    with tempfile.NamedTemporaryFile("w", suffix=".ptx") as file:
        file.write(ptx)
        file.flush()
        log = output_of("ptxas", "-v", f"-arch={arch}", file.name, "-o", "/dev/null")
    return {
        name: numbers
        for name, *numbers in re.findall(
            r"entry function '(\S+)_sweep'.*?(\d+) bytes stack frame, (\d+) bytes spill"
            r" stores.*?Used (\d+) registers",
            log,
            re.DOTALL,
        )
    }


def rows_of_table(path):
    chosen = schedules(path)
    ptx = text_of(path)
    usage = {arch: assemble(ptx, arch) for arch in ARCHS}
    for name, body in re.findall(r"\.entry (\S+)_sweep\((.*?)^}", ptx, re.M | re.DOTALL):
        rows, cols = chosen[name]
        stack = usage["sm_90"][name][0]
        spilled = max(int(usage[arch][name][1]) for arch in ARCHS)
        registers = [usage[arch][name][2] for arch in ARCHS]
        pair, products = per_pair(body, rows, cols)
        numbers = (f"{pair:.2f}", "-" if products is None else f"{products:.2f}")
        yield (name, str(rows), str(cols), *registers, stack, str(spilled), *numbers)


def differs(new, old):
    slack = any(abs(int(new[n]) - int(old[n])) > REGISTER_SLACK for n in (3, 4, 5))
    return slack or new[:3] + new[6:] != old[:3] + old[6:]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("formulas")
    parser.add_argument("--compare", metavar="TABLE")
    arguments = parser.parse_args()
    rows = [COLUMNS, *rows_of_table(arguments.formulas)]
    for row in rows:
        print(f"{row[0]:<24}" + "".join(f"{cell:>10}" for cell in row[1:]))
    if not arguments.compare:
        return 0
    with open(arguments.compare, encoding="utf-8") as table:
        lines = [line for line in table if not line.startswith("#")]
    old = {line.split()[0]: tuple(line.split()) for line in lines[1:]}
    new = {row[0]: row for row in rows[1:]}
    wrong = [
        name
        for name in sorted(old.keys() | new.keys())
        if name not in old or name not in new or differs(new[name], old[name])
    ]
    for name in wrong:
        print(f"{name}: the table says {old.get(name)}", file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
