"""``antin verify``: checks signed files; needs no server, no database and no key."""

from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import repeat
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from antin.cli.failures import line as error_line
from antin.cli.options import JobsOption, Language, TrustOption, moment
from antin.cli.output import say, tracked
from antin.cli.policies import PolicyOption, PrintPolicyOption, policy_of
from antin.cli.reports import Form, sink
from antin.cli.session import trust_folder
from antin.cli.texts import _, language
from antin.core.bytesource import FileSource
from antin.core.codes import N_
from antin.core.errors import AntinError
from antin.infra.messages import translator
from antin.pki.cms_file import wants_content

if TYPE_CHECKING:
    from antin.pki.fetching import RevocationService
    from antin.pki.trust import TrustMaterial
    from antin.verifier.detached import Content
    from antin.verifier.looks import PageRenderer
    from antin.verifier.report import Report

EXIT_BY_CONCLUSION: Final = {
    "TOTAL-PASSED": 0,
    "TOTAL-FAILED": 1,
    "INDETERMINATE": 3,
    "NO-SIGNATURE": 4,
    "UNREADABLE": 5,
}
_FIRST_OF: Final = (5, 1, 3, 4, 0)
_TOTAL: Final = N_("{count} files:")


@dataclass(frozen=True)
class Question:
    """What is asked of every file; small enough to be sent to worker processes."""

    trust: Path | None
    policy: str | None
    at: datetime
    offline: bool
    content: Path | None = None
    """What a signature that is a file of its own signs; only for a single file."""
    looks: bool = True
    """Whether pages that later revisions can have changed are drawn and compared."""
    pictures: Path | None = None
    """Where the pictures of pages that look different go."""


