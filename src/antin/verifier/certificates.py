"""Which certificates a file brings: those whose revocation data are worth fetching."""

from collections.abc import Iterator

from antin.core.bytesource import ByteSource
from antin.core.errors import AntinError
from antin.pdf.document import Manner, SignatureField, open_pdf
from antin.pki.cms_attributes import CONTENT_TIMESTAMP, values_of
from antin.pki.timestamps import read_token
from antin.verifier.containers import read_container


def certificates_in(source: ByteSource, manner: Manner = Manner.STRICT) -> tuple[bytes, ...]:
    """Return the DER certificates of all signatures, time-stamps and stores in a PDF.

    What can't be read is left out: the judgement names it. Errors: those of ``open_pdf``.
    """
    document = open_pdf(source, manner)
    found = [der for store in document.validation_stores for der in store.certificates]
    for field in document.signatures:
        try:
            found += _of(field)
        except AntinError:
            continue
    return tuple(dict.fromkeys(found))


def _of(field: SignatureField) -> Iterator[bytes]:
    parsed = read_container(field).cms
    yield from parsed.certificates
    for token in (*values_of(parsed.signed_attributes, CONTENT_TIMESTAMP), *parsed.timestamps):
        yield from read_token(token).cms.certificates
