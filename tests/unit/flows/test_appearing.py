"""A result takes its name only if that is free, and only when it is whole."""

import errno
import os
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from antin.core.errors import AntinError
from antin.flows.loose import appearing_anew


def made(output: Path, meanwhile: Callable[[], object] = lambda: None) -> None:
    with appearing_anew(output) as path:
        path.write_text("new")
        meanwhile()


def refusal(output: Path, meanwhile: Callable[[], object] = lambda: None) -> str:
    with pytest.raises(AntinError) as caught:
        made(output, meanwhile)
    return caught.value.code


def test_it_appears_under_every_name_that_there_can_be(tmp_path: Path) -> None:
    """In letters of three bytes each a name of 255 bytes has 85 of them."""
    for name in ("x" * 255, "ố" * 85, "a\nb"):
        made(tmp_path / name)
        assert (tmp_path / name).read_text() == "new"
    assert len(list(tmp_path.iterdir())) == 3


@pytest.mark.parametrize("name", ["x" * 256, "ố" * 86, "nu\0l"])
def test_what_is_no_name_is_refused_before_anything_is_signed(tmp_path: Path, name: str) -> None:
    begun: list[bool] = []
    assert refusal(tmp_path / name, lambda: begun.append(True)) == "file_unreadable"
    assert begun == []
    assert refusal(tmp_path / "no" / "folder") == "file_not_found"


def test_a_link_that_leads_nowhere_is_there_already(tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "elsewhere")
    assert refusal(link) == "output_exists"
    assert link.is_symlink()


@pytest.mark.parametrize("links", [True, False])
def test_what_came_meanwhile_is_not_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, links: bool
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.EPERM, "no links here")

    if not links:
        monkeypatch.setattr(os, "link", refuse)
    output = tmp_path / "out"
    other = partial(output.write_text, "somebody else's")
    assert refusal(output, other) == "output_exists"
    assert output.read_text() == "somebody else's"
    assert list(tmp_path.iterdir()) == [output]
    output.unlink()
    made(output)
    assert (output.read_text(), list(tmp_path.iterdir())) == ("new", [output])
