"""Signing and augmenting loose files beside themselves: a CMS file over a file of any kind.

As :mod:`antin.flows.loose` does with PDFs: check the certificate, sign, verify the result as a
stranger would, and only then let it appear.
"""

from contextlib import ExitStack
from dataclasses import dataclass, field
from mimetypes import MimeTypes
from pathlib import Path, PurePath
from typing import Final

from antin.core.bytesource import ByteSource, FileSource
from antin.core.errors import UsageError
from antin.flows.loose import (
    LooseRequest,
    Surroundings,
    admitted,
    appearing_anew,
    good_one,
    surroundings_after,
)
from antin.flows.verify import unproven_timestamps, verify_either
from antin.hsm.key import SigningKey
from antin.signer.cades import DetachedRequest, sign_detached
from antin.signer.cades_augment import augment_cms
from antin.signer.files import storage_errors
from antin.signer.request import Level
from antin.verifier.report import Finding, Report
from antin.verifier.signed_content import Content

ENDING: Final = ".p7s"
"""Of a signature beside a file (RFC 8551 §3.2.1)."""
_HEADER_WITHIN: Final = 1024
"""How far into a file viewers look for the start of a PDF."""
_PDF: Final = ".pdf"


@dataclass(frozen=True)
class NamedSource:
    """A file's bytes and what it is called."""

    name: str
    source: ByteSource = field(repr=False)


def is_signed_inside(file: NamedSource) -> bool:
    """Tell whether a signature of the file belongs into it: it is a PDF, or is said to be one."""
    named = PurePath(file.name).suffix.lower() == _PDF
    return named or b"%PDF-" in file.source.pread(0, _HEADER_WITHIN)


def sign_beside(
    file: NamedSource, output: Path, key: SigningKey, asked: LooseRequest, around: Surroundings
) -> tuple[Finding, ...]:
    """Write a signature over ``file`` to the new file ``output``; return warnings.

    Errors: those of :func:`antin.flows.loose.sign_file` that are not about PDFs; ``empty_file``;
    ``request_invalid`` for what only a PDF can show.
    """
    _check_asked(asked)
    # 1. A certificate that is expired, revoked, or of the wrong kind signs nothing.
    holder = admitted(key, asked.level, around)
    request = DetachedRequest(
        certificate=holder.certificate,
        algorithm=key.algorithm,
        signing_time=holder.at,
        chain=holder.chain,
        level=asked.level,
        media_type=_media_type(file.name),
    )
    with appearing_anew(output) as path:
        # 2. Sign into a file that nobody sees yet.
        made = sign_detached(
            file.source, key, request, around.timestamps, around.revocation, around.trust
        )
        with storage_errors():
            path.write_bytes(made)
        # 3. Verify it as a stranger would; 4. let it appear, whole.
        after = surroundings_after(holder, asked.level, around)
        verdict = good_one(_report(path, output.name, file, after), asked.level)
    return (*holder.warnings, *unproven_timestamps(verdict))


def augment_beside(
    signed: ByteSource,
    content: NamedSource | None,
    output: Path,
    level: Level,
    around: Surroundings,
) -> None:
    """Raise the signatures in the CMS file ``signed`` to ``level`` in the new file ``output``.

    ``content`` is what they sign, where it is not inside. Errors: those of
    :func:`antin.signer.cades_augment.augment_cms`, ``output_exists``, ``result_not_valid``.
    """
    source = content.source if content else None
    services = around.trust, around.timestamps, around.revocation
    with appearing_anew(output) as path:
        augment_cms(signed, source, path, level, *services, around.clock.now())
        _report(path, output.name, content, around).raise_if_not_passed()


def _report(path: Path, name: str, file: NamedSource | None, around: Surroundings) -> Report:
    content = Content(file.name, file.source) if file else None
    now = around.clock.now()
    with ExitStack() as opened:
        made = opened.enter_context(FileSource(path))
        return verify_either(
            made, name, around.trust, now, around.policy, around.revocation, content
        )


def _check_asked(asked: LooseRequest) -> None:
    shown = (asked.field_name, asked.reason, asked.location, asked.stamp)
    if any(one is not None for one in (*shown, asked.certify, asked.lock)):
        detail = "field, reason, location, appearance, certify and lock are for PDFs"
        raise UsageError("request_invalid", detail=detail)


def _media_type(name: str) -> str:
    """Return what a file of this name usually is; the machine's own lists are not asked."""
    return MimeTypes(filenames=()).guess_type(name)[0] or "application/octet-stream"
