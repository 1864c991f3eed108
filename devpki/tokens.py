"""SoftHSM tokens for development: keys are generated on the token, PINs lie in files beside.

FOLDER/softhsm2.conf, FOLDER/tokens/, FOLDER/pins/LABEL.pin (mode 0600)
"""

import json
import os
import secrets
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, Literal

from antin.hsm.softhsm import configuration, find_module

_ROOT: Final = Path(__file__).resolve().parent.parent
KeyKind = Literal["p256", "p384", "p521", "rsa2048", "rsa3072", "ed25519"]


class TokenError(Exception):
    """A token could not be made; the message is the worker's."""


@dataclass(frozen=True)
class KeySpec:
    """A key pair to be generated on a token."""

    label: str
    kind: KeyKind = "p256"
    id: bytes = b"\x01"
    always_authenticate: bool = False


@dataclass(frozen=True)
class TokenSpec:
    """A token to be made, and its keys."""

    label: str
    keys: tuple[KeySpec, ...]


@dataclass(frozen=True)
class Token:
    """A token that was made."""

    spec: TokenSpec
    serial: str
    pin_file: Path
    public_keys: Mapping[str, bytes]
    """DER SubjectPublicKeyInfo by key label."""

    @property
    def label(self) -> str:
        """The token's label."""
        return self.spec.label


def create_tokens(folder: Path, specs: tuple[TokenSpec, ...]) -> tuple[Token, ...]:
    """Make new tokens below ``folder``, each with a random PIN and its keys."""
    tokens = tuple(Token(spec, "", _new_pin(folder, spec.label), {}) for spec in specs)
    requests = [
        {"create": True, "keys": [_key_request(key) for key in t.spec.keys], "certificates": []}
        for t in tokens
    ]
    answers = _work(folder, tokens, requests)
    return tuple(
        replace(
            token,
            serial=answer["serial"],
            public_keys={label: bytes.fromhex(der) for label, der in answer["keys"].items()},
        )
        for token, answer in zip(tokens, answers, strict=True)
    )


def store_certificates(
    folder: Path, tokens: tuple[Token, ...], certificates: Mapping[str, bytes]
) -> None:
    """Store each DER certificate beside the key whose label it is listed under."""
    requests = [
        {
            "create": False,
            "keys": [],
            "certificates": [
                {"label": k.label, "id": k.id.hex(), "certificate": certificates[k.label].hex()}
                for k in token.spec.keys
                if k.label in certificates
            ],
        }
        for token in tokens
    ]
    _work(folder, tokens, requests)


def _new_pin(folder: Path, label: str) -> Path:
    path = folder / "pins" / f"{label}.pin"
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.touch(mode=0o600)
    path.write_text(f"{secrets.randbelow(10**8):08}\n")
    return path


def _key_request(key: KeySpec) -> dict[str, Any]:
    return {
        "label": key.label,
        "id": key.id.hex(),
        "kind": key.kind,
        "always_authenticate": key.always_authenticate,
    }


def _work(
    folder: Path, tokens: tuple[Token, ...], requests: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    for token, request in zip(tokens, requests, strict=True):
        request["label"] = token.label
        request["pin"] = token.pin_file.read_text().strip()
    done = subprocess.run(
        [sys.executable, "-m", "devpki.token_worker"],
        input=json.dumps({"module": str(find_module()), "tokens": requests}),
        capture_output=True,
        text=True,
        check=False,
        cwd=_ROOT,
        env=os.environ | {"SOFTHSM2_CONF": str(configuration(folder))},
    )
    if done.returncode != 0:
        raise TokenError(done.stderr)
    answers: list[dict[str, Any]] = json.loads(done.stdout)
    return answers
