"""``POST /v1/verify``: a file in, a report out; or a signature and what it is said to sign."""

from contextlib import ExitStack
from typing import Final

from fastapi import APIRouter, Request, Response

from antin.api.auth import Known
from antin.api.problems import PROBLEMS
from antin.api.report_forms import FORMS, answer
from antin.api.uploads import ToVerify, Verifiable, multipart_to_verify
from antin.api.values import moment
from antin.core.bytesource import FileSource
from antin.core.digests import new_digest
from antin.core.errors import UsageError
from antin.flows.verify import verify_file
from antin.verifier.detached import Content, ContentDigest, Given
from antin.verifier.policy import SHIPPED, shipped_policy

router = APIRouter(prefix="/v1", tags=["verify"], responses=PROBLEMS)

_ANSWER = "antin-report/1, or by Accept: a web page, a PDF, ETSI TS 119 102-2 XML"
_DIGESTS: Final = ("sha256", "sha384", "sha512", "sha3_256", "sha3_384", "sha3_512", "sha1")
_FIELDS: Final = {
    "at": "Validation time, ISO 8601 (default: now)",
    "policy": f"One of {', '.join(SHIPPED)} (default: the service's own)",
    "digest": "In place of the file that the part signature signs: sha256:… in hex",
}


@router.post(
    "/verify",
    summary="Verify a signed file, or a CMS signature over a file or a digest",
    response_class=Response,
    responses={200: {"content": {form: {} for form in FORMS}, "description": _ANSWER}},
    openapi_extra=multipart_to_verify(_FIELDS),
)
def verify(known: Known, sent: Verifiable, request: Request) -> Response:
    """Return the report, UNREADABLE included; nothing is kept."""
    at = moment(sent.fields.get("at"))
    named = sent.fields.get("policy")
    policy = None if named is None else shipped_policy(named)
    with ExitStack() as opened:
        content = _content(sent, opened)
        judged = sent.signature or sent.file
        if judged is None:
            raise UsageError("request_invalid", detail="the form has no file")
        source = opened.enter_context(FileSource(judged.path))
        report = verify_file(known.services, source, judged.name, at, policy, content)
    return answer(report, request)


def _content(sent: ToVerify, opened: ExitStack) -> Given:
    """Return what the part ``signature`` is said to sign; None: it, or the file, says so itself."""
    given = sent.fields.get("digest")
    if given is not None:
        if sent.signature is None or sent.file is not None:
            raise UsageError("request_invalid", detail="a digest goes with a signature alone")
        return _digest(given)
    if sent.signature is None or sent.file is None:
        return None
    return Content(sent.file.name, opened.enter_context(FileSource(sent.file.path)))


def _digest(text: str) -> ContentDigest:
    algorithm, _, digits = text.partition(":")
    try:
        value = bytes.fromhex(digits)
    except ValueError:
        value = b""
    if algorithm not in _DIGESTS or len(value) != len(new_digest(algorithm).digest()):
        known = ", ".join(_DIGESTS)
        detail = f"a digest is its algorithm ({known}), a colon and hex digits"
        raise UsageError("request_invalid", detail=detail)
    return ContentDigest(algorithm, value)
