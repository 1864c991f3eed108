"""CRLs by their own words: scope, entries, what makes one tell nothing; read once, kept bounded."""

from datetime import datetime
from typing import Any

import pytest
from asn1crypto import core
from cryptography import x509

from antin.core.errors import InputError
from antin.pki import crl_index, crl_read
from antin.pki.bounded_cache import BoundedCache
from antin.pki.certificates import load_certificate
from antin.pki.crls import load_crl, speaks_about, statement
from antin.pki.der_write import integer, oid, sequence, tlv
from antin.pki.statement import Statement, covers
from tests.smallpki import DAY, NOW, Holder, make_root, sign_value

ECDSA = sequence(oid("1.2.840.10045.4.3.2"))
REASON, ISSUER = "2.5.29.21", "2.5.29.29"


@pytest.fixture(scope="module")
def ca() -> Holder:
    return make_root("Specimen CA", kind="p256")


@pytest.fixture(scope="module")
def leaf(ca: Holder) -> Holder:
    return ca.issue("Nguyễn Văn A")


def utc(moment: datetime) -> bytes:
    encoded: bytes = core.UTCTime(moment).dump()
    return encoded


def extension(dotted: str, value: bytes, *, critical: bool = False) -> bytes:
    return sequence(oid(dotted), b"\x01\x01\xff" if critical else b"", tlv(4, value))


def entry(holder: Holder, when: datetime, *extensions: bytes) -> bytes:
    listed = sequence(*extensions) if extensions else b""
    return sequence(integer(holder.certificate.serial_number), utc(when), listed)


def reason(number: int) -> bytes:
    return extension(REASON, bytes((0x0A, 1, number)))


def crl(ca: Holder, *entries: bytes, extensions: tuple[bytes, ...] = (), **parts: Any) -> bytes:
    """Return a DER CRL of ``ca`` with these entries as they are."""
    body = sequence(
        parts.get("version", integer(1)),
        parts.get("inner", ECDSA),
        parts.get("issuer", ca.certificate.subject.public_bytes()),
        parts.get("this_update", utc(NOW - DAY)),
        parts.get("next_update", utc(NOW + DAY)),
        sequence(*entries) if entries else b"",
        tlv(0xA0, sequence(*extensions)) if extensions else b"",
        parts.get("after", b""),
    )
    return sequence(body, ECDSA, tlv(3, b"\x00", sign_value(ca.key, body)))


def said(der: bytes, leaf: Holder, ca: Holder) -> Statement | str:
    """Return the statement, or why there is none."""
    read, subject, issuer = load_crl(der), load_certificate(leaf.der), load_certificate(ca.der)
    if not speaks_about(read, subject, issuer):
        return "not about it"
    return statement(read, subject) or "cannot tell"


def status(der: bytes, leaf: Holder, ca: Holder) -> str:
    found = said(der, leaf, ca)
    return found if isinstance(found, str) else found.status


def test_good_revoked_and_on_hold(ca: Holder, leaf: Holder) -> None:
    other = entry(ca.issue("Trần Thị B"), NOW - 2 * DAY, reason(1))
    assert status(crl(ca), leaf, ca) == "good"
    assert status(crl(ca, other), leaf, ca) == "good"
    for number, held in ((0, False), (1, False), (6, True), (10, False)):
        found = said(crl(ca, other, entry(leaf, NOW - 2 * DAY, reason(number))), leaf, ca)
        assert isinstance(found, Statement)
        assert (found.status, found.on_hold) == ("revoked", held)
        assert found.revoked_at == NOW - 2 * DAY


def test_of_several_entries_the_final_and_first_counts(ca: Holder, leaf: Holder) -> None:
    hold = entry(leaf, NOW - 9 * DAY, reason(6))
    late, early = entry(leaf, NOW - DAY, reason(1)), entry(leaf, NOW - 5 * DAY, reason(1))
    found = said(crl(ca, hold, late, early), leaf, ca)
    assert isinstance(found, Statement)
    assert (found.on_hold, found.revoked_at) == (False, NOW - 5 * DAY)


@pytest.mark.parametrize(
    "extensions",
    [
        (reason(8),),
        (reason(7),),
        (reason(11),),
        (extension(REASON, b"\x0a\x00"),),
        (extension(REASON, b"\x02\x01\x01"),),
        (reason(1), reason(1)),
        (extension(ISSUER, sequence(), critical=True),),
        (extension("1.2.3.4", b"\x05\x00", critical=True),),
    ],
    ids=range(8),
)
def test_entries_that_cannot_be_judged(
    ca: Holder, leaf: Holder, extensions: tuple[bytes, ...]
) -> None:
    assert status(crl(ca, entry(leaf, NOW - DAY, *extensions)), leaf, ca) == "cannot tell"


def test_a_critical_extension_of_another_entry_spoils_the_crl(ca: Holder, leaf: Holder) -> None:
    """RFC 5280 §5.3; with certificateIssuer all that follows may be another authority's."""
    odd = entry(ca.issue("Trần Thị B"), NOW - DAY, extension(ISSUER, sequence(), critical=True))
    assert status(crl(ca, odd), leaf, ca) == "cannot tell"


def test_a_date_that_does_not_exist(ca: Holder, leaf: Holder) -> None:
    good = entry(leaf, datetime(2026, 1, 28, tzinfo=NOW.tzinfo))
    bad = good.replace(b"260128", b"260230")
    assert status(crl(ca, good), leaf, ca) == "revoked"
    assert status(crl(ca, bad), leaf, ca) == "cannot tell"


def point(*parts: bytes) -> tuple[bytes, ...]:
    return (extension("2.5.29.28", sequence(*parts), critical=True),)


