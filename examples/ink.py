"""Specimen signatures: Bézier strokes with a pen that thins where it moves fast."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import hypot
from typing import Final

from PIL import Image, ImageDraw

BLUE: Final = (24, 52, 150)
SIZE: Final = (652, 326)
"""Pixels: 46 mm by 23 mm at 360 dots an inch."""
_FINE: Final = 4
"""Drawn this much larger, then scaled down, for smooth edges."""
_STEPS: Final = 240

Point = tuple[float, float]


@dataclass(frozen=True)
class Stroke:
    """Cubic Béziers in a row: a start and three further points for each; 0 to 100 by 0 to 50."""

    points: tuple[Point, ...]
    width: float = 1.15


FIRST: Final = (
    Stroke(((14, 38), (15, 24), (19, 9), (23, 9), (27, 9), (27, 36), (30, 37), (33, 38),
            (35, 12), (40, 7))),
    Stroke(((38, 28), (40, 21), (46, 22), (44, 28), (42, 33), (38, 34), (40, 28), (43, 22),
            (48, 23), (49, 27), (50, 32), (53, 32), (55, 26), (56, 23), (58, 22), (59, 26),
            (60, 32), (62, 32), (65, 26), (67, 22), (69, 23), (69, 28), (69, 34), (75, 33),
            (80, 24), (84, 17), (88, 18), (85, 24), (78, 38), (40, 47), (8, 43), (28, 38),
            (64, 34), (94, 37)), 0.95),
    Stroke(((50, 17), (51, 16), (52, 15), (53, 15)), 1.3),
)  # fmt: skip
SECOND: Final = (
    Stroke(((12, 14), (24, 10), (40, 8), (52, 9)), 1.2),
    Stroke(((31, 9), (29, 20), (26, 32), (20, 40), (17, 44), (12, 42), (15, 37), (22, 28),
            (34, 26), (38, 27), (42, 28), (38, 34), (35, 34), (32, 34), (35, 27), (41, 27),
            (44, 27), (43, 33), (46, 33), (49, 33), (50, 27), (52, 27), (55, 27), (53, 34),
            (57, 33), (62, 32), (66, 10), (70, 6), (73, 4), (73, 10), (68, 20), (64, 28),
            (62, 36), (66, 33), (72, 28), (78, 24), (76, 31), (75, 36), (84, 30), (92, 20)),
            0.95),
    Stroke(((20, 45), (40, 40), (66, 40), (88, 42)), 0.8),
)  # fmt: skip
THIRD: Final = (
    Stroke(((24, 8), (22, 20), (19, 34), (14, 38), (10, 40), (10, 34), (18, 34), (28, 34),
            (34, 36), (42, 28), (46, 23), (40, 21), (39, 27), (38, 34), (46, 35), (52, 26),
            (54, 22), (55, 24), (55, 28), (55, 34), (62, 33), (66, 22), (70, 12), (75, 12),
            (70, 22), (62, 38), (80, 36), (92, 14))),
    Stroke(((30, 44), (44, 40), (60, 40), (72, 42)), 0.9),
)  # fmt: skip


def make_signature(strokes: tuple[Stroke, ...]) -> Image.Image:
    """Return the signature in blue ink on a transparent ground (appendix I, II.7d)."""
    mask = Image.new("L", (SIZE[0] * _FINE, SIZE[1] * _FINE))
    pen = ImageDraw.Draw(mask)
    for stroke in strokes:
        _draw(pen, stroke, mask.width / 100)
    picture = Image.new("RGBA", SIZE, (*BLUE, 0))
    picture.putalpha(mask.resize(SIZE, Image.Resampling.LANCZOS))
    return picture


def _draw(pen: ImageDraw.ImageDraw, stroke: Stroke, scale: float) -> None:
    before: Point | None = None
    radius = stroke.width * 0.5
    for x, y in _along(stroke.points):
        speed = hypot(x - before[0], y - before[1]) * _STEPS / 60 if before else 0.0
        wanted = stroke.width * (0.38 + 0.62 / (1 + speed * speed * 1.6))
        radius += (wanted - radius) * 0.03
        around = [(x - radius) * scale, (y - radius) * scale]
        pen.ellipse((*around, (x + radius) * scale, (y + radius) * scale), fill=255)
        before = (x, y)


def _along(points: tuple[Point, ...]) -> Iterator[Point]:
    for start in range(0, len(points) - 3, 3):
        one, two, three, four = points[start : start + 4]
        for step in range(_STEPS):
            t = step / _STEPS
            weights = ((1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3)
            corners = (one, two, three, four)
            yield (
                sum(w * corner[0] for w, corner in zip(weights, corners, strict=True)),
                sum(w * corner[1] for w, corner in zip(weights, corners, strict=True)),
            )
