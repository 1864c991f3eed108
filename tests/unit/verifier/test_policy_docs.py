"""The section on policies in docs/verifier.md, held against what ships."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from antin.verifier.constraints import WEIGHABLE
from antin.verifier.policy import SHIPPED, shipped_text

PAGE = (Path(__file__).parents[3] / "docs" / "verifier.md").read_text()
POLICIES = {name: tomllib.loads(shipped_text(name).decode()) for name in SHIPPED}
NOTHING = "–"


def rows(width: int) -> dict[str, list[str]]:
    """Return the rows of the table of so many columns: what the first names → the other cells."""
    section = PAGE.split("\n## Policy\n")[1].split("\n## ")[0]
    cells = [line.strip("|").split(" | ") for line in section.splitlines() if line[:3] == "| `"]
    found = {row[0].strip(" `"): [cell.strip() for cell in row[1:]] for row in cells}
    assert all(len(row) in {5, 6} for row in cells)
    return {name: row for name, row in found.items() if len(row) == width - 1}


def settings(policy: dict[str, Any]) -> dict[str, str]:
    """Return what a policy says besides anchors and constraints, as the page has it."""
    tables = {"changes", "algorithms", "revocation"}
    found = {f"{t}.{key}": _shown(value) for t in tables for key, value in policy[t].items()}
    return {"reading": policy["reading"], **found}


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(value) or NOTHING
    if isinstance(value, list):
        return "all" if len(value) == 6 else ", ".join(value) or NOTHING
    return str(value).lower()


@pytest.mark.parametrize("column", range(3))
def test_every_key_stands_there_with_its_value(column: int) -> None:
    listed = {name: row[column] for name, row in rows(5).items()}
    assert listed == settings(POLICIES[SHIPPED[column]])


@pytest.mark.parametrize("column", range(3))
def test_every_constraint_stands_there_with_its_weight(column: int) -> None:
    listed = {name: row[column + 1] for name, row in rows(6).items()}
    said = POLICIES[SHIPPED[column]]["constraints"]
    assert listed == {code: said.get(code, NOTHING) for code in WEIGHABLE}


def test_every_row_has_a_reason() -> None:
    assert all(len(row[-1]) > 20 for width in (5, 6) for row in rows(width).values())


def test_what_ships_has_no_anchors_of_its_own() -> None:
    assert all(policy["anchors"] == {} for policy in POLICIES.values())


def test_strict_is_nowhere_weaker_than_the_default() -> None:
    """What passes under strict passes under vn-office."""
    order = ("ignore", "inform", "warn", "fail")
    office, strict = (POLICIES[name]["constraints"] for name in ("vn-office", "strict"))
    rule = {name: row[0] for name, row in rows(6).items()}
    for code in WEIGHABLE:
        usual = re.split(" or ", rule[code])[0]
        weight = order.index(strict.get(code, usual))
        assert weight >= order.index(office.get(code, usual)), code


def test_the_lenient_one_warns_at_its_top() -> None:
    assert shipped_text("lenient-import").startswith(b"# WARNING: only for taking old files")
