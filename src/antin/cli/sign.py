"""``antin sign``: signs loose files with a key of one's own; writes no ledger, needs no API key."""

import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from antin.cli import local, many
from antin.cli.appearances import read_appearance
from antin.cli.options import (
    CertifyName,
    CertifyOption,
    DataOption,
    FilesFromOption,
    JobsOption,
    LevelName,
    LockOption,
    NullOption,
)
from antin.cli.texts import _
from antin.cli.workers import processes
from antin.core.bytesource import FileSource
from antin.core.errors import AntinError, RefusedError

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from antin.verifier.report import Finding

_OFTEN: Final = 70
"""Seconds after which a key that was used often enough in a minute may surely be used again."""


@dataclass(frozen=True)
class Job:
    """How every file of one command is to be signed; small enough for worker processes."""

    data: Path | None
    credential: str
    level: LevelName
    field: str | None
    reason: str | None
    location: str | None
    appearance: Path | None
    detached: bool
    repair: bool
    certify: CertifyName | None
    lock: str | None


def sign_one(job: Job, path: Path, target: Path) -> tuple[many.Remark, ...]:
    """Sign one file, a PDF in itself and any other beside itself; return warnings."""
    from antin.flows.locks import read_lock
    from antin.flows.loose import LooseRequest, sign_file
    from antin.flows.loose_cms import NamedSource, is_signed_inside, sign_beside
    from antin.signer.request import Certification, Level
    from antin.verifier.writers.sentences import finding_text

    asked = LooseRequest(
        level=Level(job.level.value),
        field_name=job.field,
        reason=job.reason,
        location=job.location,
        stamp=read_appearance(job.appearance),
        repair=job.repair,
        certify=Certification(job.certify.value) if job.certify else None,
        lock=read_lock(job.lock),
    )
    with FileSource(path) as source:
        around = local.surroundings(job.data)
        key = local.signing_key(job.data, job.credential)
        file = NamedSource(path.name, source)
        if job.detached or not is_signed_inside(file):
            found = _patiently(lambda: sign_beside(file, target, key, asked, around))
        else:
            found = _patiently(lambda: sign_file(source, target, key, asked, around))
    return tuple(many.Remark(warning.code, finding_text(_, warning)) for warning in found)


def _patiently(sign: "Callable[[], tuple[Finding, ...]]") -> "tuple[Finding, ...]":
    """Sign; in a batch that is faster than the key may be used, wait for its turn."""
    until = time.monotonic() + _OFTEN
    while True:
        try:
            return sign()
        except RefusedError as error:
            if error.code != "key_rate_exceeded" or time.monotonic() > until:
                raise
            time.sleep(1)


def target_name(job: Job, path: Path) -> str:
    """Return what the result for ``path`` is called in a folder: a signature beside it, or it."""
    from antin.flows.loose_cms import ENDING, NamedSource, is_signed_inside

    try:
        with FileSource(path) as source:
            inside = not job.detached and is_signed_inside(NamedSource(path.name, source))
    except AntinError:
        return path.name  # whoever signs it says what is wrong
    return path.name if inside else path.name + ENDING


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""

    @app.command(help=_("Sign files with a key of your own (no ledger)."))
    def sign(
        inputs: Annotated[
            list[Path] | None, typer.Argument(metavar="IN", help=_("Files to sign."))
        ] = None,
        *,
        output: Annotated[
            Path,
            typer.Option(
                "--output", "-o", metavar="OUT", help=_("New file; a folder for several.")
            ),
        ],
        credential: Annotated[str, typer.Option(help=_("Name of the key in antin.toml."))],
        level: Annotated[LevelName, typer.Option(help=_("Baseline level."))] = LevelName.B_B,
        field: Annotated[str | None, typer.Option(help=_("Name of the signature field."))] = None,
        reason: Annotated[str | None, typer.Option(help=_("Reason for signing."))] = None,
        location: Annotated[str | None, typer.Option(help=_("Place of signing."))] = None,
        appearance: Annotated[
            Path | None, typer.Option(metavar="FILE", help=_("Visible stamp, a TOML file."))
        ] = None,
        detached: Annotated[
            bool,
            typer.Option(
                "--detached",
                help=_("Write the signature to a file of its own (.p7s), also of a PDF."),
            ),
        ] = False,
        repair: Annotated[
            bool, typer.Option("--repair", help=_("Sign a rewritten copy of a damaged PDF."))
        ] = False,
        certify: CertifyOption = None,
        lock: LockOption = None,
        files_from: FilesFromOption = None,
        null: NullOption = False,
        jobs: JobsOption = 1,
        resume: Annotated[
            Path | None,
            typer.Option(metavar="STATE", help=_("Note results there, go on after those noted.")),
        ] = None,
        data: DataOption = None,
    ) -> None:
        job = Job(
            data=data,
            credential=credential,
            level=level,
            field=field,
            reason=reason,
            location=location,
            appearance=appearance,
            certify=certify,
            lock=lock,
            detached=detached,
            repair=repair,
        )
        paths = _named_files(inputs or [], files_from, null=null)
        many.exit_with(_sign_all(job, paths, output, jobs, resume, several=files_from is not None))


def _named_files(given: list[Path], files_from: str | None, *, null: bool) -> list[Path]:
    if not given and files_from is None:
        raise typer.BadParameter(_("name at least one file"))
    if files_from is None:
        return given
    from antin.cli.inputs import listed

    return [*given, *listed(files_from, null=null)]


def _sign_all(
    job: Job, paths: list[Path], output: Path, jobs: int, state: Path | None, *, several: bool
) -> int:
    """Sign every file and return the exit code."""
    with ExitStack() as opened:
        batch = many.Batch(jobs, _("Signing"), partial(target_name, job), several=several)
        if state is not None:
            from antin.cli.signed_before import SignedBefore, open_state

            kept = opened.enter_context(open_state(state, job))
            batch = replace(batch, earlier=SignedBefore(kept), several=True)
        workers: Callable[[int], Executor] = processes
        if jobs > 1 and len(paths) > 1:
            workers = _logged_in(job)
        elif len(paths) > 1:
            local.log_in_first(job.data, job.credential)
        return many.run(paths, output, partial(sign_one, job), batch, workers)


def _logged_in(job: Job) -> "Callable[[int], Executor]":
    """Return worker processes that need to ask nobody for a PIN; whoever is there is asked here."""
    from multiprocessing import get_context

    pins = local.asked_pins(job.data, job.credential)
    if not pins:
        return processes
    turn = get_context("spawn").Lock()
    begin = partial(local.log_in, pins, turn, job.data, job.credential)
    return partial(processes, prepare=begin)
