"""The fuzzer sees what it should see, and the same case is the same case again."""

import hashlib
import os
import subprocess
import sys

import pytest

from tests.fuzz import hunt as hunting
from tests.fuzz.bounded import Bounds
from tests.fuzz.der_tree import parse
from tests.fuzz.hunt import ROOT, Hunt, hunt
from tests.fuzz.pdf_file import Form, put_together, take_apart
from tests.fuzz.seed_files import seeds
from tests.fuzz.shrink import reduced
from tests.fuzz.target import case_of, find_target, pack, targets_of, unpack
from tests.fuzz.test_fuzz import CASES, FOREIGN
from tests.pdfs import opened

SMALL = Bounds(cpu_seconds=0.5, memory_mb=40)


@pytest.fixture(autouse=True)
def _kept_elsewhere(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    monkeypatch.setattr(hunting, "KEPT", tmp_path_factory.mktemp("kept"))


def hunted(target: str, count: int = 3) -> Hunt:
    return hunt(f"harness-{target}", 1, 0, count, bounds=SMALL)


@pytest.mark.parametrize(
    ("target", "outcome"),
    [
        ("raises", "exception"),
        ("defect", "exception"),
        ("spins", "time"),
        ("swallows", "memory"),
        ("dies", "crash"),
    ],
)
def test_a_failure_is_seen_once_and_kept(target: str, outcome: str) -> None:
    found = hunted(target)
    assert (found.cases, found.outcomes) == (3, {outcome: 3})
    (failure,) = found.failures
    assert failure.number == 0
    (kept,) = hunting.KEPT.iterdir()
    assert kept.read_bytes() == case_of(find_target(failure.target), 1, 0)
    assert failure.command in str(failure)


def test_who_waits_for_ever_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hunting, "_LOOK_AFTER", 2.0)
    assert hunted("sleeps", 1).outcomes == {"hang": 1}


@pytest.mark.parametrize(("target", "outcome"), [("succeeds", "ok"), ("refuses", "pdf_malformed")])
def test_what_is_allowed_passes(target: str, outcome: str) -> None:
    found = hunted(target)
    assert (found.outcomes, found.failures) == ({outcome: 3}, [])


def test_a_hunt_goes_on_after_a_crash() -> None:
    assert hunted("dies", 5).cases == 5


def digest(name: str) -> str:
    cases = (case_of(find_target(name), 7, number) for number in range(3))
    return hashlib.sha256(pack(cases)).hexdigest()


def test_a_case_is_the_same_in_another_process() -> None:
    """Cases depend neither on what was made before nor on the order of sets."""
    program = "from tests.fuzz.test_harness import *; print(*map(digest, CASES))"
    told = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": "5"},
        check=True,
        capture_output=True,
        text=True,
    ).stdout.split()
    assert dict(zip(CASES, told, strict=True)) == {name: digest(name) for name in reversed(CASES)}


def test_every_target_has_its_share() -> None:
    targets = {t.name for family in ("pdf", "pki", "text") for t in targets_of(family)}
    assert targets == {*CASES, *FOREIGN}


@pytest.mark.parametrize("kind", ["certificates", "cms", "timestamps", "crls", "ocsps", "keys"])
def test_der_comes_back_as_it_was(kind: str) -> None:
    for data in seeds(kind).values():
        assert parse(data).dump() == data


@pytest.mark.parametrize("form", ["table", "stream", "packed", "hybrid"])
@pytest.mark.parametrize("name", ["letter", "form", "object-streams", "linearised", "hybrid"])
def test_a_file_put_together_again_is_read_as_before(name: str, form: str) -> None:
    before = opened(seeds("pdf")[name])
    after = opened(put_together(take_apart(seeds("pdf")[name]), Form(form)))
    assert after.deviations == ()
    assert after.page_count == before.page_count
    assert [field.name for field in after.fields] == [field.name for field in before.fields]


def test_an_update_put_on_top_is_read_as_one() -> None:
    data = seeds("pdf")["form"]
    start = data.rindex(b"xref\n", 0, data.rindex(b"startxref"))
    after = opened(put_together(take_apart(data), Form("stream", previous=start), data))
    assert (after.revisions, after.deviations) == (2, ())


def test_parts_come_apart_as_they_were_packed() -> None:
    parts = (b"", b"a", bytes(300))
    assert unpack(pack(parts)) == parts


def test_shrinking_leaves_what_matters() -> None:
    case = b"x" * 500 + b"needle" + b"y" * 500
    assert reduced(case, lambda data: b"needle" in data) == b"needle"
