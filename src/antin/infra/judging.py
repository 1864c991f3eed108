"""What a worker process does with a file: read trust and policy once, judge, write the report."""

import hashlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Final

from antin import __version__
from antin.core.bytesource import ByteSource, FileSource
from antin.core.digests import digest_source
from antin.core.errors import AntinError, InputError
from antin.core.limits import verify_seconds
from antin.infra.picture_files import write_pictures
from antin.infra.policy_files import policy_of
from antin.infra.report_forms import ENDINGS, Form, line, written
from antin.infra.trust_files import read_trust
from antin.infra.verify_state import CONCLUSIONS
from antin.infra.zip_files import ZipEntry, opened
from antin.pki.cms_file import wants_content
from antin.pki.trust import TrustMaterial

if TYPE_CHECKING:
    from antin.pki.fetching import RevocationService
    from antin.verifier.looks import PageRenderer
    from antin.verifier.report import Report
    from antin.verifier.signed_content import Content

_TOLD: Final = ("archive_", "verify_time_", "verify_worker_")
"""Codes of what is there and can't be judged: that is a report; what can't be opened is none."""


@dataclass(frozen=True)
class Question:
    """What is asked of every file, and how the answer is wanted."""

    trust: Path | None = None
    policy: str | None = None
    offline: bool = False
    allowed_private: frozenset[str] = frozenset()
    form: Form = Form.JSON
    language: str = "en"
    several: bool = False
    """Text as one line for each file."""
    verbose: bool = False
    content: Path | None = None
    """What a signature that is a file of its own signs."""
    looks: bool = True
    """Whether pages that later revisions can have changed are drawn and compared."""
    pictures: Path | None = None
    """Where the pictures of pages that look different go."""


@dataclass(frozen=True)
class Item:
    """A file, or one inside a zip file."""

    name: str
    """As it is shown: for one inside a zip file ``a.zip!/b/c.pdf``."""
    path: Path
    size: int = 0
    """Bytes, of what is judged."""
    changed: int = 0
    """When the file at ``path`` was last written (nanoseconds since 1970)."""
    entry: ZipEntry | None = None
    target: str | None = None
    """Name of the document that is made of its report."""
    error: AntinError | None = None
    """What speaks against looking into it at all."""
    known: str | None = None
    """SHA-256 of the content that was judged in an earlier run."""


@dataclass(frozen=True)
class Judged:
    """What a run keeps of a file. ``conclusion`` None: its content is the known one."""

    conclusion: str | None
    sha256: str
    line: str = ""
    """The outcome on one line of text, to stand beside a document's name; else empty."""
    document: bytes = b""
    """The report in the form that was asked for."""

    def __post_init__(self) -> None:
        if self.conclusion is not None and self.conclusion not in CONCLUSIONS:
            raise ValueError


KINDS: Final = frozenset({Judged, ZipEntry})
"""What answers of these functions consist of, for a pool of workers."""


def prepare(question: Question) -> None:
    """Read trust and policy. Errors: ``trust_malformed``, ``policy_malformed``, and of files.

    What judging needs is imported here, so that it counts towards no file's time and memory.
    """
    _judges[question] = _Judge(question)


def judge(question: Question, at: datetime, item: Item) -> Judged:
    """Return the report on ``item`` as of ``at``, written. Errors: why it can't even be opened."""
    return _judge(question).judge(at, item)


def unreadable(question: Question, at: datetime, why: InputError, item: Item) -> Judged:
    """Return the report on an ``item`` whose judging ended by ``why``."""
    return _judge(question).unreadable(at, why, item)


def seconds(*arguments: object) -> float:
    """Return how much processor time a call of these functions gets: more for large files."""
    return verify_seconds(sum(one.size for one in arguments if isinstance(one, Item)))


def digest_of(question: Question) -> str:
    """Return what tells this question from others: its options, and what its files hold (hex)."""
    return _judge(question).digest()


_judges: "dict[Question, _Judge]" = {}


def _judge(question: Question) -> "_Judge":
    if question not in _judges:
        prepare(question)
    return _judges[question]


