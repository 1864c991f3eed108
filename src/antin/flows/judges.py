"""Who judges strangers' files for the service, where such a file can do least."""

from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from antin.verifier.policy import Policy

if TYPE_CHECKING:
    from antin.verifier.signed_content import ContentDigest


@dataclass(frozen=True)
class Asked:
    """What is to be judged, how, and how the report is to be written."""

    path: Path
    name: str
    size: int
    """Bytes, of the file and of what it signs."""
    at: datetime
    policy: Policy
    form: str
    language: str
    content: Path | None = None
    """What the file signs, where that is a file, too."""
    content_name: str = ""
    digest: "ContentDigest | None" = None
    """All that is known of what it signs."""


class FileJudges(Protocol):
    """Judge files, each within limits of time and memory that hold up nobody else."""

    def judge(self, asked: Asked) -> Future[bytes]:
        """Return the report as it will be written; a file that exceeds a limit is UNREADABLE."""
        ...
