"""``/v1/signing-tasks``: asking an officer to sign, and the desk's two phases."""

import base64
from datetime import timedelta
from typing import Annotated, Final

from fastapi import APIRouter, Query, Response
from fastapi.responses import StreamingResponse

from antin.api.answers import GroupShown, Page, TaskPrepared, TaskShown
from antin.api.auth import Actor, Known
from antin.api.files import stored_file
from antin.api.paging import After, Limit, page
from antin.api.problems import PROBLEMS
from antin.api.requests import ChoiceAsked, DeclineAsked, SignatureGiven, TaskAsked
from antin.core.canonical import JsonObject
from antin.core.limits import SIGNING_TASK_SECONDS
from antin.flows import desk
from antin.pki.algorithms import SignatureAlgorithm
from antin.records.signing_group import SigningOrder
from antin.records.signing_task import TaskState

router = APIRouter(prefix="/v1", tags=["signing tasks"], responses=PROBLEMS)
_A_WEEK: Final = timedelta(seconds=SIGNING_TASK_SECONDS)


@router.post(
    "/documents/{document_id}/signing-tasks",
    status_code=201,
    response_model=TaskShown | GroupShown,
    summary="Ask an officer to sign, or several",
)
def ask(actor: Actor, document_id: str, asked: TaskAsked, response: Response) -> JsonObject:
    """Make a signing task for the newest revision; for several ``signers`` a group of tasks."""
    call = actor.call(asked.fingerprint())
    if asked.signer_id is None:
        made = desk.ask_group(actor.services, call, _new_group(document_id, asked))
        response.headers["Location"] = f"/v1/signing-groups/{made['id']}"
        return made
    new = desk.NewTask(
        document_id=document_id,
        signer_id=asked.signer_id,
        reason=asked.reason,
        location=asked.location,
        stamp=asked.stamp.plan() if asked.stamp else None,
        certify=asked.certify,
        lock=asked.lock,
        expires_in=asked.expires_in or _A_WEEK,
    )
    made = desk.ask(actor.services, call, new)
    response.headers["Location"] = f"/v1/signing-tasks/{made['id']}"
    return made


def _new_group(document_id: str, asked: TaskAsked) -> desk.NewGroup:
    wanted = (
        desk.Wanted(
            signer_id=one.signer_id,
            reason=one.reason,
            location=one.location,
            stamp=one.stamp.plan() if one.stamp else None,
            certify=one.certify,
            lock=one.lock,
        )
        for one in asked.signers
    )
    order = asked.order or SigningOrder.SEQUENCE
    return desk.NewGroup(document_id, tuple(wanted), order, asked.expires_in or _A_WEEK)


@router.get("/signing-groups/{group_id}", response_model=GroupShown, summary="Get a group")
def group(known: Known, group_id: str) -> JsonObject:
    """Return signatures that were asked for together."""
    return desk.get_group(known.services, known.principal, group_id)


@router.post(
    "/signing-groups/{group_id}/cancel", response_model=GroupShown, summary="Cancel a group"
)
def cancel_group(actor: Actor, group_id: str) -> JsonObject:
    """End all tasks of the group that nobody has signed yet."""
    return desk.cancel_group(actor.services, actor.call(), group_id)


@router.get("/signing-tasks", response_model=Page[TaskShown], summary="List signing tasks")
def listed(
    known: Known,
    state: TaskState | None = None,
    after: After = "",
    limit: Limit = 100,
    *,
    mine: Annotated[bool, Query(description="Only what is asked of the caller")] = False,
) -> JsonObject:
    """Return the signing tasks of the caller's agencies; their own count as offered now."""
    wanted = desk.Filter(state, mine)
    return page(desk.list_tasks(known.services, known.principal, wanted, after, limit), limit)


@router.get("/signing-tasks/{task_id}", response_model=TaskShown, summary="Get a signing task")
def get(known: Known, task_id: str) -> JsonObject:
    """Return a signing task."""
    return desk.get_task(known.services, known.principal, task_id)


@router.post(
    "/signing-tasks/{task_id}/prepare", response_model=TaskPrepared, summary="Phase one: prepare"
)
def prepare(actor: Actor, task_id: str, asked: ChoiceAsked) -> JsonObject:
    """Check the certificate, build the revision, return what is to be signed."""
    choice = desk.Choice(
        certificate=base64.b64decode(asked.certificate),
        chain=tuple(base64.b64decode(one) for one in asked.chain),
        algorithm=SignatureAlgorithm(asked.scheme, asked.digest),
    )
    return desk.prepare(actor.services, actor.call(asked.fingerprint()), task_id, choice)


@router.get(
    "/signing-tasks/{task_id}/prepared",
    response_class=StreamingResponse,
    summary="Download the prepared file",
)
def prepared(known: Known, task_id: str) -> StreamingResponse:
    """Return the prepared PDF, so that the desk can recompute what it signs."""
    sha256 = desk.prepared_blob(known.services, known.principal, task_id)
    return stored_file(known.services, sha256, "prepared.pdf")


@router.post(
    "/signing-tasks/{task_id}/complete", response_model=TaskShown, summary="Phase two: complete"
)
def complete(actor: Actor, task_id: str, given: SignatureGiven, response: Response) -> JsonObject:
    """Take the signature value, time-stamp, verify and store the signed document.

    202 where the signature is kept and a job (``Location``) goes on to get its time-stamp.
    """
    signature = base64.b64decode(given.signature)
    done = desk.complete(actor.services, actor.call(given.fingerprint()), task_id, signature)
    if done["state"] == TaskState.SIGNED:
        response.status_code = 202
        response.headers["Location"] = f"/v1/jobs/{done['job_id']}"
    return done


@router.post("/signing-tasks/{task_id}/decline", response_model=TaskShown, summary="Decline")
def decline(actor: Actor, task_id: str, asked: DeclineAsked) -> JsonObject:
    """End the task because its officer will not sign."""
    return desk.decline(actor.services, actor.call(asked.fingerprint()), task_id, asked.reason)


@router.post("/signing-tasks/{task_id}/cancel", response_model=TaskShown, summary="Cancel")
def cancel(actor: Actor, task_id: str) -> JsonObject:
    """End the task because nobody needs the signature any more."""
    return desk.cancel(actor.services, actor.call(), task_id)
