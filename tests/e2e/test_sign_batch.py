"""``antin sign`` on many files: a list of names, two processes, a state to go on from."""

import shutil
import sys
from pathlib import Path

import pytest

from tests.e2e.installation import Office, make_office
from tests.terminal import Terminal
from tests.trustworld import TrustWorld

pytestmark = pytest.mark.real("softhsm")
LETTER = Path(__file__).parents[2] / "examples" / "letter.pdf"


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory, trust_world: TrustWorld) -> Office:
    return make_office(tmp_path_factory.mktemp("office"), trust_world)


def test_a_list_of_files_is_signed_once(office: Office, tmp_path: Path) -> None:
    names = [tmp_path / f"{number}.pdf" for number in range(5)]
    for name in names:
        shutil.copy(LETTER, name)
    names[3].write_bytes(b"no PDF")
    listed = tmp_path / "list"
    listed.write_text("".join(f"{name}\n" for name in names))
    out, state = tmp_path / "out", tmp_path / "state"
    command: list[str | Path] = [
        "sign",
        "--files-from",
        listed,
        "-o",
        out,
        "--credential",
        "officer-1",
    ]
    command += ["--jobs", "2", "--resume", state]
    done = office.antin(*command)
    assert done.code == 5, done.err
    assert [line.split(": ")[0] for line in done.out.splitlines()[:-1]] == [str(n) for n in names]
    assert "4 of 5" in done.out
    made = {path.name: path.read_bytes() for path in out.iterdir()}
    assert set(made) == {"0.pdf", "1.pdf", "2.pdf", "4.pdf"}
    again = office.antin(*command)
    assert again.code == 5, again.err
    assert "4 of them known" in again.err
    assert {path.name: path.read_bytes() for path in out.iterdir()} == made
    otherwise = office.antin(*command, "--reason", "another one")
    assert (otherwise.code, otherwise.error) == (1, "state_of_another_run")


ASKED = "PIN of token officer-1: "


@pytest.fixture(scope="module")
def asking(office: Office) -> Office:
    """An office with a credential whose PIN is typed."""
    added = office.antin("credential", "add", "typed", "--token", "officer-1")
    assert added.code == 0, added.err
    return office


def at_terminal(office: Office, folder: Path, jobs: int) -> Terminal:
    """Begin to sign three files into ``folder/out``."""
    names = [folder / f"{number}.pdf" for number in range(3)]
    for name in names:
        shutil.copy(LETTER, name)
    signing = ["sign", *names, "-o", folder / "out", "--credential", "typed", "--jobs", jobs]
    command = [sys.executable, "-m", "antin.cli", *map(str, signing)]
    return Terminal(command, office.environment())


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_typed_pin_is_asked_for_once(asking: Office, tmp_path: Path, jobs: int) -> None:
    pin = asking.world.pin("officer-1")
    terminal = at_terminal(asking, tmp_path, jobs)
    terminal.answer(ASKED, pin)
    code = terminal.end()
    assert code == 0, terminal.shown
    assert "3 of 3" in terminal.shown
    assert terminal.shown.count(ASKED) == 1
    assert pin not in terminal.shown
    made = sorted((tmp_path / "out").iterdir())
    assert [path.name for path in made] == ["0.pdf", "1.pdf", "2.pdf"]
    for path in made:
        assert asking.antin("verify", path).code == 0


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_wrong_pin_that_was_typed_is_tried_once(
    asking: Office, tmp_path: Path, jobs: int
) -> None:
    terminal = at_terminal(asking, tmp_path, jobs)
    terminal.answer(ASKED, "00000000")
    code = terminal.end()
    assert (code, terminal.shown.count(ASKED)) == (1, 1), terminal.shown
    assert terminal.shown.count("antin: pin_incorrect") == 1
    assert not (tmp_path / "out").exists()
