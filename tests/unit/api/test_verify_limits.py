"""``POST /v1/verify`` with files that run away: they end a process that is not the service's."""

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from fastapi.testclient import TestClient

from antin.api.app import create_app
from antin.flows.judges import Asked
from antin.infra.judging_processes import Around, JudgingProcesses, judge_upload
from antin.infra.worker_pool import Limits
from tests import poolcalls
from tests.hungrypdf import hungry_pdf
from tests.pdfs import appended, letter, signed, stream
from tests.unit.api.conftest import Office

SHORT = Limits(memory=64 << 20, seconds=lambda *_: 1.0)


@contextmanager
def served(
    office: Office,
    limits: Limits | None = None,
    judge: Callable[[Asked], bytes] = judge_upload,
) -> Iterator[TestClient]:
    """Give the office with judges of its own."""
    judges = JudgingProcesses(Around(office.services.trust, fetches=False), limits, judge)
    services = replace(office.services, judges=judges)
    try:
        with TestClient(create_app(services, "en"), raise_server_exceptions=False) as http:
            http.headers["Authorization"] = f"Bearer {office.admin_key}"
            yield http
    finally:
        judges.close()


def ask(http: TestClient, data: bytes, **headers: str) -> Any:
    sent = {"file": ("a.pdf", data)}
    return http.post("/v1/verify", files=sent, data={"at": "2026-07-01T00:00:00Z"}, headers=headers)


def test_files_are_judged_in_another_process_as_in_this_one(office: Office) -> None:
    altered = appended(signed(letter()), {111: stream(b"BT /F 12 Tf 72 700 Td (other) Tj ET")})
    with served(office) as http:
        office.http.headers["Authorization"] = f"Bearer {office.admin_key}"
        for data in (altered, b"no PDF"):
            for form in ("application/json", "text/html"):
                there, here = (ask(one, data, Accept=form) for one in (http, office.http))
                assert (there.status_code, there.content) == (here.status_code, here.content)
                assert there.headers["content-type"] == here.headers["content-type"]


def test_who_hangs_is_stopped_and_holds_up_nobody(office: Office) -> None:
    with served(office, SHORT, poolcalls.hang_or_tell) as http, ThreadPoolExecutor(1) as other:
        hanging = other.submit(ask, http, b"hang")
        while not hanging.done():
            assert http.get("/v1/documents").status_code == 200
            assert int(ask(http, b"x").content) != os.getpid()
        report = hanging.result().json()
        assert (report["conclusion"], report["file"]) == ("UNREADABLE", "a.pdf")
        assert report["error"]["code"] == "verify_time_exceeded"
        assert ask(http, b"x").status_code == 200


def test_who_needs_too_much_memory_is_stopped(office: Office) -> None:
    with served(office, replace(SHORT, memory=32 << 20, seconds=lambda *_: 30.0)) as http:
        report = ask(http, hungry_pdf()).json()
        assert report["error"]["code"] == "verify_memory_exceeded"
        assert ask(http, b"no PDF").json()["error"]["code"] == "not_a_pdf"


def test_what_is_no_report_is_none(office: Office) -> None:
    with served(office, SHORT, poolcalls.lie) as http:
        assert ask(http, b"x").json()["error"]["code"] == "verify_worker_died"


@pytest.mark.parametrize("form", ["application/pdf", "text/html", "application/xml"])
def test_who_was_stopped_is_told_in_every_form(office: Office, form: str) -> None:
    with served(office, SHORT, poolcalls.leave_asked) as http:
        answer = ask(http, b"x", Accept=form)
        assert (answer.status_code, answer.headers["content-type"].split(";")[0]) == (200, form)
