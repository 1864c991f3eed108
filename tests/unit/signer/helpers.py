"""What the signer's tests share: small PDFs, images, requests, and outside judges."""

import io
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import pikepdf
from PIL import Image, ImageDraw

from antin.core.bytesource import FileSource, MemorySource
from antin.core.errors import AntinError
from antin.hsm.key import SigningKey
from antin.pdf.document import SignatureField, open_pdf
from antin.pki.algorithms import SignatureAlgorithm
from antin.signer.request import Level, Prepared, SignatureRequest, Stamp
from antin.signer.two_phase import complete, prepare
from tests.smallpki import make_root

NOW = datetime.now(UTC).replace(microsecond=0)


def small_pdf(
    *,
    pages: int = 1,
    rotate: int = 0,
    crop: tuple[float, float, float, float] | None = None,
    user_unit: float | None = None,
    streams: bool = False,
) -> bytes:
    """Return an A4 PDF of empty pages."""
    with pikepdf.new() as pdf:
        for _ in range(pages):
            page = pdf.add_blank_page(page_size=(595, 842))
            page.obj.Rotate = rotate
            if crop is not None:
                page.obj.CropBox = list(crop)
            if user_unit is not None:
                page.obj.UserUnit = user_unit
        target = io.BytesIO()
        mode = pikepdf.ObjectStreamMode
        kind = mode.generate if streams else mode.disable
        pdf.save(target, object_stream_mode=kind, deterministic_id=True)
    return target.getvalue()


def field_taken_in(data: bytes, field: str | None = None) -> str:
    """Return the name of the field that a signature takes; phase one refuses what takes none."""
    signer = make_root("Nguyễn Văn A").der
    request = SignatureRequest(signer, SignatureAlgorithm("ecdsa"), NOW, field_name=field)
    with TemporaryDirectory() as folder:
        return prepare(MemorySource(data), Path(folder) / "prepared.pdf", request).field_name


def seal_image(size: int = 360) -> bytes:
    """Return a red disc on nothing, as wide as the image."""
    image = Image.new("RGBA", (size, size), (0, 0, 0, 0))
    ImageDraw.Draw(image).ellipse((0, 0, size - 1, size - 1), fill=(220, 0, 0, 255))
    target = io.BytesIO()
    image.save(target, "PNG")
    return target.getvalue()


def request_for(
    key: SigningKey,
    *,
    chain: tuple[bytes, ...] = (),
    level: Level = Level.B_B,
    field: str | None = None,
    stamp: Stamp | None = None,
    at: datetime = NOW,
) -> SignatureRequest:
    assert key.certificate is not None
    return SignatureRequest(
        key.certificate, key.algorithm, at, chain, level, field, stamp=stamp, reason="Ký duyệt"
    )


def prepared_file(
    pdf: bytes, folder: Path, request: SignatureRequest, room: int = 12 << 10
) -> tuple[Path, Prepared]:
    path = folder / f"prepared-{len(list(folder.iterdir()))}.pdf"
    return path, prepare(MemorySource(pdf), path, request, room)


def signed(pdf: bytes, folder: Path, key: SigningKey, request: SignatureRequest) -> bytes:
    """Return ``pdf`` signed at B-B in two phases."""
    path, prepared = prepared_file(pdf, folder, request)
    complete(path, prepared, key.sign(prepared.signed_attributes), None)
    return path.read_bytes()


def signatures(path: Path) -> tuple[SignatureField, ...]:
    with FileSource(path) as source:
        return open_pdf(source).signatures


def code_of(error: object) -> str:
    assert isinstance(error, AntinError)
    return error.code


def pdfsig(path: Path) -> list[str]:
    """Return what poppler says of each signature."""
    run = subprocess.run(
        ["pdfsig", "-nocert", str(path)], capture_output=True, text=True, check=False
    )
    marker = "Signature Validation: "
    return [line.split(marker)[1] for line in run.stdout.splitlines() if marker in line]


def qpdf_is_content(path: Path) -> bool:
    run = subprocess.run(["qpdf", "--check", str(path)], capture_output=True, check=False)
    return run.returncode == 0
