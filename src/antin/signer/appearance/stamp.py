"""A stamp as an appearance stream: image centred at its own proportions, text over it."""

from dataclasses import dataclass
from typing import Any

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

from antin.core.errors import RefusedError
from antin.signer.appearance.geometry import PageView, view_of
from antin.signer.pdf_objects import dictionary, name, numbers, page_at, stream
from antin.signer.request import Stamp


@dataclass(frozen=True)
class Placement:
    """A stamp at its place in one document."""

    stamp: Stamp
    page_index: int
    """From 0."""
    view: PageView
    box: tuple[float, float, float, float]
    """Left, bottom, right, top in user space."""

    def draw(
        self, writer: IncrementalPdfFileWriter, width: float, height: float
    ) -> generic.IndirectObject:
        """Add the appearance for a rectangle of that size in user space, return its reference."""
        points = width * self.view.unit, height * self.view.unit
        if self.view.rotation in (90, 270):
            points = points[1], points[0]
        return _form(writer, self.stamp, self.view, *points)


def place(writer: IncrementalPdfFileWriter, stamp: Stamp) -> Placement:
    """Find the stamp's page and place; ``field_invalid`` when there is no such place."""
    count = int(writer.root["/Pages"]["/Count"])
    index = stamp.page - 1 if stamp.page > 0 else count + stamp.page
    if stamp.page == 0 or not 0 <= index < count:
        raise RefusedError("field_invalid", field="stamp", detail=f"there is no page {stamp.page}")
    view = view_of(page_at(writer, index))
    return Placement(stamp, index, view, view.box(stamp))


def _form(
    writer: IncrementalPdfFileWriter, stamp: Stamp, view: PageView, width: float, height: float
) -> generic.IndirectObject:
    """Build the form XObject: drawn upright in points; /Matrix undoes the page's turn."""
    content: list[bytes] = []
    resources: dict[str, Any] = {}
    if stamp.image is not None:
        operators, image = _draw_image(writer, stamp.image, width, height)
        content.append(operators)
        resources["/XObject"] = dictionary({"/Im1": image})
    if stamp.text is not None:
        from antin.signer.appearance.text import draw_text

        text = draw_text(writer, stamp.text, width, height)
        content.append(text.operators)
        resources["/Font"] = dictionary({"/F1": text.font})
    entries = {
        "/Type": name("/XObject"),
        "/Subtype": name("/Form"),
        "/BBox": numbers(0, 0, width, height),
        "/Matrix": numbers(*view.matrix, 0, 0),
        "/Resources": dictionary(resources),
    }
    return writer.add_object(stream(entries, b"\n".join([b"q", *content, b"Q"])))


def _draw_image(
    writer: IncrementalPdfFileWriter, data: bytes, width: float, height: float
) -> tuple[bytes, generic.IndirectObject]:
    """Return operators that draw the image as large as fits, centred, never distorted."""
    from pyhanko.pdf_utils.images import pil_image

    from antin.signer.appearance.image import load_image

    image = load_image(data)
    scale = min(width / image.width, height / image.height)
    wide, high = image.width * scale, image.height * scale
    place = (wide, high, (width - wide) / 2, (height - high) / 2)
    return b"q %.4f 0 0 %.4f %.4f %.4f cm /Im1 Do Q" % place, pil_image(image, writer)
