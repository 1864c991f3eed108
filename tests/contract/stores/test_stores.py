"""What every set of stores promises (antin.records.ports)."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from antin.core.errors import AntinError, ConflictError, NotFoundError
from antin.core.ids import new_id
from antin.flows.unit_of_work import Done, Stores, UnitOfWork
from antin.records.agency import Agency
from antin.records.call import StoredRequest
from antin.records.catalogue import Catalogue, CatalogueItem
from antin.records.closure import Closure
from antin.records.document import Document, DocumentKind, Revision
from antin.records.grants import ApiKey, Grant, Role, User
from antin.records.job import Job, JobState
from antin.records.preparation import Preparation
from antin.records.record import Membership, RecordState
from antin.records.seal import SealState
from antin.records.signer_certificate import BindingKind, SignerCertificate
from antin.records.signing_group import GroupState, SigningGroup, SigningOrder
from antin.records.signing_task import Actor, TaskState
from tests.rows import (
    NOW,
    a_document,
    a_group,
    a_record,
    a_revision,
    a_seal,
    a_task,
    a_user,
    an_act,
    an_agency,
    store,
)


def do(work: UnitOfWork, step: Callable[[Stores], Any]) -> Any:
    """Run one step as a change of its own."""
    return work.run(an_act(), lambda stores: Done(step(stores)))


def code_of(work: UnitOfWork, step: Callable[[Stores], Any]) -> str:
    """Return the code of the error that a step ends in."""
    with pytest.raises(AntinError) as caught:
        do(work, step)
    return caught.value.code


def filed(work: UnitOfWork) -> tuple[Agency, User, Document, Revision]:
    """Store an agency, a user and a document with its first revision."""
    agency, user = an_agency(), a_user()
    document = a_document(agency)
    revision = a_revision(document)
    store(work, agency, user, document, revision)
    return agency, user, document, revision


def test_certificates_of_signers(work: UnitOfWork) -> None:
    user, other = a_user("Nguyễn Văn A"), a_user("Trần Thị B")
    store(work, user, other)
    one = SignerCertificate(new_id(), user.id, BindingKind.CERTIFICATE, "ab" * 32, "CN=A", NOW)
    two = SignerCertificate(new_id(), user.id, BindingKind.IDENTITY, "CCCD:1", "CCCD:1", NOW)
    do(work, lambda s: s.users.add_certificate(one))
    do(work, lambda s: s.users.add_certificate(two))
    assert work.read(lambda s: s.users.certificates(user.id)) == (one, two)
    assert work.read(lambda s: s.users.certificates(other.id)) == ()
    assert work.read(lambda s: s.users.get_certificate("nothing")) is None
    removed = replace(one, removed_at=NOW)
    do(work, lambda s: s.users.update_certificate(removed))
    assert work.read(lambda s: s.users.get_certificate(one.id)) == replace(removed, version=2)
    assert code_of(work, lambda s: s.users.update_certificate(removed)) == "version_conflict"
    assert code_of(work, lambda s: s.users.add_certificate(two)) == "already_exists"


def test_agencies(work: UnitOfWork) -> None:
    one, other = an_agency("A"), an_agency("B")
    store(work, one, other)
    assert work.read(lambda s: s.agencies.get(one.id)) == one
    assert work.read(lambda s: s.agencies.by_code("B")) == other
    assert work.read(lambda s: s.agencies.by_code("b")) is None, "codes compare by their bytes"
    assert work.read(lambda s: s.agencies.get("nobody")) is None
    assert work.read(lambda s: s.agencies.list()) == (one, other)
    assert work.read(lambda s: s.agencies.list([other.id])) == (other,)
    assert work.read(lambda s: s.agencies.list([])) == ()
    assert code_of(work, lambda s: s.agencies.add(an_agency("A"))) == "already_exists"


def test_users_grants_and_keys(work: UnitOfWork) -> None:
    agency, other = an_agency("A"), an_agency("B")
    user, stranger = a_user("Nguyễn Văn A"), a_user("Trần Thị B")
    store(work, agency, other, user, stranger)
    grant = Grant(new_id(), user.id, Role.CLERK, agency.id, NOW, NOW + timedelta(days=1))
    key = ApiKey(new_id(), user.id, "first", "ab" * 32, NOW)

    def add(stores: Stores) -> None:
        stores.users.add_grant(grant)
        stores.users.add_key(key)

    do(work, add)
    assert work.read(lambda s: s.users.get(user.id)) == user
    assert work.read(lambda s: s.users.list()) == (user, stranger)
    assert work.read(lambda s: s.users.list([agency.id])) == (user,)
    assert work.read(lambda s: s.users.list([other.id])) == ()
    assert work.read(lambda s: s.users.grants(user.id)) == (grant,)
    assert work.read(lambda s: s.users.key_by_hash("ab" * 32)) == key
    assert work.read(lambda s: s.users.get_key(key.id)) == key
    assert work.read(lambda s: s.users.keys(user.id)) == (key,)
    assert work.read(lambda s: s.users.keys(stranger.id)) == ()
    same = replace(key, id=new_id())
    assert code_of(work, lambda s: s.users.add_key(same)) == "already_exists"


def test_a_key_is_revoked_once(work: UnitOfWork) -> None:
    user = a_user()
    store(work, user)
    key = ApiKey(new_id(), user.id, "first", "ab" * 32, NOW)
    do(work, lambda s: s.users.add_key(key))
    revoked = replace(key, revoked_at=NOW)
    do(work, lambda s: s.users.update_key(revoked))
    assert work.read(lambda s: s.users.get_key(key.id)) == replace(revoked, version=2)
    assert code_of(work, lambda s: s.users.update_key(revoked)) == "version_conflict"


def test_requests(work: UnitOfWork) -> None:
    request = StoredRequest(new_id(), "p", "POST /x", "k", "d" * 64, NOW, {"id": "1", "n": [1, {}]})
    do(work, lambda s: s.requests.add(request))
    assert work.read(lambda s: s.requests.find("p", "POST /x", "k")) == request
    assert work.read(lambda s: s.requests.find("p", "POST /x", "other")) is None
    again = replace(request, id=new_id())
    assert code_of(work, lambda s: s.requests.add(again)) == "already_exists"
    other = replace(request, id=new_id(), key="other")
    do(work, lambda s: s.requests.add(other))
    do(work, lambda s: s.requests.forget([request.id, "no such", request.id]))
    do(work, lambda s: s.requests.forget(()))
    forgotten = work.read(lambda s: s.requests.find("p", "POST /x", "k"))
    assert forgotten == replace(request, digest="", answer={"answer_erased": True})
    assert forgotten.is_forgotten
    assert work.read(lambda s: s.requests.find("p", "POST /x", "other")) == other
    assert not other.is_forgotten


def test_catalogues(work: UnitOfWork) -> None:
    agency = an_agency()
    store(work, agency)
    catalogue = Catalogue(new_id(), agency.id, 2026, "Danh mục hồ sơ năm 2026", NOW)
    items = tuple(
        CatalogueItem(new_id(), catalogue.id, n, f"0{n}.VP", "I", f"Hồ sơ {n}", "06", "Văn phòng")
        for n in (2, 1)
    )

    def add(stores: Stores) -> None:
        stores.catalogues.add(catalogue)
        for item in items:
            stores.catalogues.add_item(item)

    do(work, add)
    assert work.read(lambda s: s.catalogues.get(catalogue.id)) == catalogue
    assert work.read(lambda s: s.catalogues.list([agency.id])) == (catalogue,)
    assert work.read(lambda s: s.catalogues.get_item(items[0].id)) == items[0]
    assert work.read(lambda s: s.catalogues.items(catalogue.id)) == (items[1], items[0])
    same = replace(catalogue, id=new_id())
    assert code_of(work, lambda s: s.catalogues.add(same)) == "already_exists"


def test_records_come_in_pages(work: UnitOfWork) -> None:
    agency, other = an_agency("A"), an_agency("B")
    records = tuple(a_record(agency) for _ in range(5))
    store(work, agency, other, *records, a_record(other))
    ids = [agency.id]
    first = work.read(lambda s: s.records.list(ids, limit=2))
    assert first == records[:2]
    assert work.read(lambda s: s.records.list(ids, first[-1].id, 2)) == records[2:4]
    assert work.read(lambda s: s.records.list(ids, records[-1].id)) == ()
    assert work.read(lambda s: s.records.list([])) == ()


def test_a_change_on_an_old_version_is_refused(work: UnitOfWork) -> None:
    agency = an_agency()
    record = a_record(agency)
    store(work, agency, record)
    closing = do(work, lambda s: s.records.update(record.to(RecordState.CLOSING)))
    assert closing.version == 2
    assert work.read(lambda s: s.records.get(record.id)) == closing
    assert code_of(work, lambda s: s.records.update(record)) == "version_conflict"
    unknown = a_record(agency)
    assert code_of(work, lambda s: s.records.update(unknown)) == "version_conflict"


def test_memberships(work: UnitOfWork) -> None:
    agency, _, document, revision = filed(work)
    record, other = a_record(agency), a_record(agency)
    store(work, record, other)
    place = Membership(record.id, document.id, 1)
    do(work, lambda s: s.records.add_membership(place))
    assert work.read(lambda s: s.records.memberships(record.id)) == (place,)
    assert work.read(lambda s: s.records.records_of(document.id)) == (record,)
    do(work, lambda s: s.records.pin(record.id, document.id, revision.id, "ab" * 32))
    pinned = replace(place, pinned_revision_id=revision.id, pinned_report_sha256="ab" * 32)
    assert "ab" * 32 in work.read(lambda s: set(s.named_blobs()))
    assert work.read(lambda s: s.records.memberships(record.id)) == (pinned,)
    twice = replace(place, ordinal=2)
    assert code_of(work, lambda s: s.records.add_membership(twice)) == "already_exists"
    with pytest.raises(NotFoundError):
        do(work, lambda s: s.records.pin(other.id, document.id, revision.id, "ab" * 32))


def test_two_documents_can_not_have_one_place(work: UnitOfWork) -> None:
    agency, _, document, _ = filed(work)
    another = a_document(agency)
    record = a_record(agency)
    store(work, record, another)
    do(work, lambda s: s.records.add_membership(Membership(record.id, document.id, 1)))
    step = Membership(record.id, another.id, 1)
    assert code_of(work, lambda s: s.records.add_membership(step)) == "already_exists"


def test_documents_and_revisions(work: UnitOfWork) -> None:
    agency, _, document, first = filed(work)
    attachment = replace(
        a_document(agency), kind=DocumentKind.ATTACHMENT, parent_id=document.id, code_number="12"
    )
    second = replace(a_revision(document, 2), report_sha256="cd" * 32)
    store(work, attachment, second)
    assert work.read(lambda s: s.documents.get(attachment.id)) == attachment
    assert work.read(lambda s: s.documents.list([agency.id])) == (document, attachment)
    assert work.read(lambda s: s.documents.revisions(document.id)) == (first, second)
    assert work.read(lambda s: s.documents.get_revision(first.id)) == first
    assert work.read(lambda s: s.documents.newest(document.id)) == second
    assert work.read(lambda s: s.documents.newest(attachment.id)) is None
    taken = a_revision(document, 2)
    assert code_of(work, lambda s: s.documents.add_revision(taken)) == "already_exists"


def grouped(
    work: UnitOfWork, order: SigningOrder = SigningOrder.SEQUENCE
) -> tuple[User, Revision, SigningGroup]:
    """Store a document that somebody is asked to sign."""
    _, user, document, revision = filed(work)
    group = a_group(document, order)
    store(work, group)
    return user, revision, group


def test_groups_of_signing_tasks(work: UnitOfWork) -> None:
    _, user, document, revision = filed(work)
    group, second = a_group(document), a_group(document)
    store(work, group, a_task(group, revision, user))
    assert work.read(lambda s: s.groups.get(group.id)) == group
    assert work.read(lambda s: s.groups.get("nothing")) is None
    assert work.read(lambda s: s.groups.open_for(document.id)) == group
    assert code_of(work, lambda s: s.groups.add(second)) == "already_exists"
    ended = do(work, lambda s: s.groups.update(group.ended()))
    assert work.read(lambda s: s.groups.get(group.id)) == ended
    assert work.read(lambda s: s.groups.open_for(document.id)) is None
    store(work, second)
    assert code_of(work, lambda s: s.groups.update(group)) == "version_conflict"
    again = replace(ended, state=GroupState.OPEN)
    with pytest.raises(AntinError):
        do(work, lambda s: s.groups.update(again))


def test_signing_tasks(work: UnitOfWork) -> None:
    user, revision, group = grouped(work)
    other = a_user("Trần Thị B")
    first, second = a_task(group, revision, user), a_task(group, revision, other, 2)
    store(work, other, second, first)
    assert work.read(lambda s: s.tasks.of_group(group.id)) == (first, second)
    taken = a_task(group, revision, user, 2)
    assert code_of(work, lambda s: s.tasks.add(taken)) == "already_exists"
    ended = do(work, lambda s: s.tasks.update(first.to(TaskState.DECLINED, Actor.SIGNER)))
    ids = [group.agency_id]
    assert work.read(lambda s: s.tasks.list(ids)) == (ended, second)
    assert work.read(lambda s: s.tasks.list(ids, TaskState.DECLINED)) == (ended,)
    assert work.read(lambda s: s.tasks.list(ids, after=ended.id, limit=1)) == (second,)
    assert work.read(lambda s: s.tasks.list(ids, signer_id=other.id)) == (second,)
    assert work.read(lambda s: s.tasks.list([], signer_id=other.id)) == ()


def test_one_signature_at_a_time_is_put_on_a_document(work: UnitOfWork) -> None:
    user, revision, group = grouped(work, SigningOrder.PARALLEL)
    signed = replace(a_task(group, revision, user), state=TaskState.SIGNED)
    prepared = replace(a_task(group, revision, user, 2), state=TaskState.PREPARED)
    store(work, signed, prepared)
    with pytest.raises(AntinError):
        do(work, lambda s: s.tasks.update(replace(prepared, state=TaskState.SIGNED)))
    assert work.read(lambda s: s.tasks.get(prepared.id)) == prepared


def test_a_preparation_is_kept_verbatim(work: UnitOfWork) -> None:
    user, revision, group = grouped(work)
    preparation = Preparation(
        blob_sha256="ef" * 32,
        certificate=bytes(range(256)),
        chain=(b"\x00", b""),
        scheme="ecdsa",
        digest="sha256",
        field_name="Chữ ký",
        signed_attributes=b"\x31\x00\xff",
        document_digest=b"\x01" * 32,
        byte_range=(0, 10, 20, 2**40),
        reserved=16384,
        prepared_at=NOW,
    )
    task = replace(
        a_task(group, revision, user),
        state=TaskState.SIGNED,
        job_id="a job",
        preparation=preparation,
        signature=b"\x30\x00",
        appearance='{"page": 1}',
    )
    store(work, task)
    assert work.read(lambda s: s.tasks.get(task.id)) == task


def test_tasks_that_expired_unsigned(work: UnitOfWork) -> None:
    user, revision, group = grouped(work)
    task = a_task(group, revision, user)
    store(work, task)
    assert work.read(lambda s: s.tasks.unsigned_after(task.expires_at - timedelta(seconds=1))) == ()
    assert work.read(lambda s: s.tasks.unsigned_after(task.expires_at)) == (task,)
    ended = do(work, lambda s: s.tasks.update(task.to(TaskState.EXPIRED, Actor.SYSTEM)))
    assert work.read(lambda s: s.tasks.unsigned_after(ended.expires_at)) == ()


def test_seals(work: UnitOfWork) -> None:
    _, user, document, revision = filed(work)
    seal = a_seal(document, revision, user)
    store(work, seal)
    assert work.read(lambda s: s.seals.open_for(document.id)) == seal
    assert work.read(lambda s: s.seals.intended_before(NOW)) == ()
    later = NOW + timedelta(microseconds=1)
    assert work.read(lambda s: s.seals.intended_before(later)) == (seal,)
    second = a_seal(document, revision, user)
    assert code_of(work, lambda s: s.seals.add(second)) == "already_exists"
    ended = do(work, lambda s: s.seals.update(seal.to(SealState.FAILED)))
    assert work.read(lambda s: s.seals.get(seal.id)) == ended
    assert work.read(lambda s: s.seals.intended_before(later)) == ()
    store(work, second)


def test_closures(work: UnitOfWork) -> None:
    agency = an_agency()
    record = a_record(agency)
    store(work, agency, record)
    closure = Closure(new_id(), record.id, 1, "a" * 64, "b" * 64, "c" * 64, NOW, "someone")
    do(work, lambda s: s.closures.add(closure))
    assert work.read(lambda s: s.closures.get(record.id, 1)) == closure
    assert work.read(lambda s: s.closures.get(record.id, 2)) is None
    again = replace(closure, id=new_id())
    assert code_of(work, lambda s: s.closures.add(again)) == "already_exists"


def test_jobs(work: UnitOfWork) -> None:
    job = Job(new_id(), "close", "r", "a", "p", NOW, NOW)
    other = Job(new_id(), "close", "r", "a", "p", NOW, NOW + timedelta(hours=1))

    def add(stores: Stores) -> None:
        stores.jobs.add(job)
        stores.jobs.add(other)

    do(work, add)
    horizon = NOW + timedelta(minutes=1)
    assert work.read(lambda s: s.jobs.unfinished(horizon, NOW)) == (job,)
    running = do(work, lambda s: s.jobs.update(job.started(NOW)))
    assert work.read(lambda s: s.jobs.get(job.id)) == running
    done = replace(running, state=JobState.DONE, result={"closure": 1}, done=3, total=3)
    stored = do(work, lambda s: s.jobs.update(done))
    assert work.read(lambda s: s.jobs.get(job.id)) == stored
    assert stored.result == {"closure": 1}
    assert work.read(lambda s: s.jobs.unfinished(horizon, NOW)) == ()


def test_a_job_whose_time_has_not_come_is_not_found(work: UnitOfWork) -> None:
    job = Job(new_id(), "sign", "t", "a", "p", NOW, NOW, due_at=NOW + timedelta(hours=1))
    do(work, lambda s: s.jobs.add(job))
    later = NOW + timedelta(minutes=1)
    assert work.read(lambda s: s.jobs.unfinished(later, NOW + timedelta(minutes=59))) == ()
    assert work.read(lambda s: s.jobs.unfinished(later, NOW + timedelta(hours=1))) == (job,)
    touched = NOW - timedelta(minutes=1)
    assert work.read(lambda s: s.jobs.unfinished(touched, NOW + timedelta(hours=1))) == (job,)


def test_blobs_that_rows_name(work: UnitOfWork) -> None:
    agency, user, document, revision = filed(work)
    record = a_record(agency)
    group = a_group(document)
    task = replace(a_task(group, revision, user), appearance_image_sha256="1" * 64)
    second = replace(a_revision(document, 2), report_sha256="2" * 64)
    store(work, record, group, task, second)
    closure = Closure(new_id(), record.id, 1, "3" * 64, "4" * 64, "5" * 64, NOW, "someone")
    do(work, lambda s: s.closures.add(closure))
    named = work.read(lambda s: set(s.named_blobs()))
    expected = {digit * 64 for digit in "12345"}
    assert named == expected | {revision.sha256, second.sha256}


def test_a_store_that_refused_leaves_the_change_usable(work: UnitOfWork) -> None:
    store(work, an_agency("A"))

    def change(stores: Stores) -> Done[str]:
        try:
            stores.agencies.add(an_agency("A"))
        except ConflictError:
            stores.agencies.add(an_agency("B"))
        return Done("made")

    assert work.run(an_act(), change) == "made"
    assert [one.code for one in work.read(lambda s: s.agencies.list())] == ["A", "B"]
