"""Images of signatures and seals: PNG with transparency, nothing else."""

import io
import struct
import zlib
from typing import Final

from PIL import Image

from antin.core.errors import InputError, RefusedError
from antin.core.limits import MAX_IMAGE_BYTES
from antin.pdf.objects import Name, Ref, Value
from antin.pdf.serialise import NewStream, compressed
from antin.pdf.writer import Update
from antin.signer.appearance.colours import Palette

_SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
_MAX_PIXELS: Final = 16_000_000
_HALF: Final = 128
_FAINT: Final = 26
_FULL: Final = 230
"""Alpha values between these are translucent: neither there nor not."""


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


def embed_image(update: Update, image: Image.Image, palette: Palette) -> Ref:
    """Add an RGBA picture: its colours, and its transparency as a mask beside them.

    Where transparency is forbidden, pixels are shown or not, with nothing between (ISO 32000-2
    §8.9.6.3). Error: ``image_translucent`` when that would be another picture.
    """
    if palette.is_soft:
        mask = _samples(image.getchannel("A"), Name("DeviceGray"), {})
        return update.add(_samples(image.convert("RGB"), palette.rgb, {"SMask": update.add(mask)}))
    stencil = update.add(_stencil(image.getchannel("A"), palette.standard))
    on_white = Image.new("RGB", image.size, "white")
    on_white.paste(image, mask=image.getchannel("A"))
    return update.add(_samples(on_white, palette.rgb, {"Mask": stencil}))


def _stencil(alpha: Image.Image, standard: str) -> NewStream:
    """Return a mask of one bit a pixel, set where nothing is painted."""
    counts = alpha.histogram()
    hidden = alpha.point([255 if value < _HALF else 0 for value in range(256)])
    between, visible = sum(counts[_FAINT:_FULL]), sum(counts[_FAINT:])
    if 2 * between > visible or hidden.getextrema()[1] == 0:
        raise RefusedError("image_translucent", standard=standard)
    head: dict[str, Value] = {
        "Type": Name("XObject"),
        "Subtype": Name("Image"),
        "Width": alpha.width,
        "Height": alpha.height,
        "ImageMask": True,
        "BitsPerComponent": 1,
    }
    return compressed(head, hidden.convert("1", dither=Image.Dither.NONE).tobytes())


def _samples(image: Image.Image, space: Value, entries: dict[str, Value]) -> NewStream:
    """Return the picture's samples as an image XObject (ISO 32000-2 §8.9.5)."""
    head: dict[str, Value] = {
        "Type": Name("XObject"),
        "Subtype": Name("Image"),
        "Width": image.width,
        "Height": image.height,
        "ColorSpace": space,
        "BitsPerComponent": 8,
    }
    return compressed({**head, **entries}, image.tobytes())
