"""The tables: one for each value of the domain, columns named like the value's fields.

The domain's state lives here and nowhere else. Unique constraints are those that the ports'
docstrings promise (:mod:`antin.records.ports`); the ledger's four tables stand in
:mod:`antin.infra.ledger.tables`. What the migrations make must equal this (a test compares).
"""

from typing import Any, Final

from sqlalchemy import Column, ForeignKey, Index, MetaData, Table, UniqueConstraint, text

from antin.infra.column_types import Choice, Day, JsonText, Moment, Octets, Whole, Words
from antin.infra.preparation_column import Prepared
from antin.records.document import Cause, DocumentKind
from antin.records.grants import Role
from antin.records.job import JobState
from antin.records.record import RecordState
from antin.records.seal import HOLDING, SealState
from antin.records.signer_certificate import BindingKind
from antin.records.signing_group import GroupState, SigningOrder
from antin.records.signing_task import TaskState

metadata: Final = MetaData(
    naming_convention={
        "ix": "%(table_name)s_%(column_0_N_name)s_index",
        "uq": "%(table_name)s_%(column_0_N_name)s_key",
        "fk": "%(table_name)s_%(column_0_N_name)s_fkey",
        "pk": "%(table_name)s_pkey",
        "ck": "%(table_name)s_%(constraint_name)s_check",
    }
)


def _table(name: str, *parts: Any) -> Table:
    return Table(name, metadata, *parts, sqlite_strict=True)


def _id() -> Column[str]:
    return Column("id", Words, primary_key=True)


def _words(name: str, *, null: bool = False) -> Column[str]:
    return Column(name, Words, nullable=null)


def _whole(name: str) -> Column[int]:
    return Column(name, Whole, nullable=False)


def _moment(name: str, *, null: bool = False) -> Column[Any]:
    return Column(name, Moment, nullable=null)


def _of(name: str, table: str, *, null: bool = False, index: bool = False) -> Column[str]:
    return Column(name, Words, ForeignKey(f"{table}.id"), nullable=null, index=index)


def _choice(name: str, choices: Any) -> Column[Any]:
    return Column(name, Choice(choices), nullable=False)


agencies: Final = _table(
    "agencies",
    _id(),
    Column("code", Words, nullable=False, unique=True),
    _words("name"),
    _whole("version"),
)
users: Final = _table("users", _id(), _words("name"), _moment("created_at"), _whole("version"))
grants: Final = _table(
    "grants",
    _id(),
    _of("user_id", "users", index=True),
    _choice("role", Role),
    _of("agency_id", "agencies", index=True),
    _moment("valid_from"),
    _moment("valid_to", null=True),
)
api_keys: Final = _table(
    "api_keys",
    _id(),
    _of("user_id", "users", index=True),
    _words("label"),
    Column("secret_sha256", Words, nullable=False, unique=True),
    _moment("created_at"),
    _moment("revoked_at", null=True),
    _whole("version"),
)
signer_certificates: Final = _table(
    "signer_certificates",
    _id(),
    _of("user_id", "users", index=True),
    _choice("kind", BindingKind),
    _words("value"),
    _words("label"),
    _moment("created_at"),
    _moment("removed_at", null=True),
    _whole("version"),
)
requests: Final = _table(
    "requests",
    _id(),
    _words("principal_id"),
    _words("route"),
    _words("key"),
    _words("digest"),
    _moment("created_at"),
    Column("answer", JsonText, nullable=False),
    UniqueConstraint("principal_id", "route", "key"),
)
catalogues: Final = _table(
    "catalogues",
    _id(),
    _of("agency_id", "agencies"),
    _whole("year"),
    _words("title"),
    _moment("created_at"),
    _whole("version"),
    UniqueConstraint("agency_id", "year"),
)
catalogue_items: Final = _table(
    "catalogue_items",
    _id(),
    _of("catalogue_id", "catalogues"),
    _whole("ordinal"),
    _words("code_notation"),
    _words("heading"),
    _words("title"),
    _words("retention"),
    _words("creator"),
    _words("note"),
    UniqueConstraint("catalogue_id", "ordinal"),
)
records: Final = _table(
    "records",
    _id(),
    _of("agency_id", "agencies", index=True),
    _words("code_notation"),
    _words("title"),
    _words("retention"),
    _words("creator"),
    Column("start_date", Day, nullable=False),
    _moment("created_at"),
    _choice("state", RecordState),
    _of("catalogue_item_id", "catalogue_items", null=True),
    _words("description"),
    _whole("closures"),
    _whole("version"),
)
documents: Final = _table(
    "documents",
    _id(),
    _of("agency_id", "agencies", index=True),
    _words("title"),
    _choice("kind", DocumentKind),
    _words("file_name"),
    _moment("created_at"),
    _of("parent_id", "documents", null=True),
    _words("code_number"),
    _words("code_notation"),
    _whole("version"),
)
revisions: Final = _table(
    "revisions",
    _id(),
    _of("document_id", "documents"),
    _whole("ordinal"),
    _words("sha256"),
    _whole("size"),
    _choice("cause", Cause),
    _moment("created_at"),
    _words("report_sha256", null=True),
    UniqueConstraint("document_id", "ordinal"),
)
memberships: Final = _table(
    "memberships",
    Column("record_id", Words, ForeignKey("records.id"), primary_key=True),
    Column("document_id", Words, ForeignKey("documents.id"), primary_key=True, index=True),
    _whole("ordinal"),
    _of("pinned_revision_id", "revisions", null=True),
    _words("pinned_report_sha256", null=True),
    UniqueConstraint("record_id", "ordinal"),
)


