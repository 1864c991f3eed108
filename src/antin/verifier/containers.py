"""What stands in /Contents: read by what it is, whatever /SubFilter calls it.

Each form states a digest of the byte range somewhere else, and that is all in which they differ
here: everything behind it is judged alike. A name that does not fit, is unknown or missing is told,
and read on by what is there; only who promises a time-stamp and brings a signature, or the other
way round, has broken his word.
"""

from dataclasses import dataclass, field
from typing import Final

from antin.core.errors import InputError
from antin.pdf.document import SignatureField
from antin.pki.cms_read import ParsedSignature, parse_signature
from antin.pki.cms_structure import DATA, TST_INFO
from antin.pki.rsa_values import is_rsa_value, read_rsa_value
from antin.pki.timestamps import TimestampToken, read_token

CADES: Final = "ETSI.CAdES.detached"
STAMP: Final = "ETSI.RFC3161"
PKCS7: Final = "adbe.pkcs7.detached"
PKCS7_SHA1: Final = "adbe.pkcs7.sha1"
RSA_SHA1: Final = "adbe.x509.rsa_sha1"
KNOWN: Final = frozenset({CADES, STAMP, PKCS7, PKCS7_SHA1, RSA_SHA1})
UNBOUND: Final = frozenset({PKCS7, PKCS7_SHA1, RSA_SHA1})
"""Forms that need not name the signer's certificate in a signed attribute."""
_SHA1_BYTES: Final = 20


@dataclass(frozen=True)
class Stated:
    """What a container says of the byte range."""

    digest: str
    """Algorithm, as ``new_digest`` names it."""
    value: bytes | None = field(repr=False)
    """None: the signature value itself is over the digest; empty: it could not be read."""


@dataclass(frozen=True)
class Container:
    """A container, read; nothing in it is believed yet."""

    forms: tuple[str, ...]
    """The /SubFilter names that fit it, the plainest first."""
    cms: ParsedSignature
    stated: Stated
    token: TimestampToken | None = None
    """For a document time-stamp: the token, whose CMS ``cms`` is."""


def read_container(place: SignatureField) -> Container:
    """Read the contents of ``place``.

    Errors: ``cms_malformed``, ``algorithm_forbidden``.
    """
    if is_rsa_value(place.contents):
        cms = read_rsa_value(place.contents, place.certificates)
        return _kept_word(place, Container((RSA_SHA1,), cms, _attested(cms)))
    if place.subfilter == STAMP:
        return _stamp(read_token(place.contents))
    cms = parse_signature(place.contents)
    if cms.content is None:
        return Container((PKCS7, CADES), cms, _attested(cms))
    if cms.content_type == TST_INFO:
        return _kept_word(place, _stamp(read_token(place.contents)))
    if cms.content_type == DATA and len(cms.content) == _SHA1_BYTES:
        return Container((PKCS7_SHA1,), cms, Stated("sha1", cms.content))
    raise InputError("cms_malformed", detail="it carries content of its own")


def _stamp(token: TimestampToken) -> Container:
    return Container((STAMP,), token.cms, Stated(token.digest, token.imprint), token)


def _attested(cms: ParsedSignature) -> Stated:
    return Stated(cms.digest, cms.message_digest)


def _kept_word(place: SignatureField, found: Container) -> Container:
    """Raise where a known name promises a time-stamp and there is a signature, or vice versa."""
    promised = place.subfilter in KNOWN and (place.subfilter == STAMP) != (found.token is not None)
    if promised:
        what = "a signature" if found.token is None else "a time-stamp"
        raise InputError("cms_malformed", detail=f"{place.subfilter} with {what} in it")
    return found
