"""CMS files as openssl makes them, with keys of ``smallpki``, and its opinion of them."""

import ssl
import subprocess
from pathlib import Path

from cryptography.hazmat.primitives import serialization

from tests.smallpki import Holder


def openssl_signed(
    folder: Path, holders: Holder | tuple[Holder, ...], content: bytes, *options: str
) -> bytes:
    """Return what ``openssl cms -sign`` makes of ``content``; ``options`` may say how."""
    (folder / "content").write_bytes(content)
    command = ["openssl", "cms", "-sign", "-binary", "-in", "content", "-out", "signed"]
    chain = b""
    for number, one in enumerate(holders if isinstance(holders, tuple) else (holders,)):
        name = f"{number}.pem"
        (folder / name).write_bytes(_pem(one))
        command += ["-signer", name, "-inkey", name]
        chain = b"".join(ssl.DER_cert_to_PEM_cert(der).encode() for der in one.chain)
        (folder / "chain.pem").write_bytes(chain)
    command += ["-certfile", "chain.pem"] if chain else []
    form = () if "-outform" in options else ("-outform", "DER")
    subprocess.run([*command, *form, *options], cwd=folder, check=True, capture_output=True)
    return (folder / "signed").read_bytes()


def openssl_agrees(folder: Path, signed: bytes, content: bytes | None, *options: str) -> bool:
    """Tell whether ``openssl cms -verify`` finds digest and signature value right."""
    (folder / "given").write_bytes(signed)
    command = ["openssl", "cms", "-verify", "-noverify", "-binary", "-in", "given"]
    command += ["-inform", "DER"] if "-inform" not in options else []
    if content is not None:
        (folder / "beside").write_bytes(content)
        command += ["-content", "beside"]
    done = subprocess.run(
        [*command, *options, "-out", "out"], cwd=folder, check=False, capture_output=True
    )
    return done.returncode == 0


def _pem(holder: Holder) -> bytes:
    key = holder.key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return key + holder.certificate.public_bytes(serialization.Encoding.PEM)
