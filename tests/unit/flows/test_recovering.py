"""A database that was set back: refused, brought back whole, or gone on from with a declaration."""

# ruff: noqa: S608 — the attacker writes SQL by hand
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from antin.cli import texts
from antin.cli.ledger import recovering as command
from antin.cli.main import main
from antin.core.errors import AntinError, IntegrityError, UnavailableError
from antin.flows import audit
from antin.flows.audit.recovering import EntrySource
from antin.flows.services import Services
from antin.flows.unit_of_work import Done
from antin.infra.database import open_database
from antin.infra.ledger.checkpoint_file import CheckpointFile
from antin.infra.ledger.export_writing import ExportedFolder
from antin.infra.ledger.sources import ExportedEntries, open_entry_source
from antin.ledger.checking.evidence import confirm_contradiction
from antin.ledger.checking.report import LedgerConclusion, LedgerReport
from antin.ledger.checkpoints.note import verifier_of
from antin.ledger.draft import Draft
from antin.ledger.ports import Payload
from antin.ledger.tree.tiles import TILE_WIDTH, bundles_of, write_bundle
from tests.homes import BOTH, Home, a_home
from tests.ledgers import append, codes
from tests.office import Office, make_office
from tests.rows import an_act
from tests.trustworld import TrustWorld


@dataclass
class Setting:
    """An office whose database can be put back to what it was."""

    folder: Path
    home: Home
    office: Office
    newer: str = ""
    """A backup that has more than the database."""

    @property
    def services(self) -> Services:
        return self.office.services

    def grow(self, entries: int, *, sign: bool = True) -> None:
        append(self.services.work, *["agency/a"] * entries)
        if sign:
            audit.take_checkpoint(self.services)

    def copy(self, name: str) -> str:
        with self.at_rest():
            return self.home.copy(name)

    def restore(self, backup: str) -> None:
        with self.at_rest():
            self.home.restore(backup)

    @contextmanager
    def at_rest(self) -> Iterator[None]:
        """Let nobody use the database, and then use it again."""
        self.close()
        yield
        self.office = self.office.without(work=open_database(self.home.url))

    def close(self) -> None:
        self.services.work.close()  # type: ignore[attr-defined]  # every real one can be closed

    def data(self, start: int, stop: int) -> list[bytes]:
        return self.services.work.read(lambda s: [r.data for r in s.ledger.entries(start, stop)])

    def report(self) -> LedgerReport:
        return audit.check_ledger(self.services)


@pytest.fixture(params=BOTH)
def setting(
    request: pytest.FixtureRequest, tmp_path: Path, trust_world: TrustWorld
) -> Iterator[Setting]:
    home = a_home(request, tmp_path)
    office = make_office(open_database(home.url), tmp_path, trust_world)
    office = office.without(checkpoint_sink=CheckpointFile(tmp_path / "c"))
    made = Setting(tmp_path, home, office)
    made.grow(700)
    yield made
    made.close()


@pytest.fixture
def set_back(setting: Setting) -> Setting:
    """600 entries were signed for that the restored backup does not have."""
    old = setting.copy("old")
    setting.grow(600)
    setting.newer = setting.copy("new")
    setting.restore(old)
    return setting


def refused(step: Callable[[], object]) -> AntinError:
    with pytest.raises(AntinError) as caught:
        step()
    return caught.value


def test_nothing_is_served_or_signed(set_back: Setting) -> None:
    for step in (audit.require_ledger_continued, audit.take_checkpoint):
        error = refused(lambda step=step: step(set_back.services))  # type: ignore[misc]  # a loop's
        assert error.code == "checkpoint_ahead"
        assert "antin ledger recover" in error.detail


def test_what_is_missing_is_told(set_back: Setting) -> None:
    missing = audit.find_missing(set_back.services)
    assert missing is not None
    assert (missing.size - missing.entries, missing.common) == (600, missing.entries)
    told = missing.as_json()
    assert told["lost"] == {"from": missing.entries, "to": missing.size - 1}
    assert f"\n{missing.size}\n" in str(told["checkpoint"])
    assert f"\n{missing.entries}\n" in str(told["newest_checkpoint"])


@contextmanager
def newer_backup(setting: Setting) -> Iterator[EntrySource]:
    with open_entry_source(setting.newer) as source:
        yield source


