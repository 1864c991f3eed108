"""The published schema of ETSI TS 119 102-2, without the net."""

from functools import cache
from pathlib import Path
from typing import Any

from lxml import etree

FOLDER = Path(__file__).parent / "schemas"
_KEPT = {
    "xmldsig-core-schema.xsd": "xmldsig-core-schema.xsd",
    "XAdES.xsd": "XAdES01903v132-202407.xsd",
    "ts_119612v020201_201601xsd.xsd": "ts_119612v020101_xsd.xsd",
    "xml.xsd": "xml.xsd",
}


class _Kept(etree.Resolver):  # type: ignore[misc]  # lxml ships no types
    def resolve(self, url: str, public_id: str, context: Any) -> Any:
        name = _KEPT.get(url.rsplit("/", 1)[-1])
        return self.resolve_filename(str(FOLDER / name), context) if name else None


@cache
def schema() -> Any:
    """Return the schema of the validation report, V1.4.1."""
    parser = etree.XMLParser(no_network=True)
    parser.resolvers.add(_Kept())
    return etree.XMLSchema(etree.parse(str(FOLDER / "TS119102-2-v141.xsd"), parser))


def valid(text: str) -> Any:
    """Return the root of a report, after holding it to the schema."""
    root = etree.fromstring(text.encode())
    schema().assertValid(root)
    return root
