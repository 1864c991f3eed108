"""The routes of ``/v1``, one module a resource."""

from fastapi import APIRouter

from antin.api.routes import (
    administration,
    catalogues,
    documents,
    health,
    jobs,
    ledger,
    records,
    signing_tasks,
    verify,
)

ROUTERS: tuple[APIRouter, ...] = (
    verify.router,
    documents.router,
    signing_tasks.router,
    records.router,
    catalogues.router,
    jobs.router,
    ledger.router,
    administration.router,
    health.router,
)

__all__ = ["ROUTERS"]
