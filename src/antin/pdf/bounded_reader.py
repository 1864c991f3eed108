"""pyHanko's reader, kept within bounds where foreign bytes could send it astray."""

from typing import Any, Final

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.decode_limits import (
    DecodeContext,
    DecodeLimits,
    DecodePurpose,
    DocumentDecodeBudget,
)
from pyhanko.pdf_utils.misc import PdfDecodeLimitError, PdfReadError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.xref import ObjStreamRef

from antin.core.bytesource import ByteSource, MemorySource
from antin.pdf.source_io import GuardedFile

_DECODED_BYTES: Final = 96 << 20
_DECODED_RATIO: Final = 50
_XREF_BYTES: Final = 1 << 20
_XREF_RATIO: Final = 40
_Container = tuple[GuardedFile, dict[int, tuple[int, int]]]
"""An inflated object stream, and where in it each object lies: (index, offset) by number."""


def decode_limits() -> DecodeLimits:
    """Return how much a file may inflate to: tied to its size, with room for small files."""
    return DecodeLimits(
        document_budget=DocumentDecodeBudget(
            base_allowance=_DECODED_BYTES, max_ratio=_DECODED_RATIO
        )
    )


class _BoundedContext(DecodeContext):
    """Stops cross-reference streams that promise more entries than their file can hold.

    pyHanko believes the promised number: entries of width zero, or missing ones in lenient mode,
    cost an attacker nothing and the reader for ever.
    """

    def __init__(self, limits: DecodeLimits, input_size: int) -> None:
        super().__init__(limits, input_size)
        self._xref_left = _XREF_BYTES + _XREF_RATIO * input_size

    def stream_output_cap(
        self,
        encoded_size: int,
        purpose: DecodePurpose = DecodePurpose.GENERIC,
        expected_size: int | None = None,
    ) -> int | None:
        if purpose is DecodePurpose.XREF_STREAM and expected_size is not None:
            self._xref_left -= expected_size
            if expected_size <= 0 or self._xref_left < 0:
                raise PdfDecodeLimitError("a cross-reference stream promises too many entries")
        return super().stream_output_cap(encoded_size, purpose, expected_size)


class BoundedReader(PdfFileReader):
    """Reads one source; every step is counted, every inflation limited."""

    def __init__(self, source: ByteSource, *, strict: bool) -> None:
        limits = decode_limits()
        self._bounded_context = _BoundedContext(limits, source.size)
        self._containers: dict[int, _Container] = {}
        super().__init__(GuardedFile(source), strict=strict, decode_limits=limits)

    @property
    def decode_context(self) -> DecodeContext:
        return self._bounded_context

    def object_at(self, number: int, generation: int, where: int | tuple[int, int]) -> Any:
        """Return the object at an offset or at (object stream, index), decrypted lazily.

        The place is the caller's business: pyHanko's own look-up knows one way only to read
        hybrid files.
        """
        reference = generic.Reference(number, generation, self)
        marker = where if isinstance(where, int) else ObjStreamRef(*where)
        is_table = reference in self.xrefs.xref_stream_refs
        return self._read_object(reference, marker, never_decrypt=is_table)

    def _get_object_from_stream(self, idnum: int, stmnum: int, idx: int) -> Any:
        """Read one object of an object stream, whose header is parsed once, not once an object."""
        if stmnum not in self._containers:
            self._containers[stmnum] = self._open_container(stmnum)
        data, offsets = self._containers[stmnum]
        index, offset = offsets.get(idnum, (-1, 0))
        if index < 0 or (self.strict and index != idx):
            raise PdfReadError(f"object {idnum} is not at {idx} in object stream {stmnum}")
        data.seek(offset)
        found = generic.read_object(data, generic.Reference(idnum, 0, self))
        if isinstance(found, generic.StreamObject | generic.IndirectObject):
            raise PdfReadError(f"object {idnum} may not lie in an object stream")
        return found

    def _open_container(self, number: int) -> _Container:
        stream = generic.Reference(number, 0, self).get_object()
        if not isinstance(stream, generic.StreamObject) or stream["/Type"] != "/ObjStm":
            raise PdfReadError(f"object {number} is no object stream")
        data = stream.read_data(DecodePurpose.OBJECT_STREAM)
        first, count = int(stream["/First"]), int(stream["/N"])
        header = [int(token) for token in data[:first].split()[: 2 * max(count, 0)]]
        pairs = zip(header[::2], header[1::2], strict=False)
        offsets = {n: (i, first + at) for i, (n, at) in enumerate(pairs)}
        return GuardedFile(MemorySource(data)), offsets
