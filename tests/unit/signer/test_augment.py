"""Files that can be judged from themselves alone, and those that can't be made so."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from antin.core.bytesource import FileSource, MemorySource
from antin.core.errors import AntinError, UnavailableError
from antin.hsm.insecure_software import InsecureSoftwareKey
from antin.pdf.document import open_pdf
from antin.pki.revocation import RevocationData
from antin.pki.trust import TrustMaterial
from antin.signer.augment import augment
from antin.signer.long_term import missing_data
from antin.signer.request import Level
from antin.verifier.policy import default_policy
from antin.verifier.report import Conclusion
from antin.verifier.verify import verify
from tests.pdfs import letter
from tests.trustworld import TrustWorld
from tests.unit.signer.helpers import NOW, pdfsig, request_for, signed, small_pdf


@pytest.fixture
def plain(tmp_path_factory: pytest.TempPathFactory, trust_world: TrustWorld) -> bytes:
    """A file signed by both officers at B-B, with nothing but their certificates."""
    folder = tmp_path_factory.mktemp("plain")
    one, two = trust_world.officer_a, trust_world.officer_b
    first = signed(small_pdf(), folder, one, request_for(one))
    return signed(first, folder, two, request_for(two))


def raised(
    data: bytes, folder: Path, level: Level, world: TrustWorld, trust: TrustMaterial | None = None
) -> Path:
    output = folder / f"{level}.pdf"
    services = world.timestamps(NOW), None if trust else world.revocation(NOW)
    augment(MemorySource(data), output, level, trust or world.trust(), *services, NOW)
    return output


def refusal(data: bytes, folder: Path, world: TrustWorld, trust: TrustMaterial) -> str:
    output = folder / "out.pdf"
    with pytest.raises(AntinError) as caught:
        augment(MemorySource(data), output, Level.B_LTA, trust, world.timestamps(NOW), None, NOW)
    return caught.value.code


def kinds(path: Path) -> list[str]:
    with FileSource(path) as source:
        return [field.kind for field in open_pdf(source).signatures]


SIGNED = ["signature", "signature"]
STAMP = "document-timestamp"


@pytest.mark.parametrize(("level", "stamps"), [(Level.B_T, 1), (Level.B_LT, 1), (Level.B_LTA, 2)])
def test_each_level_adds_its_parts(
    tmp_path: Path, trust_world: TrustWorld, plain: bytes, level: Level, stamps: int
) -> None:
    path = raised(plain, tmp_path, level, trust_world)
    assert path.read_bytes().startswith(plain)
    assert kinds(path) == [*SIGNED, *[STAMP] * stamps]
    with FileSource(path) as source:
        assert bool(open_pdf(source).validation_stores) is (level is not Level.B_T)
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("level", [Level.B_LT, Level.B_LTA])
@pytest.mark.parametrize("data", ["services", "trust folder"])
def test_the_file_needs_nothing_but_the_anchors_afterwards(
    tmp_path: Path, trust_world: TrustWorld, plain: bytes, level: Level, data: str
) -> None:
    trust = trust_world.trust(crls=True) if data == "trust folder" else None
    path = raised(plain, tmp_path, level, trust_world, trust)
    anchors = TrustMaterial(trust_world.trust().anchors)
    with FileSource(path) as source:
        assert missing_data(open_pdf(source), anchors, None, NOW + timedelta(seconds=9)) is None
    with pytest.raises(AntinError):
        missing_data(open_pdf(MemorySource(plain)), anchors, None, NOW)


@pytest.mark.real("pdfsig")
def test_signatures_stay_valid(tmp_path: Path, trust_world: TrustWorld, plain: bytes) -> None:
    path = raised(plain, tmp_path, Level.B_LTA, trust_world)
    assert pdfsig(path)[:2] == ["Signature is Valid."] * 2


def test_once_more_adds_a_time_stamp_only(
    tmp_path: Path, trust_world: TrustWorld, plain: bytes
) -> None:
    first = raised(plain, tmp_path, Level.B_LTA, trust_world).read_bytes()
    second = raised(first, tmp_path, Level.B_LTA, trust_world)
    assert kinds(second) == [*SIGNED, STAMP, STAMP, STAMP]
    with FileSource(second) as source:
        assert len(open_pdf(source).validation_stores) == 1


def test_a_revoked_signer_is_not_vouched_for(tmp_path: Path, trust_world: TrustWorld) -> None:
    key = trust_world.keys["revoked"]
    data = signed(small_pdf(), tmp_path, key, request_for(key))
    (folder := tmp_path / "out").mkdir()
    assert refusal(data, folder, trust_world, trust_world.trust(crls=True)) == "certificate_revoked"


def test_an_unknown_status_is_not_vouched_for(
    tmp_path: Path, trust_world: TrustWorld, plain: bytes
) -> None:
    assert refusal(plain, tmp_path, trust_world, trust_world.trust()) == "revocation_unknown"
    nobody = TrustMaterial()
    assert refusal(plain, tmp_path, trust_world, nobody) == "certificate_untrusted"


def test_nothing_to_augment(tmp_path: Path, trust_world: TrustWorld) -> None:
    assert refusal(small_pdf(), tmp_path, trust_world, trust_world.trust()) == "nothing_to_augment"


def test_a_damaged_signature_is_not_vouched_for(
    tmp_path: Path, trust_world: TrustWorld, plain: bytes
) -> None:
    at = plain.rindex(b"/Contents <") + len(b"/Contents <")
    damaged = plain[:at] + b"ff" * 40 + plain[at + 80 :]
    assert refusal(damaged, tmp_path, trust_world, trust_world.trust()) == "cms_malformed"


def test_a_moved_time_stamp_is_no_proof(
    tmp_path: Path, trust_world: TrustWorld, plain: bytes
) -> None:
    stamped = raised(plain, tmp_path, Level.B_T, trust_world).read_bytes()
    (tmp_path / "B-T.pdf").unlink()
    altered = stamped.replace(b"595", b"596", 1)
    assert refusal(altered, tmp_path, trust_world, trust_world.trust()) == "timestamp_wrong"


class Dead:
    def request(self, query: bytes) -> bytes:
        raise UnavailableError("timestamp_unavailable", url="http://tsa.example", detail="gone")


def test_a_dead_time_stamping_server(tmp_path: Path, trust_world: TrustWorld, plain: bytes) -> None:
    for service, code in ((Dead(), "timestamp_unavailable"), (None, "timestamp_not_configured")):
        with pytest.raises(AntinError) as caught:
            augment(
                MemorySource(plain),
                tmp_path / "x.pdf",
                Level.B_T,
                trust_world.trust(),
                service,
                trust_world.revocation(NOW),
                NOW,
            )
        assert caught.value.code == code


def test_an_expired_signer_with_time_stamp_and_data_in_time(
    tmp_path: Path, trust_world: TrustWorld
) -> None:
    """Signed and stamped while valid, looked at after expiry: the stamp's time counts."""
    key: InsecureSoftwareKey = trust_world.issue(
        not_before=NOW - timedelta(days=30), not_after=NOW + timedelta(days=2)
    )
    data = signed(small_pdf(), tmp_path, key, request_for(key))
    (folder := tmp_path / "out").mkdir()
    path = raised(data, folder, Level.B_LTA, trust_world)
    later = NOW + timedelta(days=200)
    anchors = TrustMaterial(trust_world.trust().anchors)
    with FileSource(path) as source:
        document = open_pdf(source)
        # The last time-stamp's own authority has nothing newer than its store: it is asked anew.
        with pytest.raises(AntinError) as caught:
            missing_data(document, anchors, None, later)
        assert caught.value.code == "revocation_unknown"
        fresh = trust_world.trust(crls=True)
        found = missing_data(document, replace(fresh, anchors=anchors.anchors), None, later)
    assert isinstance(found, RevocationData)


def test_a_file_that_programs_read_differently_lasts_as_well(
    tmp_path: Path, trust_world: TrustWorld
) -> None:
    """Its catalogue is copied, entry by entry: the update is no second reading of its own."""
    data, key = letter(1, catalog=b"/PageMode/UseNone/PageMode/UseOutlines"), trust_world.officer_a
    path = raised(signed(data, tmp_path, key, request_for(key)), tmp_path, Level.B_LTA, trust_world)
    with FileSource(path) as source:
        report = verify(source, "a.pdf", trust_world.trust(), NOW, default_policy())
    assert report.conclusion is Conclusion.PASSED
    assert report.signatures[0].level == "B-LTA"
