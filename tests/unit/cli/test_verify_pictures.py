"""``antin verify`` on a file whose pages were changed: pictures by default, or not at all."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from antin.cli.main import main
from antin.infra import page_looks
from tests.pdfs import appended, letter, signed, stream


@pytest.fixture
def altered(tmp_path: Path) -> Path:
    path = tmp_path / "altered.pdf"
    other = stream(b"BT /F 12 Tf 72 700 Td (other) Tj ET")
    path.write_bytes(appended(signed(letter()), {111: other}))
    return path


def looks(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    (signature,) = json.loads(capsys.readouterr().out)["signatures"]
    return [f for f in signature["changes_after"]["findings"] if "look" in f["code"]]


def test_pages_are_compared_and_pictures_written(
    altered: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "pictures"
    arguments = ["verify", str(altered), "--offline", "--format=json"]
    assert main([*arguments, "--pictures", str(folder)]) == 1
    (found,) = looks(capsys)
    assert (found["code"], found["severity"], found["page"]) == ("page_look_changed", "error", 2)
    digests = {found["pictures"][side]["sha256"] for side in ("before", "after", "difference")}
    written = {hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}
    assert written == digests
    assert main(arguments) == 1
    assert looks(capsys) == [found]


def test_no_pictures_if_that_is_asked(
    altered: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page_looks, "PageProcess", None)
    assert main(["verify", str(altered), "--offline", "--format=json", "--no-pictures"]) == 1
    assert looks(capsys) == []


def test_pictures_with_and_without(altered: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", str(altered), "--no-pictures", "--pictures", "there"]) == 2
    assert "exclude each other" in capsys.readouterr().err


@pytest.mark.parametrize("form", ["html", "pdf"])
def test_documents_show_them(altered: Path, tmp_path: Path, form: str) -> None:
    sizes: list[int] = []
    for more in ([], ["--no-pictures"]):
        target = tmp_path / f"{len(sizes)}.{form}"
        arguments = ["--offline", f"--format={form}", "-o", str(target), *more]
        assert main(["verify", str(altered), *arguments]) == 1
        sizes.append(target.stat().st_size)
    assert sizes[0] > sizes[1] + 5_000
