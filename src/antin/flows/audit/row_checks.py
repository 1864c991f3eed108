"""Rows of the domain against what the ledger's entries say of them: level *rows*.

Record by record and document by document, a batch at a time, so that memory does not grow with
their number; agencies with their users and catalogues at once. What is in no entry is not judged:
jobs, answers to requests, versions, fractions of seconds.
"""

import heapq
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime
from enum import Enum
from functools import partial
from itertools import chain, groupby, islice
from typing import Any, Final
from unicodedata import normalize

from antin.core import canonical
from antin.core.canonical import Json
from antin.core.clock import iso_utc
from antin.core.digests import sha256_hex
from antin.core.errors import InputError, IntegrityError
from antin.flows.audit.row_rules import RULES, Facts, settle_groups
from antin.flows.audit.story import Said, Story
from antin.flows.unit_of_work import Stores, WholeTables
from antin.ledger.checking.report import Collector
from antin.ledger.ports import EntryRow, Payload
from antin.records.agency import Agency
from antin.records.catalogue import Catalogue, CatalogueItem
from antin.records.closure import Closure
from antin.records.document import Document, Revision
from antin.records.grants import ApiKey, Grant, User
from antin.records.preparation import Preparation
from antin.records.record import Membership, Record
from antin.records.seal import Seal
from antin.records.signer_certificate import SignerCertificate
from antin.records.signing_group import SigningGroup
from antin.records.signing_task import SigningTask

BATCH: Final = 200
"""Streams that are read at a time."""


@dataclass(frozen=True)
class Judged:
    """A table that entries tell of."""

    table: str
    kind: type[Any]
    of: str = "id"
    """The column that holds the id of the stream that tells of a row."""
    key: Callable[[Any], str] = lambda value: str(value.id)


_RECORDS: Final = (
    Judged("records", Record),
    Judged("closures", Closure, "record_id"),
    Judged("memberships", Membership, "record_id", lambda m: f"{m.record_id}/{m.document_id}"),
)
_DOCUMENTS: Final = (
    Judged("documents", Document),
    Judged("revisions", Revision, "document_id"),
    Judged("signing_groups", SigningGroup, "document_id"),
    Judged("signing_tasks", SigningTask, "document_id"),
    Judged("seals", Seal, "document_id"),
)
_OFFICE: Final = (
    Judged("agencies", Agency),
    Judged("users", User),
    Judged("grants", Grant, key=lambda g: f"{g.user_id}/{g.role.value}/{g.agency_id}"),
    Judged("api_keys", ApiKey),
    Judged("signer_certificates", SignerCertificate),
    Judged("catalogues", Catalogue),
    Judged("catalogue_items", CatalogueItem),
)
TABLES: Final = (*_RECORDS, *_DOCUMENTS, *_OFFICE)


def check_rows(stores: Stores, found: Collector) -> None:
    """Report rows that are not as the entries say, in the snapshot that ``stores`` is."""
    whole = stores.whole
    unjudged = Counter[str]()
    _check_office(whole, found, unjudged)
    for prefix, tables in (("record/", _RECORDS), ("document/", _DOCUMENTS)):
        for ids in _batches(_ids(whole, prefix, tables[0].kind)):
            _check_streams(whole, prefix, ids, tables, found, unjudged)
    for table, count in unjudged.items():
        if count:
            found.info("rows_unjudged", table=table, count=count)


def _check_office(whole: WholeTables, found: Collector, unjudged: Counter[str]) -> None:
    """Hold agencies and all that is told in their streams against each other, at once.

    A user acts in several agencies; who made the user is told in the stream of one of them.
    """
    story = Story()
    for streams in _batches(_paged(partial(whole.streams, "agency/"))):
        for entry, payload in whole.told(streams):
            _tell(story, entry, payload)
    for judged in _OFFICE:
        rows: list[Any] = []
        for ids in _batches(_paged(partial(whole.ids, judged.kind))):
            rows += _read(whole, judged, ids, story, found)
        unjudged[judged.table] += _compare(judged, rows, story, found)


def _check_streams(
    whole: WholeTables,
    prefix: str,
    ids: list[str],
    tables: tuple[Judged, ...],
    found: Collector,
    unjudged: Counter[str],
) -> None:
    stories = {one: Story() for one in ids}
    for entry, payload in whole.told([prefix + one for one in ids]):
        _tell(stories[entry.stream.removeprefix(prefix)], entry, payload)
    for story in stories.values():
        settle_groups(story)
    for judged in tables:
        rows: dict[str, list[Any]] = {one: [] for one in ids}
        for row in _read(whole, judged, ids, stories, found):
            rows[getattr(row, judged.of)].append(row)
        for one, story in stories.items():
            unjudged[judged.table] += _compare(judged, rows[one], story, found)


