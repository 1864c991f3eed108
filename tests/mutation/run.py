"""Make the mutants of a group in a folder of its own, try them, and judge what lives.

mutmut makes them; the repository's settings stay free of it. They are tried by processes that are
forked from one that has imported the tests (``plugins/forked``): mutmut's own way of doing so would
take hours for the analysis of changes.
"""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import Final

from tests.mutation.explained import Judgement, judge, load
from tests.mutation.groups import GROUPS, ROOT, Group
from tests.mutation.mutants import Mutant, Notes, fate_of, mutants_of, notes_on
from tests.mutation.progress import Progress
from tests.mutation.zygote import PATIENCE, PLUGINS, RunError, environment, tried

PLACE: Final = ROOT / "build" / "mutation"
_PARTS: Final = ("src", "tests", "devpki", "benchmarks", "examples", "scripts", "docs")


def run_group(
    name: str, children: int = 1, *, again: bool = False, only: tuple[str, ...] = ()
) -> Judgement:
    """Mutate the files of group ``name``, try its tests on each mutant, and judge what lives.

    ``again``: only those that lived at the last run, or that it did not come to.
    ``only``: those of these modules and functions (``steps``, ``steps.Step.take``); the others
    are left as they were, and are not judged.
    Raises ``RunError``, for instance if a test fails without any mutant.
    """
    group, room = GROUPS[name], PLACE / name
    if not again and not only:
        shutil.rmtree(room, ignore_errors=True)
    furnish(room, group)
    make_mutants(room, children)
    chosen = [one for one in fates(group, room) if _is_of(one, only)]
    if not chosen:
        raise RunError(f"there are no mutants of {', '.join(only) or name}")
    try_mutants(room, group, [one for one in chosen if one.owed or not again], children)
    names = {one.name for one in chosen}
    ended = [one for one in fates(group, room) if one.name in names]
    functions = {one.function for one in ended}
    known = load().get(name, ())
    return judge(ended, tuple(one for one in known if not only or one.function in functions))


def _is_of(mutant: Mutant, only: tuple[str, ...]) -> bool:
    return not only or any(mutant.is_of(part) for part in only)


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
        "track_dependencies": False,
    }
    own = "".join(f"{key} = {_toml(value)}\n" for key, value in settings.items())
    text = (root / "pyproject.toml").read_text()
    (room / "pyproject.toml").write_text(f"{text}\n[tool.mutmut]\n{own}")


def _toml(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else repr(value)


def make_mutants(room: Path, processes: int = 1) -> None:
    """Let mutmut write the mutants of what has changed since the last time.

    What was known of those of functions that have not changed is kept.
    """
    _drop_what_is_old(room)
    done = subprocess.run(
        [sys.executable, PLUGINS / "make_mutants.py", str(processes)],
        cwd=room,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise RunError(f"mutmut could not make mutants:\n{done.stdout}{done.stderr}")


def _drop_what_is_old(room: Path) -> None:
    """Have everything copied again that mutmut does not mutate."""
    for part in _PARTS[1:]:
        shutil.rmtree(room / "mutants" / part, ignore_errors=True)
    for path in (room / "mutants" / "src").rglob("*.*"):
        if path.suffix not in {".py", ".meta", ".spans"} and path.is_file():
            path.unlink()


def try_mutants(
    room: Path,
    group: Group,
    mutants: Iterable[Mutant],
    children: int = 1,
    *,
    patience: float = PATIENCE,
) -> None:
    """Try ``mutants``, and write down how they end, each at once; mere words need no trial.

    Raises ``RunError``.
    """
    due = [one.name for one in mutants if not one.words_only]
    if not due:
        return
    notes = Notes((room / "mutants").rglob("*.meta"))
    notes.forget(due)
    progress = Progress(len(due))
    events = tried(room, group.tests, due, children, patience=patience)
    with (room / "happened.txt").open("a") as happened, closing(events):
        for event in events:
            print(json.dumps(event), file=happened, flush=True)
            _take(event, notes, progress)


def _take(event: dict[str, object], notes: Notes, progress: Progress) -> None:
    match event:
        case {"tests": int(tests), "of": int(number)}:
            progress.learned(tests, number)
        case {"fails": test, "text": text}:
            raise RunError(f"without any mutant, {test} fails:\n{text}")
        case {"mutant": str(name), "code": int(code), "seconds": float(seconds)}:
            notes.write(name, code, seconds)
            progress.tried(fate_of(code))


def fates(group: Group, room: Path, root: Path = ROOT) -> list[Mutant]:
    """Return all mutants of ``group`` that mutmut made in ``room``."""
    paths = (path.relative_to(root) for path in group.sources(root))
    made = [path for path in paths if notes_on(room, path).exists()]
    return [mutant for path in made for mutant in mutants_of(room, path)]
