"""A request acts once: replays answer the same, another body under the same key is refused."""

from pathlib import Path

from tests.unit.api.conftest import Office

LETTER = (Path(__file__).parents[3] / "examples" / "letter.pdf").read_bytes()


def _entries(office: Office) -> int:
    return len(office.get("/v1/ledger/entries?limit=1000").json())


def test_a_replay_gives_the_same_answer_and_changes_nothing(office: Office) -> None:
    asked = {"code": "SO-MAU", "name": "Sở Mẫu"}
    first = office.post("/v1/agencies", asked, key="k1")
    before = _entries(office)
    again = office.post("/v1/agencies", asked, key="k1")
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()
    assert _entries(office) == before


def test_an_upload_is_replayed_by_its_content(office: Office) -> None:
    first = office.upload(LETTER, key="k1")
    again = office.upload(LETTER, key="k1")
    assert again.json() == first.json()
    other = office.upload(LETTER + b"\n", key="k1")
    assert (other.status_code, other.json()["code"]) == (422, "request_reused")


def test_another_body_under_the_same_key_is_refused(office: Office) -> None:
    office.post("/v1/agencies", {"code": "A", "name": "A"}, key="k1")
    other = office.post("/v1/agencies", {"code": "B", "name": "B"}, key="k1")
    assert (other.status_code, other.json()["code"]) == (422, "request_reused")


def test_another_resource_under_the_same_key_is_refused(office: Office) -> None:
    one, two = office.record(), office.record()
    assert office.post(f"/v1/records/{one}/close", key="k1").status_code == 202
    other = office.post(f"/v1/records/{two}/close", key="k1")
    assert (other.status_code, other.json()["code"]) == (422, "request_reused")


def test_a_missing_key_is_asked_for(office: Office) -> None:
    answer = office.post("/v1/agencies", {"code": "A", "name": "A"}, key=None)
    assert (answer.status_code, answer.json()["code"]) == (400, "idempotency_key_missing")


def test_an_api_key_is_shown_once(office: Office) -> None:
    asked = {"user_id": office.admin_id, "label": "second"}
    first = office.post("/v1/api-keys", asked, key="k1").json()
    again = office.post("/v1/api-keys", asked, key="k1").json()
    assert len(first["secret"]) > 40
    assert again == {**first, "secret": None}


def test_closing_asks_the_queue_and_answers_with_the_job(office: Office) -> None:
    answer = office.post(f"/v1/records/{office.record()}/close")
    assert answer.status_code == 202
    job = office.get(answer.headers["location"]).json()
    assert (job["kind"], job["state"]) == ("close", "QUEUED")
    assert office.queue.sent == [job["id"]]