def _read(
    whole: WholeTables,
    judged: Judged,
    ids: list[str],
    stories: Story | Mapping[str, Story],
    found: Collector,
) -> list[Any]:
    """Return the rows of these ids; report those that can't be read, whose table is then unsure."""
    try:
        return list(whole.among(judged.kind, judged.of, ids))
    except IntegrityError as error:
        if len(ids) > 1:
            parts = (_read(whole, judged, [one], stories, found) for one in ids)
            return [row for part in parts for row in part]
        story = stories if isinstance(stories, Story) else stories[ids[0]]
        story.unread.add(judged.table)
        reason = str(error.values.get("detail", error.code))
        found.error("row_undecodable", table=judged.table, key=ids[0], reason=reason)
        return []


def _tell(story: Story, entry: EntryRow, payload: Payload | None) -> None:
    facts = _facts(payload)
    for rule in RULES.get(entry.action, ()):
        try:
            if facts is None and (rule.makes or rule.changes):
                raise ValueError
            rule.tell(story, entry, facts or {})
        except (KeyError, TypeError, ValueError, AttributeError):
            story.lose(rule.makes, rule.changes, rule.several)


def _facts(payload: Payload | None) -> Facts | None:
    """Return the facts; whether they are those committed to is judged at another level."""
    if payload is None:
        return None
    try:
        return canonical.loads_object(payload.data)
    except InputError:
        return None


def _compare(judged: Judged, rows: Iterable[Any], story: Story, found: Collector) -> int:
    """Report rows that are not as entries say; return how many erased facts leave open."""
    said = dict(story.rows.get(judged.table, {}))
    nobodys: list[str] = []
    excused: list[list[_Difference]] = []
    for row in rows:
        key = judged.key(row)
        one = said.pop(key, None)
        if one is None:
            nobodys.append(key)
        elif unlike := _differences(judged.table, key, columns_of(row), one, story, found):
            excused.append(unlike)
    for key, one in said.items() if judged.table not in story.unread else ():
        found.error("row_missing", table=judged.table, key=key, index=one.made_by)
    # Erased facts of one entry excuse one row: with more of them, some were put there or edited.
    unjudged = len(nobodys) + len(excused)
    if len(nobodys) > story.untold[judged.table]:
        unjudged -= len(nobodys)
        for key in nobodys:
            found.error("row_without_entry", table=judged.table, key=key)
    if len(excused) > story.moved[judged.table]:
        unjudged -= len(excused)
        for difference in chain.from_iterable(excused):
            found.error("row_altered", None, **difference)
    return unjudged


_Difference = dict[str, str | int | None]
"""What fills the sentence about a column that is not as an entry says."""


def _differences(
    table: str, key: str, row: Mapping[str, Json], said: Said, story: Story, found: Collector
) -> list[_Difference]:
    """Report what no erased entry explains; return what one may."""
    excused: list[_Difference] = []
    for column, (value, index) in said.columns.items():
        actual = row.get(column)
        if actual == value:
            continue
        difference: _Difference = {
            "table": table,
            "key": key,
            "column": column,
            "expected": _word(value),
            "found": _word(actual),
            "index": index,
        }
        if (table, column) in story.unsure:
            excused.append(difference)
        else:
            found.error("row_altered", None, **difference)
    return excused


def columns_of(value: Any) -> dict[str, Json]:
    """Return a row's columns as facts write them; what a preparation holds under names of its own.

    Bytes are left out: no entry holds any.
    """
    columns: dict[str, Json] = {}
    for field in fields(value):
        content = getattr(value, field.name)
        if isinstance(content, Preparation):
            columns["preparation.blob_sha256"] = content.blob_sha256
            columns["preparation.certificate_sha256"] = sha256_hex(content.certificate)
        elif not isinstance(content, bytes):
            columns[field.name] = _as_fact(content)
    return columns


def _as_fact(content: Any) -> Json:
    if isinstance(content, Enum):
        return str(content.value)
    if isinstance(content, datetime):
        return iso_utc(content)
    if isinstance(content, date):
        return content.isoformat()
    fact: Json = normalize("NFC", content) if isinstance(content, str) else content
    return fact


def _word(value: Json) -> str | int | None:
    return value if isinstance(value, str | int | None) else str(value)


def _ids(whole: WholeTables, prefix: str, kind: type[Any]) -> Iterator[str]:
    """Yield the ids of all rows and of all streams, each once, in order."""
    streams = _paged(partial(whole.streams, prefix))
    told = (stream.removeprefix(prefix) for stream in streams)
    return (one for one, _ in groupby(heapq.merge(_paged(partial(whole.ids, kind)), told)))


def _paged(page: Callable[[str, int], tuple[str, ...]]) -> Iterator[str]:
    after = ""
    while names := page(after, BATCH):
        yield from names
        after = names[-1]


def _batches(items: Iterator[str]) -> Iterator[list[str]]:
    while batch := list(islice(items, BATCH)):
        yield batch
