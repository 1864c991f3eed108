"""The HTTP service: a factory, so that the server starts it by name and tests hand in services."""

import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any, Final

from fastapi import FastAPI
from fastapi_offline import FastAPIOffline

from antin import __version__
from antin.api.middleware import Edge
from antin.api.problems import MEDIA_TYPE, install
from antin.api.routes import ROUTERS
from antin.flows.services import Services
from antin.infra.messages import DEFAULT

_DESCRIPTION: Final = """\
Signs, seals and files documents so that they and their history stay provable.

Every request under `/v1`, but for the ledger's public checkpoint and proofs, needs an API key
(`Authorization: Bearer …`). Every POST that creates or acts needs an `Idempotency-Key`; repeating
it with the same key gives the same answer. Errors are problem details (RFC 9457) with a stable
`code`.
"""


def create_app(services: Services | None = None, language: str = DEFAULT) -> FastAPI:
    """Return the application; without ``services`` it wires its own from ``ANTIN_DATA_DIR``."""
    # The page under /docs brings its own scripts: nothing is fetched from anywhere.
    app = FastAPIOffline(
        title="Antin",
        version=__version__,
        description=_DESCRIPTION,
        lifespan=None if services else _wired,
        docs_url="/docs",
        redoc_url=None,
    )
    app.state.services = services
    app.state.language = language
    for router in ROUTERS:
        app.include_router(router)
    install(app)
    # The hook that FastAPI documents for this; what it returns is made once and kept.
    app.openapi = partial(_described, app.openapi)  # type: ignore[method-assign]
    debug = os.environ.get("ANTIN_DEBUG")
    app.add_middleware(Edge, debug_log=Path(debug) if debug else None)
    return app


def _described(described_by_routes: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """Return the OpenAPI description with problems under the media type that they are sent in."""
    described = described_by_routes()
    for path in described["paths"].values():
        for operation in path.values():
            content = operation["responses"].get("default", {}).get("content", {})
            # FastAPI lists a model under the media type of what a route answers when all is well.
            for usual in set(content) - {MEDIA_TYPE}:
                content[MEDIA_TYPE] = content.pop(usual)
    return described


@asynccontextmanager
async def _wired(app: FastAPI) -> AsyncIterator[None]:
    """Wire services when the process starts and close them when it ends."""
    from antin.flows.audit import checkpoint_soon
    from antin.infra.settings import load_settings
    from antin.infra.wiring import open_services

    settings = load_settings()
    app.state.language = settings.language
    with open_services(settings, service=True) as services:
        app.state.services = services
        yield
        # What nobody signed for yet could be taken away unseen for as long as nothing runs.
        checkpoint_soon(services)
