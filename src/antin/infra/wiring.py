"""Puts the parts together: settings in, the flows' services out.

Nothing heavy happens here: keys are opened when first used, so a worker process loads PKCS#11
modules after it has started.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path
from threading import BoundedSemaphore
from typing import TYPE_CHECKING, Final

from antin.core.bytesource import ByteSource
from antin.core.clock import SystemClock
from antin.core.errors import AntinError, InputError, IntegrityError, UsageError
from antin.flows.services import Anchoring, JobQueue, Services, Troubles
from antin.infra.keys import AskPin, CheckpointKey, Keys, nobody_to_ask
from antin.infra.lazy import LazyQueue, LazyRevocation, LazyTimestamps, LazyWitness
from antin.infra.settings import LedgerSettings, Settings, WitnessSettings
from antin.infra.trust_files import read_trust
from antin.ledger.checkpoints.checkpoint import open_checkpoint, parse_checkpoint
from antin.ledger.checkpoints.cosignature import parse_witness
from antin.ledger.checkpoints.note import verifier_of
from antin.ledger.ports import CheckpointSink, NoteSigner, Witness
from antin.pki.fetching import RevocationService, TimestampService
from antin.pki.trust import TrustMaterial
from antin.verifier.looks import PageLooks, PageRenderer
from antin.verifier.policy import default_policy

if TYPE_CHECKING:
    from antin.infra.judging_processes import JudgingProcesses

TROUBLES: Final = "troubles.json"
"""Where, in the data directory, it is noted what fails outside."""
_DRAWING_AT_ONCE: Final = 2
"""Files whose pages one service draws at the same time; the others wait, or go without."""


@contextmanager
def open_services(
    settings: Settings, ask: AskPin = nobody_to_ask, *, service: bool = False
) -> Iterator[Services]:
    """Give the services of an installation; database and keys are closed at the end.

    ``service``: it stays, so keys are used, and strangers' files judged, in processes of their own,
    and what nobody waits for is done after the answer.

    Errors: ``settings_invalid``, ``trust_malformed``, ``database_unavailable``.
    """
    from antin.infra.aside import Aside
    from antin.infra.blobs import DirectoryBlobs
    from antin.infra.closure_renderer import ClosureRenderer
    from antin.infra.database import open_database
    from antin.infra.troubles import TroublesFile

    keys = Keys(settings, ask, service=service)
    ledger = ledger_of(settings)
    work = open_database(settings.database)
    trust = trust_of(settings)
    revocation = revocation_of(settings)
    judges = judges_of(settings, trust) if service else None
    aside = Aside() if service else None
    troubles = TroublesFile(settings.data_dir / TROUBLES)
    key = CheckpointKey(keys, ledger.origin, ledger.credential)
    try:
        yield Services(
            work=work,
            blobs=DirectoryBlobs(settings.blob_folder),
            clock=SystemClock(),
            trust=trust,
            policy=default_policy(),
            seals=keys,
            jobs=queue_of(settings),
            certificates=ClosureRenderer(settings.language),
            origin=ledger.origin,
            checkpoint_key=key,
            checkpoint_sink=sink_of(settings, ledger, troubles, key),
            timestamps=timestamps_of(settings, trust, revocation, patient=True),
            quick_timestamps=timestamps_of(
                settings, trust, revocation, wait=settings.timestamp_wait
            ),
            first_pause=timedelta(seconds=settings.timestamp_retry),
            revocation=revocation,
            renderer=renderer_of_service(),
            judges=judges,
            witnesses=witnesses_of(settings, ledger),
            troubles=troubles,
            anchoring=_anchoring(ledger),
            aside=aside,
        )
    finally:
        if aside is not None:
            aside.close()
        if judges is not None:
            judges.close()
        keys.close()
        work.close()


def ledger_of(settings: Settings) -> LedgerSettings:
    """Return what the settings say of the ledger. Error: ``settings_invalid`` if nothing."""
    if settings.ledger is None:
        raise UsageError(
            "settings_invalid", detail="[ledger] with origin and credential is missing"
        )
    return settings.ledger


def _anchoring(ledger: LedgerSettings) -> Anchoring | None:
    """Return how often checkpoints are time-stamped, None for never."""
    if not ledger.anchor:
        return None
    return Anchoring(timedelta(hours=ledger.anchor_hours), ledger.anchor_entries)


def sink_of(
    settings: Settings, ledger: LedgerSettings, troubles: Troubles, key: NoteSigner
) -> CheckpointSink:
    """Return where checkpoints are also kept: a file of ours, and what the settings name."""
    from antin.infra.ledger.checkpoint_file import CheckpointFile
    from antin.infra.ledger.checkpoint_sinks import CheckpointFolder, ManySinks, NamedSink

    own = CheckpointFile(settings.data_dir / "checkpoint")
    others = [
        NamedSink(str(one.file), CheckpointFile(one.file))
        if one.file is not None
        else NamedSink(str(one.folder), CheckpointFolder(one.folder or settings.data_dir))
        for one in ledger.sinks
    ]
    if not others:
        return own
    return ManySinks(own, others, troubles, SystemClock(), partial(_require_signed, key))


def _require_signed(key: NoteSigner, note: bytes) -> None:
    """Raise ``checkpoint_malformed`` unless the ledger's key signed ``note``."""
    try:
        verifier = verifier_of(key.name, key.public_key)
    except AntinError:
        # Nothing is disbelieved for a key that is out of reach: it may tell of a rollback.
        parse_checkpoint(note)
        return
    try:
        open_checkpoint(note, key.name, verifier)
    except IntegrityError as error:
        raise InputError("checkpoint_malformed", detail=error.detail.rstrip(".")) from error


