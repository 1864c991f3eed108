"""Judge a test run by its JUnit file: tests did run, and nothing that has to run was skipped."""

import sys
from pathlib import Path
from xml.etree import ElementTree as ET

LEAST = 100
"""Fewer executed tests than this mean that most of them were not found."""


def main(path: str) -> int:
    """Return 0 when the run counts."""
    cases = list(ET.parse(path).getroot().iter("testcase"))  # noqa: S314 — our own test runner's file
    skipped = [case for case in cases if case.find("skipped") is not None]
    for case in skipped:
        reason = case.find("skipped")
        told = reason.get("message", "") if reason is not None else ""
        print(f"skipped: {case.get('classname')}.{case.get('name')}: {told}")
    ran = len(cases) - len(skipped)
    print(f"{ran} tests ran, {len(skipped)} were skipped")
    if ran < LEAST:
        print(f"judge: fewer than {LEAST} tests ran", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(*map(str, map(Path, sys.argv[1:]))))
