"""``antin verify``: checks signed files; needs no server, no database and no key."""

from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Annotated

import typer

from antin.cli.options import (
    FilesFromOption,
    JobsOption,
    Language,
    NullOption,
    TrustOption,
    moment,
)
from antin.cli.output import say
from antin.cli.policies import PolicyOption, PrintPolicyOption
from antin.cli.session import allowed_private, trust_folder
from antin.cli.texts import _, language
from antin.core.limits import VERIFY_MEMORY_BYTES
from antin.infra.report_forms import Form


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""

    @app.command(help=_("Verify signed files, also in folders and zip files."))
    def verify(
        files: Annotated[
            list[Path] | None,
            typer.Argument(metavar="FILE", help=_("Files, folders, zip files.")),
        ] = None,
        *,
        trust: TrustOption = None,
        policy: PolicyOption = None,
        content: Annotated[
            Path | None,
            typer.Option(
                help=_("What FILE signs, where it is a CMS signature (.p7s) without content.")
            ),
        ] = None,
        at: Annotated[
            str | None, typer.Option(metavar="TIME", help=_("Judge as of this ISO 8601 time."))
        ] = None,
        offline: Annotated[
            bool, typer.Option("--offline", help=_("Fetch no revocation data."))
        ] = False,
        how: Annotated[Form, typer.Option("--format", help=_("Form of the report."))] = (Form.TEXT),
        lang: Annotated[Language | None, typer.Option(help=_("Language of the report."))] = None,
        no_pictures: Annotated[
            bool,
            typer.Option("--no-pictures", help=_("Do not compare the look of changed pages.")),
        ] = False,
        pictures: Annotated[
            Path | None,
            typer.Option(metavar="DIR", help=_("Write pictures of changed pages there.")),
        ] = None,
        verbose: Annotated[
            bool, typer.Option("--verbose", "-v", help=_("Show all details as text."))
        ] = False,
        files_from: FilesFromOption = None,
        null: NullOption = False,
        jobs: JobsOption = 1,
        memory: Annotated[
            int,
            typer.Option(
                "--memory", metavar="MB", min=32, help=_("Memory that one file may take.")
            ),
        ] = VERIFY_MEMORY_BYTES >> 20,
        resume: Annotated[
            Path | None,
            typer.Option(metavar="STATE", help=_("Note results there, go on after those noted.")),
        ] = None,
        output: Annotated[
            Path | None,
            typer.Option(
                "--output",
                "-o",
                help=_("Write the report to this file or folder."),
            ),
        ] = None,
        extract_revision: Annotated[
            int | None,
            typer.Option(
                metavar="N",
                help=_("Write the file as it was after its revision N to -o and stop."),
            ),
        ] = None,
        print_policy: PrintPolicyOption = None,
        schema: Annotated[
            bool, typer.Option("--schema", help=_("Print the JSON Schema of the report and stop."))
        ] = False,
    ) -> None:
        del print_policy  # its callback has seen to it
        if schema:
            from antin.verifier.writers.schema import schema_text

            say(schema_text())
            return
        given = files or []
        if not given and files_from is None:
            raise typer.BadParameter(_("name at least one file"))
        if extract_revision is not None:
            _extract(given, extract_revision, output)
            return
        if no_pictures and pictures is not None:
            raise typer.BadParameter(_("--pictures and --no-pictures exclude each other"))
        from antin.cli.inputs import begins_as_pdf, count, is_many, listed
        from antin.cli.reports import sink
        from antin.cli.verifying import Run, carry_out
        from antin.infra.judging import Question

        several = files_from is not None or len(given) > 1 or is_many(given[0])
        if content is not None and several:
            raise typer.BadParameter(_("--content is for one file"))
        if content is not None and begins_as_pdf(given[0]):
            raise typer.BadParameter(
                _("--content is for a signature that is a file of its own; leave it out for a PDF")
            )
        paths: Iterator[Path] = iter(given)
        if files_from is not None:
            paths = chain(paths, listed(files_from, null=null))
        run = Run(
            question=Question(
                trust=trust_folder(trust),
                policy=policy,
                offline=offline,
                allowed_private=frozenset() if offline else allowed_private(),
                form=how,
                language=lang.value if lang else language(),
                several=several,
                verbose=verbose,
                content=content,
                looks=not no_pictures,
                pictures=pictures,
            ),
            at=moment(at),
            paths=paths,
            total=count(given) if files_from is None else None,
            jobs=jobs,
            memory=memory << 20,
            state=resume,
        )
        raise typer.Exit(carry_out(run, sink(how, output, several=several)))


def _extract(files: list[Path], number: int, output: Path | None) -> None:
    from antin.cli.extraction import extract_revision

    if len(files) != 1 or output is None:
        raise typer.BadParameter(_("--extract-revision takes one file, and -o for the new one"))
    extract_revision(files[0], number, output)
