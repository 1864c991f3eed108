"""Signatures that are files of their own: changed anywhere, loosened, over what nobody signed."""

import hashlib
from typing import Final

from antin.core.bytesource import MemorySource
from antin.core.errors import InputError
from antin.pki.cms_file import wants_content
from antin.verifier.detached import certificates_beside, verify_cms
from antin.verifier.policy import default_policy
from antin.verifier.report import Conclusion, Indication
from antin.verifier.signed_content import Content, ContentDigest, Given
from antin.verifier.writers.etsi_xml import to_etsi_xml
from antin.verifier.writers.json import to_json
from antin.verifier.writers.text import to_text
from tests.fuzz import der_cases
from tests.fuzz.seed_files import seed_trust
from tests.fuzz.target import Dice, pack, unpack
from tests.fuzz.text_mutations import mutated_text, pem
from tests.smallpki import NOW

_SIGNED: Final = bytes(range(32))
"""The digest that the seeds are over."""
_UNSIGNED: Final = b"what nobody signed"
_WAYS: Final = (b"inside", b"digest", b"other digest", b"file", b"other algorithm")


def cms_file_case(chance: Dice) -> bytes:
    """Return a way of handing in content, and a file."""
    data = der_cases.cms(chance)
    roll = chance.random()
    if roll < 0.15:
        data = pem(chance.choice(("CMS", "PKCS7")), data)
        data = mutated_text(data, chance) if chance.random() < 0.6 else data
    elif roll < 0.4:
        data = _loosened(data, chance)
    return pack((chance.choice(_WAYS), data))


def _loosened(data: bytes, chance: Dice) -> bytes:
    """Return ``data`` with one of its first headers open-ended, its end marked or not."""
    at = chance.choice((0, 15, 19))
    if len(data) < at + 4:
        return data
    count = data[at + 1] & 0x7F if data[at + 1] & 0x80 else 0
    end = chance.choice((b"\x00\x00", b"", b"\x00", b"\x00" * 4))
    return data[: at + 1] + b"\x80" + data[at + 2 + count :] + end


def check_cms_file(case: bytes) -> None:
    """Verify a case; nothing breaks off inside, and nobody is believed to have signed the rest."""
    way, data = unpack(case)
    source, given = MemorySource(data), _given(way)
    wants_content(source)
    report = verify_cms(source, given, "case.p7s", seed_trust(), NOW, default_policy())
    to_json(report).encode()
    to_text(report, str, verbose=True).encode()
    to_etsi_xml(report).encode()
    told = [*report.findings, *(f for one in report.signatures for f in one.findings)]
    assert not [found.detail for found in told if found.code == "check_failed"]
    passed = [one for one in report.signatures if one.indication is Indication.PASSED]
    if way in {b"other digest", b"file", b"other algorithm"}:
        assert not passed, "a forgery was believed"
    assert report.conclusion is not Conclusion.PASSED or passed == list(report.signatures) != []
    if report.error is not None:
        assert report.error.code != "defect", report.error
        raise InputError(report.error.code, detail="as the report says")
    certificates_beside(source)


def _given(way: bytes) -> Given:
    if way == b"digest":
        return ContentDigest("sha256", _SIGNED)
    if way == b"other digest":
        return ContentDigest("sha256", hashlib.sha256(_UNSIGNED).digest())
    if way == b"other algorithm":
        return ContentDigest("sha3_256", _SIGNED)
    return Content("x", MemorySource(_UNSIGNED)) if way == b"file" else None
