"""The kept example files are what the scripts make."""

import io
import re
from pathlib import Path

import pikepdf
import pytest
from fpdf.syntax import PDFContentStream
from PIL import Image, ImageChops, ImageFont

from examples.letter import make_letter
from examples.make_documents import main, make_all
from examples.scan import make_scan
from examples.specimen import HERE


@pytest.fixture(scope="module")
def made() -> dict[str, bytes]:
    return make_all()


def test_making_twice_gives_the_same_bytes(made: dict[str, bytes]) -> None:
    assert make_all() == made


def test_every_kept_file_is_made_by_the_scripts(made: dict[str, bytes]) -> None:
    kept = {
        str(path.relative_to(HERE))
        for pattern in ("*.pdf", "images/*", "appearance/*")
        for path in HERE.glob(pattern)
    }

    assert kept == set(made)


def test_kept_files_are_up_to_date(made: dict[str, bytes]) -> None:
    stale = [name for name, data in made.items() if not _same(data, (HERE / name).read_bytes())]

    assert stale == [], "run: python -m examples.make_documents"


def test_a_changed_document_counts_as_another(made: dict[str, bytes]) -> None:
    assert not _same(made["letter.pdf"], made["report.pdf"])


def test_a_document_compressed_otherwise_counts_as_the_same(
    made: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(PDFContentStream, "_COMPRESSION_LEVEL", 1)
    for name, again in (("letter.pdf", make_letter().to_bytes()), ("scan.pdf", make_scan())):
        assert again != made[name]
        assert _same(again, made[name])


def test_pictures_do_not_lean_on_a_layout_library_of_the_machine(
    made: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ImageFont.core, "HAVE_RAQM", not ImageFont.core.HAVE_RAQM)

    again = make_all()

    assert [name for name, data in again.items() if data != made[name]] == []


def test_main_writes_below_the_folder(tmp_path: Path, made: dict[str, bytes]) -> None:
    main(tmp_path)

    assert {name: (tmp_path / name).read_bytes() for name in made} == made


def _same(one: bytes, other: bytes) -> bool:
    """Equal bytes, or equal but for how this machine's zlib compressed them."""
    if one == other:
        return True
    if one.startswith(b"%PDF"):
        return _inflated(one) == _inflated(other)
    if one.startswith(b"\x89PNG"):
        pictures = [Image.open(io.BytesIO(data)).convert("RGBA") for data in (one, other)]
        return ImageChops.difference(*pictures).getbbox(alpha_only=False) is None
    return False


def _inflated(data: bytes) -> list[tuple[bytes, bytes]]:
    """Return every object, streams decoded, without what depends on compression."""
    shown = []
    with pikepdf.open(io.BytesIO(data)) as pdf:
        for item in pdf.objects:
            stream = isinstance(item, pikepdf.Stream)
            words = (item.stream_dict if stream else item).unparse(resolved=True)
            shown.append((re.sub(rb"/Length \d+", b"", words), _body(item) if stream else b""))
    return shown


def _body(stream: pikepdf.Object) -> bytes:
    # The encoder of a scan's picture comes with Pillow, not with the machine: compared as it is.
    if stream.get("/Filter") == "/DCTDecode":
        return stream.read_raw_bytes()
    return stream.read_bytes(pikepdf.StreamDecodeLevel.generalized)
