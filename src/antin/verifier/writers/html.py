"""The report as one HTML file that needs nothing else: no script, no font, no address on the net.

Jinja2 escapes every text; the content security policy allows only this page's own style sheet (by
its digest) and pictures inside the file, so that not even a mistake here could run or fetch.
"""

import hashlib
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

from jinja2 import DictLoader, Environment, StrictUndefined, Template

from antin.verifier.report import Report
from antin.verifier.writers import terms, words
from antin.verifier.writers.sentences import Translate, filled
from antin.verifier.writers.view import view_of

_PNG: Final = b"\x89PNG\r\n\x1a\n"


@dataclass(frozen=True)
class PagePictures:
    """A page as it was signed and as it is now, as PNG; None: there is no such page."""

    page: int
    """1-based."""
    before: bytes | None
    after: bytes | None


@dataclass(frozen=True)
class _Side:
    label: str
    source: str
    """``data:`` URI, or empty."""


@dataclass(frozen=True)
class _Pair:
    title: str
    sides: tuple[_Side, _Side]


def to_html(
    report: Report,
    translate: Translate,
    language: str,
    pictures: Sequence[PagePictures] = (),
) -> str:
    """Return ``report`` as an HTML document in ``language`` (a BCP 47 tag).

    ``pictures`` of changed pages stand after the signatures. Equal reports give equal texts.
    """
    return _template().render(
        view=view_of(report, translate, language),
        words={name: translate(msgid) for name, msgid in _WORDS.items()},
        pictures=[_pair(one, translate) for one in pictures],
        style=_style(),
        policy=_policy(),
    )


_WORDS: Final = {
    "title": words.TITLE,
    "to_do": terms.TO_DO,
    "notes": words.NOTES,
    "details": words.DETAILS,
    "file_wrong": words.FILE_WRONG,
    "pictures": words.PICTURES,
    "no_picture": words.NO_PICTURE,
}


def _pair(pictures: PagePictures, translate: Translate) -> _Pair:
    return _Pair(
        filled(translate, terms.PAGE, {"page": pictures.page}),
        (
            _Side(translate(words.BEFORE), _data_uri(pictures.before)),
            _Side(translate(words.AFTER), _data_uri(pictures.after)),
        ),
    )


def _data_uri(png: bytes | None) -> str:
    """Return the picture as a ``data:`` URI; what is no PNG is not shown."""
    if png is None or not png.startswith(_PNG):
        return ""
    return f"data:image/png;base64,{b64encode(png).decode('ascii')}"


@cache
def _template() -> Template:
    text = _resource("report.html")
    environment = Environment(
        loader=DictLoader({"report.html": text}),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=False,
        keep_trailing_newline=True,
    )
    return environment.get_template("report.html")


@cache
def _style() -> str:
    return _resource("report.css")


@cache
def _policy() -> str:
    digest = b64encode(hashlib.sha256(_style().encode()).digest()).decode("ascii")
    return (
        f"default-src 'none'; img-src data:; style-src 'sha256-{digest}'; "
        "base-uri 'none'; form-action 'none'"
    )


def _resource(name: str) -> str:
    return (files("antin.verifier.writers") / "templates" / name).read_text(encoding="utf-8")