def combined(codes: list[int]) -> int:
    """Return the exit code of several files: the first of 5, 1, 3, 4, 0 that any file has."""
    return next((code for code in _FIRST_OF if code in codes), 0)


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""

    @app.command(help=_("Verify signed files, or every PDF in a folder."))
    def verify(
        files: Annotated[
            list[Path] | None, typer.Argument(metavar="FILE", help=_("Files or folders."))
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
        jobs: JobsOption = 1,
        output: Annotated[
            Path | None,
            typer.Option(
                "--output",
                "-o",
                help=_("Write the report to this file or folder."),
            ),
        ] = None,
        print_policy: PrintPolicyOption = None,
        extract_revision: Annotated[
            int | None,
            typer.Option(
                metavar="N",
                help=_("Write the file as it was after its revision N to -o and stop."),
            ),
        ] = None,
        schema: Annotated[
            bool, typer.Option("--schema", help=_("Print the JSON Schema of the report and stop."))
        ] = False,
    ) -> None:
        del print_policy  # its callback has seen to it
        if schema:
            from antin.verifier.writers.schema import schema_text

            say(schema_text())
            return
        if not files:
            raise typer.BadParameter(_("name at least one file"))
        if extract_revision is not None:
            _extract(files, extract_revision, output)
            return
        if no_pictures and pictures is not None:
            raise typer.BadParameter(_("--pictures and --no-pictures exclude each other"))
        several = len(files) > 1 or files[0].is_dir()
        if content is not None and several:
            raise typer.BadParameter(_("--content is for one file"))
        when = moment(at) or datetime.now(UTC)
        question = Question(
            trust_folder(trust),
            policy,
            when,
            offline,
            content,
            looks=not no_pictures,
            pictures=pictures,
        )
        written = _Writer(how, lang or Language(language()), output, several=several)
        paths = list(_found(files))
        for path, outcome in zip(paths, _outcomes(paths, question, jobs), strict=True):
            written.add(path, outcome)
        written.finish()
        raise typer.Exit(combined(written.codes))


def _extract(files: list[Path], number: int, output: Path | None) -> None:
    from antin.cli.extraction import extract_revision

    if len(files) > 1 or output is None:
        raise typer.BadParameter(_("--extract-revision takes one file, and -o for the new one"))
    extract_revision(files[0], number, output)


def _found(files: list[Path]) -> Iterator[Path]:
    for path in files:
        if path.is_dir():
            yield from sorted(p for p in path.rglob("*") if p.suffix.lower() == ".pdf")
        else:
            yield path


def _outcomes(paths: list[Path], question: Question, jobs: int) -> "Iterator[Report | AntinError]":
    if jobs == 1 or len(paths) < 2:
        # What trust and policy say of themselves is an error of the whole command.
        judge = Judge(question)
        yield from tracked(map(judge.outcome, paths), len(paths), _("Verifying"))
        return
    Judge(question)
    with ProcessPoolExecutor(min(jobs, len(paths)), mp_context=get_context("spawn")) as pool:
        outcomes = pool.map(_in_worker, paths, repeat(question), chunksize=4)
        yield from tracked(outcomes, len(paths), _("Verifying"))


_judges: "dict[Question, Judge]" = {}


def _in_worker(path: Path, question: Question) -> "Report | AntinError":
    """Judge one file in a worker process, which reads trust and policy once."""
    if question not in _judges:
        _judges[question] = Judge(question)
    return _judges[question].outcome(path)


class Judge:
    """Trust, policy and network as the question says, read once for many files."""

    def __init__(self, question: Question) -> None:
        from antin.verifier.anchors import believed

        self._at = question.at
        self._content = question.content
        self._trust = _trust(question.trust)
        self._policy = policy_of(question.policy)
        believed(self._trust, self._policy.anchors)  # what is wrong with it is so for every file
        self._revocation = None if question.offline else _revocation()
        self._renderer = _renderer() if question.looks else None
        self._pictures = question.pictures

    def outcome(self, path: Path) -> "Report | AntinError":
        """Return the report on the file at ``path``, or why it can't even be opened."""
        try:
            with ExitStack() as opened:
                source = opened.enter_context(FileSource(path))
                content = self._signed(path, source, opened)
                report = self._verified(source, path, content)
            if self._pictures is not None:
                _write_pictures(report, path, self._pictures)
        except AntinError as error:
            return error
        return report

    def _signed(self, path: Path, source: FileSource, opened: ExitStack) -> "Content | None":
        """Return what a CMS signs: as named, else ``a.pdf`` beside ``a.pdf.p7s`` if it is there."""
        from antin.verifier.detached import Content

        found = self._content
        if found is None and path.suffix and wants_content(source):
            beside = path.with_suffix("")
            found = beside if beside.is_file() else None
        if found is None:
            return None
        return Content(str(found), opened.enter_context(FileSource(found)))

    def _verified(self, source: FileSource, path: Path, content: "Content | None") -> "Report":
        from antin.flows.verify import verify_either

        around = (self._trust, self._at, self._policy, self._revocation)
        return verify_either(source, str(path), *around, content, self._renderer)


def _trust(folder: Path | None) -> "TrustMaterial":
    from antin.infra.trust_files import read_trust
    from antin.pki.trust import TrustMaterial

    return read_trust(folder) if folder else TrustMaterial()


def _renderer() -> "PageRenderer":
    from antin.infra.page_looks import looks_at

    return looks_at


def _write_pictures(report: "Report", path: Path, folder: Path) -> None:
    from antin.infra.picture_files import write_pictures

    write_pictures(report, path.stem, folder)


def _revocation() -> "RevocationService | None":
    """Return a client, or None where the bare program is installed: then we work offline."""
    try:
        from antin.infra.revocation_http import HttpRevocationService
    except ImportError:
        return None
    from antin.cli.session import allowed_private

    return HttpRevocationService(allowed_private=allowed_private())


class _Writer:
    """Passes reports on as they come and collects exit codes, file by file."""

    def __init__(self, form: Form, lang: Language, output: Path | None, *, several: bool) -> None:
        self._translate = translator(lang.value)
        self._sink = sink(form, lang.value, output, several=several)
        self._several = several
        self.codes: list[int] = []

    def add(self, path: Path, outcome: "Report | AntinError") -> None:
        """Take down one file's report; a file that can't be opened counts as unreadable."""
        if isinstance(outcome, AntinError):
            self.codes.append(5)
            typer.echo(error_line(outcome), err=True)
            return
        self.codes.append(EXIT_BY_CONCLUSION[outcome.conclusion])
        self._sink.add(path, outcome)

    def finish(self) -> None:
        """End with the total of several files."""
        counts = {name: self.codes.count(code) for name, code in EXIT_BY_CONCLUSION.items()}
        shown = ", ".join(f"{name} {count}" for name, count in counts.items() if count)
        total = self._translate(_TOTAL).format(count=len(self.codes))
        self._sink.finish(f"{total} {shown}".rstrip() if self._several else None)
