"""Checks what bench-gpu has written: every workload, with numbers."""

import json
import sys

with open(sys.argv[1]) as file:
    results = json.load(file)
assert results["emulated"] and results["unit"] == "seconds"
assert len({row["workload"] for row in results["rows"]}) == 6
for row in results["rows"]:
    assert row["rows"] == row["columns"] == 300
    assert 0 < row["bound"] < row["keopsc"] and row["alone"] > 0
    # Where there is no nvcc, that is said.
    by_hand = row["by_hand"]
    said = any("nvcc" in text for text in results["missing"])
    assert by_hand is None if said else by_hand > 0
    assert row["pykeops"] is None
assert any("PyKeOps" in text for text in results["missing"])
