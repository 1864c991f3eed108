"""Errors as a person at a terminal gets them: one line on stderr and an exit code by family."""

import os
import sys
import traceback
from pathlib import Path
from typing import Final

from antin.cli.output import printable
from antin.cli.texts import _, language
from antin.core.errors import AntinError, DefectError
from antin.infra.messages import explain

DONE: Final = 0
REFUSED: Final = 1
WRONG_USAGE: Final = 2
INTERRUPTED: Final = 130

_BY_FAMILY: Final = {"usage": WRONG_USAGE, "input": 5, "defect": 70}


def exit_code(error: AntinError) -> int:
    """Return the exit code of ``error``: 2, 5 and 70 for their families, 1 for every refusal."""
    return _BY_FAMILY.get(error.family, REFUSED)


def line(error: AntinError) -> str:
    """Return ``antin: <code>: <sentence>``, on one line and printable whatever the values hold."""
    sentence = explain(error, language())
    return f"antin: {error.code}: {printable(' '.join(sentence.split()))}"


def was_interrupted(error: BaseException) -> bool:
    """Tell whether ``error`` came of leaving what Ctrl-C had interrupted: that is what happened.

    A connection that was thrown away in the middle of a statement can't be rolled back any more.
    """
    seen, ahead = set[int](), [error]
    while ahead:
        one = ahead.pop()
        if isinstance(one, KeyboardInterrupt):
            return True
        if id(one) not in seen:
            seen.add(id(one))
            ahead += [why for why in (one.__cause__, one.__context__) if why is not None]
    return False


def complain(error: AntinError) -> int:
    """Print ``error`` to stderr and return its exit code."""
    print(line(error), file=sys.stderr)  # noqa: T201 — errors go to stderr as they are
    return exit_code(error)


def complain_of_defect(error: BaseException) -> int:
    """Report an exception that nobody translated: by its kind only, as its text may hold anything.

    With ``ANTIN_DEBUG`` set to a file name, the traceback is appended to that file.
    """
    code = complain(defect(error))
    if not os.environ.get("ANTIN_DEBUG"):
        hint = _("Set ANTIN_DEBUG to a file name to have the details written there.")
        print(f"antin: {hint}", file=sys.stderr)  # noqa: T201 — as above
    return code


def defect(error: BaseException) -> DefectError:
    """Return what is told of an exception that nobody translated; its traceback is logged."""
    log = os.environ.get("ANTIN_DEBUG")
    if log:
        with Path(log).open("a") as file:
            traceback.print_exception(error, file=file)
    return DefectError("defect", detail=_where(error))


def _where(error: BaseException) -> str:
    """Return kind and innermost place of ``error``, e.g. ``KeyError in wiring.py:12``."""
    frames = traceback.extract_tb(error.__traceback__)
    if not frames:
        return type(error).__name__
    return f"{type(error).__name__} in {Path(frames[-1].filename).name}:{frames[-1].lineno}"
