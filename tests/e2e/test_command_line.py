"""The real program on real tokens: what it makes, and how each bad input ends."""

import json
import shutil
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from devpki.architecture import Leaf
from devpki.pki import free_port, issue
from devpki.tokens import KeySpec, TokenSpec, create_tokens, store_certificates
from devpki.world import OFFICER_1
from tests.e2e.installation import AGENCY, Office, make_office
from tests.trustworld import TrustWorld

pytestmark = pytest.mark.real("softhsm")
LETTER = Path(__file__).parents[2] / "examples" / "letter.pdf"


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory, trust_world: TrustWorld) -> Office:
    return make_office(tmp_path_factory.mktemp("office"), trust_world)


@pytest.fixture(scope="module")
def signed(office: Office, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The letter, signed by an officer at B-T."""
    path = tmp_path_factory.mktemp("signed") / "letter.pdf"
    done = office.antin("sign", LETTER, "-o", path, "--credential", "officer-1", "--level", "B-T")
    assert done.code == 0, done.err
    return path


def test_a_signed_file_verifies_with_the_trust_folder_alone(office: Office, signed: Path) -> None:
    done = office.antin("verify", signed, "--offline", "--format", "json", ANTIN_DATA_DIR="")
    assert done.code == 3
    trusted = office.antin(
        "verify", signed, "--offline", "--trust", office.world.trust_folder, "--format", "json"
    )
    assert trusted.code == 0, trusted.out
    (signature,) = json.loads(trusted.out)["signatures"]
    assert (signature["indication"], signature["level"]) == ("TOTAL-PASSED", "B-T")


@pytest.mark.real("pdfsig")
def test_poppler_calls_the_signature_valid(signed: Path) -> None:
    done = subprocess.run(["pdfsig", signed], capture_output=True, text=True, check=False)
    assert "Signature is Valid" in done.stdout


def test_a_flipped_byte_is_found(office: Office, signed: Path, tmp_path: Path) -> None:
    data = bytearray(signed.read_bytes())
    data[1000] ^= 1
    flipped = tmp_path / "flipped.pdf"
    flipped.write_bytes(data)
    done = office.antin("verify", flipped, "--offline", "--format", "json")
    assert done.code == 1
    assert json.loads(done.out)["signatures"][0]["sub_indication"] == "HASH_FAILURE"


def test_levels_up_to_lta(office: Office, tmp_path: Path) -> None:
    target = tmp_path / "lta.pdf"
    done = office.antin("sign", LETTER, "-o", target, "--credential", "officer-2", "--level=B-LTA")
    assert done.code == 0, done.err
    report = office.json("verify", target, "--offline")
    assert report["conclusion"] == "TOTAL-PASSED"
    assert {s["kind"] for s in report["signatures"]} == {"signature", "document-timestamp"}


def test_augmenting_makes_a_signature_last(office: Office, signed: Path, tmp_path: Path) -> None:
    target = tmp_path / "lta.pdf"
    done = office.antin("augment", signed, "-o", target, "--level", "B-LTA")
    assert done.code == 0, done.err
    assert target.read_bytes().startswith(signed.read_bytes())
    levels = [s["level"] for s in office.json("verify", target, "--offline")["signatures"]]
    assert "B-LTA" in levels


def test_several_files_go_into_a_folder(office: Office, tmp_path: Path) -> None:
    other, broken = tmp_path / "other.pdf", tmp_path / "broken.pdf"
    shutil.copy(LETTER, other)
    broken.write_bytes(b"no PDF")
    out = tmp_path / "out"
    done = office.antin(
        "sign", LETTER, other, broken, "-o", out, "--credential", "officer-1", "--jobs", "2"
    )
    assert done.code == 5
    assert done.error == "not_a_pdf"
    assert sorted(path.name for path in out.iterdir()) == ["letter.pdf", "other.pdf"]
    assert "2 of 3 files done" in done.out


def test_files_that_are_no_pdf_are_signed_beside(office: Office, tmp_path: Path) -> None:
    sheet, out = tmp_path / "figures.csv", tmp_path / "out"
    sheet.write_bytes(b"a;b\r\n" * 1000)
    signing = ("--credential", "officer-1", "--level", "B-T")
    done = office.antin("sign", LETTER, sheet, "-o", out, *signing)
    assert done.code == 0, done.err
    assert sorted(path.name for path in out.iterdir()) == ["figures.csv.p7s", "letter.pdf"]
    # What was signed is found by its name, or named.
    kept = tmp_path / "figures.csv.p7s"
    apart = out / "figures.csv.p7s"
    done = office.antin("augment", apart, "-o", kept, "--level", "B-LTA")
    assert (done.code, done.error) == (2, "content_required")
    done = office.antin("augment", apart, "-o", kept, "--level", "B-LTA", "--content", sheet)
    assert done.code == 0, done.err
    (one,) = office.json("verify", kept, "--offline")["signatures"]
    assert (one["level"], one["indication"]) == ("B-LTA", "TOTAL-PASSED")
    renewed = tmp_path / "renewed.p7s"
    done = office.antin("augment", kept, "-o", renewed, "--level", "B-LTA")
    assert done.code == 0, done.err
    report = office.json("verify", renewed, "--offline", "--content", sheet)
    kinds = [stamp["kind"] for stamp in report["signatures"][0]["timestamps"]]
    assert kinds == ["signature", "archive", "archive"]


def test_a_pdf_is_signed_beside_itself_where_asked(office: Office, tmp_path: Path) -> None:
    target = tmp_path / "letter.p7s"
    done = office.antin("sign", LETTER, "-o", target, "--credential", "officer-1", "--detached")
    assert done.code == 0, done.err
    report = office.json("verify", target, "--content", LETTER, "--offline")
    assert (report["container"], report["signatures"][0]["level"]) == ("cms", "B-B")
    done = office.antin(
        *("sign", LETTER, "-o", tmp_path / "b.p7s", "--credential", "officer-1", "--detached"),
        *("--reason", "Duyệt"),
    )
    assert (done.code, done.error) == (2, "request_invalid")


def test_a_damaged_file_is_signed_as_a_rewritten_copy_only(office: Office, tmp_path: Path) -> None:
    damaged, target = tmp_path / "damaged.pdf", tmp_path / "signed.pdf"
    damaged.write_bytes(LETTER.read_bytes().replace(b"startxref\n", b"startxref\n9"))
    sign = "sign", damaged, "--credential", "officer-1"
    refused = office.antin(*sign, "-o", target)
    assert (refused.code, refused.error) == (5, "pdf_needs_repair")
    assert "--repair" in refused.err
    assert not target.exists()
    done = office.antin(*sign, "-o", target, "--repair")
    assert done.code == 0, done.err
    assert "repaired_copy" in done.err
    assert office.json("verify", target, "--offline")["conclusion"] == "TOTAL-PASSED"
    several = office.antin(*sign, LETTER, "-o", tmp_path / "out", "--repair")
    assert several.code == 0, several.err
    told = [line for line in several.out.splitlines() if "(repaired_copy)" in line]
    assert [line.startswith(str(damaged)) for line in told] == [True]


def test_sealing_writes_the_ledger(office: Office, signed: Path, tmp_path: Path) -> None:
    target = tmp_path / "sealed.pdf"
    done = office.antin("seal", signed, "-o", target, "--agency", AGENCY)
    assert done.code == 0, done.err
    report = office.json("verify", target, "--offline")
    assert report["conclusion"] == "TOTAL-PASSED"
    assert len(report["signatures"]) == 2
    actions = [entry["action"] for entry in office.json("ledger", "show", "--limit", "1000")]
    assert actions.count("seal.intended") == actions.count("seal.completed") == 1


def test_an_unsigned_file_is_not_sealed(office: Office, tmp_path: Path) -> None:
    target = tmp_path / "sealed.pdf"
    done = office.antin("seal", LETTER, "-o", target, "--agency", AGENCY)
    assert (done.code, done.error) == (1, "seal_not_allowed")
    assert not target.exists()


def test_ledger_and_files_are_whole(office: Office) -> None:
    assert office.antin("ledger", "checkpoint").code == 0
    assert office.antin("ledger", "verify").code == 0
    assert office.antin("fsck").code == 0
    status = office.json("status")
    assert status["checkpoint"] == status["entries"]


def test_a_data_directory_can_be_moved(office: Office, tmp_path: Path) -> None:
    moved = tmp_path / "moved"
    shutil.copytree(office.data, moved)
    target = tmp_path / "letter.pdf"
    there = Office(moved, office.world)
    assert str(office.data) not in (moved / "antin.toml").read_text()
    done = there.antin("sign", LETTER, "-o", target, "--credential", "officer-1")
    assert done.code == 0, done.err
    assert there.antin("ledger", "checkpoint").code == 0
    assert there.antin("ledger", "verify").code == 0


def test_a_database_behind_its_checkpoint_is_not_served(office: Office, tmp_path: Path) -> None:
    assert office.antin("ledger", "checkpoint").code == 0
    restored = tmp_path / "restored"
    shutil.copytree(office.data, restored)
    note = (restored / "checkpoint").read_text()
    size = note.splitlines()[1]
    (restored / "checkpoint").write_text(note.replace(f"\n{size}\n", "\n99999\n", 1))
    done = Office(restored, office.world).antin("serve", "--port", "9")
    assert (done.code, done.error) == (1, "checkpoint_ahead")


# --- what bad input gets -----------------------------------------------------------------------


def _encrypted(path: Path) -> None:
    subprocess.run(["qpdf", "--encrypt", "secret", "owner", "256", "--", LETTER, path], check=True)


BAD: dict[str, tuple[Callable[[Path], object], str]] = {
    "no PDF": (lambda path: path.write_bytes(b"hello"), "not_a_pdf"),
    "0 bytes": (lambda path: path.write_bytes(b""), "empty_file"),
    "truncated": (lambda path: path.write_bytes(LETTER.read_bytes()[:20_000]), "pdf_truncated"),
    "encrypted": (_encrypted, "pdf_encrypted"),
    "missing": (lambda path: None, "file_not_found"),
}


@pytest.mark.parametrize("kind", BAD)
def test_an_unreadable_file_is_named(office: Office, tmp_path: Path, kind: str) -> None:
    make, code = BAD[kind]
    path, target = tmp_path / "bad.pdf", tmp_path / "out.pdf"
    make(path)
    done = office.antin("sign", path, "-o", target, "--credential", "officer-1")
    # What is cut off can still be signed as a rewritten copy.
    assert (done.code, done.error) == (5, "pdf_needs_repair" if kind == "truncated" else code)
    verified = office.antin("verify", path, "--format", "json")
    assert verified.code == 5
    if verified.out:
        report = json.loads(verified.out)
        assert (report["conclusion"], report["error"]["code"]) == ("UNREADABLE", code)
    else:
        assert verified.error == code
    assert [p.name for p in tmp_path.iterdir() if p != path] == []


def _sign(office: Office, target: Path, *more: str, credential: str, **env: str) -> tuple[int, str]:
    done = office.antin("sign", LETTER, "-o", target, "--credential", credential, *more, **env)
    assert not target.exists()
    assert not list(target.parent.glob(".*"))
    return done.code, done.error


def test_a_wrong_pin_is_refused(office: Office, tmp_path: Path) -> None:
    pin = tmp_path / "pins" / "wrong"
    pin.parent.mkdir()
    pin.write_text("00000000\n")
    office.add_credential("wrong-pin", "officer-1", "officer-1", pin=pin)
    assert _sign(office, tmp_path / "a.pdf", credential="wrong-pin") == (1, "pin_incorrect")


def test_a_token_that_is_not_there(office: Office, tmp_path: Path) -> None:
    pin = tmp_path / "pin"
    pin.write_text("1\n")
    office.add_credential("absent", "nobody's token", "x", pin=pin)
    assert _sign(office, tmp_path / "a.pdf", credential="absent") == (1, "token_not_found")


def test_a_credential_that_is_not_there(office: Office, tmp_path: Path) -> None:
    target = tmp_path / "a.pdf"
    assert _sign(office, target, credential="nobody") == (1, "credential_not_found")


def test_a_prompt_without_anybody_to_ask(office: Office, tmp_path: Path) -> None:
    added = office.antin("credential", "add", "asked", "--token", "officer-1")
    assert added.code == 0, added.err
    assert _sign(office, tmp_path / "a.pdf", credential="asked") == (1, "pin_missing")


@pytest.fixture(scope="module")
def bad_officers(office: Office) -> dict[str, Path]:
    """Tokens whose certificates ran out or were revoked; name → PIN file."""
    names = ("expired", "revoked")
    specs = tuple(TokenSpec(f"bad-{name}", (KeySpec(f"bad-{name}"),)) for name in names)
    tokens = create_tokens(office.data, specs)
    now, day = datetime.now(UTC).replace(microsecond=0), timedelta(days=1)
    certificates = {}
    for token in tokens:
        (public_key,) = token.public_keys.values()
        expired = token.label == "bad-expired"
        until = now - day if expired else now + 900 * day
        revoked = None if expired else now - 2 * day
        leaf = Leaf(token.label, OFFICER_1, public_key, now - 30 * day, until, revoked_at=revoked)
        certificates[token.label] = issue(office.world.pki, leaf)
    store_certificates(office.data, tokens, certificates)
    for token in tokens:
        office.add_credential(token.label, token.label, token.label, pin=token.pin_file)
    return {token.label: token.pin_file for token in tokens}


@pytest.mark.requirement("CRY-2")
@pytest.mark.parametrize("level", ["B-B", "B-T"])
@pytest.mark.parametrize("name", ["expired", "revoked"])
def test_a_bad_certificate_on_a_token_signs_nothing(
    office: Office, bad_officers: dict[str, Path], tmp_path: Path, name: str, level: str
) -> None:
    found = _sign(office, tmp_path / "a.pdf", "--level", level, credential=f"bad-{name}")
    assert found == (1, f"certificate_{name}")


def test_a_dead_timestamp_service(office: Office, tmp_path: Path) -> None:
    dead = f"http://127.0.0.1:{free_port()}/tsa"
    found = _sign(
        office, tmp_path / "a.pdf", "--level", "B-T", credential="officer-1", ANTIN_TSA_URL=dead
    )
    assert found == (1, "timestamp_unavailable")


def test_the_next_timestamp_service_helps_out(
    office: Office, trust_world: TrustWorld, tmp_path: Path
) -> None:
    dead = f"http://127.0.0.1:{free_port()}/tsa"
    done = office.antin(
        *("sign", LETTER, "-o", tmp_path / "a.pdf"),
        *("--credential", "officer-1", "--level", "B-T"),
        ANTIN_TSA_URL=f"{dead} {trust_world.tsa_url}",
    )
    assert (done.code, "timestamp_authority_failed" in done.out) == (0, False)
    (line,) = done.err.splitlines()
    assert line.startswith("warning: timestamp_authority_failed: ")
    assert dead in line
    assert '"timestamp_unavailable"' in line
    (signature,) = office.json("verify", tmp_path / "a.pdf")["signatures"]
    assert (signature["level"], signature["time_source"]) == ("B-T", "signature-timestamp")


def test_revocation_data_outlive_their_servers(office: Office, tmp_path: Path) -> None:
    trust = tmp_path / "trust"
    shutil.copytree(office.data / "trust", trust, ignore=lambda *_: {"crls", "ocsp"})

    def sign(name: str, **variables: str) -> tuple[int, bool]:
        """Sign with a trust that holds no revocation data; say whether they were missing."""
        target = tmp_path / name
        done = office.antin(
            *("sign", LETTER, "-o", target, "--credential", "officer-1"),
            **{"ANTIN_TRUST_DIR": str(trust), **variables},
        )
        return done.code, "revocation" in done.err

    assert sign("a.pdf") == (0, False)
    # Another process, to which no private address is allowed, could not fetch them.
    assert sign("b.pdf", ANTIN_ALLOWED_PRIVATE="[]") == (0, False)
    shutil.rmtree(office.data / "cache")
    assert sign("c.pdf", ANTIN_ALLOWED_PRIVATE="[]") == (0, True)


def test_an_existing_file_is_not_overwritten(office: Office, tmp_path: Path) -> None:
    target = tmp_path / "a.pdf"
    target.write_text("precious")
    done = office.antin("sign", LETTER, "-o", target, "--credential", "officer-1")
    assert (done.code, done.error) == (2, "output_exists")
    assert target.read_text() == "precious"


def test_nobody_acts_without_a_key(office: Office) -> None:
    done = office.antin("user", "list", ANTIN_API_KEY_FILE="/nonexistent")
    assert (done.code, done.error) == (2, "api_key_file_missing")


def test_a_wrong_key_is_nobody(office: Office, tmp_path: Path) -> None:
    (tmp_path / "key").write_text("wrong\n")
    done = office.antin("user", "list", ANTIN_API_KEY_FILE=str(tmp_path / "key"))
    assert (done.code, done.error) == (1, "not_authenticated")


def test_no_pin_in_any_listing(office: Office) -> None:
    pin = office.world.pin("officer-1")
    done = office.antin("credential", "list", "--format", "json")
    assert done.code == 0
    assert pin not in done.out + done.err + (office.data / "antin.toml").read_text()
    labels = {token["label"] for token in office.json("credential", "list", "--tokens")}
    assert {"officer-1", "officer-2", "agency"} <= labels


def test_connected_tokens_are_listed_with_how_their_pins_stand(office: Office) -> None:
    listed = {t["label"]: t for t in office.json("credential", "list", "--tokens")}
    assert listed["officer-1"]["pin"] in {"ok", "low"}
    assert listed["officer-1"]["pin_locked"] is False


@pytest.mark.parametrize("name", ["officer-1", "officer-2", "seal"])
def test_a_probe_of_a_credential_tries_its_key(office: Office, name: str) -> None:
    found = office.json("credential", "probe", name)
    assert found["usable"]
    (key,) = [key for key in found["keys"] if key["chosen"]]
    assert (key["label"], all(trial["works"] for trial in key["trials"])) == (name, True)
    assert key["certificate"]["days_left"] > 365
    assert found["remarks"] == [r for r in found["remarks"] if r["code"] == "pin_tries_low"]


def test_a_probe_ends_with_the_code_of_what_is_wrong(office: Office, tmp_path: Path) -> None:
    assert office.antin("credential", "probe", "nobody").error == "credential_not_found"
    pin = tmp_path / "wrong.pin"
    pin.write_text("00000000\n")
    pin.chmod(0o600)
    done = office.antin("credential", "probe", "officer-2", "--pin-file", str(pin))
    assert (done.code, done.error) == (1, "pin_incorrect")
    # The file is known from then on: the token does not see what is in it again.
    again = office.antin("credential", "probe", "officer-2", "--pin-file", str(pin))
    assert (again.code, again.error) == (1, "pin_incorrect")


@pytest.mark.real("openssl")
def test_openssl_agrees_on_what_is_extracted(office: Office, signed: Path, tmp_path: Path) -> None:
    folder = tmp_path / "parts"
    done = office.antin("extract", signed, "-o", folder)
    assert done.code == 0, done.err
    (container,) = folder.glob("*.p7s")
    trusted = tmp_path / "trusted.pem"
    certificates = office.world.trust_folder.rglob("*.pem")
    trusted.write_bytes(b"".join(path.read_bytes() for path in certificates))
    verified = subprocess.run(
        [
            *("openssl", "cms", "-verify", "-binary", "-inform", "DER", "-in", container),
            *("-content", container.with_suffix(".signed"), "-CAfile", trusted),
            *("-purpose", "any", "-out", "/dev/null"),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert verified.returncode == 0, verified.stderr
