"""Growth is fitted as it is, plots are sound SVG, and the files of curves are what they say."""

import math
from collections.abc import Sequence
from xml.etree import ElementTree as ET

import pytest

from antin.core.bytesource import MemorySource
from antin.pdf.document import open_pdf
from antin.verifier.changes import changes_after
from antin.verifier.policy import default_policy
from antin.verifier.report import Severity
from benchmarks.curves import SIGNING, VERIFYING, Curve, exponent
from benchmarks.pdf_files import field, make_bookmarked, make_form, updated
from benchmarks.svg import Panel, drawn
from tests.pdfs import opened, signed

SVG = "{http://www.w3.org/2000/svg}"


@pytest.mark.parametrize("power", [0, 1, 1.5, 2])
def test_the_power_is_found(power: float) -> None:
    assert math.isclose(exponent([(n, 3 * n**power) for n in (2, 4, 9, 50)]), power, abs_tol=1e-9)


def test_a_plot_shows_every_point() -> None:
    panels = [Panel(f"<{n}>", "signatures", "ms", [(1, 2), (2, 4), (4, 8)]) for n in range(5)]
    root = ET.fromstring(drawn(panels))  # noqa: S314 — our own text
    assert len(root.findall(f".//{SVG}circle")) == 15
    assert len(root.findall(f".//{SVG}polyline")) == 5
    assert "<0>" in [text.text for text in root.iter(f"{SVG}text")]
    (line,) = {one.get("points") for one in root.iter(f"{SVG}polyline")}
    places = [tuple(map(float, place.split(","))) for place in (line or "").split()]
    (x1, y1), (x2, y2), (x3, y3) = places
    assert math.isclose((y1 - y2) / (x2 - x1), (y2 - y3) / (x3 - x2), rel_tol=0.01)


def test_updates_are_read_as_they_are_meant() -> None:
    data = updated(make_form(3), {4: field(0, b"x")})
    data = updated(data, {900: b"<</Title(t)>>"}, b" /Info 900 0 R")
    document = open_pdf(MemorySource(updated(data, {5: field(1, b"y")})))
    assert document.revisions == 4
    assert [one.value for one in document.fields] == [b"x", b"y", b""]
    assert document.final_view.dictionary(document.final_view.trailer["Info"]) == {"Title": b"t"}
    assert document.deviations == ()


def test_bookmarks_are_as_many_as_asked_for() -> None:
    view = open_pdf(MemorySource(make_bookmarked(2, 1, 7))).final_view
    outlines = view.dictionary(view.catalog["Outlines"])
    at, count = outlines["First"], 0
    while at is not None:
        at, count = view.dictionary(at).get("Next"), count + 1
    assert count == outlines["Count"] == 7


def _sign(data: bytes, times: int) -> bytes:
    for _ in range(times):
        data = signed(data, f"Sig{len(opened(data).signatures)}")
    return data


@pytest.mark.parametrize("curves", [VERIFYING, SIGNING], ids=["verify", "sign"])
def test_curves_grow_by_a_factor(curves: Sequence[Curve]) -> None:
    assert len({curve.name for curve in curves}) == len(curves) == 5
    assert all(curve.sizes[-1] >= 8 * curve.sizes[0] for curve in curves)


@pytest.mark.parametrize("curve", SIGNING, ids=lambda curve: curve.name)
def test_what_is_to_be_signed_can_be(curve: Curve) -> None:
    data = curve.make(2, _sign)
    assert len(opened(signed(data, "New")).signatures) == len(opened(data).signatures) + 1


@pytest.mark.parametrize("curve", VERIFYING, ids=lambda curve: curve.name)
def test_what_is_measured_is_what_a_policy_allows(curve: Curve) -> None:
    """A file that fails is left early, and measures nothing."""
    document = opened(curve.make(4, _sign))
    assert document.signatures
    for one in document.signatures:
        found = changes_after(document, one, default_policy()).findings
        assert not [finding for finding in found if finding.severity is Severity.ERROR]
