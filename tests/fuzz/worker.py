"""The process that runs cases: ``python -m tests.fuzz.worker TARGET SEED FIRST COUNT CPU MB``.

It says on its standard output, a line each, which case it begins and how that ended; so whoever
started it knows which case it died of.
"""

import faulthandler
import json
import os
import sys
from dataclasses import asdict

from tests.fuzz.bounded import Bounds, limit_address_space, run_case
from tests.fuzz.target import case_of, find_target


def main() -> int:
    name, seed, first, count, cpu, memory = sys.argv[1:]
    told = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # what a library prints is no line of ours
    faulthandler.enable()
    target, bounds = find_target(name), Bounds(float(cpu), int(memory))
    limit_address_space()
    for number in range(int(first), int(first) + int(count)):
        told.write(f"{number}\n")
        ending = run_case(target, case_of(target, int(seed), number), bounds)
        told.write(json.dumps(asdict(ending)) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
