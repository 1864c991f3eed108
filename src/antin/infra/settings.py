"""Settings: ``antin.toml`` in the data directory, overridden by ``ANTIN_*`` variables.

A relative path in ``antin.toml`` resolves against that file's folder, so that a data directory can
be moved; a relative path in a variable resolves against the current folder, as a shell user means
it. Secrets never stand in here: a PIN is named by where it comes from, a database address that
holds a password can come from a file (``ANTIN_DATABASE_URL_FILE``). No error quotes a value.
"""

import os
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from antin.core.errors import InputError, UsageError
from antin.core.toml import parse_toml
from antin.ledger.checkpoints.cosignature import parse_witness
from antin.pki.algorithms import Scheme

FILE_NAME: Final = "antin.toml"
_SECRET_URLS: Final = ("database_url", "broker_url")

AbsolutePath = Annotated[Path, AfterValidator(lambda path: path.absolute())]


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class PinSource(_Strict):
    """Where a PIN comes from: a file, or (for development) an environment variable."""

    file: AbsolutePath | None = None
    env: str | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.file is None) == (self.env is None):
            raise ValueError("a pin has either a file or an env")
        return self


class Standby(_Strict):
    """Another token that holds the same key, used when the ones before it are not there."""

    token_label: str
    token_serial: str | None = None
    module: AbsolutePath | None = None
    """None: the credential's."""
    pin: PinSource | None = None
    """None: the credential's."""


class Credential(_Strict):
    """A key on a token, by a name of our own."""

    name: str = Field(min_length=1)
    module: AbsolutePath | None = None
    """The PKCS#11 module; None: ``pkcs11_module`` of the installation."""
    token_label: str
    token_serial: str | None = None
    key_label: str | None = None
    key_id: str | None = Field(default=None, pattern=r"^([0-9A-Fa-f]{2})+$")
    scheme: Scheme | None = None
    agency: str | None = None
    """Code of the agency whose seal this is."""
    pin: PinSource | Literal["prompt"] = "prompt"
    processes: int | None = Field(default=None, ge=0, le=64)
    """Processes of their own that use the token; None: one in a service, none in a command."""
    sessions: int = Field(default=4, ge=1, le=64)
    """Signatures at once, for each process."""
    seconds: float = Field(default=30.0, ge=1, le=600)
    """How long the token may take for an answer."""
    per_minute: int = Field(default=6000, ge=1)
    """How many signatures one process of the service gives with it."""
    standby: tuple[Standby, ...] = ()


class TimestampAuthority(_Strict):
    """A time-stamping authority; they are asked in the order of the file."""

    url: str = Field(pattern=r"^https?://\S+$", max_length=2000)
    policy: str | None = Field(default=None, pattern=r"^[0-2](\.(0|[1-9][0-9]{0,18})){1,30}$")
    """OID that its time-stamps are to be made under."""
    seconds: float = Field(default=20.0, ge=1, le=600)
    """How long it may take for an answer."""


class TimeStamping(_Strict):
    """What holds for all time-stamping authorities together."""

    seconds: float = Field(default=60.0, ge=1, le=900)
    """How long somebody who needs a time-stamp waits for all of them together."""
    clock_tolerance: float = Field(default=300.0, ge=1, le=300)
    """Seconds that an authority's clock and ours may differ."""


def _witness_key(text: str) -> str:
    try:
        return parse_witness(text).text
    except InputError as error:
        raise ValueError(error.detail) from error


class WitnessSettings(_Strict):
    """Somebody who cosigns checkpoints."""

    url: str = Field(pattern=r"^https?://\S+$", max_length=2000)
    key: Annotated[str, AfterValidator(_witness_key)]
    """As the witness's operator gives it: name, id and key, parted by plus signs."""
    seconds: float = Field(default=10.0, ge=0.1, le=60)
    """How long it may take for an answer."""


class SinkSettings(_Strict):
    """Another place for checkpoints, best on another disk or machine."""

    file: AbsolutePath | None = None
    """Keeps the newest one."""
    folder: AbsolutePath | None = None
    """Keeps every one."""

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.file is None) == (self.folder is None):
            raise ValueError("a sink has either a file or a folder")
        return self


