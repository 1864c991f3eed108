"""``antin sign``: signs loose files with a key of one's own; writes no ledger, needs no API key."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from antin.cli import local, many
from antin.cli.appearances import read_appearance
from antin.cli.options import DataOption, JobsOption, LevelName
from antin.cli.texts import _
from antin.core.bytesource import FileSource


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


def sign_one(job: Job, path: Path, target: Path) -> tuple[str, ...]:
    """Sign one file and return warnings."""
    from antin.flows.loose import LooseRequest, sign_file
    from antin.signer.request import Level

    asked = LooseRequest(
        level=Level(job.level.value),
        field_name=job.field,
        reason=job.reason,
        location=job.location,
        stamp=read_appearance(job.appearance),
    )
    with FileSource(path) as source:
        around = local.surroundings(job.data)
        key = local.signing_key(job.data, job.credential)
        return sign_file(source, target, key, asked, around)


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""

    @app.command(help=_("Sign files with a key of your own (no ledger)."))
    def sign(
        inputs: Annotated[list[Path], typer.Argument(metavar="IN", help=_("Files to sign."))],
        *,
        output: Annotated[
            Path,
            typer.Option(
                "--output", "-o", metavar="OUT", help=_("New file; a folder for several.")
            ),
        ],
        credential: Annotated[str, typer.Option(help=_("Name of the key in antin.toml."))],
        level: Annotated[LevelName, typer.Option(help=_("PAdES level."))] = LevelName.B_B,
        field: Annotated[str | None, typer.Option(help=_("Name of the signature field."))] = None,
        reason: Annotated[str | None, typer.Option(help=_("Reason for signing."))] = None,
        location: Annotated[str | None, typer.Option(help=_("Place of signing."))] = None,
        appearance: Annotated[
            Path | None, typer.Option(metavar="FILE", help=_("Visible stamp, a TOML file."))
        ] = None,
        jobs: JobsOption = 1,
        data: DataOption = None,
    ) -> None:
        job = Job(data, credential, level, field, reason, location, appearance)
        code = many.run(inputs, output, partial(sign_one, job), jobs, _("Signing"))
        many.exit_with(code)
