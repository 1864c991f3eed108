"""Run mutmut on one group, in a folder of its own: the repository's settings stay free of it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

from tests.mutation.explained import Judgement, judge, load
from tests.mutation.groups import GROUPS, ROOT, Group
from tests.mutation.mutants import MARK, Mutant, base_of, forget_the_living, mutants_of, notes_on

_PLUGINS: Final = Path(__file__).with_name("plugins")
PLACE: Final = ROOT / "build" / "mutation"
_PARTS: Final = ("src", "tests", "devpki", "benchmarks", "examples", "scripts", "docs")
_OWN: Final = ("PYTEST", "COV", "ANTIN_")
_PYTEST: Final = (
    *("-p", "no:randomly", "-p", "no:xdist", "-p", "no:cacheprovider", "-o", "addopts="),
    *("-p", "noticed_first"),
)


def run_group(
    name: str, children: int = 1, *, again: bool = False, only: tuple[str, ...] = ()
) -> Judgement:
    """Mutate the files of group ``name``, run its tests on each mutant, and judge what lives.

    ``again``: only those that lived at the last run, which is quick after a test was added.
    ``only``: those of these modules and functions (``steps``, ``steps.Step.take``); the others
    are not judged.
    """
    group, room = GROUPS[name], PLACE / name
    if not again:
        shutil.rmtree(room, ignore_errors=True)
    furnish(room, group)
    for notes in _notes(group, room):
        forget_the_living(notes)
    _drop_what_is_old(room)
    mutate(room, children, tuple(pattern_of(one) for one in only))
    mutants = [one for one in fates(group, room) if _is_among(one.function, only)]
    explained = [one for one in load().get(name, ()) if _is_among(one.function, only)]
    return judge(mutants, tuple(explained))


def _is_among(function: str, only: tuple[str, ...]) -> bool:
    return not only or any(f".{one}." in f".{function}." for one in only)


def pattern_of(part: str) -> str:
    """Return what fits the names that mutmut gives mutants of ``part``."""
    module, _, function = part.partition(".")
    return f"*.{module}.{base_of(function)}{MARK}*" if function else f"*.{module}.x*"


def furnish(room: Path, group: Group, root: Path = ROOT) -> None:
    """Make ``room`` look like the repository, with settings for mutmut."""
    room.mkdir(parents=True, exist_ok=True)
    for part in _PARTS:
        if (root / part).exists() and not (room / part).exists():
            (room / part).symlink_to(root / part)
    settings = {
        "source_paths": ["src"],
        "only_mutate": [str(path.relative_to(root)) for path in group.sources(root)],
        "also_copy": [part for part in _PARTS if part != "src"],
        "pytest_add_cli_args": list(_PYTEST),
        "pytest_add_cli_args_test_selection": list(group.tests),
        # Tests are imported once, not for each mutant.
        "process_isolation": "forkserver",
        "use_git_change_detection": False,
        "track_dependencies": False,
    }
    own = "".join(f"{key} = {_toml(value)}\n" for key, value in settings.items())
    text = (root / "pyproject.toml").read_text()
    (room / "pyproject.toml").write_text(f"{text}\n[tool.mutmut]\n{own}")


def _toml(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else repr(value)


def mutate(room: Path, children: int, patterns: tuple[str, ...] = ()) -> None:
    """Let mutmut make mutants in ``room``, and run those of them that it has not run yet.

    With ``patterns``, those whose names fit one, run or not.
    """
    program = Path(sys.executable).with_name("mutmut")
    # What pytest, make or a person set for themselves is not for the runs inside.
    kept = {
        key: value for key, value in os.environ.items() if not key.startswith(("PYTEST", "COV"))
    }
    log = room / "mutmut.log"
    with log.open("w") as out:
        done = subprocess.run(
            [program, "run", "--max-children", str(children), *patterns],
            cwd=room,
            env={**kept, "PYTHONPATH": str(_PLUGINS)},
            stdout=out,
            stderr=subprocess.STDOUT,
            check=False,
        )
    if done.returncode != 0:
        sys.exit(f"mutmut failed ({done.returncode}): {log}\n{log.read_text()[-2000:]}")


def fates(group: Group, room: Path, root: Path = ROOT) -> list[Mutant]:
    """Return all mutants of ``group`` that mutmut made in ``room``."""
    paths = (path.relative_to(root) for path in group.sources(root))
    made = [path for path in paths if notes_on(room, path).exists()]
    return [mutant for path in made for mutant in mutants_of(room, path)]


def _notes(group: Group, room: Path) -> list[Path]:
    notes = (notes_on(room, path.relative_to(ROOT)) for path in group.sources())
    return [path for path in notes if path.exists()]


def _drop_what_is_old(room: Path) -> None:
    """Have data files copied again, and the tests that meet a function found again."""
    (room / "mutants" / "mutmut-stats.json").unlink(missing_ok=True)
    for path in (room / "mutants" / "src").rglob("*.*"):
        if path.suffix not in {".py", ".meta", ".spans"} and path.is_file():
            path.unlink()
