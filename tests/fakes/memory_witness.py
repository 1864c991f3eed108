"""A witness in memory."""

from antin.core.errors import AntinError, ConflictError, IntegrityError, RefusedError
from antin.ledger.checkpoints.checkpoint import Checkpoint
from antin.ledger.checkpoints.cosignature import cosign
from antin.ledger.checkpoints.note import NoteVerifier, parse_note, write_signature
from antin.ledger.checkpoints.witness import (
    follow,
    open_submitted,
    parse_submission,
    require_extended,
)
from antin.ledger.ports import Cosigned, LastCosigned
from tests.witnesskey import WitnessKey


class MemoryWitness:
    """Implements :class:`antin.ledger.ports.Witness`; its clock is moved by hand."""

    def __init__(self, *logs: NoteVerifier, name: str = "witness.example/w1", now: int = 0) -> None:
        self.key = WitnessKey(name)
        self.verifier = self.key.verifier
        self.known: dict[str, Checkpoint] = {}
        self.now = now
        self.asked: list[bytes] = []
        self._followed = follow(logs)

    def add_checkpoint(self, submission: bytes) -> Cosigned | LastCosigned:
        self.asked.append(submission)
        try:
            parsed = parse_submission(submission)
            new = open_submitted(parsed, self._followed)
            require_extended(parsed, new, self.known.get(new.origin))
        except ConflictError as error:
            size = error.values["size"]
            assert isinstance(size, int)
            return LastCosigned(size)
        except AntinError as error:
            raise self._refusal(error) from error
        self.known[new.origin] = new
        text = parse_note(parsed.note).text
        line = write_signature(cosign(text, self.now, self.verifier, self.key.private.sign))
        return Cosigned(line.encode())

    def _refusal(self, error: AntinError) -> AntinError:
        values = {"witness": self.verifier.name, "detail": error.detail}
        if error.code == "proof_wrong":
            return IntegrityError("witness_disagrees", **values)
        return RefusedError("witness_refused", **values)
