"""Logs: one JSON object a line on stderr, the same for us and for the libraries we run on."""

import json
import logging
import sys

import structlog
from structlog.typing import EventDict, Processor


def configure_logs() -> None:
    """Send structlog's events to stderr as JSON lines; libraries speak from warnings up."""
    stamp = structlog.processors.TimeStamper(fmt="iso", utc=True)
    _configure_events(logging.INFO, stamp, structlog.processors.JSONRenderer(ensure_ascii=False))
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_OneLine())
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)


def warn_on_stderr() -> None:
    """Keep events off a command's stdout: from warnings up a line each on stderr, for people.

    Where a service has set up its logs, they stay as they are.
    """
    if not structlog.is_configured():
        _configure_events(logging.WARNING, _line)


def _configure_events(level: int, *shape: Processor) -> None:
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            *shape,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        # Looked up at each event: whoever redirects stderr gets what comes after.
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),
        cache_logger_on_first_use=False,
    )


def _line(_logger: object, _method: str, event: EventDict) -> str:
    """Return ``warning: name: key "value", …``; values as JSON, which keeps them on the line."""
    level, name = event.pop("level"), event.pop("event")
    told = ", ".join(f"{key} {json.dumps(value)}" for key, value in event.items())
    return f"{level}: {name}: {told}"


class _OneLine(logging.Formatter):
    """A library's message as JSON, without its traceback: that may show what must not be seen."""

    def format(self, record: logging.LogRecord) -> str:
        render = structlog.processors.JSONRenderer(ensure_ascii=False)
        kind = record.exc_info[0].__name__ if record.exc_info and record.exc_info[0] else None
        event = {
            "event": record.getMessage().splitlines()[0] if record.getMessage() else "",
            "logger": record.name,
            "level": record.levelname.lower(),
            "kind": kind,
        }
        return str(render(None, "", event))