def export(setting: Setting, folder: Path) -> ExportedEntries:
    """Write the newer backup's entries as an export has them."""
    with newer_backup(setting) as source:
        missing = audit.find_missing(setting.services)
        assert missing is not None
        entries = [data for data, _ in source.entries(0, missing.size)]
    for bundle in bundles_of(len(entries)):
        path = folder / bundle.path
        path.parent.mkdir(parents=True, exist_ok=True)
        start = bundle.index * TILE_WIDTH
        path.write_bytes(write_bundle(entries[start : start + bundle.width]))
    (folder / "checkpoint").write_bytes(missing.note)
    return ExportedEntries(folder)


def test_a_newer_backup_brings_everything_back(set_back: Setting) -> None:
    with newer_backup(set_back) as source:
        missing = audit.bring_back(set_back.services, source)
        assert missing is not None
        assert audit.bring_back(set_back.services, source) is None, "once is enough"
    audit.require_ledger_continued(set_back.services)
    assert set_back.report().conclusion is LedgerConclusion.PASSED
    assert set_back.services.work.read(lambda s: s.ledger.size()) == missing.size
    set_back.grow(3)
    assert set_back.report().conclusion is LedgerConclusion.PASSED, "one history"


def test_an_export_brings_the_entries_back(set_back: Setting, tmp_path: Path) -> None:
    audit.bring_back(set_back.services, export(set_back, tmp_path / "export"))
    report = set_back.report()
    assert codes(report) == {"payload_missing"}, "facts are not in the bundles"
    assert report.covered == report.entries


def real_export(setting: Setting, folder: Path, *, with_payloads: bool) -> ExportedEntries:
    """Export the newer history as the service would; then the older one is in its place again."""
    old = setting.copy("older")
    setting.restore(setting.newer)
    folder.mkdir()
    audit.export_ledger(
        setting.services, ExportedFolder(folder), lambda _: None, with_payloads=with_payloads
    )
    setting.restore(old)
    return ExportedEntries(folder)


def test_an_export_with_facts_brings_them_back_too(set_back: Setting, tmp_path: Path) -> None:
    source = real_export(set_back, tmp_path / "export", with_payloads=True)
    audit.bring_back(set_back.services, source)
    assert set_back.report().conclusion is LedgerConclusion.PASSED


def test_an_export_without_facts_brings_back_the_entries(set_back: Setting, tmp_path: Path) -> None:
    source = real_export(set_back, tmp_path / "export", with_payloads=False)
    audit.bring_back(set_back.services, source)
    assert codes(set_back.report()) == {"payload_missing"}


@pytest.mark.parametrize("damage", ["other facts", "cut", "no line"])
def test_damaged_facts_in_an_export_bring_nothing_back(
    set_back: Setting, tmp_path: Path, damage: str
) -> None:
    source = real_export(set_back, tmp_path / "export", with_payloads=True)
    before = set_back.services.work.read(lambda s: s.ledger.size())
    path = tmp_path / "export" / "entries.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    if damage == "other facts":
        lines[-9] = lines[-9].replace(b'"payload":"', b'"payload":" ')
    elif damage == "cut":
        lines[-1] = lines[-1][:-20]
    else:
        lines[-9] = b"\n"
    path.write_bytes(b"".join(lines))
    error = refused(lambda: audit.bring_back(set_back.services, source))
    assert error.code == "recovery_source_unusable"
    assert set_back.services.work.read(lambda s: s.ledger.size()) == before


class Altered:
    """A source that changes what it gives."""

    def __init__(self, source: EntrySource, change: Callable[[int, bytes], bytes]) -> None:
        self._source, self._change = source, change

    def entries(self, start: int, stop: int) -> Iterator[tuple[bytes, Payload | None]]:
        for number, (data, payload) in enumerate(self._source.entries(start, stop)):
            yield self._change(number, data), payload


def test_altered_entries_are_not_brought_back(set_back: Setting) -> None:
    before = set_back.services.work.read(lambda s: s.ledger.size())
    with newer_backup(set_back) as source:
        forged = Altered(source, lambda n, data: data.replace(b"system", b"nobody", n == 300))
        error = refused(lambda: audit.bring_back(set_back.services, forged))
    assert error.code == "recovery_source_unusable"
    assert set_back.services.work.read(lambda s: s.ledger.size()) == before


class Lying:
    """A source whose facts are others'."""

    def __init__(self, source: EntrySource, change: Callable[[Payload], Payload]) -> None:
        self._source, self._change = source, change

    def entries(self, start: int, stop: int) -> Iterator[tuple[bytes, Payload | None]]:
        for data, payload in self._source.entries(start, stop):
            yield data, payload and self._change(payload)


LIES: dict[str, Callable[[Payload], Payload]] = {
    "more": lambda one: replace(one, data=one.data + b" "),
    "salt taken for facts": lambda one: Payload(one.salt[:16], one.salt[16:] + one.data),
    "facts taken for salt": lambda one: Payload(one.salt + one.data[:1], one.data[1:]),
}


