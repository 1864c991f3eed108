"""What the flows lean on, as one frozen value that the wiring fills."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from antin.core.clock import Clock
from antin.core.errors import AntinError
from antin.flows.judges import FileJudges
from antin.flows.unit_of_work import UnitOfWork
from antin.hsm.key import SigningKey
from antin.ledger.ports import (
    CheckpointSink,
    NoteSigner,
    StoredCheckpoint,
    Timestamp,
    Witness,
)
from antin.pki.fetching import RevocationService, TimestampService
from antin.pki.trust import TrustMaterial
from antin.records.agency import Agency
from antin.records.blobs import BlobStore
from antin.records.closure import ClosureFacts
from antin.verifier.looks import PageRenderer
from antin.verifier.policy import Policy


class SealKeys(Protocol):
    """The agencies' seal keys in the HSM."""

    def for_agency(self, code: str) -> SigningKey:
        """Return the agency's key. Errors: ``seal_credential_missing``, ``KeyDeviceError``."""
        ...


class JobQueue(Protocol):
    """Carries job ids to a worker; may lose or repeat them."""

    def send(self, job_id: str) -> None:
        """Ask for the job to be run soon. Never raises: the sweeper sends again what got lost."""
        ...


class CertificateRenderer(Protocol):
    """Lays out the readable closure certificate."""

    stamp_area_mm: tuple[float, float, float, float]
    """Left, top, width, height of the place that page 1 keeps free for the agency's stamp."""

    def render(self, closing: "Closing") -> bytes:
        """Return a PDF; the same facts give the same bytes."""
        ...


@dataclass(frozen=True)
class Anchoring:
    """How often a checkpoint is time-stamped: whatever comes first."""

    every: timedelta = timedelta(hours=24)
    entries: int = 10_000

    def is_due(self, newest: StoredCheckpoint, last: Timestamp | None, now: datetime) -> bool:
        """Tell whether ``newest`` is to be stamped; ``last``: what was stamped last."""
        if last is None:
            return newest.size > 0
        grown = newest.size - last.size
        return grown > 0 and (grown >= self.entries or now - last.created_at >= self.every)


class Troubles(Protocol):
    """Remembers what fails outside this installation without holding anything up."""

    def note(self, what: str, error: AntinError | None, now: datetime) -> None:
        """Note that ``what`` failed with ``error``, or (None) that it works. Never raises."""
        ...


class NoTroubles:
    """Remembers nothing."""

    def note(self, what: str, error: AntinError | None, now: datetime) -> None:
        pass


Aside = Callable[[Callable[[], None]], None]
"""Does soon what nobody has to wait for; of what still waits, the newest is enough."""


@dataclass(frozen=True)
class Closing:
    """Everything a closure certificate tells."""

    facts: ClosureFacts
    agency: Agency
    number: int
    closed_at: datetime
    closed_by: str
    """The officer's name."""
    manifest_sha256: str
    origin: str
    position: int
    """Ledger index of the newest entry about the record before its closure."""


@dataclass(frozen=True)
class Services:
    """Everything outside the domain, behind ports."""

    work: UnitOfWork
    blobs: BlobStore
    clock: Clock
    trust: TrustMaterial
    policy: Policy
    seals: SealKeys
    jobs: JobQueue
    certificates: CertificateRenderer
    origin: str
    """The ledger's name, fixed at ``antin init``."""
    checkpoint_key: NoteSigner
    checkpoint_sink: CheckpointSink
    timestamps: TimestampService | None = None
    revocation: RevocationService | None = None
    """None: work offline, with what the trust folder and the file hold."""
    renderer: PageRenderer | None = None
    """None: nobody compares the look of pages."""
    judges: FileJudges | None = None
    """None: files that somebody asks about are judged in this process, without limits."""
    quick_timestamps: TimestampService | None = None
    """The same service with less patience, while somebody waits for the answer."""
    first_pause: timedelta = timedelta(seconds=5)
    """Until a time-stamp that could not be had is asked for again; doubles each time."""

    witnesses: tuple[Witness, ...] = ()
    """Who cosigns checkpoints."""
    anchoring: Anchoring | None = Anchoring()
    """None: checkpoints are not time-stamped."""
    """How often a checkpoint is time-stamped, where time-stamps can be had."""
    troubles: Troubles = field(default_factory=NoTroubles)
    aside: Aside | None = None
    """None: what nobody has to wait for is done before the answer, too."""

    @property
    def timestamps_at_once(self) -> TimestampService | None:
        """What to ask for time-stamps while somebody waits."""
        return self.quick_timestamps or self.timestamps
