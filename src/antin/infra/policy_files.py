"""The policy that somebody names: one that ships, or a file."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

from antin.core.bytesource import FileSource, read_all

if TYPE_CHECKING:
    from antin.verifier.policy import Policy

_MAX_POLICY: Final = 1 << 20


def policy_of(argument: str | None) -> "Policy":
    """Return the policy that ``argument`` names; None: the default.

    It is a file where it has a separator or a suffix. Errors: ``policy_unknown``,
    ``policy_malformed``, those of reading a file.
    """
    from antin.verifier.policy import default_policy, load_policy, shipped_policy

    if argument is None:
        return default_policy()
    if not _is_path(argument):
        return shipped_policy(argument)
    with FileSource(Path(argument)) as source:
        return load_policy(read_all(source, _MAX_POLICY))


def _is_path(argument: str) -> bool:
    separators = {os.sep, os.altsep} - {None}
    return bool(Path(argument).suffix) or any(str(one) in argument for one in separators)
