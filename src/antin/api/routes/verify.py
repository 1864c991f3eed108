"""``POST /v1/verify``: a file in, a report out."""

from fastapi import APIRouter, Request, Response

from antin.api.auth import Known
from antin.api.problems import PROBLEMS
from antin.api.report_forms import FORMS, answer
from antin.api.uploads import Uploaded, multipart
from antin.api.values import moment
from antin.core.bytesource import FileSource
from antin.flows.verify import verify_source
from antin.verifier.policy import SHIPPED, shipped_policy

router = APIRouter(prefix="/v1", tags=["verify"], responses=PROBLEMS)

_ANSWER = "antin-report/1, or by Accept: a web page, a PDF, ETSI TS 119 102-2 XML"


@router.post(
    "/verify",
    summary="Verify a signed file",
    response_class=Response,
    responses={200: {"content": {form: {} for form in FORMS}, "description": _ANSWER}},
    openapi_extra=multipart(
        {
            "at": "Validation time, ISO 8601 (default: now)",
            "policy": f"One of {', '.join(SHIPPED)} (default: the service's own)",
        }
    ),
)
def verify(known: Known, uploaded: Uploaded, request: Request) -> Response:
    """Return the report, UNREADABLE included; nothing is kept."""
    at = moment(uploaded.fields.get("at"))
    named = uploaded.fields.get("policy")
    policy = None if named is None else shipped_policy(named)
    with FileSource(uploaded.path) as source:
        report = verify_source(known.services, source, uploaded.file_name, at, policy)
    return answer(report, request)
