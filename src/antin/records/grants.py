"""Principals and what they may do: roles in agencies, with a beginning and an end."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from antin.core.errors import ForbiddenError, NotFoundError


class Role(StrEnum):
    """What a principal may do in an agency."""

    SIGNER = "signer"
    CLERK = "clerk"
    RECORDS_MANAGER = "records_manager"
    AUDITOR = "auditor"
    ADMINISTRATOR = "administrator"


@dataclass(frozen=True)
class Grant:
    """One role of one principal in one agency; ``valid_to`` None: until further notice."""

    id: str
    user_id: str
    role: Role
    agency_id: str
    valid_from: datetime
    valid_to: datetime | None = None


@dataclass(frozen=True)
class User:
    """A person or a machine that acts. ``id`` is the pseudonym that the ledger knows."""

    id: str
    name: str
    created_at: datetime
    version: int = 1


@dataclass(frozen=True)
class ApiKey:
    """A key that stands for a user; only its SHA-256 is kept (the secret has 256 random bits)."""

    id: str
    user_id: str
    label: str
    secret_sha256: str
    created_at: datetime
    revoked_at: datetime | None = None
    version: int = 1


@dataclass(frozen=True)
class Principal:
    """Who acts, with the roles they hold at the moment of acting."""

    id: str
    name: str
    roles: frozenset[tuple[Role, str]] = field(default_factory=frozenset)
    """(role, agency id) pairs in force."""

    def agencies(self) -> frozenset[str]:
        """Return the ids of all agencies in which the principal holds any role."""
        return frozenset(agency for _, agency in self.roles)

    def has(self, role: Role, agency_id: str) -> bool:
        """Tell whether the principal holds ``role`` in the agency."""
        return (role, agency_id) in self.roles


def principal_of(user: User, grants: Iterable[Grant], at: datetime) -> Principal:
    """Return ``user`` with the roles of those ``grants`` that are in force ``at`` that moment."""
    roles = frozenset(
        (grant.role, grant.agency_id)
        for grant in grants
        if grant.valid_from <= at and (grant.valid_to is None or at < grant.valid_to)
    )
    return Principal(user.id, user.name, roles)


def require_member(principal: Principal, agency_id: str, not_found: str) -> None:
    """Raise ``not_found`` (a code) unless the principal holds any role in the agency.

    Another agency's resource does not exist for a caller: nothing tells them that it does.
    """
    if agency_id not in principal.agencies():
        raise NotFoundError(not_found)


def require_role(
    principal: Principal, roles: Iterable[Role], agency_id: str, not_found: str
) -> None:
    """Raise ``not_found`` for another agency's principal, ``role_missing`` for the wrong role."""
    require_member(principal, agency_id, not_found)
    wanted = tuple(roles)
    if not any(principal.has(role, agency_id) for role in wanted):
        raise ForbiddenError("role_missing", role=tuple(str(role) for role in wanted))
