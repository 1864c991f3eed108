"""Small plots as SVG: points in a frame, with the axes from zero."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

_WIDTH, _HEIGHT, _LEFT, _TOP, _ROOM = 320, 220, 58, 34, 46
"""Size of a panel and of what is around its frame, in pixels."""
_END = 'text-anchor="end"'
_INK, _LINE = "#1f2933", "#1565c0"


@dataclass(frozen=True)
class Panel:
    """One plot; ``points`` in order."""

    title: str
    across: str
    up: str
    points: Sequence[tuple[float, float]]


def drawn(panels: Sequence[Panel], columns: int = 3) -> str:
    """Return the panels in rows, as one SVG document."""
    rows = -(-len(panels) // columns)
    width, height = columns * _WIDTH, rows * _HEIGHT
    size = f'width="{width}" height="{height}"'
    look = f'font-family="sans-serif" font-size="11" fill="{_INK}"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {size} viewBox="0 0 {width} {height}" {look}>'
    parts = [head, f'<rect {size} fill="#ffffff"/>']
    for place, panel in enumerate(panels):
        x, y = place % columns * _WIDTH, place // columns * _HEIGHT
        parts += [f'<g transform="translate({x},{y})">', *_panel(panel), "</g>"]
    return "\n".join([*parts, "</svg>"]) + "\n"


def _panel(panel: Panel) -> list[str]:
    right, bottom = _WIDTH - 16, _HEIGHT - _ROOM
    most_x = max(x for x, _ in panel.points)
    most_y = max(y for _, y in panel.points) * 1.1
    places = [
        (_LEFT + x / most_x * (right - _LEFT), bottom - y / most_y * (bottom - _TOP))
        for x, y in panel.points
    ]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    middle = (_LEFT + right) / 2
    low = bottom + 34
    return [
        f'<path d="M{_LEFT} {_TOP}V{bottom}H{right}" fill="none" stroke="{_INK}"/>',
        f'<polyline points="{line}" fill="none" stroke="{_LINE}" stroke-width="2"/>',
        *(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{_LINE}"/>' for x, y in places),
        _text(middle, 20, panel.title, 'text-anchor="middle" font-weight="bold"'),
        _text(_LEFT - 6, bottom, "0", _END),
        _text(_LEFT - 6, places[-1][1] + 4, f"{panel.points[-1][1]:.0f}", _END),
        _text(right, bottom + 16, f"{most_x:.0f}", _END),
        _text(middle, low, f"{panel.across} → {panel.up}", 'text-anchor="middle"'),
    ]


def _text(x: float, y: float, words: str, look: str) -> str:
    return f'<text x="{x:.0f}" y="{y:.1f}" {look}>{escape(words)}</text>'
