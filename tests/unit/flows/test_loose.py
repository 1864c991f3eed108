"""Signing a loose file: with a good certificate only, when the result holds, all or nothing."""

import hashlib
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from antin.core.bytesource import FileSource, MemorySource
from antin.core.errors import AntinError, RefusedError, UnavailableError
from antin.flows.loose import LooseRequest, Surroundings, augment_file, sign_file
from antin.flows.verify import verify_with
from antin.hsm.insecure_software import InsecureSoftwareKey
from antin.pki.fetching import RevocationService
from antin.pki.trust import TrustMaterial
from antin.signer import pades
from antin.signer.request import Level
from antin.verifier.report import Finding, Severity
from tests.trustworld import BAD_CERTIFICATES, TrustWorld

LETTER = Path(__file__).parents[3] / "examples" / "letter.pdf"


def _sign(
    target: Path, key: InsecureSoftwareKey, around: Surroundings, level: Level = Level.B_B
) -> tuple[Finding, ...]:
    with FileSource(LETTER) as source:
        return sign_file(source, target, key, LooseRequest(level=level), around)


def _refused(
    target: Path, key: InsecureSoftwareKey, around: Surroundings, level: Level = Level.B_B
) -> str:
    """Return the code, and see to it that nothing was left behind."""
    with pytest.raises(AntinError) as caught:
        _sign(target, key, around, level)
    assert list(target.parent.iterdir()) == []
    return caught.value.code


@pytest.mark.parametrize("level", list(Level))
def test_the_result_passes_at_every_level(
    trust_world: TrustWorld, around: Surroundings, tmp_path: Path, level: Level
) -> None:
    target = tmp_path / "signed.pdf"
    assert _sign(target, trust_world.officer_a, around, level) == ()
    with FileSource(target) as source:
        at = around.clock.now() + timedelta(seconds=1)
        report = verify_with(source, "a", around.trust, at, around.policy, around.revocation)
    report.raise_if_not_passed()
    assert report.signatures[0].level == level
    assert list(tmp_path.iterdir()) == [target]


class Counting:
    """Passes questions on, and remembers them."""

    def __init__(self, service: RevocationService) -> None:
        self._service = service
        self.asked: list[str] = []

    def crl(self, url: str) -> bytes:
        self.asked.append(url)
        return self._service.crl(url)

    def ocsp(self, url: str, request: bytes) -> bytes:
        self.asked.append(url + hashlib.sha256(request).hexdigest())
        return self._service.ocsp(url, request)

    def certificates(self, url: str) -> bytes:
        self.asked.append(url)
        return self._service.certificates(url)


def test_nobody_is_asked_twice_about_one_signature(
    trust_world: TrustWorld, around: Surroundings, tmp_path: Path
) -> None:
    assert around.revocation is not None
    counting = Counting(around.revocation)
    unknowing = replace(around, trust=trust_world.trust(), revocation=counting)
    assert _sign(tmp_path / "a.pdf", trust_world.officer_a, unknowing) == ()
    assert counting.asked
    assert len(counting.asked) == len(set(counting.asked))


@pytest.mark.parametrize(("label", "code"), BAD_CERTIFICATES)
def test_a_bad_certificate_signs_nothing(
    trust_world: TrustWorld, around: Surroundings, tmp_path: Path, label: str, code: str
) -> None:
    assert _refused(tmp_path / "a.pdf", trust_world.keys[label], around) == code


def test_an_untrusted_certificate_signs_nothing(
    trust_world: TrustWorld, around: Surroundings, tmp_path: Path
) -> None:
    nobody = replace(around, trust=TrustMaterial())
    code = _refused(tmp_path / "a.pdf", trust_world.officer_a, nobody)
    assert code == "certificate_untrusted"


def test_unknown_revocation_warns_at_b_b_and_blocks_above(
    trust_world: TrustWorld, around: Surroundings, tmp_path: Path
) -> None:
    offline = replace(around, trust=trust_world.trust(), revocation=None)
    code = _refused(tmp_path / "b-t.pdf", trust_world.officer_a, offline, Level.B_T)
    assert code == "revocation_unknown"
    assert _sign(tmp_path / "b-b.pdf", trust_world.officer_a, offline)


