"""A record without a document has nothing to certify."""

from collections.abc import Iterator

from antin.records.closure import ClosureFacts, Shortcoming


def has_documents(facts: ClosureFacts) -> Iterator[Shortcoming]:
    """Find a record without documents."""
    if not facts.documents:
        yield Shortcoming("has_documents", "the record holds no document")
