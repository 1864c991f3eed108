"""SoftHSM tokens for development: keys are generated on the token, PINs lie in files beside.

FOLDER/softhsm2.conf, FOLDER/tokens/, FOLDER/pins/LABEL.pin (mode 0600)
"""

import json
import os
import secrets
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, Literal

from antin.hsm.softhsm import configuration, find_module

_ROOT: Final = Path(__file__).resolve().parent.parent
KeyKind = Literal["p256", "p384", "p521", "rsa2048", "rsa3072", "rsa4096", "ed25519"]


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
    tokens = tuple(Token(spec, "", new_pin(folder, spec.label), {}) for spec in specs)
    return make_tokens(find_module(), tokens, _environment(folder), [{} for _ in tokens])


def make_tokens(
    module: Path,
    tokens: tuple[Token, ...],
    environment: Mapping[str, str],
    factory: Sequence[Mapping[str, Any]],
) -> tuple[Token, ...]:
    """Initialise ``tokens`` through any PKCS#11 ``module``, generate their keys.

    ``factory`` says how each comes: ``slot`` and ``so_pin``, or nothing where any free slot will
    do. Error: ``TokenError``.
    """
    requests = [
        {
            "create": True,
            "factory": dict(state),
            "keys": [_key_request(key) for key in token.spec.keys],
            "certificates": [],
        }
        for token, state in zip(tokens, factory, strict=True)
    ]
    answers = _work(module, tokens, requests, environment)
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
    """Store each DER certificate on SoftHSM, beside the key whose label it is listed under."""
    put_certificates(find_module(), tokens, _environment(folder), certificates)


def put_certificates(
    module: Path,
    tokens: tuple[Token, ...],
    environment: Mapping[str, str],
    certificates: Mapping[str, bytes],
) -> None:
    """Store each DER certificate as :func:`store_certificates` does, through any ``module``."""
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
    _work(module, tokens, requests, environment)


def spend_tries(module: Path, token: Token, count: int) -> list[str]:
    """Present a wrong PIN to ``token`` so many times; return the return values by name."""
    (said,) = _work(module, (token,), [{"create": False, "wrong": count}], {})
    return list(said)


def new_pin(folder: Path, label: str) -> Path:
    """Write a random PIN of eight digits to a file of its owner's, and return the file."""
    path = folder / "pins" / f"{label}.pin"
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.touch(mode=0o600)
    path.write_text(f"{secrets.randbelow(10**8):08}\n")
    return path


def _environment(folder: Path) -> Mapping[str, str]:
    return {"SOFTHSM2_CONF": str(configuration(folder))}


def _key_request(key: KeySpec) -> dict[str, Any]:
    return {
        "label": key.label,
        "id": key.id.hex(),
        "kind": key.kind,
        "always_authenticate": key.always_authenticate,
    }


def _work(
    module: Path,
    tokens: tuple[Token, ...],
    requests: list[dict[str, Any]],
    environment: Mapping[str, str],
) -> list[Any]:
    for token, request in zip(tokens, requests, strict=True):
        request["label"] = token.label
        request["pin"] = token.pin_file.read_text().strip()
    done = subprocess.run(
        [sys.executable, "-m", "devpki.token_worker"],
        input=json.dumps({"module": str(module), "tokens": requests}),
        capture_output=True,
        text=True,
        check=False,
        cwd=_ROOT,
        env=os.environ | environment,
    )
    if done.returncode != 0:
        raise TokenError(done.stderr)
    answers: list[Any] = json.loads(done.stdout)
    return answers
