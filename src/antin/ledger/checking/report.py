"""What checking a ledger found; frozen, and never mistaken for success."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from antin.core.canonical import JsonObject
from antin.core.codes import FINDINGS
from antin.core.errors import IntegrityError, fill
from antin.ledger.checking.evidence import Evidence
from antin.ledger.checking.levels import HIGHEST, Level, subject_of


class LedgerConclusion(StrEnum):
    """The verdict; the words are those of the report on files, for one table of exit codes."""

    PASSED = "TOTAL-PASSED"
    FAILED = "TOTAL-FAILED"
    INDETERMINATE = "INDETERMINATE"
    """Nothing contradicts itself, but something could not be shown."""
    EMPTY = "NOTHING-TO-CHECK"


class LedgerSeverity(StrEnum):
    """How much a finding weighs."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True)
class LedgerFinding:
    """One thing found: a key of ``core.codes.FINDINGS`` and what fills its sentence."""

    code: str
    severity: LedgerSeverity
    values: tuple[tuple[str, str | int], ...] = ()
    evidence: Evidence | None = None
    """What a third person can be shown, of findings about history."""

    @property
    def detail(self) -> str:
        """The English sentence with its values filled in."""
        return fill(FINDINGS[self.code], dict(self.values))

    @property
    def level(self) -> Level:
        """The level of checking that found it."""
        return subject_of(self.code).level

    @property
    def row(self) -> tuple[str, str | int] | None:
        """Table and key of the row that it is about, where it is about one."""
        values = dict(self.values)
        subject = subject_of(self.code)
        table, names = values.get("table", subject.table), subject.key or ("key",)
        key = tuple(values[name] for name in names if name in values)
        if not table or len(key) != len(names):
            return None
        return str(table), key[0] if len(key) == 1 else "/".join(map(str, key))

    def as_json(self) -> JsonObject:
        """Return it as it stands in reports."""
        values: Mapping[str, str | int] = dict(self.values)
        row = self.row
        return {
            "code": self.code,
            "severity": self.severity.value,
            "level": self.level.value,
            "row": {"table": row[0], "key": row[1]} if row else None,
            "detail": self.detail,
            "values": values,
            "evidence": self.evidence.as_json() if self.evidence else None,
        }


@dataclass(frozen=True)
class LedgerReport:
    """The result of :func:`antin.ledger.checking.verify.verify_ledger`."""

    origin: str
    entries: int
    root: bytes
    """Of the tree over all entries as their bytes are now; of none below level *checkpoints*."""
    checkpoints: int
    covered: int
    """Entries under the newest checkpoint that is signed and matches."""
    findings: tuple[LedgerFinding, ...]
    left_off: int = 0
    """Findings beyond the first :data:`MAX_FINDINGS`."""
    level: Level = HIGHEST
    """How far was checked."""

    @property
    def conclusion(self) -> LedgerConclusion:
        """The worst finding decides."""
        severities = {finding.severity for finding in self.findings}
        if LedgerSeverity.ERROR in severities:
            return LedgerConclusion.FAILED
        if LedgerSeverity.WARNING in severities or self.left_off:
            return LedgerConclusion.INDETERMINATE
        if not self.entries and not self.checkpoints:
            return LedgerConclusion.EMPTY
        return LedgerConclusion.PASSED

    def raise_if_not_passed(self) -> None:
        """Raise ``ledger_not_proven`` unless all was shown to be whole."""
        if self.conclusion not in {LedgerConclusion.PASSED, LedgerConclusion.EMPTY}:
            reasons = "; ".join(f"{one.code}: {one.detail}" for one in self.findings[:3])
            raise IntegrityError("ledger_not_proven", detail=reasons)

    def as_json(self) -> JsonObject:
        """Return the report for machines."""
        return {
            "schema": "antin-ledger-report/1",
            "origin": self.origin,
            "conclusion": self.conclusion.value,
            "level": self.level.value,
            "entries": self.entries,
            "root": self.root.hex(),
            "checkpoints": self.checkpoints,
            "covered": self.covered,
            "findings": tuple(finding.as_json() for finding in self.findings),
            "left_off": self.left_off,
        }


MAX_FINDINGS: Final = 1000
_MAX_TEXT: Final = 200
Shown = str | int | bytes | None
"""What a finding's sentence is filled with; bytes are shown in hex."""


@dataclass
class Collector:
    """Gathers findings, a bounded number of bounded ones; errors push out what weighs less."""

    found: list[LedgerFinding] = field(default_factory=list)
    left_off: int = 0

    def error(self, code: str, evidence: Evidence | None = None, **values: Shown) -> None:
        """Note that something contradicts what was signed or stored."""
        self._add(code, LedgerSeverity.ERROR, values, evidence)

    def warning(self, code: str, evidence: Evidence | None = None, **values: Shown) -> None:
        """Note that something could not be shown."""
        self._add(code, LedgerSeverity.WARNING, values, evidence)

    def info(self, code: str, **values: Shown) -> None:
        """Note something that a reader may want to know."""
        self._add(code, LedgerSeverity.INFO, values, None)

    def join(self, other: "Collector") -> None:
        """Take in what another one gathered."""
        self.left_off += other.left_off
        for one in other.found:
            self._keep(one)

    def _add(
        self,
        code: str,
        severity: LedgerSeverity,
        values: Mapping[str, Shown],
        evidence: Evidence | None,
    ) -> None:
        shown = tuple((name, _shown(value)) for name, value in values.items())
        self._keep(LedgerFinding(code, severity, shown, evidence))

    def _keep(self, finding: LedgerFinding) -> None:
        if len(self.found) >= MAX_FINDINGS:
            self.left_off += 1
            if finding.severity is not LedgerSeverity.ERROR or self._errors():
                return
            self.found.pop()
        self.found.append(finding)

    def _errors(self) -> bool:
        return any(one.severity is LedgerSeverity.ERROR for one in self.found)


def _shown(value: Shown) -> str | int:
    if isinstance(value, int):
        return value
    text = value.hex() if isinstance(value, bytes) else "null" if value is None else value
    return text if len(text) <= _MAX_TEXT else text[:_MAX_TEXT] + "…"
