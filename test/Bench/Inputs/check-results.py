"""Checks what bench-table --tiny --sweep writes: results.json chart.svg."""

import json
import sys
import xml.etree.ElementTree as xml

results = json.load(open(sys.argv[1], encoding="utf-8"))
rows = results["rows"]
assert len(rows) == 18, len(rows)
for row in rows:
    assert (row["M"], row["N"]) == (960, 960), row
    assert 0.01 < row["keopsc"] < 1000, row
    assert row["floor"] is None or 0.01 < row["floor"] < 1000, row
    assert 1 <= row["goal"] <= 1.2, row
assert [point["M"] for point in results["sweep"]] == [100, 300]
for point in results["sweep"]:
    assert 0 < point["one_core_s"] < 1 and 0 < point["all_cores_s"] < 1, point

chart = xml.parse(sys.argv[2]).getroot()
labels = [text.text for text in chart.iter("{http://www.w3.org/2000/svg}text")]
for row in rows:
    assert (row["name"] in labels) == (row["floor"] is not None), row
