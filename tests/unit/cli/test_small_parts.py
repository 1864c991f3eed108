"""Appearance files, TOML text, listings, files by atomic rename, language of dates."""

import json
import tomllib
from datetime import UTC, datetime
from pathlib import Path

import pytest

from antin.cli import failures
from antin.cli.appearances import read_appearance
from antin.cli.extraction import extract_all
from antin.cli.options import Listing, moment
from antin.cli.output import listing, note, write_file
from antin.cli.serve import require_loopback
from antin.cli.toml_text import table
from antin.core.errors import AntinError, InputError, RefusedError, UsageError
from antin.core.json_line import json_line

EXAMPLES = Path(__file__).parents[3] / "examples"


@pytest.mark.parametrize("path", sorted((EXAMPLES / "appearance").glob("*.toml")))
def test_the_examples_appearances_are_read(path: Path) -> None:
    plan = read_appearance(path)
    assert plan is not None
    assert plan.image or plan.text


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("page = 1", "field_missing"),
        ("colour = 'red'", "field_invalid"),
        ("= =", "field_invalid"),
        ("left_mm = 1\ntop_mm = 1\nwidth_mm = 'x'\nheight_mm = 1", "field_invalid"),
        ("image = 'gone.png'", "file_not_found"),
        ("image = 7", "file_not_found"),
    ],
)
def test_a_wrong_appearance_is_named(tmp_path: Path, text: str, code: str) -> None:
    path = tmp_path / "stamp.toml"
    path.write_text(text)
    with pytest.raises(AntinError) as caught:
        read_appearance(path)
    assert caught.value.code == code


def test_a_file_without_signatures_has_nothing_to_extract(tmp_path: Path) -> None:
    with pytest.raises(RefusedError) as caught:
        extract_all(EXAMPLES / "letter.pdf", tmp_path / "parts", None)
    assert caught.value.code == "nothing_to_extract"
    assert not (tmp_path / "parts").exists()


def test_toml_survives_hostile_text() -> None:
    values = {
        "a": 'quote " backslash \\ newline \n tab \t bell \x07 delete \x7f',
        "b": "Nguyễn Văn A 🖋",
        "c": {"file": Path("/x y/z")},
        "d": ("one", "two"),
        "e": True,
        "f": None,
    }
    assert tomllib.loads(table(values)) == {
        "a": values["a"],
        "b": values["b"],
        "c": {"file": "/x y/z"},
        "d": ["one", "two"],
        "e": True,
    }


def test_a_listing_that_is_wider_than_the_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [{"id": "1" * 36, "title": "Công văn"}, {"id": "2" * 36, "title": "Tờ trình"}]
    monkeypatch.setenv("COLUMNS", "40")
    listing(rows, ("id", "title"), Listing.TEXT)
    assert len(capsys.readouterr().out.splitlines()) == 3, "a pipe has no width"
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    listing(rows, ("id", "title"), Listing.TEXT)
    assert capsys.readouterr().out == (
        f"ID     {'1' * 36}\nTITLE  Công văn\n\nID     {'2' * 36}\nTITLE  Tờ trình\n"
    )
    monkeypatch.setenv("COLUMNS", "5")
    listing((), ("id", "title"), Listing.TEXT)
    assert capsys.readouterr().out == "ID  TITLE\n", "nothing to make blocks of"
    monkeypatch.setenv("COLUMNS", "80")
    listing(rows, ("id", "title"), Listing.TEXT)
    assert capsys.readouterr().out.splitlines()[0] == f"ID{' ' * 36}TITLE"


def test_a_listing_cannot_steer_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    rows = [{"id": "1", "name": "\x1b[2J\nfake", "more": None}]
    listing(rows, ("id", "name", "more"), Listing.TEXT)
    shown = capsys.readouterr().out
    assert "\x1b" not in shown
    assert len(shown.splitlines()) == 2
    listing(rows, ("id",), Listing.JSON)
    assert json.loads(capsys.readouterr().out) == rows


def test_a_file_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    target = tmp_path / "a"
    write_file(target, b"whole", 0o600)
    assert target.read_bytes() == b"whole"
    assert target.stat().st_mode & 0o777 == 0o600
    with pytest.raises(InputError) as caught:
        write_file(tmp_path / "no" / "such" / "folder", b"")
    assert caught.value.code == "file_unreadable"
    assert list(tmp_path.iterdir()) == [target]


def test_times_without_a_zone_are_utc() -> None:
    assert moment("2026-01-01T00:00:00") == datetime(2026, 1, 1, tzinfo=UTC)
    assert moment("2026-01-01T07:00:00+07:00") == datetime(2026, 1, 1, tzinfo=UTC)
    assert moment(None) is None


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.2", "::1", "localhost"])
def test_loopback_is_allowed(host: str) -> None:
    require_loopback(host)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "example.vn", ""])  # noqa: S104 — refused
def test_everything_else_is_refused(host: str) -> None:
    with pytest.raises(UsageError) as caught:
        require_loopback(host)
    assert caught.value.code == "address_not_loopback"


def test_foreign_text_never_steers_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    hostile = "desk\x1b]0;x\x07\x7f\x9b2J\u202eệ"
    note(hostile)
    shown = (
        capsys.readouterr().err.rstrip("\n"),
        failures.line(InputError("trust_malformed", detail=hostile)),
        json_line({"label": hostile}),
    )
    assert all(text.isprintable() and "ệ" in text for text in shown)
    assert json.loads(shown[2]) == {"label": hostile}
