"""The officer's side of a signing task: prepare, recompute, sign on the token, complete."""

import base64
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from antin.cli.desk_checks import Offer, check_offer
from antin.cli.ending import clearing_away
from antin.cli.failures import DONE, complain, defect
from antin.cli.many import warn
from antin.cli.output import note, printable, say
from antin.cli.texts import _
from antin.cli.warned import remarks_of
from antin.core.bytesource import FileSource
from antin.core.errors import AntinError, KeyDeviceError, NotFoundError, RefusedError
from antin.flows.locks import read_lock
from antin.pdf.restrictions import Restrictions
from antin.signer.request import Certification

if TYPE_CHECKING:
    from antin.cli.server_client import Server
    from antin.hsm.key import SigningKey

_TRIES: Final = 3
"""How often a task is prepared when others sign the document in between."""


def sign_tasks(server: "Server", task_ids: list[str], key: "SigningKey", shown: Path | None) -> int:
    """Sign one task after the other, print a line for each; return the exit code.

    What one task refuses does not hold up the others.
    """
    # The documents lie in a folder meanwhile that nobody else clears away.
    with clearing_away():
        codes = [_told(server, task_id, key, shown) for task_id in task_ids]
    if len(codes) != 1:
        done = codes.count(DONE)
        say(_("{done} of {count} tasks signed").format(done=done, count=len(codes)))
    return max(codes, default=DONE)


def _told(server: "Server", task_id: str, key: "SigningKey", shown: Path | None) -> int:
    try:
        done = _signed(server, task_id, key, shown)
    except AntinError as error:
        return complain(error)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        return complain(defect(error))  # an answer of the server's that it should not give
    waiting = done.get("timestamp") == "pending"
    remark = " " + _("(kept; its time-stamp is still to come)") if waiting else ""
    say(printable(f"{task_id}: {done.get('state')}{remark}"))
    return DONE


def _signed(
    server: "Server", task_id: str, key: "SigningKey", shown: Path | None
) -> dict[str, Any]:
    """Sign; once more where another signature came in and the caller had not looked himself."""
    for last in (*[False] * (_TRIES - 1), True):
        with tempfile.TemporaryDirectory() as folder:
            try:
                return sign_task(server, task_id, key, shown, Path(folder))
            except AntinError as error:
                if last or shown is not None or error.code != "document_changed":
                    raise
    raise AssertionError("the last try returns or raises")


def sign_task(
    server: "Server", task_id: str, key: "SigningKey", shown: Path | None, folder: Path
) -> dict[str, Any]:
    """Prepare, recompute, sign on the token, complete; return the task.

    Errors: the server's, ``prepared_document_wrong``, key device codes.
    """
    certificate = key.certificate
    if certificate is None:
        raise KeyDeviceError("key_without_certificate", key="?", token="?")  # noqa: S106 — a device
    task = server.get(f"/v1/signing-tasks/{task_id}")
    displayed = shown or _displayed(server, task, folder)
    answer: dict[str, Any] = server.post(
        f"/v1/signing-tasks/{task_id}/prepare",
        {
            "certificate": base64.b64encode(certificate).decode(),
            "scheme": key.algorithm.scheme,
            "digest": key.algorithm.digest,
        },
    )
    offer = _offer(answer, key.algorithm.digest, _restrictions(task))
    # Before the key is used: whoever signs should know what the signature does to the file.
    known = remarks_of(answer.get("warnings"))
    warn(known)
    prepared = folder / "prepared.pdf"
    server.download(f"/v1/signing-tasks/{task_id}/prepared", prepared)
    with FileSource(displayed) as before, FileSource(prepared) as after:
        check_offer(before, after, offer, certificate)
    # The attributes themselves go to the token, which hashes them: never a hash from outside.
    signature = key.sign(offer.signed_attributes)
    body = {"signature": base64.b64encode(signature).decode()}
    answer = server.post(f"/v1/signing-tasks/{task_id}/complete", body)
    warn(tuple(one for one in remarks_of(answer.get("warnings")) if one not in known))
    return answer


def _offer(answer: object, digest: str, restrictions: Restrictions) -> Offer:
    """Return what the server says that it prepared; only in part what it should be, and it lies.

    Error: ``prepared_document_wrong``.
    """
    match answer:
        case {
            "prepared": {
                "field": str() as field,
                "byte_range": [int() as start, int() as before, int() as after, int() as rest],
                "signed_attributes": str() as attributes,
            }
        }:
            with suppress(ValueError):
                signed = base64.b64decode(attributes, validate=True)
                return Offer(field, (start, before, after, rest), digest, signed, restrictions)
    raise RefusedError("prepared_document_wrong", detail="the server's answer is none")


def _restrictions(task: dict[str, Any]) -> Restrictions:
    """Tell the officer what the signature makes final, and return it."""
    certify, word = task.get("certify"), task.get("lock")
    known = certify is None or certify in [one.value for one in Certification]
    if not known or not isinstance(word, str | None):
        detail = "the task asks for what there is not"
        raise RefusedError("prepared_document_wrong", detail=detail)
    lock = read_lock(word)
    if certify is not None:
        note(_("certifies: allowed later is only {what}").format(what=certify))
    if lock is not None:
        note(_("makes form fields final: {what}").format(what=word))
    permission = Certification(certify).permission if certify is not None else None
    return Restrictions(permission, (lock,) if lock else ())


def _displayed(server: "Server", task: dict[str, Any], folder: Path) -> Path:
    """Fetch the revision that the task asks a signature on."""
    revisions = server.get(f"/v1/documents/{task['document_id']}/revisions")
    for revision in revisions:
        if revision["id"] == task["revision_id"]:
            path = folder / "shown.pdf"
            server.download(
                f"/v1/documents/{task['document_id']}/content?revision={revision['ordinal']}", path
            )
            return path
    raise NotFoundError("document_not_found")
