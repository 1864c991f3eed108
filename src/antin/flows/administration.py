"""Agencies, users, roles and API keys; every change is in the ledger of the agency."""

import hashlib
from dataclasses import replace
from typing import Protocol, TypeVar

from antin.core.canonical import JsonObject
from antin.core.errors import AuthenticationError, NotFoundError, RefusedError
from antin.core.ids import new_id, new_secret
from antin.flows import views
from antin.flows.requests import once, system_act
from antin.flows.services import Services
from antin.flows.texts import clean, optional
from antin.flows.unit_of_work import Done, Stores
from antin.ledger.draft import Draft
from antin.records.agency import Agency
from antin.records.call import Call
from antin.records.grants import (
    ApiKey,
    Grant,
    Principal,
    Role,
    User,
    principal_of,
    require_role,
)

_ADMIN = (Role.ADMINISTRATOR,)


def hash_secret(secret: str) -> str:
    """Return what is stored of an API key: 256 random bits need no slow hash."""
    return hashlib.sha256(secret.encode()).hexdigest()


def authenticate(services: Services, secret: str) -> Principal:
    """Return who an API key stands for, with their roles now. Error: ``not_authenticated``."""
    digest = hash_secret(secret)
    now = services.clock.now()

    def find(stores: Stores) -> Principal:
        key = stores.users.key_by_hash(digest)
        if key is None or key.revoked_at is not None:
            raise AuthenticationError("not_authenticated")
        user = stores.users.get(key.user_id)
        if user is None:
            raise AuthenticationError("not_authenticated")
        return principal_of(user, stores.users.grants(user.id), now)

    return services.work.read(find)


def found_installation(
    services: Services, agency_code: str, agency_name: str, admin_name: str
) -> tuple[JsonObject, str]:
    """Make the first agency and the first administrator, who holds every role there is.

    Returns their view and the administrator's API key, which is shown this once.
    """
    now = services.clock.now()
    agency = Agency(new_id(), clean("code", agency_code), clean("name", agency_name))
    user = User(new_id(), clean("name", admin_name), now)
    grants = tuple(Grant(new_id(), user.id, role, agency.id, now) for role in Role)
    secret = new_secret()
    key = ApiKey(new_id(), user.id, "first", hash_secret(secret), now)

    def change(stores: Stores) -> Done[JsonObject]:
        stores.agencies.add(agency)
        stores.users.add(user)
        for grant in grants:
            stores.users.add_grant(grant)
        stores.users.add_key(key)
        entries = (
            Draft(f"agency/{agency.id}", "agency.created", views.agency_view(agency)),
            Draft(f"agency/{agency.id}", "user.created", views.user_view(user, grants)),
            Draft(f"agency/{agency.id}", "api_key.created", _told(key)),
        )
        return Done(
            {"agency": views.agency_view(agency), "user": views.user_view(user, grants)}, entries
        )

    return services.work.run(system_act(services), change), secret


def create_agency(services: Services, call: Call, code: str, name: str) -> JsonObject:
    """Make another agency; the caller, an administrator of any, becomes its administrator."""
    agency = Agency(new_id(), clean("code", code), clean("name", name))
    grant = Grant(new_id(), call.principal.id, Role.ADMINISTRATOR, agency.id, call.now)

    def change(stores: Stores) -> Done[JsonObject]:
        _require_any_administrator(call.principal)
        stores.agencies.add(agency)
        stores.users.add_grant(grant)
        view = views.agency_view(agency)
        stream = f"agency/{agency.id}"
        return Done(
            view,
            (
                Draft(stream, "agency.created", view),
                Draft(
                    stream, "role.granted", {"user_id": grant.user_id, **views.grant_view(grant)}
                ),
            ),
        )

    return once(services, call, change)


def list_agencies(services: Services, principal: Principal) -> tuple[JsonObject, ...]:
    """Return the agencies in which the principal holds a role."""
    ids = principal.agencies()
    return services.work.read(
        lambda stores: tuple(views.agency_view(agency) for agency in stores.agencies.list(ids))
    )


