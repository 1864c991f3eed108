"""Which level a signature has, by what is there (EN 319 142-1, 122-1 §6); its validity is apart."""

from dataclasses import dataclass, field, replace
from datetime import datetime

from antin.pki.path_verdicts import PathVerdict
from antin.pki.paths import Material, path_statuses
from antin.verifier.containers import CADES
from antin.verifier.examination import Examined
from antin.verifier.proofs_of_existence import ArchivedEvidence, Place, Proofs, covers


@dataclass(frozen=True)
class Archive:
    """What the file keeps for later: validation data, and time-stamps over them that hold."""

    evidence: ArchivedEvidence = field(repr=False)
    proofs: Proofs
    stamps: tuple[int, ...] = ()
    """Numbers of time-stamps whose own digest and value are right; later ones are larger."""

    def covered_by(self, number: int) -> ArchivedEvidence:
        """Return the data that the time-stamp of this number covers."""
        parts = tuple(part for part in self.evidence.parts if covers(number, part[0]))
        return replace(self.evidence, parts=parts)


def level_of(
    examined: Examined,
    verdict: PathVerdict | None,
    stamps: tuple[PathVerdict, ...],
    material: Material,
    archive: Archive,
    place: Place,
) -> str | None:
    """Return the level: ``CMS`` when it is no baseline signature, None when unreadable.

    ``place`` is the signature's.
    """
    if examined.read.cms is None:
        return None
    if not _is_baseline(examined):
        return "CMS"
    covering = [number for number in archive.stamps if covers(number, place)]
    if not (stamps or covering):
        return "B-B"
    verdicts = tuple(v for v in (verdict, *stamps) if v is not None)
    if verdict is None or not _all_known(verdicts, material, archive.evidence, archive.proofs):
        return "B-T"
    if not covering:
        return "B-LT"
    covered = archive.covered_by(max(covering))
    return "B-LTA" if _all_known(verdicts, material, covered, archive.proofs) else "B-LT"


def _is_baseline(examined: Examined) -> bool:
    """Whether all is there: EN 319 142-1 §6.3 (PAdES), EN 319 122-1 §6.3 (CAdES).

    Both want the certificate bound; the time is in /M there, in a signed attribute here.
    """
    cms, place = examined.read.cms, examined.field
    if cms is None or cms.signed_attributes is None or cms.ess is None:
        return False
    if not examined.read.in_pdf:
        return cms.claimed_time is not None
    timed = cms.claimed_time is None and place.claimed_time is not None
    return timed and place.subfilter == CADES and cms.content is None


def _all_known(
    verdicts: tuple[PathVerdict, ...],
    material: Material,
    evidence: ArchivedEvidence,
    proofs: Proofs,
) -> bool:
    """Tell whether the file's own data answer for every certificate of every path."""
    own = material.with_evidence(evidence.proven_by(proofs))
    return bool(evidence.parts) and all(_known(v, v.moment, own) for v in verdicts)


def _known(verdict: PathVerdict, moment: datetime, material: Material) -> bool:
    statuses = path_statuses(verdict.path, moment, material)
    return bool(verdict.path) and all(s.status in {"good", "revoked"} for s in statuses)
