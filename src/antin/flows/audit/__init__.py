"""The flow *audit*: what the ledger says, whether it and the files are whole, and checkpoints.

``checkpoints`` signs for what was committed, ``witnessing`` has others cosign it, ``proving`` shows
that entries are under it; ``entries`` shows what the ledger holds, to those who may see it;
``erasing`` takes personal data away from beside it; ``checking`` holds ledger, rows and files
against each other; ``recovering`` goes on after the database was set back. Today an auditor works
on the live installation; archive packages will come in beside this.
"""

from antin.flows.audit.anchoring import anchor_newest
from antin.flows.audit.checking import FsckReport, check_ledger, fsck
from antin.flows.audit.checkpoints import (
    checkpoint_soon,
    list_checkpoints,
    newest_note,
    require_ledger_continued,
    take_checkpoint,
)
from antin.flows.audit.entries import Found, Question, find_entries, list_entries
from antin.flows.audit.erasing import Wanted, erase, plan_erasure, redactions_of
from antin.flows.audit.exporting import export_ledger
from antin.flows.audit.proving import (
    find_leaf,
    newest_index,
    prove_entry,
    prove_growth,
    record_receipts,
)
from antin.flows.audit.recovering import Missing, accept_loss, bring_back, find_missing
from antin.flows.audit.witnessing import ask_witnesses

__all__ = [
    "Found",
    "FsckReport",
    "Missing",
    "Question",
    "Wanted",
    "accept_loss",
    "anchor_newest",
    "ask_witnesses",
    "bring_back",
    "check_ledger",
    "checkpoint_soon",
    "erase",
    "export_ledger",
    "find_entries",
    "find_leaf",
    "find_missing",
    "fsck",
    "list_checkpoints",
    "list_entries",
    "newest_index",
    "newest_note",
    "plan_erasure",
    "prove_entry",
    "prove_growth",
    "record_receipts",
    "redactions_of",
    "require_ledger_continued",
    "take_checkpoint",
]
