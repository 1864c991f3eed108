"""Signing and augmenting a loose file: a key at hand, no ledger, no rights, nothing stored.

What *desk* and *seal* do for documents of an office, without the office: check the certificate,
sign, verify the result as a stranger would, and only then let it appear.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from tempfile import NamedTemporaryFile

from antin.core.bytesource import ByteSource, FileSource
from antin.core.clock import Clock
from antin.core.errors import InputError, KeyDeviceError, RefusedError, UsageError
from antin.flows.stamps import StampPlan
from antin.flows.verify import unproven_timestamps, verify_with
from antin.hsm.key import SigningKey
from antin.pdf.restrictions import FieldLock
from antin.pki.fetching import RevocationService, TimestampService
from antin.pki.trust import TrustMaterial
from antin.signer import pades
from antin.signer.admissibility import asked_about, judge_certificate
from antin.signer.augment import augment
from antin.signer.chain import issuers_of
from antin.signer.files import appearing
from antin.signer.repair import needs_repair, repairable, write_copy
from antin.signer.request import Certification, Level, SignatureRequest
from antin.verifier.policy import Policy
from antin.verifier.report import Finding, Indication, Report, SignatureReport

_Sign = Callable[[ByteSource, Path], tuple[Finding, ...]]
"""Writes a document signed to a path, and returns warnings."""


@dataclass(frozen=True)
class Surroundings:
    """What signing leans on besides the file and the key."""

    trust: TrustMaterial
    policy: Policy
    clock: Clock
    timestamps: TimestampService | None = None
    revocation: RevocationService | None = None


@dataclass(frozen=True)
class LooseRequest:
    """How the file is to be signed."""

    level: Level = Level.B_B
    field_name: str | None = None
    reason: str | None = None
    location: str | None = None
    stamp: StampPlan | None = None
    repair: bool = False
    """Sign a rewritten copy of a file that is damaged."""
    certify: Certification | None = None
    lock: FieldLock | None = None


@dataclass(frozen=True)
class Admitted:
    """A certificate that may sign, with what goes into the signature beside it."""

    certificate: bytes
    chain: tuple[bytes, ...]
    at: datetime
    """When it was found to be good, and signs."""
    trust: TrustMaterial
    """What was asked about it included."""
    warnings: tuple[Finding, ...]


def sign_file(
    source: ByteSource, output: Path, key: SigningKey, asked: LooseRequest, around: Surroundings
) -> tuple[Finding, ...]:
    """Sign ``source`` into the new file ``output``; return warnings.

    Errors: certificate codes, key device codes, codes of unreadable files, ``pdf_needs_repair``,
    ``repair_breaks_signatures``, ``field_taken``, ``field_locked``, ``signing_forbidden``,
    ``certification_not_first``, ``timestamp_unavailable``, ``output_exists``,
    ``result_not_valid`` (the result is withheld).
    """
    # 1. A certificate that is expired, revoked, or of the wrong kind signs nothing.
    holder = admitted(key, asked.level, around)
    request = SignatureRequest(
        certificate=holder.certificate,
        algorithm=key.algorithm,
        signing_time=holder.at,
        chain=holder.chain,
        level=asked.level,
        field_name=asked.field_name,
        reason=asked.reason,
        location=asked.location,
        stamp=asked.stamp.stamp(holder.at) if asked.stamp else None,
        certify=asked.certify,
        lock=asked.lock,
    )

    def sign(document: ByteSource, path: Path) -> tuple[Finding, ...]:
        services = around.timestamps, around.revocation
        return pades.sign(document, path, key, request, *services, around.trust)

    with appearing_anew(output) as path:
        # 2. Sign into a file that nobody sees yet.
        warnings = _sign_or_repair(source, path, sign, repair=asked.repair)
        # 3. Verify it as a stranger would; 4. let it appear, whole.
        after = surroundings_after(holder, asked.level, around)
        made = good_one(_report(path, output.name, after), asked.level)
    return (*holder.warnings, *warnings, *unproven_timestamps(made))


def admitted(key: SigningKey, level: Level, around: Surroundings) -> Admitted:
    """Return whose key it is and when it signs, if it may (CRY-2).

    Errors: ``key_without_certificate``, certificate codes, those of the key device.
    """
    certificate = key.certificate
    if certificate is None:
        raise KeyDeviceError("key_without_certificate", key="?", token="?")  # noqa: S106 — a device
    now = around.clock.now()
    trust = asked_about(certificate, (), around.trust, around.revocation, now)
    warnings = judge_certificate(certificate, (), trust, now, level)
    return Admitted(certificate, issuers_of(certificate, around.trust), now, trust, warnings)


def surroundings_after(holder: Admitted, level: Level, around: Surroundings) -> Surroundings:
    """Return what the result is verified with: at B-B there is nobody to ask but who just was."""
    revocation = None if level is Level.B_B else around.revocation
    return replace(around, trust=holder.trust, revocation=revocation)


def _sign_or_repair(
    source: ByteSource, path: Path, sign: _Sign, *, repair: bool
) -> tuple[Finding, ...]:
    """Sign ``source``; if it is damaged and ``repair`` is asked for, a rewritten copy of it."""
    try:
        return sign(source, path)
    except InputError as refusal:
        damaged = repairable(source, refusal)
        if damaged is None:
            raise
        if not repair:
            raise needs_repair(refusal) from refusal
        with NamedTemporaryFile(dir=path.parent, prefix=f"{path.name}.", suffix=".part") as held:
            copy = Path(held.name)
            warning = write_copy(damaged, refusal, copy)
            with FileSource(copy) as document:
                return (warning, *sign(document, path))


def augment_file(source: ByteSource, output: Path, level: Level, around: Surroundings) -> None:
    """Raise the signatures in ``source`` to ``level`` in the new file ``output``.

    Errors: ``nothing_to_augment``, ``timestamp_unavailable``, ``output_exists``,
    ``result_not_valid``, codes of unreadable files.
    """
    with appearing_anew(output) as path:
        services = around.timestamps, around.revocation
        augment(source, path, level, around.trust, *services, around.clock.now())
        _report(path, output.name, around).raise_if_not_passed()


@contextmanager
def appearing_anew(output: Path) -> Iterator[Path]:
    """Give a path beside ``output`` that becomes it when all went well, and vanishes when not.

    Errors: ``output_exists``, ``file_not_found`` for its folder, ``file_unreadable`` for what can't
    be the name of a file there.
    """
    try:
        output.lstat()
    except (FileNotFoundError, NotADirectoryError):
        if not output.parent.is_dir():
            raise InputError("file_not_found", path=str(output.parent)) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "it is no name of a file"
        raise InputError("file_unreadable", path=str(output), reason=reason) from error
    else:
        raise UsageError("output_exists", path=str(output))
    with appearing(output, anew=True) as path:
        yield path


def _report(path: Path, name: str, around: Surroundings) -> Report:
    # Now, not when signing began: a time-stamp that was fetched since must not lie in the future.
    now = around.clock.now()
    with FileSource(path) as made:
        return verify_with(made, name, around.trust, now, around.policy, around.revocation)


def good_one(report: Report, level: Level) -> SignatureReport:
    """Return our own signature, the last one; ``result_not_valid`` unless it is as it should be.

    At B-B a verdict may wait for revocation data; from B-T up it has to be passed.
    """
    ours = [s for s in report.signatures if s.kind == "signature"][-1:]
    for signature in ours:
        whole = signature.digest_ok and signature.signature_ok
        passed = signature.indication is Indication.PASSED
        waits = level is Level.B_B and signature.indication is Indication.INDETERMINATE
        if whole and (passed or waits):
            return signature
    raise RefusedError("result_not_valid", detail=report.why_not())
