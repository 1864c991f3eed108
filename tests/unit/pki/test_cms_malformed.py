"""What a CMS says is read field by field; what is wrong in it is refused, and told where."""

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from antin.core.digests import digest_of
from antin.core.errors import InputError, RefusedError
from antin.pki import cms_read
from antin.pki.certificates import load_certificate
from antin.pki.cms_attributes import values_of
from antin.pki.cms_read import ParsedSignature, check_value, ess_matches, find_signer, parse_signers
from antin.pki.cms_read import parse_signature as parse
from antin.pki.der import BER
from antin.pki.der_read import Cursor
from antin.pki.der_write import NULL, integer, oid, sequence, set_of, tlv
from antin.pki.ess import EssCertificate
from tests.cmsparts import (
    CONTENT_TYPE,
    DATA,
    DIGEST,
    MESSAGE_DIGEST,
    PROTECTION,
    SHA256,
    SHA512,
    SIGNED_DATA,
    STAMP,
    Parts,
    attribute,
)
from tests.smallpki import Holder, make_root, sign_value

ARCHIVED = "1.2.840.113583.1.1.8"
ESS, ESS_V2 = "1.2.840.113549.1.9.16.2.12", "1.2.840.113549.1.9.16.2.47"
SIGNING_TIME = "1.2.840.113549.1.9.5"
OCSP = oid("1.3.6.1.5.5.7.16.2")
CRL, ANSWER, TOKEN = sequence(integer(1)), sequence(integer(2)), sequence(integer(3))
KEPT_CRL, KEPT_ANSWER = sequence(integer(4)), sequence(integer(5))
VERSION = "its version is not the one that its content asks for"
UNLISTED = "its digest algorithm is not among those announced"


@pytest.fixture(scope="module")
def root() -> Holder:
    return make_root()


@pytest.fixture(scope="module")
def signer(root: Holder) -> Holder:
    return root.issue("Nguyễn Văn A")


def archived(crls: list[bytes], answers: list[bytes]) -> bytes:
    return attribute(ARCHIVED, sequence(tlv(0xA0, sequence(*crls)), tlv(0xA1, sequence(*answers))))


def issuer_serial(holder: Holder) -> bytes:
    certificate = holder.certificate
    names = sequence(tlv(0xA4, certificate.issuer.public_bytes()))
    return sequence(names, integer(certificate.serial_number))


def everything(holder: Holder) -> Parts:
    """Return a CMS that has each field that is read, once."""
    parts = Parts(holder)
    named = tlv(4, hashlib.sha512(holder.der).digest())
    parts.version = integer(5)
    parts.content = sequence(DATA, tlv(0xA0, tlv(4, b"content")))
    parts.crls = tlv(0xA1, CRL, tlv(0xA1, OCSP, ANSWER))
    parts.attributes = sorted(
        [
            CONTENT_TYPE,
            MESSAGE_DIGEST,
            attribute(ESS_V2, sequence(sequence(sequence(SHA512, named, issuer_serial(holder))))),
            attribute(SIGNING_TIME, tlv(0x17, b"260601120000Z")),
            attribute(PROTECTION, sequence(SHA256, tlv(0xA1, oid("1.2.840.10045.4.3.2")))),
            archived([KEPT_CRL], [KEPT_ANSWER]),
        ]
    )
    parts.unsigned = tlv(0xA1, attribute(STAMP, TOKEN))
    return parts


def test_every_field_is_read(signer: Holder) -> None:
    found = parse(everything(signer).der())
    serial = signer.certificate.serial_number
    assert (found.content, found.message_digest) == (b"content", DIGEST)
    assert found.certificates == (signer.der,)
    assert found.timestamps == (TOKEN,)
    assert found.revocation.crls == (CRL, KEPT_CRL)
    assert found.revocation.ocsps == (ANSWER, KEPT_ANSWER)
    assert found.claimed_time == datetime(2026, 6, 1, 12, tzinfo=UTC)
    assert found.ess == EssCertificate("sha512", hashlib.sha512(signer.der).digest(), serial)
    assert (found.issuer, found.serial) == (signer.certificate.issuer.public_bytes(), serial)
    assert found.deviations == ()


