"""The flow *close*: OPEN → CLOSING → CLOSED, or back to OPEN with the reasons.

``asking`` commits the wish and the job; ``running`` is the job, step by step; ``evidence`` writes
and seals what the closure leaves behind; ``reading`` gives it out again.
"""

from antin.flows.close.asking import request_close
from antin.flows.close.reading import closure_file, get_closure
from antin.flows.close.running import run_close

__all__ = ["closure_file", "get_closure", "request_close", "run_close"]
