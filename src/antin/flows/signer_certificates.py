"""Which certificates a user may sign with: registered by administrators, in the agency's ledger."""

from dataclasses import dataclass, replace

from antin.core.canonical import JsonObject
from antin.core.errors import RefusedError
from antin.core.ids import new_id
from antin.flows import views
from antin.flows.administration import administered, administered_agency_of
from antin.flows.requests import once
from antin.flows.services import Services
from antin.flows.texts import clean, optional
from antin.flows.unit_of_work import Done, Stores
from antin.ledger.draft import Draft
from antin.pki.certificates import load_certificate
from antin.records.call import Call
from antin.records.grants import Principal
from antin.records.signer_certificate import BindingKind, SignerCertificate

_LABEL_LETTERS = 300


@dataclass(frozen=True)
class NewCertificate:
    """What is to be registered: one certificate, or a personal number that it must carry."""

    user_id: str
    certificate: bytes | None = None
    """DER."""
    identity: str | None = None
    label: str = ""


def register_certificate(services: Services, call: Call, new: NewCertificate) -> JsonObject:
    """Let a user sign by a certificate, or by every trusted one that carries a personal number.

    Errors: ``user_not_found``, ``role_missing``, ``certificate_malformed``, ``field_missing``,
    ``field_invalid`` when both are given.
    """
    kind, value, label = _named(new)
    made = SignerCertificate(new_id(), new.user_id, kind, value, label, call.now)

    def change(stores: Stores) -> Done[JsonObject]:
        agency_id = administered_agency_of(stores, call.principal, new.user_id)
        stores.users.add_certificate(made)
        view = views.certificate_view(made)
        return Done(view, (Draft(f"agency/{agency_id}", "certificate.registered", view),))

    return once(services, call, change)


def _named(new: NewCertificate) -> tuple[BindingKind, str, str]:
    if new.certificate is not None and new.identity is not None:
        detail = "a certificate or a number, not both"
        raise RefusedError("field_invalid", field="certificate", detail=detail)
    label = optional(new.label)[:_LABEL_LETTERS]
    if new.certificate is None:
        number = clean("identity", new.identity or "")
        return BindingKind.IDENTITY, number, label or number
    read = load_certificate(new.certificate)
    named = label or optional(read.subject)[:_LABEL_LETTERS]
    return BindingKind.CERTIFICATE, read.sha256, named


def list_certificates(
    services: Services, principal: Principal, user_id: str
) -> tuple[JsonObject, ...]:
    """Return what is registered for the principal, or for a user whom they administer."""

    def query(stores: Stores) -> tuple[JsonObject, ...]:
        if user_id != principal.id:
            administered_agency_of(stores, principal, user_id)
        return tuple(views.certificate_view(c) for c in stores.users.certificates(user_id))

    return services.work.read(query)


def remove_certificate(services: Services, call: Call, certificate_id: str) -> JsonObject:
    """Let the user not sign by it any more; what was signed stays signed."""

    def change(stores: Stores) -> Done[JsonObject]:
        found = stores.users.get_certificate(certificate_id)
        known, agency_id = administered(stores, call.principal, found, "certificate_not_found")
        removed = replace(known, removed_at=known.removed_at or call.now)
        stores.users.update_certificate(removed)
        view = views.certificate_view(removed)
        return Done(view, (Draft(f"agency/{agency_id}", "certificate.removed", view),))

    return once(services, call, change)
