"""The PIV application (SP 800-73-4 part 2 §3): what a card answers to each command."""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from devpki.piv import tlv
from devpki.piv.apdu import ApduError, Command, Status, answer, parse_command
from devpki.piv.keys import CARD, CERTIFICATES, SIGNATURE, CardKey, KeyUseError
from devpki.piv.memory import TRIES, CardMemory

_APPLICATION: Final = bytes.fromhex("A000000308000010000100")
_PROPERTIES: Final = tlv.encode(
    0x61,
    tlv.encode(0x4F, _APPLICATION[5:]) + tlv.encode(0x79, tlv.encode(0x4F, _APPLICATION[:5])),
)
_DISCOVERY: Final = 0x7E
_HOLDER: Final = 0x5FC102
_PIN: Final = 0x80
_VERIFY: Final = 0x20
_AUTHENTICATE: Final = 0x87
_FASCN: Final = bytes.fromhex("D4E739DA739CED39CE739D836858210842108421C84210C3EB")
"""Agency code 9999: test cards."""


class Card:
    """A card with power; every insertion and every reset makes a new one."""

    def __init__(self, keys: dict[int, CardKey], memory: CardMemory) -> None:
        self._keys = keys
        self._memory = memory
        self._objects = _objects(keys, bytes.fromhex(memory.state.guid))
        self._verified = False
        self._just_verified = False
        self._collected = b""
        self._waiting = b""
        self._instructions: dict[int, Callable[[Command], bytes]] = {
            0xA4: self._select,
            0xCB: self._get_data,
            _VERIFY: self._verify,
            _AUTHENTICATE: self._authenticate,
        }

    def respond(self, raw: bytes) -> bytes:
        """Return the answer to the command in ``raw``; never raises for what a reader sends."""
        try:
            command = parse_command(raw)
        except ApduError:
            return answer(Status.WRONG_LENGTH)
        if command.instruction == 0xC0:
            return self._next(command.expected)
        self._collected += command.data
        if command.chained:
            return answer(Status.OK)
        whole, self._collected = self._collected, b""
        if command.instruction not in {_VERIFY, _AUTHENTICATE}:
            self._just_verified = False  # "always" means: the command before (part 1, table 3)
        handle = self._instructions.get(command.instruction)
        if handle is None:
            return answer(Status.UNKNOWN_INSTRUCTION)
        return handle(replace(command, data=whole))

    def forget_pin(self) -> None:
        """Behave as if the PIN had not been presented."""
        self._verified = self._just_verified = False

    def _select(self, command: Command) -> bytes:
        prefix = command.data
        if command.p1 != 0x04 or len(prefix) < 5 or not _APPLICATION.startswith(prefix):
            return answer(Status.NOT_FOUND)
        return self._send(_PROPERTIES, command.expected)

    def _get_data(self, command: Command) -> bytes:
        try:
            tag = int.from_bytes(tlv.decode(command.data).get(0x5C, b""))
        except tlv.TlvError:
            return answer(Status.WRONG_DATA)
        if tag not in self._objects:
            return answer(Status.NOT_FOUND)
        return self._send(self._objects[tag], command.expected)

    def _verify(self, command: Command) -> bytes:
        if command.p2 != _PIN:
            return answer(Status.NO_SUCH_REFERENCE)
        if command.p1 == 0xFF:
            self.forget_pin()
            return answer(Status.OK)
        if not command.data:  # asks for the state; no PIN is presented
            return answer(Status.OK if self._verified else self._refusal())
        return self._present(command.data)

    def _present(self, padded: bytes) -> bytes:
        state = self._memory.state
        self.forget_pin()
        if state.tries == 0:
            self._memory.become(replace(state, sent=state.sent + 1))
            return answer(Status.BLOCKED)
        # Counted before it is compared: pulling the card in between gains nobody a try.
        self._memory.become(replace(state, sent=state.sent + 1, tries=state.tries - 1))
        if padded != state.pin.encode().ljust(8, b"\xff"):
            return answer(self._refusal())
        self._memory.become(replace(self._memory.state, tries=TRIES))
        self._verified = self._just_verified = True
        return answer(Status.OK)

    def _refusal(self) -> int:
        tries = self._memory.state.tries
        return Status.TRIES_LEFT + tries if tries else Status.BLOCKED

    def _authenticate(self, command: Command) -> bytes:
        key = self._keys.get(command.p2)
        if key is None:
            return answer(Status.NO_SUCH_REFERENCE)
        if not self._may_use(command.p2):
            return answer(Status.NOT_AUTHENTICATED)
        self._just_verified = False
        try:
            template = tlv.decode(tlv.decode(command.data).get(0x7C, b""))
            value = key.use(command.p1, template.get(0x81, b""))
        except (tlv.TlvError, KeyUseError):
            return answer(Status.WRONG_DATA)
        return self._send(tlv.encode(0x7C, tlv.encode(0x82, value)), command.expected)

    def _may_use(self, reference: int) -> bool:
        if reference == CARD:
            return True
        return self._just_verified if reference == SIGNATURE else self._verified

    def _send(self, data: bytes, expected: int | None) -> bytes:
        self._waiting = data
        return self._next(expected)

    def _next(self, expected: int | None) -> bytes:
        count = expected or 256
        part, self._waiting = self._waiting[:count], self._waiting[count:]
        left = len(self._waiting)
        if not left:
            return answer(Status.OK, part)
        return answer(Status.MORE | (left if left < 256 else 0), part)


def _objects(keys: dict[int, CardKey], guid: bytes) -> dict[int, bytes]:
    """Return the card's data objects, wrapped as GET DATA answers them (part 1 §3)."""
    holder = (
        tlv.encode(0x30, _FASCN)
        + tlv.encode(0x34, guid)
        + tlv.encode(0x35, b"20401231")
        + tlv.encode(0x3E, b"")
        + tlv.encode(0xFE, b"")
    )
    discovery = tlv.encode(0x4F, _APPLICATION) + tlv.encode(0x5F2F, b"\x40\x00")
    found = {_HOLDER: tlv.encode(0x53, holder), _DISCOVERY: tlv.encode(_DISCOVERY, discovery)}
    for reference, key in keys.items():
        entry = tlv.encode(0x70, key.certificate) + tlv.encode(0x71, b"\0") + tlv.encode(0xFE, b"")
        found[CERTIFICATES[reference]] = tlv.encode(0x53, entry)
    return found
