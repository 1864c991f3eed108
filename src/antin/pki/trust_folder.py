"""A trust folder as a value: reads files that were already read from disk.

Layout: anchors ``*.pem``/``*.crt`` at the top; ``intermediates/``, ``crls/``, ``ocsp/``; and
``trust.toml`` where an anchor is not trusted for everything::

    [purposes]
    "tsa-root.pem" = ["time-stamp"]

Certificates in ``groups/NAME/`` are anchors only where a policy names the group.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from antin.core.errors import InputError
from antin.core.toml import parse_toml
from antin.pki.certificates import load_certificate
from antin.pki.crls import load_crl
from antin.pki.der import translated
from antin.pki.ocsp_answers import load_ocsp
from antin.pki.revocation import RevocationData
from antin.pki.trust import TrustAnchor, TrustMaterial

PURPOSES: Final = frozenset({"sign", "time-stamp"})
_ANCHOR_FILE: Final = re.compile(r".+\.(pem|crt)", re.IGNORECASE)
_IN_A_GROUP: Final = re.compile(r"groups/[^/]+/[^/]+")
_CERTIFICATE_FILE: Final = re.compile(r".+\.(pem|crt|cer|der)", re.IGNORECASE)
_CRL_FILE: Final = re.compile(r".+\.(crl|pem|der)", re.IGNORECASE)
_OCSP_FILE: Final = re.compile(r".+\.(ocsp|ors|der)", re.IGNORECASE)
_PEM_CRL: Final = re.compile(rb"-----BEGIN X509 CRL-----.*?-----END X509 CRL-----", re.DOTALL)


def read_trust_folder(files: Mapping[str, bytes]) -> TrustMaterial:
    """Return the trust in ``files`` (path below the folder, ``/`` between → content).

    Files that no rule names are left aside. Error: ``trust_malformed``, naming the file.
    """
    purposes = _purposes(files)
    anchors = tuple(
        TrustAnchor(der, purposes.get(name, PURPOSES))
        for name in _named(files, "", _ANCHOR_FILE)
        for der in _certificates(name, files[name])
    )
    if not anchors:
        raise InputError("trust_malformed", detail="no trust anchor (*.pem, *.crt) at its top")
    return TrustMaterial(
        anchors=anchors,
        intermediates=tuple(
            der
            for name in _named(files, "intermediates/", _CERTIFICATE_FILE)
            for der in _certificates(name, files[name])
        ),
        revocation=RevocationData(crls=_crls(files), ocsps=_ocsps(files)),
        groups=_groups(files),
    )


def _groups(files: Mapping[str, bytes]) -> dict[str, tuple[bytes, ...]]:
    found: dict[str, tuple[bytes, ...]] = {}
    for group in sorted({name.split("/")[1] for name in files if _IN_A_GROUP.fullmatch(name)}):
        folder = f"groups/{group}/"
        found[group] = tuple(
            der
            for name in _named(files, folder, _ANCHOR_FILE)
            for der in _certificates(name, files[name])
        )
    return found


def _named(files: Mapping[str, bytes], folder: str, pattern: re.Pattern[str]) -> Iterator[str]:
    for name in sorted(files):
        rest = name.removeprefix(folder)
        if name.startswith(folder) and "/" not in rest and pattern.fullmatch(rest):
            yield name


def _purposes(files: Mapping[str, bytes]) -> dict[str, frozenset[str]]:
    try:
        table = parse_toml(files.get("trust.toml", b""))
    except ValueError as error:
        raise _malformed("trust.toml", str(error)) from error
    if set(table) - {"purposes"}:
        raise _malformed("trust.toml", "only the table [purposes] has a meaning")
    named = table.get("purposes", {})
    if not isinstance(named, dict):
        raise _malformed("trust.toml", "[purposes] is no table")
    return {name: _purpose_set(name, value, files) for name, value in named.items()}


def _purpose_set(name: str, value: object, files: Mapping[str, bytes]) -> frozenset[str]:
    if name not in files:
        raise _malformed("trust.toml", f"{name} does not exist")
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise _malformed("trust.toml", f"the purposes of {name} are no list of texts")
    if not set(value) <= PURPOSES:
        raise _malformed("trust.toml", f"{name} has an unknown purpose")
    return frozenset(value)


def _certificates(name: str, data: bytes) -> list[bytes]:
    try:
        if b"-----BEGIN" not in data:
            return [load_certificate(data).der]
        with translated("certificate_malformed"):
            loaded = x509.load_pem_x509_certificates(data)
            ders = [one.public_bytes(Encoding.DER) for one in loaded]
        return [load_certificate(der).der for der in ders]
    except InputError as error:
        raise _malformed(name, error.detail.rstrip(".")) from error


def _crls(files: Mapping[str, bytes]) -> tuple[bytes, ...]:
    found = []
    for name in _named(files, "crls/", _CRL_FILE):
        try:
            found += [load_crl(der).der for der in _crl_values(files[name])]
        except InputError as error:
            raise _malformed(name, "no CRL in PEM or DER") from error
    return tuple(found)


def _crl_values(data: bytes) -> list[bytes]:
    if b"-----BEGIN" not in data:
        return [data]
    texts = _PEM_CRL.findall(data)
    if not texts:
        raise InputError("revocation_malformed", detail="PEM without a CRL")
    with translated("revocation_malformed"):
        return [x509.load_pem_x509_crl(text).public_bytes(Encoding.DER) for text in texts]


def _ocsps(files: Mapping[str, bytes]) -> tuple[bytes, ...]:
    found = []
    for name in _named(files, "ocsp/", _OCSP_FILE):
        try:
            found.append(load_ocsp(files[name]).der)
        except InputError as error:
            raise _malformed(name, "no successful OCSP answer in DER") from error
    return tuple(found)


def _malformed(name: str, detail: str) -> InputError:
    return InputError("trust_malformed", detail=f"{name}: {detail}")
