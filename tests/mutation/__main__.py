# ruff: noqa: T201 — its output is what it prints
"""Change the code in small ways, one at a time, and see whether the tests notice.

::

    python -m tests.mutation byte-range             all mutants of a group, from the start
    python -m tests.mutation byte-range --again     those that lived, took too long, were not tried
    python -m tests.mutation changes --only leftovers pages.is_seen    those of parts
    python -m tests.mutation cms --children 2       two at a time

A run can be broken off (Ctrl-C) and gone on with (``--again``). What happens to each mutant stands
in ``build/mutation/GROUP/happened.txt``, with the test that was the last one.
"""

import argparse
import sys

from tests.mutation.explained import Judgement
from tests.mutation.groups import GROUPS
from tests.mutation.run import run_group
from tests.mutation.zygote import RunError


def main() -> int:
    asked = _arguments()
    try:
        found = run_group(asked.group, asked.children, again=asked.again, only=tuple(asked.only))
    except RunError as wrong:
        print(wrong, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\nbroken off; --again goes on with it", file=sys.stderr)
        return 130
    tell(found)
    print(f"{asked.group}: {found.summary}")
    return 0 if found.sound else 1


def tell(found: Judgement) -> None:
    """Print what a person has to look at."""
    for mutant in found.unexplained:
        print(mutant)
    for line in found.stale:
        print(f"explained, but it does not live: {line}")


def _arguments() -> argparse.Namespace:
    head, _, rest = __doc__.partition("\n")
    parser = argparse.ArgumentParser(
        prog="python -m tests.mutation",
        description=head,
        epilog=rest.replace("::\n", "").replace("``", ""),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("group", choices=sorted(GROUPS))
    parser.add_argument("--children", type=int, default=1, help="processes at a time")
    parser.add_argument(
        "--again", action="store_true", help="only what lived, or is still to be tried"
    )
    parser.add_argument("--only", nargs="+", default=(), metavar="PART", help="modules, functions")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
