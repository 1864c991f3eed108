"""What is still being signed or sealed is not finished."""

from collections.abc import Iterator

from antin.records.closure import ClosureFacts, Shortcoming


def nothing_pending(facts: ClosureFacts) -> Iterator[Shortcoming]:
    """Find documents with an open signing task or a seal under way."""
    for fact in facts.documents:
        name = f"document {fact.ordinal} ({fact.document.title})"
        if fact.open_task:
            yield Shortcoming(
                "nothing_pending", f"{name} has an open signing task", fact.document.id
            )
        if fact.open_seal:
            yield Shortcoming("nothing_pending", f"{name} is being sealed", fact.document.id)
