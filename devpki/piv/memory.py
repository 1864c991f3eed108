"""What a card remembers without power: its PIN, the tries that are left, who it is."""

import json
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final, Self

TRIES: Final = 3
_FILE: Final = "card.json"


@dataclass(frozen=True)
class CardState:
    """The state at one moment; the PIN is a development PIN, which guards nothing."""

    pin: str
    guid: str
    """Hex; the card's serial number, SP 800-73-4 part 1 §3.4.1."""
    tries: int = TRIES
    sent: int = 0
    """PINs that were ever presented, right or wrong: shows whether one was sent twice."""

    def __repr__(self) -> str:
        return f"CardState(tries={self.tries}, sent={self.sent})"


class CardMemory:
    """A card's state in ``folder``, written before the card answers: pulling it resets nothing."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / _FILE
        self.state = CardState(**json.loads(self._path.read_text()))

    @classmethod
    def create(cls, folder: Path, pin: str) -> Self:
        """Make the memory of a new card."""
        path = folder / _FILE
        path.touch(mode=0o600)
        path.write_text(json.dumps(asdict(CardState(pin, secrets.token_hex(16)))))
        return cls(folder)

    def become(self, state: CardState) -> None:
        """Replace the state."""
        self.state = state
        new = self._path.with_suffix(".new")
        new.touch(mode=0o600)
        new.write_text(json.dumps(asdict(state)))
        new.replace(self._path)
