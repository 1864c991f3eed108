"""The flow *desk*: an officer signs with the key on their own token, in two phases.

CREATED → OFFERED → PREPARED → SIGNED → COMPLETED. The service never sees the officer's key or
PIN: it prepares the revision and the attributes to be signed, and takes back a signature value.
``tasks`` asks, lists and ends; ``preparing`` is phase one; ``completing`` is phase two.
"""

from antin.flows.desk.completing import complete
from antin.flows.desk.preparing import Choice, prepare, prepared_blob
from antin.flows.desk.tasks import NewTask, ask, cancel, decline, get_task, list_tasks

__all__ = [
    "Choice",
    "NewTask",
    "ask",
    "cancel",
    "complete",
    "decline",
    "get_task",
    "list_tasks",
    "prepare",
    "prepared_blob",
]
