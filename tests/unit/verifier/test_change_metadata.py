"""What an XMP packet says is compared word by word, with the property and the language of each."""

import pytest

from antin.verifier.changes.metadata import judge_metadata
from antin.verifier.report import ChangeLevel
from tests.pdfs import appended, letter, stream
from tests.unit.verifier.test_change_edges import spent, step_of
from tests.unit.verifier.test_change_limits import after, packet, signed

TITLED = "<dc:title>Letter</dc:title>"
IN_TWO = (
    "<dc:title><rdf:Alt><rdf:li xml:lang={0}{1}{0}>Letter</rdf:li>"
    "<rdf:li xml:lang={0}{2}{0}>Contract</rdf:li></rdf:Alt></dc:title>"
)
VI_EN, EN_VI = (IN_TWO.format('"', *two) for two in (("vi", "en"), ("en", "vi")))


def level(was: bytes, now: bytes, more: bytes = b"") -> ChangeLevel | None:
    """Return what it is to say ``now`` where the signed document said ``was``."""
    base = signed(letter(1, catalog=b"/Metadata 60 0 R" + more, more={60: was}))
    return after(appended(base, {60: now})).level


@pytest.mark.parametrize(
    "now",
    [
        TITLED.replace("title>L", 'title xml:lang="x-default">L'),
        TITLED.replace("title>L", "title xml:lang='x-default'>L"),
        TITLED.replace("title>L", 'title rdf:parseType="Literal">L'),
        TITLED.replace("title>L", 'title xmlns="b">L'),
        TITLED.replace("title>L", "title xmlns:dc='c'>L"),
        TITLED.replace("title>L", "title><a/>L"),
        "<a/>" + TITLED,
    ],
)
def test_the_same_title_written_otherwise(now: str) -> None:
    assert level(packet(TITLED), packet(now)) is ChangeLevel.LTA_UPDATES
    assert level(packet(now), packet(TITLED)) is ChangeLevel.LTA_UPDATES


@pytest.mark.parametrize(
    ("was", "now"),
    [
        (TITLED, TITLED.replace("title>L", 'title xml:lang="vi">L')),
        (TITLED, TITLED.replace("title>L", "title xml:lang='vi'>L")),
        (TITLED, TITLED.replace("title>L", 'title b="c">L')),
        (TITLED, TITLED.replace("title>L", "title b='c'>L")),
        (TITLED, TITLED.replace("dc:title", "a")),
        (VI_EN, EN_VI),
        (VI_EN.replace('"', "'"), EN_VI.replace('"', "'")),
    ],
)
def test_another_title_or_one_for_other_readers(was: str, now: str) -> None:
    assert level(packet(was), packet(now)) is ChangeLevel.OTHER
    assert level(packet(now), packet(was)) is ChangeLevel.OTHER


def filled(size: int, tags: int) -> bytes:
    """Return a packet of so many letters, and so many angle brackets in it."""
    inside = TITLED + "<a/>" * (tags - packet(TITLED).count(b"<") + 2)
    plain = packet(inside)
    body = plain.split(b"stream\n")[1].rsplit(b"\nend")[0]
    return packet(inside + " " * (size - len(body)))


@pytest.mark.parametrize(
    ("size", "tags", "expected"),
    [
        (1 << 20, 100, ChangeLevel.LTA_UPDATES),
        ((1 << 20) + 1, 100, ChangeLevel.OTHER),
        (100_000, 20_000, ChangeLevel.LTA_UPDATES),
        (100_000, 20_001, ChangeLevel.OTHER),
    ],
)
def test_the_longest_packet_that_is_read(size: int, tags: int, expected: ChangeLevel) -> None:
    now = filled(size, tags)
    body = now.split(b"stream\n")[1].rsplit(b"\nend")[0]
    assert (len(body), body.count(b"<")) == (size, tags)
    assert level(packet(TITLED), now) is expected


def test_reading_packets_has_its_price() -> None:
    was, now = (stream(b"<a>%b</a>" % (b"x" * count)) for count in (4, 46))
    base = signed(letter(1, catalog=b"/Metadata 60 0 R", more={60: was}))
    step = step_of(appended(base, {60: now}))
    followed = spent(step, lambda one: one.entries(60))
    read = sum(letters // 4 + 2 * 20 for letters in (11, 53))
    assert spent(step, judge_metadata) == read + followed


@pytest.mark.parametrize(
    ("now", "told"),
    [
        (b"/Title(a)/ModDate(D:2026)", {}),
        (b"/Title(b)/ModDate(D:2026)", {"keys": "/Title"}),
        (b"/Author(c)", {"keys": "/Author, /Title"}),
    ],
)
def test_what_the_information_says_otherwise_is_told(now: bytes, told: dict[str, str]) -> None:
    def informed(data: bytes) -> bytes:
        return data.replace(b"/Root 1 0 R", b"/Root 1 0 R/Info 62 0 R")

    base = signed(informed(letter(1, more={62: b"<</Title(a)>>"})))
    made = appended(base, {62: b"<<%b>>" % now}, b"/Root 1 0 R/Info 62 0 R")
    (found,) = after(made).findings
    assert (found.code, dict(found.values)) == ("information_changed", told)