class _Judge:
    def __init__(self, question: Question) -> None:
        from antin.flows.verify import verify_either
        from antin.infra import page_looks
        from antin.verifier.anchors import believed

        self._question, self._verify, self._pages = question, verify_either, page_looks
        self._trust = read_trust(question.trust) if question.trust else TrustMaterial()
        self._policy = policy_of(question.policy)
        believed(self._trust, self._policy.anchors)  # what is wrong with it is so for every file
        self._revocation = None if question.offline else _revocation(question.allowed_private)

    def judge(self, at: datetime, item: Item) -> Judged:
        try:
            if item.error is not None:
                raise item.error
            return self._judged(at, item)
        except InputError as error:
            if not error.code.startswith(_TOLD):
                raise
            return self.unreadable(at, error, item)

    def _judged(self, at: datetime, item: Item) -> Judged:
        with ExitStack() as parts:
            source = parts.enter_context(_source(item))
            content = self._signed(item, source, parts)
            # What signs another file is judged again: that one may have changed.
            if content is None and item.known and digest_source(source).hex() == item.known:
                return Judged(None, item.known)
            around = (self._trust, at, self._policy, self._revocation)
            report = self._verify(source, item.name, *around, content, self._renderer(item))
        if self._question.pictures is not None:
            write_pictures(report, PurePath(item.name).stem, self._question.pictures)
        return self._written(report)

    def _signed(self, item: Item, source: ByteSource, parts: ExitStack) -> "Content | None":
        """Return what a CMS signs: as named, else ``a.pdf`` beside ``a.pdf.p7s`` if it is there."""
        from antin.verifier.signed_content import Content

        found = self._question.content
        if found is None and item.entry is None and item.path.suffix and wants_content(source):
            beside = item.path.with_suffix("")
            found = beside if beside.is_file() else None
        if found is None:
            return None
        return Content(str(found), parts.enter_context(FileSource(found)))

    def _renderer(self, item: Item) -> "PageRenderer | None":
        """Return what draws pages, with less time than this process has for the file."""
        if not self._question.looks:
            return None
        limits = self._pages.Limits(file_seconds=2 * seconds(item))
        return partial(self._pages.looks_at, limits=limits)

    def unreadable(self, at: datetime, why: InputError, item: Item) -> Judged:
        from antin.verifier.broken_off import unreadable

        return self._written(unreadable(item.name, item.size, at, self._policy, why))

    def _written(self, report: "Report") -> Judged:
        asked = self._question
        as_line = asked.form is Form.TEXT and asked.several and not asked.verbose
        shown = line(report, asked.language) if as_line or asked.form in ENDINGS else ""
        if as_line:
            document = shown.encode()
        else:
            document = written(report, asked.form, asked.language, verbose=asked.verbose)
        return Judged(str(report.conclusion), report.sha256, shown, document)

    def digest(self) -> str:
        trust, asked = self._trust, self._question
        state = hashlib.sha256()
        for anchor in trust.anchors:
            _absorb(state, anchor.certificate, *(p.encode() for p in sorted(anchor.purposes)))
        revocation = trust.revocation
        for several in (
            trust.intermediates,
            revocation.crls,
            revocation.ocsps,
            revocation.certificates,
        ):
            _absorb(state, *several)
        for name, certificates in sorted(trust.groups.items()):
            _absorb(state, name.encode(errors="surrogatepass"), *certificates)
        options = (
            asked.offline,
            asked.content,
            asked.form,
            asked.language,
            asked.several,
            asked.verbose,
            asked.looks,
            asked.pictures,
        )
        _absorb(state, self._policy.sha256.encode(), __version__.encode(), repr(options).encode())
        return state.hexdigest()


def _absorb(state: "hashlib._Hash", *parts: bytes) -> None:
    """Hash ``parts`` so that no other parts give the same bytes."""
    state.update(len(parts).to_bytes(8))
    for part in parts:
        state.update(len(part).to_bytes(8) + part)


@contextmanager
def _source(item: Item) -> Iterator[ByteSource]:
    with FileSource(item.path) as source:
        if item.entry is None:
            yield source
            return
        with opened(source, item.entry) as inner:
            yield inner


def _revocation(allowed_private: frozenset[str]) -> "RevocationService | None":
    """Return a client, or None where the bare program is installed: then we work offline."""
    try:
        from antin.infra.revocation_http import HttpRevocationService
    except ImportError:
        return None
    return HttpRevocationService(allowed_private=allowed_private)
