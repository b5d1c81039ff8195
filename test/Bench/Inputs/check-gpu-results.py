"""Checks what bench-gpu has written: every workload, with numbers."""

import json
import sys

with open(sys.argv[1]) as file:
    results = json.load(file)
assert results["emulated"] and results["unit"] == "seconds"
assert len({row["workload"] for row in results["rows"]}) == 15
# Where there is no nvcc, that is said.
is_alone = any("nvcc" in text for text in results["missing"])
without_rival = {row["workload"] for row in results["rows"] if not row["by_hand"]}
assert is_alone or without_rival == {"Gauss D784"}
for row in results["rows"]:
    assert row["rows"] == row["columns"] == 300
    for times in filter(None, (row["keopsc"], row["by_hand"])):
        assert times["alone"] > 0 and times["in_a_row"] > row["bound"]
    assert row["pykeops"] is None
assert any("PyKeOps" in text for text in results["missing"])
assert len({line["constant"] for line in results["calibration"]}) == 16
for line in results["calibration"]:
    assert line["assumed"] > 0 and line["measured"] > 0