def values(der: bytes, at: int, end: int) -> Iterator[int]:
    """Return the offset of every value between two offsets, those inside others too."""
    while at < end:
        start, stop = Cursor(der, "cms_malformed", at, end).bounds()
        yield at
        if der[at] & 0x20:
            yield from values(der, start, stop)
        at = stop


def places(der: bytes, *parts: bytes) -> set[int]:
    """Return the offsets that lie in ``parts``, wherever they occur."""
    found = set()
    for part in parts:
        at = der.find(part)
        while at >= 0:
            found |= set(range(at, at + len(part)))
            at = der.find(part, at + 1)
    return found


def test_a_value_of_another_type_is_refused_wherever_one_is_read(signer: Holder) -> None:
    der = everything(signer).der()
    name = signer.certificate.issuer.public_bytes()
    # Split off by its tag alone, or left aside; who reads it later, reads it strictly.
    unread = places(der, set_of(SHA256), signer.der, CRL, name[2:], tlv(0xA4, name)) | {
        *(der.index(one) + at for one in (ANSWER, KEPT_CRL, KEPT_ANSWER) for at in (2, 3, 4)),
        *places(der, TOKEN),
        der.index(tlv(0xA1, OCSP, ANSWER)),
        der.index(tlv(0xA0, sequence(KEPT_CRL))),
        der.index(tlv(0xA1, sequence(KEPT_ANSWER))),
    }
    unread.remove(der.index(set_of(SHA256)))
    looked_at = [at for at in values(der, 0, len(der)) if at not in unread]
    assert len(looked_at) > 60
    for at in looked_at:
        changed = der[:at] + bytes([der[at] ^ 1]) + der[at + 1 :]
        with pytest.raises(InputError) as caught:
            parse(changed)
        assert caught.value.code == "cms_malformed"
        assert isinstance(caught.value.values["offset"], int), (at, caught.value.detail)


def told(der: bytes) -> tuple[str, object]:
    """Return why a CMS is refused, and where."""
    with pytest.raises(InputError) as caught:
        parse(der)
    assert caught.value.code == "cms_malformed"
    words = str(caught.value.values["detail"])
    return words.rpartition(", at byte")[0] or words, caught.value.values.get("offset")


@pytest.mark.parametrize(
    ("part", "value", "words"),
    [
        ("digests", set_of(*[SHA256] * 21), "more than 20 digest algorithms"),
        ("certificates", tlv(0xA0, *[NULL] * 201), "more than 200 certificates"),
        ("crls", tlv(0xA1, *[NULL] * 201), "more than 200 revocation data"),
        (
            "unsigned",
            tlv(0xA1, *[attribute(f"1.2.3.{n}", NULL) for n in range(101)]),
            "too many attributes",
        ),
        (
            "unsigned",
            tlv(0xA1, attribute("1.2.3.4", *[NULL] * 101)),
            "too many values of an attribute",
        ),
    ],
    ids=range(5),
)
def test_limits_are_told_with_the_place(
    signer: Holder, part: str, value: bytes, words: str
) -> None:
    parts = Parts(signer)
    setattr(parts, part, value)
    der = parts.der()
    reason, offset = told(der)
    assert reason == words
    assert offset in (der.index(value) + len(value), der.index(value) + len(value) - 2)


def test_what_is_just_within_limits_is_read(signer: Holder) -> None:
    parts, many = Parts(signer), [sequence(integer(n)) for n in range(1_000)]
    parts.digests = set_of(*[SHA256] * 20)
    parts.certificates = tlv(0xA0, *[signer.der] * 200)
    parts.unsigned = tlv(
        0xA1,
        attribute(STAMP, *[TOKEN] * 20),
        attribute("1.2.3.999", *[NULL] * 100),
        *[attribute(f"1.2.3.{n}", NULL) for n in range(98)],
    )
    parts.attributes = [
        CONTENT_TYPE,
        MESSAGE_DIGEST,
        *[attribute(f"1.2.3.{n}", NULL) for n in range(97)],
        archived(many, many),
    ]
    found = parse(parts.der())
    assert (len(found.timestamps), found.certificates) == (20, (signer.der,))
    assert (len(found.revocation.crls), len(found.revocation.ocsps)) == (1_000, 1_000)


