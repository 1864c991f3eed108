"""Fetched CRLs and OCSP answers: kept as long as they may be used, and never longer."""

import functools
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from antin.core.clock import FixedClock
from antin.core.errors import AntinError, UnavailableError
from antin.infra import kept_answers
from antin.infra.kept_answers import Dates, Kept, KeptAnswers
from antin.infra.revocation_http import KEEP, HttpRevocationService
from antin.infra.single_flight import SingleFlight
from antin.pki.crls import Crl, load_crl
from antin.pki.statement import CLOCK_SKEW
from tests.lyingworld import HOUR, LOCAL, Answer, Asked, LyingServer, saying
from tests.smallpki import DAY, NOW, Holder, make_root

MINUTE = timedelta(minutes=1)


class Crls:
    """A server of one CRL, a clock, and services that use both."""

    def __init__(self, server: LyingServer, folder: Path) -> None:
        self.server, self.folder = server, folder
        self.root: Holder = make_root()
        self.clock = FixedClock(NOW)
        self.url = f"{server.url}/root.crl"
        server.seen.clear()

    def serve(self, this_update: datetime, next_update: datetime) -> bytes:
        crl = self.root.crl(this_update, next_update)
        self.answer(saying(lambda _: crl))
        return crl

    def answer(self, answer: Answer) -> None:
        self.server.answers["/root.crl"] = answer

    def service(self, *, folder: bool = False) -> HttpRevocationService:
        kept = self.folder / "kept" if folder else None
        return HttpRevocationService(allowed_private=LOCAL, clock=self.clock, folder=kept)

    @property
    def fetches(self) -> int:
        return len(self.server.seen)


def out_of_order(asked: Asked) -> None:
    asked.reply(b"", 500)


@pytest.fixture(scope="module")
def server() -> Iterator[LyingServer]:
    made = LyingServer()
    yield made
    made.stop()


@pytest.fixture
def crls(server: LyingServer, tmp_path: Path) -> Crls:
    return Crls(server, tmp_path)


def test_for_a_while_an_answer_is_used_as_it_is(crls: Crls) -> None:
    first = crls.serve(NOW, NOW + DAY)
    service = crls.service()
    assert service.crl(crls.url) == first
    second = crls.serve(NOW + MINUTE, NOW + DAY)
    crls.clock.moment += KEEP - MINUTE
    assert service.crl(crls.url) == first
    crls.clock.moment += MINUTE
    assert service.crl(crls.url) == second
    assert crls.fetches == 2


def test_an_answer_helps_out_until_its_end_and_no_longer(crls: Crls) -> None:
    crl = crls.serve(NOW, NOW + DAY)
    service = crls.service()
    service.crl(crls.url)
    crls.answer(out_of_order)
    crls.clock.moment = NOW + DAY - timedelta(seconds=1)
    assert service.crl(crls.url) == crl
    crls.clock.moment = NOW + DAY
    with pytest.raises(AntinError) as caught:
        service.crl(crls.url)
    assert caught.value.code == "fetch_failed"


def test_one_that_helps_out_is_not_asked_for_at_every_use(crls: Crls) -> None:
    crls.serve(NOW, NOW + DAY)
    service = crls.service()
    service.crl(crls.url)
    crls.answer(out_of_order)
    crls.clock.moment += KEEP
    for _ in range(3):
        service.crl(crls.url)
    assert crls.fetches == 2
    crls.clock.moment += MINUTE
    service.crl(crls.url)
    assert crls.fetches == 3


@pytest.mark.parametrize(
    ("this_update", "next_update", "kept"),
    [
        (NOW, NOW + DAY, True),
        (NOW + HOUR, NOW + DAY, False),  # from the future
        (NOW - DAY, NOW, False),  # over
        (NOW - DAY, NOW - HOUR, False),
    ],
)
def test_what_may_not_be_used_is_not_kept(
    crls: Crls, this_update: datetime, next_update: datetime, *, kept: bool
) -> None:
    crl = crls.serve(this_update, next_update)
    service = crls.service(folder=True)
    assert [service.crl(crls.url), service.crl(crls.url)] == [crl, crl]
    assert crls.fetches == (1 if kept else 2)
    assert len(list(crls.folder.glob("kept/*"))) == kept


