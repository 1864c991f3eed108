"""Logs: one JSON object a line on stderr, the same for us and for the libraries we run on."""

import logging
import sys

import structlog


def configure_logs() -> None:
    """Send structlog's events to stderr as JSON lines; libraries speak from warnings up."""
    _configure_events(logging.INFO)
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_OneLine())
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)


def events_to_stderr() -> None:
    """Keep structlog's events off a command's stdout, where no service has set them up."""
    if not structlog.is_configured():
        _configure_events(logging.WARNING)


def _configure_events(level: int) -> None:
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        # Looked up at each event: whoever redirects stderr gets what comes after.
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),
        cache_logger_on_first_use=False,
    )


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
