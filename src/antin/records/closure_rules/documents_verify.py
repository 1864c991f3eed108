"""Every document passes verification; one without any signature is certified by its digest."""

from collections.abc import Iterator

from antin.records.closure import ClosureFacts, Shortcoming

_GOOD = frozenset({"TOTAL-PASSED", "NO-SIGNATURE"})


def documents_verify(facts: ClosureFacts) -> Iterator[Shortcoming]:
    """Find documents whose report is anything but passed, or that could not be told."""
    for fact in facts.documents:
        if fact.conclusion in _GOOD:
            continue
        why = "; ".join(fact.reasons) or "no reason was given"
        yield Shortcoming(
            "documents_verify",
            f"document {fact.ordinal} ({fact.document.title}): {fact.conclusion}: {why}",
            fact.document.id,
        )