class LedgerSettings(_Strict):
    """The ledger's name, the credential that signs its checkpoints, and who else keeps them."""

    origin: str = Field(min_length=1, pattern=r"^[^\s+]+$")
    credential: str
    witnesses: tuple[WitnessSettings, ...] = Field(default=(), max_length=20)
    sinks: tuple[SinkSettings, ...] = Field(default=(), max_length=20)
    anchor: bool = True
    """Whether checkpoints are time-stamped, where there is a time-stamping service at all."""
    anchor_hours: float = Field(default=24.0, gt=0, le=8784)
    """The newest checkpoint is time-stamped at least so often, where something is new."""
    anchor_entries: int = Field(default=10_000, ge=1)
    """And when so many entries came since."""

    @model_validator(mode="after")
    def _witnesses_are_distinct(self) -> Self:
        names = [parse_witness(one.key).name for one in self.witnesses]
        if len(names) != len(set(names)) or self.origin in names:
            raise ValueError("two witnesses have the same name, or one has the ledger's")
        return self


class SoftHsm(_Strict):
    """Set when Antin itself has to write SoftHSM's configuration at start."""

    tokens: AbsolutePath

    @model_validator(mode="after")
    def _named_tokens(self) -> Self:
        if self.tokens.name != "tokens":
            raise ValueError("the folder of SoftHSM's tokens must be called tokens")
        return self


class Settings(BaseSettings):
    """All settings of one installation; frozen, every path absolute."""

    model_config = SettingsConfigDict(
        env_prefix="ANTIN_", frozen=True, extra="forbid", hide_input_in_errors=True
    )

    data_dir: AbsolutePath
    language: Literal["vi", "en"] = "vi"
    database_url: str = Field(default="", repr=False)
    blob_url: str = ""
    broker_url: str = Field(default="", repr=False)
    tsa_url: str | None = Field(default=None, pattern=r"^\s*(https?://\S+\s*)+$", max_length=10_000)
    """One or several time-stamping authorities, parted by spaces; instead of ``tsa``."""
    tsa: tuple[TimestampAuthority, ...] = Field(default=(), max_length=20)
    time_stamping: TimeStamping = TimeStamping()
    timestamp_wait: float = Field(default=5.0, gt=0, le=150)
    """Seconds that an officer who signs waits for the time-stamp; then a job gets it."""
    timestamp_retry: float = Field(default=5.0, gt=0, le=600)
    """Seconds until that job asks again; twice as long each time, up to ten minutes."""
    sweep_seconds: float = Field(default=10.0, gt=0, le=600)
    """How often a worker looks for what is due, was lost or has expired."""
    trust_dir: AbsolutePath | None = None
    pkcs11_module: AbsolutePath | None = None
    allowed_private: frozenset[str] = frozenset()
    """Hosts on private or loopback addresses that may be fetched from all the same."""
    credentials: tuple[Credential, ...] = ()
    ledger: LedgerSettings | None = None
    softhsm: SoftHsm | None = None
    api_key_file: AbsolutePath | None = None
    """Who acts on the command line, where ``ANTIN_API_KEY_FILE`` does not say otherwise."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 — pydantic-settings passes it by name
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 — as above
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 — as above
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Let variables override the file, whose values come in as arguments."""
        return (env_settings, init_settings)

    @model_validator(mode="after")
    def _names_are_unique(self) -> Self:
        names = [credential.name for credential in self.credentials]
        if len(names) != len(set(names)):
            raise ValueError("two credentials have the same name")
        return self

    def credential(self, name: str) -> Credential | None:
        """Return the credential called ``name``, or None."""
        return next((c for c in self.credentials if c.name == name), None)

    @property
    def timestamp_authorities(self) -> tuple[TimestampAuthority, ...]:
        """The time-stamping authorities, in the order in which they are to be asked."""
        if self.tsa_url is None:
            return self.tsa
        return tuple(TimestampAuthority(url=url) for url in self.tsa_url.split())

    @property
    def database(self) -> str:
        """The database's address; by default ``antin.db`` in the data directory."""
        return _sqlite_at(self.database_url or "sqlite:///antin.db", self.data_dir)

    @property
    def broker(self) -> str:
        """The broker's address; by default a SQLite file of its own, not the business database."""
        return _sqlite_at(self.broker_url or "sqla+sqlite:///broker.db", self.data_dir)

    @property
    def blob_folder(self) -> Path:
        """The folder of stored files. Error: ``settings_invalid`` for any other kind of store."""
        if not self.blob_url:
            return self.data_dir / "blobs"
        scheme, _, rest = self.blob_url.partition(":")
        if scheme != "file":
            raise UsageError("settings_invalid", detail="blob_url: only file: addresses are known")
        return self.data_dir / rest.removeprefix("//")

    @property
    def trust_folder(self) -> Path:
        """The trust folder; by default ``trust`` in the data directory."""
        return self.trust_dir or self.data_dir / "trust"


