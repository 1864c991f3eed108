"""Trust anchors per purpose: which of the caller's anchors a policy believes, and for what."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final

from antin.core.digests import sha256_hex
from antin.core.errors import InputError
from antin.pki.revocation import RevocationData
from antin.pki.trust import TrustAnchor, TrustMaterial

PURPOSES: Final = ("sign", "seal", "time-stamp", "ocsp", "crl")
TOP: Final = "."
"""Stands for all anchors at the top of the trust folder."""
_SHA256: Final = re.compile(r"[0-9a-f]{64}")
Anchors = Mapping[str, tuple[str, ...]]
"""By purpose: SHA-256 of a certificate (hex), name of a group, or ``TOP``."""


def believed(trust: TrustMaterial, anchors: Anchors) -> TrustMaterial:
    """Return ``trust`` as a policy with these ``anchors`` believes it, in an order of its own.

    A purpose that it does not name is left to the anchors at the top, a seal to those of
    signatures, and whoever is below an anchor is heard on revocation. What an anchor is not for by
    the trust folder's own word, no policy makes it. Error: ``policy_malformed`` for an anchor that
    the trust folder does not have: an entry that was mistyped must not go unnoticed.
    """
    trust = _in_order(trust)
    if not anchors:
        return trust
    top = frozenset(sha256_hex(one.certificate) for one in trust.anchors)
    named = {
        purpose: frozenset(
            digest for entry in entries for digest in _meant(trust, top, purpose, entry)
        )
        for purpose, entries in anchors.items()
    }
    grouped = {sha256_hex(der): der for ders in trust.groups.values() for der in ders}
    more = tuple(
        TrustAnchor(der)
        for digest, der in sorted(grouped.items())
        if digest not in top and any(digest in digests for digests in named.values())
    )
    only = {"sign": top, "time-stamp": top, **named}
    only.setdefault("seal", only["sign"])
    return replace(trust, anchors=trust.anchors + more, only=only)


def _in_order(trust: TrustMaterial) -> TrustMaterial:
    """Return the same trust however it was laid out: of two ways to an anchor, the first counts."""
    known = trust.revocation
    return replace(
        trust,
        anchors=tuple(sorted(set(trust.anchors), key=_order)),
        intermediates=tuple(sorted(set(trust.intermediates))),
        revocation=RevocationData(
            *(tuple(sorted(set(ders))) for ders in (known.crls, known.ocsps, known.certificates))
        ),
    )


def _order(anchor: TrustAnchor) -> tuple[bytes, list[str]]:
    return anchor.certificate, sorted(anchor.purposes)


def _meant(trust: TrustMaterial, top: frozenset[str], purpose: str, entry: str) -> Iterator[str]:
    """Return the SHA-256 of the anchors that ``entry`` stands for."""
    if entry == TOP:
        return iter(top)
    if entry in trust.groups:
        return (sha256_hex(der) for der in trust.groups[entry])
    every = top | {sha256_hex(der) for ders in trust.groups.values() for der in ders}
    if _SHA256.fullmatch(entry) and entry in every:
        return iter((entry,))
    detail = f"anchors.{purpose} names {entry}, which the trust folder does not have"
    raise InputError("policy_malformed", detail=detail)
