"""``antin verify --extract-revision N``: the file as it was, to the byte."""

import hashlib
import os
from dataclasses import replace
from pathlib import Path

import pytest

from antin.cli.main import main
from antin.core.errors import RefusedError
from antin.pdf.signature_fields import SignatureField
from antin.verifier.extract import revision_length
from tests.pdfs import appended, letter, opened, signed


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "signed.pdf"
    path.write_bytes(appended(signed(letter()), {50: b"(later)"}))
    return path


def extracted(file: Path, number: int, *more: str) -> int:
    output = file.with_name("out.pdf")
    asked = ["verify", str(file), "--extract-revision", str(number)]
    return main([*asked, *(more or ("-o", str(output)))])


def test_each_revision_is_what_it_was(file: Path) -> None:
    whole = file.read_bytes()
    for number, before in ((1, letter()), (3, whole)):
        assert extracted(file, number) == 0
        assert file.with_name("out.pdf").read_bytes() == before
    assert extracted(file, 2) == 0
    found = file.with_name("out.pdf").read_bytes()
    assert whole.startswith(found)
    (signature,) = opened(found).signatures
    assert signature.covers_whole_file
    assert file.read_bytes() == whole


def shortened(one: SignatureField, count: int) -> SignatureField:
    """Return the signature as if it covered ``count`` bytes less."""
    first, length, second, rest = one.byte_range
    return replace(one, byte_range=(first, length, second, rest - count))


def test_a_signer_who_left_out_the_last_line_end_saw_none() -> None:
    data = signed(letter())
    document = opened(appended(data, {50: b"(x)"}))
    assert revision_length(document, 2) == len(data)
    (one,) = document.signatures
    document.__dict__["signatures"] = (shortened(one, 1),)
    assert revision_length(document, 2) == len(data) - 1


@pytest.mark.parametrize("number", [0, -1, 4, 10**20])
def test_no_such_revision(file: Path, number: int, capsys: pytest.CaptureFixture[str]) -> None:
    assert extracted(file, number) == 1
    error = capsys.readouterr().err
    assert (
        error
        == f"antin: revision_not_found: The file has no revision {number}; it has 3 of them.\n"
    )
    assert not file.with_name("out.pdf").exists()


def test_an_end_that_cannot_be_told(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = file.read_bytes()
    at = data.index(b"startxref")
    file.write_bytes(data[:at] + b"startxxxx" + data[at + 9 :])
    assert extracted(file, 1) == 1
    assert "antin: revision_unclear: Where revision 1 ends" in capsys.readouterr().err
    assert not file.with_name("out.pdf").exists()


def test_two_signatures_that_end_one_revision_otherwise() -> None:
    document = opened(signed(letter()))
    (one,) = document.signatures
    document.__dict__["signatures"] = (one, shortened(one, 1))
    with pytest.raises(RefusedError) as caught:
        revision_length(document, 2)
    assert caught.value.code == "revision_unclear"


def test_the_file_itself_is_not_overwritten(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = hashlib.sha256(file.read_bytes()).digest()
    link = file.with_name("link.pdf")
    link.symlink_to(file)
    for target in (file, link):
        assert extracted(file, 1, "-o", str(target)) == 2
        assert "antin: output_exists:" in capsys.readouterr().err
    assert hashlib.sha256(file.read_bytes()).digest() == before


def test_wrong_usage(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", str(file), "--extract-revision", "1"]) == 2
    assert main(["verify", str(file), str(file), "--extract-revision", "1", "-o", "x"]) == 2
    assert capsys.readouterr().err.count("takes one file") == 2


def test_what_is_no_pdf(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "x.pdf"
    path.write_bytes(b"no")
    assert extracted(path, 1) == 5
    assert "antin: not_a_pdf:" in capsys.readouterr().err


def test_no_device_and_no_pipe_is_replaced(
    file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "null").symlink_to("/dev/null")
    for target in ("pipe", "null"):
        assert extracted(file, 1, "-o", str(tmp_path / target)) == 2
        assert "output_exists" in capsys.readouterr().err
    assert (tmp_path / "pipe").is_fifo()
    assert (tmp_path / "null").is_symlink()


def test_a_link_is_replaced_and_not_followed(file: Path, tmp_path: Path) -> None:
    (tmp_path / "other").write_text("of somebody else")
    (tmp_path / "link").symlink_to("other")
    assert extracted(file, 1, "-o", str(tmp_path / "link")) == 0
    assert (tmp_path / "other").read_text() == "of somebody else"
    assert (tmp_path / "link").read_bytes() == letter()
