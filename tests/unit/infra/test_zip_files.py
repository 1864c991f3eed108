"""Zip files of strangers: read one file at a time, within bounds, and never believed."""

import io
import random
import struct
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from antin.core.bytesource import FileSource
from antin.core.errors import AntinError
from antin.infra import zip_files
from antin.infra.zip_files import ZipEntry, entries, opened

FILES = {"a.pdf": b"%PDF-1.7 first", "b/c.pdf": b"second " * 1000, "empty.pdf": b""}


def noise(size: int) -> bytes:
    return random.Random(1).randbytes(size)  # noqa: S311 — the same each time


def packed(files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        archive.writestr("b/", b"")
        for name, data in files.items():
            archive.writestr(name, data)
    return buffer.getvalue()


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    path = tmp_path / "a.zip"
    path.write_bytes(packed(FILES))
    return path


def content(path: Path, entry: ZipEntry) -> bytes:
    with FileSource(path) as source, opened(source, entry) as inner:
        return inner.pread(0, inner.size)


def code_of(work: Callable[[], object]) -> str:
    with pytest.raises(AntinError) as caught:
        work()
    return caught.value.code


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_every_file_is_found_and_read(tmp_path: Path, method: int) -> None:
    path = tmp_path / "a.zip"
    path.write_bytes(b"something before it" + packed(FILES, method))
    assert {entry.name: content(path, entry) for entry in entries(path)} == FILES


def test_a_large_file_is_read_from_a_file_without_a_name(tmp_path: Path) -> None:
    data = noise(1 << 20) * 9
    path = tmp_path / "a.zip"
    path.write_bytes(packed({"large.pdf": data}))
    (entry,) = entries(path)
    assert content(path, entry) == data
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_only_the_usual_compression_is_read(tmp_path: Path, method: int) -> None:
    path = tmp_path / "a.zip"
    path.write_bytes(packed(FILES, method))
    assert code_of(lambda: content(path, entries(path)[0])) == "archive_unsupported"


def test_what_is_encrypted_is_not_guessed_at(archive: Path) -> None:
    entry = replace(entries(archive)[0], encrypted=True)
    assert code_of(lambda: content(archive, entry)) == "archive_unsupported"
    data = bytearray(archive.read_bytes())
    at = data.index(b"PK\x01\x02", data.index(b"PK\x01\x02") + 1)  # the second: the first a folder
    data[at + 8] |= 1
    archive.write_bytes(data)
    assert entries(archive)[0].encrypted


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: b"",
        lambda data: b"no archive",
        lambda data: data[:-30],
        lambda data: data[40:],
        lambda data: data.replace(b"PK\x01\x02", b"PK\x01\x03"),
        lambda data: data[:-10] + struct.pack("<L", 0xFFFFFFFF) + data[-6:],
        lambda data: data[:-22] + data[-22:-10] + b"\xff" * 4 + data[-6:],
    ],
    ids=["empty", "text", "cut", "beginning-cut", "directory", "size", "zip64"],
)
def test_a_damaged_archive_has_a_code(archive: Path, damage: Callable[[bytes], bytes]) -> None:
    archive.write_bytes(damage(archive.read_bytes()))

    def read() -> None:
        for entry in entries(archive):
            content(archive, entry)

    assert code_of(read) == "archive_malformed"


def test_bytes_that_are_not_what_the_directory_says(archive: Path) -> None:
    entry = entries(archive)[1]
    for wrong in (
        replace(entry, crc=entry.crc ^ 1),
        replace(entry, size=entry.size - 1),
        replace(entry, size=entry.size + 1),
        replace(entry, packed=entry.packed - 1),
        replace(entry, offset=entry.offset + 1),
        replace(entry, offset=-1),
        replace(entry, offset=1 << 40),
        replace(entry, method=zipfile.ZIP_STORED),
    ):
        assert code_of(lambda wrong=wrong: content(archive, wrong)) == "archive_malformed"  # type: ignore[misc]  # mypy infers no default


def test_a_bomb_is_not_set_off(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    path.write_bytes(packed({"bomb.pdf": bytes(32 << 20)}))
    (entry,) = entries(path)
    assert code_of(lambda: content(path, entry)) == "archive_too_large"
    huge = replace(entry, size=(1 << 30) + 1, packed=1 << 29)
    assert code_of(lambda: content(path, huge)) == "archive_too_large"


def test_files_that_share_their_bytes_are_a_bomb(archive: Path) -> None:
    data = bytearray(archive.read_bytes())
    rows = [at for at in range(len(data)) if data[at : at + 4] == b"PK\x01\x02"]
    first, second = rows[1], rows[2]
    data[second + 42 : second + 46] = data[first + 42 : first + 46]
    archive.write_bytes(data)
    assert code_of(lambda: entries(archive)) == "archive_too_large"


def test_more_than_anybody_looks_through(archive: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (
        ("MAX_ARCHIVE_ENTRIES", 2),
        ("MAX_ARCHIVE_BYTES", 6_000),
        ("MAX_ARCHIVE_BYTES", 100),
        ("_MAX_DIRECTORY", 100),
    ):
        with monkeypatch.context() as limits:
            limits.setattr(zip_files, name, value)
            assert code_of(lambda: entries(archive)) == "archive_too_large"
    assert len(entries(archive)) == 3


def test_zip64_directories_are_measured_too(archive: Path) -> None:
    data = archive.read_bytes()
    end = data[-22:]
    record = b"PK\x06\x06" + struct.pack("<Q", 44) + bytes(28) + struct.pack("<QQ", 1 << 40, 0)
    locator = b"PK\x06\x07" + struct.pack("<LQL", 0, len(data) - 22, 1)
    end = end[:12] + b"\xff" * 4 + end[16:]
    archive.write_bytes(data[:-22] + record + locator + end)
    assert code_of(lambda: entries(archive)) == "archive_too_large"


@pytest.mark.parametrize("seed", range(4))
def test_whatever_is_damaged_ends_in_a_code(archive: Path, seed: int) -> None:
    dice, whole = random.Random(seed), archive.read_bytes()  # noqa: S311 — as above
    for _ in range(150):
        data = bytearray(whole)
        for _ in range(dice.randint(1, 4)):
            data[dice.randrange(len(data))] = dice.randrange(256)
        archive.write_bytes(data)
        assert outcome(archive).startswith(("archive_", "read"))


def outcome(archive: Path) -> str:
    try:
        for entry in entries(archive):
            assert len(content(archive, entry)) == entry.size
    except AntinError as error:
        return error.code
    return "read"


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    assert code_of(lambda: entries(tmp_path / "gone.zip")) == "file_not_found"


def test_a_full_disk_has_a_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.zip"
    path.write_bytes(packed({"large.pdf": noise(9 << 20)}))

    def full() -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(zip_files, "TemporaryFile", full)
    assert code_of(lambda: content(path, entries(path)[0])) == "storage_full"
