"""What each kind of entry says about rows: one rule a function, and a table of them all.

A rule reads the facts that a flow put into its entry. Facts that an older flow did not write are
not held against a row; an entry whose facts were erased says nothing any more, and the table
says what it may have said. Other actions (``external.`` ones, refusals) say nothing of rows.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from antin.flows.audit.story import MANY, Story
from antin.ledger.ports import EntryRow
from antin.records.record import RecordState
from antin.records.seal import SealState
from antin.records.signing_group import GroupState
from antin.records.signing_task import OPEN_STATES, TaskState

Facts = Mapping[str, Any]
"""Canonical JSON that somebody may have altered: a rule that finds it odd raises."""


def agency_created(story: Story, entry: EntryRow, facts: Facts) -> None:
    """Make an agency."""
    story.make("agencies", facts["id"], entry.index, _of(facts, "code", "name"))


def user_created(story: Story, entry: EntryRow, facts: Facts) -> None:
    """Make a user with their first grants."""
    story.make("users", facts["id"], entry.index, _of(facts, "name", "created_at"))
    for grant in facts["grants"]:
        _grant(story, entry, facts["id"], grant)


def role_granted(story: Story, entry: EntryRow, facts: Facts) -> None:
    """Make a grant."""
    _grant(story, entry, facts["user_id"], facts)


def _grant(story: Story, entry: EntryRow, user_id: str, facts: Facts) -> None:
    key = f"{user_id}/{facts['role']}/{facts['agency_id']}"
    story.make("grants", key, entry.index, _of(facts, "valid_from", "valid_to"))


_KEY = ("user_id", "label", "created_at", "revoked_at", "secret_sha256")


def api_key_created(story: Story, entry: EntryRow, facts: Facts) -> None:
    """Make an API key."""
    story.make("api_keys", facts["id"], entry.index, _of(facts, *_KEY))


def api_key_revoked(story: Story, entry: EntryRow, facts: Facts) -> None:
    """Take an API key back."""
    story.change("api_keys", facts["id"], entry.index, _of(facts, "revoked_at"))


_CERTIFICATE = ("user_id", "kind", "value", "label", "created_at", "removed_at")


def certificate_registered(story: Story, entry: EntryRow, facts: Facts) -> None:
    """Make the registration of a certificate."""
    story.make("signer_certificates", facts["id"], entry.index, _of(facts, *_CERTIFICATE))


def certificate_removed(story: Story, entry: EntryRow, facts: Facts) -> None:
    """End the registration of a certificate."""
    story.change("signer_certificates", facts["id"], entry.index, _of(facts, "removed_at"))


_ITEM = ("ordinal", "code_notation", "heading", "title", "retention", "creator", "note")


def catalogue_created(story: Story, entry: EntryRow, facts: Facts) -> None:
    """Make a catalogue with its lines."""
    story.make("catalogues", facts["id"], entry.index, _of(facts, "agency_id", "year", "title"))
    for item in facts["items"]:
        columns = {"catalogue_id": facts["id"], **_of(item, *_ITEM)}
        story.make("catalogue_items", item["id"], entry.index, columns)


_AMENDABLE = ("code_notation", "title", "retention", "creator", "description")
_RECORD = ("agency_id", "catalogue_item_id", "start_date", "created_at", "state", "closures")


def record_opened(story: Story, entry: EntryRow, facts: Facts) -> None:
    """Make a record."""
    story.make("records", facts["id"], entry.index, _of(facts, *_RECORD, *_AMENDABLE))


def record_amended(story: Story, entry: EntryRow, facts: Facts) -> None:
    """Change what may be changed of an open record."""
    story.change("records", _id_of(entry), entry.index, _of(facts["after"], *_AMENDABLE))


def record_closing(story: Story, entry: EntryRow, _: Facts) -> None:
    """Take the record to CLOSING."""
    _state(story, entry, RecordState.CLOSING)


def closure_refused(story: Story, entry: EntryRow, _: Facts) -> None:
    """Take the record back to OPEN."""
    _state(story, entry, RecordState.OPEN)


def record_closed(story: Story, entry: EntryRow, _: Facts) -> None:
    """Take the record to CLOSED."""
    _state(story, entry, RecordState.CLOSED)


def _state(story: Story, entry: EntryRow, state: RecordState) -> None:
    story.change("records", _id_of(entry), entry.index, {"state": state.value})


_CLOSURE = (
    "record_id",
    "number",
    "closed_at",
    "manifest_sha256",
    "signature_sha256",
    "certificate_sha256",
)


def closure_made(story: Story, entry: EntryRow, facts: Facts) -> None:
    """Make a closure; pin what it was about."""
    columns = {**_of(facts, *_CLOSURE), "principal_id": facts["closed_by"]}
    story.make("closures", facts["id"], entry.index, columns)
    story.change("records", _id_of(entry), entry.index, {"closures": facts["number"]})
    for pinned in facts.get("pinned", ()):
        columns = {
            "pinned_revision_id": pinned["revision_id"],
            "pinned_report_sha256": pinned["report_sha256"],
        }
        key = f"{_id_of(entry)}/{pinned['document_id']}"
        story.change("memberships", key, entry.index, columns)


def document_added(story: Story, entry: EntryRow, facts: Facts) -> None:
    """Put a document into the record."""
    columns = {
        "ordinal": facts["ordinal"],
        "pinned_revision_id": None,
        "pinned_report_sha256": None,
    }
    key = f"{_id_of(entry)}/{facts['document_id']}"
    story.make("memberships", key, entry.index, columns)


_DOCUMENT = (
    "agency_id",
    "title",
    "kind",
    "parent_id",
    "file_name",
    "code_number",
    "code_notation",
    "created_at",
)
_REVISION = ("ordinal", "sha256", "size", "cause", "report_sha256", "created_at")


def document_uploaded(story: Story, entry: EntryRow, facts: Facts) -> None:
    """Make a document and its first revision."""
    story.make("documents", facts["id"], entry.index, _of(facts, *_DOCUMENT))
    _revision(story, entry, facts["revision"])


def document_augmented(story: Story, entry: EntryRow, facts: Facts) -> None:
    """Make a revision that can be verified for long."""
    _revision(story, entry, facts)


def _revision(story: Story, entry: EntryRow, facts: Facts) -> None:
    columns = {"document_id": _id_of(entry), **_of(facts, *_REVISION)}
    story.make("revisions", facts["id"], entry.index, columns)


_TASK = (
    "document_id",
    "agency_id",
    "revision_id",
    "signer_id",
    "state",
    "reason",
    "location",
    "certify",
    "created_at",
    "expires_at",
    "result_revision_id",
    "failure",
    "group_id",
    "position",
    "job_id",
)


def task_created(story: Story, entry: EntryRow, facts: Facts) -> None:
    """Make a signing task, and what it was asked together with."""
    columns = {**_of(facts, *_TASK), "field_lock": facts["lock"]}
    story.make("signing_tasks", facts["id"], entry.index, columns)
    if facts.get("group_id") is None:  # asked before there were groups
        story.untold["signing_groups"] += 1
        return
    group = {
        **_of(facts, "document_id", "agency_id", "created_at"),
        "signing_order": facts["order"],
        "principal_id": entry.actor,
    }
    story.make("signing_groups", facts["group_id"], entry.index, group)


def task_offered(story: Story, entry: EntryRow, facts: Facts) -> None:
    """Show a task to its officer."""
    columns = {"state": TaskState.OFFERED.value, **_of(facts, "revision_id")}
    story.change("signing_tasks", facts["task_id"], entry.index, columns)


def task_moved_on(story: Story, entry: EntryRow, facts: Facts) -> None:
    """Take a task to a newer revision; what was prepared is worth nothing there."""
    columns = _of(facts, "revision_id")
    state = story.value("signing_tasks", facts["task_id"], "state")
    if state == TaskState.PREPARED:
        columns["state"] = TaskState.OFFERED.value
    story.change("signing_tasks", facts["task_id"], entry.index, columns)


def task_prepared(story: Story, entry: EntryRow, facts: Facts) -> None:
    """Prepare a task with a certificate."""
    columns = {
        "state": TaskState.PREPARED.value,
        "preparation.blob_sha256": facts["prepared_sha256"],
        "preparation.certificate_sha256": facts["certificate_sha256"],
    }
    story.change("signing_tasks", facts["task_id"], entry.index, columns)


def task_signed(story: Story, entry: EntryRow, facts: Facts) -> None:
    """Keep a signature value."""
    columns = {"state": TaskState.SIGNED.value, **_of(facts, "job_id")}
    story.change("signing_tasks", facts["task_id"], entry.index, columns)


def task_ended(story: Story, entry: EntryRow, facts: Facts) -> None:
    """End a task without a signature: the action's last word is the state."""
    state = TaskState(entry.action.rpartition(".")[2].upper())
    columns = {"state": state.value}
    if state is TaskState.FAILED:
        columns["failure"] = facts["code"]
    story.change("signing_tasks", facts["task_id"], entry.index, columns)


