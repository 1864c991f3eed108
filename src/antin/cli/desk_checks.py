"""What the desk recomputes before a key signs: it never signs what it can't explain.

The known attacks on local signing services make them sign an opaque hash. Here the file that was
displayed, the file that was prepared and the attributes to be signed must fit each other, by our
own computing, not the server's.
"""

import hashlib
from dataclasses import dataclass
from typing import Any, Final

from asn1crypto import cms, core, tsp

from antin.core.bytesource import ByteSource
from antin.core.digests import CHUNK, digest_ranges, same
from antin.core.errors import AntinError, RefusedError
from antin.core.limits import MAX_CMS_BYTES
from antin.pdf.document import PdfDocument, SignatureField, open_pdf
from antin.pdf.objects import Ref
from antin.pdf.restrictions import Restrictions
from antin.verifier.changes.steps import StepClassifier

_ATTRIBUTES: Final = {"content_type", "message_digest", "signing_certificate_v2"}
"""What PAdES baseline signs (EN 319 142-1 §6.3): nothing else gets under the officer's key."""

_DIGESTS: Final = frozenset({"sha256", "sha384", "sha512"})


@dataclass(frozen=True)
class Offer:
    """What the server prepared, as it says."""

    field: str
    byte_range: tuple[int, ...]
    digest_algorithm: str
    signed_attributes: bytes
    restrictions: Restrictions
    """What the officer was told that the signature makes final."""


def check_offer(shown: ByteSource, prepared: ByteSource, offer: Offer, certificate: bytes) -> None:
    """Raise ``prepared_document_wrong`` unless the offer is what the officer looked at.

    ``shown`` is the file that was displayed, ``certificate`` the chosen one (DER).
    """
    # 1. The prepared file begins with the displayed bytes: nothing displayed was replaced.
    _require(_begins_with(prepared, shown), "it does not begin with the document that was shown")
    # 2. One revision was added, and all it does is to add this signature field with its stamp.
    _check_revision(shown, prepared, offer)
    # 3. The digest to be signed is over the whole prepared file but the field's own contents.
    start, before, after, rest = offer.byte_range
    covered = start == 0 and before < after and after + rest == prepared.size
    _require(covered and before >= shown.size, "the byte range leaves something out")
    _require(_is_empty_value(prepared, before, after), "the byte range leaves something out")
    # 4. The attributes hold this digest, name this certificate, and nothing else.
    attributes = _attributes(offer.signed_attributes)
    digest = digest_ranges(prepared, [(0, before), (after, rest)], offer.digest_algorithm)
    _require(same(attributes["message_digest"].native, digest), "the digest is of something else")
    _require(attributes["content_type"].native == "data", "the content type is not data")
    _require(
        _names(attributes["signing_certificate_v2"], certificate), "it names another certificate"
    )


def _require(holds: bool, otherwise: str) -> None:  # noqa: FBT001 — reads as a sentence
    if not holds:
        raise RefusedError("prepared_document_wrong", detail=otherwise)


def _begins_with(whole: ByteSource, start: ByteSource) -> bool:
    return whole.size > start.size and all(
        whole.pread(offset, min(CHUNK, start.size - offset)) == start.pread(offset, CHUNK)
        for offset in range(0, start.size, CHUNK)
    )


def _is_empty_value(prepared: ByteSource, start: int, end: int) -> bool:
    """Tell whether a value laid ready is all that lies there: what is left out, nobody signs."""
    length = end - start
    if length > 2 * MAX_CMS_BYTES:
        return False
    return prepared.pread(start, length) == b"<" + b"0" * (length - 2) + b">"


def _check_revision(shown: ByteSource, prepared: ByteSource, offer: Offer) -> None:
    try:
        before, after = open_pdf(shown), open_pdf(prepared)
        added = _added(before, after)
        step = after.annex(StepClassifier).result(after.revisions)
    except AntinError as error:
        raise RefusedError("prepared_document_wrong", detail=error.detail) from error
    _require(after.revisions == before.revisions + 1, "more than one revision was added")
    _require(len(added) == 1, "it adds other than one signature field")
    (field,) = added
    _require(field.name == offer.field, "the signature field has another name")
    _require(tuple(field.byte_range) == offer.byte_range, "the byte range is another")
    certified = field.restrictions.permission is not None and _names_it(before, after, field)
    expected = {("catalog_changed", ("Perms",))} if certified else set()
    changes = {c.code for c in step.changes if (c.code, c.keys) not in expected}
    _require(step.level is not None, "what it changes could not be determined")
    _require(changes == {"signature_added"}, "it changes more than adding a signature")
    said = "it makes other things final than was said"
    _require(field.restrictions == offer.restrictions, said)
    _require(not field.contents.strip(b"\0"), "the field is signed already")


def _names_it(before: PdfDocument, after: PdfDocument, field: SignatureField) -> bool:
    """Tell whether the catalog names the certification, and permits as before for the rest."""
    was, now = (
        one.final_view.dictionary(one.final_view.catalog.get("Perms")) for one in (before, after)
    )
    return now == {**was, "DocMDP": Ref(field.object_number or 0)}


def _added(before: PdfDocument, after: PdfDocument) -> list[SignatureField]:
    known = {field.name for field in before.signatures}
    return [field for field in after.signatures if field.name not in known]


def _attributes(der: bytes) -> dict[str, Any]:
    """Parse the attributes strictly: each known, each once, nothing that re-encoding changes."""
    try:
        parsed = cms.CMSAttributes.load(der, strict=True)
        found = {attribute["type"].native: attribute["values"] for attribute in parsed}
        once = len(found) == len(parsed) and all(len(values) == 1 for values in found.values())
        exact = parsed.dump(force=True) == der
    except (ValueError, TypeError, KeyError) as error:
        raise RefusedError("prepared_document_wrong", detail="attributes unreadable") from error
    _require(once and exact and set(found) == _ATTRIBUTES, "it would sign other attributes")
    return {name: values[0] for name, values in found.items()}


def _names(value: tsp.SigningCertificateV2, certificate: bytes) -> bool:
    """Tell whether the attribute names this one, by a digest of today, and limits nothing."""
    try:
        (only,) = value["certs"]
        algorithm = only["hash_algorithm"]["algorithm"].native
        if algorithm not in _DIGESTS or not isinstance(value["policies"], core.Void):
            return False
        expected = hashlib.new(algorithm, certificate).digest()
        return same(core.OctetString(only["cert_hash"].native).native, expected)
    except (ValueError, TypeError, KeyError, IndexError):
        return False
