"""A time-stamping authority over HTTP that lies in one way at a time is caught in each."""

import hashlib
import tracemalloc
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import structlog
from asn1crypto import tsp
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from antin.core.bytesource import FileSource
from antin.core.clock import FixedClock
from antin.core.errors import AntinError
from antin.flows.loose import LooseRequest, sign_file
from antin.flows.verify import verify_with
from antin.infra.fetch import Pace
from antin.infra.tsa_client import Authority, Believed, Patience, TimestampAuthorities
from antin.pki.timestamps import check_response, new_query
from antin.signer.request import Level
from antin.verifier.report import Finding
from tests.lyingworld import (
    HOUR,
    LOCAL,
    Answer,
    Asked,
    LyingWorld,
    bad_tsa,
    granted,
    imprint,
    moved,
    saying,
    stamped,
)
from tests.smallpki import DAY, NOW, CmsShape, make_root, make_tsa

pytestmark = pytest.mark.requirement("CRY-7")
LETTER = Path(__file__).parents[2] / "examples" / "letter.pdf"
MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class Lie:
    """How the authority lies, and how that is caught."""

    name: str
    code: str
    said: str
    """In the error's detail."""
    answer: Callable[[LyingWorld], Answer]


def token_lie(name: str, said: str, make: Callable[[LyingWorld, bytes], bytes]) -> Lie:
    """Return a lie of content: a whole, granted answer with the token that ``make`` gives."""

    def answer(world: LyingWorld) -> Answer:
        return saying(lambda query: granted(make(world, query)))

    return Lie(name, "timestamp_wrong", said, answer)


def field_lie(name: str, said: str, **changes: Any) -> Lie:
    return token_lie(name, said, lambda world, query: stamped(world.tsa, query, **changes))


def shape_lie(name: str, said: str, shape: CmsShape) -> Lie:
    return token_lie(name, said, lambda world, query: stamped(world.tsa, query, shape))


def authority_lie(name: str, said: str, issuer: str = "root", **options: Any) -> Lie:
    def make(world: LyingWorld, query: bytes) -> bytes:
        return stamped(bad_tsa(getattr(world, issuer), **options), query)

    return token_lie(name, said, make)


def wire_lie(name: str, code: str, said: str, tell: Callable[[Asked, bytes], None]) -> Lie:
    """Return a lie of the connection: ``tell`` gets an honest answer to do with as it likes."""

    def answer(world: LyingWorld) -> Answer:
        return lambda asked: tell(asked, granted(stamped(world.tsa, asked.body)))

    return Lie(name, code, said, answer)


def flipped(token: bytes) -> bytes:
    """Return the token with another signature value: its last byte is the value's."""
    return token[:-1] + bytes([token[-1] ^ 1])


def stranger(_: LyingWorld, query: bytes) -> bytes:
    return stamped(make_tsa(make_root("A Root Nobody Knows")), query)


def refusal(**status: Any) -> bytes:
    info = bytes(tsp.PKIStatusInfo({"status": "rejection", **status}).dump())
    return b"\x30" + bytes([len(info)]) + info


def other_nonce(world: LyingWorld, query: bytes) -> bytes:
    return stamped(world.tsa, query, nonce=tsp.TimeStampReq.load(query)["nonce"].native ^ 1)


def longer_digest(world: LyingWorld, query: bytes) -> bytes:
    digest = tsp.TimeStampReq.load(query)["message_imprint"]["hashed_message"].native
    return stamped(
        world.tsa, query, message_imprint=imprint(hashlib.sha512(digest).digest(), "sha512")
    )


