"""Where foreign bytes meet a foreign parser: whatever it throws becomes one of our errors."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from pyhanko.pdf_utils.misc import PdfDecodeLimitError

from antin.core.errors import AntinError, InputError
from antin.pdf.source_io import WorkExceededError

_EXCESS: Final = (WorkExceededError, PdfDecodeLimitError, RecursionError, MemoryError)
_MAX_DETAIL: Final = 120


@contextmanager
def translated(what: str) -> Iterator[None]:
    """Turn any exception inside into ``pdf_too_complex`` or ``pdf_malformed``, naming ``what``."""
    try:
        yield
    except AntinError:
        raise
    except Exception as error:  # the parser throws whatever its bytes lead it to
        if _is_excess(error):
            raise InputError("pdf_too_complex", detail=f"{what} takes too much work") from error
        raise InputError("pdf_malformed", detail=f"{what}: {_reason(error)}") from error


def _is_excess(error: BaseException) -> bool:
    """Look through the chain too: pyHanko wraps what it catches."""
    link: BaseException | None = error
    for _ in range(10):
        if link is None:
            return False
        if isinstance(link, _EXCESS):
            return True
        link = link.__cause__ or link.__context__
    return False


def _reason(error: Exception) -> str:
    """One printable line that can't be longer than a line."""
    text = "".join(c if c.isprintable() else " " for c in str(error)).strip().rstrip(".")
    return text[:_MAX_DETAIL] or "its bytes make no sense"
