"""Settings: where they come from, what paths mean, and that no error quotes a value."""

from pathlib import Path

import pytest

from antin.core.errors import UsageError
from antin.infra.settings import load_settings
from tests.growinglog import GrowingLog
from tests.witnesskey import WitnessKey

EXAMPLE = """
language = "en"
tsa_url = "http://127.0.0.1:9/tsa"
trust_dir = "trust"
pkcs11_module = "/usr/lib/softhsm/libsofthsm2.so"
allowed_private = ["127.0.0.1"]

[softhsm]
tokens = "tokens"

[ledger]
origin = "ledger.example.vn/test"
credential = "ledger"

[[credentials]]
name = "ledger"
token_label = "hsm"
key_label = "ledger"
pin = { file = "pins/hsm" }

[[credentials]]
name = "seal"
token_label = "hsm"
key_id = "0aFF"
agency = "UBND-MAU"
pin = { env = "HSM_PIN" }
"""


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    for name in list(os.environ):
        if name.startswith("ANTIN_"):
            monkeypatch.delenv(name)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "antin.toml").write_text(EXAMPLE)
    return tmp_path


def _refused(folder: Path, text: str) -> UsageError:
    (folder / "antin.toml").write_text(text)
    with pytest.raises(UsageError) as caught:
        load_settings(folder)
    assert caught.value.code == "settings_invalid"
    return caught.value


def test_relative_paths_resolve_against_the_file(folder: Path) -> None:
    settings = load_settings(folder)
    assert settings.trust_folder == folder / "trust"
    assert settings.softhsm is not None
    assert settings.softhsm.tokens == folder / "tokens"
    ledger = settings.credential("ledger")
    assert ledger is not None
    assert ledger.pin.file == folder / "pins/hsm"  # type: ignore[union-attr] # it is a PinSource
    assert settings.database == f"sqlite:///{folder}/antin.db"
    assert settings.broker == f"sqla+sqlite:///{folder}/broker.db"
    assert settings.blob_folder == folder / "blobs"


