"""``antin seal``: the agency's seal on a file; always with its ledger entries."""

import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from antin.cli import many
from antin.cli.appearances import read_appearance
from antin.cli.options import DataOption, JobsOption, LevelName
from antin.cli.output import note, printable
from antin.cli.session import Acting, acting
from antin.cli.texts import _
from antin.cli.warned import remarks_of
from antin.cli.workers import threads
from antin.core.bytesource import FileSource
from antin.core.digests import digest_source, sha256_hex
from antin.core.errors import ConflictError, NotFoundError, UnavailableError, UsageError

if TYPE_CHECKING:
    from antin.core.canonical import JsonObject
    from antin.flows.stamps import StampPlan


_LOOKING: Final = 1.0
"""Seconds from one look at a job to the next."""


@dataclass
class Patience:
    """How long a command still waits for time-stamps, for all its files together."""

    seconds: float

    def spent(self) -> bool:
        """Wait a moment, if there is one left, and tell whether there was none."""
        if self.seconds <= 0:
            return True
        self.seconds -= _LOOKING
        time.sleep(_LOOKING)
        return False


def agency_id(somebody: Acting, code: str) -> str:
    """Return the id of the agency with this code. Error: ``agency_not_found``."""
    from antin.flows.administration import list_agencies

    for agency in list_agencies(somebody.services, somebody.principal):
        if agency["code"] == code:
            return str(agency["id"])
    raise NotFoundError("agency_not_found")


def seal_one(
    somebody: Acting,
    new: "JsonObject",
    level: LevelName,
    stamp: "StampPlan | None",
    path: Path,
    patience: Patience,
) -> "JsonObject":
    """Take the file in as a document of the agency and seal it; return the use of the seal.

    The same file with the same words is sealed once, however often the command is run: a run that
    could not wait for the time-stamp, or was killed, is gone on with. Only what ended as FAILED is
    begun anew.

    Error beside those of the flow: ``timestamp_pending`` when patience ends before it is completed.
    """
    from antin.flows.filing import NewDocument, upload_document
    from antin.flows.seal import NewSeal, seal_document
    from antin.records.document import DocumentKind
    from antin.signer.request import Level

    parent = new["parent_id"]
    document = NewDocument(
        agency_id=str(new["agency_id"]),
        title=str(new["title"] or path.stem),
        file_name=path.name,
        kind=DocumentKind.ATTACHMENT if parent else DocumentKind.MAIN,
        parent_id=str(parent) if parent else None,
        code_number=str(new["code_number"]),
        code_notation=str(new["code_notation"]),
    )
    with FileSource(path) as source:
        key = _key(source, (document, level.value, stamp))
        upload = somebody.call("seal/upload", key)
        made = upload_document(somebody.services, upload, source, document)
    asked = NewSeal(str(made["id"]), stamp, Level(level.value))
    call = somebody.call("seal", key)
    try:
        sealed = seal_document(somebody.services, call, asked)
    except ConflictError as error:
        if error.code != "seal_ended":
            raise
        call = somebody.call("seal")
        sealed = seal_document(somebody.services, call, asked)
    if sealed["state"] == "SIGNED":
        note(printable(_("{file}: sealed and kept; waiting for its time-stamp").format(file=path)))
        wait_for(somebody, sealed, patience)
        return seal_document(somebody.services, call, asked)
    return sealed


def _key(source: FileSource, asked: object) -> str:
    """Return the key of a request that is the same for the same bytes, asked for in one way."""
    return sha256_hex(f"{digest_source(source).hex()} {asked!r}".encode())


def wait_for(somebody: Acting, sealed: "JsonObject", patience: Patience) -> None:
    """Do the job that completes a seal, as a worker would, until it has ended.

    Error: ``timestamp_pending``; the job is left to a worker then.
    """
    from antin.flows import jobs

    job = str(sealed["job_id"])
    while not patience.spent():
        # Before its time, or while a worker is at it, this does nothing.
        jobs.run(somebody.services, job)
        if jobs.get_job(somebody.services, somebody.principal, job)["state"] in {"DONE", "FAILED"}:
            return
    raise UnavailableError("timestamp_pending", document=str(sealed["document_id"]), job=job)


def export(somebody: Acting, sha256: str, target: Path) -> None:
    """Write a stored file to ``target`` by atomic rename."""
    from antin.cli.output import write_stream
    from antin.core.digests import CHUNK

    with somebody.services.blobs.open(sha256) as source:
        offsets = range(0, source.size, CHUNK)
        write_stream(target, (source.pread(offset, CHUNK) for offset in offsets))


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""

    @app.command(help=_("Put an agency's seal on signed files, with ledger entries."))
    def seal(
        inputs: Annotated[list[Path], typer.Argument(metavar="IN", help=_("Signed files."))],
        *,
        output: Annotated[
            Path,
            typer.Option(
                "--output", "-o", metavar="OUT", help=_("New file; a folder for several.")
            ),
        ],
        agency: Annotated[str, typer.Option(metavar="CODE", help=_("Code of the agency."))],
        level: Annotated[LevelName, typer.Option(help=_("PAdES level."))] = LevelName.B_T,
        title: Annotated[str, typer.Option(help=_("Subject (default: the file's name)."))] = "",
        number: Annotated[str, typer.Option(help=_("Number of the document."))] = "",
        notation: Annotated[str, typer.Option(help=_("Symbol of the document."))] = "",
        attachment_of: Annotated[
            str | None, typer.Option(metavar="ID", help=_("Main document of an attachment."))
        ] = None,
        appearance: Annotated[
            Path | None, typer.Option(metavar="FILE", help=_("Visible stamp, a TOML file."))
        ] = None,
        wait: Annotated[
            float,
            typer.Option(
                min=0, metavar="SECONDS", help=_("How long to wait for late time-stamps, in all.")
            ),
        ] = 240,
        jobs: JobsOption = 1,
        data: DataOption = None,
    ) -> None:
        stamp, patience = read_appearance(appearance), Patience(wait)
        with acting(data) as somebody:
            new: JsonObject = {
                "agency_id": agency_id(somebody, agency),
                "title": title,
                "parent_id": attachment_of,
                "code_number": number,
                "code_notation": notation,
            }

            def work(path: Path, target: Path) -> tuple[many.Remark, ...]:
                if target.exists():
                    raise UsageError("output_exists", path=str(target))
                sealed = seal_one(somebody, new, level, stamp, path, patience)
                document = sealed["document"]
                export(somebody, str(document["revision"]["sha256"]), target)  # type: ignore[index,call-overload]  # a view of ours
                return remarks_of(sealed["warnings"])

            batch = many.Batch(jobs, _("Sealing"))
            code = many.run(inputs, output, work, batch, threads)
        many.exit_with(code)
