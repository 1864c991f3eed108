"""Makes the files that cases grow from: ``python -m tests.fuzz.make_seeds``.

They are kept in the repository, because a case is the same case only while its seeds are the same:
making them anew renumbers all cases. No private key is among them.
"""

import io
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from asn1crypto import tsp
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import dsa, x25519
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import fields, signers

from tests import pdfs, signedpdf
from tests.fuzz import seed_certificates
from tests.fuzz.fixed_keys import CA, OFFICER, RESPONDER, ROOT, TSA
from tests.fuzz.seed_certificates import fixed_holder
from tests.fuzz.seed_files import SEEDS
from tests.smallpki import (
    DAY,
    NOW,
    CmsShape,
    Holder,
    answer_query,
    make_cms,
    make_key,
    make_token,
)

_DIGEST = bytes(range(32))
_ROOM = 6144


class _World:
    def __init__(self) -> None:
        self.root = fixed_holder(None, ROOT)
        self.ca = fixed_holder(self.root, CA)
        self.officer = fixed_holder(self.ca, OFFICER)
        self.tsa = fixed_holder(self.root, TSA)
        self.responder = fixed_holder(self.ca, RESPONDER)
        self.others = {
            kind: self.ca.issue("Trần Thị B", key=make_key(kind))
            for kind in ("rsa2048", "p384", "ed25519")
        }


def main() -> int:
    shutil.rmtree(SEEDS, ignore_errors=True)
    world = _World()
    _write("certificates", "der", seed_certificates.all_certificates(world.ca) | _own(world))
    _write("cms", "der", _cms(world))
    _write("timestamps", "der", _timestamps(world))
    _write("crls", "der", _crls(world))
    _write("ocsps", "der", _ocsps(world))
    _write("keys", "der", _keys())
    with tempfile.TemporaryDirectory() as folder:
        plain = _plain(Path(folder))
    _write("pdf", "pdf", plain | _signed(world, plain["form-streams"]))
    return 0


def _write(kind: str, ending: str, made: dict[str, bytes]) -> None:
    (SEEDS / kind).mkdir(parents=True)
    for name, data in made.items():
        (SEEDS / kind / f"{name}.{ending}").write_bytes(data)


def _own(world: _World) -> dict[str, bytes]:
    names = ("root", "ca", "officer", "tsa", "responder")
    own = {name: getattr(world, name).der for name in names}
    return own | {kind: holder.der for kind, holder in world.others.items()}


def _cms(world: _World) -> dict[str, bytes]:
    token = make_token(world.tsa, _DIGEST, NOW)
    made = {
        "officer": make_cms(world.officer, _DIGEST, CmsShape(signing_time=NOW)),
        "stamped": make_cms(world.officer, _DIGEST, CmsShape(tokens=(token, token))),
        "bare": make_cms(world.officer, _DIGEST, CmsShape(signed_attributes=False)),
        "content": make_cms(world.officer, _DIGEST, CmsShape(content=b"text")),
        "pss": make_cms(world.others["rsa2048"], _DIGEST, CmsShape(pss=True)),
        "token": token,
    }
    return made | {f"of-{kind}": make_cms(one, _DIGEST) for kind, one in world.others.items()}


def _timestamps(world: _World) -> dict[str, bytes]:
    imprint = {"hash_algorithm": {"algorithm": "sha256"}, "hashed_message": _DIGEST}
    asked = {"version": "v1", "message_imprint": imprint, "nonce": 77, "cert_req": True}
    query = bytes(tsp.TimeStampReq(asked).dump())
    return {
        "query": query,
        "granted": answer_query(world.tsa, query, NOW),
        "refused": answer_query(world.tsa, query, NOW, status="rejection"),
        "token": make_token(world.tsa, _DIGEST, NOW, nonce=77),
    }


def _crls(world: _World) -> dict[str, bytes]:
    at = NOW - DAY
    revoked = dict.fromkeys(range(5, 25), (at, "keyCompromise"))
    held = dict.fromkeys(range(1, 4), (at, "certificateHold"))
    return {
        "root": world.root.crl(at),
        "ca": world.ca.crl(at),
        "revoked": world.ca.crl(at, revoked=revoked | held),
        "point": world.ca.crl(at, extensions=seed_certificates.crl_extensions()),
    }


def _ocsps(world: _World) -> dict[str, bytes]:
    about, at = world.officer, NOW - DAY
    return {
        "good": world.ca.ocsp(about, at),
        "delegated": world.ca.ocsp(about, at, responder=world.responder),
        "revoked": world.ca.ocsp(about, at, revoked_at=at - DAY),
        "unknown": world.ca.ocsp(about, at, unknown=True),
    }


