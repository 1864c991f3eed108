"""What a file says that it conforms to: PDF/A (ISO 19005), PDF/UA (ISO 14289).

A signature must not take that away: what it adds keeps to the part that the file names. Whether the
file was right to name it is not asked.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from antin.core.errors import InputError
from antin.pdf.document import PdfDocument
from antin.pdf.history import View
from antin.pdf.objects import Dictionary, Ref, Stream, dictionary_of, integer, name

_MAX_PACKET: Final = 4 << 20
_PDFA: Final = b"http://www.aiim.org/pdfa/ns/id/"
_PDFUA: Final = b"http://www.aiim.org/pdfua/ns/id/"
_INTENT: Final = "GTS_PDFA1"
_COLOURS: Final = 3


@dataclass(frozen=True)
class Claims:
    """What a file claims, and what it says of device colours."""

    archival: int | None = None
    """Part of ISO 19005: 1 to 4; None: the file does not claim to be PDF/A."""
    accessible: bool = False
    """The file claims to be PDF/UA."""
    intents: tuple[int | None, ...] = ()
    """How many colours the profile of each output intent of PDF/A has."""

    @property
    def standard(self) -> str:
        """The name of the claimed part."""
        return f"PDF/A-{self.archival}" if self.archival else "PDF"

    @property
    def allows_rgb(self) -> bool:
        """DeviceRGB is defined by the output intent (ISO 19005-1 §6.2.3.3, -2 §6.2.4.3)."""
        return self.archival is None or _COLOURS in self.intents

    @property
    def allows_gray(self) -> bool:
        """DeviceGray is defined by any output intent."""
        return self.archival is None or bool(self.intents)

    @property
    def allows_transparency(self) -> bool:
        """Part 1 allows none (§6.4); later ones need an intent, or colours named by each page."""
        return self.archival is None or (self.archival > 1 and bool(self.intents))

    @property
    def longest_string(self) -> int | None:
        """Bytes that a string may have (ISO 19005-1 §6.1.12, -2 §6.1.13)."""
        return {1: 65_535, 2: 32_767, 3: 32_767}.get(self.archival or 0)


def claims_of(document: PdfDocument) -> Claims:
    """Return what the last view of ``document`` claims; what can't be read claims nothing."""
    packet = _packet(document.final_view)
    part = _stated(packet, _PDFA) if packet else None
    universal = packet is not None and _stated(packet, _PDFUA) is not None
    if part is None:
        return Claims(None, universal)
    return Claims(part, universal, tuple(_intents(document.final_view)))


def _packet(view: View) -> bytes | None:
    """Return the XMP packet; 16-bit ones lose their zero bytes, which ASCII words do without."""
    item = view.catalog.get("Metadata")
    place = view.place(item.number) if isinstance(item, Ref) else None
    if place is None or not isinstance(item, Ref):
        return None
    if not isinstance(view.value(item.number), Stream):
        return None
    try:
        data = view.history.parser.stream_data(item.number, place)
    except InputError:
        return None
    return data[:_MAX_PACKET].replace(b"\0", b"")


def _stated(packet: bytes, namespace: bytes) -> int | None:
    """Return the part that is stated under ``namespace``, as an element or as an attribute."""
    bound = rb"xmlns:([\w.-]{1,40})\s{0,9}=\s{0,9}[\"']" + re.escape(namespace) + rb"[\"']"
    for prefix in {found[1] for found in re.finditer(bound, packet)}:
        part = rb"[\s<]%b:part(?:\s{0,9}=\s{0,9}[\"']|>)\s{0,9}([1-9])" % re.escape(prefix)
        found = re.search(part, packet)
        if found:
            return int(found[1])
    return None


def _intents(view: View) -> Iterator[int | None]:
    for item in view.array(view.catalog.get("OutputIntents")):
        intent: Dictionary = view.dictionary(item)
        if name(view.resolve(intent.get("S"))) == _INTENT:
            profile = dictionary_of(view.resolve(intent.get("DestOutputProfile"))) or {}
            yield integer(view.resolve(profile.get("N")))
