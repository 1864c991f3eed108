"""The flow *desk*: officers sign with the keys on their own tokens, in two phases.

CREATED → OFFERED → PREPARED → SIGNED → COMPLETED. The service never sees an officer's key or PIN:
it prepares the revision and the attributes to be signed, and takes back a signature value.
``asking`` makes tasks, alone or in groups; ``tasks`` lists, shows and ends them; ``preparing`` is
phase one; ``completing`` is phase two; ``embedding`` is what phase two leaves to a job when it
can't be done at once; ``following`` is what one task's end does to the others of its group.
"""

from antin.flows.desk.asking import NewGroup, NewTask, Wanted, ask, ask_group
from antin.flows.desk.completing import complete
from antin.flows.desk.preparing import prepare, prepared_blob
from antin.flows.desk.signing_certificates import Choice
from antin.flows.desk.tasks import (
    Filter,
    cancel,
    cancel_group,
    decline,
    get_group,
    get_task,
    list_tasks,
)

__all__ = [
    "Choice",
    "Filter",
    "NewGroup",
    "NewTask",
    "Wanted",
    "ask",
    "ask_group",
    "cancel",
    "cancel_group",
    "complete",
    "decline",
    "get_group",
    "get_task",
    "list_tasks",
    "prepare",
    "prepared_blob",
]
