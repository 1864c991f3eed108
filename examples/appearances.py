"""Where signatures and stamps go on the example documents, as files for ``antin sign``."""

from typing import Final

from examples.page import RIGHT, Slot
from examples.seal_image import DIAMETER_MM

_HEAD: Final = (
    "# Made by examples/make_documents.py. Millimetres from the page's top left corner.\n"
)
COVERED: Final = 1 / 3
"""How much of the officer's image the seal covers, on its left (appendix I, II.8a)."""
STAMP_WIDTH, STAMP_HEIGHT, STAMP_TOP = 70.0, 9.0, 9.0
"""The text stamp at the top right of page 1 (appendix I, II.8b), in millimetres."""


def officer(slot: Slot, page: int, image: str) -> str:
    """Return the officer's appearance: the image centred between position and name."""
    return _HEAD + _place(page, slot) + f'image = "../images/{image}"\n'


def seal(slot: Slot, page: int) -> str:
    """Return the seal's appearance: real size, over the left third of the officer's image."""
    left = slot.left + slot.width * COVERED - DIAMETER_MM
    top = slot.top + slot.height / 2 - DIAMETER_MM / 2
    place = Slot(left, top, DIAMETER_MM, DIAMETER_MM)
    return _HEAD + _place(page, place) + 'image = "../images/seal.png"\n'


def attachment_seal() -> str:
    """Return the agency's stamp on a separate attachment: text only, no image."""
    place = Slot(210 - RIGHT - STAMP_WIDTH, STAMP_TOP, STAMP_WIDTH, STAMP_HEIGHT)
    return _HEAD + _place(1, place) + 'text = "Số: {number}\\nThời gian ký: {time}"\n'


def _place(page: int, slot: Slot) -> str:
    return (
        f"page = {page}\n"
        f"left_mm = {slot.left:.1f}\n"
        f"top_mm = {slot.top:.1f}\n"
        f"width_mm = {slot.width:.1f}\n"
        f"height_mm = {slot.height:.1f}\n"
    )
