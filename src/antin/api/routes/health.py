"""``/health``: for whoever watches over the process."""

from fastapi import APIRouter

from antin.api.answers import Health
from antin.api.auth import Wired
from antin.api.problems import PROBLEMS
from antin.core.canonical import JsonObject

router = APIRouter(prefix="/health", tags=["health"], responses=PROBLEMS)


@router.get("/live", response_model=Health, summary="The process lives")
def live() -> JsonObject:
    """Answer, which is all that this asks."""
    return {"status": "live"}


@router.get("/ready", response_model=Health, summary="The service can work")
def ready(services: Wired) -> JsonObject:
    """Answer once the database does."""
    services.work.read(lambda stores: stores.ledger.size())
    return {"status": "ready"}