def _while(*states: str) -> Any:
    """Return the condition of a partial unique index: one row at a time in these states."""
    return text("state IN (" + ", ".join(f"'{state}'" for state in sorted(states)) + ")")


_OPEN: Final = _while(GroupState.OPEN)
_SIGNED: Final = _while(TaskState.SIGNED)
_SEALING: Final = _while(*HOLDING)

signing_groups: Final = _table(
    "signing_groups",
    _id(),
    _of("document_id", "documents"),
    _of("agency_id", "agencies", index=True),
    _choice("signing_order", SigningOrder),
    _words("principal_id"),
    _moment("created_at"),
    _choice("state", GroupState),
    _whole("version"),
    Index(
        "signing_groups_one_open_index",
        "document_id",
        unique=True,
        sqlite_where=_OPEN,
        postgresql_where=_OPEN,
    ),
)

signing_tasks: Final = _table(
    "signing_tasks",
    _id(),
    _of("document_id", "documents"),
    _of("agency_id", "agencies", index=True),
    _of("revision_id", "revisions"),
    _of("signer_id", "users"),
    _choice("state", TaskState),
    _moment("created_at"),
    _moment("expires_at"),
    _words("appearance", null=True),
    _words("appearance_image_sha256", null=True),
    _words("reason", null=True),
    _words("location", null=True),
    Column("preparation", Prepared, nullable=True),
    Column("signature", Octets, nullable=True),
    _of("result_revision_id", "revisions", null=True),
    _words("failure", null=True),
    _whole("version"),
    _of("group_id", "signing_groups"),
    _whole("position"),
    _words("job_id", null=True),
    _words("certify", null=True),
    _words("field_lock", null=True),
    _words("warnings", null=True),
    UniqueConstraint("group_id", "position"),
    Index(
        "signing_tasks_one_signed_index",
        "document_id",
        unique=True,
        sqlite_where=_SIGNED,
        postgresql_where=_SIGNED,
    ),
)
seals: Final = _table(
    "seals",
    _id(),
    _of("document_id", "documents"),
    _of("agency_id", "agencies", index=True),
    _of("source_revision_id", "revisions"),
    _words("principal_id"),
    _moment("created_at"),
    _choice("state", SealState),
    _of("result_revision_id", "revisions", null=True),
    _words("failure", null=True),
    _whole("version"),
    _words("level", null=True),
    Column("preparation", Prepared, nullable=True),
    Column("signature", Octets, nullable=True),
    _words("job_id", null=True),
    _words("warnings", null=True),
    Index(
        "seals_one_open_index",
        "document_id",
        unique=True,
        sqlite_where=_SEALING,
        postgresql_where=_SEALING,
    ),
)
closures: Final = _table(
    "closures",
    _id(),
    _of("record_id", "records"),
    _whole("number"),
    _words("manifest_sha256"),
    _words("signature_sha256"),
    _words("certificate_sha256"),
    _moment("closed_at"),
    _words("principal_id"),
    UniqueConstraint("record_id", "number"),
)
jobs: Final = _table(
    "jobs",
    _id(),
    _words("kind"),
    _words("subject_id"),
    _words("agency_id"),
    _words("principal_id"),
    _moment("created_at"),
    _moment("updated_at"),
    _choice("state", JobState),
    _whole("attempts"),
    _whole("done"),
    _whole("total"),
    Column("result", JsonText, nullable=True),
    Column("error", JsonText, nullable=True),
    _whole("version"),
    _moment("due_at", null=True),
    Index("jobs_state_updated_at_index", "state", "updated_at"),
)
