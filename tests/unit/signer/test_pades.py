"""One-call signing: levels, and files that appear whole or not at all."""

from pathlib import Path

import pytest

from antin.core.bytesource import FileSource, MemorySource
from antin.core.errors import AntinError, KeyDeviceError
from antin.hsm.insecure_software import InsecureSoftwareKey
from antin.pdf.document import open_pdf
from antin.pki.algorithms import SignatureAlgorithm
from antin.pki.cms_read import parse_signature
from antin.signer import pades
from antin.signer.files import appearing
from antin.signer.request import Level
from tests.trustworld import TrustWorld
from tests.unit.signer.helpers import NOW, code_of, pdfsig, request_for, small_pdf


def sign_at(level: Level, folder: Path, world: TrustWorld) -> Path:
    key, output = world.officer_a, folder / f"{level}.pdf"
    request = request_for(key, chain=world.chain("soft-officer-a"), level=level)
    services = world.timestamps(NOW), world.revocation(NOW)
    pades.sign(MemorySource(small_pdf()), output, key, request, *services, world.trust())
    return output


@pytest.mark.parametrize("level", list(Level))
def test_each_level_holds_what_it_promises(
    tmp_path: Path, trust_world: TrustWorld, level: Level
) -> None:
    path = sign_at(level, tmp_path, trust_world)
    with FileSource(path) as source:
        document = open_pdf(source)
        first, *others = document.signatures
        stamps = len(parse_signature(first.contents).timestamps)
        assert stamps == (0 if level is Level.B_B else 1)
        assert bool(document.validation_stores) is (level in {Level.B_LT, Level.B_LTA})
        assert [field.kind for field in others] == (
            ["document-timestamp"] if level is Level.B_LTA else []
        )
        if level is Level.B_LTA:
            # The time-stamp covers the store: store first, then time-stamp.
            assert document.validation_stores[0].revision < (others[0].revision or 0)
    assert path.read_bytes().startswith(small_pdf())
    assert [path] == list(tmp_path.iterdir())


@pytest.mark.real("pdfsig")
@pytest.mark.parametrize("level", list(Level))
def test_pdfsig_calls_every_level_valid(
    tmp_path: Path, trust_world: TrustWorld, level: Level
) -> None:
    assert pdfsig(sign_at(level, tmp_path, trust_world))[0] == "Signature is Valid."


@pytest.mark.real("softhsm")
@pytest.mark.real("pdfsig")
def test_a_token_signs(tmp_path: Path, trust_world: TrustWorld) -> None:
    key, output = trust_world.softhsm_key("officer-1"), tmp_path / "token.pdf"
    pades.sign(MemorySource(small_pdf()), output, key, request_for(key), None, None)
    assert pdfsig(output) == ["Signature is Valid."]


class Broken:
    """A key that fails in a given way."""

    def __init__(self, key: InsecureSoftwareKey, failure: BaseException) -> None:
        self._key, self._failure = key, failure

    @property
    def certificate(self) -> bytes | None:
        return self._key.certificate

    @property
    def public_key(self) -> bytes:
        return self._key.public_key

    @property
    def algorithm(self) -> SignatureAlgorithm:
        return self._key.algorithm

    def sign(self, data: bytes) -> bytes:
        raise self._failure


@pytest.mark.parametrize(
    "failure", [KeyDeviceError("pin_incorrect", token="officer-1"), KeyboardInterrupt()]
)
def test_nothing_is_left_behind(
    tmp_path: Path, trust_world: TrustWorld, failure: BaseException
) -> None:
    key, output = Broken(trust_world.officer_a, failure), tmp_path / "out.pdf"
    output.write_bytes(b"an older file")
    request = request_for(trust_world.officer_a)
    with pytest.raises(type(failure)), appearing(output) as path:
        pades.sign(MemorySource(small_pdf()), path, key, request, None, None)
    assert list(tmp_path.iterdir()) == [output]
    assert output.read_bytes() == b"an older file"


def test_a_folder_that_does_not_exist(tmp_path: Path, trust_world: TrustWorld) -> None:
    key = trust_world.officer_a
    with pytest.raises(AntinError) as caught:
        pades.sign(
            MemorySource(small_pdf()), tmp_path / "no" / "x.pdf", key, request_for(key), None, None
        )
    assert code_of(caught.value) == "storage_full"


def test_levels_with_time_need_a_service(tmp_path: Path, trust_world: TrustWorld) -> None:
    key = trust_world.officer_a
    request = request_for(key, level=Level.B_T)
    with pytest.raises(AntinError) as caught:
        pades.sign(MemorySource(small_pdf()), tmp_path / "x.pdf", key, request, None, None)
    assert code_of(caught.value) == "timestamp_not_configured"
    assert list(tmp_path.iterdir()) == []


def test_long_term_levels_need_trust(tmp_path: Path, trust_world: TrustWorld) -> None:
    key = trust_world.officer_a
    request = request_for(key, level=Level.B_LTA)
    services = trust_world.timestamps(NOW), trust_world.revocation(NOW)
    with pytest.raises(AntinError) as caught:
        pades.sign(MemorySource(small_pdf()), tmp_path / "x.pdf", key, request, *services)
    assert code_of(caught.value) == "certificate_untrusted"


def test_the_output_has_the_modes_of_a_new_file(tmp_path: Path, trust_world: TrustWorld) -> None:
    path = sign_at(Level.B_B, tmp_path, trust_world)
    (tmp_path / "plain").touch()
    assert path.stat().st_mode == (tmp_path / "plain").stat().st_mode
