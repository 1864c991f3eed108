"""Asking for a record to be closed: the wish, the job and the intent commit together."""

from antin.core.canonical import JsonObject
from antin.core.ids import new_id
from antin.flows import views
from antin.flows.lookups import find_record
from antin.flows.requests import once
from antin.flows.services import Services
from antin.flows.unit_of_work import Done, Stores
from antin.ledger.draft import Draft
from antin.records.call import Call
from antin.records.grants import Role
from antin.records.job import Job
from antin.records.record import RecordState

KIND = "close"


def request_close(services: Services, call: Call, record_id: str) -> JsonObject:
    """Take the record to CLOSING and return the job that will close it.

    The entry ``record.closing`` is also the intent to use the agency's seal key on the closure's
    manifest and certificate. Errors: ``record_not_found``, ``role_missing``, ``record_not_open``.
    """
    job_id = new_id()

    def change(stores: Stores) -> Done[JsonObject]:
        record = find_record(stores, call.principal, record_id, Role.RECORDS_MANAGER)
        closing = stores.records.update(record.to(RecordState.CLOSING))
        job = Job(
            id=job_id,
            kind=KIND,
            subject_id=closing.id,
            agency_id=closing.agency_id,
            principal_id=call.principal.id,
            created_at=call.now,
            updated_at=call.now,
        )
        stores.jobs.add(job)
        entry = Draft(
            f"record/{closing.id}",
            "record.closing",
            {"job_id": job.id, "number": closing.closures + 1},
        )
        return Done(views.job_view(job), (entry,))

    answer = once(services, call, change)
    services.jobs.send(str(answer["id"]))
    return answer