@pytest.mark.parametrize("worse", ["older", "rubbish", "over", "of tomorrow"])
def test_a_worse_answer_does_not_displace_a_good_one(crls: Crls, worse: str) -> None:
    good = crls.serve(NOW - HOUR, NOW + DAY)
    service = crls.service(folder=True)
    service.crl(crls.url)
    crls.clock.moment += KEEP
    if worse == "rubbish":
        crls.answer(saying(lambda _: b"<html>"))
    else:
        dates = {
            "older": (NOW - 2 * HOUR, NOW + DAY),
            "over": (NOW, NOW + MINUTE),
            "of tomorrow": (NOW + DAY, NOW + 2 * DAY),
        }
        crls.serve(*dates[worse])
    assert service.crl(crls.url) == good
    assert crls.fetches == 2
    # Another process finds the good one, too.
    crls.answer(out_of_order)
    assert crls.service(folder=True).crl(crls.url) == good


def test_a_clock_that_was_set_back_makes_nothing_fresh(crls: Crls) -> None:
    crls.serve(NOW - DAY, NOW + DAY)
    service = crls.service()
    service.crl(crls.url)
    crls.clock.moment -= HOUR
    service.crl(crls.url)
    assert crls.fetches == 2


def test_what_was_of_no_use_is_fetched_anew(crls: Crls) -> None:
    crls.serve(NOW, NOW + DAY)
    service = crls.service(folder=True)
    service.crl(crls.url)
    service.forget(crls.url)
    service.crl(crls.url)
    assert crls.fetches == 1, "many may find the same answer to be of no use at once"
    crls.clock.moment += MINUTE
    service.forget(crls.url)
    assert list(crls.folder.glob("kept/*")) == []
    service.crl(crls.url)
    assert crls.fetches == 2


@dataclass
class Server:
    """In place of the fetcher: serves one CRL, or fails."""

    serves: bytes | None = None

    def get(self, url: str, *, limit: int, seconds: float | None = None) -> bytes:
        if self.serves is None:
            raise UnavailableError("fetch_failed", url=url, detail="down")
        return self.serves


_ROOT = make_root()


@functools.cache
def _crl(made: int, lasts: int) -> bytes:
    return _ROOT.crl(NOW + made * MINUTE, NOW + (made + lasts) * MINUTE)


_STEPS = st.one_of(
    st.tuples(st.just("pass"), st.integers(1, 15)),
    st.tuples(st.just("serve"), st.tuples(st.integers(-30, 60), st.integers(1, 60))),
    st.tuples(st.just("fail"), st.none()),
)


@given(st.lists(_STEPS, max_size=25))
def test_whatever_happens_nothing_is_used_after_its_end(steps: list[tuple[str, Any]]) -> None:
    clock, server = FixedClock(NOW), Server()
    service = HttpRevocationService(clock=clock)
    vars(service)["_fetcher"] = server
    kept: Crl | None = None
    for step, value in steps:
        if step == "pass":
            clock.moment += value * MINUTE
        else:
            server.serves = _crl(*value) if step == "serve" else None
        got = _asked(service)
        if got is None:
            assert server.serves is None
            assert kept is None or not _usable(kept, clock.moment)
            continue
        # What comes just now is handed on, for the check to judge; what was kept must be usable.
        assert _usable(got, clock.moment) or got.der == server.serves
        # And while one may be used nobody is led back to an older one.
        if kept is not None and _usable(kept, clock.moment):
            assert got.this_update >= kept.this_update
        if _usable(got, clock.moment):
            kept = got


def _asked(service: HttpRevocationService) -> Crl | None:
    try:
        return load_crl(service.crl("http://a.example/"))
    except UnavailableError:
        return None


def _usable(crl: Crl, now: datetime) -> bool:
    assert crl.next_update is not None
    return crl.this_update - CLOCK_SKEW <= now < crl.next_update


def test_the_next_process_finds_it(crls: Crls) -> None:
    crl = crls.serve(NOW, NOW + DAY)
    crls.service(folder=True).crl(crls.url)
    assert crls.service(folder=True).crl(crls.url) == crl
    assert crls.fetches == 1
    crls.clock.moment = NOW + DAY
    crls.service(folder=True).crl(crls.url)
    assert crls.fetches == 2


