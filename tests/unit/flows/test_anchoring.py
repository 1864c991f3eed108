"""The flow audit has checkpoints time-stamped when that is due, and keeps only what holds."""

from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

from antin.core.clock import FixedClock
from antin.core.errors import UnavailableError
from antin.flows import audit, jobs
from antin.flows.requests import system_act
from antin.flows.services import Anchoring
from antin.flows.unit_of_work import Done, Stores
from antin.ledger.checkpoints.anchors import check_anchors
from antin.ledger.checkpoints.checkpoint import parse_checkpoint
from antin.ledger.checkpoints.note import verifier_of
from antin.ledger.checkpoints.receipt import parse_receipt, write_receipt
from antin.ledger.checkpoints.receipt_checks import ReceiptPolicy, check_receipt
from antin.ledger.ports import Cosignature, Timestamp
from antin.pki.fetching import TimestampService
from antin.pki.trust import TrustAnchor
from tests.lyingworld import granted, stamped
from tests.office import Office
from tests.smallpki import YEAR, Holder, make_root, make_tsa
from tests.unit.flows.test_witnessing import Noted, witness_of

DAY = timedelta(days=1)


@dataclass
class Lying:
    """Answers an earlier query, or with another time, or not at all."""

    service: TimestampService
    kind: str
    asked: int = 0

    def request(self, query: bytes) -> bytes:
        self.asked += 1
        if self.kind == "away":
            raise UnavailableError("timestamp_unavailable", url="x", detail="it took too long")
        answer = self.service.request(query)
        return answer[:-9] + bytes([answer[-9] ^ 1]) + answer[-8:] if self.kind == "bad" else answer


def signed(office: Office) -> int:
    office.upload()
    return int(str(audit.take_checkpoint(office.services)["size"]))


def kept(office: Office) -> list[tuple[int, int]]:
    rows = office.services.work.read(lambda s: s.ledger.timestamps(0, 10_000))
    return [(one.size, one.number) for one in rows]


def stamping(office: Office, **changes: object) -> tuple[Office, Noted]:
    noted = Noted()
    return office.without(troubles=noted, **changes), noted


def test_the_first_checkpoint_is_stamped_and_then_one_a_day(office: Office) -> None:
    watched, noted = stamping(office)
    assert audit.anchor_newest(watched.services) == 0, "there is nothing to stamp"
    first = signed(watched)
    assert jobs.go_outside(watched.services) == 1
    signed(watched)
    assert audit.anchor_newest(watched.services) == 0, "it is not due"
    watched.pass_time(DAY)
    last = signed(watched)
    assert audit.anchor_newest(watched.services) == 1
    assert audit.anchor_newest(watched.services) == 0
    assert kept(watched) == [(first, 0), (last, 0)]
    assert [size for size, _ in office.sink.stamped] == [first, last]
    watched.pass_time(2 * DAY)
    assert audit.anchor_newest(watched.services) == 0, "nothing is new"
    assert noted.codes == {}
    audit.check_ledger(watched.services).raise_if_not_passed()


def test_who_wants_none_gets_none(office: Office) -> None:
    watched, _ = stamping(office, anchoring=None)
    signed(watched)
    assert audit.anchor_newest(watched.services) == 0
    assert kept(watched) == []


def test_signed_checkpoints_are_listed_newest_first(office: Office) -> None:
    watched, _ = stamping(office.without(witnesses=(witness_of(office),)))
    first = signed(watched)
    audit.ask_witnesses(watched.services)
    audit.anchor_newest(watched.services)
    last = signed(watched)
    newer, older = audit.list_checkpoints(watched.services, 2)
    assert (newer["size"], newer["cosigned_by"], newer["timestamps"]) == (last, [], 0)
    assert (older["size"], older["timestamps"]) == (first, 1)
    assert older["cosigned_by"] == [one.verifier.name for one in watched.services.witnesses]
    assert audit.list_checkpoints(watched.services, 1) == [newer]


