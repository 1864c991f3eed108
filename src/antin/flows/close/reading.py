"""Giving out what a closure left behind."""

from antin.core.canonical import JsonObject
from antin.core.errors import NotFoundError
from antin.flows import views
from antin.flows.lookups import find_record
from antin.flows.services import Services
from antin.flows.unit_of_work import Stores
from antin.records.closure import Closure
from antin.records.grants import Principal

FILES = ("closure.json", "closure.json.p7s", "certificate.pdf")


def get_closure(
    services: Services, principal: Principal, record_id: str, number: int
) -> JsonObject:
    """Return a closure of a record."""
    return services.work.read(
        lambda stores: views.closure_view(_find(stores, principal, record_id, number))
    )


def closure_file(
    services: Services, principal: Principal, record_id: str, number: int, name: str
) -> str:
    """Return the SHA-256 of the blob that holds one of the closure's :data:`FILES`."""

    def query(stores: Stores) -> str:
        closure = _find(stores, principal, record_id, number)
        digests = (closure.manifest_sha256, closure.signature_sha256, closure.certificate_sha256)
        found = dict(zip(FILES, digests, strict=True)).get(name)
        if found is None:
            raise NotFoundError("closure_not_found")
        return found

    return services.work.read(query)


def _find(stores: Stores, principal: Principal, record_id: str, number: int) -> Closure:
    record = find_record(stores, principal, record_id)
    closure = stores.closures.get(record.id, number)
    if closure is None:
        raise NotFoundError("closure_not_found")
    return closure
