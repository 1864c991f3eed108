"""A revision with an empty signature container, and filling the container afterwards."""

import os
from dataclasses import dataclass
from pathlib import Path

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.form_tools import get_single_field_annot
from pyhanko.sign.fields import SigFieldSpec
from pyhanko.sign.signers.cms_embedder import PdfCMSEmbedder, SigIOSetup, SigObjSetup
from pyhanko.sign.signers.pdf_byterange import PdfSignedData

from antin.core.bytesource import FileSource
from antin.core.digests import CHUNK
from antin.core.errors import RefusedError
from antin.signer.appearance.stamp import Placement
from antin.signer.files import storage_errors
from antin.signer.incremental import Appender
from antin.signer.pdf_objects import dictionary, numbers


@dataclass(frozen=True)
class WrittenRevision:
    """A revision on disk whose /Contents still holds zeros."""

    digest: bytes
    """Over the byte range."""
    byte_range: tuple[int, int, int, int]


def write_revision(
    writer: Appender,
    field_name: str,
    value: PdfSignedData,
    digest: str,
    placement: Placement | None = None,
) -> WrittenRevision:
    """Append field, signature dictionary and placeholder in place; return what was hashed."""
    page = placement.page_index if placement else 0
    box = placement.box if placement else None
    spec = SigFieldSpec(field_name, on_page=page, box=box)  # type: ignore[arg-type]  # floats work
    steps = PdfCMSEmbedder(new_field_spec=spec).write_cms(field_name, writer)
    field = next(steps).get_object()
    if placement is not None:
        _show(writer, field, placement)
    steps.send(SigObjSetup(value))
    writer.start_writing()
    prepared, output = steps.send(SigIOSetup(digest, in_place=True, chunk_size=CHUNK))
    start, end = prepared.reserved_region_start, prepared.reserved_region_end
    size = output.seek(0, os.SEEK_END)
    return WrittenRevision(prepared.document_digest, (0, start, end, size - end))


def _show(writer: Appender, field: generic.DictionaryObject, placement: Placement) -> None:
    """Give the field's annotation its appearance; an invisible field gets the stamp's place."""
    annotation = get_single_field_annot(field)
    left, bottom, right, top = (float(edge) for edge in annotation["/Rect"])
    if left == right or bottom == top:
        annotation["/Rect"] = numbers(*placement.box)
        left, bottom, right, top = placement.box
    drawn = placement.draw(writer, abs(right - left), abs(top - bottom))
    annotation["/AP"] = dictionary({"/N": drawn})
    writer.update_container(annotation)


def is_blank(source: FileSource, byte_range: tuple[int, int, int, int]) -> bool:
    """Tell whether the gap of ``byte_range`` is ``<000…>`` and the range ends with the file."""
    _, start, end, rest = byte_range
    if end + rest != source.size or end - start < 2:
        return False
    return source.pread(start, end - start) == b"<" + b"0" * (end - start - 2) + b">"


def fill(path: Path, byte_range: tuple[int, int, int, int], container: bytes) -> None:
    """Write ``container`` as hex into the gap of ``byte_range``, in place, and sync the file.

    Error: ``container_too_small``, raised before anything is written.
    """
    _, start, end, _ = byte_range
    reserved = (end - start - 2) // 2
    if len(container) > reserved:
        raise RefusedError("container_too_small", needed=len(container), reserved=reserved)
    with storage_errors():
        handle = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
        try:
            _write_all(handle, container.hex().encode(), start + 1)
            os.fsync(handle)
        finally:
            os.close(handle)


def _write_all(handle: int, data: bytes, offset: int) -> None:
    while data:
        written = os.pwrite(handle, data, offset)
        data, offset = data[written:], offset + written