def test_many_entries_are_a_reason_too(office: Office) -> None:
    watched, _ = stamping(office, anchoring=Anchoring(entries=3))
    signed(watched)
    audit.anchor_newest(watched.services)
    signed(watched)
    watched.upload()
    watched.upload()
    watched.upload()
    signed(watched)
    assert audit.anchor_newest(watched.services) == 1


def test_a_token_is_over_the_note_that_was_signed(office: Office) -> None:
    office.pass_time(DAY)  # from here on the authority's clock is the office's
    record = office.record()
    watched = office.without(witnesses=(witness_of(office),))
    audit.take_checkpoint(watched.services)
    audit.ask_witnesses(watched.services)
    audit.anchor_newest(watched.services)
    (receipt,) = audit.record_receipts(watched.services, watched.people["auditor"], record)
    key = watched.services.checkpoint_key
    log = verifier_of(key.name, key.public_key)
    facts = check_receipt(parse_receipt(write_receipt(receipt)), ReceiptPolicy(log))
    (anchored,) = facts.anchored
    assert anchored.time == watched.clock.moment
    newest = watched.services.work.read(lambda s: s.ledger.newest_checkpoint())
    assert newest is not None
    assert check_anchors(newest.note, log, receipt.tokens) == (anchored,)


@pytest.mark.parametrize(
    ("kind", "code"), [("away", "timestamp_unavailable"), ("bad", "timestamp_wrong")]
)
def test_what_does_not_answer_or_lies_is_told_and_asked_again(
    office: Office, kind: str, code: str
) -> None:
    service = office.services.timestamps
    assert service is not None
    lying = Lying(service, kind)
    watched, noted = stamping(office, timestamps=lying)
    signed(watched)
    for _ in range(2):
        assert audit.anchor_newest(watched.services) == 0
    assert noted.codes == {"time-stamp of the checkpoint": code}
    assert (lying.asked, kept(watched)) == (2, [])
    watched = watched.without(timestamps=service)
    assert audit.anchor_newest(watched.services) == 1
    assert noted.codes == {}


def test_an_authority_that_tells_another_time_is_not_believed(office: Office) -> None:
    late = office.world.timestamps(office.clock.moment + DAY)
    watched, noted = stamping(office, timestamps=late)
    signed(watched)
    assert audit.anchor_newest(watched.services) == 0
    assert set(noted.codes.values()) == {"timestamp_wrong"}


def test_an_authority_that_nobody_trusts_is_not_believed(office: Office) -> None:
    trust = replace(office.services.trust, anchors=())
    watched, noted = stamping(office, trust=trust)
    signed(watched)
    assert audit.anchor_newest(watched.services) == 0
    assert set(noted.codes.values()) == {"timestamp_wrong"}


def test_without_a_service_nothing_is_stamped(office: Office) -> None:
    watched, noted = stamping(office, timestamps=None)
    signed(watched)
    assert audit.anchor_newest(watched.services) == 0
    assert noted.codes == {}


def put(office: Office, *rows: Cosignature | Timestamp) -> None:
    def change(stores: Stores) -> Done[None]:
        for one in rows:
            if isinstance(one, Timestamp):
                stores.ledger.add_timestamp(one)
            else:
                stores.ledger.add_cosignature(one)
        return Done(None)

    office.services.work.run(system_act(office.services), change)


def found(office: Office) -> dict[str, str]:
    report = audit.check_ledger(office.services)
    told = {one.code: str(one.severity) for one in report.findings}
    return {code: told[code] for code in told if code != "entries_uncovered"}


def test_a_kept_time_stamp_of_something_else_is_found(office: Office) -> None:
    first, now = signed(office), office.clock.moment
    audit.anchor_newest(office.services)
    (good,) = office.services.work.read(lambda s: s.ledger.timestamps(0, 10_000))
    assert found(office) == {}
    second = signed(office)
    put(office, Timestamp(second, 0, good.token, now))
    assert found(office) == {"timestamp_invalid": "error"}
    put(office, Timestamp(first, 2, b"no token", now))
    report = audit.check_ledger(office.services)
    told = [dict(one.values) for one in report.findings if one.code == "timestamp_invalid"]
    assert [(one["size"], one["number"]) for one in told] == [(first, 2), (second, 0)]


