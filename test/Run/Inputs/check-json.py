"""Checks the line that `keops-run --time` prints: NAME THREADS M N."""

import json
import sys

KEYS = ["kernel", "backend", "threads", "M", "N", "compile_ms", "stages_ms",
        "median_ms", "min_ms", "ns_per_pair", "peak_rss_mb"]

lines = sys.stdin.read().splitlines()
assert len(lines) == 1, lines
got = json.loads(lines[0])
assert list(got) == KEYS, got
name, threads, m, n = sys.argv[1], *map(int, sys.argv[2:])
assert (got["kernel"], got["backend"]) == (name, "cpu"), got
assert (got["threads"], got["M"], got["N"]) == (threads, m, n), got
assert 0 < got["min_ms"] <= got["median_ms"], got
assert list(got["stages_ms"]) == [
    "grad", "stable", "tile", "cpu", "llvm", "obj"], got
assert sum(got["stages_ms"].values()) <= got["compile_ms"], got
assert got["compile_ms"] > 0 and got["peak_rss_mb"] > 1, got
if m * n:
    assert abs(got["ns_per_pair"] - got["median_ms"] * 1e6 / (m * n)) < 1e-2 * (
        got["ns_per_pair"]), got
