"""Print what assembled code for GPUs takes, formula by formula.

    ptxas-table.py FILE.keops [--compare TABLE]

For the sweep of each kernel of the file, on sm_90: rows per thread and columns at
a time, registers, bytes of the stack, bytes spilled, and instructions of PTX in
the innermost loop per pair. With --compare, what is printed must be what the
table says; a newer assembler may take up to eight registers more or less.
"""

import argparse
import re
import subprocess
import sys
import tempfile

REGISTER_SLACK = 8
COLUMNS = ("kernel", "rows", "cols", "registers", "stack", "spilled", "per pair")


def output_of(*command):
    return subprocess.run(
        command, check=True, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ).stdout


def schedules(path):
    """(rows per thread, columns at a time) of each kernel."""
    text = output_of("keopsc", path, "--target", "cuda", "--emit=tile")
    pattern = r"kernel @(\S+?)\(.*rowsPerLane = (\d+), unroll = (\d+)>"
    return {
        name.replace(".", "$"): (int(rows), int(cols))
        for name, rows, cols in re.findall(pattern, text)
    }


def innermost_loop(body):
    """The instructions of the shortest loop that reads the stage as a whole."""
    lines = [line.strip() for line in body.splitlines()]
    labels = {line[:-1]: n for n, line in enumerate(lines) if re.match(r"\$\w+:$", line)}
    loops = []
    for n, line in enumerate(lines):
        branch = re.search(r"\bbra(?:\.uni)?\s+(\$\w+);", line)
        if branch and labels.get(branch[1], n) < n:
            loops.append(lines[labels[branch[1]] + 1 : n + 1])
    wide = [loop for loop in loops if any("ld.shared.v" in line for line in loop)]
    code = min(wide or loops, key=len)
    return [line for line in code if line.endswith(";") and not line.startswith(".")]


def rows_of_table(path):
    chosen = schedules(path)
    with tempfile.NamedTemporaryFile("w", suffix=".ptx") as file:
        ptx = output_of("keopsc", path, "--emit=ptx")
        file.write(ptx)
        file.flush()
        log = output_of("ptxas", "-v", "-arch=sm_90", file.name, "-o", "/dev/null")
    usage = {
        name: numbers
        for name, *numbers in re.findall(
            r"entry function '(\S+)_sweep'.*?(\d+) bytes stack frame, (\d+) bytes spill"
            r" stores.*?Used (\d+) registers",
            log,
            re.DOTALL,
        )
    }
    for name, body in re.findall(r"\.entry (\S+)_sweep\((.*?)^}", ptx, re.M | re.DOTALL):
        rows, cols = chosen[name]
        stack, spilled, registers = usage[name]
        per_pair = len(innermost_loop(body)) / (rows * cols)
        yield (name, str(rows), str(cols), registers, stack, spilled, f"{per_pair:.2f}")


def differs(new, old):
    slack = abs(int(new[3]) - int(old[3])) > REGISTER_SLACK
    return slack or new[:3] + new[4:] != old[:3] + old[4:]


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
