"""Fills development tokens through PKCS#11, in a process of its own.

A process loads a PKCS#11 module once, with one configuration; here that is the new tokens' and
nobody else's. Reads one JSON request on standard input, so that PINs stay out of the process
list, and writes one JSON answer. Started by :mod:`devpki.tokens` only.
"""

import json
import secrets
import sys
from typing import Any

import PyKCS11
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from antin.hsm.found_keys import public_key_of

_CURVE_OIDS = {
    "p256": bytes.fromhex("06082a8648ce3d030107"),
    "p384": bytes.fromhex("06052b81040022"),
    "ed25519": b"\x13\x0cedwards25519",
    "p521": bytes.fromhex("06052b81040023"),
}
Template = list[tuple[int, Any]]


def main() -> None:
    """Carry out the request on standard input."""
    request = json.load(sys.stdin)
    library = PyKCS11.PyKCS11Lib()
    library.load(request["module"])
    answers: list[Any] = []
    for token in request["tokens"]:
        if token["create"]:
            _initialise(library, token)
        if "wrong" in token:
            answers.append(_spend_tries(library, token))
            continue
        answers.append(_fill(library, token))
    json.dump(answers, sys.stdout)


def _initialise(library: Any, token: dict[str, Any]) -> None:
    so_pin = secrets.token_hex(4)  # nobody needs it again: a development token is made anew
    if token["factory"]:
        _take_over(library, token, new_so_pin=so_pin, **token["factory"])
        return
    slot = next(
        slot
        for slot in library.getSlotList(tokenPresent=True)
        if not library.getTokenInfo(slot).flags & PyKCS11.CKF_TOKEN_INITIALIZED
    )
    library.initToken(slot, so_pin, token["label"])
    session = library.openSession(_slot_of(library, token["label"]), _READ_WRITE)
    session.login(so_pin, PyKCS11.CKU_SO)
    session.initPin(token["pin"])
    session.logout()
    session.closeSession()


def _take_over(
    library: Any, token: dict[str, Any], slot: int, so_pin: str, new_so_pin: str
) -> None:
    """Initialise a token that has an SO PIN already and wants both PINs changed by their owners."""
    first = secrets.token_hex(4)
    library.initToken(slot, so_pin, token["label"].ljust(32))
    for user, before, after in (
        (PyKCS11.CKU_SO, so_pin, new_so_pin),
        (PyKCS11.CKU_SO, new_so_pin, None),
        (PyKCS11.CKU_USER, first, token["pin"]),
    ):
        session = library.openSession(slot, _READ_WRITE)
        session.login(before, user)
        if after is None:
            session.initPin(first)
        else:
            session.setPin(before, after)
        session.logout()
        session.closeSession()


_READ_WRITE = PyKCS11.CKF_SERIAL_SESSION | PyKCS11.CKF_RW_SESSION


def _slot_of(library: Any, label: str) -> int:
    slots: list[int] = library.getSlotList(tokenPresent=True)
    return next(s for s in slots if library.getTokenInfo(s).label.strip(" \0") == label)


def _spend_tries(library: Any, token: dict[str, Any]) -> list[str]:
    """Present a wrong PIN so many times; return what the token says to each."""
    session = library.openSession(_slot_of(library, token["label"]), _READ_WRITE)
    said = []
    for _ in range(token["wrong"]):
        try:
            session.login("0" * len(token["pin"]) if token["pin"].strip("0") else "11111111")
        except PyKCS11.PyKCS11Error as error:
            said.append(str(error).split()[0])
    session.closeSession()
    return said


def _fill(library: Any, token: dict[str, Any]) -> dict[str, Any]:
    slot = _slot_of(library, token["label"])
    session = library.openSession(slot, _READ_WRITE)
    session.login(token["pin"])
    made = {key["label"]: _generate(session, key).hex() for key in token["keys"]}
    for entry in token["certificates"]:
        _store(session, entry)
    serial = library.getTokenInfo(slot).serialNumber.strip(" \0")
    session.logout()
    session.closeSession()
    return {"label": token["label"], "serial": serial, "keys": made}


def _generate(session: Any, key: dict[str, Any]) -> bytes:
    rsa = key["kind"].startswith("rsa")
    names: Template = [
        (PyKCS11.CKA_LABEL, key["label"]),
        (PyKCS11.CKA_ID, bytes.fromhex(key["id"])),
    ]
    kept: Template = [(PyKCS11.CKA_TOKEN, PyKCS11.CK_TRUE)]
    secret: Template = [
        (PyKCS11.CKA_PRIVATE, PyKCS11.CK_TRUE),
        (PyKCS11.CKA_SENSITIVE, PyKCS11.CK_TRUE),
        (PyKCS11.CKA_EXTRACTABLE, PyKCS11.CK_FALSE),
        (PyKCS11.CKA_SIGN, PyKCS11.CK_TRUE),
        (PyKCS11.CKA_ALWAYS_AUTHENTICATE, key["always_authenticate"]),
    ]
    shape: Template
    if rsa:
        bits = int(key["kind"][3:])
        shape = [(PyKCS11.CKA_MODULUS_BITS, bits), (PyKCS11.CKA_PUBLIC_EXPONENT, (1, 0, 1))]
    else:
        shape = [(PyKCS11.CKA_EC_PARAMS, _CURVE_OIDS[key["kind"]])]
    mechanism = PyKCS11.CKM_RSA_PKCS_KEY_PAIR_GEN if rsa else PyKCS11.CKM_EC_KEY_PAIR_GEN
    if key["kind"] == "ed25519":
        mechanism = PyKCS11.CKM_EC_EDWARDS_KEY_PAIR_GEN
    public, _ = session.generateKeyPair(
        [*names, *kept, (PyKCS11.CKA_VERIFY, PyKCS11.CK_TRUE), *shape],
        [*names, *kept, *secret],
        PyKCS11.Mechanism(mechanism, None),
    )
    wanted = (
        [PyKCS11.CKA_MODULUS, PyKCS11.CKA_PUBLIC_EXPONENT]
        if rsa
        else [PyKCS11.CKA_EC_PARAMS, PyKCS11.CKA_EC_POINT]
    )
    values = session.getAttributeValue(public, wanted, allAsBinary=True)
    (number,) = session.getAttributeValue(public, [PyKCS11.CKA_KEY_TYPE])
    made = public_key_of(number, tuple(bytes(value) for value in values))
    assert made is not None
    return made


def _store(session: Any, entry: dict[str, str]) -> None:
    certificate = bytes.fromhex(entry["certificate"])
    subject = x509.load_der_x509_certificate(certificate).subject
    session.createObject(
        [
            (PyKCS11.CKA_CLASS, PyKCS11.CKO_CERTIFICATE),
            (PyKCS11.CKA_CERTIFICATE_TYPE, PyKCS11.CKC_X_509),
            (PyKCS11.CKA_TOKEN, PyKCS11.CK_TRUE),
            (PyKCS11.CKA_PRIVATE, PyKCS11.CK_FALSE),
            (PyKCS11.CKA_LABEL, entry["label"]),
            (PyKCS11.CKA_ID, bytes.fromhex(entry["id"])),
            (PyKCS11.CKA_SUBJECT, subject.public_bytes(serialization.Encoding.DER)),
            (PyKCS11.CKA_VALUE, certificate),
        ]
    )


if __name__ == "__main__":
    main()
