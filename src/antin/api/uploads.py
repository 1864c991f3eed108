"""Uploads: multipart bodies streamed to the blob store's disk, bounded while they are read."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final

from fastapi import Depends, Request
from python_multipart import FormParser, create_form_parser
from python_multipart.exceptions import FormParserError
from starlette.concurrency import run_in_threadpool

from antin.api.auth import Caller, caller
from antin.core.bytesource import FileSource
from antin.core.digests import digest_source
from antin.core.errors import InputError, UnavailableError, UsageError
from antin.core.limits import MAX_UPLOAD_BYTES

_MAX_FIELDS_BYTES: Final = 1 << 20
_CHUNK: Final = 1 << 20
_FILE: Final = "file"
_SIGNATURE: Final = "signature"


@dataclass(frozen=True)
class Upload:
    """A file that was sent, on disk until the answer is given, and the text fields beside it."""

    path: Path
    file_name: str
    sha256: str
    fields: dict[str, str]


@dataclass(frozen=True)
class SentFile:
    """A file as it was sent, on disk until the answer is given."""

    path: Path
    name: str


@dataclass(frozen=True)
class ToVerify:
    """What is to be verified: a file, a signature apart from it, or both; and the text fields."""

    file: SentFile | None
    signature: SentFile | None
    fields: dict[str, str]


class _Received:
    """Collects what the parser finds, and bounds it: one file, and one of each of ``apart``."""

    def __init__(self, apart: tuple[str, ...] = ()) -> None:
        self.fields: dict[str, str] = {}
        self.files: dict[str, SentFile] = {}
        self._apart = apart
        self._field_bytes = 0

    def on_field(self, field: Any) -> None:
        name, value = _text(field.field_name), _text(field.value or b"")
        self._field_bytes += len(name) + len(value)
        if self._field_bytes > _MAX_FIELDS_BYTES:
            raise _fields_too_large()
        self.fields[name] = value

    def on_file(self, file: Any) -> None:
        part = _text(file.field_name or b"")
        slot = part if part in self._apart else _FILE
        if slot in self.files:
            raise UsageError("request_invalid", detail="one file at a time")
        if file.in_memory:
            file.flush_to_disk()
        file.file_object.flush()
        file.close()
        name = Path(_text(file.file_name or b"")).name
        self.files[slot] = SentFile(Path(_text(file.actual_file_name)), name)


def _fields_too_large() -> UsageError:
    return UsageError("request_invalid", detail="the form fields are too large")


def _text(data: bytes | str) -> str:
    if isinstance(data, str):
        return data
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise UsageError("request_invalid", detail="a form field is not UTF-8") from error


async def upload(
    request: Request, known: Annotated[Caller, Depends(caller)]
) -> AsyncIterator[Upload]:
    """Give the one file of a multipart request; it is removed once the answer is given.

    Errors: ``request_invalid`` for no multipart body or no file, ``file_too_large``.
    """
    with known.services.blobs.scratch() as folder:
        received = _Received()
        await _receive(request, _parser(request, received, folder), folder)
        sent = received.files.get(_FILE)
        if sent is None:
            raise UsageError("request_invalid", detail="the form has no file")
        sha256 = await run_in_threadpool(_digest, sent.path)
        yield Upload(sent.path, sent.name, sha256, received.fields)


async def to_verify(
    request: Request, known: Annotated[Caller, Depends(caller)]
) -> AsyncIterator[ToVerify]:
    """Give the parts ``file`` and ``signature`` of a multipart request, as :func:`upload` does.

    Errors: ``request_invalid`` for no multipart body or neither part, ``file_too_large``.
    """
    with known.services.blobs.scratch() as folder:
        received = _Received((_SIGNATURE,))
        await _receive(request, _parser(request, received, folder), folder)
        if not received.files:
            raise UsageError("request_invalid", detail="the form has no file")
        files = received.files
        yield ToVerify(files.get(_FILE), files.get(_SIGNATURE), received.fields)


def _digest(path: Path) -> str:
    with FileSource(path) as source:
        return digest_source(source).hex()


def _parser(request: Request, received: _Received, folder: Path) -> FormParser:
    content_type = request.headers.get("content-type", "")
    if not content_type.startswith("multipart/form-data"):
        raise UsageError("request_invalid", detail="a multipart/form-data body is needed")
    # The folder goes as a whole, so no file in it has to be removed by itself.
    settings = {
        "UPLOAD_DIR": str(folder),
        "UPLOAD_DELETE_TMP": False,
        "MAX_MEMORY_FILE_SIZE": _CHUNK,
    }
    try:
        return create_form_parser(
            {"Content-Type": content_type.encode()},
            received.on_field,
            received.on_file,
            config=settings,
        )
    except (FormParserError, ValueError) as error:
        raise UsageError("request_invalid", detail="the multipart header is broken") from error


async def _receive(request: Request, parser: FormParser, folder: Path) -> None:
    """Feed the body to ``parser`` as it arrives; stop reading at the limit.

    What does not get to the disk in ``folder`` the parser holds in memory.
    """
    size, waiting = 0, bytearray()
    try:
        async for chunk in request.stream():
            size += len(chunk)
            if size > MAX_UPLOAD_BYTES + _MAX_FIELDS_BYTES:
                raise InputError("file_too_large", size=size, limit=MAX_UPLOAD_BYTES)
            waiting += chunk
            if len(waiting) >= _CHUNK:
                await run_in_threadpool(parser.write, bytes(waiting))
                waiting.clear()
                if size - _on_disk(folder) > _MAX_FIELDS_BYTES + 2 * _CHUNK:
                    raise _fields_too_large()
        await run_in_threadpool(parser.write, bytes(waiting))
        await run_in_threadpool(parser.finalize)
    except OSError as error:
        raise UnavailableError("storage_full", detail=str(error.strerror)) from error
    except FormParserError as error:
        raise UsageError("request_invalid", detail="the multipart body is broken") from error


def _on_disk(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.iterdir())


Uploaded = Annotated[Upload, Depends(upload)]
Verifiable = Annotated[ToVerify, Depends(to_verify)]
_BINARY: Final = {"type": "string", "format": "binary"}


def multipart(fields: dict[str, str], required: tuple[str, ...] = ()) -> dict[str, Any]:
    """Return the OpenAPI description of a multipart body: a file and text ``fields``."""
    properties: dict[str, Any] = {_FILE: _BINARY}
    return _described(properties, fields, [_FILE, *required])


def multipart_to_verify(fields: dict[str, str]) -> dict[str, Any]:
    """Return the OpenAPI description of a multipart body: file, signature, and text ``fields``."""
    return _described({_FILE: _BINARY, _SIGNATURE: _BINARY}, fields, [])


def _described(
    properties: dict[str, Any], fields: dict[str, str], required: list[str]
) -> dict[str, Any]:
    for name, description in fields.items():
        properties[name] = {"type": "string", "description": description}
    schema = {"type": "object", "properties": properties, "required": required}
    return {"requestBody": {"content": {"multipart/form-data": {"schema": schema}}}}
