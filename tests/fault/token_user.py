"""A process whose threads all sign with one key until it is told to stop.

Its input: a line that says what to do. Its output: one line when it has signed for the first time,
one with the counts of what every request ended in. Started by test_token_removed.py only.
"""

import json
import sys
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

from antin.core.errors import AntinError
from antin.hsm import pkcs11, softhsm
from antin.hsm.cryptoki import CryptokiError
from antin.hsm.gate import PinGate
from antin.hsm.pins import PinProvider, pin_from_file
from antin.hsm.public_keys import load_public_key, require_signature
from antin.hsm.room import Staffing
from antin.hsm.session import Session

LOGINS: Counter[str] = Counter()
"""What the token said to every PIN that reached it."""


def count_logins() -> None:
    login = Session.login

    def counted(session: Session, pin: str, user: int) -> None:
        try:
            login(session, pin, user)
        except CryptokiError as error:
            LOGINS[error.name] += 1
            raise
        LOGINS["CKR_OK"] += 1

    Session.login = counted  # type: ignore[assignment, method-assign]  # a spy


def main() -> None:
    count_logins()
    asked = json.loads(sys.stdin.readline())
    folder = Path(asked["folder"])
    softhsm.configure(folder)
    gate = PinGate(lambda _alarm: None, folder / "refused")
    room = pkcs11.KeyRoom(gate, Staffing(asked["processes"], asked["sessions"], 20.0))
    reference = pkcs11.KeyReference(softhsm.find_module(), "office", key_label=asked["key"])
    pin = pin_from_file("office", Path(asked["pin_file"]))
    if asked["threads"] == 0:
        say({"codes": [refusal(reference, pin, room) for _ in range(3)], "logins": LOGINS})
        return
    key = pkcs11.open_key(reference, pin, room)
    outcomes: Counter[str] = Counter()
    over = threading.Event()
    longest = [0.0] * asked["threads"]

    def sign(number: int) -> None:
        public = load_public_key(key.public_key, "office")
        count = 0
        while not over.is_set():
            data = b"%d.%d" % (number, count)
            start = time.monotonic()
            try:
                value = key.sign(data)
                require_signature(public, key.algorithm, data, value, token="office")
                outcome = "signed"
            except AntinError as error:
                outcome = error.code
            longest[number] = max(longest[number], time.monotonic() - start)
            outcomes[outcome] += 1
            count += 1
            if count >= asked["most"]:
                return

    threads = [threading.Thread(target=sign, args=(n,)) for n in range(asked["threads"])]
    for thread in threads:
        thread.start()
    say({"started": True})
    sys.stdin.readline()  # until the other side has enough
    over.set()
    for thread in threads:
        thread.join()
    after = "signed" if attempt(key) else "failed"
    room.close()
    say({"outcomes": outcomes, "longest": max(longest), "after": after, "logins": LOGINS})


def refusal(reference: pkcs11.KeyReference, pin: PinProvider, room: pkcs11.KeyRoom) -> str | None:
    try:
        pkcs11.open_key(reference, pin, room)
    except AntinError as error:
        return error.code
    return None


def attempt(key: pkcs11.Pkcs11Key) -> bool:
    """Sign once the token is back: at the latest at the tenth try."""
    for _ in range(10):
        try:
            return bool(key.sign(b"after"))
        except AntinError:
            continue
    return False


def say(message: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
