"""The one error tree.

Every error that leaves a package of ours is one of these::

    AntinError
    ├── UsageError          the call itself is wrong               exit 2   HTTP 400
    ├── InputError          bytes that were handed in are unreadable   5        422
    ├── AuthenticationError nobody, or not who they say            1        401
    ├── ForbiddenError      somebody, but without the right        1        403
    ├── NotFoundError       no such thing, or not theirs to see    1        404
    ├── ConflictError       the state of a thing forbids it        1        409
    ├── RefusedError        a rule forbids it                      1        422
    ├── KeyDeviceError      a token, its module or its PIN         1        503
    ├── UnavailableError    another service did not answer         1        503
    ├── IntegrityError      stored data contradict each other      1        500
    └── DefectError         a mistake of ours                     70        500

A family says what kind of failure it is and so fixes exit code and HTTP status (mapped in
``cli/`` and ``api/``); a *code* says exactly which one. Codes and their English sentences are
listed in :mod:`antin.core.codes`, are stable, and are shared by command line, HTTP and reports.
"""

from collections.abc import Mapping
from typing import ClassVar, Final

from antin.core.codes import CODES

_MOST_LETTERS: Final = 1_000
_MOST_ITEMS: Final = 100
Value = str | int | bool | None | tuple[str, ...]


class AntinError(Exception):
    """Base of the tree; never raised itself.

    ``code`` is a key of :data:`antin.core.codes.CODES`; ``values`` fill the code's sentence and
    are handed to machines beside it. Never put a PIN, key or token into ``values``. What is long is
    cut: strangers choose names, and logs and answers must stay readable.
    """

    family: ClassVar[str] = ""

    def __init__(self, code: str, /, **values: Value) -> None:
        family, sentence = CODES[code]
        if family != self.family:
            raise AssertionError(f"{code} belongs to {family}, not to {self.family}")
        self.code = code
        self.sentence = sentence
        self.values: Mapping[str, Value] = {k: _short(v) for k, v in values.items()}
        super().__init__(code, self.values)

    @property
    def detail(self) -> str:
        """The English sentence with its values filled in."""
        return fill(self.sentence, self.values)

    def __str__(self) -> str:
        return f"{self.code}: {self.detail}"

    def __reduce__(self) -> tuple[object, ...]:
        """Errors cross process borders (worker processes) unchanged."""
        return (_rebuild, (type(self), self.code, dict(self.values)))


def _rebuild(kind: type[AntinError], code: str, values: dict[str, Value]) -> AntinError:
    return kind(code, **values)


def _short(value: Value) -> Value:
    """Return ``value``, cut where it is longer than anybody reads, and always encodable."""
    if isinstance(value, tuple):
        cut = value[:_MOST_ITEMS] if len(value) <= _MOST_ITEMS else (*value[:_MOST_ITEMS], "…")
        return tuple(str(_short(item)) for item in cut)
    if not isinstance(value, str):
        return value
    text = value if len(value) <= _MOST_LETTERS else f"{value[: _MOST_LETTERS - 1]}…"
    return text.encode(errors="replace").decode()


def fill(sentence: str, values: Mapping[str, Value]) -> str:
    """Return ``sentence`` with ``{name}`` replaced; a tuple reads as a comma-separated list."""
    shown = {k: ", ".join(v) if isinstance(v, tuple) else v for k, v in values.items()}
    return sentence.format_map(_Blank(shown))


class _Blank(dict[str, object]):
    def __missing__(self, key: str) -> str:
        return "?"


class UsageError(AntinError):
    """The call itself is wrong."""

    family = "usage"


class InputError(AntinError):
    """Bytes that were handed in can't be read as what they should be."""

    family = "input"


class AuthenticationError(AntinError):
    """Nobody, or not who they say they are."""

    family = "authentication"


class ForbiddenError(AntinError):
    """A known principal without the right."""

    family = "forbidden"


class NotFoundError(AntinError):
    """No such thing, or not the caller's to see."""

    family = "not_found"


class ConflictError(AntinError):
    """The state of a thing forbids the step."""

    family = "conflict"


class RefusedError(AntinError):
    """A rule forbids the step."""

    family = "refused"


class KeyDeviceError(AntinError):
    """A token, its PKCS#11 module or its PIN stands in the way."""

    family = "key_device"


class UnavailableError(AntinError):
    """Another service did not answer, or not usefully."""

    family = "unavailable"


class IntegrityError(AntinError):
    """Stored data contradict each other."""

    family = "integrity"


class DefectError(AntinError):
    """A mistake of ours."""

    family = "defect"
