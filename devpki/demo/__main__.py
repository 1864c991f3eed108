"""``python -m devpki.demo``: run the demo into a folder, or say why it did not work."""

import argparse
import os
import shutil
import signal
import sys
from pathlib import Path
from types import FrameType
from typing import Final

from devpki.demo.office import Office
from devpki.demo.play import play
from devpki.demo.recorder import DemoError, Recorder
from devpki.demo.screen import Screen
from devpki.demo.words import Language

_MARK: Final = ".antin-demo"
"""Stands in a folder that a demo made; only such a folder is ever replaced."""


def fresh_folder(folder: Path) -> Path:
    """Return ``folder``, empty and marked as ours; ``SystemExit`` if it is somebody else's."""
    folder = folder.resolve()
    try:
        if (folder / _MARK).is_file():
            shutil.rmtree(folder)
        elif folder.exists() and not (folder.is_dir() and not any(folder.iterdir())):
            raise SystemExit(f"demo: {folder} exists and is no demo's folder; choose another DIR")
        folder.mkdir(parents=True, exist_ok=True)
        (folder / _MARK).touch()
    except OSError as error:
        raise SystemExit(f"demo: {folder} cannot be used: {error.strerror}") from error
    return folder


def chosen_language(wanted: str | None) -> Language:
    """Return the language asked for, or the terminal's; English is the other one."""
    spoken = wanted or os.environ.get("LC_ALL") or os.environ.get("LANG") or ""
    return "vi" if spoken.lower().startswith("vi") else "en"


def main() -> int:
    """Run the demo; 0 when every step ended as it has to."""
    parser = argparse.ArgumentParser(prog="make demo", description=__doc__)
    parser.add_argument("--dir", type=Path, default=Path("build/demo"), help="output folder")
    parser.add_argument("--lang", choices=("vi", "en"), help="default: the terminal's")
    parser.add_argument("--verbose", action="store_true", help="show every command")
    chosen = parser.parse_args()
    screen = Screen(chosen_language(chosen.lang), verbose=chosen.verbose)
    folder = fresh_folder(chosen.dir)
    recorder = Recorder(folder, screen.command)
    office = Office(recorder, folder)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    found: dict[str, str] = {}
    try:
        found = play(office, screen)
    except DemoError as error:
        print(f"demo: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("demo: interrupted", file=sys.stderr)
        return 130
    finally:
        # Who presses Ctrl-C again must not keep the servers from being stopped.
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        office.stop()
        recorder.write_summary({"seconds": screen.times, "found": found})
    screen.tables(chosen.dir, found)
    return 0


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