def test_variables_override_the_file(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTIN_DATA_DIR", str(folder))
    monkeypatch.setenv("ANTIN_TSA_URL", "http://tsa.example/")
    monkeypatch.setenv("ANTIN_DATABASE_URL", "postgresql+psycopg://db/antin")
    monkeypatch.setenv("ANTIN_TRUST_DIR", "elsewhere")
    monkeypatch.chdir(folder)
    settings = load_settings()
    assert settings.tsa_url == "http://tsa.example/"
    assert settings.database == "postgresql+psycopg://db/antin"
    assert settings.trust_folder == folder / "elsewhere"
    assert settings.data_dir == folder


def test_time_stamping_authorities_have_an_order(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def urls() -> list[str]:
        return [one.url for one in load_settings(folder).timestamp_authorities]

    assert urls() == ["http://127.0.0.1:9/tsa"]
    first = "[[tsa]]\nurl = 'https://a.example/tsa'\npolicy = '1.3.6.1.4.1.99999.1'\nseconds = 5\n"
    (folder / "antin.toml").write_text(first + "[[tsa]]\nurl = 'http://b.example'\n")
    assert urls() == ["https://a.example/tsa", "http://b.example"]
    authority = load_settings(folder).timestamp_authorities[0]
    assert (authority.policy, authority.seconds) == ("1.3.6.1.4.1.99999.1", 5)
    # The variable replaces the file's list.
    monkeypatch.setenv("ANTIN_TSA_URL", " http://c.example/  https://d.example/x ")
    assert urls() == ["http://c.example/", "https://d.example/x"]
    (folder / "antin.toml").write_text("")
    monkeypatch.delenv("ANTIN_TSA_URL")
    assert urls() == []


def test_a_secret_address_comes_from_a_file(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "address").write_text("postgresql+psycopg://antin:hidden@db/antin\n")
    monkeypatch.setenv("ANTIN_DATABASE_URL_FILE", str(folder / "address"))
    settings = load_settings(folder)
    assert settings.database.endswith("hidden@db/antin")
    assert "hidden" not in repr(settings)


def test_a_folder_without_settings_is_no_data_directory(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        load_settings(tmp_path)
    assert caught.value.code == "data_directory_missing"
    assert "ANTIN_DATA_DIR" in str(caught.value)


WITNESS = WitnessKey().text()
LOG_KEY = GrowingLog().verifier.text
WITNESSED = "[ledger]\norigin = 'o'\ncredential = 'x'\nwitnesses = ["
_TWICE = f"{{url = 'http://w.example', key = '{WITNESS}'}}"


def test_witnesses_are_named_by_address_and_key(tmp_path: Path) -> None:
    (tmp_path / "antin.toml").write_text(f"{WITNESSED}{_TWICE}]")
    ledger = load_settings(tmp_path).ledger
    assert ledger is not None
    assert [(one.url, one.key) for one in ledger.witnesses] == [("http://w.example", WITNESS)]


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("language = 'fr'", "language"),
        ("colour = 'red'", "colour"),
        ("tsa_url = 'ftp://x'", "tsa_url"),
        ("tsa_url = 'http://a.example ftp://x'", "tsa_url"),
        ("tsa_url = ''", "tsa_url"),
        ("tsa_url = 'http://a.example'\n[[tsa]]\nurl = 'http://b.example'", "tsa"),
        ("[[tsa]]\npolicy = '1.2.3'", "tsa.0.url"),
        ("[[tsa]]\nurl = 'b.example'", "tsa.0.url"),
        ("[[tsa]]\nurl = 'http://b.example'\npolicy = '1.02'", "tsa.0.policy"),
        ("[[tsa]]\nurl = 'http://b.example'\nseconds = 0", "tsa.0.seconds"),
        ("[[tsa]]\nurl = 'http://b.example'\nretries = 3", "tsa.0.retries"),
        ("[time_stamping]\nseconds = 1e9", "time_stamping.seconds"),
        ("[time_stamping]\nclock_tolerance = 3600", "time_stamping.clock_tolerance"),
        ("[[credentials]]\nname = 'a'", "token_label"),
        ("[[credentials]]\nname = 'a'\ntoken_label = 't'\nkey_id = 'xyz'", "key_id"),
        ("[ledger]\norigin = 'two words'\ncredential = 'x'", "origin"),
        (f"{WITNESSED}{{url = 'w.example', key = '{WITNESS}'}}]", "ledger.witnesses.0.url"),
        (f"{WITNESSED}{{url = 'http://w.example', key = 'none'}}]", "ledger.witnesses.0.key"),
        (f"{WITNESSED}{{url = 'http://w.example', key = '{LOG_KEY}'}}]", "ledger.witnesses.0.key"),
        (f"{WITNESSED}{_TWICE}, {_TWICE}]", "same name"),
        ("= = =", "antin.toml"),
    ],
)
def test_a_wrong_setting_is_named(tmp_path: Path, text: str, named: str) -> None:
    assert named in str(_refused(tmp_path, text).values["detail"])


def test_two_credentials_of_one_name_are_refused(tmp_path: Path) -> None:
    one = "[[credentials]]\nname = 'a'\ntoken_label = 't'\n"
    assert "same name" in str(_refused(tmp_path, one + one))


def test_no_error_quotes_a_pin_written_into_the_file(tmp_path: Path) -> None:
    error = _refused(tmp_path, "[[credentials]]\nname = 'a'\ntoken_label = 't'\npin = '24681357'\n")
    assert "24681357" not in str(error)
    assert error.__cause__ is None


def test_an_unknown_kind_of_blob_store_is_refused(folder: Path) -> None:
    (folder / "antin.toml").write_text("blob_url = 'ftp://x'")
    with pytest.raises(UsageError) as caught:
        _ = load_settings(folder).blob_folder
    assert caught.value.code == "settings_invalid"


def test_settings_nested_without_end_are_refused(tmp_path: Path) -> None:
    (tmp_path / "antin.toml").write_text(".".join(["a"] * 499) + " = 1")
    with pytest.raises(UsageError) as caught:
        load_settings(tmp_path)
    assert caught.value.code == "settings_invalid"