class ReadTwice:
    """A source that is altered after it was shown to be the right one."""

    def __init__(self, source: EntrySource) -> None:
        self._source, self._asked = source, 0

    def entries(self, start: int, stop: int) -> Iterator[tuple[bytes, Payload | None]]:
        self._asked += 1
        for data, payload in self._source.entries(start, stop):
            yield data.replace(b"system", b"nobody") if self._asked > 1 else data, payload


def test_a_source_that_is_altered_meanwhile_brings_nothing_back(set_back: Setting) -> None:
    before = set_back.services.work.read(lambda s: s.ledger.size())
    with newer_backup(set_back) as source:
        error = refused(lambda: audit.bring_back(set_back.services, ReadTwice(source)))
    assert error.code == "recovery_source_unusable"
    assert set_back.services.work.read(lambda s: s.ledger.size()) == before


@pytest.mark.parametrize("lie", sorted(LIES))
def test_altered_facts_are_not_brought_back(set_back: Setting, lie: str) -> None:
    before = set_back.services.work.read(lambda s: s.ledger.size())
    with newer_backup(set_back) as source:
        error = refused(lambda: audit.bring_back(set_back.services, Lying(source, LIES[lie])))
    assert error.code == "recovery_source_unusable"
    assert set_back.services.work.read(lambda s: s.ledger.size()) == before


def test_entries_of_ours_that_were_altered_keep_the_others_out(set_back: Setting) -> None:
    superuser = set_back.home.superuser
    superuser.lift_guards()
    (data,) = set_back.data(7, 8)
    forged = superuser.octets(data + b" ")
    superuser.execute(f"UPDATE ledger_entries SET data = {forged} WHERE leaf_index = 7")
    with newer_backup(set_back) as source:
        error = refused(lambda: audit.bring_back(set_back.services, source))
    assert error.code == "recovery_source_unusable"


class Dying:
    """A source that dies in the middle of its second reading, as a killed process would."""

    def __init__(self, source: EntrySource, after: int) -> None:
        self._source, self._after, self._asked = source, after, 0

    def entries(self, start: int, stop: int) -> Iterator[tuple[bytes, Payload | None]]:
        self._asked += 1
        for number, one in enumerate(self._source.entries(start, stop)):
            if self._asked == 2 and number == self._after:
                raise UnavailableError("database_busy")
            yield one


