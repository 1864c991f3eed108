"""``POST /v1/verify``: a file in, a report out; or a signature and what it is said to sign."""

from asyncio import wrap_future
from contextlib import ExitStack
from typing import Final

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from antin.api.auth import Known
from antin.api.problems import PROBLEMS
from antin.api.report_forms import FORMS, Wanted, answer, wanted
from antin.api.uploads import ToVerify, Verifiable, multipart_to_verify
from antin.api.values import moment
from antin.core.bytesource import FileSource
from antin.core.digests import new_digest
from antin.core.errors import UsageError
from antin.flows.judges import Asked
from antin.flows.services import Services
from antin.flows.verify import verify_file
from antin.infra.report_forms import Form, written
from antin.verifier.policy import SHIPPED, shipped_policy
from antin.verifier.signed_content import Content, ContentDigest, Given

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
async def verify(known: Known, sent: Verifiable, request: Request) -> Response:
    """Return the report, UNREADABLE included; nothing is kept.

    While a worker process judges, no thread of this one waits for it.
    """
    how = wanted(request)
    asked = _asked(known.services, sent, how)
    if known.services.judges is None:
        return answer(await run_in_threadpool(_judged_here, known.services, asked), how)
    return answer(await wrap_future(known.services.judges.judge(asked)), how)


def _asked(services: Services, sent: ToVerify, how: Wanted) -> Asked:
    """Return what is asked. Errors: ``request_invalid``, ``field_invalid``, of policies."""
    at = moment(sent.fields.get("at"))
    named = sent.fields.get("policy")
    policy = services.policy if named is None else shipped_policy(named)
    given = sent.fields.get("digest")
    if given is not None and (sent.signature is None or sent.file is not None):
        raise UsageError("request_invalid", detail="a digest goes with a signature alone")
    judged = sent.signature or sent.file
    if judged is None:
        raise UsageError("request_invalid", detail="the form has no file")
    content = sent.file if sent.signature is not None else None
    return Asked(
        path=judged.path,
        name=judged.name,
        size=sum(one.path.stat().st_size for one in (judged, content) if one is not None),
        at=at or services.clock.now(),
        policy=policy,
        form=how.form,
        language=how.language,
        content=None if content is None else content.path,
        content_name="" if content is None else content.name,
        digest=None if given is None else _digest(given),
    )


def _judged_here(services: Services, asked: Asked) -> bytes:
    with ExitStack() as opened:
        content: Given = asked.digest
        if asked.content is not None:
            bytes_of_it = opened.enter_context(FileSource(asked.content))
            content = Content(asked.content_name, bytes_of_it)
        source = opened.enter_context(FileSource(asked.path))
        report = verify_file(services, source, asked.name, asked.at, asked.policy, content)
    return written(report, Form(asked.form), asked.language)


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
