"""Every code that a caller can get is expected by some test, so that none ends as another unseen.

A code counts where a test expects it, not where a test hands it in: the arguments of an error or
a finding that a test makes itself are left out, and so is tests/unit/core, which knows codes as
words only.
"""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from antin.core.codes import CODES, FINDINGS

TESTS = Path(__file__).parents[1]
MAKERS = re.compile(r"\w+Error|finding|finding_with|failed|indeterminate")

NOT_PROVOKED: dict[str, str] = {}
"""Codes that no test can get, each with its reason."""


def expected_words(path: Path) -> Iterator[str]:
    """Yield every word of every text of a test file that it does not hand in as a code."""
    nodes = tuple(ast.walk(ast.parse(path.read_text())))
    left_out = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}  # docstrings
    left_out |= {id(node.args[0]) for node in nodes if isinstance(node, ast.Call) and _makes(node)}
    for node in nodes:
        if isinstance(node, ast.Constant) and id(node) not in left_out:
            yield from re.findall(r"\w+", node.value if isinstance(node.value, str) else "")


def _makes(call: ast.Call) -> bool:
    """Tell whether ``call`` makes an error or a finding of a code."""
    name = getattr(call.func, "id", getattr(call.func, "attr", ""))
    return bool(call.args) and MAKERS.fullmatch(name) is not None


@cache  # not before a test asks: whoever collects the tests reads this file, too
def expected() -> frozenset[str]:
    """Return every word that some test expects."""
    return frozenset(
        word
        for path in TESTS.rglob("test_*.py")
        if path.parent not in {TESTS / "unit" / "core", TESTS / "architecture"}
        for word in expected_words(path)
    )


@pytest.mark.parametrize("code", sorted([*CODES, *FINDINGS]))
def test_every_code_is_expected_by_a_test(code: str) -> None:
    assert (code in expected()) is not (code in NOT_PROVOKED), (
        f"{code}: provoke it in a test and assert on the code, "
        "or say in NOT_PROVOKED why that cannot be done; not both."
    )


def test_an_exception_has_a_reason_and_a_code() -> None:
    assert set(NOT_PROVOKED) <= {*CODES, *FINDINGS}
    assert all(len(reason) > 20 for reason in NOT_PROVOKED.values())