def load_settings(data_dir: Path | None = None) -> Settings:
    """Return the settings of ``data_dir`` (default: ``ANTIN_DATA_DIR``).

    Errors: ``data_directory_missing``, ``settings_invalid`` (naming the setting, never its value).
    """
    folder = data_dir or Path(os.environ.get("ANTIN_DATA_DIR") or ".")
    try:
        text = (folder / FILE_NAME).read_bytes()
    except OSError as error:
        raise UsageError("data_directory_missing", path=str(folder)) from error
    return parse_settings(folder, text)


def parse_settings(folder: Path, text: bytes) -> Settings:
    """Return the settings that ``text`` means as the antin.toml of ``folder``.

    Error: ``settings_invalid``.
    """
    try:
        return _build(folder.absolute(), parse_toml(text))
    except (ValueError, RecursionError) as error:
        raise UsageError("settings_invalid", detail=f"{FILE_NAME}: {error}") from error


def _build(folder: Path, values: dict[str, Any]) -> Settings:
    if "tsa_url" in values and "tsa" in values:
        # A variable may still replace the file's list.
        raise UsageError("settings_invalid", detail="tsa: there is a tsa_url beside it")
    settled = _resolve(values, folder)
    settled |= _from_secret_files()
    settled["data_dir"] = folder
    try:
        settings = Settings(**settled)
    except ValidationError as error:
        raise UsageError("settings_invalid", detail=_explain(error)) from None
    # ANTIN_DATA_DIR said where the file lies, however it was spelt; the file's folder counts.
    return settings.model_copy(update={"data_dir": folder})


_PATHS: Final = frozenset(
    {"trust_dir", "pkcs11_module", "module", "tokens", "file", "folder", "api_key_file"}
)


def _resolve(value: Any, folder: Path, key: str = "") -> Any:
    """Return ``value`` of the file with relative paths made absolute."""
    match value:
        case dict():
            return {name: _resolve(item, folder, name) for name, item in value.items()}
        case list():
            return [_resolve(item, folder) for item in value]
        case str() if key in _PATHS:
            return folder / value
        case _:
            return value


def _from_secret_files() -> dict[str, str]:
    found = {}
    for name in _SECRET_URLS:
        path = os.environ.get(f"ANTIN_{name.upper()}_FILE")
        if path is None:
            continue
        try:
            found[name] = Path(path).read_text().strip()
        except (OSError, ValueError) as error:
            raise UsageError("settings_invalid", detail=f"{name}: file unreadable") from error
    return found


def _explain(error: ValidationError) -> str:
    """Say which settings are wrong and why, without quoting any value."""
    problems = error.errors(include_url=False, include_context=False, include_input=False)
    return "; ".join(
        ".".join(str(part) for part in problem["loc"]) + ": " + problem["msg"]
        if problem["loc"]
        else problem["msg"]
        for problem in problems
    )


def _sqlite_at(url: str, folder: Path) -> str:
    """Return ``url`` with the path of a SQLite file made absolute."""
    scheme, mark, path = url.partition(":///")
    if not scheme.endswith("sqlite") or not mark or path.startswith("/"):
        return url
    return f"{scheme}:///{folder / path}"