def document_signed(story: Story, entry: EntryRow, facts: Facts) -> None:
    """Make a signed revision; its task is done."""
    _revision(story, entry, facts["revision"])
    columns = {
        "state": TaskState.COMPLETED.value,
        "result_revision_id": facts["revision"]["id"],
    }
    story.change("signing_tasks", facts["task_id"], entry.index, columns)


_SEAL = ("document_id", "agency_id", "state", "created_at")
_SEAL_CHANGES = ("state", "result_revision_id", "failure", "job_id")


def seal_intended(story: Story, entry: EntryRow, facts: Facts) -> None:
    """Make an intent to use a seal."""
    columns = {**_of(facts, *_SEAL, *_SEAL_CHANGES), "principal_id": entry.actor}
    story.make("seals", facts["id"], entry.index, columns)


def seal_moved(story: Story, entry: EntryRow, facts: Facts) -> None:
    """Take a use of a seal a step further: the action's last word is the state."""
    state = SealState(entry.action.rpartition(".")[2].upper())
    columns = {**_of(facts, *_SEAL_CHANGES), "state": state.value}
    story.change("seals", facts["id"], entry.index, columns)


def seal_completed(story: Story, entry: EntryRow, facts: Facts) -> None:
    """Make a sealed revision; the use of the seal is over."""
    seal_moved(story, entry, facts)
    _revision(story, entry, facts["document"]["revision"])


