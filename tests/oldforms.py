"""Signed PDFs written by hand, whatever their /SubFilter: forms that no library writes any more."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import replace

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from antin.pki.der_write import tlv
from tests.pdfs import appended
from tests.signedpdf import blank_pdf
from tests.smallpki import CmsShape, Holder, make_cms

_ROOM = 16384
_RANGE = b"[0 %010d %010d %010d]"


def signed_by_hand(
    make: Callable[[bytes], bytes],
    subfilter: bytes | None,
    certificates: Sequence[bytes] = (),
    *,
    kind: bytes = b"Sig",
    data: bytes | None = None,
) -> bytes:
    """Return a PDF with one signature; ``make`` gets the covered bytes and returns /Contents."""
    named = b"" if subfilter is None else b"/SubFilter/" + subfilter
    certs = b"".join(b"<%b>" % der.hex().encode() for der in certificates)
    cert = b"/Cert" + (b"[%b]" % certs if len(certificates) > 1 else certs) if certs else b""
    whole = appended(
        data or blank_pdf(),
        {
            1: b"<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[8 0 R]/SigFlags 3>>>>",
            7: b"<</Type/%b/Filter/Adobe.PPKLite%b/ByteRange%b%b/Contents<%b>>>"
            % (kind, named, _RANGE % (0, 0, 0), cert, bytes(_ROOM).hex().encode()),
            8: b"<</FT/Sig/T(Sig1)/V 7 0 R/Subtype/Widget/Type/Annot/F 132/Rect[0 0 0 0]/P 3 0 R>>",
        },
    )
    start = whole.rindex(b"/Contents<") + len(b"/Contents")
    end = start + 2 * _ROOM + 2
    whole = whole.replace(_RANGE % (0, 0, 0), _RANGE % (start, end, len(whole) - end))
    contents = make(whole[:start] + whole[end:]).hex().encode().ljust(2 * _ROOM, b"0")
    assert len(contents) == 2 * _ROOM
    return whole[:start] + b"<" + contents + b">" + whole[end:]


def pkcs7_sha1(holder: Holder, shape: CmsShape | None = None) -> Callable[[bytes], bytes]:
    """Return what makes adbe.pkcs7.sha1: a CMS whose content is the SHA-1 of the file."""

    def make(covered: bytes) -> bytes:
        content = hashlib.sha1(covered, usedforsecurity=False).digest()
        chosen = shape or CmsShape(digest="sha1", ess=False)
        digest = hashlib.new(chosen.digest, content).digest()
        return make_cms(holder, digest, replace(chosen, content=content))

    return make


def rsa_value(holder: Holder, digest: str = "sha1") -> Callable[[bytes], bytes]:
    """Return what makes adbe.x509.rsa_sha1: an OCTET STRING with the bare value."""
    key = holder.key
    assert isinstance(key, rsa.RSAPrivateKey)
    algorithm: hashes.HashAlgorithm = getattr(hashes, digest.upper())()
    return lambda covered: tlv(0x04, key.sign(covered, padding.PKCS1v15(), algorithm))


def detached(holder: Holder, shape: CmsShape | None = None) -> Callable[[bytes], bytes]:
    """Return what makes a detached CMS."""
    chosen = shape or CmsShape()
    return lambda covered: make_cms(holder, hashlib.new(chosen.digest, covered).digest(), chosen)
