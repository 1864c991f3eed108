"""An opened file below its revisions: sections, and objects at the places that they name."""

from collections import OrderedDict
from typing import Final

from antin.core.bytesource import ByteSource
from antin.core.errors import InputError
from antin.pdf.budget import MAX_STREAM, Budget
from antin.pdf.deviations import Deviation
from antin.pdf.encryption import Cipher, open_cipher
from antin.pdf.filters import decode
from antin.pdf.indirect import IndirectObject, number_at, read_indirect, text_end, value_text
from antin.pdf.objects import Dictionary, Ref, Stream, Value, dictionary_of, integer, name
from antin.pdf.objstm import ObjectStream, open_object_stream
from antin.pdf.place_index import PlaceIndex
from antin.pdf.sections import trailer_at
from antin.pdf.xref import Place, Section

_MAX_HELD: Final = MAX_STREAM
"""Bytes of inflated object streams that are kept for the next object."""
_MAX_HOPS: Final = 8
_MAX_CRYPT_FILTERS: Final = 16


class Parser:
    """Reads objects of one file; what it costs is taken off one budget."""

    def __init__(self, source: ByteSource, sections: tuple[Section, ...], budget: Budget) -> None:
        self.sections = sections
        self.index = PlaceIndex(sections)
        self.source = source
        self._budget = budget
        self._containers: OrderedDict[tuple[int, int], ObjectStream] = OrderedDict()
        self._held = 0
        self._asking: list[int] = []
        self._encryption: int | None = None
        self.encryption: Dictionary | None = None
        """What /Encrypt says, all of it resolved; None if the file is not encrypted."""
        self.cipher: Cipher | None = None
        self.cipher = self._open_cipher()

    @property
    def cost(self) -> int:
        """What parsing has cost so far, in bytes and tokens."""
        return self._budget.parsed

    def trailer(self, section: int) -> Dictionary:
        """Return the trailer as of ``section``."""
        return trailer_at(self.sections, section)

    def read(self, number: int, place: Place) -> tuple[Value, tuple[Deviation, ...]]:
        """Return the object at ``place``, and what is odd about it.

        Errors: ``pdf_malformed`` with the offset, ``pdf_too_complex``.
        """
        if isinstance(place.where, tuple):
            container = self.container(place.where[0], place.section)
            return container.read(number, place.where[1], self._budget)
        found = self._indirect(number, place)
        value = found.value
        if self.cipher is not None and not self._is_plain(number, value):
            value = self.cipher.decrypt(number, place.generation, value)
        return value, found.notes

    def stream_data(self, number: int, place: Place) -> bytes:
        """Return the decoded data of the stream at ``place``; errors as :meth:`read`."""
        found = self._indirect(number, place)
        if not isinstance(found.value, Stream):
            raise InputError("pdf_malformed", detail="it is no stream", offset=found.start)
        return self._data(found, found.value, place.section)

    def number_at(self, offset: int) -> int | None:
        """Return the number of the object that begins at ``offset``; None if none does."""
        return number_at(self.source, offset, self._budget)

    def text_end(self, offset: int) -> int:
        """Return where the text of the object at ``offset`` ends, a stream's data left out."""
        return text_end(self.source, offset, self._budget)

    def end_of(self, number: int, place: Place) -> int:
        """Return the offset after the object at ``place``, which lies in the file itself."""
        return self._indirect(number, place).end

    def text(self, number: int, place: Place) -> bytes:
        """Return the text of the value at ``place``, which lies in the file itself, as it is."""
        start = self._indirect(number, place).start
        return value_text(self.source, start, self._budget)

    def _indirect(self, number: int, place: Place) -> IndirectObject:
        """Return the object at ``place``, which must be the one that the section promises."""
        if not isinstance(place.where, int):
            raise InputError("pdf_malformed", detail=f"object {number} is not in the file itself")
        found = read_indirect(
            self.source, place.where, self._budget, lambda ref: self._length(ref, place.section)
        )
        if (found.number, found.generation) != (number, place.generation):
            detail = f"object {number} should be here, but it is {found.number}"
            raise InputError("pdf_malformed", detail=detail, offset=place.where)
        return found

    def _length(self, ref: Ref, section: int) -> int | None:
        """Return the integer that a /Length refers to; None for what leads on or in a circle."""
        place = self.index.place(ref.number, section)
        if place is None or place.generation != ref.generation or len(self._asking) >= _MAX_HOPS:
            return None
        if ref.number in self._asking:
            return None
        self._asking.append(ref.number)
        try:
            return integer(self.read(ref.number, place)[0])
        except InputError as error:
            if error.code == "pdf_too_complex":
                raise
            return None
        finally:
            self._asking.pop()

    def _data(self, found: IndirectObject, stream: Stream, section: int) -> bytes:
        if len(stream.raw) > MAX_STREAM:
            raise InputError("pdf_too_complex", detail="a stream is too long to be decoded")
        raw = stream.raw.read()
        if self.cipher is not None and not _is_table(stream):
            raw = self.cipher.stream(found.number, found.generation, stream.dictionary, raw)
        return decode(stream, raw, self._budget, lambda value: self._resolve(value, section))

    def _resolve(self, value: Value, section: int) -> Value:
        for _ in range(_MAX_HOPS):
            place = self.index.place(value.number, section) if isinstance(value, Ref) else None
            if not isinstance(value, Ref) or place is None:
                return value
            value = self.read(value.number, place)[0]
        return None

    def _resolved(self, value: Value, section: int) -> dict[str, Value]:
        """Return the dictionary that ``value`` is or refers to, its own values resolved."""
        found = dictionary_of(self._resolve(value, section)) or {}
        return {key: self._resolve(item, section) for key, item in found.items()}

    def container(self, number: int, section: int) -> ObjectStream:
        """Return the object stream ``number`` as of ``section``; those read last are at hand.

        Errors as :meth:`read`.
        """
        place = self.index.place(number, section)
        if place is None:
            raise InputError("pdf_malformed", detail=f"the object stream {number} does not exist")
        key = (number, place.section)
        if key in self._containers:
            self._containers.move_to_end(key)
            return self._containers[key]
        found = self._indirect(number, place)
        if not isinstance(found.value, Stream):
            raise InputError("pdf_malformed", detail="this is no object stream", offset=found.start)
        made = open_object_stream(found.value, self._data(found, found.value, section))
        self._hold(key, made)
        return made

    def _hold(self, key: tuple[int, int], made: ObjectStream) -> None:
        self._containers[key] = made
        self._held += made.weight
        while self._held > _MAX_HELD and len(self._containers) > 1:
            _, dropped = self._containers.popitem(last=False)
            self._held -= dropped.weight

    def _is_plain(self, number: int, value: Value) -> bool:
        """Tell whether an object is not encrypted: a cross-reference, or the encryption itself."""
        return _is_table(value) or number == self._encryption

    def _open_cipher(self) -> Cipher | None:
        """Return what decrypts the file; None if it is not encrypted. Error: ``pdf_encrypted``."""
        last = len(self.sections) - 1
        trailer = self.trailer(last)
        if trailer.get("Encrypt") is None:
            return None
        encrypt = trailer["Encrypt"]
        self._encryption = encrypt.number if isinstance(encrypt, Ref) else None
        encryption = self._resolved(encrypt, last)
        filters = dictionary_of(encryption.get("CF")) or {}
        few = list(filters.items())[:_MAX_CRYPT_FILTERS]
        if few:
            encryption["CF"] = {key: self._resolved(value, last) for key, value in few}
        self.encryption = encryption
        parts = self._resolve(trailer.get("ID"), last)
        first = parts[0] if isinstance(parts, tuple) and parts else None
        return open_cipher(encryption, first if isinstance(first, bytes) else None)


def _is_table(value: Value) -> bool:
    """Tell whether ``value`` is a cross-reference stream, which is never encrypted (§7.5.8.2)."""
    return isinstance(value, Stream) and name(value.dictionary.get("Type")) == "XRef"
