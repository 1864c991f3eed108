"""``antin augment``: makes signatures last; writes no ledger, needs no key."""

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from antin.cli import local, many
from antin.cli.options import DataOption, JobsOption, LevelName
from antin.cli.texts import _
from antin.core.bytesource import FileSource
from antin.core.errors import UsageError


def augment_one(data: Path | None, level: LevelName, path: Path, target: Path) -> tuple[str, ...]:
    """Augment one file."""
    from antin.flows.loose import augment_file
    from antin.signer.request import Level

    with FileSource(path) as source:
        augment_file(source, target, Level(level.value), local.surroundings(data))
    return ()


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""

    @app.command(help=_("Make the signatures in files verifiable for longer."))
    def augment(
        inputs: Annotated[list[Path], typer.Argument(metavar="IN", help=_("Signed files."))],
        *,
        output: Annotated[
            Path,
            typer.Option(
                "--output", "-o", metavar="OUT", help=_("New file; a folder for several.")
            ),
        ],
        level: Annotated[LevelName, typer.Option(help=_("PAdES level to reach."))],
        jobs: JobsOption = 1,
        data: DataOption = None,
    ) -> None:
        if level is LevelName.B_B:
            raise UsageError("request_invalid", detail="augmenting begins at B-T")
        work = partial(augment_one, data, level)
        many.exit_with(many.run(inputs, output, work, jobs, _("Augmenting")))
