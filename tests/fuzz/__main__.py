# ruff: noqa: T201 — its output is what it prints
"""Run cases by hand.

::

    python -m tests.fuzz TARGET --seed 1 --number 17     one case again, with what it raises
    python -m tests.fuzz TARGET --seed 1 --count 5000    many, in a worker process
    python -m tests.fuzz TARGET --file build/fuzz/….case a case that was kept
    python -m tests.fuzz TARGET --file … --shrink        made smaller while it fails alike
"""

import argparse
import sys
import time
from pathlib import Path

from tests.fuzz.bounded import Bounds, limit_address_space, run_case
from tests.fuzz.hunt import hunt
from tests.fuzz.shrink import shrunk
from tests.fuzz.target import Target, case_of, find_target


def main() -> int:
    asked = _arguments()
    if asked.count is not None or asked.seconds is not None:
        return _many(asked)
    target = find_target(asked.target)
    case = asked.file.read_bytes() if asked.file else case_of(target, asked.seed, asked.number)
    if asked.shrink:
        case = shrunk(target, case)
    if asked.out:
        asked.out.write_bytes(case)
    return _one(target, case)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("target")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--number", type=int, default=0, help="of the case, or of the first one")
    parser.add_argument("--count", type=int)
    parser.add_argument("--seconds", type=float)
    parser.add_argument("--file", type=Path)
    parser.add_argument("--shrink", action="store_true")
    parser.add_argument("--out", type=Path, help="where to write the case")
    return parser.parse_args()


def _many(asked: argparse.Namespace) -> int:
    until = None if asked.seconds is None else time.monotonic() + asked.seconds
    found = hunt(asked.target, asked.seed, asked.number, asked.count or 10**9, until=until)
    for failure in found.failures:
        print(failure)
    print(asked.target, found)
    return 1 if found.failures else 0


def _one(target: Target, case: bytes) -> int:
    limit_address_space()
    ending = run_case(target, case, Bounds())
    print(ending.detail)
    print(f"{ending.outcome}: {len(case)} bytes, {ending.cpu} s, {ending.memory_mb} MB")
    return 1 if ending.failed else 0


if __name__ == "__main__":
    sys.exit(main())
