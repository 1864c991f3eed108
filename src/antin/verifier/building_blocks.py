"""The building blocks of EN 319 102-1 §5.2: each looks at one thing and says what that means.

A block's answer is an indication, the standard's sub-indication and the findings that explain it.
``worst`` puts blocks together: what failed outweighs what could not be told, and both outweigh
everything that passed.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from antin.pki.algorithms import KeyKind, digest_weak_since, key_weak_since
from antin.pki.certificates import Certificate
from antin.pki.signature_policy import SignaturePolicy
from antin.verifier.findings import finding, finding_with
from antin.verifier.policy import AlgorithmFloor, Policy
from antin.verifier.report import (
    ChangeLevel,
    ChangesAfter,
    Check,
    CheckSummary,
    Finding,
    Indication,
    Severity,
)


@dataclass(frozen=True)
class Block:
    """What one building block found."""

    indication: Indication
    sub_indication: str | None = None
    findings: tuple[Finding, ...] = ()
    checks: tuple[CheckSummary, ...] = field(default=(), compare=False)
    """Which checks it is the answer of; only for the report."""


PASSED: Final = Block(Indication.PASSED)
_ORDER: Final = (Indication.FAILED, Indication.INDETERMINATE, Indication.PASSED)


def worst(blocks: Iterable[Block]) -> Block:
    """Return the first of the worst blocks, with the findings of all that did not pass."""
    listed = tuple(blocks)
    chosen = min(listed, key=lambda b: _ORDER.index(b.indication), default=_UNCHECKED)
    findings = tuple(found for block in listed for found in block.findings)
    checks = tuple(check for block in listed for check in block.checks)
    return Block(chosen.indication, chosen.sub_indication, tuple(dict.fromkeys(findings)), checks)


def weighed(blocks: Iterable[Block], policy: Policy) -> Block:
    """Return the worst of ``blocks`` as the constraints of ``policy`` weigh their findings.

    What failed or could not be told by findings only that weigh less here has passed, with them.
    What passed with a finding that weighs as an error here has not.
    """
    return worst(_weighed(block, policy) for block in blocks)


def _weighed(block: Block, policy: Policy) -> Block:
    findings = policy.constraints.weigh_all(block.findings)
    if findings == block.findings:
        return block
    was, now = _errors(block.findings), _errors(findings)
    if now and block.indication is Indication.PASSED:
        block = replace(block, indication=Indication.INDETERMINATE, sub_indication=_CONSTRAINTS)
    elif was and not now:
        block = replace(block, indication=Indication.PASSED, sub_indication=None)
    checks = (
        replace(c, indication=block.indication, sub_indication=block.sub_indication)
        for c in block.checks
    )
    return replace(block, findings=findings, checks=tuple(checks))


def _errors(findings: Iterable[Finding]) -> list[Finding]:
    return [found for found in findings if found.is_error]


def named(check: Check, block: Block) -> Block:
    """Return ``block`` as the answer of ``check``, which stands in the report by that name."""
    return replace(block, checks=(CheckSummary(check, block.indication, block.sub_indication),))


def failed(sub_indication: str, code: str, **values: str | int) -> Block:
    """Return a block that failed, explained by the error finding ``code``."""
    return Block(Indication.FAILED, sub_indication, (_error(code, values),))


def indeterminate(sub_indication: str, code: str, **values: str | int) -> Block:
    """Return a block that could not be told, explained by the error finding ``code``."""
    return Block(Indication.INDETERMINATE, sub_indication, (_error(code, values),))


def _error(code: str, values: Mapping[str, str | int]) -> Finding:
    return finding_with(code, Severity.ERROR, values)


_CONSTRAINTS: Final = "SIG_CONSTRAINTS_FAILURE"
_UNCHECKED: Final = Block(Indication.INDETERMINATE, "SIGNED_DATA_NOT_FOUND")
"""Nothing was looked at: that is no success."""


def format_checking(findings: tuple[Finding, ...]) -> Block:
    """§5.2.2: the signature's place in the file breaks no rule."""
    if _errors(findings):
        return Block(Indication.FAILED, "FORMAT_FAILURE", findings)
    return replace(PASSED, findings=findings)


def policy_constraints(remarks: tuple[Finding, ...], policy: Policy) -> Block:
    """§5.2.8: nothing that was remarked on is more than a remark under this policy."""
    block = weighed((replace(PASSED, findings=remarks),), policy)
    return block if block.indication is Indication.PASSED else named(Check.POLICY, block)


