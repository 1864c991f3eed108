"""Who calls, and what exactly they ask: turned into a principal and a call once, at the edge."""

import hashlib
from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import Depends, Header, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from antin.core.canonical import dumps
from antin.core.errors import AuthenticationError, UsageError
from antin.core.ids import new_id
from antin.flows.administration import authenticate
from antin.flows.requests import make_call
from antin.flows.services import Services
from antin.records.call import Call
from antin.records.grants import Principal

_BEARER: Final = HTTPBearer(
    auto_error=False, scheme_name="API key", description="Shown once when the key is made"
)
_MAX_KEY: Final = 200


def services(request: Request) -> Services:
    """Return what the flows lean on."""
    found: Services = request.app.state.services
    return found


@dataclass(frozen=True)
class Caller:
    """A known principal and the services that work for them."""

    services: Services
    principal: Principal


def caller(
    request: Request,
    wired: Annotated[Services, Depends(services)],
    bearer: Annotated[HTTPAuthorizationCredentials | None, Depends(_BEARER)],
) -> Caller:
    """Return who the presented API key stands for. Error: ``not_authenticated``."""
    if bearer is None:
        raise AuthenticationError("not_authenticated")
    principal = authenticate(wired, bearer.credentials)
    request.state.principal = principal.id
    return Caller(wired, principal)


@dataclass(frozen=True)
class Acting:
    """A caller who is about to change something, once."""

    services: Services
    principal: Principal
    route: str
    path: str
    key: str

    def call(self, *parts: str) -> Call:
        """Return the call; ``parts`` are what was sent, in a form that a retry repeats."""
        asked = dumps((self.route, self.path, *parts))
        digest = hashlib.sha256(asked).hexdigest()
        return make_call(self.services, self.principal, self.route, self.key, digest)


def acting(
    request: Request,
    known: Annotated[Caller, Depends(caller)],
    idempotency_key: Annotated[
        str, Header(description="A fresh random text for each new request; the same for a retry")
    ],
) -> Acting:
    """Return the caller of a POST. Error: ``idempotency_key_missing``, ``problems.py`` included."""
    if not idempotency_key or not idempotency_key.isascii() or len(idempotency_key) > _MAX_KEY:
        raise UsageError("idempotency_key_missing")
    return _acting(request, known, idempotency_key)


def amending(
    request: Request,
    known: Annotated[Caller, Depends(caller)],
    idempotency_key: Annotated[str | None, Header(max_length=_MAX_KEY)] = None,
) -> Acting:
    """Return the caller of a PATCH or DELETE, which may do without a key."""
    return _acting(request, known, idempotency_key or new_id())


def _acting(request: Request, known: Caller, key: str) -> Acting:
    # The route's template, so that a key used on another resource is found out by the digest.
    route = f"{request.method} {request.scope['route'].path}"
    return Acting(known.services, known.principal, route, request.url.path, key)


Known = Annotated[Caller, Depends(caller)]
Actor = Annotated[Acting, Depends(acting)]
Amender = Annotated[Acting, Depends(amending)]
Wired = Annotated[Services, Depends(services)]
