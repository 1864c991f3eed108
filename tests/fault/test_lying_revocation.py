"""An OCSP responder, or a server of CRLs, that lies in one way at a time is caught in each.

The truth is that the officer is revoked; every lie says, or would have us conclude, that all is
well. Nobody may believe it, at no level that promises a status.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from asn1crypto import ocsp as asn1_ocsp
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID, ObjectIdentifier

from antin.core.bytesource import FileSource
from antin.core.errors import AntinError
from antin.flows.loose import LooseRequest, sign_file
from antin.flows.verify import verify_with
from antin.infra import revocation_http
from antin.signer.admissibility import check_certificate
from antin.signer.request import Level
from antin.verifier.policy import default_policy
from tests.lyingworld import HOUR, Answer, Asked, LyingWorld, saying
from tests.smallpki import DAY, NOW, Holder, make_key, make_responder, make_root

pytestmark = pytest.mark.requirement("CRY-2")
LETTER = Path(__file__).parents[2] / "examples" / "letter.pdf"
REVOKED = (NOW - 2 * DAY, "keyCompromise")


@dataclass(frozen=True)
class Lie:
    name: str
    answer: Callable[[LyingWorld], Answer]


def content_lie(name: str, make: Callable[[LyingWorld], bytes]) -> Lie:
    def answer(world: LyingWorld) -> Answer:
        made = make(world)
        return saying(lambda _: made)

    return Lie(name, answer)


def ocsp_lie(name: str, **options: Any) -> Lie:
    return content_lie(name, lambda world: world.ocsp(**options))


def responder_lie(name: str, make: Callable[[LyingWorld], Holder]) -> Lie:
    return content_lie(name, lambda world: world.ocsp(responder=make(world)))


def wire_lie(name: str, tell: Callable[[Asked, bytes], None], kind: str) -> Lie:
    def answer(world: LyingWorld) -> Answer:
        well = world.ocsp() if kind == "ocsp" else world.officers.crl(NOW - HOUR, NOW + DAY)
        return lambda asked: tell(asked, well)

    return Lie(name, answer)


def wire_lies(kind: str) -> tuple[Lie, ...]:
    """Return what a connection can do wrong; ``huge`` stands below the limits of the tests."""
    tellings: dict[str, Callable[[Asked, bytes], None]] = {
        "cut off": lambda asked, well: asked.reply(well[: len(well) // 2]),
        "fewer bytes than promised": lambda asked, well: asked.cut_short(well),
        "something behind it": lambda asked, well: asked.reply(well + b"more"),
        "a web page": lambda asked, _: asked.reply(b"<!doctype html>", Content_Type="text/html"),
        "nothing": lambda asked, _: asked.reply(b""),
        "hangs up": lambda _, __: None,
        "drips": lambda asked, well: asked.drip(well),
        "silent": lambda asked, _: asked.say_nothing(),
        "huge": lambda asked, well: asked.reply(well + bytes(3 << 20)),
        "out of order": lambda asked, well: asked.reply(well, 500),
        "packed": lambda asked, well: asked.reply(well, Content_Encoding="deflate"),
        "sends us inside": lambda a, _: a.reply(b"", 307, Location="http://169.254.169.254/"),
        "sends us to a file": lambda a, _: a.reply(b"", 308, Location="file:///etc/passwd"),
        "sends us round and round": lambda a, _: a.reply(b"", 307, Location=a.handler.path),
    }
    return tuple(wire_lie(name, tell, kind) for name, tell in tellings.items())


def namesake(world: LyingWorld) -> bytes:
    """Return the right responder's word on another authority's certificate of the same serial."""
    other = make_root("Another Authority")
    serial = world.officer.certificate.serial_number
    return world.ocsp(other.issue("Nguyễn Văn A", serial=serial), issuer=other)


def neighbour(world: LyingWorld) -> bytes:
    return world.ocsp(world.officers.issue("Trần Thị B"))


def foreign_responder(_: LyingWorld) -> Holder:
    return make_responder(make_root("Another Authority"))


def without_right(world: LyingWorld) -> Holder:
    return world.officers.issue("Specimen OCSP", extended=(ExtendedKeyUsageOID.CLIENT_AUTH,))


def above(world: LyingWorld) -> Holder:
    """Return a responder of the root: it speaks for the root's certificates, not the officers'."""
    return make_responder(world.root)


def only_status(status: str) -> bytes:
    return bytes(asn1_ocsp.OCSPResponse({"response_status": status}).dump())


OCSP_LIES = (
    content_lie("about another certificate", neighbour),
    content_lie("about another authority's, with the same serial", namesake),
    responder_lie("of another authority's responder", foreign_responder),
    responder_lie("of a responder of the root", above),
    responder_lie("of somebody without the right", without_right),
    responder_lie("of the officer", lambda world: world.officer),
    responder_lie("expired responder", lambda w: make_responder(w.officers, not_after=NOW - DAY)),
    responder_lie("too young", lambda w: make_responder(w.officers, not_before=NOW + DAY)),
    ocsp_lie("broken signature", forger=make_key(number=77)),
    ocsp_lie("stale", this_update=NOW - 3 * DAY, next_update=NOW - DAY),
    ocsp_lie("old, without an end", this_update=NOW - 3 * DAY, next_update=None),
    ocsp_lie("of tomorrow", this_update=NOW + DAY, next_update=NOW + 2 * DAY),
    ocsp_lie("does not know", unknown=True),
    content_lie("asks to come later", lambda _: only_status("try_later")),
    content_lie("does not want to", lambda _: only_status("unauthorized")),
    content_lie("successful, and says nothing", lambda _: only_status("successful")),
    *wire_lies("ocsp"),
)


def namesake_crl(world: LyingWorld) -> bytes:
    """Return a CRL of another key under the same name."""
    key = make_key(number=78)
    return Holder(key, world.officers.certificate).crl(NOW - HOUR, NOW + DAY)


def renamed_crl(world: LyingWorld) -> bytes:
    """Return a CRL of the right key under another name."""
    other = make_root("Another Authority")
    return Holder(world.officers.key, other.certificate).crl(NOW - HOUR, NOW + DAY)


def extended(extension: x509.ExtensionType) -> Callable[[LyingWorld], bytes]:
    def make(world: LyingWorld) -> bytes:
        return world.officers.crl(NOW - HOUR, NOW + DAY, extensions=((extension, True),))

    return make


def scope(**options: Any) -> x509.IssuingDistributionPoint:
    values: dict[str, Any] = {
        "full_name": None,
        "relative_name": None,
        "only_contains_user_certs": False,
        "only_contains_ca_certs": False,
        "only_some_reasons": None,
        "indirect_crl": False,
        "only_contains_attribute_certs": False,
    }
    return x509.IssuingDistributionPoint(**{**values, **options})


def crl_lie(name: str, this_update: timedelta, next_update: timedelta, **more: Any) -> Lie:
    return content_lie(
        name, lambda world: world.officers.crl(NOW + this_update, NOW + next_update, **more)
    )


UNKNOWN = x509.UnrecognizedExtension(ObjectIdentifier("1.3.6.1.4.1.99999.9"), b"\x05\x00")
SOME = frozenset({x509.ReasonFlags.ca_compromise})
ELSEWHERE = [x509.UniformResourceIdentifier("http://elsewhere.example/other.crl")]
CRL_LIES = (
    content_lie("of another authority", lambda world: world.root.crl(NOW - HOUR, NOW + DAY)),
    content_lie("of another key under the same name", namesake_crl),
    content_lie("of the same key under another name", renamed_crl),
    content_lie("critical extension that nobody knows", extended(UNKNOWN)),
    content_lie("a delta for the whole", extended(x509.DeltaCRLIndicator(1))),
    content_lie("for authorities only", extended(scope(only_contains_ca_certs=True))),
    content_lie("for some reasons only", extended(scope(only_some_reasons=SOME))),
    content_lie("for others' certificates", extended(scope(indirect_crl=True))),
    content_lie("of another place", extended(scope(full_name=ELSEWHERE))),
    content_lie("for attribute certificates", extended(scope(only_contains_attribute_certs=True))),
    crl_lie("stale", -3 * DAY, -DAY),
    crl_lie("of tomorrow", DAY, 2 * DAY),
    *wire_lies("crl"),
)


@pytest.fixture(autouse=True)
def small_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(revocation_http, "MAX_REVOCATION_BYTES", 2 << 20)


def check(world: LyingWorld, level: Level = Level.B_T) -> tuple[str, ...]:
    found = check_certificate(world.officer.der, (), world.trust, world.revocation(), NOW, level)
    return tuple(finding.code for finding in found)


def refusal(world: LyingWorld) -> str:
    with pytest.raises(AntinError) as caught:
        check(world)
    return caught.value.code


def tell_the_truth(world: LyingWorld, path: str) -> None:
    serial = world.officer.certificate.serial_number
    truths = {
        "/ocsp": lambda _: world.ocsp(revoked_at=REVOKED[0]),
        "/officers.crl": lambda _: world.officers.crl(NOW - HOUR, NOW + DAY, {serial: REVOKED}),
    }
    world.lie(path, saying(truths[path]))


def nothing(asked: Asked) -> None:
    asked.reply(b"", 404)


each_ocsp_lie = pytest.mark.parametrize("lie", OCSP_LIES, ids=lambda lie: lie.name)
each_crl_lie = pytest.mark.parametrize("lie", CRL_LIES, ids=lambda lie: lie.name)


@pytest.mark.parametrize("silent", ["/ocsp", "/officers.crl"])
def test_honest_answers_are_believed(world: LyingWorld, silent: str) -> None:
    told = {"/ocsp": "/officers.crl", "/officers.crl": "/ocsp"}[silent]
    world.lie(silent, nothing)
    assert check(world) == ()
    tell_the_truth(world, told)
    assert refusal(world) == "certificate_revoked"


@each_ocsp_lie
def test_a_responders_lie_is_not_believed(world: LyingWorld, lie: Lie) -> None:
    world.lie("/ocsp", lie.answer(world))
    world.lie("/officers.crl", nothing)
    assert refusal(world) == "revocation_unknown"
    # At B-B nothing is promised, and that is said.
    assert check(world, Level.B_B) == ("revocation_undetermined",)
    # The CRL is asked instead, for good and ill.
    tell_the_truth(world, "/officers.crl")
    assert refusal(world) == "certificate_revoked"
    world.lie("/officers.crl", saying(lambda _: world.officers.crl(NOW - HOUR, NOW + DAY)))
    assert check(world) == ()


@each_crl_lie
def test_a_lying_crl_is_not_believed(world: LyingWorld, lie: Lie) -> None:
    world.lie("/ocsp", nothing)
    world.lie("/officers.crl", lie.answer(world))
    assert refusal(world) == "revocation_unknown"
    assert check(world, Level.B_B) == ("revocation_undetermined",)
    tell_the_truth(world, "/ocsp")
    assert refusal(world) == "certificate_revoked"


@pytest.mark.parametrize("lie", [*OCSP_LIES[:9], *CRL_LIES[:4]], ids=lambda lie: lie.name)
def test_nothing_is_signed_on_a_lie(world: LyingWorld, tmp_path: Path, lie: Lie) -> None:
    told, other = ("/ocsp", "/officers.crl") if lie in OCSP_LIES else ("/officers.crl", "/ocsp")
    world.lie(told, lie.answer(world))
    world.lie(other, nothing)
    with FileSource(LETTER) as source, pytest.raises(AntinError) as caught:
        sign_file(source, tmp_path / "out.pdf", world.key, LooseRequest(Level.B_T), world.around())
    assert caught.value.code == "revocation_unknown"
    assert list(tmp_path.iterdir()) == []
    assert "/tsa" not in world.server.seen


@pytest.mark.parametrize("name", ["stale", "old, without an end", "of tomorrow"])
@pytest.mark.parametrize("level", [Level.B_LT, Level.B_LTA])
def test_a_crl_helps_out_for_long_levels(
    world: LyingWorld, tmp_path: Path, level: Level, name: str
) -> None:
    """And when the file is verified: an answer of no use does not hide what the CRL says."""
    world.lie("/ocsp", next(lie for lie in OCSP_LIES if lie.name == name).answer(world))
    target, around = tmp_path / "out.pdf", world.around()
    with FileSource(LETTER) as source:
        sign_file(source, target, world.key, LooseRequest(level), around)
    plain = tmp_path / "plain.pdf"
    with FileSource(LETTER) as source:
        sign_file(source, plain, world.key, LooseRequest(Level.B_B), around)
    assert judged(world, plain) is None
    tell_the_truth(world, "/officers.crl")
    assert judged(world, plain) == "REVOKED_NO_POE"


def judged(world: LyingWorld, path: Path) -> str | None:
    """Return what a stranger who fetches everything anew has against the signature."""
    with FileSource(path) as source:
        policy, revocation = default_policy(), world.revocation()
        report = verify_with(source, "a", world.trust, NOW, policy, revocation)
    return report.signatures[0].sub_indication


def test_a_revoked_responder_is_not_believed(world: LyingWorld) -> None:
    place = f"{world.server.url}/responders.crl"
    responder = make_responder(world.officers, no_check=False, crl_url=place)
    world.lie("/ocsp", saying(lambda _: world.ocsp(responder=responder)))
    world.lie("/officers.crl", nothing)

    def responders(revoked: dict[int, tuple[datetime, str]]) -> Answer:
        there = (scope(full_name=[x509.UniformResourceIdentifier(place)]), True)
        crl = world.officers.crl(NOW - HOUR, NOW + DAY, revoked, extensions=(there,))
        return saying(lambda _: crl)

    assert refusal(world) == "revocation_unknown", "it may have been revoked"
    world.lie("/responders.crl", responders({}))
    assert check(world) == ()
    world.lie("/responders.crl", responders({responder.certificate.serial_number: REVOKED}))
    assert refusal(world) == "revocation_unknown"


def test_of_two_words_about_one_the_revocation_counts(world: LyingWorld) -> None:
    tell_the_truth(world, "/ocsp")
    assert refusal(world) == "certificate_revoked"
    assert world.server.seen.count("/officers.crl") == 0
