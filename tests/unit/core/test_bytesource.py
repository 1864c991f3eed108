import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from antin.core.bytesource import ByteSource, FileSource, MemorySource, TailSource, read_all
from antin.core.errors import InputError

DATA = bytes(range(256)) * 40


@pytest.fixture(params=["memory", "file"])
def source(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[ByteSource]:
    if request.param == "memory":
        yield MemorySource(DATA)
        return
    path = tmp_path / "data"
    path.write_bytes(DATA)
    with FileSource(path) as file:
        yield file


def code_of(action: Callable[[], object]) -> str:
    with pytest.raises(InputError) as caught:
        action()
    return caught.value.code


def test_size(source: ByteSource) -> None:
    assert source.size == len(DATA)


@pytest.mark.parametrize(
    ("offset", "length"), [(0, 10), (1000, 1), (10_230, 100), (10_240, 5), (99_999, 5), (5, 0)]
)
def test_reads_anywhere_and_fewer_only_at_the_end(
    source: ByteSource, offset: int, length: int
) -> None:
    assert source.pread(offset, length) == DATA[offset : offset + length]


def test_reading_does_not_move_anything(source: ByteSource) -> None:
    assert source.pread(0, 10) == source.pread(0, 10)


def test_small_sources_can_be_read_whole(source: ByteSource) -> None:
    assert read_all(source, len(DATA)) == DATA


def test_large_sources_are_not_read_whole(source: ByteSource) -> None:
    with pytest.raises(InputError) as caught:
        read_all(source, len(DATA) - 1)
    assert caught.value.code == "file_too_large"
    assert caught.value.values == {"size": len(DATA), "limit": len(DATA) - 1}


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    assert code_of(lambda: FileSource(tmp_path / "none")) == "file_not_found"


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    assert code_of(lambda: FileSource(tmp_path)) == "file_unreadable"


def test_a_named_pipe_is_refused_without_waiting_for_a_writer(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    assert code_of(lambda: FileSource(path)) == "file_unreadable"


def test_a_path_through_a_file_leads_nowhere(tmp_path: Path) -> None:
    path = tmp_path / "data"
    path.write_bytes(b"x")
    assert code_of(lambda: FileSource(path / "inside")) == "file_unreadable"


def test_a_closed_file_says_so(tmp_path: Path) -> None:
    path = tmp_path / "data"
    path.write_bytes(DATA)
    source = FileSource(path)
    source.close()
    assert code_of(lambda: source.pread(0, 1)) == "file_unreadable"


@pytest.mark.parametrize("offset", [len(DATA), 2**31, 2**63, 2**80])
def test_nothing_lies_beyond_the_end(tmp_path: Path, offset: int) -> None:
    path = tmp_path / "data"
    path.write_bytes(DATA)
    with FileSource(path) as source:
        assert source.pread(offset, 10) == b""


def test_a_large_file_is_read_where_it_lies(tmp_path: Path) -> None:
    """And what is small is read once: what was judged stays what it was."""
    for size, kept in ((DATA, True), (DATA * 30, False)):
        path = tmp_path / "data"
        path.write_bytes(size)
        with FileSource(path) as source:
            assert source.pread(5, 10) == size[5:15]
            with path.open("r+b") as file:
                file.write(b"x" * 100)
            assert (source.pread(5, 10) == size[5:15]) is kept
            assert os.fstat(source.fileno()).st_size == source.size


@pytest.mark.parametrize("start", [0, 1, len(DATA) - 1, len(DATA), len(DATA) + 5])
def test_the_tail_is_what_follows(source: ByteSource, start: int) -> None:
    tail = TailSource(source, start)
    assert tail.size == len(DATA[start:])
    assert tail.pread(0, tail.size) == DATA[start:]
    assert tail.pread(3, 4) == DATA[start:][3:7]
    assert tail.pread(tail.size, 10) == b""
