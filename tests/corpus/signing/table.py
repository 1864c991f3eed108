"""How signing every file of the corpus ends, with a stamp at B-B, and what others say of it.

``python -m tests.corpus.signing.table`` signs all files anew and writes signing.json: by SHA-256
the name, how it ended, how signing a rewritten copy ended, what kind of file it is, and every
remark of a judge. Read the difference before committing it.
"""

import json
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import astuple, dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from antin.core.bytesource import FileSource
from antin.core.errors import AntinError, InputError
from antin.pdf.pages import nth_page
from antin.signer import pades
from antin.signer.appearance.geometry import Box, view_of
from antin.signer.files import appearing
from antin.signer.incremental import open_update
from antin.signer.repair import repairable, write_copy
from antin.signer.request import SignatureRequest, Stamp
from antin.verifier.policy import default_policy
from antin.verifier.report import Indication, Report
from antin.verifier.verify import verify
from tests.corpus.outcomes import files
from tests.corpus.signing import judges
from tests.corpus.signing.kinds import kinds_of
from tests.corpus.signing.pictures import Pictures
from tests.trustworld import TrustWorld, build_trust_world
from tests.unit.signer.helpers import seal_image

TABLE: Final = Path(__file__).with_name("signing.json")
SIGNED: Final = "signed"
_SHARE: Final = 0.25
"""Of the page's width and height that the stamp takes, a fifth of that from its corner."""


@dataclass(frozen=True)
class Signing:
    """One file."""

    file: str
    ended: str
    """``signed``, or the code of the refusal."""
    repaired: str
    """How signing a rewritten copy ended; empty where there is nothing to repair."""
    kinds: tuple[str, ...]
    remarks: tuple[str, ...] = ()
    """Why a refused file may be refused, and what a judge finds wrong with what was signed."""


class Signer:
    """Signs files and has the results judged."""

    def __init__(self, world: TrustWorld, folder: Path) -> None:
        self._key = world.officer_a
        self._trust = world.trust(crls=True)
        self._output = folder / "signed.pdf"
        self._pictures = Pictures()
        self._seal = seal_image(60)

    def sign(self, path: Path) -> Signing:
        """Return how signing the file at ``path`` ends; nothing is left behind."""
        kinds = kinds_of(path)
        try:
            box = self._sign(path)
        except AntinError as error:
            assert not self._output.exists()
            repaired, remarks = self._repaired(path, error)
            return Signing(path.name, error.code, repaired, kinds, (*_excuses(path), *remarks))
        remarks = self._judged(path, path, box)
        return Signing(path.name, SIGNED, "", kinds, remarks)

    def _repaired(self, path: Path, refusal: AntinError) -> tuple[str, tuple[str, ...]]:
        """Sign a rewritten copy; return how that ended, and the remarks on what came of it."""
        copy = self._output.with_name("copy.pdf")
        if not isinstance(refusal, InputError):
            return "", ()
        try:
            with FileSource(path) as source:
                document = repairable(source, refusal)
                if document is None:
                    return "", ()
                write_copy(document, refusal, copy)
            box = self._sign(copy)
        except AntinError as error:
            return error.code, ()
        else:
            return SIGNED, self._judged(path, copy, box)
        finally:
            copy.unlink(missing_ok=True)

    def _judged(self, path: Path, signed: Path, box: Box) -> tuple[str, ...]:
        """Return the remarks on the output, which was made of ``signed``, and remove it."""
        remarks = tuple(self._remarks(path, signed, box))
        self._output.unlink()
        return remarks

    def _sign(self, path: Path) -> Box:
        """Sign, and return where the stamp is on the first page."""
        assert self._key.certificate is not None
        with FileSource(path) as source:
            stamp, box = self._stamp(source)
            request = SignatureRequest(
                self._key.certificate,
                self._key.algorithm,
                datetime.now(UTC),
                stamp=stamp,
                reason="Ký duyệt",
            )
            with appearing(self._output) as made:
                pades.sign(source, made, self._key, request, None, None)
        return box

    def _stamp(self, source: FileSource) -> tuple[Stamp, Box]:
        update = open_update(source)
        page = nth_page(update.view, 0)
        assert page is not None
        view = view_of(update, page)
        width, height = (side * _SHARE for side in view.size_mm)
        stamp = Stamp(1, width / 5, height / 5, width, height, image=self._seal)
        return stamp, view.box(stamp)

    def _remarks(self, path: Path, signed: Path, box: Box) -> Iterator[str]:
        output = self._output
        if not output.read_bytes().startswith(signed.read_bytes()):
            yield "the bytes of the file were changed"
        before, after = judges.qpdf(path), judges.qpdf(output)
        if not after.is_no_worse_than(before):
            yield f"qpdf: {before.code} to {after.code}, {dict(after.complaints)}"
        said = judges.pdfsig(output)
        if said != "valid":
            yield f"pdfsig: {said}"
        wrong = _what_is_wrong(self._report(signed), self._report(output))
        if wrong:
            yield f"verifier: {wrong}"
        drawn = self._pictures.differ(path, output, box)
        if drawn != "same":
            yield f"pdfium: {drawn}"

    def _report(self, path: Path) -> Report:
        with FileSource(path) as source:
            return verify(source, path.name, self._trust, datetime.now(UTC), default_policy())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._pictures.__exit__(kind, error, trace)


def _excuses(path: Path) -> Iterator[str]:
    """Yield why a file may be refused, by what qpdf says of it."""
    said = judges.qpdf(path)
    if said.password:
        yield "password"
    if said.rebuilt:
        yield "rebuilt"
    if judges.restricts_signing(path):
        yield "forbids"


def _what_is_wrong(before: Report, after: Report) -> str:
    """Return what is wrong with our signature, or has become wrong with another's."""
    if after.error:
        return after.error.code
    *others, ours = after.signatures
    if [one.indication for one in others] != [one.indication for one in before.signatures]:
        return "an earlier signature is judged otherwise"
    codes = sorted({found.code for found in (*ours.findings, *after.findings)})
    return "" if ours.indication is Indication.PASSED else f"{ours.indication} {codes}"


def load() -> dict[str, Signing]:
    """Return the pinned table."""
    pinned = json.loads(TABLE.read_text())
    return {
        sha256: Signing(file, ended, repaired, tuple(kinds), tuple(remarks))
        for sha256, (file, ended, repaired, kinds, remarks) in pinned.items()
    }


def main() -> int:
    """Write signing.json anew."""
    with tempfile.TemporaryDirectory() as folder:
        world = build_trust_world(Path(folder) / "world")
        world.server.stop()
        with Signer(world, Path(folder)) as signer:
            found = {sha256: astuple(signer.sign(path)) for sha256, path in files()}
    lines = ",\n".join(
        f" {json.dumps(k)}: {json.dumps(v, ensure_ascii=False)}" for k, v in sorted(found.items())
    )
    TABLE.write_text(f"{{\n{lines}\n}}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