def test_a_dead_timestamp_service(
    trust_world: TrustWorld,
    around: Surroundings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def dead(_: bytes) -> bytes:
        raise UnavailableError("timestamp_unavailable", url="x", detail="dead")

    monkeypatch.setattr(around.timestamps, "request", dead)
    code = _refused(tmp_path / "a.pdf", trust_world.officer_a, around, Level.B_T)
    assert code == "timestamp_unavailable"


def test_a_result_that_does_not_hold_is_withheld(
    trust_world: TrustWorld,
    around: Surroundings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = pades.sign

    def broken(source: object, output: Path, *rest: object) -> tuple[()]:
        made(source, output, *rest)  # type: ignore[arg-type]  # passed on as it came
        data = bytearray(output.read_bytes())
        data[1000] ^= 1
        output.write_bytes(data)
        return ()

    monkeypatch.setattr(pades, "sign", broken)
    code = _refused(tmp_path / "a.pdf", trust_world.officer_a, around)
    assert code == "result_not_valid"


def test_augmenting_reaches_the_level(
    trust_world: TrustWorld, around: Surroundings, tmp_path: Path
) -> None:
    signed, target = tmp_path / "signed.pdf", tmp_path / "lta.pdf"
    _sign(signed, trust_world.officer_b, around, Level.B_T)
    with FileSource(signed) as source:
        augment_file(source, target, Level.B_LTA, around)
    assert target.read_bytes().startswith(signed.read_bytes())


def test_nothing_to_augment(around: Surroundings, tmp_path: Path) -> None:
    with pytest.raises(RefusedError) as caught:
        augment_file(MemorySource(LETTER.read_bytes()), tmp_path / "a.pdf", Level.B_LT, around)
    assert caught.value.code == "nothing_to_augment"
    assert list(tmp_path.iterdir()) == []


def _damaged() -> bytes:
    data = LETTER.read_bytes()
    return data.replace(b"startxref\n", b"startxref\n9")


def _sign_bytes(
    data: bytes, target: Path, world: TrustWorld, around: Surroundings, level: Level = Level.B_B
) -> tuple[Finding, ...]:
    asked = LooseRequest(level=level, repair=True)
    return sign_file(MemorySource(data), target, world.officer_a, asked, around)


def test_a_damaged_file_is_refused_with_what_to_do(
    trust_world: TrustWorld, around: Surroundings, tmp_path: Path
) -> None:
    key = trust_world.officer_a
    with pytest.raises(AntinError) as caught:
        sign_file(MemorySource(_damaged()), tmp_path / "a.pdf", key, LooseRequest(), around)
    assert caught.value.code == "pdf_needs_repair"
    assert "--repair" in str(caught.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("level", [Level.B_B, Level.B_LTA])
def test_a_copy_of_a_damaged_file_is_signed_where_that_is_asked_for(
    trust_world: TrustWorld, around: Surroundings, tmp_path: Path, level: Level
) -> None:
    target = tmp_path / "signed.pdf"
    (warning,) = _sign_bytes(_damaged(), target, trust_world, around, level)
    assert (warning.code, warning.severity) == ("repaired_copy", Severity.WARNING)
    assert "pdf_xref_rebuilt" in warning.detail
    assert list(tmp_path.iterdir()) == [target]
    with FileSource(target) as source:
        at = around.clock.now() + timedelta(seconds=1)
        report = verify_with(source, "a", around.trust, at, around.policy, around.revocation)
    report.raise_if_not_passed()
    assert report.signatures[0].level == level


def test_a_whole_file_is_not_rewritten(
    trust_world: TrustWorld, around: Surroundings, tmp_path: Path
) -> None:
    data, target = LETTER.read_bytes(), tmp_path / "signed.pdf"
    assert _sign_bytes(data, target, trust_world, around) == ()
    assert target.read_bytes().startswith(data)


def test_signatures_are_not_repaired_away(
    trust_world: TrustWorld, around: Surroundings, tmp_path: Path
) -> None:
    signed = tmp_path / "signed.pdf"
    _sign(signed, trust_world.officer_a, around)
    damaged = b"junk before it" + signed.read_bytes()
    with pytest.raises(AntinError) as caught:
        _sign_bytes(damaged, tmp_path / "a.pdf", trust_world, around)
    assert caught.value.code == "repair_breaks_signatures"
    assert list(tmp_path.iterdir()) == [signed]
