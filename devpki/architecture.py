"""The development trust world as certomancer's configuration: entities, certificates, services.

root ─┬─ officers ─┬─ officers' certificates          (keys on SoftHSM tokens)
      │            └─ officers-ocsp
      ├─ agencies ─┬─ agencies' seal certificates
      │            └─ agencies-ocsp
      └─ tsa
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Literal

ARCHITECTURE: Final = "dev"
"""The first part of every path below the base URL."""

AUTHORITIES: Final = ("root", "officers", "agencies")
PRIVATE_KEYS: Final = (*AUTHORITIES, "tsa", "officers-ocsp", "agencies-ocsp")
"""Keys that the services hold themselves; labels are also those of the certificates."""

_CA_FROM: Final = datetime(2020, 1, 1, tzinfo=UTC)
_CA_TO: Final = datetime(2045, 1, 1, tzinfo=UTC)
_ORGANISATION: Final = "Ủy ban nhân dân tỉnh Mẫu"
_NAMES: Final = {
    "root": "Antin Development Root",
    "officers": "Antin Development Officers CA",
    "agencies": "Antin Development Agencies CA",
    "tsa": "Antin Development Time-Stamping",
    "officers-ocsp": "Antin Development Officers OCSP",
    "agencies-ocsp": "Antin Development Agencies OCSP",
}

Config = dict[str, Any]


@dataclass(frozen=True)
class Leaf:
    """An end-entity certificate to be issued: whose it is, and what may be odd about it."""

    label: str
    """Names the files; also the name of the token's key."""
    common_name: str
    public_key: bytes
    """DER SubjectPublicKeyInfo; the private key stays where it is."""
    not_before: datetime
    not_after: datetime
    issuer: Literal["officers", "agencies"] = "officers"
    key_usage: tuple[str, ...] = ("digital_signature", "non_repudiation")
    revoked_at: datetime | None = None
    revocation_reason: str = "key_compromise"
    organisation: str = _ORGANISATION
    number: str | None = None
    """The holder's personal number, in the subject's UID."""


def build_config(base_url: str) -> Config:
    """Return certomancer's configuration of the authorities and their services, without leaves."""
    names = {
        label: {"organization-name": "Antin Development", "common-name": name}
        for label, name in _NAMES.items()
    }
    keys = {label: {"path": f"{label}.pem"} for label in PRIVATE_KEYS}
    return {
        "external-url-prefix": base_url,
        "keysets": {ARCHITECTURE: {"path-prefix": "keys", "keys": keys}},
        "pki-architectures": {
            ARCHITECTURE: {
                "keyset": ARCHITECTURE,
                "entity-defaults": {"country-name": "VN"},
                "entities": names,
                "certs": _authority_certs(),
                "services": _services(),
            }
        },
    }


def add_leaf(config: Config, leaf: Leaf) -> None:
    """Add ``leaf`` at the end, so that serial numbers given before it stay what they are."""
    world = config["pki-architectures"][ARCHITECTURE]
    config["keysets"][ARCHITECTURE]["keys"][leaf.label] = {
        "path": f"{leaf.label}.pub",
        "public-only": True,
    }
    world["entities"][leaf.label] = {
        "organization-name": leaf.organisation,
        "common-name": leaf.common_name,
        **({"user-id": leaf.number} if leaf.number else {}),
    }
    world["certs"][leaf.label] = _leaf_cert(leaf)


def certificates_of(config: Config) -> Config:
    """Return the certificates' entries by label, to be read or changed in place."""
    certs: Config = config["pki-architectures"][ARCHITECTURE]["certs"]
    return certs


def _authority_certs() -> Config:
    ca_usage = _key_usage(("digital_signature", "key_cert_sign", "crl_sign"))
    root = {"id": "basic_constraints", "critical": True, "value": {"ca": True}}
    sub = root | {"value": {"ca": True, "path-len-constraint": 0}}
    stamping = {"id": "extended_key_usage", "critical": True, "value": ["time_stamping"]}
    usage = _key_usage(("digital_signature",))
    certs = {"root": _cert("root", [root, ca_usage])}
    for label in AUTHORITIES[1:]:
        certs[label] = _cert("root", [sub, ca_usage, *_pointers("root", ocsp=False)])
    certs["tsa"] = _cert("root", [usage, stamping, *_pointers("root", ocsp=False)])
    for label in AUTHORITIES[1:]:
        responding = {"id": "extended_key_usage", "value": ["ocsp_signing"]}
        certs[f"{label}-ocsp"] = _cert(label, [usage, responding, {"id": "ocsp_no_check"}])
    return certs


def _leaf_cert(leaf: Leaf) -> Config:
    extensions = [_key_usage(leaf.key_usage), *_pointers(leaf.issuer, ocsp=True)]
    cert = _cert(leaf.issuer, extensions, leaf.not_before, leaf.not_after)
    if leaf.revoked_at is not None:
        cert["revocation"] = {
            "revoked-since": _iso(leaf.revoked_at),
            "reason": leaf.revocation_reason,
        }
    return cert


def _cert(
    issuer: str,
    extensions: list[Config],
    not_before: datetime = _CA_FROM,
    not_after: datetime = _CA_TO,
) -> Config:
    validity = {"valid-from": _iso(not_before), "valid-to": _iso(not_after)}
    return {"issuer": issuer, "validity": validity, "extensions": extensions}


def _iso(moment: datetime) -> str:
    # RFC 5280 §4.1.2.5.2 allows no fractions of a second.
    return moment.isoformat(timespec="seconds")


def _key_usage(usages: tuple[str, ...]) -> Config:
    value = {"schema": "key-usage", "params": list(usages)}
    return {"id": "key_usage", "critical": True, "smart-value": value}


def _pointers(issuer: str, *, ocsp: bool) -> list[Config]:
    links: Config = {"ca-issuer-links": [{"repo": issuer}]}
    if ocsp:
        links["ocsp-responder-names"] = [issuer]
    crl = {"schema": "crl-dist-url", "params": {"crl-repo-names": [issuer]}}
    return [
        {"id": "crl_distribution_points", "smart-value": crl},
        {
            "id": "authority_information_access",
            "smart-value": {"schema": "aia-urls", "params": links},
        },
    ]


def _services() -> Mapping[str, Config]:
    responders = {
        label: {
            "for-issuer": label,
            "responder-cert": f"{label}-ocsp",
            "signing-key": f"{label}-ocsp",
        }
        for label in AUTHORITIES[1:]
    }
    # A revocation reaches the served CRL on the day after; the OCSP answer tells it at once.
    crls = {
        label: {"for-issuer": label, "signing-key": label, "simulated-update-schedule": "P1D"}
        for label in AUTHORITIES
    }
    return {
        "ocsp": responders,
        "crl-repo": crls,
        "cert-repo": {label: {"for-issuer": label} for label in AUTHORITIES},
        "time-stamping": {"tsa": {"signing-key": "tsa", "signing-cert": "tsa"}},
    }
