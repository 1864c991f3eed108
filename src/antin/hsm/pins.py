"""PINs by provider: asked for when needed, held by nobody longer than a login takes."""

from collections.abc import Callable

PinProvider = Callable[[], str]
"""Returns the PIN; raises ``pin_missing``. What it returns is never stored, logged or shown."""
