"""The table of attacks in docs/ledger.md and the tests say the same: no row without its test."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from antin.core.codes import CODES, FINDINGS

ROOT = Path(__file__).parents[2]
SUITE = ("test_attacks.py", "test_more_attacks.py")
"""Files whose every test is an attack."""


def table() -> list[list[str]]:
    text = (ROOT / "docs" / "ledger.md").read_text().split("\n## Attacks\n")[1].split("\n## ")[0]
    lines = [line for line in text.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[1:]]


@cache  # every row of the table names one of the same few files
def functions_in(path: Path) -> dict[str, str]:
    """Return the source of each test function of a file."""
    text = path.read_text()
    found = [one for one in ast.parse(text).body if isinstance(one, ast.FunctionDef)]
    return {one.name: ast.get_source_segment(text, one) or "" for one in found}


@pytest.mark.parametrize("row", table(), ids=lambda row: row[0])
def test_each_attack_has_its_test_which_expects_what_the_table_says(row: list[str]) -> None:
    _, _, seen, named = row
    path, _, name = named.strip("`").partition("::")
    source = functions_in(ROOT / path)
    assert name in source
    own = source[name] + "".join(text for other, text in source.items() if other != name)
    for code in re.findall(r"`([a-z_]+)`", seen.partition("; start-up")[0]):
        assert code in FINDINGS or code in CODES
        assert code in own or "nothing" in seen, f"{path} does not expect {code}"


def test_each_test_of_the_suite_is_in_the_table() -> None:
    named = {row[3].strip("`") for row in table()}
    for file in SUITE:
        path = f"tests/contract/ledger/{file}"
        tests = [name for name in functions_in(ROOT / path) if name.startswith("test_")]
        assert {f"{path}::{name}" for name in tests} <= named


def test_what_start_up_says_is_expected_somewhere() -> None:
    text = "".join(path.read_text() for path in (ROOT / "tests/unit/flows").glob("test_*.py"))
    for row in table():
        for code in re.findall(r"`([a-z_]+)`", row[2].partition("; start-up")[2]):
            assert code in text
