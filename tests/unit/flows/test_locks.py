"""Certifying and locking from the command line."""

from pathlib import Path

import pytest

from antin.cli import local
from antin.cli.main import main
from antin.core.bytesource import FileSource
from antin.core.clock import SystemClock
from antin.core.errors import AntinError
from antin.flows.locks import read_lock
from antin.flows.loose import Surroundings
from antin.pdf.document import open_pdf
from antin.pdf.restrictions import FieldLock
from antin.verifier.policy import default_policy
from tests.pdfs import form_letter
from tests.trustworld import TrustWorld


@pytest.mark.parametrize(
    ("word", "action", "fields"),
    [
        ("all", "All", set[str]()),
        ("all,", "Include", {"all"}),
        ("a, Phòng.Ký ,", "Include", {"a", "Phòng.Ký"}),
        ("except:a,b", "Exclude", {"a", "b"}),
    ],
)
def test_words_for_locks(word: str, action: str, fields: set[str]) -> None:
    assert read_lock(word) == FieldLock(action, frozenset(fields))
    assert read_lock(None) is None


@pytest.mark.parametrize("word", ["", ",", "except:", "except: ,"])
def test_a_lock_of_nothing_is_no_lock(word: str) -> None:
    with pytest.raises(AntinError) as caught:
        read_lock(word)
    assert caught.value.code == "request_invalid"


def test_the_options_reach_the_file(
    tmp_path: Path, trust_world: TrustWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    around = Surroundings(trust_world.trust(crls=True), default_policy(), SystemClock())
    monkeypatch.setattr(local, "surroundings", lambda _: around)
    monkeypatch.setattr(local, "signing_key", lambda *_: trust_world.officer_a)
    source, target = tmp_path / "in.pdf", tmp_path / "out.pdf"
    source.write_bytes(form_letter())
    command = ["sign", str(source), "-o", str(target), "--credential", "x"]
    rules = ["--certify", "form-filling", "--lock", "except:name"]
    assert main([*command, *rules]) == 0
    with FileSource(target) as made:
        (signature,) = open_pdf(made).signatures
    assert signature.restrictions.permission == 2
    assert signature.restrictions.locks == (FieldLock("Exclude", frozenset({"name"})),)
