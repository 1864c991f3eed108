"""``antin augment``: makes signatures last; writes no ledger, needs no key."""

from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from antin.cli import local, many
from antin.cli.options import DataOption, JobsOption, LevelName
from antin.cli.texts import _
from antin.core.bytesource import FileSource
from antin.core.errors import UsageError


def augment_one(
    data: Path | None, level: LevelName, content: Path | None, path: Path, target: Path
) -> tuple[many.Remark, ...]:
    """Augment one file: a PDF, or a CMS over ``content`` or what lies beside it."""
    from antin.flows.loose import augment_file
    from antin.pki.cms_file import is_cms
    from antin.signer.request import Level

    around, wanted = local.surroundings(data), Level(level.value)
    with FileSource(path) as source:
        if not is_cms(source):
            augment_file(source, target, wanted, around)
            return ()
        from antin.flows.loose_cms import NamedSource, augment_beside

        with ExitStack() as opened:
            found = content or _lies_beside(path, source)
            beside = None
            if found is not None:
                beside = NamedSource(found.name, opened.enter_context(FileSource(found)))
            augment_beside(source, beside, target, wanted, around)
    return ()


def _lies_beside(path: Path, source: FileSource) -> Path | None:
    """Return ``a.docx`` beside ``a.docx.p7s``, if that signs something else and it is there."""
    from antin.pki.cms_file import wants_content

    found = path.with_suffix("") if path.suffix and wants_content(source) else None
    return found if found is not None and found.is_file() else None


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
        level: Annotated[LevelName, typer.Option(help=_("Level to reach."))],
        content: Annotated[
            Path | None,
            typer.Option(
                help=_("What IN signs, where it is a CMS signature (.p7s) without content.")
            ),
        ] = None,
        jobs: JobsOption = 1,
        data: DataOption = None,
    ) -> None:
        if level is LevelName.B_B:
            raise UsageError("request_invalid", detail="augmenting begins at B-T")
        if content is not None and len(inputs) > 1:
            raise typer.BadParameter(_("--content is for one file"))
        work = partial(augment_one, data, level, content)
        many.exit_with(many.run(inputs, output, work, many.Batch(jobs, _("Augmenting"))))