def create_user(
    services: Services, call: Call, name: str, agency_id: str, roles: tuple[Role, ...]
) -> JsonObject:
    """Make a user with ``roles`` in one agency, of which the caller is an administrator."""
    if not roles:
        raise RefusedError("field_missing", field="roles")
    user = User(new_id(), clean("name", name), call.now)
    grants = tuple(Grant(new_id(), user.id, role, agency_id, call.now) for role in set(roles))

    def change(stores: Stores) -> Done[JsonObject]:
        require_role(call.principal, _ADMIN, agency_id, "agency_not_found")
        stores.users.add(user)
        for grant in grants:
            stores.users.add_grant(grant)
        view = views.user_view(user, grants)
        return Done(view, (Draft(f"agency/{agency_id}", "user.created", view),))

    return once(services, call, change)


def list_users(services: Services, principal: Principal) -> tuple[JsonObject, ...]:
    """Return the users of the agencies that the principal administers."""
    ids = _administered(principal)

    def query(stores: Stores) -> tuple[JsonObject, ...]:
        return tuple(
            views.user_view(user, (g for g in stores.users.grants(user.id) if g.agency_id in ids))
            for user in stores.users.list(ids)
        )

    return services.work.read(query)


def create_api_key(
    services: Services, call: Call, user_id: str, label: str
) -> tuple[JsonObject, str | None]:
    """Make an API key for a user of an agency that the caller administers.

    Returns its view and the secret, which is shown this once: a repeated request gets the view
    and None, because nothing that could stand in for the key is kept.
    """
    secret = new_secret()
    key = ApiKey(new_id(), user_id, optional(label), hash_secret(secret), call.now)

    def change(stores: Stores) -> Done[JsonObject]:
        agency_id = administered_agency_of(stores, call.principal, user_id)
        stores.users.add_key(key)
        view = views.api_key_view(key)
        return Done(view, (Draft(f"agency/{agency_id}", "api_key.created", _told(key)),))

    view = once(services, call, change)
    return view, secret if view["id"] == key.id else None


def _told(key: ApiKey) -> JsonObject:
    """Return what the ledger commits to: the hash, too, so that none is put in its place unseen."""
    return {**views.api_key_view(key), "secret_sha256": key.secret_sha256}


def list_api_keys(services: Services, principal: Principal) -> tuple[JsonObject, ...]:
    """Return the keys (never the secrets) of the users whom the principal administers."""
    ids = _administered(principal)

    def query(stores: Stores) -> tuple[JsonObject, ...]:
        return tuple(
            views.api_key_view(key)
            for user in stores.users.list(ids)
            for key in stores.users.keys(user.id)
        )

    return services.work.read(query)


def revoke_api_key(services: Services, call: Call, key_id: str) -> JsonObject:
    """Make a key useless from now on."""

    def change(stores: Stores) -> Done[JsonObject]:
        found = stores.users.get_key(key_id)
        key, agency_id = administered(stores, call.principal, found, "api_key_not_found")
        revoked = replace(key, revoked_at=key.revoked_at or call.now)
        stores.users.update_key(revoked)
        view = views.api_key_view(revoked)
        return Done(view, (Draft(f"agency/{agency_id}", "api_key.revoked", view),))

    return once(services, call, change)


def _administered(principal: Principal) -> frozenset[str]:
    return frozenset(agency for role, agency in principal.roles if role is Role.ADMINISTRATOR)


def _require_any_administrator(principal: Principal) -> None:
    if not _administered(principal):
        require_role(principal, _ADMIN, next(iter(principal.agencies()), ""), "agency_not_found")


def administered_agency_of(
    stores: Stores, principal: Principal, user_id: str, not_found: str = "user_not_found"
) -> str:
    """Return the agency whose ledger stream takes the change.

    An administrator of one agency may not make keys for somebody who also acts in agencies that
    are not theirs: such a key would open those, too.
    """
    agencies = {grant.agency_id for grant in stores.users.grants(user_id)}
    mine = _administered(principal)
    if not agencies or not agencies & principal.agencies():
        raise NotFoundError(not_found)
    if not agencies <= mine:
        require_role(principal, _ADMIN, min(agencies - mine), not_found)
    return min(agencies)


class _Belonging(Protocol):
    """What a user has: a key, a registered certificate."""

    @property
    def user_id(self) -> str: ...


_B = TypeVar("_B", bound=_Belonging)


def administered(
    stores: Stores, principal: Principal, found: _B | None, not_found: str
) -> tuple[_B, str]:
    """Return what was found, and its agency (see :func:`administered_agency_of`).

    Whether it is not there or not for this principal to know of, the answer is ``not_found``.
    """
    if found is None:
        raise NotFoundError(not_found)
    return found, administered_agency_of(stores, principal, found.user_id, not_found)
