"""pdfium, the reader of a widespread browser: it counts pages and lists signatures, no objects."""

import ctypes
from pathlib import Path

import pypdfium2 as pdfium
from pypdfium2 import raw

from tests.corpus.structure.facts import Facts, Signature, signature


def read(path: Path) -> Facts:
    """Return what pdfium sees, or its error."""
    try:
        document = pdfium.PdfDocument(path)
    except pdfium.PdfiumError as error:
        return Facts(error=str(error)[:120])
    try:
        return Facts(len(document), None, _signatures(document))
    finally:
        document.close()


def _signatures(document: pdfium.PdfDocument) -> tuple[Signature, ...]:
    count = raw.FPDF_GetSignatureCount(document.raw)
    return tuple(_signature(raw.FPDF_GetSignatureObject(document.raw, n)) for n in range(count))


def _signature(found: object) -> Signature:
    size = raw.FPDFSignatureObj_GetContents(found, None, 0)
    contents = ctypes.create_string_buffer(size)
    raw.FPDFSignatureObj_GetContents(found, contents, size)
    count = raw.FPDFSignatureObj_GetByteRange(found, None, 0)
    numbers = (ctypes.c_int * count)()
    raw.FPDFSignatureObj_GetByteRange(found, numbers, count)
    return signature(None, list(numbers), contents.raw)