@dataclass(frozen=True)
class Rule:
    """What an action says, and what it may have said where its facts are gone."""

    tell: Callable[[Story, EntryRow, Facts], None]
    makes: Collection[str] = ()
    """Tables."""
    changes: Mapping[str, Collection[str]] = field(default_factory=dict)
    """Columns by table. Neither: the action says it all, without facts."""
    several: Collection[str] = ()
    """Tables of which it may say something of more than one row."""


_TASK_MOVES: Final = {"signing_tasks": ("state", "revision_id")}
_TASK_ENDS: Final = {"signing_tasks": ("state", "failure")}
_PREPARED: Final = {
    "signing_tasks": ("state", "preparation.blob_sha256", "preparation.certificate_sha256")
}
_SIGNED: Final = {"signing_tasks": ("state", "result_revision_id")}
_PINNED: Final = {
    "records": ("closures",),
    "memberships": ("pinned_revision_id", "pinned_report_sha256"),
}

RULES: Final[Mapping[str, tuple[Rule, ...]]] = {
    "agency.created": (Rule(agency_created, ("agencies",)),),
    "user.created": (Rule(user_created, ("users", "grants"), several=("grants",)),),
    "role.granted": (Rule(role_granted, ("grants",)),),
    "api_key.created": (Rule(api_key_created, ("api_keys",)),),
    "api_key.revoked": (Rule(api_key_revoked, (), {"api_keys": ("revoked_at",)}),),
    "certificate.registered": (Rule(certificate_registered, ("signer_certificates",)),),
    "certificate.removed": (
        Rule(certificate_removed, (), {"signer_certificates": ("removed_at",)}),
    ),
    "catalogue.created": (
        Rule(catalogue_created, ("catalogues", "catalogue_items"), several=("catalogue_items",)),
    ),
    "record.opened": (Rule(record_opened, ("records",)),),
    "record.amended": (Rule(record_amended, (), {"records": _AMENDABLE}),),
    "record.document_added": (Rule(document_added, ("memberships",)),),
    "record.closing": (Rule(record_closing),),
    "closure.refused": (Rule(closure_refused),),
    "record.closed": (
        Rule(record_closed),
        Rule(closure_made, ("closures",), _PINNED, ("memberships",)),
    ),
    "document.uploaded": (Rule(document_uploaded, ("documents", "revisions")),),
    "document.augmented": (Rule(document_augmented, ("revisions",)),),
    "document.signed": (Rule(document_signed, ("revisions",), _SIGNED),),
    "task.created": (Rule(task_created, ("signing_tasks", "signing_groups")),),
    "task.offered": (Rule(task_offered, (), _TASK_MOVES),),
    "task.moved_on": (Rule(task_moved_on, (), _TASK_MOVES),),
    "task.prepared": (Rule(task_prepared, (), _PREPARED),),
    "task.signed": (Rule(task_signed, (), {"signing_tasks": ("state", "job_id")}),),
    **dict.fromkeys(
        ("task.declined", "task.cancelled", "task.expired", "task.failed"),
        (Rule(task_ended, (), _TASK_ENDS),),
    ),
    "seal.intended": (Rule(seal_intended, ("seals",)),),
    **dict.fromkeys(
        ("seal.signed", "seal.failed", "seal.abandoned"),
        (Rule(seal_moved, (), {"seals": _SEAL_CHANGES}),),
    ),
    "seal.completed": (Rule(seal_completed, ("revisions",), {"seals": _SEAL_CHANGES}),),
}


def settle_groups(story: Story) -> None:
    """Say of each group whether it is open, once all entries were told: while a task of it is."""
    tasks = [
        one for one in story.rows.get("signing_tasks", {}).values() if "group_id" in one.columns
    ]
    if "signing_tasks" in story.untold or ("signing_tasks", "state") in story.unsure:
        story.unsure.add(("signing_groups", "state"))
        story.moved["signing_groups"] = MANY
    for key in story.rows.get("signing_groups", {}):
        states = [one.columns["state"] for one in tasks if one.columns["group_id"][0] == key]
        newest = max(index for _, index in states)
        is_open = any(state in OPEN_STATES for state, _ in states)
        state = GroupState.OPEN if is_open else GroupState.ENDED
        story.change("signing_groups", key, newest, {"state": state.value})


def _of(facts: Facts, *names: str) -> dict[str, Any]:
    return {name: facts[name] for name in names if name in facts}


def _id_of(entry: EntryRow) -> str:
    return entry.stream.partition("/")[2]
