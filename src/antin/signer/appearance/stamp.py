"""A stamp as an appearance stream: image centred at its own proportions, text over it."""

from dataclasses import dataclass

from antin.core.errors import RefusedError
from antin.pdf.objects import Name, Ref, Value, numbers
from antin.pdf.pages import nth_page
from antin.pdf.serialise import compressed
from antin.pdf.writer import Update
from antin.signer.appearance.colours import Palette, palette_for
from antin.signer.appearance.geometry import Box, PageView, view_of
from antin.signer.conformance import claims_of
from antin.signer.request import Stamp


@dataclass(frozen=True)
class Placement:
    """A stamp at its place in one document."""

    stamp: Stamp
    page: int
    """Object number."""
    view: PageView
    box: Box


def place(update: Update, stamp: Stamp) -> Placement:
    """Find the stamp's page and place; ``field_invalid`` when there is no such place."""
    page = None
    if stamp.page != 0:
        page = nth_page(update.view, stamp.page - 1 if stamp.page > 0 else stamp.page)
    if page is None:
        raise RefusedError("field_invalid", field="stamp", detail=f"there is no page {stamp.page}")
    view = view_of(update, page)
    return Placement(stamp, page, view, view.box(stamp))


def draw_stamp(update: Update, stamp: Stamp, view: PageView, box: Box) -> Ref:
    """Add the appearance for ``box`` on the page of ``view``: a form XObject.

    It is drawn upright in points; its /Matrix undoes the page's turn. What it is drawn with keeps a
    file of PDF/A what it is.
    """
    claims = update.document.annex(claims_of)
    palette = palette_for(claims)
    left, bottom, right, top = box
    width, height = (right - left) * view.unit, (top - bottom) * view.unit
    if view.rotation in (90, 270):
        width, height = height, width
    content: list[bytes] = []
    resources: dict[str, Value] = {}
    if stamp.image is not None:
        operators, image = _draw_image(update, stamp.image, palette, width, height)
        content.append(operators)
        resources["XObject"] = {"Im1": image}
    if stamp.text is not None:
        from antin.signer.appearance.text import draw_text

        lists_glyphs = claims.archival == 1
        text = draw_text(update, stamp.text, width, height, lists_glyphs=lists_glyphs)
        content += [palette.black, text.operators]
        resources["Font"] = {"F1": text.font}
        if palette.spaces:
            resources["ColorSpace"] = palette.spaces
    entries: dict[str, Value] = {
        "Type": Name("XObject"),
        "Subtype": Name("Form"),
        "BBox": numbers(0, 0, width, height),
        "Matrix": (*view.matrix, 0, 0),
        "Resources": resources,
    }
    return update.add(compressed(entries, b"\n".join([b"q", *content, b"Q"])))


def _draw_image(
    update: Update, data: bytes, palette: Palette, width: float, height: float
) -> tuple[bytes, Ref]:
    """Return operators that draw the image as large as fits, centred, never distorted."""
    from antin.signer.appearance.image import embed_image, load_image

    image = load_image(data)
    scale = min(width / image.width, height / image.height)
    wide, high = image.width * scale, image.height * scale
    place = (wide, high, (width - wide) / 2, (height - high) / 2)
    return b"q %.4f 0 0 %.4f %.4f %.4f cm /Im1 Do Q" % place, embed_image(update, image, palette)