def test_too_many_signed_attributes(signer: Holder) -> None:
    parts = Parts(signer)
    many = [attribute(f"1.2.3.{n}", NULL) for n in range(101)]
    parts.attributes = many
    der = parts.der()
    assert told(der) == ("too many attributes", der.index(many[-1]) + len(many[-1]))


@pytest.mark.parametrize("kind", [0, 1])
def test_too_many_archived_revocation_data(signer: Holder, kind: int) -> None:
    parts = Parts(signer)
    lists = ([CRL], [CRL] * 1_001)
    parts.attributes = [CONTENT_TYPE, MESSAGE_DIGEST, archived(*(lists[::-1] if kind else lists))]
    reason, offset = told(parts.der())
    assert reason == "too many revocation data"
    assert isinstance(offset, int)


def joined(*all_of_them: Parts) -> bytes:
    """Return a CMS with the head of the first and the signers of all."""
    heads, infos = [], []
    for parts in all_of_them:
        outer = Cursor(parts.der(), "cms_malformed").enter()
        outer.oid()
        inner = outer.enter(0xA0).enter()
        heads.append(b"".join(inner.raw() for _ in range(4)))
        infos.append(inner.enter(0x31).raw())
    return sequence(SIGNED_DATA, tlv(0xA0, sequence(heads[0], tlv(0x31, *infos))))


def none_signed(holder: Holder) -> bytes:
    info = joined(Parts(holder))
    inner = Cursor(info, "cms_malformed").enter()
    inner.oid()
    parts = inner.enter(0xA0).enter()
    head = b"".join(parts.raw() for _ in range(4))
    return sequence(SIGNED_DATA, tlv(0xA0, sequence(head, tlv(0x31))))


def test_one_signer_only(signer: Holder) -> None:
    assert told(none_signed(signer)) == ("0 signers", None)
    assert told(joined(Parts(signer), Parts(signer))) == ("2 signers", None)


def test_as_many_signers_as_may_be(signer: Holder) -> None:
    assert len(parse_signers(joined(*[Parts(signer)] * 100))) == 100
    with pytest.raises(InputError) as caught:
        parse_signers(der := joined(*[Parts(signer)] * 101))
    assert caught.value.code == "cms_malformed"
    assert "more than 100 signers" in caught.value.detail
    assert caught.value.values["offset"] == len(der)


def test_no_signed_data(signer: Holder) -> None:
    der = Parts(signer).der()
    changed = der.replace(SIGNED_DATA, oid("1.2.840.113549.1.7.3"), 1)
    assert told(changed) == ("it is no SignedData", der.index(SIGNED_DATA))


def test_version_of_the_signer(signer: Holder) -> None:
    parts = Parts(signer)
    parts.signer_version = integer(3)
    der = parts.der()
    assert told(der) == ("version 3 of SignerInfo", der.index(integer(3) + parts.sid))


def test_signer_named_by_something_else(signer: Holder) -> None:
    parts = Parts(signer)
    parts.sid, parts.signer_version = tlv(0x81, b"identifier"), integer(3)
    der = parts.der()
    assert told(der) == ("unexpected tag 0x81", der.index(parts.sid))


@pytest.mark.parametrize("part", ["digest", "algorithm"])
def test_algorithm_identifiers_are_sequences(signer: Holder, part: str) -> None:
    parts = Parts(signer)
    odd = tlv(0x31, oid("1.2.3.4.5.6"))
    setattr(parts, part, odd)
    der = parts.der()
    assert told(der) == ("unexpected tag 0x31", der.index(odd))


