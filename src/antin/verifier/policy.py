"""The policy: what a verdict demands beyond the standard, as a value read from TOML."""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from importlib.resources import files
from typing import Any, Final

from antin.core.digests import sha256_hex
from antin.core.errors import InputError, UsageError
from antin.core.toml import parse_toml
from antin.pdf.document import Manner
from antin.verifier.anchors import PURPOSES, Anchors
from antin.verifier.constraints import WEIGHABLE, Action, Constraints
from antin.verifier.policy_values import BELOW, AlgorithmFloor, Policy, RevocationDuty
from antin.verifier.report import ChangeLevel

__all__ = [
    "CHANGE_CODES",
    "SHIPPED",
    "AlgorithmFloor",
    "Policy",
    "RevocationDuty",
    "default_policy",
    "load_policy",
    "shipped_policy",
    "shipped_text",
]
_DIGESTS: Final = frozenset({"sha256", "sha384", "sha512", "sha3_256", "sha3_384", "sha3_512"})
_LEVELS: Final = tuple(level for level in ChangeLevel if level is not ChangeLevel.OTHER)
_FLOORS: Final = {"rsa_bits": 2048, "ec_bits": 224}
"""No policy may believe less than this."""
_TABLES: Final = {
    *("id", "reading", "anchors", "changes", "algorithms", "revocation", "constraints")
}
_KEYS_BELOW: Final = re.compile(rf"(rsa|ec){BELOW}[1-9][0-9]{{1,4}}")
_DUTIES: Final = ("signer", "authorities", "timestamps")
_MAX_AGE_HOURS: Final = 24 * 366
CHANGE_CODES: Final = (
    "annotation_added",
    "annotation_changed",
    "form_field_filled",
    "information_changed",
    "metadata_changed",
    "signature_added",
    "signature_field_added",
    "timestamp_added",
    "validation_data_added",
)
"""Changes that a policy may name; no rule of ours calls any other harmless."""


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
    _exactly(root, "", _TABLES)
    if not isinstance(root["id"], str) or not root["id"].isprintable() or not root["id"]:
        raise _malformed("id is no name")
    if root["reading"] not in [manner.value for manner in Manner]:
        raise _malformed("reading must be strict or tolerant")
    changes = _changes(root["changes"])
    return Policy(
        id=root["id"],
        sha256=sha256_hex(text),
        allowed_changes=ChangeLevel(changes["allowed"]),
        algorithms=_algorithms(root["algorithms"]),
        revocation=_revocation(root["revocation"]),
        constraints=Constraints(_actions(root["constraints"])),
        also_changes=frozenset(changes["also"]),
        never_changes=frozenset(changes["never"]),
        anchors=_anchors(root["anchors"]),
        reading=Manner(root["reading"]),
    )


def _changes(value: Any) -> dict[str, Any]:
    table = _exactly(value, "changes", {"allowed", "also", "never"})
    if not isinstance(table["allowed"], str) or table["allowed"] not in _LEVELS:
        raise _malformed(f"changes.allowed must be one of {', '.join(_LEVELS)}")
    for key in ("also", "never"):
        for code in _texts(table[key], f"changes.{key}"):
            if code not in CHANGE_CODES:
                raise _malformed(f"changes.{key} names {code}, which is none of the changes listed")
    return table


def _anchors(table: Any) -> Anchors:
    if not isinstance(table, dict):
        raise _malformed("anchors is no table")
    for purpose in table:
        if purpose not in PURPOSES:
            raise _malformed(f"anchors.{purpose} has no meaning")
    return {key: tuple(_texts(value, f"anchors.{key}")) for key, value in table.items()}


def _texts(value: Any, where: str) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise _malformed(f"{where} is no list of texts")
    return value


def _algorithms(table: Any) -> AlgorithmFloor:
    _exactly(table, "algorithms", {"digests", "until", *_FLOORS})
    digests = table["digests"]
    if not isinstance(digests, list) or not digests or not _DIGESTS.issuperset(map(str, digests)):
        raise _malformed(f"algorithms.digests may name {', '.join(sorted(_DIGESTS))}")
    for key, floor in _FLOORS.items():
        if type(table[key]) is not int or table[key] < floor:
            raise _malformed(f"algorithms.{key} must be {floor} or more")
    until = _until(table["until"])
    return AlgorithmFloor(frozenset(digests), table["rsa_bits"], table["ec_bits"], until)


def _until(table: Any) -> Mapping[str, datetime]:
    if not isinstance(table, dict):
        raise _malformed("algorithms.until is no table")
    for name, day in table.items():
        if name not in _DIGESTS and not _KEYS_BELOW.fullmatch(name):
            raise _malformed(f"algorithms.until.{name} is no digest, rsa-below-… or ec-below-…")
        if type(day) is not date:
            raise _malformed(f"algorithms.until.{name} must be a date")
    return {name: datetime.combine(day, time(), UTC) for name, day in table.items()}


def _revocation(value: Any) -> RevocationDuty:
    table = _exactly(value, "revocation", {*_DUTIES, "max_age_hours"})
    for key in _DUTIES:
        if not isinstance(table[key], bool):
            raise _malformed(f"revocation.{key} must be true or false")
    hours = table["max_age_hours"]
    if type(hours) is not int or not 0 <= hours <= _MAX_AGE_HOURS:
        raise _malformed(f"revocation.max_age_hours must be from 0 (any age) to {_MAX_AGE_HOURS}")
    duties = {key: table[key] for key in _DUTIES}
    return RevocationDuty(**duties, max_age=timedelta(hours=hours) if hours else None)


def _actions(table: Any) -> Mapping[str, Action]:
    if not isinstance(table, dict):
        raise _malformed("constraints is no table")
    for code, action in table.items():
        if code not in WEIGHABLE:
            raise _malformed(f"constraints.{code} is no finding that a policy may weigh")
        if not isinstance(action, str) or action not in set(Action):
            raise _malformed(f"constraints.{code} must be one of {', '.join(Action)}")
    return {code: Action(action) for code, action in table.items()}


def _exactly(value: Any, where: str, keys: set[str]) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _malformed(f"{where} is no table")
    table: dict[str, Any] = value
    inside = f"{where}." if where else ""
    if unknown := sorted(table.keys() - keys):
        raise _malformed(f"{inside}{unknown[0]} has no meaning")
    if missing := sorted(keys - table.keys()):
        raise _malformed(f"{inside}{missing[0]} is missing")
    return table


def _malformed(detail: str) -> InputError:
    return InputError("policy_malformed", detail=detail)
