"""The report as one HTML file that needs nothing else: no script, no font, no address on the net.

Jinja2 escapes every text; the content security policy allows only this page's own style sheet (by
its digest) and pictures inside the file, so that not even a mistake here could run or fetch.
"""

import hashlib
from base64 import b64encode
from functools import cache
from importlib.resources import files
from typing import Final

from jinja2 import DictLoader, Environment, StrictUndefined, Template

from antin.verifier.pictures import Picture
from antin.verifier.report import Report
from antin.verifier.writers import terms, words
from antin.verifier.writers.sentences import Translate
from antin.verifier.writers.view import view_of

_PNG: Final = b"\x89PNG\r\n\x1a\n"


def to_html(report: Report, translate: Translate, language: str) -> str:
    """Return ``report`` as an HTML document in ``language`` (a BCP 47 tag).

    Equal reports give equal texts.
    """
    return _template().render(
        view=view_of(report, translate, language),
        words={name: translate(msgid) for name, msgid in _WORDS.items()},
        uri=_data_uri,
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
    "enlarge": words.ENLARGE,
}


def _data_uri(picture: Picture | None) -> str:
    """Return the picture as a ``data:`` URI; what is no PNG is not shown."""
    if picture is None or not picture.png.startswith(_PNG):
        return ""
    return f"data:image/png;base64,{b64encode(picture.png).decode('ascii')}"


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
