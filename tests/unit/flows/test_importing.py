"""Taking over history: whose streams, and in which of two ways."""

import json
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from antin.core.clock import Clock
from antin.core.errors import ForbiddenError
from antin.flows import audit
from antin.flows.audit.importing import Imported, import_history
from antin.infra.ledger.history import open_history
from antin.ledger.history import Batch, Each, Made, read_batch
from tests.histories import a_file, a_line
from tests.ledgers import codes
from tests.office import Office


class Log:
    """Says how it was called."""

    def __init__(self, *, small: bool = False, filled: bool = True) -> None:
        self.small, self.filled = small, filled
        self.calls: list[str] = []

    def is_small(self, lines: int) -> bool:
        self.calls.append(f"small {lines}")
        return self.small

    def fill(self, each: Each, actor: str, clock: Clock) -> bool:
        del clock
        self.calls.append(f"fill {sum(each(lambda batch: batch.count))} {actor}")
        return self.filled

    def append(self, batch: Batch, actor: str, clock: Clock) -> int:
        del clock
        self.calls.append(f"append {batch.count} {actor}")
        return 1

    def close(self) -> None:
        """Nothing to let go of."""


class Lines:
    """So many lines on one stream."""

    def __init__(self, *streams: str) -> None:
        self._streams = streams

    def lines(self) -> int:
        return len(self._streams)

    def each(self, make: Callable[[Batch], Made], larger: int = 1) -> Iterator[Made]:
        del larger
        for number, stream in enumerate(self._streams):
            line = json.dumps(a_line(number, stream))
            yield make(read_batch(number + 1, line.encode(), "hoso"))


def run(office: Office, log: Log, *streams: str, who: str = "admin") -> tuple[Imported, int]:
    steps: list[int] = []
    principal = office.call(who).principal
    lines = Lines(*streams)
    done = import_history(office.services, principal, lines, log, steps.append)
    return done, sum(steps)


def test_a_small_ledger_is_filled(office: Office) -> None:
    record, document = office.record(), office.upload()
    log = Log(small=True)
    streams = (f"record/{record}", f"document/{document}", f"agency/{office.agency_id}")
    assert run(office, log, *streams) == (Imported(3, 3), 3)
    admin = office.call("admin").principal.id
    assert log.calls == ["small 3", f"fill 3 {admin}"]


@pytest.mark.parametrize("small", [True, False])
def test_otherwise_each_batch_is_appended(office: Office, small: bool) -> None:  # noqa: FBT001 — pytest gives it
    stream = f"record/{office.record()}"
    log = Log(small=small, filled=False)
    done, _ = run(office, log, stream, stream)
    assert done == Imported(2, 2)
    admin = office.call("admin").principal.id
    assert log.calls[-2:] == [f"append 1 {admin}"] * 2


@pytest.mark.parametrize("who", ["clerk", "auditor"])
def test_only_whoever_administers_the_agency(office: Office, who: str) -> None:
    log = Log()
    with pytest.raises(ForbiddenError) as caught:
        run(office, log, f"record/{office.record()}", who=who)
    assert caught.value.code == "history_not_yours"
    assert log.calls == ["small 1"]


@pytest.mark.parametrize("stream", ["record/none", "document/none", "agency/none"])
def test_only_what_there_is(office: Office, stream: str) -> None:
    with pytest.raises(ForbiddenError) as caught:
        run(office, Log(), f"record/{office.record()}", stream)
    assert caught.value.values == {"line": 2, "stream": stream}


def test_every_page_of_what_there_is(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("antin.flows.audit.importing._PAGE", 2)
    streams = [f"record/{office.record(str(number))}" for number in range(5)]
    assert run(office, Log(), *streams)[0] == Imported(5, 5)


def test_imported_entries_say_nothing_of_rows(office: Office, tmp_path: Path) -> None:
    """Ledger and rows are whole with them, whatever the claims are."""
    stream = f"record/{office.record()}"
    claims = [a_line(1, stream, action="record.created"), a_line(2, stream, action="redact")]
    work: Any = office.services.work
    on_sqlite = hasattr(work, "_path")
    url = f"sqlite:///{work._path}" if on_sqlite else work._url.render_as_string(False)  # noqa: FBT003 — SQLAlchemy's own; the test's office says no other way
    principal = office.call("admin").principal
    with closing(open_history(url)) as log:
        done = import_history(office.services, principal, a_file(tmp_path, claims), log)
    assert done == Imported(2, 2)
    assert office.actions(stream)[-2:] == ["history.imported"] * 2
    audit.take_checkpoint(office.services)
    report = audit.check_ledger(office.services)
    assert codes(report) == set()
    report.raise_if_not_passed()


def test_a_file_counts_its_lines(tmp_path: Path) -> None:
    file = a_file(tmp_path, [a_line(number) for number in range(2000)])
    assert file.lines() == 2000
    assert sum(file.each(lambda batch: batch.count)) == 2000
    file.path.write_bytes(file.path.read_bytes()[:-1])
    assert file.lines() == 2000
