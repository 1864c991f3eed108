"""The command ``antin``: one module a command group, each importing what is heavy when it runs."""

import resource
import sys
from collections.abc import Sequence

import typer

from antin.cli.failures import INTERRUPTED, complain, complain_of_defect, was_interrupted
from antin.cli.texts import _
from antin.core.errors import AntinError, UsageError


def build_app() -> typer.Typer:
    """Return the program with all its commands."""
    from antin.cli import (
        administration,
        augment,
        credential,
        database,
        extract,
        fsck,
        init,
        ledger,
        seal,
        serve,
        sign,
        status,
        task,
        verify,
        version,
        worker,
    )

    app = typer.Typer(
        help=_("Signs, seals and files documents so that they and their history stay provable."),
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
    )
    version.register(app)
    groups = (init, serve, worker, status, sign, seal, augment, verify, extract, ledger, fsck)
    for group in (*groups, database, credential, administration, task):
        group.register(app)
    return app


def main(arguments: Sequence[str]) -> int:
    """Run one command and return its exit code (README.md, "Commands")."""
    try:
        outcome = build_app()(args=list(arguments), prog_name="antin", standalone_mode=False)
    except AntinError as error:
        return INTERRUPTED if was_interrupted(error) else complain(error)
    except typer.TyperException as error:
        return complain(UsageError("usage", detail=_message(error)))
    except (typer.Abort, KeyboardInterrupt):
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever reads our output has enough of it; that is no failure of ours.
        sys.stderr.close()
        return 0
    except Exception as error:  # noqa: BLE001 — the last line of defence: never a traceback
        return INTERRUPTED if was_interrupted(error) else complain_of_defect(error)
    return outcome if isinstance(outcome, int) else 0


def _message(error: typer.TyperException) -> str:
    """Return what is wrong with the call, and where to read how it goes."""
    # "Invalid value: " and "Value error, " are typer's words; a sentence of ours needs none.
    told = error.format_message().replace("Value error, ", "").removeprefix("Invalid value: ")
    context = getattr(error, "ctx", None)
    return f"{told} ({context.command_path} --help)" if context is not None else told


def run() -> None:
    """Entry point of the installed program."""
    # A core file would hold what is in memory: documents, API keys, a PIN that was just typed.
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    sys.exit(main(sys.argv[1:]))
