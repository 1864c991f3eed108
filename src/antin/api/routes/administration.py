"""``/v1/agencies``, ``/v1/users``, ``/v1/api-keys``: who may act where."""

import base64

from fastapi import APIRouter

from antin.api.answers import Agency, ApiKeyMade, ApiKeyShown, CertificateShown, UserShown
from antin.api.auth import Actor, Known
from antin.api.problems import PROBLEMS
from antin.api.requests import AgencyAsked, ApiKeyAsked, CertificateAsked, UserAsked
from antin.core.canonical import JsonObject
from antin.flows import administration, signer_certificates

router = APIRouter(prefix="/v1", tags=["administration"], responses=PROBLEMS)


@router.post("/agencies", status_code=201, response_model=Agency, summary="Make an agency")
def create_agency(actor: Actor, asked: AgencyAsked) -> JsonObject:
    """Make an agency; the caller becomes its administrator."""
    call = actor.call(asked.fingerprint())
    return administration.create_agency(actor.services, call, asked.code, asked.name)


@router.get("/agencies", response_model=list[Agency], summary="List agencies")
def list_agencies(known: Known) -> tuple[JsonObject, ...]:
    """Return the agencies in which the caller holds a role."""
    return administration.list_agencies(known.services, known.principal)


@router.post("/users", status_code=201, response_model=UserShown, summary="Make a user")
def create_user(actor: Actor, asked: UserAsked) -> JsonObject:
    """Make a user with roles in one agency."""
    call = actor.call(asked.fingerprint())
    return administration.create_user(
        actor.services, call, asked.name, asked.agency_id, asked.roles
    )


@router.get("/users", response_model=list[UserShown], summary="List users")
def list_users(known: Known) -> tuple[JsonObject, ...]:
    """Return the users of the agencies that the caller administers."""
    return administration.list_users(known.services, known.principal)


@router.post("/api-keys", status_code=201, response_model=ApiKeyMade, summary="Make an API key")
def create_api_key(actor: Actor, asked: ApiKeyAsked) -> JsonObject:
    """Make an API key; its secret is shown this once."""
    call = actor.call(asked.fingerprint())
    view, secret = administration.create_api_key(actor.services, call, asked.user_id, asked.label)
    return {**view, "secret": secret}


@router.get("/api-keys", response_model=list[ApiKeyShown], summary="List API keys")
def list_api_keys(known: Known) -> tuple[JsonObject, ...]:
    """Return the keys of the users whom the caller administers, never their secrets."""
    return administration.list_api_keys(known.services, known.principal)


@router.post("/api-keys/{key_id}/revoke", response_model=ApiKeyShown, summary="Revoke an API key")
def revoke_api_key(actor: Actor, key_id: str) -> JsonObject:
    """Make a key useless from now on."""
    return administration.revoke_api_key(actor.services, actor.call(), key_id)


@router.post(
    "/users/{user_id}/certificates",
    status_code=201,
    response_model=CertificateShown,
    summary="Register a certificate",
)
def register_certificate(actor: Actor, user_id: str, asked: CertificateAsked) -> JsonObject:
    """Let a user sign by a certificate, or by every trusted one that carries a number."""
    new = signer_certificates.NewCertificate(
        user_id=user_id,
        certificate=base64.b64decode(asked.certificate) if asked.certificate else None,
        identity=asked.identity,
        label=asked.label,
    )
    call = actor.call(asked.fingerprint())
    return signer_certificates.register_certificate(actor.services, call, new)


@router.get(
    "/users/{user_id}/certificates",
    response_model=list[CertificateShown],
    summary="List a user's certificates",
)
def list_certificates(known: Known, user_id: str) -> tuple[JsonObject, ...]:
    """Return what the caller, or a user whom they administer, may sign with."""
    return signer_certificates.list_certificates(known.services, known.principal, user_id)


@router.post(
    "/certificates/{certificate_id}/remove",
    response_model=CertificateShown,
    summary="Remove a certificate",
)
def remove_certificate(actor: Actor, certificate_id: str) -> JsonObject:
    """Let its user not sign by it any more."""
    return signer_certificates.remove_certificate(actor.services, actor.call(), certificate_id)
