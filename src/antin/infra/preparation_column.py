"""The column of a signing task or a seal that holds what must be kept between the two phases."""

import base64
from typing import Any

from sqlalchemy import Dialect, Text
from sqlalchemy.types import TypeDecorator, TypeEngine

from antin.core import canonical
from antin.core.canonical import JsonObject
from antin.core.clock import from_micros, to_micros
from antin.infra.column_types import stored_object, text_type, unreadable
from antin.records.preparation import Preparation


class Prepared(TypeDecorator[Preparation]):
    """What is kept between the two phases of signing, as canonical JSON; bytes in base64."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return text_type(dialect)

    def process_bind_param(self, value: Preparation | None, dialect: Dialect) -> str | None:
        del dialect
        return None if value is None else canonical.dumps(_preparation_json(value)).decode()

    def process_result_value(self, value: Any, dialect: Dialect) -> Preparation | None:
        del dialect
        return None if value is None else _preparation(stored_object(value))


def _preparation_json(value: Preparation) -> JsonObject:
    return {
        "blob_sha256": value.blob_sha256,
        "certificate": _to64(value.certificate),
        "chain": tuple(_to64(one) for one in value.chain),
        "scheme": value.scheme,
        "digest": value.digest,
        "field_name": value.field_name,
        "signed_attributes": _to64(value.signed_attributes),
        "document_digest": _to64(value.document_digest),
        "byte_range": value.byte_range,
        "reserved": value.reserved,
        "prepared_at": to_micros(value.prepared_at),
    }


def _preparation(fields: JsonObject) -> Preparation:
    known: dict[str, Any] = dict(fields)
    try:
        first, second, third, fourth = known["byte_range"]
        return Preparation(
            blob_sha256=known["blob_sha256"],
            certificate=_from64(known["certificate"]),
            chain=tuple(_from64(one) for one in known["chain"]),
            scheme=known["scheme"],
            digest=known["digest"],
            field_name=known["field_name"],
            signed_attributes=_from64(known["signed_attributes"]),
            document_digest=_from64(known["document_digest"]),
            byte_range=(first, second, third, fourth),
            reserved=known["reserved"],
            prepared_at=from_micros(known["prepared_at"]),
        )
    except (KeyError, ValueError, TypeError, OverflowError, OSError) as error:
        raise unreadable("a preparation") from error


def _to64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _from64(text: str) -> bytes:
    return base64.b64decode(text, validate=True)
