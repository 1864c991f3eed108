"""The pictures of a report, written to files."""

import hashlib
import os
from dataclasses import replace
from pathlib import Path

import pytest

from antin.core.errors import InputError, UnavailableError
from antin.infra.picture_files import write_pictures
from tests.reports import CHANGED, FAILED, PICTURE, PNG


def test_each_picture_of_each_signature(tmp_path: Path) -> None:
    report = replace(CHANGED, sha256="1a2b3c4d" + "0" * 56, signatures=CHANGED.signatures * 2)
    made = write_pictures(report, "công văn: 1", tmp_path / "new" / "folder")
    names = {path.name for path in made}
    assert names == {path.name for path in (tmp_path / "new" / "folder").iterdir()}
    first = "công văn_ 1-1a2b3c4d-s1-"
    assert {name.removeprefix(first) for name in names if name.startswith(first)} == {
        "p1-before.png",
        "p1-after.png",
        "p1-difference.png",
        "p3-before.png",
        "p3-after.png",
        "p3-difference.png",
        "p2-after.png",
        "gone-p4-before.png",
    }
    assert len(made) == len(names) == 16
    for path in made:
        assert path.read_bytes() == PNG
        assert path.stat().st_mode & 0o777 == 0o644
        assert hashlib.sha256(path.read_bytes()).hexdigest() == PICTURE.sha256


def test_no_pictures_no_folder(tmp_path: Path) -> None:
    assert write_pictures(FAILED, "a", tmp_path / "new") == ()
    assert not (tmp_path / "new").exists()


def test_where_nothing_can_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(InputError) as caught:
        write_pictures(CHANGED, "a", tmp_path / "file" / "below")
    assert caught.value.code == "file_unreadable"

    def full(descriptor: int, mode: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fchmod", full)
    with pytest.raises(UnavailableError) as failed:
        write_pictures(CHANGED, "a", tmp_path / "new")
    assert failed.value.code == "storage_full"
    assert list((tmp_path / "new").iterdir()) == []


@pytest.mark.parametrize("letter", ["a", "ạ", "\U00020000"])
def test_names_of_files_are_no_longer_than_a_name_may_be(tmp_path: Path, letter: str) -> None:
    made = write_pictures(CHANGED, letter * 200, tmp_path)
    assert made
    assert all(path.exists() for path in made)
