"""The demo's folder: what it replaces, what it takes, what it refuses."""

from pathlib import Path

import pytest

from devpki.demo.__main__ import fresh_folder


def test_a_new_folder_an_empty_one_and_its_own_are_taken(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for name in ("a/new/one", "empty"):
        folder = fresh_folder(tmp_path / name)
        (folder / "left-over").touch()
        assert fresh_folder(folder) == folder
        assert not (folder / "left-over").exists()


def test_what_somebody_else_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "precious.txt").write_text("mine")
    for path in (tmp_path, tmp_path / "precious.txt"):
        with pytest.raises(SystemExit, match="no demo's folder"):
            fresh_folder(path)
    with pytest.raises(SystemExit, match="cannot be used"):
        fresh_folder(tmp_path / "precious.txt" / "below")
    assert (tmp_path / "precious.txt").read_text() == "mine"


def test_a_link_to_its_own_folder_is_followed(tmp_path: Path) -> None:
    folder = fresh_folder(tmp_path / "made")
    (tmp_path / "link").symlink_to(folder)
    assert fresh_folder(tmp_path / "link") == folder
