"""Judge a test run by its JUnit file: nearly all tests did run, and none was skipped.

A test that was skipped because a real part is missing has failed already where CI is set; here the
rest is looked at: only what needs a folder beside the checkout may be skipped, and where that
folder stands, nothing may.
"""

import sys
from pathlib import Path
from typing import Final
from xml.etree import ElementTree as ET

LEAST: Final = 2_000
"""Fewer executed tests than this mean that many were not found, or left out by an option."""
SHARED: Final = Path(__file__).resolve().parents[2] / "shared"
"""Corpus and vectors that do not belong to the repository."""


def complaints(cases: list[ET.Element], shared: bool, least: int = LEAST) -> list[str]:  # noqa: FBT001 — a fact, not a switch
    """Return why a run with these test cases does not count; empty when it does."""
    skipped = [(case, found) for case in cases if (found := case.find("skipped")) is not None]
    ran = len(cases) - len(skipped)
    told = [f"fewer than {least} tests ran: {ran}"] if ran < least else []
    for case, found in skipped:
        reason = found.get("message", "")
        if shared or "shared" not in reason:
            told.append(f"skipped: {case.get('classname')}.{case.get('name')}: {reason}")
    return told


def main(path: str) -> int:
    """Return 0 when the run counts."""
    cases = list(ET.parse(path).getroot().iter("testcase"))  # noqa: S314 — our own test runner's file
    found = complaints(cases, SHARED.is_dir())
    for one in found:
        print(f"judge: {one}", file=sys.stderr)
    print(f"judge: {len(cases)} tests, {len(found)} complaints")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
