"""Logs: one JSON object a line on stderr, the same for us and for the libraries we run on."""

import logging
import sys

import structlog


def configure_logs() -> None:
    """Send structlog's events to stderr as JSON lines; libraries speak from warnings up."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        # Looked up at each event: whoever redirects stderr gets what comes after.
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_OneLine())
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)


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
