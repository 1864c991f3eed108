"""A benchmark's result: what it is, how it is printed, how it is kept."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True)
class Result:
    """One line of the table; ``value`` and ``floor`` are medians in ``unit``."""

    name: str
    value: float
    unit: str
    floor: float
    """What the same work can't cost less than, measured in turns with ``value``."""
    ratio: float
    """Time / the floor's time: what is left when the machine's speed and noise are taken out."""
    base_mb: float
    """Resident memory of the process after its imports (MiB)."""
    peak_mb: float
    """The most resident memory that it had (MiB)."""
    runs: int


_HEAD = ("name", "value", "floor", "ratio", "base", "peak", "runs")
_FORM = "{:<30} {:>11} {:>11} {:>6} {:>4} {:>4} {:>4}"


def table(results: Sequence[Result]) -> str:
    """Return the results as a table of less than 80 columns; memory in MiB."""
    lines = [_FORM.format(*_HEAD)]
    lines += [
        _FORM.format(
            result.name,
            _amount(result.value, result.unit),
            _amount(result.floor, result.unit),
            f"{result.ratio:.1f}",
            f"{result.base_mb:.0f}",
            f"{result.peak_mb:.0f}",
            result.runs,
        )
        for result in results
    ]
    return "\n".join(lines)


def _amount(value: float, unit: str) -> str:
    return f"{value:.2f} {unit}" if value < 1000 else f"{value:.0f} {unit}"


def write(results: Sequence[Result], path: Path) -> None:
    """Write the results as JSON; programs compare them from run to run."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps([asdict(result) for result in results], indent=1) + "\n")
