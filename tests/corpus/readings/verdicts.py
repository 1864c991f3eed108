"""What qpdf says of a file: by its program (``qpdf --check``) and by its library (pikepdf)."""

import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pikepdf

_SECONDS: Final = 120


@dataclass(frozen=True)
class Verdict:
    """Whether qpdf opens a file and counts its pages: ``opens``, ``password`` or ``fails``."""

    check: int
    """Exit code of ``qpdf --check``: 0 nothing found, 3 warnings, 2 errors."""
    as_it_is: str
    """Without recovery."""
    repaired: str
    """With recovery."""

    @property
    def is_good(self) -> bool:
        """Tell whether qpdf opens the file without an error."""
        return self.as_it_is == "opens"

    @property
    def can_be_repaired(self) -> bool:
        """Tell whether qpdf opens the file at least by repairing it."""
        return self.repaired == "opens"


def judge(path: Path) -> Verdict:
    """Return qpdf's verdict on a file."""
    checked = subprocess.run(
        ["qpdf", "--check", str(path)], capture_output=True, timeout=_SECONDS, check=False
    )
    return Verdict(checked.returncode, _opened(path, recovery=False), _opened(path, recovery=True))


def _opened(path: Path, *, recovery: bool) -> str:
    try:
        with pikepdf.open(path, attempt_recovery=recovery, suppress_warnings=True) as pdf:
            return "opens" if len(pdf.pages) >= 0 else "fails"
    except pikepdf.PasswordError:
        return "password"
    except (pikepdf.PdfError, RuntimeError):
        return "fails"
