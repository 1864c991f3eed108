"""``antin sign`` on many files: a list of names, two processes, a state to go on from."""

import shutil
from pathlib import Path

import pytest

from tests.e2e.installation import Office, make_office
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
