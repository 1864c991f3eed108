"""Images of signatures and seals: PNG with transparency, nothing else."""

import io
import struct
import zlib
from typing import Final

from PIL import Image

from antin.core.errors import InputError
from antin.core.limits import MAX_IMAGE_BYTES
from antin.pdf.objects import Name, Ref, Value
from antin.pdf.serialise import NewStream, compressed
from antin.pdf.writer import Update

_SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
_MAX_PIXELS: Final = 16_000_000


def load_image(data: bytes) -> Image.Image:
    """Return the PNG ``data`` as RGBA pixels.

    ``image_unreadable`` for anything that is no PNG, is too large, or has no transparency: an
    opaque picture would hide the text that it is put on (Decree 30/2020, appendix I).
    """
    if len(data) > MAX_IMAGE_BYTES:
        raise InputError("image_unreadable", detail=f"it has more than {MAX_IMAGE_BYTES} bytes")
    if not data.startswith(_SIGNATURE):
        raise InputError("image_unreadable", detail="it is not a PNG")
    try:
        with Image.open(io.BytesIO(data), formats=("PNG",)) as image:
            if image.width * image.height > _MAX_PIXELS:
                raise InputError("image_unreadable", detail="it has too many pixels")
            has_alpha = image.mode.endswith("A") or "transparency" in image.info
            pixels = image.convert("RGBA")
    except (OSError, ValueError, SyntaxError, LookupError, EOFError) as error:
        raise InputError("image_unreadable", detail=f"the PNG is damaged ({error})") from error
    except (struct.error, zlib.error, Image.DecompressionBombError) as error:
        raise InputError("image_unreadable", detail=f"the PNG is damaged ({error})") from error
    lowest, _ = pixels.getchannel("A").getextrema()
    if not has_alpha or lowest == 255:
        raise InputError("image_unreadable", detail="it has no transparent background")
    return pixels


def embed_image(update: Update, image: Image.Image) -> Ref:
    """Add an RGBA picture: its colours, and its transparency as a soft mask beside them."""
    mask = _samples(image.getchannel("A"), "DeviceGray", {})
    entries: dict[str, Value] = {"SMask": update.add(mask)}
    return update.add(_samples(image.convert("RGB"), "DeviceRGB", entries))


def _samples(image: Image.Image, space: str, entries: dict[str, Value]) -> NewStream:
    """Return the picture's samples as an image XObject (ISO 32000-2 §8.9.5)."""
    head: dict[str, Value] = {
        "Type": Name("XObject"),
        "Subtype": Name("Image"),
        "Width": image.width,
        "Height": image.height,
        "ColorSpace": Name(space),
        "BitsPerComponent": 8,
    }
    return compressed({**head, **entries}, image.tobytes())
