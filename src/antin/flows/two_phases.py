"""Between the two phases: what is kept of a preparation, and how the signature gets into the file.

Shared by officers' signatures (*desk*) and seals.
"""

from datetime import datetime
from pathlib import Path
from typing import Final

from antin.core.errors import RefusedError
from antin.flows.services import Services
from antin.pki.algorithms import SignatureAlgorithm
from antin.pki.fetching import TimestampService
from antin.records.preparation import Preparation
from antin.signer import two_phase
from antin.signer.augment import augment_file
from antin.signer.request import Level, Prepared

_LASTING: Final = frozenset({Level.B_LT, Level.B_LTA})


def preparation_of(prepared: Prepared, blob_sha256: str, at: datetime) -> Preparation:
    """Return what is to be kept of what was prepared, its file stored as a blob."""
    return Preparation(
        blob_sha256=blob_sha256,
        certificate=prepared.certificate,
        chain=prepared.chain,
        scheme=prepared.algorithm.scheme,
        digest=prepared.algorithm.digest,
        field_name=prepared.field_name,
        signed_attributes=prepared.signed_attributes,
        document_digest=prepared.document_digest,
        byte_range=prepared.byte_range,
        reserved=prepared.reserved,
        prepared_at=at,
    )


def as_prepared(preparation: Preparation) -> Prepared:
    """Return what was kept of a preparation in the signer's own terms."""
    return Prepared(
        field_name=preparation.field_name,
        signed_attributes=preparation.signed_attributes,
        document_digest=preparation.document_digest,
        byte_range=preparation.byte_range,
        reserved=preparation.reserved,
        certificate=preparation.certificate,
        chain=preparation.chain,
        algorithm=SignatureAlgorithm.named(preparation.scheme, preparation.digest),
    )


def embed(
    services: Services,
    path: Path,
    preparation: Preparation,
    signature: bytes,
    timestamps: TimestampService | None,
    level: Level = Level.B_T,
) -> None:
    """Put the signature into the prepared file at ``path``, and raise it to ``level``.

    Errors: those of :func:`antin.signer.two_phase.embed` and, from B-LT up, of
    :func:`antin.signer.augment.augment`. After an error the file is worthless.
    """
    used = None if level is Level.B_B else timestamps
    fitted = _fitted(path, as_prepared(preparation), signature, used)
    if level in _LASTING or not fitted:
        now = services.clock.now()
        augment_file(path, level, services.trust, timestamps, services.revocation, now)


def _fitted(
    path: Path, prepared: Prepared, signature: bytes, timestamps: TimestampService | None
) -> bool:
    """Put the signature in with its time-stamp; without, if the room is too small for that.

    The room was signed over and can't grow. A document time-stamp proves the same (EN 319 142-1
    §6.3: either gives B-T).
    """
    try:
        two_phase.embed(path, prepared, signature, timestamps)
    except RefusedError as error:
        if error.code != "container_too_small":
            raise
        two_phase.embed(path, prepared, signature, None)
        return False
    return True
