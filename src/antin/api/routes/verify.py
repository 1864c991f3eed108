"""``POST /v1/verify``: a file in, a report out."""

from fastapi import APIRouter, Response

from antin.api.auth import Known
from antin.api.problems import PROBLEMS
from antin.api.uploads import Uploaded, multipart
from antin.api.values import moment
from antin.core.bytesource import FileSource
from antin.flows.verify import verify_source
from antin.verifier.writers.json import to_json

router = APIRouter(prefix="/v1", tags=["verify"], responses=PROBLEMS)


@router.post(
    "/verify",
    summary="Verify a signed file",
    response_class=Response,
    responses={200: {"content": {"application/json": {}}, "description": "antin-report/1"}},
    openapi_extra=multipart({"at": "Validation time, ISO 8601 (default: now)"}),
)
def verify(known: Known, uploaded: Uploaded) -> Response:
    """Return the report, UNREADABLE included; nothing is kept."""
    at = moment(uploaded.fields.get("at"))
    with FileSource(uploaded.path) as source:
        report = verify_source(known.services, source, uploaded.file_name, at)
    return Response(to_json(report), media_type="application/json")
