"""The document security store (ISO 32000-2 §12.8.4.3): what a later check without network needs."""

from pathlib import Path

from antin.pdf.objects import Dictionary, Name, Value
from antin.pdf.serialise import compressed
from antin.pdf.stores import StoreReader
from antin.pdf.writer import Update
from antin.pki.revocation import RevocationData
from antin.signer.incremental import append, open_for_update


def add_validation_data(path: Path, data: RevocationData) -> bool:
    """Append a revision to ``path``, in place, with what of ``data`` its store lacks.

    Return whether anything was lacking. What the store holds already stays as it is. Errors: those
    of reading the PDF, ``storage_full``.
    """
    with open_for_update(path) as update:
        fresh = _lacking(update, data)
        if not any(fresh.values()):
            return False
        _extend(update, fresh)
        append(path, update)
    return True


def _lacking(update: Update, data: RevocationData) -> dict[str, list[bytes]]:
    """Return what the file's last view does not hold; what is damaged there is as good as none."""
    document = update.document
    held = StoreReader().read(update.view, document.revisions)
    wanted = {
        "Certs": (data.certificates, held.certificates if held else ()),
        "CRLs": (data.crls, held.crls if held else ()),
        "OCSPs": (data.ocsps, held.ocsps if held else ()),
    }
    return {
        key: [one for one in dict.fromkeys(new) if one not in set(old)]
        for key, (new, old) in wanted.items()
    }


def _extend(update: Update, fresh: dict[str, list[bytes]]) -> None:
    held = update.catalog.get("DSS")
    number, store = update.number_of(held), update.dictionary(held)
    extended: dict[str, Value] = dict(store) or {"Type": Name("DSS")}
    for key, values in fresh.items():
        if values:
            added = (update.add(compressed({}, value)) for value in values)
            extended[key] = (*update.items(store.get(key)), *added)
    _keep(update, number, extended, direct=bool(store))


def _keep(update: Update, number: int | None, store: Dictionary, *, direct: bool) -> None:
    """Write the store where it lies; a new one becomes an object of its own."""
    if number is not None:
        update.replace(number, store)
    else:
        update.set_catalog_entry("DSS", store if direct else update.add(store))
