"""Every text that people read has a Vietnamese translation, and languages are chosen leniently."""

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from antin.core.errors import ConflictError, InputError
from antin.core.phrases import PHRASES
from antin.infra.messages import LOCALE, accepted, explain, translator

ROOT = Path(__file__).parents[3]


def test_no_translation_is_missing_or_stale() -> None:
    command = [sys.executable, str(ROOT / "scripts" / "build_messages.py"), "--check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_sentence_reads_in_its_language() -> None:
    error = ConflictError("record_closed", state="CLOSED")
    assert explain(error, "en") == error.detail
    assert explain(error, "vi") == "Hồ sơ ở trạng thái CLOSED và không nhận thay đổi."


def test_foreign_values_are_not_interpreted() -> None:
    error = InputError("file_not_found", path="{0.__class__} %s {path}")
    assert "{0.__class__} %s {path}" in explain(error, "vi")


def test_an_unknown_language_reads_in_english() -> None:
    assert translator("xx")("valid") == "valid"


@pytest.mark.parametrize(
    ("header", "language"),
    [
        (None, "vi"),
        ("", "vi"),
        ("en-GB", "en"),
        ("fr, en;q=0.5, vi;q=0.4", "en"),
        ("fr", "vi"),
        ("en;q=x", "en"),
        (";;;,,,q=", "vi"),
    ],
)
def test_accept_language(header: str | None, language: str) -> None:
    assert accepted(header) == language


def test_catalogues_are_compiled() -> None:
    assert {path.parts[-3] for path in LOCALE.rglob("*.mo")} == {"vi", "en"}


def test_phrases_that_fill_a_sentence_read_in_its_language() -> None:
    missing = InputError("file_unreadable", path="a/b.pdf", reason="No such file or directory")
    assert explain(missing, "vi") == "Không đọc được a/b.pdf: không có tệp hay thư mục này."
    assert explain(missing, "en") == "a/b.pdf cannot be read: No such file or directory."
    assert all(translator("vi")(phrase) != phrase for phrase in PHRASES)


def test_every_phrase_is_said_somewhere() -> None:
    """One that was reworded where it is said would be shown untranslated."""
    package = ROOT / "src" / "antin"
    sources = [path for path in package.rglob("*.py") if path.name != "phrases.py"]
    said = "".join(path.read_text() for path in sources)
    elsewhere = {os.strerror(number) for number in errno.errorcode}
    elsewhere |= {f"its revocation status is {status}" for status in ("unknown", "unavailable")}
    assert {phrase for phrase in PHRASES - elsewhere if f'"{phrase}"' not in said} == set()