def test_the_protected_digest_is_a_sequence(signer: Holder) -> None:
    parts = Parts(signer)
    protection = sequence(NULL, tlv(0xA1, oid("1.2.840.10045.4.3.2")))
    parts.attributes = [CONTENT_TYPE, MESSAGE_DIGEST, attribute(PROTECTION, protection)]
    assert told(parts.der()) == ("unexpected tag 0x05", 2)


def test_attributes_that_are_not_where_they_belong(signer: Holder) -> None:
    parts = Parts(signer)
    twice = attribute("1.2.840.113549.1.9.4", tlv(4, b"another"))
    parts.attributes = [CONTENT_TYPE, MESSAGE_DIGEST, twice]
    der = parts.der()
    assert told(der) == ("attribute 1.2.840.113549.1.9.4 is there twice", der.index(twice))
    parts = Parts(signer)
    parts.unsigned = tlv(0xA1, attribute("1.2.3.4", NULL), twice)
    der = parts.der()
    assert told(der) == ("attribute 1.2.840.113549.1.9.4 is not signed", der.index(twice))


@pytest.mark.parametrize(
    ("attributes", "words"),
    [
        ([MESSAGE_DIGEST], "attribute 1.2.840.113549.1.9.3 is missing"),
        ([CONTENT_TYPE], "attribute 1.2.840.113549.1.9.4 is missing"),
        (
            [CONTENT_TYPE, attribute("1.2.840.113549.1.9.4", NULL, NULL)],
            "attribute 1.2.840.113549.1.9.4 with 2 values",
        ),
        (
            [attribute("1.2.840.113549.1.9.3", oid("1.2.3.4")), MESSAGE_DIGEST],
            "content-type does not fit the content",
        ),
        (
            [
                CONTENT_TYPE,
                MESSAGE_DIGEST,
                attribute(PROTECTION, sequence(SHA512, tlv(0xA1, oid("1.2.840.10045.4.3.2")))),
            ],
            "its algorithms are not those that were signed",
        ),
    ],
    ids=range(5),
)
def test_attributes_that_contradict(signer: Holder, attributes: list[bytes], words: str) -> None:
    parts = Parts(signer)
    parts.attributes = attributes
    assert told(parts.der())[0] == words


def test_too_many_time_stamps(signer: Holder) -> None:
    parts = Parts(signer)
    parts.unsigned = tlv(0xA1, attribute(STAMP, *[TOKEN] * 21))
    assert told(parts.der())[0] == "too many signature time-stamps"


