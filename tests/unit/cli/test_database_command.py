"""``antin database roles``: SQL for an administrator, or a refusal."""

import pytest

from antin.cli.main import main


def test_roles_are_printed_under_the_names_that_are_asked_for(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["database", "roles", "--service", "office"]) == 0
    printed = capsys.readouterr().out
    assert printed.startswith("BEGIN;\n")
    assert printed.endswith("COMMIT;\n")
    assert "TO office;" in printed
    assert "ALTER TABLE ledger_entries OWNER TO antin_owner;" in printed
    assert "antin_service" not in printed


def test_a_name_that_is_none_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["database", "roles", "--owner", "x; DROP TABLE users"]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith("antin: usage: ")
