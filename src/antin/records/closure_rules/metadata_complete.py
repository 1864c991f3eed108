"""Missing metadata are filled in before closing (Decree 30/2020 art. 29.4; REC-3)."""

from collections.abc import Iterator

from antin.records.closure import ClosureFacts, Shortcoming

_NEEDED = ("title", "code_notation", "retention", "creator")


def metadata_complete(facts: ClosureFacts) -> Iterator[Shortcoming]:
    """Find empty fields of the record and documents without a title, each by name."""
    for name in _NEEDED:
        if not str(getattr(facts.record, name)).strip():
            yield Shortcoming("metadata_complete", f"the record has no {name}")
    for fact in facts.documents:
        if not fact.document.title.strip():
            yield Shortcoming(
                "metadata_complete", f"document {fact.ordinal} has no title", fact.document.id
            )
