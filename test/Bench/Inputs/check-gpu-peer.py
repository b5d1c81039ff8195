"""Checks that PyKeOps is asked for every workload that bench-gpu has written."""

import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(sys.argv[1]) / "bench" / "gpu"))
from peer import workloads  # noqa: E402

known = workloads()
with open(sys.argv[2]) as file:
    rows = json.load(file)["rows"]
missing = {row["workload"] for row in rows} - known.keys()
assert not missing, missing