def signing_certificate(
    certificate: Certificate | None, *, bound: bool | None, must_be_bound: bool
) -> Block:
    """§5.2.3: the certificate is there and is the one that the signed attributes name."""
    if certificate is None:
        return indeterminate("NO_SIGNING_CERTIFICATE_FOUND", "signer_certificate_missing")
    if bound is False:
        return indeterminate("NO_SIGNING_CERTIFICATE_FOUND", "signer_certificate_mismatch")
    if bound is None and must_be_bound:
        return indeterminate("SIG_CONSTRAINTS_FAILURE", "signer_certificate_unprotected")
    if bound is None:
        return replace(PASSED, findings=(finding("signer_certificate_unprotected", Severity.INFO),))
    return PASSED


def signature_policy(named: SignaturePolicy) -> Block:
    """§5.2.4: the rules that the signer signed under are known; none of ours are a signer's.

    A policy that is only implied leaves the choice of rules to whoever verifies.
    """
    if named.oid is None:
        return replace(PASSED, findings=(finding("signature_policy_implied", Severity.INFO),))
    code = "signature_policy_unavailable"
    return indeterminate("SIGNATURE_POLICY_NOT_AVAILABLE", code, policy=named.oid)


def cryptographic_verification(*, digest_ok: bool | None, signature_ok: bool | None) -> Block:
    """§5.2.7: the digest of what was signed, then the value over the signed attributes."""
    if digest_ok is False:
        return failed("HASH_FAILURE", "digest_wrong")
    if signature_ok is False:
        return failed("SIG_CRYPTO_FAILURE", "signature_value_mismatch")
    if digest_ok is None or signature_ok is None:
        return indeterminate("SIGNED_DATA_NOT_FOUND", "digest_undetermined")
    return PASSED


def algorithm_constraints(
    digests: Iterable[str],
    key: KeyKind | None,
    moment: datetime,
    floor: AlgorithmFloor,
    made_after: datetime | None = None,
) -> Block:
    """§5.2.8: digests and key are believed today, or were still when last proven.

    What the policy's floor excludes passes only if ``moment`` lies before the date from which on
    it counts as weak at all. ``made_after``: when the signature was not there yet, if that is
    known.
    """
    ends = {d: digest_weak_since(d) for d in digests if d not in floor.digests}
    if key is not None and _below(key, floor):
        ends[key.name] = key_weak_since(key)
    weak = {name: end for name, end in ends.items() if end is None or moment >= end}
    if not weak:
        return PASSED
    what = ", ".join(sorted(weak))
    return indeterminate(weakness(weak.values(), made_after), "algorithm_weak", what=what)


def weakness(ends: Iterable[datetime | None], made_after: datetime | None) -> str:
    """Return the sub-indication of what is weak since ``ends``; None among them: since ever.

    Weakness that a proof of age could mend is told from that which none can (§5.1.3, table 6).
    """
    for end in ends:
        if end is None or (made_after is not None and made_after >= end):
            return "CRYPTO_CONSTRAINTS_FAILURE"
    return "CRYPTO_CONSTRAINTS_FAILURE_NO_POE"


def changes(after: ChangesAfter, policy: Policy) -> Block:
    """Later revisions did only what the signature and the policy allow (ISO 32000-2 §12.8.2)."""
    told = [found for found in after.findings if found.code not in _UNTOLD]
    if any(found.is_error for found in told):
        return Block(Indication.FAILED, "FORMAT_FAILURE", after.findings)
    if after.level is None:
        return Block(Indication.INDETERMINATE, "SIGNED_DATA_NOT_FOUND", after.findings)
    # What is allowed besides by name is among the findings; no name allows more than annotations.
    most = ChangeLevel.ANNOTATIONS if policy.also_changes else policy.allowed_changes
    if _RANK[after.level] > _RANK[most]:
        return Block(Indication.FAILED, "FORMAT_FAILURE", after.findings)
    # That nobody could look, or that something is hidden where a later signature may show, is no
    # failure; a policy may make it one.
    remarked = (found for found in after.findings if found.code in _REMARKED)
    warnings = tuple(replace(found, severity=Severity.WARNING) for found in remarked)
    return replace(PASSED, findings=warnings)


_REMARKED: Final = frozenset({"pictures_unavailable", "content_covered"})
_UNTOLD: Final = _REMARKED | {"changes_undetermined"}
_RANK: Final = {level: rank for rank, level in enumerate(ChangeLevel)}
"""``ChangeLevel`` is listed from harmless to anything."""


def _below(key: KeyKind, floor: AlgorithmFloor) -> bool:
    bits = {"rsa": floor.rsa_bits, "ec": floor.ec_bits}.get(key.family, 0)
    return key.bits < bits
