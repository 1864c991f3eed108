"""What signers, offices and their software do to signed files without any harm."""

import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import pikepdf
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import signers
from pyhanko.sign.fields import (
    FieldMDPAction,
    FieldMDPSpec,
    MDPPerm,
    SigFieldSpec,
    append_signature_field,
)

from antin.verifier.report import ChangeLevel
from tests.attacks.bases import BOX, by_antin, by_openssl, by_pyhanko, office
from tests.attacks.letter import FIELD, FIELD_LOOK, INFO, XMP, honest_letter
from tests.attacks.update import Update
from tests.pdf_forms import add_revision
from tests.pdfs import letter, updated
from tests.signedpdf import FixedTimeStamper, add_store, software_signer, stamp
from tests.smallpki import DAY, NOW, Holder

Change = Callable[[bytes], bytes]
_RAW: Final = {"deterministic_id": True}


@dataclass(frozen=True)
class Benign:
    """A harmless change of a signed file, and how far it goes."""

    change: Change
    level: ChangeLevel


def _stamped(data: bytes, name: str = "Stamp1") -> bytes:
    return stamp(data, FixedTimeStamper(office().tsa, NOW), name, room=8192)


def _stored(data: bytes, *more: bytes) -> bytes:
    world = office()
    return add_store(data, (world.officer.der, *more), (world.root.crl(NOW - DAY),))


def _filled(data: bytes) -> bytes:
    update = Update(data).edit(FIELD, V=b"B")
    return update.redraw(FIELD_LOOK, b"BT /F 9 Tf (B) Tj ET").data


def _filled_without_a_look(data: bytes) -> bytes:
    return Update(data).edit(FIELD, V=b"B").data


def _filled_with_another_look(data: bytes) -> bytes:
    update = Update(data)
    look = update.add(
        b"<</Type/XObject/Subtype/Form/BBox[0 0 80 20]/Length 3>>\nstream\nq Q\nendstream"
    )
    return update.edit(FIELD, V=b"B", AP={"N": look}).data


def _empty_field(data: bytes) -> bytes:
    def add(writer: IncrementalPdfFileWriter) -> None:
        append_signature_field(writer, SigFieldSpec("Seal"))

    return updated(data, add)


def _saved_anew(data: bytes) -> bytes:
    update = Update(data)
    return update.edit(INFO, ModDate=b"D:20260601120000Z", Producer=b"Another program").data


def _metadata_saved(data: bytes) -> bytes:
    update = Update(data)
    start = data.index(b"<?xpacket begin")
    packet = data[start : data.index(b"\nendstream", start)]
    dated = packet.replace(
        b"<dc:title>",
        b'<xmp:ModifyDate xmlns:xmp="http://ns.adobe.com/xap/1.0/">2026-06-01</xmp:ModifyDate>'
        b"<dc:title>",
    )
    return update.redraw(XMP, dated).data


def _same_again(data: bytes) -> bytes:
    update = Update(data)
    return update.edit(FIELD).data


def _unused(data: bytes) -> bytes:
    return Update(data).put(900, b"(nobody refers to this)").data


def _by_antin(data: bytes) -> bytes:
    return by_antin(data, office().other, "Seal", shown=False)


def _by_antin_shown(data: bytes) -> bytes:
    return by_antin(data, office().other, "Seal")


def _by_pyhanko(data: bytes) -> bytes:
    return by_pyhanko(data, office().other, "Seal", box=None)


def _by_pyhanko_shown(data: bytes) -> bytes:
    return by_pyhanko(data, office().other, "Seal", box=(10, 500, 200, 600))


def _by_openssl(data: bytes) -> bytes:
    return by_openssl(data, office().other, "Seal")


