"""The document security store: validation data added later (ISO 32000-2 §12.8.4.3)."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from antin.core.errors import InputError
from antin.pdf.history import View
from antin.pdf.objects import Ref, Value

MAX_ITEMS: Final = 20_000


@dataclass(frozen=True)
class ValidationStore:
    """Certificates, CRLs and OCSP answers that first appeared in ``revision``; DER, unchecked."""

    certificates: tuple[bytes, ...]
    crls: tuple[bytes, ...]
    ocsps: tuple[bytes, ...]
    revision: int


_KINDS: Final = (("Certs", "Cert"), ("CRLs", "CRL"), ("OCSPs", "OCSP"))
"""The store's own lists, and what one signature's part of it calls them."""


class StoreReader:
    """Reads the store of one view after another and keeps what each brought that was new."""

    def __init__(self) -> None:
        self._known: set[bytes] = set()
        self._read: set[tuple[int, int]] = set()
        self.unreadable = 0
        """How many entries could not be read."""

    def read(self, view: View, revision: int) -> ValidationStore | None:
        """Return what the store of ``view`` holds that no earlier one did; None if nothing."""
        certificates, crls, ocsps = (tuple(self._new(view, *kind)) for kind in _KINDS)
        if not (certificates or crls or ocsps):
            return None
        return ValidationStore(certificates, crls, ocsps, revision)

    def _new(self, view: View, key: str, vri_key: str) -> Iterator[bytes]:
        for item in _items(view, key, vri_key):
            data = self._data(view, item)
            if data and data not in self._known:
                self._known.add(data)
                yield data

    def _data(self, view: View, item: Value) -> bytes | None:
        place = view.place(item.number) if isinstance(item, Ref) else None
        if place is None or not isinstance(item, Ref):
            self.unreadable += 1
            return None
        if (item.number, place.section) in self._read:
            return None
        self._read.add((item.number, place.section))
        if len(self._read) > MAX_ITEMS:
            raise InputError("pdf_too_complex", detail=f"more than {MAX_ITEMS} validation data")
        try:
            return view.history.parser.stream_data(item.number, place)
        except InputError:
            self.unreadable += 1
            return None


def _items(view: View, key: str, vri_key: str) -> Iterator[Value]:
    store = view.dictionary(view.catalog.get("DSS"))
    yield from view.array(store.get(key))
    for entry in view.dictionary(store.get("VRI")).values():
        yield from view.array(view.dictionary(entry).get(vri_key))
