"""Cursor paging: ``?after=&limit=``, in the order of ids."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import Query

from antin.core.canonical import JsonObject

After = Annotated[str, Query(max_length=64, description="Id of the last item of the page before")]
Limit = Annotated[int, Query(ge=1, le=1000, description="Items per page")]


def page(items: Sequence[JsonObject], limit: int) -> JsonObject:
    """Return a page; a full one may have a successor."""
    following = str(items[-1]["id"]) if len(items) == limit else None
    return {"items": tuple(items), "next": following}
