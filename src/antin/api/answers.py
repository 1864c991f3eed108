"""What callers get, for the OpenAPI description; fields may be added, none changes its meaning."""

from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field

T = TypeVar("T")


class Answer(BaseModel):
    """Base of all answers: what a flow returns is passed on whole."""

    model_config = ConfigDict(extra="allow")


class Page(BaseModel, Generic[T]):
    """One page of a listing; ``next`` is the ``after`` of the next one, null at the end."""

    items: list[T]
    next: str | None


class Agency(Answer):
    """A government office."""

    id: str
    code: str
    name: str


class GrantShown(Answer):
    """A role in an agency, with its validity."""

    role: str
    agency_id: str
    valid_from: str
    valid_to: str | None


class UserShown(Answer):
    """A person or a machine that acts."""

    id: str
    name: str
    created_at: str
    grants: list[GrantShown]


class ApiKeyShown(Answer):
    """An API key, without its secret."""

    id: str
    user_id: str
    label: str
    created_at: str
    revoked_at: str | None


class ApiKeyMade(ApiKeyShown):
    """A new API key; ``secret`` is shown this once and is null when the request is repeated."""

    secret: str | None


class CertificateShown(Answer):
    """What a user may sign with."""

    id: str
    user_id: str
    kind: str
    value: str
    label: str
    created_at: str
    removed_at: str | None


class CatalogueShown(Answer):
    """A records catalogue with its lines."""

    id: str
    agency_id: str
    year: int
    title: str
    items: list[dict[str, Any]]


class RecordShown(Answer):
    """A record with its documents in order."""

    id: str
    agency_id: str
    code_notation: str
    title: str
    retention: str
    creator: str
    start_date: str
    state: str
    closures: int
    version: int
    documents: list[dict[str, Any]]


class ChangeNoted(Answer):
    """A change of the records system's that the ledger now holds."""

    record_id: str
    action: str


class RevisionShown(Answer):
    """One state of a document's file."""

    id: str
    ordinal: int
    sha256: str
    size: int
    cause: str
    created_at: str


class DocumentShown(Answer):
    """A document with its newest revision."""

    id: str
    agency_id: str
    title: str
    kind: str
    parent_id: str | None
    file_name: str
    revision: RevisionShown


class WarningShown(Answer):
    """What a signer should know; ``values`` fill the sentence of ``code`` in another language."""

    code: str
    severity: str
    detail: str
    values: dict[str, str | int]


class TaskShown(Answer):
    """A signing task. ``timestamp`` is "pending" while a job gets what completes it.

    ``warnings``: of the file once it is prepared, of the time-stamp once it is completed.
    """

    id: str
    document_id: str
    agency_id: str
    revision_id: str
    signer_id: str
    state: str
    certify: str | None
    lock: str | None
    expires_at: str
    result_revision_id: str | None
    failure: str | None
    group_id: str
    position: int
    job_id: str | None
    timestamp: str | None
    warnings: list[WarningShown]


class GroupShown(Answer):
    """Signatures that were asked for together; ``state`` is OPEN, COMPLETED or ENDED."""

    id: str
    document_id: str
    agency_id: str
    order: str
    state: str
    tasks: list[TaskShown]


class Preparation(Answer):
    """What the desk recomputes and then signs; the file is at ``…/prepared``."""

    sha256: str
    field: str
    byte_range: list[int]
    digest_algorithm: str
    scheme: str
    document_digest: str
    signed_attributes: str


class TaskPrepared(TaskShown):
    """A signing task that waits for its signature value."""

    prepared: Preparation


class SealShown(Answer):
    """One use of an agency's seal. ``timestamp`` is "pending" while a job gets what completes it.

    ``document`` is the sealed one, once it is completed.
    """

    id: str
    document_id: str
    agency_id: str
    state: str
    result_revision_id: str | None
    failure: str | None
    job_id: str | None
    timestamp: str | None
    document: DocumentShown | None
    warnings: list[WarningShown]


class ClosureShown(Answer):
    """A closure of a record; its files are at ``…/files/NAME``."""

    id: str
    record_id: str
    number: int
    closed_at: str
    closed_by: str
    manifest_sha256: str
    signature_sha256: str
    certificate_sha256: str


class JobShown(Answer):
    """Long work: its progress and how it ended."""

    id: str
    kind: str
    subject_id: str
    state: str
    attempts: int
    done: int
    total: int
    result: dict[str, Any] | None
    error: dict[str, Any] | None
    due_at: str | None


class InclusionShown(Answer):
    """That an entry is in the tree of a signed checkpoint; hashes in hexadecimal."""

    index: int
    size: int
    leaf: str
    path: list[str]
    root: str
    checkpoint: str


class ConsistencyShown(Answer):
    """That the tree of a signed checkpoint extends that of another one."""

    from_: int = Field(alias="from")
    to: int
    path: list[str]
    from_root: str
    to_root: str
    from_checkpoint: str
    to_checkpoint: str


class EntryShown(Answer):
    """A ledger entry; only ``index`` and ``leaf`` where the caller may not see it."""

    index: int
    leaf: str


class Health(Answer):
    """Whether the service lives, or can work."""

    status: str
