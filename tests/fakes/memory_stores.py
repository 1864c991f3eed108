"""The domain's stores in memory: the fake that runs the same contract as the real ones."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime

from antin.core.errors import NotFoundError
from antin.ledger.ports import Cursor
from antin.records.agency import Agency
from antin.records.call import FORGOTTEN, StoredRequest
from antin.records.catalogue import Catalogue, CatalogueItem
from antin.records.closure import Closure
from antin.records.document import Document, Revision
from antin.records.grants import ApiKey, Grant, User
from antin.records.job import FINISHED, Job
from antin.records.record import Membership, Record
from antin.records.seal import HOLDING, Seal, SealState
from antin.records.signer_certificate import SignerCertificate
from antin.records.signing_group import GroupState, SigningGroup
from antin.records.signing_task import WAITING_STATES, SigningTask, TaskState
from tests.fakes.memory_ledger import MemoryLedger
from tests.fakes.memory_tables import MemoryState, MemoryTable
from tests.fakes.memory_whole import MemoryWholeTables


class MemoryAgencies:
    def __init__(self, state: MemoryState) -> None:
        self._rows: MemoryTable[Agency] = MemoryTable(state, "agencies")

    def add(self, agency: Agency) -> None:
        self._rows.add(agency, f"agency {agency.code}")

    def get(self, agency_id: str) -> Agency | None:
        return self._rows.get(agency_id)

    def by_code(self, code: str) -> Agency | None:
        return self._rows.one(lambda agency: agency.code == code)

    def list(self, ids: Iterable[str] | None = None) -> tuple[Agency, ...]:
        wanted = None if ids is None else set(ids)
        return self._rows.many(lambda agency: wanted is None or agency.id in wanted)


class MemoryUsers:
    def __init__(self, state: MemoryState) -> None:
        self._users: MemoryTable[User] = MemoryTable(state, "users")
        self._grants: MemoryTable[Grant] = MemoryTable(state, "grants")
        self._keys: MemoryTable[ApiKey] = MemoryTable(state, "api_keys")
        self._certificates: MemoryTable[SignerCertificate] = MemoryTable(state, "certificates")

    def add(self, user: User) -> None:
        self._users.add(user, "the user")

    def get(self, user_id: str) -> User | None:
        return self._users.get(user_id)

    def list(self, agency_ids: Iterable[str] | None = None) -> tuple[User, ...]:
        if agency_ids is None:
            return self._users.many(lambda user: True)
        ids = set(agency_ids)
        granted = {g.user_id for g in self._grants.many(lambda grant: grant.agency_id in ids)}
        return self._users.many(lambda user: user.id in granted)

    def add_grant(self, grant: Grant) -> None:
        self._grants.add(grant, "the grant")

    def grants(self, user_id: str) -> tuple[Grant, ...]:
        return self._grants.many(lambda grant: grant.user_id == user_id)

    def add_key(self, key: ApiKey) -> None:
        self._keys.add(key, "the API key")

    def key_by_hash(self, secret_sha256: str) -> ApiKey | None:
        return self._keys.one(lambda key: key.secret_sha256 == secret_sha256)

    def get_key(self, key_id: str) -> ApiKey | None:
        return self._keys.get(key_id)

    def keys(self, user_id: str | None = None) -> tuple[ApiKey, ...]:
        return self._keys.many(lambda key: user_id is None or key.user_id == user_id)

    def update_key(self, key: ApiKey) -> None:
        self._keys.change(key)

    def add_certificate(self, certificate: SignerCertificate) -> None:
        self._certificates.add(certificate, "the registration")

    def get_certificate(self, certificate_id: str) -> SignerCertificate | None:
        return self._certificates.get(certificate_id)

    def certificates(self, user_id: str) -> tuple[SignerCertificate, ...]:
        return self._certificates.many(lambda one: one.user_id == user_id)

    def update_certificate(self, certificate: SignerCertificate) -> None:
        self._certificates.change(certificate)


class MemoryRequests:
    def __init__(self, state: MemoryState) -> None:
        self._rows: MemoryTable[StoredRequest] = MemoryTable(state, "requests")

    def find(self, principal_id: str, route: str, key: str) -> StoredRequest | None:
        wanted = (principal_id, route, key)
        return self._rows.one(lambda one: (one.principal_id, one.route, one.key) == wanted)

    def add(self, request: StoredRequest) -> None:
        self._rows.add(request, "the request")

    def forget(self, ids: Iterable[str]) -> None:
        for one in ids:
            held = self._rows.get(one)
            if held is not None:
                self._rows.put(replace(held, answer=FORGOTTEN, digest=""))


class MemoryCatalogues:
    def __init__(self, state: MemoryState) -> None:
        self._rows: MemoryTable[Catalogue] = MemoryTable(state, "catalogues")
        self._items: MemoryTable[CatalogueItem] = MemoryTable(state, "catalogue_items")

    def add(self, catalogue: Catalogue) -> None:
        self._rows.add(catalogue, f"the catalogue of {catalogue.year}")

    def get(self, catalogue_id: str) -> Catalogue | None:
        return self._rows.get(catalogue_id)

    def list(
        self, agency_ids: Iterable[str], after: str = "", limit: int = 100
    ) -> tuple[Catalogue, ...]:
        return self._rows.page(agency_ids, after, limit)

    def add_item(self, item: CatalogueItem) -> None:
        self._items.add(item, f"item {item.ordinal} of the catalogue")

    def get_item(self, item_id: str) -> CatalogueItem | None:
        return self._items.get(item_id)

    def items(self, catalogue_id: str) -> tuple[CatalogueItem, ...]:
        return self._items.many(
            lambda item: item.catalogue_id == catalogue_id, by=lambda item: item.ordinal
        )


class MemoryRecords:
    def __init__(self, state: MemoryState) -> None:
        self._rows: MemoryTable[Record] = MemoryTable(state, "records")
        self._memberships: MemoryTable[Membership] = MemoryTable(
            state, "memberships", key=lambda one: (one.record_id, one.document_id)
        )

    def add(self, record: Record) -> None:
        self._rows.add(record, "the record")

    def get(self, record_id: str) -> Record | None:
        return self._rows.get(record_id)

    def update(self, record: Record) -> Record:
        changed: Record = self._rows.change(record)
        return changed

    def list(
        self, agency_ids: Iterable[str], after: str = "", limit: int = 100
    ) -> tuple[Record, ...]:
        return self._rows.page(agency_ids, after, limit)

    def add_membership(self, membership: Membership) -> None:
        self._memberships.add(membership, "the document's place in the record")

    def memberships(self, record_id: str) -> tuple[Membership, ...]:
        return self._memberships.many(
            lambda one: one.record_id == record_id, by=lambda one: one.ordinal
        )

    def pin(self, record_id: str, document_id: str, revision_id: str, report_sha256: str) -> None:
        membership = self._memberships.get((record_id, document_id))
        if membership is None:
            raise NotFoundError("document_not_found")
        self._memberships.put(
            replace(membership, pinned_revision_id=revision_id, pinned_report_sha256=report_sha256)
        )

    def records_of(self, document_id: str) -> tuple[Record, ...]:
        places = self._memberships.many(lambda one: one.document_id == document_id)
        holding = {one.record_id for one in places}
        return self._rows.many(lambda record: record.id in holding)


class MemoryDocuments:
    def __init__(self, state: MemoryState) -> None:
        self._rows: MemoryTable[Document] = MemoryTable(state, "documents")
        self._revisions: MemoryTable[Revision] = MemoryTable(state, "revisions")

    def add(self, document: Document) -> None:
        self._rows.add(document, "the document")

    def get(self, document_id: str) -> Document | None:
        return self._rows.get(document_id)

    def list(
        self, agency_ids: Iterable[str], after: str = "", limit: int = 100
    ) -> tuple[Document, ...]:
        return self._rows.page(agency_ids, after, limit)

    def add_revision(self, revision: Revision) -> None:
        self._revisions.add(revision, f"revision {revision.ordinal} of the document")

    def get_revision(self, revision_id: str) -> Revision | None:
        return self._revisions.get(revision_id)

    def revisions(self, document_id: str) -> tuple[Revision, ...]:
        return self._revisions.many(
            lambda one: one.document_id == document_id, by=lambda one: one.ordinal
        )

    def newest(self, document_id: str) -> Revision | None:
        return next(reversed(self.revisions(document_id)), None)


class MemoryGroups:
    def __init__(self, state: MemoryState) -> None:
        self._rows: MemoryTable[SigningGroup] = MemoryTable(state, "groups")

    def add(self, group: SigningGroup) -> None:
        self._rows.add(group, "an open signing task of the document")

    def get(self, group_id: str) -> SigningGroup | None:
        return self._rows.get(group_id)

    def update(self, group: SigningGroup) -> SigningGroup:
        changed: SigningGroup = self._rows.change(group)
        return changed

    def open_for(self, document_id: str) -> SigningGroup | None:
        return self._rows.one(
            lambda one: one.document_id == document_id and one.state is GroupState.OPEN
        )


class MemoryTasks:
    def __init__(self, state: MemoryState) -> None:
        self._rows: MemoryTable[SigningTask] = MemoryTable(state, "tasks")

    def add(self, task: SigningTask) -> None:
        self._rows.add(task, "the signing task")

    def get(self, task_id: str) -> SigningTask | None:
        return self._rows.get(task_id)

    def update(self, task: SigningTask) -> SigningTask:
        changed: SigningTask = self._rows.change(task)
        return changed

    def of_group(self, group_id: str) -> tuple[SigningTask, ...]:
        return self._rows.many(lambda t: t.group_id == group_id, by=lambda t: t.position)

    def unsigned_after(self, moment: datetime) -> tuple[SigningTask, ...]:
        return self._rows.many(lambda t: t.state in WAITING_STATES and t.expires_at <= moment)

    def list(
        self,
        agency_ids: Iterable[str],
        state: TaskState | None = None,
        after: str = "",
        limit: int = 100,
        signer_id: str | None = None,
    ) -> tuple[SigningTask, ...]:
        found = self._rows.page(agency_ids, after, 2**31)
        return tuple(
            task
            for task in found
            if state in {None, task.state} and signer_id in {None, task.signer_id}
        )[: max(limit, 0)]


class MemorySeals:
    def __init__(self, state: MemoryState) -> None:
        self._rows: MemoryTable[Seal] = MemoryTable(state, "seals")

    def add(self, seal: Seal) -> None:
        self._rows.add(seal, "a seal under way on the document")

    def get(self, seal_id: str) -> Seal | None:
        return self._rows.get(seal_id)

    def update(self, seal: Seal) -> Seal:
        changed: Seal = self._rows.change(seal)
        return changed

    def open_for(self, document_id: str) -> Seal | None:
        return self._rows.one(
            lambda seal: seal.document_id == document_id and seal.state in HOLDING
        )

    def intended_before(self, moment: datetime) -> tuple[Seal, ...]:
        return self._rows.many(
            lambda seal: seal.state is SealState.INTENDED and seal.created_at < moment
        )


class MemoryClosures:
    def __init__(self, state: MemoryState) -> None:
        self._rows: MemoryTable[Closure] = MemoryTable(state, "closures")

    def add(self, closure: Closure) -> None:
        self._rows.add(closure, f"closure {closure.number} of the record")

    def get(self, record_id: str, number: int) -> Closure | None:
        return self._rows.one(lambda one: (one.record_id, one.number) == (record_id, number))


class MemoryJobs:
    def __init__(self, state: MemoryState) -> None:
        self._rows: MemoryTable[Job] = MemoryTable(state, "jobs")

    def add(self, job: Job) -> None:
        self._rows.add(job, "the job")

    def get(self, job_id: str) -> Job | None:
        return self._rows.get(job_id)

    def update(self, job: Job) -> Job:
        changed: Job = self._rows.change(job)
        return changed

    def unfinished(self, untouched_since: datetime, due: datetime) -> tuple[Job, ...]:
        return self._rows.many(
            lambda job: (
                job.state not in FINISHED
                and (job.is_due(due) if job.due_at else job.updated_at < untouched_since)
            )
        )


class MemoryCursors:
    def __init__(self, state: MemoryState) -> None:
        self._rows: MemoryTable[Cursor] = MemoryTable(state, "cursors")

    def get(self, name: str) -> Cursor | None:
        return self._rows.get(name)

    def add(self, cursor: Cursor) -> None:
        self._rows.add(cursor, f"the cursor {cursor.id}")

    def update(self, cursor: Cursor) -> Cursor:
        changed: Cursor = self._rows.change(cursor)
        return changed


class MemoryStores:
    """All stores over one state."""

    def __init__(self, state: MemoryState) -> None:
        self._state = state
        self.agencies = MemoryAgencies(state)
        self.users = MemoryUsers(state)
        self.requests = MemoryRequests(state)
        self.catalogues = MemoryCatalogues(state)
        self.records = MemoryRecords(state)
        self.documents = MemoryDocuments(state)
        self.groups = MemoryGroups(state)
        self.tasks = MemoryTasks(state)
        self.seals = MemorySeals(state)
        self.closures = MemoryClosures(state)
        self.jobs = MemoryJobs(state)
        self.ledger = MemoryLedger(state)
        self.whole = MemoryWholeTables(state)
        self.cursors = MemoryCursors(state)

    def named_blobs(self) -> Iterator[str]:
        tables = self._state.tables
        for revision in tables["revisions"].values():
            yield revision.sha256
            yield from filter(None, [revision.report_sha256])
        for place in tables["memberships"].values():
            yield from filter(None, [place.pinned_report_sha256])
        for task in tables["tasks"].values():
            yield from filter(None, [task.appearance_image_sha256])
            if task.preparation:
                yield task.preparation.blob_sha256
        for seal in tables["seals"].values():
            if seal.preparation:
                yield seal.preparation.blob_sha256
        for one in tables["closures"].values():
            yield from (one.manifest_sha256, one.signature_sha256, one.certificate_sha256)
