"""Make the example documents: ``python -m examples.make_documents [FOLDER]``.

The files are kept beside this script; making them again gives the same bytes.
"""

import io
import sys
from pathlib import Path

from PIL import Image

from examples.appearances import attachment_seal, officer, seal
from examples.attachment import make_attachment
from examples.ink import FIRST, SECOND, make_signature
from examples.letter import make_letter
from examples.page import OfficialPage
from examples.report import make_report
from examples.scan import make_scan
from examples.seal_image import make_seal
from examples.specimen import HERE
from examples.spreadsheet import make_spreadsheet


def make_all() -> dict[str, bytes]:
    """Return every example file by its path below ``examples/``."""
    return {**_documents(), **_images()}


def _documents() -> dict[str, bytes]:
    letter, report = make_letter(), make_report()
    return {
        "letter.pdf": letter.to_bytes(),
        "letter-attachment.pdf": make_attachment().to_bytes(),
        "report.pdf": report.to_bytes(),
        "scan.pdf": make_scan(),
        "spreadsheet.pdf": make_spreadsheet().to_bytes(),
        **_signed_places("letter", letter, "signature-1.png"),
        **_signed_places("report", report, "signature-2.png"),
        "appearance/attachment-seal.toml": attachment_seal().encode(),
    }


def _signed_places(name: str, document: OfficialPage, image: str) -> dict[str, bytes]:
    slot = document.signature_slot
    assert slot is not None, f"{name} has no signature block"
    return {
        f"appearance/{name}-officer.toml": officer(slot, -1, image).encode(),
        f"appearance/{name}-seal.toml": seal(slot, -1).encode(),
    }


def _images() -> dict[str, bytes]:
    return {
        "images/signature-1.png": _png(make_signature(FIRST)),
        "images/signature-2.png": _png(make_signature(SECOND)),
        "images/seal.png": _png(make_seal()),
    }


def _png(picture: Image.Image) -> bytes:
    data = io.BytesIO()
    picture.save(data, "PNG", optimize=True)
    return data.getvalue()


def main(folder: Path) -> None:
    """Write every example file below ``folder``."""
    for name, data in make_all().items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        print(f"{len(data):>8} {path}")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE)
