"""SoftHSM's configuration follows the folder it lies in."""

import os
from pathlib import Path

import pytest

from antin.core.errors import UnavailableError
from antin.hsm import softhsm


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOFTHSM2_CONF", "/another.conf")


def test_token_folder_is_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    path = softhsm.configure(Path("data"))
    assert path.is_absolute()
    assert f"directories.tokendir = {tmp_path}/data/tokens\n" in path.read_text()
    assert (tmp_path / "data" / "tokens").is_dir()
    assert os.environ["SOFTHSM2_CONF"] == str(path)


def test_moved_folder_is_named_anew(tmp_path: Path) -> None:
    softhsm.configure(tmp_path / "here")
    (tmp_path / "here").rename(tmp_path / "there")
    path = softhsm.configure(tmp_path / "there")
    assert "there/tokens" in path.read_text()
    assert "here/tokens\n" not in path.read_text().replace("there/", "")
    assert not (tmp_path / "here").exists()


def test_unchanged_configuration_is_left_alone(tmp_path: Path) -> None:
    path = softhsm.configure(tmp_path)
    before = path.stat()
    softhsm.configure(tmp_path)
    assert (path.stat().st_ino, path.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_writing_another_processs_configuration_leaves_ours(tmp_path: Path) -> None:
    softhsm.configuration(tmp_path)
    assert os.environ["SOFTHSM2_CONF"] == "/another.conf"


def test_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(UnavailableError) as caught:
        softhsm.configure(tmp_path / "file")
    assert caught.value.code == "storage_full"
