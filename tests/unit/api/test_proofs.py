"""``/v1/ledger/proofs``: public, as JSON and as the specifications' text."""

import base64

from antin.flows import audit
from antin.ledger.checkpoints.receipt import parse_receipt
from antin.ledger.checkpoints.witness import parse_submission
from antin.ledger.tree.proofs import verify_consistency, verify_inclusion
from tests.unit.api.conftest import Office

TEXT = {"Accept": "text/plain"}


def test_inclusion_as_json_and_as_text(office: Office) -> None:
    office.record()
    size = int(str(audit.take_checkpoint(office.services)["size"]))
    answer = office.get("/v1/ledger/proofs/inclusion?index=1", None)
    told = answer.json()
    assert answer.status_code == 200
    path = [bytes.fromhex(one) for one in told["path"]]
    verify_inclusion(1, size, bytes.fromhex(told["leaf"]), path, bytes.fromhex(told["root"]))
    assert told["checkpoint"] == office.get("/v1/ledger/checkpoint", None).text
    plain = office.http.get(f"/v1/ledger/proofs/inclusion?index=1&size={size}", headers=TEXT)
    assert plain.headers["content-type"].startswith("text/plain")
    assert parse_receipt(plain.content).path == tuple(path)


def test_consistency_as_json_and_as_text(office: Office) -> None:
    office.record()
    old = int(str(audit.take_checkpoint(office.services)["size"]))
    office.record()
    new = int(str(audit.take_checkpoint(office.services)["size"]))
    told = office.get(f"/v1/ledger/proofs/consistency?from={old}&to={new}", None).json()
    path = [bytes.fromhex(one) for one in told["path"]]
    older, newer = (bytes.fromhex(told[name]) for name in ("from_root", "to_root"))
    verify_consistency(old, new, older, newer, path)
    for name, size in (("from_checkpoint", old), ("to_checkpoint", new)):
        assert told[name].split("\n")[1] == str(size)
        assert base64.b64decode(told[name].split("\n")[2])
    plain = office.http.get(f"/v1/ledger/proofs/consistency?from={old}", headers=TEXT)
    assert parse_submission(plain.content).proof == tuple(path)


def test_what_can_not_be_proven(office: Office) -> None:
    def refused(query: str) -> tuple[int, str]:
        answer = office.get(f"/v1/ledger/proofs/{query}", None)
        return answer.status_code, answer.json()["code"]

    assert refused("inclusion?index=0") == (404, "checkpoint_not_found")
    size = int(str(audit.take_checkpoint(office.services)["size"]))
    assert refused(f"inclusion?index={size}") == (404, "entry_not_covered")
    assert refused(f"inclusion?index=0&size={size + 1}") == (404, "checkpoint_size_unknown")
    assert refused(f"consistency?from={size}&to=99") == (404, "checkpoint_size_unknown")
    for query in ("inclusion", "inclusion?index=-1", "inclusion?index=x", "consistency?to=1"):
        assert refused(query) == (400, "request_invalid")
    assert refused(f"inclusion?index={10**30}") == (400, "request_invalid")
