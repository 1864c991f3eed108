"""Signing with a key at hand: one call, from B-B to B-LTA (EN 319 142-1 §6)."""

from pathlib import Path
from typing import Final

from antin.core.bytesource import ByteSource
from antin.core.errors import RefusedError, UnavailableError
from antin.hsm.key import SigningKey
from antin.pki.fetching import RevocationService, TimestampService
from antin.pki.trust import TrustMaterial
from antin.signer.augment import augment_file
from antin.signer.container_size import room_for
from antin.signer.request import Level, SignatureRequest
from antin.signer.two_phase import embed, prepare
from antin.verifier.report import Finding

NO_TRUST: Final = TrustMaterial()
"""Enough up to B-T: nothing is judged there."""


def sign(
    source: ByteSource,
    output: Path,
    key: SigningKey,
    request: SignatureRequest,
    timestamps: TimestampService | None,
    revocation: RevocationService | None,
    trust: TrustMaterial = NO_TRUST,
) -> tuple[Finding, ...]:
    """Write ``source`` with one more signature to ``output``; return warnings.

    ``output`` is a temporary file of the caller's, who syncs it and makes it appear
    (:func:`antin.signer.files.appearing`); it begins with the bytes of ``source`` and is worthless
    after an error. For B-LT and B-LTA ``trust`` is needed, and every signature in the file is
    raised, not only the new one.

    Errors: those of :func:`antin.signer.two_phase.prepare` and ``embed``, of the key
    (``KeyDeviceError``), and from B-LT up those of :func:`antin.signer.augment.augment`.
    """
    if request.level is not Level.B_B and timestamps is None:
        raise UnavailableError("timestamp_not_configured")
    warnings = _sign_file(source, output, key, request, timestamps)
    if request.level in {Level.B_LT, Level.B_LTA}:
        augment_file(output, request.level, trust, timestamps, revocation, request.signing_time)
    return warnings


def _sign_file(
    source: ByteSource,
    path: Path,
    key: SigningKey,
    request: SignatureRequest,
    timestamps: TimestampService | None,
) -> tuple[Finding, ...]:
    """Sign; once more with the room that was needed if the time-stamp turned out larger."""
    used = timestamps if request.level is not Level.B_B else None
    room = room_for(used)
    for last in (False, True):
        prepared = prepare(source, path, request, room)
        signature = key.sign(prepared.signed_attributes)
        try:
            embed(path, prepared, signature, used)
        except RefusedError as error:
            if last or error.code != "container_too_small":
                raise
            room = room_for(used)
        else:
            return prepared.warnings
    raise AssertionError("the second try either returns or raises")