def test_a_kept_cosignature_of_something_else_is_found(office: Office) -> None:
    witness = witness_of(office)
    watched = office.without(witnesses=(witness,))
    size, now = signed(watched), watched.clock.moment
    audit.ask_witnesses(watched.services)
    assert found(watched) == {}
    (good,) = watched.services.work.read(lambda s: s.ledger.cosignatures(size, size + 1))
    second = signed(watched)
    put(watched, replace(good, size=second), Cosignature(second, "a stranger", "nonsense", now))
    assert found(watched) == {"cosignature_invalid": "error", "cosignatures_unchecked": "info"}
    again = watched.without(witnesses=())
    assert found(again) == {"cosignatures_unchecked": "info"}


def test_a_receipt_is_under_the_checkpoint_that_says_most(office: Office) -> None:
    office.pass_time(DAY)
    record = office.record()
    witness = witness_of(office)
    watched = office.without(witnesses=(witness,))
    auditor = watched.people["auditor"]

    def sizes(size: int | None = None) -> tuple[int, int]:
        (one,) = audit.record_receipts(watched.services, auditor, record, size=size)
        return parse_checkpoint(one.note).size, len(one.tokens)

    first = signed(watched)
    audit.anchor_newest(watched.services)
    second = signed(watched)
    assert sizes() == (first, 1), "the earliest time"
    assert sizes(second) == (second, 0)
    audit.ask_witnesses(watched.services)
    assert sizes() == (second, 0), "a witness saw this one only"
    watched.pass_time(DAY)
    audit.anchor_newest(watched.services)
    assert sizes() == (second, 1), "now it is stamped, too"
    record = watched.record()
    third = signed(watched)
    assert sizes() == (third, 0), "it is newer than what was stamped"


@dataclass
class Authority:
    """A time-stamping authority whose certificate ends when a test says so."""

    holder: Holder
    clock: FixedClock

    def request(self, query: bytes) -> bytes:
        return granted(stamped(self.holder, query, gen_time=self.clock.now()))


def test_a_time_stamp_is_renewed_before_its_authority_ends(office: Office) -> None:
    start = office.clock.moment
    root = make_root(not_before=start - 9 * YEAR, not_after=start + 9 * YEAR)
    made = (make_tsa(root, not_before=start - DAY, not_after=start + n * YEAR) for n in (1, 5))
    older, newer = (Authority(one, office.clock) for one in made)
    trust = replace(office.services.trust, anchors=(TrustAnchor(root.der),))
    watched, noted = stamping(office, trust=trust, timestamps=older)

    first = signed(watched)
    assert audit.anchor_newest(watched.services) == 1
    office.clock.moment = start + YEAR - 100 * DAY
    second = signed(watched)
    assert audit.anchor_newest(watched.services) == 1
    assert kept(watched) == [(first, 0), (second, 0)], "there is time yet"
    office.clock.moment = start + YEAR - 80 * DAY
    third = signed(watched)
    assert audit.anchor_newest(watched.services) == 1
    assert kept(watched)[-1] == (third, 0)
    assert len(kept(watched)) == 3, "by the same authority nothing would be gained"

    watched = watched.without(timestamps=newer)
    office.clock.moment += 2 * DAY
    fourth = signed(watched)
    assert audit.anchor_newest(watched.services) == 4
    renewed = [(size, number) for size in (first, second, third) for number in (0, 1)]
    assert kept(watched) == [*renewed, (fourth, 0)]
    key = watched.services.checkpoint_key
    log = verifier_of(key.name, key.public_key)
    checkpoint = watched.services.work.read(lambda s: s.ledger.checkpoint(first))
    rows = watched.services.work.read(lambda s: s.ledger.timestamps(first, first + 1))
    assert checkpoint is not None
    old, new = check_anchors(checkpoint.note, log, [one.token for one in rows])
    assert (old.time, new.time) == (start, office.clock.moment)
    office.clock.moment += 2 * DAY
    signed(watched)
    assert audit.anchor_newest(watched.services) == 1, "nothing is left to renew"
    assert noted.codes == {}
    assert found(watched) == {}