EVIL = hashlib.sha256(b"what somebody else wants stamped").digest()
SHA1 = CmsShape(digest="sha1")
EMAIL = (ExtendedKeyUsageOID.EMAIL_PROTECTION,)
BOTH = (ExtendedKeyUsageOID.TIME_STAMPING, ExtendedKeyUsageOID.EMAIL_PROTECTION)
DOWN = "timestamp_unavailable"
LIES = (
    # What the token states
    field_lie("wrong imprint", "something else", message_imprint=imprint(EVIL)),
    token_lie("other digest algorithm", "another digest algorithm", longer_digest),
    token_lie("wrong nonce", "nonce", other_nonce),
    field_lie("no nonce", "nonce", nonce=None),
    field_lie("other policy", "another policy", policy="1.3.6.1.4.1.99999.2"),
    field_lie("an hour ago", "off by -3600 s", gen_time=NOW - HOUR),
    field_lie("a year ago", "off by", gen_time=NOW - 365 * DAY),
    field_lie("in an hour", "off by 3600 s", gen_time=NOW + HOUR),
    field_lie("accurate to a day", "may be off by", accuracy={"seconds": 86_400}),
    field_lie("accuracy out of bounds", "accuracy", accuracy={"seconds": 1, "millis": 999_999}),
    # Whose word it is
    token_lie("unknown anchor", "certificate_untrusted", stranger),
    authority_lie("not for time-stamps at all", "not for time-stamping", extended=()),
    authority_lie("for another use", "not for time-stamping", extended=EMAIL),
    authority_lie("for two uses", "not for time-stamping", extended=BOTH),
    authority_lie("use not critical", "not critical", extended_critical=False),
    authority_lie("expired authority", "certificate_expired", not_after=NOW - HOUR),
    authority_lie("authority of tomorrow", "certificate_not_yet_valid", not_before=NOW + HOUR),
    authority_lie("authority made by an officer", "certificate_untrusted", issuer="officer"),
    authority_lie("weak key", "too weak: rsa-1024", kind="rsa1024"),
    # How it is signed
    token_lie("broken signature", "signature value", lambda w, q: flipped(stamped(w.tsa, q))),
    token_lie("altered content", "altered", lambda w, q: moved(stamped(w.tsa, q), NOW + MINUTE)),
    shape_lie("certificate left out", "certificate", CmsShape(certificates=())),
    shape_lie("another certificate named", "does not name", CmsShape(ess=b"another")),
    shape_lie("no certificate named", "does not name", CmsShape(ess=False)),
    shape_lie("two signers", "signer", CmsShape(signers=2)),
    shape_lie("signed by SHA-1", "weak", SHA1),
    # The answer around it
    Lie(
        "rejection",
        "timestamp_refused",
        "bad_alg",
        lambda _: saying(lambda _: refusal(fail_info={"bad_alg"})),
    ),
    Lie(
        "rejection with a token",
        "timestamp_refused",
        "rejection",
        lambda w: saying(lambda q: granted(stamped(w.tsa, q), status="rejection")),
    ),
    Lie(
        "waiting",
        "timestamp_refused",
        "waiting",
        lambda _: saying(lambda _: refusal(status="waiting")),
    ),
    Lie(
        "granted, without a token",
        "timestamp_wrong",
        "",
        lambda _: saying(lambda _: refusal(status="granted")),
    ),
    wire_lie(
        "cut off", "timestamp_wrong", "", lambda a, honest: a.reply(honest[: len(honest) // 2])
    ),
    wire_lie(
        "something behind it", "timestamp_wrong", "", lambda a, honest: a.reply(honest + b"more")
    ),
    wire_lie(
        "a web page",
        "timestamp_wrong",
        "",
        lambda a, _: a.reply(b"<!doctype html><p>Log in", Content_Type="text/html"),
    ),
    wire_lie("nothing", "timestamp_wrong", "", lambda a, _: a.reply(b"")),
    # The connection
    wire_lie(
        "fewer bytes than promised",
        DOWN,
        "connection failed",
        lambda a, honest: a.cut_short(honest),
    ),
    wire_lie("hangs up", DOWN, "connection failed", lambda _, __: None),
    wire_lie("drips", DOWN, "too long", lambda a, honest: a.drip(honest)),
    wire_lie("silent", DOWN, "too long", lambda a, _: a.say_nothing()),
    wire_lie("huge", DOWN, "more than", lambda a, honest: a.reply(honest + bytes(32 << 20))),
    wire_lie("out of order", DOWN, "500", lambda a, honest: a.reply(honest, 500)),
    wire_lie("packed", DOWN, "packed", lambda a, honest: a.reply(honest, Content_Encoding="gzip")),
    wire_lie(
        "sends us inside",
        "address_forbidden",
        "",
        lambda a, _: a.reply(b"", 307, Location="http://10.0.0.1/"),
    ),
    wire_lie(
        "sends us to a file",
        "address_forbidden",
        "",
        lambda a, _: a.reply(b"", 307, Location="file:///etc/passwd"),
    ),
    wire_lie(
        "sends us round and round",
        DOWN,
        "elsewhere",
        lambda a, _: a.reply(b"", 308, Location="/tsa"),
    ),
    wire_lie("sends us to a page", DOWN, "302", lambda a, _: a.reply(b"", 302, Location="/login")),
)
each_lie = pytest.mark.parametrize("lie", LIES, ids=lambda lie: lie.name)


def sign(
    world: LyingWorld, target: Path, timestamps: TimestampAuthorities | None = None
) -> tuple[Finding, ...]:
    around = world.around(timestamps)
    with FileSource(LETTER) as source:
        return sign_file(source, target, world.key, LooseRequest(Level.B_T), around)


def refused(world: LyingWorld, folder: Path, timestamps: TimestampAuthorities) -> AntinError:
    """Return the error of signing, and see to it that nothing was left behind."""
    with pytest.raises(AntinError) as caught:
        sign(world, folder / "signed.pdf", timestamps)
    assert list(folder.iterdir()) == []
    return caught.value


def test_the_honest_authority_is_believed(world: LyingWorld, tmp_path: Path) -> None:
    assert sign(world, tmp_path / "signed.pdf") == ()
    with FileSource(tmp_path / "signed.pdf") as source:
        around = world.around()
        report = verify_with(source, "a", world.trust, NOW, around.policy, around.revocation)
    assert report.signatures[0].level == "B-T"
    assert report.conclusion == "TOTAL-PASSED"


@each_lie
def test_a_lie_is_caught_and_nothing_is_written(
    world: LyingWorld, tmp_path: Path, lie: Lie
) -> None:
    world.lie("/tsa", lie.answer(world))
    error = refused(world, tmp_path, world.timestamps())
    assert (error.code, lie.said in error.detail) == (lie.code, True), error


@each_lie
def test_the_next_authority_helps_out(world: LyingWorld, lie: Lie) -> None:
    world.lie("/tsa", lie.answer(world))
    service = world.timestamps("/tsa", "/tsa-2")
    query = new_query(hashlib.sha256(b"a signature value").digest())
    with structlog.testing.capture_logs() as events:
        answer = service.request(query)
    assert check_response(query, answer).gen_time == NOW
    # Who lied is in the log with the code, and who was believed.
    told = [event for event in events if event["event"].startswith("timestamp_")]
    assert [(event["event"], event.get("code")) for event in told] == [
        ("timestamp_authority_failed", lie.code),
        ("timestamp_given", None),
    ]
    assert told[1]["authority"].endswith("/tsa-2")
    # A lie is not asked for twice.
    if lie.code in {"timestamp_wrong", "timestamp_refused"}:
        assert world.server.seen.count("/tsa") == 1


@pytest.mark.parametrize("name", ["wrong imprint", "unknown anchor", "rejection", "cut off"])
def test_a_lie_about_the_whole_document_leaves_nothing(
    world: LyingWorld, tmp_path: Path, name: str
) -> None:
    """The signature's own time-stamp is right; the one over the file, for B-LTA, is not."""
    lie = next(lie for lie in LIES if lie.name == name)
    honest, lying = world.server.answers["/tsa"], lie.answer(world)

    def first_right_then_wrong(asked: Asked) -> None:
        (honest if world.server.seen.count("/tsa") == 1 else lying)(asked)

    world.lie("/tsa", first_right_then_wrong)
    target, asked = tmp_path / "signed.pdf", LooseRequest(Level.B_LTA)
    with FileSource(LETTER) as source, pytest.raises(AntinError) as caught:
        sign_file(source, target, world.key, asked, world.around())
    assert (caught.value.code, world.server.seen.count("/tsa")) == (lie.code, 2)
    assert list(tmp_path.iterdir()) == []
    # With an honest authority the same file is signed.
    world.be_honest()
    with FileSource(LETTER) as source:
        sign_file(source, target, world.key, asked, world.around())
    assert list(tmp_path.iterdir()) == [target]


def test_a_revoked_authority_is_caught(world: LyingWorld, tmp_path: Path) -> None:
    listed = {world.tsa.certificate.serial_number: (NOW - HOUR, "keyCompromise")}
    world.lie("/root.crl", saying(lambda _: world.root.crl(NOW - MINUTE, NOW + DAY, listed)))
    error = refused(world, tmp_path, world.timestamps())
    assert (error.code, "certificate_revoked" in error.detail) == ("timestamp_wrong", True)


def test_an_authority_is_believed_only_where_its_anchor_is(world: LyingWorld) -> None:
    (anchor,) = world.trust.anchors
    signing_only = replace(anchor, purposes=frozenset({"sign"}))
    believed = Believed(replace(world.trust, anchors=(signing_only,)), None, world.clock)
    service = TimestampAuthorities(
        (Authority(f"{world.server.url}/tsa"),), believed, allowed_private=LOCAL
    )
    with pytest.raises(AntinError) as caught:
        service.request(new_query(EVIL))
    assert "certificate_untrusted" in caught.value.detail


def test_that_revocation_cannot_be_told_is_no_lie_but_is_said(
    world: LyingWorld, tmp_path: Path
) -> None:
    # The officers' authority is known to be good; of the time-stamping one nothing is known.
    place = f"{world.server.url}/nowhere.crl"
    tsa = make_tsa(world.root, crl_url=place)
    world.lie("/tsa", saying(lambda query: granted(stamped(tsa, query))))
    there = x509.IssuingDistributionPoint(
        full_name=[x509.UniformResourceIdentifier(f"{world.server.url}/root.crl")],
        relative_name=None,
        only_contains_user_certs=False,
        only_contains_ca_certs=False,
        only_some_reasons=None,
        indirect_crl=False,
        only_contains_attribute_certs=False,
    )
    crl = world.root.crl(NOW - HOUR, NOW + DAY, extensions=((there, True),))
    world.lie("/root.crl", saying(lambda _: crl))
    (warning,) = sign(world, tmp_path / "a.pdf")
    assert warning.code == "timestamp_unproven"
    assert "revocation" in warning.detail
    assert "proves nothing" in warning.detail


def test_an_authority_that_follows_no_policy_may_be_wanted(world: LyingWorld) -> None:
    lie = next(lie for lie in LIES if lie.name == "other policy")
    world.lie("/tsa", lie.answer(world))
    assert world.timestamps(policy=None).request(new_query(EVIL))


def test_certificates_in_a_token_are_not_asked_about(world: LyingWorld) -> None:
    url = f"{world.server.url}/endless"
    strangers = tuple(
        make_root(f"Root {n}").issue("x", crl_url=url, ocsp_url=url, issuer_url=url).der
        for n in range(5)
    )

    def crowded(query: bytes) -> bytes:
        shape = CmsShape(certificates=(world.tsa.der, *strangers))
        return granted(stamped(world.tsa, query, shape))

    world.lie("/tsa", saying(crowded))
    assert world.timestamps().request(new_query(EVIL))
    assert "/endless" not in world.server.seen


def test_what_is_asked_of_many_has_one_time(world: LyingWorld) -> None:
    world.lie("/tsa", lambda asked: asked.reply(b"", 503))
    now = [0.0]

    def sleep(seconds: float) -> None:
        now[0] += seconds + 4.0

    paths = ["/tsa"] * 10
    service = TimestampAuthorities(
        tuple(Authority(world.server.url + path) for path in paths),
        Believed(world.trust, None, world.clock),
        allowed_private=LOCAL,
        patience=Patience(10.0),
        pace=Pace(lambda: now[0], sleep),
    )
    with pytest.raises(AntinError) as caught:
        service.request(new_query(EVIL))
    assert caught.value.code == "timestamp_unavailable"
    assert "the time for all services was spent" in caught.value.detail
    assert now[0] < 20
    assert len(world.server.seen) < 6


@pytest.mark.parametrize(
    ("lies", "code"),
    [
        (("wrong nonce", "wrong imprint"), "timestamp_wrong"),
        (("rejection", "wrong imprint"), "timestamp_wrong"),
        (("rejection", "waiting"), "timestamp_refused"),
        (("out of order", "wrong imprint"), "timestamp_unavailable"),
        (("sends us inside", "rejection"), "timestamp_unavailable"),
    ],
)
def test_the_error_of_several_says_whether_waiting_may_help(
    world: LyingWorld, tmp_path: Path, lies: tuple[str, str], code: str
) -> None:
    for path, name in zip(("/tsa", "/tsa-2"), lies, strict=True):
        world.lie(path, next(lie for lie in LIES if lie.name == name).answer(world))
    error = refused(world, tmp_path, world.timestamps("/tsa", "/tsa-2"))
    assert error.code == code
    assert ";" in error.detail


def test_nobody_at_all_is_not_configured(world: LyingWorld) -> None:
    service = TimestampAuthorities((), Believed(world.trust, None, FixedClock(NOW)))
    with pytest.raises(AntinError) as caught:
        service.request(new_query(EVIL))
    assert caught.value.code == "timestamp_not_configured"


def test_a_huge_answer_costs_no_memory(world: LyingWorld) -> None:
    service = world.timestamps()
    world.lie("/tsa", lambda asked: asked.reply(_MEBIBYTES_32))
    tracemalloc.start()
    with pytest.raises(AntinError):
        service.request(new_query(EVIL))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 4 << 20


_MEBIBYTES_32 = bytes(32 << 20)
