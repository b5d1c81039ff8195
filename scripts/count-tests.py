#!/usr/bin/env python3
"""Reads lit's results and says `N passed, N failed`, as the last line.

Ends with status 1 if a test failed, or if none ran: a run without tests
proves nothing. Tests that do not apply to this machine are listed before.
"""

import collections
import json
import sys

PASSED = {"PASS", "FLAKYPASS", "XFAIL"}
SKIPPED = {"UNSUPPORTED", "SKIPPED", "EXCLUDED"}


def main():
    try:
        with open(sys.argv[1]) as results:
            tests = json.load(results)["tests"]
    except (OSError, ValueError, KeyError) as error:
        print(f"error: no results of lit: {error}", file=sys.stderr)
        tests = []
    by_outcome = collections.defaultdict(list)
    for test in tests:
        outcome = test["code"]
        kind = "passed" if outcome in PASSED else "failed"
        by_outcome["skipped" if outcome in SKIPPED else kind].append(test["name"])
    for kind in ("skipped", "failed"):
        for name in sorted(by_outcome[kind]):
            print(f"{kind}: {name}")
    passed, failed = len(by_outcome["passed"]), len(by_outcome["failed"])
    print(f"{passed} passed, {failed} failed")
    return 0 if passed and not failed else 1


if __name__ == "__main__":
    sys.exit(main())
