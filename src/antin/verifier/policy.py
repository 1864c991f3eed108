"""The policy: what a verdict demands beyond the standard, as a value read from TOML."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Final

from antin.core.digests import sha256_hex
from antin.core.errors import InputError, UsageError
from antin.core.toml import parse_toml
from antin.verifier.constraints import WEIGHABLE, Action, Constraints
from antin.verifier.report import ChangeLevel

_DIGESTS: Final = frozenset({"sha256", "sha384", "sha512", "sha3_256", "sha3_384", "sha3_512"})
_LEVELS: Final = frozenset(set(ChangeLevel) - {ChangeLevel.OTHER})
_FLOORS: Final = {"rsa_bits": 2048, "ec_bits": 224}
"""No policy may believe less than this."""


@dataclass(frozen=True)
class AlgorithmFloor:
    """What algorithms and keys are believed at the time of checking."""

    digests: frozenset[str]
    rsa_bits: int
    ec_bits: int


@dataclass(frozen=True)
class RevocationDuty:
    """Whose certificates must be known not to be revoked for a verdict of passed."""

    signer: bool
    authorities: bool
    timestamps: bool


@dataclass(frozen=True)
class Policy:
    """How signatures are judged; equal texts are equal policies."""

    id: str
    sha256: str
    """Of the TOML text, lower-case hex."""
    allowed_changes: ChangeLevel
    """The most that later revisions may do, unless the signature itself allows less."""
    algorithms: AlgorithmFloor
    revocation: RevocationDuty
    constraints: Constraints
    """Findings that are weighed otherwise than by their rule."""


SHIPPED: Final = ("vn-office", "strict", "lenient-import")
"""The policies that ship with Antin; the first is the default."""


def default_policy() -> Policy:
    """Return the policy that counts where none is named."""
    return shipped_policy(SHIPPED[0])


@cache
def shipped_policy(name: str) -> Policy:
    """Return the policy ``name`` that ships with Antin. Error: ``policy_unknown``."""
    return load_policy(shipped_text(name))


def shipped_text(name: str) -> bytes:
    """Return the TOML text of the policy ``name``. Error: ``policy_unknown``."""
    if name not in SHIPPED:
        raise UsageError("policy_unknown", name=name, shipped=SHIPPED)
    return (files("antin.verifier") / "policies" / f"{name}.toml").read_bytes()


def load_policy(text: bytes) -> Policy:
    """Return the policy that ``text`` (TOML, UTF-8) says; every key is needed, none may be added.

    Error: ``policy_malformed``.
    """
    try:
        root = parse_toml(text)
    except ValueError as error:
        raise _malformed("it is not TOML in UTF-8") from error
    _exactly(root, "the top", {"id", "changes", "algorithms", "revocation", "constraints"})
    if not isinstance(root["id"], str) or not root["id"].isprintable() or not root["id"]:
        raise _malformed("id is no name")
    return Policy(
        id=root["id"],
        sha256=sha256_hex(text),
        allowed_changes=_changes(root["changes"]),
        algorithms=_algorithms(root["algorithms"]),
        revocation=_revocation(root["revocation"]),
        constraints=Constraints(_actions(root["constraints"])),
    )


def _changes(table: Any) -> ChangeLevel:
    _exactly(table, "changes", {"allowed"})
    if not isinstance(table["allowed"], str) or table["allowed"] not in _LEVELS:
        raise _malformed("changes.allowed is no level")
    return ChangeLevel(table["allowed"])


def _algorithms(table: Any) -> AlgorithmFloor:
    _exactly(table, "algorithms", {"digests", *_FLOORS})
    digests = table["digests"]
    if not isinstance(digests, list) or not digests or not _DIGESTS.issuperset(map(str, digests)):
        raise _malformed(f"algorithms.digests may name {', '.join(sorted(_DIGESTS))}")
    for key, floor in _FLOORS.items():
        if type(table[key]) is not int or table[key] < floor:
            raise _malformed(f"algorithms.{key} must be {floor} or more")
    return AlgorithmFloor(frozenset(digests), table["rsa_bits"], table["ec_bits"])


def _revocation(table: Any) -> RevocationDuty:
    _exactly(table, "revocation", {"signer", "authorities", "timestamps"})
    if not all(isinstance(value, bool) for value in table.values()):
        raise _malformed("revocation holds true or false only")
    return RevocationDuty(**table)


def _actions(table: Any) -> Mapping[str, Action]:
    if not isinstance(table, dict):
        raise _malformed("constraints is no table")
    for code, action in table.items():
        if code not in WEIGHABLE:
            raise _malformed(f"constraints.{code} is no finding that a policy may weigh")
        if not isinstance(action, str) or action not in set(Action):
            raise _malformed(f"constraints.{code} must be one of {', '.join(Action)}")
    return {code: Action(action) for code, action in table.items()}


def _exactly(table: Any, where: str, keys: set[str]) -> None:
    if not isinstance(table, dict):
        raise _malformed(f"{where} is no table")
    if table.keys() != keys:
        odd = ", ".join(sorted(keys ^ table.keys()))
        raise _malformed(f"{where} must hold exactly its keys; see {odd}")


def _malformed(detail: str) -> InputError:
    return InputError("policy_malformed", detail=detail)
