"""The agency's closure policy: every rule is evaluated and reported, not only the first that fails.

One rule a module, each a function of :class:`~antin.records.closure.ClosureFacts`.
"""

from antin.records.closure import ClosureFacts, Shortcoming
from antin.records.closure_rules.documents_verify import documents_verify
from antin.records.closure_rules.has_documents import has_documents
from antin.records.closure_rules.metadata_complete import metadata_complete
from antin.records.closure_rules.nothing_pending import nothing_pending

RULES = (has_documents, metadata_complete, nothing_pending, documents_verify)


def shortcomings(facts: ClosureFacts) -> tuple[Shortcoming, ...]:
    """Return all reasons against closing; empty when there is none."""
    return tuple(found for rule in RULES for found in rule(facts))


__all__ = ["RULES", "shortcomings"]