_FORM, _LTA = ChangeLevel.FORM_FILLING, ChangeLevel.LTA_UPDATES
BENIGN: Final[dict[str, Benign]] = {
    "second signature by Antin": Benign(_by_antin, _FORM),
    "second signature by Antin, shown": Benign(_by_antin_shown, _FORM),
    "second signature by pyHanko": Benign(_by_pyhanko, _FORM),
    "second signature by pyHanko, shown": Benign(_by_pyhanko_shown, _FORM),
    "second signature by openssl": Benign(_by_openssl, _FORM),
    "three more signatures": Benign(
        lambda d: _by_antin(by_pyhanko(by_openssl(d, office().other, "B"), office().other, "C")),
        _FORM,
    ),
    "empty field laid ready": Benign(_empty_field, _FORM),
    "empty field laid ready and signed": Benign(
        lambda d: by_pyhanko(_empty_field(d), office().other, "Seal", box=None), _FORM
    ),
    "validation data": Benign(_stored, _LTA),
    "more validation data": Benign(lambda d: _stored(_stored(d), office().tsa.der), _LTA),
    "document time-stamp": Benign(_stamped, _LTA),
    "two document time-stamps": Benign(lambda d: _stamped(_stamped(d), "Stamp2"), _LTA),
    "long-term update": Benign(lambda d: _stamped(_stored(d)), _LTA),
    "long-term update, renewed": Benign(
        lambda d: _stamped(_stored(_stamped(_stored(d)), office().tsa.der), "Stamp2"), _LTA
    ),
    "signature after a long-term update": Benign(
        lambda d: _by_pyhanko(_stamped(_stored(d))), _FORM
    ),
    "field filled in": Benign(_filled, _FORM),
    "field filled in, to be drawn by the viewer": Benign(_filled_without_a_look, _FORM),
    "field filled in, with a new look": Benign(_filled_with_another_look, _FORM),
    "field filled in, then signed": Benign(lambda d: _by_antin(_filled(d)), _FORM),
    "date and program of saving": Benign(_saved_anew, _LTA),
    "date and program of saving, in XMP": Benign(_metadata_saved, _LTA),
    "object written again as it was": Benign(_same_again, ChangeLevel.NONE),
    "object that nobody uses": Benign(_unused, ChangeLevel.NONE),
}


def _saved(**options: Any) -> Callable[[], bytes]:
    def make() -> bytes:
        out = io.BytesIO()
        with pikepdf.open(io.BytesIO(letter(3))) as pdf:
            pdf.save(out, **(_RAW | options))
        return out.getvalue()

    return make


def _encrypted(revision: int) -> Callable[[], bytes]:
    lock = pikepdf.Encryption(owner="owner", user="", R=revision)  # type: ignore[arg-type]  # 4 or 6

    def make() -> bytes:
        out = io.BytesIO()
        with pikepdf.open(io.BytesIO(letter(3))) as pdf:
            pdf.save(out, encryption=lock, static_id=True)
        return out.getvalue()

    return make


def _version(number: bytes) -> Callable[[], bytes]:
    return lambda: letter(2).replace(b"%PDF-1.7", b"%PDF-" + number, 1)


def _hybrid() -> bytes:
    return add_revision(letter(2), "hybrid", {600: b"<</Hidden true>>"}, extra=910)


_STREAMS = pikepdf.ObjectStreamMode
PREPARED: Final[dict[str, Callable[[], bytes]]] = {
    "everything in it": honest_letter,
    "resaved": _saved(),
    "resaved, linearised": _saved(linearize=True),
    "resaved, object streams": _saved(object_stream_mode=_STREAMS.generate),
    "resaved, no object streams": _saved(object_stream_mode=_STREAMS.disable),
    "resaved, object streams and linearised": _saved(
        object_stream_mode=_STREAMS.generate, linearize=True
    ),
    "resaved, uncompressed": _saved(compress_streams=False),
    "resaved, for old programs": _saved(min_version="1.3", force_version="1.3"),
    "encrypted, AES-128": _encrypted(4),
    "encrypted, AES-256": _encrypted(6),
    "hybrid": _hybrid,
    **{f"PDF {n}": _version(n.encode()) for n in ("1.3", "1.4", "1.5", "1.6", "1.7", "2.0")},
}


def locked(action: FieldMDPAction, fields: list[str]) -> bytes:
    """Return the letter signed so that some fields are locked."""

    def add(writer: IncrementalPdfFileWriter) -> None:
        lock = FieldMDPSpec(action, fields)
        append_signature_field(writer, SigFieldSpec("Sig1", box=BOX, field_mdp_spec=lock))

    return by_pyhanko(updated(honest_letter(), add), office().officer, box=None)


def certified(permission: MDPPerm) -> bytes:
    """Return the letter certified."""
    return by_pyhanko(honest_letter(), office().officer, permission=permission)


def sign_encrypted(data: bytes, holder: Holder, name: str) -> bytes:
    """Return a file that opens without a password, signed by pyHanko."""
    writer = IncrementalPdfFileWriter(io.BytesIO(data))
    writer.encrypt("")
    meta = signers.PdfSignatureMetadata(field_name=name)
    return bytes(signers.sign_pdf(writer, meta, software_signer(holder)).getvalue())