@pytest.mark.parametrize("damage", ["cut", "flipped", "emptied", "extended"])
def test_a_damaged_file_is_as_good_as_none(crls: Crls, damage: str) -> None:
    crl = crls.serve(NOW, NOW + DAY)
    crls.service(folder=True).crl(crls.url)
    (path,) = (crls.folder / "kept").iterdir()
    data = path.read_bytes()
    changed = {
        "cut": data[:-1],
        "flipped": data[:-1] + bytes([data[-1] ^ 1]),
        "emptied": b"",
        "extended": data + b"\x00",
    }
    path.write_bytes(changed[damage])
    assert crls.service(folder=True).crl(crls.url) == crl
    assert crls.fetches == 2


def test_a_folder_that_cannot_be_written_is_done_without(crls: Crls) -> None:
    crl = crls.serve(NOW, NOW + DAY)
    (crls.folder / "kept").write_text("not a folder")
    service = crls.service(folder=True)
    assert [service.crl(crls.url), service.crl(crls.url)] == [crl, crl]
    assert crls.fetches == 1


def test_what_several_want_at_once_is_fetched_once(crls: Crls) -> None:
    crl = crls.root.crl(NOW, NOW + DAY)
    begun, go_on = threading.Event(), threading.Event()

    def slowly(asked: Asked) -> None:
        begun.set()
        go_on.wait(30)
        asked.reply(crl)

    crls.answer(slowly)
    service = crls.service()
    found: list[bytes] = []
    threads = [
        threading.Thread(target=lambda: found.append(service.crl(crls.url))) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    assert begun.wait(30)
    go_on.set()
    for thread in threads:
        thread.join(30)
    assert found == [crl] * 8
    assert crls.fetches == 1


def test_a_failure_is_everybodys_who_waited() -> None:
    flights: SingleFlight[int] = SingleFlight()
    begun, go_on = threading.Event(), threading.Event()
    calls: list[int] = []
    errors: list[str] = []

    def fail() -> int:
        calls.append(1)
        begun.set()
        go_on.wait(30)
        raise ValueError("no")

    def want() -> None:
        try:
            flights.run(b"k", fail)
        except ValueError as error:
            errors.append(str(error))

    first = threading.Thread(target=want)
    first.start()
    assert begun.wait(30)
    second = threading.Thread(target=want)
    second.start()
    while flights._running[b"k"]._condition._waiters == 0:  # type: ignore[attr-defined]  # of Condition
        threading.Event().wait(0.001)
    go_on.set()
    first.join(30)
    second.join(30)
    assert (errors, len(calls)) == (["no", "no"], 1)
    assert flights.run(b"k", lambda: 7) == 7


def _kept(number: int, size: int = 10) -> Kept:
    return Kept(bytes([number]) * size, NOW, Dates(NOW, NOW + DAY))


def test_memory_is_bounded_in_number_and_in_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_answers, "_MEMORY_ENTRIES", 3)
    monkeypatch.setattr(kept_answers, "_MEMORY_BYTES", 100)
    answers = KeptAnswers()

    def there() -> list[int]:
        found = [answers.get(bytes([n]), lambda _: None) for n in range(10)]
        return [one.body[0] for one in found if one is not None]

    for number in range(5):
        answers.put(bytes([number]), _kept(number))
    assert there() == [2, 3, 4]
    answers.put(b"\x05", _kept(5, 85))
    assert there() == [4, 5]
    answers.put(b"\x06", _kept(6, 101))
    assert there() == []
    answers.put(b"\x07", _kept(7))
    assert there() == [7]


def test_the_folder_is_bounded_in_number_and_in_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept_answers, "_FOLDER_ENTRIES", 3)
    monkeypatch.setattr(kept_answers, "_FOLDER_BYTES", 500)
    answers = KeptAnswers(tmp_path)
    for number in range(6):
        answers.put(bytes([number]), _kept(number))
    assert len(list(tmp_path.iterdir())) == 3
    answers.put(b"\x07", _kept(7, 450))
    assert [path.name for path in tmp_path.iterdir()] == ["07"]
    assert (tmp_path / "07").stat().st_mode & 0o777 == 0o600