def _keys() -> dict[str, bytes]:
    made: dict[str, Any] = {kind: make_key(kind) for kind in ("rsa2048", "p256", "p384", "ed25519")}
    made |= {"x25519": x25519.X25519PrivateKey.generate(), "dsa": dsa.generate_private_key(2048)}
    form = (serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return {kind: key.public_key().public_bytes(*form) for kind, key in made.items()}


def _plain(folder: Path) -> dict[str, bytes]:
    blank, form = signedpdf.blank_pdf(), pdfs.form_letter()
    streams = pdfs.qpdf(pdfs.letter(4), folder, "--object-streams=generate")
    return {
        "blank": blank,
        "letter": pdfs.letter(3, catalog=_TREES, more=_TREE_OBJECTS),
        "form": form,
        "object-streams": streams,
        "form-streams": pdfs.qpdf(form, folder, "--object-streams=generate"),
        "linearised": pdfs.qpdf(blank, folder, "--linearize"),
        "aes256": pdfs.qpdf(form, folder, "--encrypt", "", "owner", "256", "--"),
        "rc4": pdfs.qpdf(
            blank, folder, "--allow-weak-crypto", "--encrypt", "", "owner", "128", "--"
        ),
        "password": pdfs.qpdf(blank, folder, "--encrypt", "secret", "owner", "256", "--"),
        "hybrid": _hybrid(),
    }


_TREES = b"/Outlines 40 0 R/Names<</Dests 44 0 R>>/PageLabels<</Nums[0<</S/D>>]>>"
_TREE_OBJECTS = {
    40: b"<</Type/Outlines/First 41 0 R/Last 42 0 R/Count 2>>",
    41: b"<</Title(One)/Parent 40 0 R/Next 42 0 R/Dest[10 0 R/Fit]>>",
    42: b"<</Title(Two)/Parent 40 0 R/Prev 41 0 R/A<</S/GoTo/D(there)>>>>",
    44: b"<</Kids[45 0 R]>>",
    45: b"<</Limits[(here)(there)]/Names[(here)[10 0 R/Fit](there)[11 0 R/Fit]]/Parent 44 0 R>>",
}


def _hybrid() -> bytes:
    data = pdfs.letter()
    hidden = b"90 0 obj\n<</Hidden true>>\nendobj\n"
    entry = bytes([1]) + len(data).to_bytes(4, "big") + b"\0"
    table = b"<</Type/XRef/Size 92/W[1 4 1]/Index[90 1]/Root 1 0 R/Length 6>>"
    at = len(data) + len(hidden)
    whole = data + hidden + b"91 0 obj\n%b\nstream\n%b\nendstream\nendobj\n" % (table, entry)
    return pdfs.appended(whole, {}, b"/Root 1 0 R/XRefStm %d" % at, freed=[90])


def _signed(world: _World, streams: bytes) -> dict[str, bytes]:
    stamper = signedpdf.FixedTimeStamper(world.tsa, NOW)
    once = signedpdf.sign(signedpdf.blank_pdf(), world.officer, room=_ROOM)
    stamped = signedpdf.sign(pdfs.form_letter(), world.officer, stamped=stamper, room=_ROOM)
    crls = tuple(_crls(world)[name] for name in ("root", "ca"))
    stored = signedpdf.add_store(
        stamped, [world.ca.der, world.tsa.der], crls, [_ocsps(world)["good"]]
    )
    return {
        "signed": once,
        "twice": signedpdf.sign(once, world.others["rsa2048"], "Sig2", pss=True, room=_ROOM),
        "pkcs7": signedpdf.sign(
            pdfs.letter(1),
            world.officer,
            subfilter=fields.SigSeedSubFilter.ADOBE_PKCS7_DETACHED,
            room=_ROOM,
        ),
        "stamped": stamped,
        "archived": signedpdf.stamp(stored, stamper, room=_ROOM),
        "certified": _certified(world.officer),
        "signed-streams": signedpdf.sign(streams, world.officer, room=_ROOM),
    }


def _certified(holder: Holder) -> bytes:
    lock = fields.FieldMDPSpec(fields.FieldMDPAction.INCLUDE, ["name"])
    metadata = signers.PdfSignatureMetadata(
        field_name="C",
        certify=True,
        docmdp_permissions=fields.MDPPerm.FILL_FORMS,
        subfilter=fields.SigSeedSubFilter.PADES,
    )
    spec = fields.SigFieldSpec("C", box=(50, 50, 150, 80), field_mdp_spec=lock)
    pdf_signer = signers.PdfSigner(metadata, signedpdf.software_signer(holder), new_field_spec=spec)
    writer = IncrementalPdfFileWriter(io.BytesIO(pdfs.form_letter()))
    return bytes(pdf_signer.sign_pdf(writer, bytes_reserved=_ROOM).getvalue())


if __name__ == "__main__":
    sys.exit(main())
