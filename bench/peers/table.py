"""Compiled kernels beside all peers that are there, on one core, size by size.

    python bench/peers/table.py BENCH_TABLE [--only=PEER] [SIZE...]

Sizes are written 1000x1000; without any it goes from 100 to 1,000,000 rows or
columns. Prints tables in Markdown: ns per pair of ours, and how many times as
long a peer takes. A peer that would take more than 5 seconds is left out there.
Who is missing is named first, with the reason. Ends with the places where a peer
is faster than we are.
"""

import json
import pathlib
import subprocess
import sys
import tempfile

FOLDER = pathlib.Path(__file__).parent
SIZES = [
    "100x100",
    "1000x1000",
    "10000x10000",
    "1000x100000",
    "100x1000000",
    "1000000x100",
]
PEERS = {
    "numpy": "with_numpy.py",
    "torch": "with_torch.py",
    "KeOps": "with_keops.py",
    "Halide": "with_halide.py",
}


def measure_ours(program, sizes):
    """Ours and those of g++: {(peer, name, size): seconds}."""
    found = {}
    for size in sizes:
        say(f"keopsc and g++, {size}")
        with tempfile.TemporaryDirectory() as folder:
            results = pathlib.Path(folder, "results.json")
            subprocess.run(
                [program, f"--size={size}", "--seconds=0.3", f"--json={results}"],
                check=True,
                stdout=subprocess.DEVNULL,
            )
            rows = json.loads(results.read_text())["rows"]
        for row in rows:
            pairs = row["M"] * row["N"]
            for key, peer in (("keopsc", "keopsc"), ("gcc", "g++ -Ofast")):
                if row[key] is not None:
                    found[peer, row["name"], size] = row[key] * pairs * 1e-9
    return found


def say(text):
    """Progress, apart from the tables."""
    print(text, file=sys.stderr, flush=True)


def measure_peer(script, sizes):
    found = {}
    with tempfile.TemporaryFile("w+") as errors:
        peer = subprocess.Popen(
            [sys.executable, FOLDER / script, *sizes],
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
        for text in peer.stdout:
            if text.startswith("{"):
                line = json.loads(text)
                size = f"{line['M']}x{line['N']}"
                found[line["peer"], line["name"], size] = line["seconds"]
                say(f"{line['peer']}, {size}: {line['name']}")
        if peer.wait() != 0:
            errors.seek(0)
            reason = (errors.read().strip() or "no reason given").splitlines()[-1]
            print(f"{script} ended early: {reason}\n")
    return found


def two_digits(number):
    return f"{float(f'{number:.2g}'):g}"


def print_table(size, times, peers):
    rows, cols = map(int, size.split("x"))
    names = [name for peer, name, at in times if peer == "keopsc" and at == size]
    print(f"{rows} rows, {cols} columns\n")
    print(f"| workload | keopsc, ns per pair | {' | '.join(peers)} |")
    print("|---" * (2 + len(peers)) + "|")
    for name in names:
        ours = times["keopsc", name, size]
        ratios = [
            two_digits(times[peer, name, size] / ours)
            if (peer, name, size) in times
            else "-"
            for peer in peers
        ]
        print(f"| {name} | {ours * 1e9 / rows / cols:.4f} | {' | '.join(ratios)} |")
    print(flush=True)


def main():
    program, arguments = sys.argv[1], sys.argv[2:]
    only = [a.removeprefix("--only=") for a in arguments if a.startswith("--only=")]
    sizes = [a for a in arguments if not a.startswith("--only=")] or SIZES
    times = measure_ours(program, sizes)
    for peer, script in PEERS.items():
        if not only or peer in only:
            times.update(measure_peer(script, sizes))
    peers = list(dict.fromkeys(peer for peer, _, _ in times if peer != "keopsc"))
    for size in sizes:
        print_table(size, times, peers)
    slower = [
        f"{name}, {size}: {peer} takes {seconds / times['keopsc', name, size]:.2f}"
        for (peer, name, size), seconds in times.items()
        if peer != "keopsc" and seconds < times["keopsc", name, size]
    ]
    print("A peer is faster at:" if slower else "No peer is faster anywhere.")
    for line in slower:
        print(f"- {line} times our time")


if __name__ == "__main__":
    main()
