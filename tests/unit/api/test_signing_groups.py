"""Several signers over HTTP: one request, one view, one cancel."""

from pathlib import Path
from typing import Any

import pytest

from tests.unit.api.conftest import Office

LETTER = Path(__file__).parents[3] / "examples" / "letter.pdf"


def asked(office: Office, **body: Any) -> Any:
    document = office.upload(LETTER.read_bytes()).json()["id"]
    return office.post(f"/v1/documents/{document}/signing-tasks", body)


def test_a_group_is_asked_shown_and_cancelled(office: Office) -> None:
    officers = [office.user("signer") for _ in range(2)]
    signers = [{"signer_id": one, "reason": "Ký nháy"} for one, _ in officers]
    made = asked(office, signers=signers, order="parallel")
    assert made.status_code == 201, made.text
    group = made.json()
    assert made.headers["Location"] == f"/v1/signing-groups/{group['id']}"
    assert (group["order"], group["state"]) == ("parallel", "OPEN")
    assert [task["position"] for task in group["tasks"]] == [1, 2]
    # Each sees their own, and it counts as offered; the other's stays as it is.
    for _, secret in officers[:1]:
        (mine,) = office.get("/v1/signing-tasks?mine=true", secret).json()["items"]
        assert (mine["signer_id"], mine["state"]) == (officers[0][0], "OFFERED")
    shown = office.get(made.headers["Location"]).json()
    assert [task["state"] for task in shown["tasks"]] == ["OFFERED", "CREATED"]
    ended = office.post(f"{made.headers['Location']}/cancel").json()
    assert (ended["state"], [task["state"] for task in ended["tasks"]]) == (
        "ENDED",
        ["CANCELLED", "CANCELLED"],
    )
    again = office.post(f"{made.headers['Location']}/cancel")
    assert (again.status_code, again.json()["code"]) == (409, "task_state")
    assert office.get("/v1/signing-groups/nothing").json()["code"] == "task_not_found"


def test_a_sequence_is_the_default(office: Office) -> None:
    officers = [office.user("signer")[0] for _ in range(2)]
    made = asked(office, signers=[{"signer_id": one} for one in officers]).json()
    assert made["order"] == "sequence"


def test_certification_and_lock_reach_the_tasks(office: Office) -> None:
    one, other = (office.user("signer")[0] for _ in range(2))
    rules = {"certify": "form-filling", "lock": "name,number"}
    task = asked(office, signer_id=one, **rules).json()
    assert {name: task[name] for name in rules} == rules
    shown = office.get(f"/v1/signing-tasks/{task['id']}").json()
    assert {name: shown[name] for name in rules} == rules
    signers = [{"signer_id": one, **rules}, {"signer_id": other}]
    first, second = asked(office, signers=signers).json()["tasks"]
    assert {name: first[name] for name in rules} == rules
    assert (second["certify"], second["lock"]) == (None, None)
    late = asked(office, signers=signers[::-1])
    assert (late.status_code, late.json()["code"]) == (422, "certification_not_first")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"signers": []},
        {"signer_id": "a", "signers": [{"signer_id": "b"}]},
        {"signer_id": "a", "order": "parallel"},
        {"signers": [{"signer_id": "a"}], "reason": "for whom?"},
        {"signers": [{"signer_id": "a"}], "order": "random"},
        {"signers": [{"signer_id": "a"}, {"signer_id": "a"}]},
        {"signers": [{"signer_id": str(n)} for n in range(51)]},
        {"signers": [{"signer_id": "a"}], "certify": "form-filling"},
        {"signers": [{"signer_id": "a"}], "lock": "all"},
        {"signer_id": "a", "certify": "everything"},
        {"signer_id": "a", "certify": 2},
        {"signer_id": "a", "lock": "except:"},
        {"signer_id": "a", "lock": ["name"]},
    ],
)
def test_what_is_asked_unclearly_is_refused(office: Office, body: Any) -> None:
    answer = asked(office, **body)
    assert (answer.status_code, answer.json()["code"]) == (400, "request_invalid")
