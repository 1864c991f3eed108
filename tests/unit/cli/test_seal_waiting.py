"""``antin seal`` where the time-stamp does not come at once: it waits, and never seals twice."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from antin.cli import seal as command
from antin.cli.options import LevelName
from antin.cli.session import Acting
from antin.core.bytesource import FileSource
from antin.core.canonical import JsonObject
from antin.core.errors import AntinError, ConflictError, UnavailableError
from antin.flows import jobs
from antin.flows.verify import verify_source
from antin.infra.database import migrate, open_database
from antin.pki.fetching import TimestampService
from tests.office import Office, content, make_office
from tests.trustworld import TrustWorld

DEAD = UnavailableError("timestamp_unavailable", url="http://tsa", detail="dead")


class Dead:
    """A time-stamping service that does not answer."""

    def request(self, query: bytes) -> bytes:
        raise DEAD


@pytest.fixture
def office(tmp_path: Path, trust_world: TrustWorld) -> Iterator[Office]:
    url = f"sqlite:///{tmp_path}/antin.db"
    migrate(url)
    work = open_database(url)
    yield make_office(work, tmp_path, trust_world).without(
        quick_timestamps=Dead(), first_pause=timedelta(seconds=2)
    )
    work.close()


def sealed(
    office: Office,
    folder: Path,
    seconds: float,
    service: TimestampService | None = None,
    title: str = "",
) -> tuple[object, command.Patience]:
    """Seal a signed file as the command does; ``service`` is the one with patience."""
    path = folder / "signed.pdf"
    if not path.exists():
        document = office.upload()
        office.without(quick_timestamps=None).sign(document)
        path.write_bytes(content(office, document))
    new: JsonObject = {
        "agency_id": office.agency_id,
        "title": title,
        "parent_id": None,
        "code_number": "",
        "code_notation": "",
    }
    patience = command.Patience(seconds)
    ours = office.without(timestamps=service) if service else office
    clerk = Acting(ours.services, office.people["clerk"])
    done = command.seal_one(clerk, new, LevelName.B_T, None, path, patience)
    return done["state"], patience


@pytest.fixture
def slept(office: Office, monkeypatch: pytest.MonkeyPatch) -> list[float]:
    found: list[float] = []

    def sleep(seconds: float) -> None:
        found.append(seconds)
        office.pass_time(timedelta(seconds=seconds))

    monkeypatch.setattr("antin.cli.seal.time.sleep", sleep)
    return found


def test_the_command_seals_files_into_a_folder(
    office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = office.without(quick_timestamps=None)

    @contextmanager
    def acting(_: object) -> Iterator[Acting]:
        yield Acting(ours.services, office.people["clerk"])

    monkeypatch.setattr(command, "acting", acting)
    app = typer.Typer()
    command.register(app)
    names = ("one.pdf", "two.pdf")
    for name in names:
        document = office.upload()
        ours.sign(document)
        (tmp_path / name).write_bytes(content(office, document))
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "two.pdf").write_bytes(b"there already")
    files = [str(tmp_path / name) for name in names]

    def run(code: str) -> Result:
        return CliRunner().invoke(app, [*files, "-o", str(tmp_path / "out"), "--agency", code])

    unknown = run("NIEMAND")
    assert isinstance(unknown.exception, AntinError)
    assert unknown.exception.code == "agency_not_found"
    assert office.seal.asked == 0
    assert run("MAU").exit_code == 2
    assert office.seal.asked == 1, "what has no place to go is not sealed"
    assert (tmp_path / "out" / "two.pdf").read_bytes() == b"there already"
    with FileSource(tmp_path / "out" / "one.pdf") as source:
        report = verify_source(office.services, source, "one.pdf")
    report.raise_if_not_passed()
    assert len(report.signatures) == 2


def test_it_does_the_job_itself_when_its_time_has_come(
    office: Office, tmp_path: Path, slept: list[float], capsys: pytest.CaptureFixture[str]
) -> None:
    state, patience = sealed(office, tmp_path, 60)
    assert state == "COMPLETED"
    assert sum(slept) == 2
    assert patience.seconds == 58
    assert "signed.pdf" in capsys.readouterr().err
    assert office.seal.asked == 1


def test_a_worker_goes_on_when_patience_has_ended(
    office: Office, tmp_path: Path, slept: list[float]
) -> None:
    with pytest.raises(UnavailableError) as caught:
        sealed(office, tmp_path, 10, Dead())
    assert caught.value.code == "timestamp_pending"
    assert sum(slept) == 10
    job, document = str(caught.value.values["job"]), str(caught.value.values["document"])
    assert office.actions(f"document/{document}")[-1] == "seal.signed"
    office.pass_time(timedelta(minutes=10))
    jobs.run(office.services, job)
    assert office.actions(f"document/{document}")[-1] == "seal.completed"


def test_the_same_command_again_gets_what_a_worker_completed(
    office: Office, tmp_path: Path, slept: list[float]
) -> None:
    with pytest.raises(UnavailableError) as caught:
        sealed(office, tmp_path, 1, Dead())
    with pytest.raises(UnavailableError) as again:
        sealed(office, tmp_path, 1, Dead())
    assert again.value.values == caught.value.values
    office.pass_time(timedelta(minutes=10))
    jobs.run(office.services, str(caught.value.values["job"]))
    assert sealed(office, tmp_path, 0)[0] == "COMPLETED"
    assert office.seal.asked == 1
    assert sealed(office, tmp_path, 60, title="Another")[0] == "COMPLETED"
    assert office.seal.asked == 2, "asked for in other words, it is another document"


def test_the_same_command_again_begins_anew_what_failed(
    office: Office, tmp_path: Path, slept: list[float]
) -> None:
    with pytest.raises(UnavailableError) as caught:
        sealed(office, tmp_path, 1, Dead())
    jobs.cancel(office.services, office.call("clerk"), str(caught.value.values["job"]))
    assert sealed(office, tmp_path, 60)[0] == "COMPLETED"
    assert office.seal.asked == 2
    document = str(caught.value.values["document"])
    actions = [one for one in office.actions(f"document/{document}") if one.startswith("seal.")]
    ends = [one for one in actions if one in {"seal.failed", "seal.completed"}]
    assert ends == ["seal.failed", "seal.completed"]


def test_one_that_fails_meanwhile_is_said_to_have(
    office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def given_up(_somebody: object, answer: object, _patience: object) -> None:
        assert isinstance(answer, dict)
        jobs.cancel(office.services, office.call("clerk"), str(answer["job_id"]))

    monkeypatch.setattr(command, "wait_for", given_up)
    with pytest.raises(AntinError) as caught:
        sealed(office, tmp_path, 60)
    assert isinstance(caught.value, ConflictError)
    assert caught.value.code == "seal_ended"