URL = "http://ca.invalid/ca.crl"
NAMED = tlv(0xA0, tlv(0xA0, tlv(0x86, URL.encode())))


@pytest.mark.parametrize(
    ("extensions", "expected"),
    [
        (point(), "good"),
        (point(NAMED), "good"),
        (point(tlv(0xA0, tlv(0xA0, tlv(0x86, b"http://elsewhere")))), "not about it"),
        (point(tlv(0xA0, tlv(0xA1, b""))), "not about it"),
        (point(tlv(0x81, b"\xff")), "good"),
        (point(tlv(0x82, b"\xff")), "not about it"),
        (point(tlv(0x83, b"\x01\x06")), "not about it"),
        (point(tlv(0x84, b"\xff")), "not about it"),
        (point(tlv(0x85, b"\xff")), "not about it"),
        (point(tlv(0x84, b"\x00")), "good"),
        ((extension("2.5.29.27", integer(1)),), "not about it"),
        ((extension("2.5.29.27", integer(1), critical=True),), "not about it"),
        ((extension("1.2.3.4", b"\x05\x00"),), "good"),
        ((extension("1.2.3.4", b"\x05\x00", critical=True),), "not about it"),
        ((extension("2.5.29.20", integer(7), critical=True),), "good"),
    ],
    ids=range(15),
)
def test_scope(ca: Holder, extensions: tuple[bytes, ...], expected: str) -> None:
    leaf = ca.issue("Nguyễn Văn A", crl_url=URL)
    assert status(crl(ca, extensions=extensions), leaf, ca) == expected


def test_scope_of_authorities(ca: Holder) -> None:
    below = ca.issue("Specimen CA 2", ca=True)
    assert status(crl(ca, extensions=point(tlv(0x81, b"\xff"))), below, ca) == "not about it"
    assert status(crl(ca, extensions=point(tlv(0x82, b"\xff"))), below, ca) == "good"


@pytest.mark.parametrize(
    "parts",
    [
        {"version": integer(0)},
        {"version": b"", "extensions": (extension("2.5.29.20", integer(7)),)},
        {"inner": sequence(oid("1.2.840.10045.4.3.3"))},
        {"after": b"\x05\x00"},
        {"extensions": (extension("2.5.29.20", integer(7)),) * 2},
        {"extensions": point(tlv(0x86, b"\xff"))},
        {"extensions": (extension("2.5.29.60", integer(7)),)},
        {"this_update": integer(5)},
    ],
    ids=range(8),
)
def test_crls_that_are_malformed(ca: Holder, parts: dict[str, Any]) -> None:
    with pytest.raises(InputError) as caught:
        load_crl(crl(ca, **parts))
    assert caught.value.code == "revocation_malformed"


def test_expired_certificates_that_stay_listed(ca: Holder) -> None:
    leaf = ca.issue("Nguyễn Văn A", not_after=NOW - 5 * DAY)
    moments = {"kept": NOW - 6 * DAY, "dropped": NOW - 4 * DAY}
    outcomes = {}
    for name, since in moments.items():
        kept = core.GeneralizedTime(since).dump()
        found = said(crl(ca, extensions=(extension("2.5.29.60", kept),)), leaf, ca)
        assert isinstance(found, Statement)
        assert found.keeps_expired_since == since
        outcomes[name] = covers(found, NOW - 7 * DAY, NOW, leaf.certificate.not_valid_after_utc)
    assert outcomes == {"kept": True, "dropped": False}


def test_forged_and_foreign(ca: Holder, leaf: Holder) -> None:
    impostor = make_root("Specimen CA")
    assert status(crl(impostor), leaf, ca) == "not about it"
    foreign = make_root("Other CA").certificate.subject.public_bytes()
    assert status(crl(ca, issuer=foreign), leaf, ca) == "not about it"
    der = bytearray(crl(ca, entry(leaf, NOW - DAY)))
    der[-1] ^= 1
    assert status(bytes(der), leaf, ca) == "not about it"


def test_the_index_is_made_at_first_use_and_kept(
    ca: Holder, leaf: Holder, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[tuple[int, int]] = []
    index = crl_index.index_entries

    def counted(data: bytes, start: int, stop: int) -> Any:
        made.append((start, stop))
        return index(data, start, stop)

    monkeypatch.setattr(crl_read, "index_entries", counted)
    der = crl(ca, entry(leaf, NOW - DAY), this_update=utc(NOW - 3 * DAY))
    impostor = crl(make_root("Specimen CA"), entry(leaf, NOW - DAY))
    assert status(impostor, leaf, ca) == "not about it"
    assert made == []  # nobody's CRL is not worth the work
    for _ in range(3):
        assert status(bytes(bytearray(der)), leaf, ca) == "revoked"
    assert len(made) == 1


def test_what_is_kept_is_bounded(ca: Holder, monkeypatch: pytest.MonkeyPatch) -> None:
    cache: BoundedCache[bytes, crl_read.Crl] = BoundedCache(2000, lambda one: len(one.der))
    monkeypatch.setattr(crl_read, "KEPT", cache)
    for number in range(20):
        load_crl(crl(ca, extensions=(extension("2.5.29.20", integer(number)),)))
        assert cache.held() <= 2000


def test_names_in_another_encoding_are_the_same(ca: Holder, leaf: Holder) -> None:
    printable = x509.Name(
        [
            x509.NameAttribute(
                x509.NameOID.COMMON_NAME, "Specimen CA", x509.name._ASN1Type.PrintableString
            )
        ]
    )
    assert printable.public_bytes() != ca.certificate.subject.public_bytes()
    assert status(crl(ca, issuer=printable.public_bytes()), leaf, ca) == "good"