@pytest.mark.parametrize("after", [0, 1, 250, 599])
def test_bringing_back_goes_on_where_it_was_killed(
    set_back: Setting, after: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("antin.flows.audit.recovering.BATCH", 100)
    with newer_backup(set_back) as source:
        refused(lambda: audit.bring_back(set_back.services, Dying(source, after)))
        audit.bring_back(set_back.services, source)
    assert set_back.report().conclusion is LedgerConclusion.PASSED


def test_entries_cut_off_under_a_checkpoint_of_the_table_come_back(setting: Setting) -> None:
    setting.grow(20)
    setting.newer = setting.copy("new")
    size = setting.services.work.read(lambda s: s.ledger.size())
    setting.home.superuser.lift_guards()
    setting.home.superuser.execute(
        f"DELETE FROM ledger_payloads WHERE leaf_index >= {size - 9}",
        f"DELETE FROM ledger_entries WHERE leaf_index >= {size - 9}",
        f"UPDATE ledger_head SET size = {size - 9}",
    )
    assert refused(lambda: audit.require_ledger_continued(setting.services)).code == (
        "checkpoint_row_ahead"
    )
    error = refused(lambda: audit.accept_loss(setting.services, "no reason"))
    assert error.code == "recovery_needs_entries"
    with newer_backup(setting) as source:
        audit.bring_back(setting.services, source)
    assert codes(setting.report()) == {"guard_missing"}


def test_a_loss_that_is_accepted_is_told_for_ever(set_back: Setting) -> None:
    missing = audit.accept_loss(set_back.services, "The disk of Nguyễn Văn A's office burnt")
    assert missing is not None
    audit.require_ledger_continued(set_back.services)
    for grown in (0, 3, 700):
        set_back.grow(grown)
        report = set_back.report()
        assert report.conclusion is LedgerConclusion.INDETERMINATE, "never silently fine"
        (finding,) = (one for one in report.findings if one.severity == "warning")
        assert finding.code == "ledger_recovered"
        assert dict(finding.values) == {
            "index": missing.entries,
            "first": missing.common,
            "last": missing.size - 1,
            "reason": "The disk of Nguyễn Văn A's office burnt",
        }
        assert finding.row == ("ledger_entries", missing.entries)
    # Once the log has grown past it, its own signatures show the loss to anybody.
    assert finding.evidence is not None
    key = verifier_of(set_back.services.origin, set_back.services.checkpoint_key.public_key)
    confirm_contradiction(finding.evidence, set_back.services.origin, key)


def test_a_declaration_of_loss_is_not_erased(set_back: Setting) -> None:
    missing = audit.accept_loss(set_back.services, "burnt")
    assert missing is not None
    call = set_back.office.call("admin")
    error = refused(lambda: audit.erase(set_back.services, call, [missing.entries], "asked for"))
    assert error.code == "redaction_not_erasable"
    assert codes(set_back.report()) == {"ledger_recovered"}


def test_the_lost_checkpoint_stays_as_evidence(set_back: Setting) -> None:
    missing = audit.accept_loss(set_back.services, "burnt")
    assert missing is not None
    sink = set_back.services.checkpoint_sink
    assert sink.put_asides() == (missing.note,)
    (kept,) = set_back.folder.glob("c.lost-*")
    kept.unlink()
    assert codes(set_back.report()) == {"ledger_recovered"}, "the entry holds it, too"


def test_what_was_put_aside_by_hand_is_found(set_back: Setting) -> None:
    """Moving the file away lets the service start again; what was lost is not forgotten."""
    (set_back.folder / "c").rename(set_back.folder / "c.lost-0123")
    set_back.grow(3)
    report = set_back.report()
    assert report.conclusion is LedgerConclusion.FAILED
    assert codes(report) == {"checkpoint_put_aside"}


@pytest.mark.parametrize("step", ["_declare", "put_aside", "take_checkpoint"])
def test_accepting_a_loss_goes_on_where_it_was_killed(
    set_back: Setting, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(Exception):  # noqa: N818 — no error of ours: the process is gone
        pass

    def die(*_: object) -> None:
        raise Killed

    module = "antin.flows.audit.recovering"
    with monkeypatch.context() as patched:
        if step == "put_aside":
            patched.setattr(CheckpointFile, "put_aside", die)
        else:
            patched.setattr(f"{module}.{step}", die)
        with pytest.raises(Killed):
            audit.accept_loss(set_back.services, "burnt")
    audit.accept_loss(set_back.services, "burnt")
    report = set_back.report()
    assert [one.code for one in report.findings if one.severity != "info"] == ["ledger_recovered"]
    assert report.covered == report.entries


def test_a_database_that_went_on_by_itself_is_recovered_too(setting: Setting) -> None:
    """The backup was restored and used past the size that was signed for: a fork."""
    old = setting.copy("old")
    setting.grow(20)
    setting.newer = setting.copy("new")
    setting.restore(old)
    kept = setting.services.checkpoint_sink
    other = replace(setting.services, checkpoint_sink=CheckpointFile(setting.folder / "other"))
    append(other.work, *["agency/a"] * 50)
    audit.take_checkpoint(other)
    assert kept.newest() is not None
    assert refused(lambda: audit.require_ledger_continued(setting.services)).code == (
        "history_forked"
    )
    with newer_backup(setting) as source:
        error = refused(lambda: audit.bring_back(setting.services, source))
    assert error.code == "history_forked"
    audit.accept_loss(setting.services, "restored by mistake")
    assert codes(setting.report()) == {"ledger_recovered"}


def test_a_checkpoint_that_the_log_never_signed_recovers_nothing(set_back: Setting) -> None:
    path = set_back.folder / "c"
    note = path.read_bytes()
    path.write_bytes(note[:-8] + b"AAAAAA==\n")
    for step in (audit.find_missing, lambda s: audit.accept_loss(s, "burnt")):
        assert refused(lambda step=step: step(set_back.services)).code in {  # type: ignore[misc]  # a loop's
            "note_signature_invalid",
            "checkpoint_malformed",
        }


@pytest.mark.parametrize(
    "change",
    [
        {"checkpoint": 1},
        {"size": 5},
        {"common": -1},
        {"reason": None},
        {"checkpoint": "other.example/log\n5\nAAAA\n\n"},
    ],
    ids=str,
)
def test_a_forged_declaration_excuses_nothing(setting: Setting, change: dict[str, Any]) -> None:
    note = setting.services.checkpoint_sink.newest()
    assert note is not None
    size = setting.services.work.read(lambda s: s.ledger.size())
    facts: dict[str, Any] = {"checkpoint": note.decode(), "size": size, "common": 1}
    facts |= {"entries": 2, "reason": "x"}
    draft = Draft("agency/a", "ledger.recovered", {**facts, **change})
    setting.services.work.run(an_act(), lambda _: Done(None, (draft,)))
    audit.take_checkpoint(setting.services)
    report = setting.report()
    assert codes(report) == {"recovery_unreadable"}
    assert report.conclusion is LedgerConclusion.FAILED


@pytest.mark.parametrize("damage", ["cut", "gone", "long", "no checkpoint", "small"])
def test_a_source_that_is_none_is_refused(set_back: Setting, tmp_path: Path, damage: str) -> None:
    source = export(set_back, tmp_path / "export")
    bundle = tmp_path / "export" / "tile" / "entries" / "003"
    checkpoint = tmp_path / "export" / "checkpoint"
    if damage == "cut":
        bundle.write_bytes(bundle.read_bytes()[:-1])
    elif damage == "gone":
        bundle.unlink()
    elif damage == "long":
        bundle.write_bytes(bytes(20 << 20))
    elif damage == "small":
        note = set_back.services.work.read(lambda s: s.ledger.newest_checkpoint())
        assert note is not None
        checkpoint.write_bytes(note.note)
    else:
        checkpoint.write_bytes(b"\xff")
    error = refused(lambda: audit.bring_back(set_back.services, source))
    assert error.code == "recovery_source_unusable"


def test_a_file_that_is_no_database_is_no_source(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"no database")
    for named in (tmp_path / "file", tmp_path / "nothing", "mysql://there"):
        with pytest.raises(AntinError) as caught, open_entry_source(str(named)):
            pass
        assert caught.value.code == "recovery_source_unusable"


def test_starting_looks_at_a_few_rows_only(
    setting: Setting, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However long the ledger, nothing of it is read through."""

    def never(*_: object) -> None:
        raise AssertionError("it reads through the ledger")

    for name in ("checkpoints", "entries", "leaves", "payloads"):
        monkeypatch.setattr(f"antin.infra.ledger.store.SqlLedger.{name}", never)
    audit.require_ledger_continued(setting.services)


EDITS = {
    "ledger_head_wrong": ("UPDATE ledger_head SET size = 3",),
    "cosignature_ahead": (
        (
            "INSERT INTO ledger_cosignatures (size, witness, line, created_at) "
            "SELECT 99999, 'w', 'l', created_at FROM ledger_checkpoints LIMIT 1"
        ),
    ),
}


@pytest.mark.parametrize("code", EDITS)
def test_each_mismatch_has_its_own_code_and_says_what_to_do(setting: Setting, code: str) -> None:
    setting.home.superuser.lift_guards()
    setting.home.superuser.execute(*EDITS[code])
    for step in (audit.require_ledger_continued, audit.take_checkpoint, audit.find_missing):
        error = refused(lambda step=step: step(setting.services))  # type: ignore[misc]  # a loop's
        assert isinstance(error, IntegrityError)
        assert error.code == code
        assert "antin fsck" in error.detail


@pytest.fixture
def run(set_back: Setting, monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    """The command line on this office."""

    @contextmanager
    def services(_: Path | None) -> Iterator[Services]:
        yield set_back.services

    monkeypatch.setenv("ANTIN_LANGUAGE", "en")
    texts.language.cache_clear()
    monkeypatch.setattr(command, "services", services)
    return lambda *argv: main(["ledger", "recover", *argv])


def test_the_command_says_what_is_missing_and_what_can_be_done(
    run: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run() == 1
    shown = capsys.readouterr()
    assert "Missing: entries" in shown.out
    assert shown.out.count("test.example/log\n") == 2, "both checkpoints"
    assert "--accept-loss" in shown.err
    assert run("--format", "json") == 1
    told = json.loads(capsys.readouterr().out)
    assert told["code"] == "checkpoint_ahead"


def test_the_command_brings_back_or_declares(
    run: Callable[..., int], set_back: Setting, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("--from", set_back.newer, "--accept-loss") == 2
    capsys.readouterr()
    assert run("--accept-loss") == 2
    assert "--reason" in capsys.readouterr().err, "without a reason nothing is given up"
    assert run("--from", set_back.newer) == 0
    assert "are back" in capsys.readouterr().out
    assert run() == 0
    assert "Nothing is missing" in capsys.readouterr().out


def test_the_command_declares_a_loss(
    run: Callable[..., int], set_back: Setting, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("--accept-loss", "--reason", "burnt") == 0
    assert "Declared as lost" in capsys.readouterr().out
    assert codes(set_back.report()) == {"ledger_recovered"}
