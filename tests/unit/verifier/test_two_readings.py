"""Updates that other programs read otherwise than we do: none of them may be judged harmless."""

import re

import pytest

from antin.pdf.objects import Ref
from antin.pdf.serialise import serialised
from antin.verifier.changes import changes_after
from antin.verifier.policy import default_policy
from antin.verifier.report import ChangeLevel, ChangesAfter
from tests.pdfs import letter, opened, signed, stream

EVIL = stream(b"BT /F 12 Tf 72 700 Td (Pay all) Tj ET")
PAGES = {
    901: b"<</Type/Pages/Kids[902 0 R]/Count 1>>",
    902: b"<</Type/Page/Parent 901 0 R/MediaBox[0 0 595 842]/Contents 903 0 R>>",
    903: EVIL,
}
"""Another page tree, for whoever reads it."""


def after(data: bytes) -> ChangesAfter:
    document = opened(data)
    return changes_after(document, document.signatures[0], default_policy())


def codes(data: bytes) -> tuple[ChangeLevel | None, set[str]]:
    found = after(data)
    return found.level, {finding.code for finding in found.findings}


def body(number: int, value: bytes) -> bytes:
    return b"%d 0 obj\n%b\nendobj\n" % (number, value)


def with_store(data: bytes, more: bytes = b"") -> dict[int, bytes]:
    """Return the objects of an update that adds validation data; ``more`` goes to the catalogue."""
    view = opened(data).final_view
    root = view.trailer["Root"]
    assert isinstance(root, Ref)
    catalog = serialised({**view.catalog, "DSS": Ref(600, 0)})
    store = {600: b"<</Certs[601 0 R]>>", 601: stream(b"one")}
    return {root.number: catalog.removesuffix(b">>") + more + b">>", **store}


def by_stream(data: bytes, objects: dict[int, bytes], packed: dict[int, tuple[int, int]]) -> bytes:
    """Return ``data`` and an update with a cross-reference stream; ``packed`` lie in streams."""
    out = bytearray(data)
    rows = {
        number: b"\2%b%b" % (at.to_bytes(4), i.to_bytes(2)) for number, (at, i) in packed.items()
    }
    for number, value in objects.items():
        rows[number] = b"\1%b\0\0" % len(out).to_bytes(4)
        out += body(number, value)
    start = len(out)
    rows[950] = b"\1%b\0\0" % start.to_bytes(4)
    shape = b"/Type/XRef/W[1 4 2]/Index[%b]/Size 951" % b" ".join(b"%d 1" % n for n in sorted(rows))
    previous = re.findall(rb"startxref\s+(\d+)", data)[-1]
    root = opened(data).final_view.trailer["Root"]
    assert isinstance(root, Ref)
    trailer = b"%b/Root %d 0 R/Prev %b" % (shape, root.number, previous)
    out += body(950, stream(b"".join(rows[n] for n in sorted(rows)), trailer))
    return bytes(out + b"startxref\n%d\n%%%%EOF\n" % start)


@pytest.mark.parametrize(
    ("table", "count", "level"),
    [
        (b"%(root)d 0 ", 1, ChangeLevel.LTA_UPDATES),
        (b"%(root)d %%0 777\n%(evil)d ", 1, None),
        (b"%(root)d 0 %(root)d %(evil)d ", 2, None),
        (b"%(root)d 0.%(evil)d ", 1, None),
    ],
)
def test_table_of_an_object_stream(table: bytes, count: int, level: ChangeLevel | None) -> None:
    """Of a comment in the table we saw the numbers, and others what stands behind it."""
    data = signed(letter(1))
    objects = with_store(data)
    root, catalog = next(iter(objects.items()))
    del objects[root]
    evil = b"<</Type/Catalog/Pages 901 0 R>>"
    head = table % {b"root": root, b"evil": len(catalog) + 1}
    shape = b"/Type/ObjStm/N %d/First %d" % (count, len(head))
    objects |= PAGES | {900: stream(head + catalog + b"\n" + evil, shape)}
    assert codes(by_stream(data, objects, {root: (900, 0)}))[0] is level
