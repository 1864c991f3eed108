"""The JSON Schema of the report (``antin verify --schema``)."""

import json
from typing import Any, Final

from antin.verifier.report import ChangeLevel, Check, Conclusion, Indication, Severity
from antin.verifier.writers.json import SCHEMA

_TEXT: Final = {"type": "string"}
_BOOLEAN: Final = {"type": "boolean"}
_TIME: Final = {"type": "string", "format": "date-time"}
_DIGEST: Final = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
_HEX: Final = {"type": "string", "pattern": "^([0-9a-f]{2})+$"}
_COUNT: Final = {"type": "integer", "minimum": 0}
_NUMBER: Final = {"type": "integer", "minimum": 1}


def report_schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of one report; further keys may be added to it."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:{SCHEMA}",
        "title": "Antin verification report",
        **_report(),
        "$defs": {
            "finding": _finding(),
            "pictures": _pictures(),
            "picture": _picture(),
            "certificate": _certificate(),
            "revocation": _revocation(),
            "check": _check(),
            "timestamp": _timestamp(),
            "signature": _signature(),
        },
    }


def schema_text() -> str:
    """Return the schema as indented JSON."""
    return json.dumps(report_schema(), indent=2)


def _report() -> dict[str, Any]:
    return _object(
        schema={"const": SCHEMA},
        file=_TEXT,
        sha256={"type": "string", "pattern": "^([0-9a-f]{64})?$"},
        size=_COUNT,
        checked_at=_TIME,
        policy=_object(id=_TEXT, sha256=_DIGEST),
        conclusion=_one_of(Conclusion),
        error=_or_null(_object(code=_TEXT, detail=_TEXT, offset=_or_null(_COUNT))),
        findings=_list("finding"),
        signatures=_list("signature"),
        revisions=_or_null(_NUMBER),
        container={"enum": ["pdf", "cms"]},
        content=_or_null(
            _object(
                file=_or_null(_TEXT),
                sha256=_or_null(_DIGEST),
                size=_or_null(_COUNT),
                inside=_BOOLEAN,
            )
        ),
    )


def _finding() -> dict[str, Any]:
    return _object(
        code=_TEXT,
        severity=_one_of(Severity),
        detail=_TEXT,
        revision=_or_null(_NUMBER),
        page=_or_null(_NUMBER),
        object=_or_null(_NUMBER),
        offset=_or_null(_COUNT),
        pictures=_or_null(_reference("pictures")),
    )


def _pictures() -> dict[str, Any]:
    sides = {side: _or_null(_reference("picture")) for side in ("before", "after", "difference")}
    numbers = {name: _or_null(_NUMBER) for name in ("page_before", "page_after")}
    return _object(renderer=_TEXT, **numbers, **sides)


def _picture() -> dict[str, Any]:
    return _object(sha256=_DIGEST, width=_NUMBER, height=_NUMBER, size=_NUMBER)


def _certificate() -> dict[str, Any]:
    return _object(
        subject=_TEXT,
        issuer=_TEXT,
        serial=_TEXT,
        not_before=_TIME,
        not_after=_TIME,
        sha256=_DIGEST,
    )


def _revocation() -> dict[str, Any]:
    return _object(
        subject=_TEXT,
        source=_TEXT,
        status={"enum": ["good", "revoked", "unknown", "unavailable"]},
        this_update=_or_null(_TIME),
        revoked_at=_or_null(_TIME),
    )


def _check() -> dict[str, Any]:
    return _object(
        name=_one_of(Check),
        indication=_one_of(Indication),
        sub_indication=_or_null(_TEXT),
    )


def _timestamp() -> dict[str, Any]:
    return _object(
        time=_TIME,
        authority=_reference("certificate"),
        digest=_TEXT,
        sha256=_DIGEST,
        proven=_BOOLEAN,
        kind={"enum": ["signature", "content", "archive"]},
    )


def _identity() -> dict[str, Any]:
    return _object(container_sha256=_DIGEST, attributes_sha256=_or_null(_DIGEST), value=_HEX)


def _signature_policy() -> dict[str, Any]:
    texts = dict.fromkeys(("oid", "digest", "uri"), _or_null(_TEXT))
    return _object(**texts, value=_or_null(_HEX))


def _signature() -> dict[str, Any]:
    return _object(
        field=_TEXT,
        kind={"enum": ["signature", "document-timestamp"]},
        subfilter=_or_null(_TEXT),
        level=_or_null({"enum": ["B-B", "B-T", "B-LT", "B-LTA", "CMS"]}),
        indication=_one_of(Indication),
        sub_indication=_or_null(_TEXT),
        digest_ok=_or_null(_BOOLEAN),
        signature_ok=_or_null(_BOOLEAN),
        byte_range={"type": "array", "items": {"type": "integer"}},
        revision=_or_null(_NUMBER),
        covers_whole_file=_BOOLEAN,
        signer=_or_null(_reference("certificate")),
        claimed_signing_time=_or_null(_TIME),
        best_signature_time=_or_null(_TIME),
        time_source=_TEXT,
        algorithm=_or_null(_object(digest=_TEXT, signature=_TEXT, key=_TEXT)),
        changes_after=_object(level=_or_null(_one_of(ChangeLevel)), findings=_list("finding")),
        chain=_list("certificate"),
        revocation=_list("revocation"),
        findings=_list("finding"),
        warnings=_list("finding"),
        checks=_list("check"),
        timestamps=_list("timestamp"),
        document_digest=_or_null(_HEX),
        identity=_or_null(_identity()),
        signature_policy=_or_null(_signature_policy()),
    )


def _object(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties)}


def _one_of(values: Any) -> dict[str, Any]:
    return {"enum": [str(value) for value in values]}


def _or_null(schema: dict[str, Any]) -> dict[str, Any]:
    return {"anyOf": [schema, {"type": "null"}]}


def _list(definition: str) -> dict[str, Any]:
    return {"type": "array", "items": _reference(definition)}


def _reference(definition: str) -> dict[str, Any]:
    return {"$ref": f"#/$defs/{definition}"}
