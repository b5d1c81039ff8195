#!/usr/bin/env python3
"""Which names of the reference language there are: names.txt against what
`keopsc --list-ops` prints."""

import pathlib
import re
import subprocess
import sys


def reference():
    """The names of each section of names.txt."""
    sections, names = {}, None
    path = pathlib.Path(__file__).with_name("names.txt")
    for line in path.read_text().splitlines():
        if line.startswith("["):
            names = sections.setdefault(line.strip("[]"), [])
        elif names is not None:
            names.extend(line.split())
    return sections


def offered():
    """The names in each part of the table of operations."""
    table = subprocess.run(["keopsc", "--list-ops"], capture_output=True,
                           text=True, check=True).stdout
    parts, names = {}, None
    for line in table.splitlines():
        if line and not line.startswith(" "):
            names = parts.setdefault(line.split(":")[0], [])
        elif found := re.match(r"  ([A-Z]\w*)(\(| |$)", line):
            names.append(found[1])
    return parts


def main():
    sections, parts = reference(), offered()
    reductions = sections.pop("reductions")
    operations = [name for names in sections.values() for name in names]
    offered_reductions = parts.pop("reductions") + parts.pop(
        "other names of reductions")
    callable_names = {name for names in parts.values() for name in names}
    there = [name for name in operations if name in callable_names]
    missing = sorted(set(operations) - set(there))
    # Other spellings are no reductions of their own.
    table = subprocess.run(["keopsc", "--list-ops"], capture_output=True,
                           text=True, check=True).stdout
    spellings = set(re.findall(r"^  (\w+) +another name of", table, re.MULTILINE))
    new = sorted(set(offered_reductions) - set(reductions) - spellings)
    known = [name for name in reductions if name in offered_reductions]
    derived = sum(len(names) for part, names in parts.items()
                  if part.startswith("operations"))
    print(f"operations: {len(there)} of {len(operations)} in the reference language; "
          f"reductions {len(known)} of {len(reductions)} and {len(new)} new; "
          f"checked derivatives: {derived} operations, all there are")
    print(f"missing: {', '.join(missing) or 'none'}")
    print(f"new reductions: {', '.join(new)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
