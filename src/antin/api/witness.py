"""A witness over HTTP (c2sp.org/tlog-witness): one address, ``POST /add-checkpoint``.

An application of its own, apart from the service: it runs where the service does not.
"""

import asyncio
import os
import time
from pathlib import Path
from typing import Final

import structlog
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from antin.core.errors import AntinError, DefectError, InputError
from antin.infra.ledger.witness_folder import WitnessFolder, open_witness, read_passphrase
from antin.ledger.checkpoints.witness import MAX_SUBMISSION_BYTES

_FOLDER: Final = "ANTIN_WITNESS_DIR"
_OPENED_BY: Final = "ANTIN_WITNESS_PASSPHRASE_FILE"
"""Which file holds the passphrase of the key; never the passphrase."""
BODY_SECONDS: Final = 5.0
_STATUS: Final = {
    "submission_malformed": 400,
    "checkpoint_malformed": 400,
    "note_signature_invalid": 403,
    "log_not_followed": 404,
    "witness_size_differs": 409,
    "proof_wrong": 422,
    "storage_full": 503,
}
_log: Final = structlog.get_logger("antin.witness")


def create_app() -> Starlette:
    """Return the application of the witness that the environment names, for a server."""
    secret = os.environ.get(_OPENED_BY)
    return witness_app(open_witness(Path(os.environ[_FOLDER]), read_passphrase(secret)))


def witness_app(witness: WitnessFolder) -> Starlette:
    """Return the application of ``witness``."""

    async def add_checkpoint(request: Request) -> Response:
        try:
            body = await asyncio.wait_for(_body(request), BODY_SECONDS)
            line = await run_in_threadpool(witness.add_checkpoint, body, int(time.time()))
        except (TimeoutError, ClientDisconnect):
            return Response("the request did not come in time\n", 408, media_type="text/plain")
        except AntinError as error:
            return _refusal(error)
        except Exception as error:  # noqa: BLE001 — whatever it was, strangers get no internals
            _log.error("defect", kind=type(error).__name__)
            return _refusal(DefectError("defect", detail=type(error).__name__))
        return Response(line, media_type="text/plain; charset=utf-8")

    return Starlette(routes=[Route("/add-checkpoint", add_checkpoint, methods=["POST"])])


async def _body(request: Request) -> bytes:
    """Return the body, read no further than a submission may go."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_SUBMISSION_BYTES:
            raise InputError(
                "submission_malformed", detail=f"it has more than {MAX_SUBMISSION_BYTES} bytes"
            )
    return bytes(body)


def _refusal(error: AntinError) -> Response:
    status = _STATUS.get(error.code, 500)
    if status == 409:
        return Response(f"{error.values['size']}\n", 409, {"Content-Type": "text/x.tlog.size"})
    _log.info("refused", code=error.code, status=status)
    return Response(f"{error}\n", status, media_type="text/plain; charset=utf-8")
