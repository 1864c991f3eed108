"""The verifier in one file: what it may lean on, and the time-stamps that it reads."""

import ast
import sys
from pathlib import Path

import pytest

from antin.core.codes import FINDINGS
from antin.ledger.export.single_file import verify_ledger as single_file
from antin.ledger.tree.merkle import Frontier
from tests.unit.ledger.test_entry_form import ENTRY, HARM

SOURCE = Path(single_file.__file__).read_text()


def test_it_imports_the_standard_library_and_cryptography_only() -> None:
    """Anywhere in it, by any spelling."""
    names = set()
    for one in ast.walk(ast.parse(SOURCE)):
        if isinstance(one, ast.Import):
            names |= {alias.name.split(".")[0] for alias in one.names}
        elif isinstance(one, ast.ImportFrom):
            assert one.level == 0
            names.add((one.module or "").split(".")[0])
        elif isinstance(one, ast.Name):
            assert one.id not in {"__import__", "eval", "exec", "importlib"}
    assert names - set(sys.stdlib_module_names) == {"cryptography"}


def test_its_findings_are_ours() -> None:
    assert set(single_file.SENTENCES) <= set(FINDINGS)
    assert set(single_file.SEVERITIES) <= set(single_file.SENTENCES)


def test_it_says_what_it_does_not_check() -> None:
    assert "What is NOT checked" in (single_file.__doc__ or "")


@pytest.mark.parametrize("how", sorted(HARM))
def test_it_reads_the_same_entries(how: str) -> None:
    row = single_file.parsed(HARM[how](ENTRY))
    assert row is None or not single_file.in_range(row)


def test_its_tree_is_the_standards() -> None:
    mine, ours = single_file.Tree(), Frontier()
    assert mine.root() == ours.root()
    for n in range(70):
        leaf = single_file.leaf_hashes([bytes([n])])
        mine.grow(leaf)
        ours.extend(leaf)
        assert mine.root() == ours.root()