def test_what_a_library_throws_is_a_malformed_cms(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RecursionError("too deep")

    monkeypatch.setattr(cms_read, "read_leniently", broken)
    assert told(b"anything") == ("too deep", None)


def test_time_stamps_of_several_attributes(signer: Holder) -> None:
    parts = Parts(signer)
    other = sequence(integer(9))
    parts.unsigned = tlv(0xA1, attribute(STAMP, TOKEN), attribute(STAMP, other))
    assert parse(parts.der()).timestamps == (TOKEN, other)


@pytest.mark.parametrize(
    ("certificate", "version"),
    [(b"", 1), (tlv(0xA1, NULL), 3), (tlv(0xA2, NULL), 4), (tlv(0xA3, NULL), 5)],
    ids=["none", "extended", "attribute", "other"],
)
def test_certificates_of_other_kinds_ask_for_a_version(
    signer: Holder, certificate: bytes, version: int
) -> None:
    """RFC 5652 §5.1; only X.509 certificates are taken."""
    parts = Parts(signer)
    parts.certificates = tlv(0xA0, certificate, signer.der) if certificate else b""
    for number in (1, 3, 4, 5):
        parts.version = integer(number)
        found = parse(parts.der())
        assert found.deviations == (() if number == version else (VERSION,))
        assert found.certificates == ((signer.der,) if certificate else ())


@pytest.mark.parametrize(
    ("announced", "deviations"),
    [
        ([sequence(oid("2.16.840.1.101.3.4.2.1"), NULL)], ()),
        ([sequence(oid("1.2.3.4")), NULL, SHA512, SHA256], ()),
        ([sequence(oid("1.2.3.4")), NULL, sequence(oid("2.16.840.1.101.3.4.2.1"), NULL)], ()),
        ([sequence(oid("1.2.3.4")), NULL, SHA512], (UNLISTED,)),
    ],
    ids=range(4),
)
def test_digest_algorithms_announced_in_another_form(
    signer: Holder, announced: list[bytes], deviations: tuple[str, ...]
) -> None:
    parts = Parts(signer)
    parts.digests = tlv(0x31, *announced)
    assert parse(parts.der()).deviations == deviations


def test_protection_of_an_identifier_that_leaves_the_digest_open(signer: Holder) -> None:
    bare = oid("1.2.840.10045.2.1")
    parts = Parts(signer)
    parts.algorithm = sequence(bare)
    protected = attribute(PROTECTION, sequence(SHA256, tlv(0xA1, bare)))
    parts.attributes = sorted([*parts.attributes, protected])
    assert parse(parts.der()).algorithm.digest == "sha256"


def test_the_signer_among_certificates_of_its_issuer(root: Holder, signer: Holder) -> None:
    other = root.issue("Trần Thị B")
    parts = Parts(signer)
    parts.certificates = tlv(0xA0, root.der, other.der, signer.der)
    found = find_signer(parse(parts.der()))
    assert found is not None
    assert found.der == signer.der
    parts.certificates = tlv(0xA0, root.der, other.der)
    assert find_signer(parse(parts.der())) is None
    stranger = make_root("Somebody else").issue("Nguyễn Văn A", more=())
    parsed = replace(parse(parts.der()), serial=stranger.certificate.serial_number)
    assert find_signer(parsed, (load_certificate(stranger.der),)) is None


def named(holder: Holder, kind: str, *certificate: bytes) -> EssCertificate | None:
    parts = Parts(holder)
    value = attribute(kind, sequence(sequence(sequence(*certificate))))
    parts.attributes = sorted([CONTENT_TYPE, MESSAGE_DIGEST, value])
    return parse(parts.der()).ess


def test_which_certificate_was_meant(signer: Holder) -> None:
    """RFC 5035 §3 and its forerunner, with the digest that each assumes."""
    sha1 = digest_of(signer.der, "sha1")
    sha256, sha512 = (digest_of(signer.der, name) for name in ("sha256", "sha512"))
    serial = signer.certificate.serial_number
    assert named(signer, ESS, tlv(4, sha1)) == EssCertificate("sha1", sha1, None)
    assert named(signer, ESS_V2, tlv(4, sha256)) == EssCertificate("sha256", sha256, None)
    assert named(signer, ESS_V2, SHA512, tlv(4, sha512)) == EssCertificate("sha512", sha512, None)
    assert named(signer, ESS, tlv(4, sha1), issuer_serial(signer)) == EssCertificate(
        "sha1", sha1, serial
    )
    assert named(signer, "1.2.3.4", tlv(4, sha1)) is None


def test_a_serial_number_that_contradicts_the_digest(root: Holder, signer: Holder) -> None:
    parsed = parse(everything(signer).der())
    certificate = load_certificate(signer.der)
    assert ess_matches(parsed, certificate) is True
    ess = parsed.ess
    assert ess is not None
    for wrong in (replace(ess, serial=1), replace(ess, value=digest_of(root.der, "sha512"))):
        assert ess_matches(replace(parsed, ess=wrong), certificate) is False
    assert ess_matches(replace(parsed, ess=replace(ess, serial=None)), certificate) is True


def test_content_that_was_hashed_otherwise_than_it_was_signed(signer: Holder) -> None:
    """Without signed attributes one digest is signed; the two algorithms must be the same."""
    parts = Parts(signer)
    parts.attributes = []
    parsed = replace(parse(parts.der()), signature=sign_value(signer.key, b"a letter"))
    certificate = load_certificate(signer.der)
    assert check_value(parsed, certificate, DIGEST) is True
    assert check_value(replace(parsed, digest="sha512"), certificate, DIGEST) is False


def test_one_signer_that_cannot_be_read_hides_no_other(signer: Holder) -> None:
    """Each gets his own answer: a signature, why it can't be read, or what it is made with."""
    good, bad, odd = Parts(signer), Parts(signer), Parts(signer)
    bad.attributes = [CONTENT_TYPE]
    odd.digest = sequence(oid("1.2.3.4"))
    found = parse_signers(joined(good, bad, odd))
    assert isinstance(found[0], ParsedSignature)
    assert [one.code for one in found if isinstance(one, InputError | RefusedError)] == [
        "cms_malformed",
        "algorithm_forbidden",
    ]
    sound = parse_signers(joined(good, good))
    assert [one.message_digest for one in sound if isinstance(one, ParsedSignature)] == [DIGEST] * 2


def test_a_signer_who_is_in_ber_in_part(signer: Holder) -> None:
    """What was not signed may be in BER, among several signers as for a single one."""
    parts = Parts(signer)
    parts.unsigned = b"\xa1\x80" + attribute(STAMP, TOKEN) + b"\x00\x00"
    found = parse_signers(joined(Parts(signer), parts))
    assert [one.deviations for one in found if isinstance(one, ParsedSignature)] == [(BER,)] * 2


def test_what_a_library_throws_at_one_signer_is_his_error(
    signer: Holder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RecursionError("too deep")

    monkeypatch.setattr(cms_read, "read_ess", broken)
    found = parse_signers(joined(Parts(signer), Parts(signer)))
    assert [getattr(one, "code", None) for one in found] == ["cms_malformed"] * 2
    monkeypatch.setattr(cms_read, "read_leniently", broken)
    with pytest.raises(InputError) as caught:
        parse_signers(b"anything")
    assert caught.value.code == "cms_malformed"


def test_signers_of_what_is_no_cms(signer: Holder) -> None:
    der = none_signed(signer)
    with pytest.raises(InputError) as caught:
        parse_signers(der + b"\x01")
    assert caught.value.code == "cms_malformed"
    assert caught.value.values["offset"] == len(der)
    assert parse_signers(none_signed(signer)) == ()


def test_a_value_over_the_whole_content_is_not_checked_by_its_digest(root: Holder) -> None:
    """RFC 8419 §3.1: without signed attributes EdDSA signs the content, not what it hashes to."""
    holder = root.issue("Nguyễn Văn A", kind="ed25519")
    parts = Parts(holder)
    parts.algorithm, parts.attributes = sequence(oid("1.3.101.112")), []
    with pytest.raises(RefusedError) as caught:
        check_value(parse(parts.der()), load_certificate(holder.der), DIGEST)
    assert caught.value.code == "algorithm_forbidden"
    assert caught.value.values["detail"] == (
        "ed25519 over the content itself, without signed attributes"
    )


LISTED = tlv(0x31, CONTENT_TYPE, attribute("1.2.3", NULL, integer(1)), MESSAGE_DIGEST)


@pytest.mark.parametrize(
    ("attributes", "dotted", "expected"),
    [
        (None, "1.2.3", ()),
        (LISTED, "1.2.3", (integer(1), NULL)),
        (LISTED, "1.2.840.113549.1.9.3", (DATA,)),
        (LISTED, "1.2.4", ()),
        (LISTED, "1.2.840.113549.1.7.1", ()),
    ],
    ids=range(5),
)
def test_values_of_one_signed_attribute(
    attributes: bytes | None, dotted: str, expected: tuple[bytes, ...]
) -> None:
    """The last is named in them, and is the kind of none."""
    assert values_of(attributes, dotted) == expected


@pytest.mark.parametrize("attributes", [LISTED + NULL, b"\x30" + LISTED[1:], LISTED[:-1]])
def test_what_is_no_list_of_attributes(attributes: bytes) -> None:
    with pytest.raises(InputError) as caught:
        values_of(attributes, "1.2.3")
    assert caught.value.code == "cms_malformed"