def witnesses_of(settings: Settings, ledger: LedgerSettings) -> tuple[Witness, ...]:
    """Return who cosigns checkpoints; nothing is asked yet."""
    return tuple(
        LazyWitness(parse_witness(one.key), partial(_http_witness, settings, one))
        for one in ledger.witnesses
    )


def _http_witness(settings: Settings, one: WitnessSettings) -> Witness:
    from antin.infra.fetch import Fetcher
    from antin.infra.ledger.witness_http import HttpWitness

    fetcher = Fetcher(settings.allowed_private, one.seconds)
    return HttpWitness(one.url, parse_witness(one.key), fetcher, seconds=one.seconds)


def trust_of(settings: Settings) -> TrustMaterial:
    """Return the installation's trust; none at all where no folder was given or made yet."""
    if settings.trust_dir is None and not settings.trust_folder.exists():
        return TrustMaterial()
    return read_trust(settings.trust_folder)


def timestamps_of(
    settings: Settings,
    trust: TrustMaterial,
    revocation: RevocationService | None,
    *,
    wait: float | None = None,
    patient: bool = False,
) -> TimestampService | None:
    """Return who gives checked time-stamps, if anybody is configured.

    ``wait``: seconds for all authorities together, instead of the setting. ``patient``: nobody
    waits, so a slow authority may take minutes.
    """
    if not settings.timestamp_authorities:
        return None
    seconds = settings.time_stamping.seconds if wait is None else wait
    make = partial(
        _http_timestamps, settings, trust, revocation, seconds=None if patient else seconds
    )
    return LazyTimestamps(make)


def _http_timestamps(
    settings: Settings,
    trust: TrustMaterial,
    revocation: RevocationService | None,
    *,
    seconds: float | None,
) -> TimestampService:
    from antin.infra.logs import warn_on_stderr
    from antin.infra.tsa_client import (
        PATIENT,
        Authority,
        Believed,
        Patience,
        TimestampAuthorities,
    )

    warn_on_stderr()
    tolerance = timedelta(seconds=settings.time_stamping.clock_tolerance)
    return TimestampAuthorities(
        tuple(Authority(**one.model_dump()) for one in settings.timestamp_authorities),
        Believed(trust, revocation, tolerance=tolerance),
        allowed_private=settings.allowed_private,
        patience=PATIENT if seconds is None else Patience(seconds),
    )


def revocation_of(settings: Settings) -> RevocationService:
    """Return the client that fetches revocation data, and keeps them in the data directory."""
    folder = settings.data_dir / "cache" / "revocation"
    return LazyRevocation(partial(_http_revocation, settings.allowed_private, folder))


def _http_revocation(allowed_private: frozenset[str], folder: Path) -> RevocationService:
    from antin.infra.revocation_http import HttpRevocationService

    return HttpRevocationService(allowed_private=allowed_private, folder=folder)


def renderer_of_service() -> PageRenderer:
    """Return who compares pages for whoever asks: few at once, and not for long."""
    turns = BoundedSemaphore(_DRAWING_AT_ONCE)

    def looks(source: ByteSource) -> AbstractContextManager[PageLooks]:
        from antin.infra.page_looks import FOR_STRANGERS, looks_at

        return looks_at(source, FOR_STRANGERS, turns)

    return looks


def judges_of(settings: Settings, trust: TrustMaterial) -> "JudgingProcesses":
    """Return who judges uploads: processes that are started when the first file comes."""
    from antin.infra.judging_processes import Around, JudgingProcesses

    return JudgingProcesses(Around(trust, allowed_private=settings.allowed_private))


def queue_of(settings: Settings) -> JobQueue:
    """Return the queue that carries job ids to workers."""
    return LazyQueue(partial(_celery_queue, settings.broker))


def _celery_queue(broker: str) -> JobQueue:
    from antin.infra.jobs import CeleryQueue

    return CeleryQueue(broker)
