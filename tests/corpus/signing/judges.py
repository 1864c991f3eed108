"""Programs of others, asked about a file before and after it was signed."""

import re
import subprocess
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_SECONDS: Final = 120
_RANKS: Final = {0: 0, 3: 1, 2: 2}
"""Exit codes of qpdf's check, from good to bad."""
_NUMBERS: Final = re.compile(r"\d+")


@dataclass(frozen=True)
class Check:
    """What ``qpdf --check`` says of a file."""

    code: int
    complaints: Counter[str]
    """Without the file's name, and without numbers: these change when a file grows."""
    rebuilt: bool
    """The cross-reference had to be made anew."""
    password: bool

    def is_no_worse_than(self, before: "Check") -> bool:
        """Tell whether the code and the number of complaints of every kind have not grown."""
        return _RANKS[self.code] <= _RANKS[before.code] and not self.complaints - before.complaints


def qpdf(path: Path) -> Check:
    """Ask qpdf."""
    run = subprocess.run(
        ["qpdf", "--check", path], capture_output=True, timeout=_SECONDS, check=False
    )
    said = (run.stdout + run.stderr).decode(errors="replace").replace(str(path), "")
    lines = [line for line in said.splitlines() if line.startswith(("WARNING", "ERROR", "qpdf"))]
    return Check(
        code=run.returncode,
        complaints=Counter(_NUMBERS.sub("#", line) for line in lines),
        rebuilt="reconstruct cross-reference table" in said,
        password="invalid password" in said,
    )


def pdfsig(path: Path) -> str:
    """Return what poppler says of the last signature; ``valid`` if all is well."""
    run = subprocess.run(
        ["pdfsig", "-nocert", path], capture_output=True, timeout=_SECONDS, check=False
    )
    last = run.stdout.decode(errors="replace").rpartition("Signature #")[2]
    verdict = re.search(r"Signature Validation: (.*)", last)
    if verdict is None:
        return f"none found, exit {run.returncode}"
    whole = "Total document signed" in last
    return "valid" if verdict[1] == "Signature is Valid." and whole else f"{verdict[1]} {whole=}"


def restricts_signing(path: Path) -> bool:
    """Tell whether qpdf opens the file, but not as its owner, who lets nobody add a field."""
    import pikepdf

    try:
        with pikepdf.open(path, suppress_warnings=True) as pdf:
            allowed = pdf.allow
            return pdf.is_encrypted and not (allowed.modify_annotation and allowed.modify_other)
    except (pikepdf.PdfError, pikepdf.PasswordError):
        return False
