"""``antin verify`` on signatures that are files of their own."""

import json
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization

from antin.cli.main import main
from antin.core.digests import digest_of
from tests.smallpki import NOW, CmsShape, make_cms, make_root

CONTENT = "Một văn bản mẫu.".encode()
AT = "2026-06-01T12:00:00Z"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Files of an office: a letter, its signature beside it, another one around it; trust."""
    root = make_root()
    officer = root.issue("Nguyễn Văn A")
    shape = CmsShape(signing_time=NOW - timedelta(days=1))
    digest = digest_of(CONTENT, "sha256")
    (tmp_path / "letter.txt").write_bytes(CONTENT)
    (tmp_path / "letter.txt.p7s").write_bytes(make_cms(officer, digest, shape))
    around = CmsShape(signing_time=shape.signing_time, content=CONTENT)
    (tmp_path / "around.p7m").write_bytes(make_cms(officer, digest, around))
    trust = tmp_path / "trust"
    (trust / "crls").mkdir(parents=True)
    pem = root.certificate.public_bytes(serialization.Encoding.PEM)
    (trust / "root.pem").write_bytes(pem)
    (trust / "crls" / "root.crl").write_bytes(root.crl(datetime(2026, 5, 31, tzinfo=UTC)))
    return tmp_path


def verify(folder: Path, *names: str) -> int:
    paths = (name if name.startswith("--") else str(folder / name) for name in names)
    return main(["verify", *paths, "--trust", str(folder / "trust"), "--offline", "--at", AT])


def test_the_content_is_looked_for_beside_the_signature(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert verify(folder, "letter.txt.p7s") == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert f"Covers the whole of {folder}/letter.txt, {len(CONTENT)} bytes" in shown
    (folder / "letter.txt").write_bytes(b"something else")
    assert verify(folder, "letter.txt.p7s") == 1


def test_the_content_is_named(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.move(folder / "letter.txt", folder / "moved.txt")
    assert verify(folder, "letter.txt.p7s") == 3
    assert "handed in" in capsys.readouterr().out
    assert verify(folder, "letter.txt.p7s", "--content", "moved.txt") == 0
    assert verify(folder, "letter.txt.p7s", "--content", "gone.txt") == 5
    assert "file_not_found" in capsys.readouterr().err


def test_content_inside_needs_no_other_file(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "around").write_bytes(b"not what is inside, and nobody said so")
    assert verify(folder, "around.p7m", "--format=json") == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["container"], told["content"]["inside"]) == ("cms", True)
    assert verify(folder, "around.p7m", "--content", "around") == 1


def test_several_files_each_with_its_content(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert verify(folder, "letter.txt.p7s", "around.p7m") == 0
    assert capsys.readouterr().out.splitlines()[-1] == "2 files: TOTAL-PASSED 2"
    assert verify(folder, "letter.txt.p7s", "around.p7m", "--content", "letter.txt") == 2
    assert "one file" in capsys.readouterr().err


def test_a_pdf_has_no_content_beside_it(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    letter = Path(__file__).parents[3] / "examples" / "letter.pdf"
    shutil.copy(letter, folder / "letter.pdf")
    assert verify(folder, "letter.pdf", "--content", "letter.txt") == 2
    assert "leave it out for a PDF" in capsys.readouterr().err
    assert verify(folder, "letter.txt", "--content", "letter.txt") == 5
    assert "cms_malformed" in capsys.readouterr().out
    assert verify(folder, "gone.p7s", "--content", "letter.txt") == 5
    assert "file_not_found" in capsys.readouterr().err


def test_signatures_in_a_folder_are_found_with_what_they_sign(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert verify(folder, ".") == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.rpartition("/")[2] for line in lines[:2]] == [
        "around.p7m: TOTAL-PASSED",
        "letter.txt.p7s: TOTAL-PASSED",
    ]
    assert lines[2:] == ["2 files: TOTAL-PASSED 2"]
