"""The document security store (ISO 32000-2 §12.8.4.3): what a later check without network needs."""

from pathlib import Path
from typing import Any, Final

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.decode_limits import DecodePurpose

from antin.core.errors import InputError
from antin.pdf.foreign import translated
from antin.pki.revocation import RevocationData
from antin.signer.incremental import Appender, open_for_update
from antin.signer.pdf_objects import array, dictionary, entry, name, stream

_KINDS: Final = (
    ("/Certs", DecodePurpose.CERTIFICATE),
    ("/CRLs", DecodePurpose.CRL),
    ("/OCSPs", DecodePurpose.OCSP_RESPONSE),
)


def add_validation_data(path: Path, data: RevocationData) -> bool:
    """Append a revision to ``path``, in place, with what of ``data`` its store lacks.

    Return whether anything was lacking. What the store holds already stays as it is. Errors: those
    of reading the PDF, ``storage_full``.
    """
    with open_for_update(path) as writer:
        values = (data.certificates, data.crls, data.ocsps)
        held = entry(writer.root, "/DSS")
        store = held if isinstance(held, generic.DictionaryObject) else None
        fresh = {
            key: [one for one in wanted if one not in _present(store, key, purpose)]
            for (key, purpose), wanted in zip(_KINDS, values, strict=True)
        }
        if not any(fresh.values()):
            return False
        _extend(writer, store, fresh)
        writer.append()
    return True


def _extend(
    writer: Appender, store: generic.DictionaryObject | None, fresh: dict[str, list[bytes]]
) -> None:
    held = dictionary({"/Type": name("/DSS")}) if store is None else store
    for key, values in fresh.items():
        if values:
            added = [writer.add_object(stream({}, value)) for value in values]
            held[name(key)] = array([*_items(store, key), *added])
    if store is None:
        writer.set_catalog_entry("/DSS", writer.add_object(held))
    else:
        writer.update_container(held)


def _items(store: generic.DictionaryObject | None, key: str) -> list[Any]:
    found = entry(store, key) if store is not None else None
    return list(found) if isinstance(found, generic.ArrayObject) else []


def _present(
    store: generic.DictionaryObject | None, key: str, purpose: DecodePurpose
) -> frozenset[bytes]:
    """Return the values that can be read; a damaged one is as good as none."""
    found = set()
    for item in _items(store, key):
        try:
            with translated("its validation data"):
                found.add(item.get_object().read_data(purpose))
        except InputError:
            continue
    return frozenset(found)
