"""The same bytes, trust, time and policy give the same report, byte for byte, in every form."""

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from tests.damage import ANY_FORM
from tests.pdfs import appended, form_letter
from tests.signedpdf import FixedTimeStamper, add_page, add_store, blank_pdf, sign, stamp
from tests.smallpki import DAY, NOW, CmsShape, Holder, make_cms, make_responder, make_root, make_tsa

ROOT = Path(__file__).parents[3]
SETTINGS = (
    {"PYTHONHASHSEED": "0", "TZ": "UTC", "LC_ALL": "C"},
    {"PYTHONHASHSEED": "1", "TZ": "Asia/Ho_Chi_Minh", "LC_ALL": "C.UTF-8"},
    {"PYTHONHASHSEED": "4242", "TZ": "America/St_Johns", "LC_ALL": "C.UTF-8"},
)


class World:
    """An authority that two roots vouch for: there are two ways to whoever is below it."""

    def __init__(self) -> None:
        self.roots = (make_root("Root One"), make_root("Root Two"))
        self.first = self.roots[0].issue("Shared CA", ca=True)
        self.second = self.roots[1].issue("Shared CA", ca=True, key=self.first.key)
        self.officer = self.first.issue("Nguyễn Văn A")
        self.tsa = make_tsa(self.roots[0])
        holders = (*self.roots, self.first)
        self.crls = tuple(one.crl(NOW - n * DAY) for n in (1, 2) for one in holders)
        responder = make_responder(self.first)
        self.answer = self.first.ocsp(self.officer, NOW - DAY, NOW + DAY, responder=responder)

    def files(self) -> dict[str, bytes]:
        stamper = FixedTimeStamper(self.tsa, NOW - 2 * DAY)
        signed = sign(blank_pdf(), self.officer, stamped=stamper)
        filled = b"<</FT/Tx/T(name)/V(A)/Subtype/Widget/Rect[10 10 90 30]/P 10 0 R>>"
        twice = sign(signed, self.officer, "Sig2")
        kept = add_store(twice, [self.first.der, self.second.der], self.crls, [self.answer])
        return {
            "archived.pdf": stamp(kept, FixedTimeStamper(self.tsa, NOW - DAY)),
            "page-added.pdf": add_page(twice),
            "filled.pdf": appended(sign(form_letter(), self.officer), {20: filled}),
            "altered.pdf": signed.replace(b"Specimen letter", b"Specimen Letter"),
            "damaged.pdf": ANY_FORM["junk-before"].inflict(twice),
            "unsigned.pdf": blank_pdf(),
            "none.pdf": b"no PDF",
            "letter.p7m": make_cms(
                self.officer, hashlib.sha256(b"letter").digest(), CmsShape(content=b"letter")
            ),
        }


def write(folder: Path, files: dict[str, bytes]) -> None:
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)


def pem(*holders: Holder) -> bytes:
    return b"".join(one.certificate.public_bytes(Encoding.PEM) for one in holders)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Lay the same files and trust out in three ways: other names, PEM or DER, one file or many."""
    world, made = World(), tmp_path_factory.mktemp("same")
    one, two = world.roots
    write(made / "files", world.files())
    both = (world.first, world.second)
    write(
        made / "trust-a",
        {"1.pem": pem(one), "2.pem": pem(two), "intermediates/ca.pem": pem(*both)}
        | {f"crls/{n}.crl": crl for n, crl in enumerate(world.crls)},
    )
    write(
        made / "trust-b",
        {"1.crt": two.der, "2.crt": one.der, "intermediates/ca.pem": pem(*reversed(both))}
        | {f"crls/{9 - n}.crl": crl for n, crl in enumerate(world.crls)},
    )
    write(
        made / "trust-c",
        {"all.pem": pem(two, one, two), "intermediates/1.crt": both[1].der}
        | {"intermediates/2.crt": both[0].der, "intermediates/3.pem": pem(*both)}
        | {f"crls/{n % 3}{n}.crl": crl for n, crl in enumerate(world.crls)},
    )
    return made


def run(folder: Path, settings: dict[str, str]) -> dict[str, str]:
    command = [sys.executable, "-m", "tests.determinism", str(folder), NOW.isoformat()]
    done = subprocess.run(
        command, env=os.environ | settings, cwd=ROOT, capture_output=True, text=True, check=True
    )
    return dict(json.loads(done.stdout))


def test_reports_are_the_same_wherever_they_are_made(folder: Path) -> None:
    first, *others = (run(folder, settings) for settings in SETTINGS)
    assert len(first) > 8 * 3 * 3 * 3
    for other in others:
        assert other == first
    # However the trust folder is laid out, it is the same trust.
    by_layout = [
        {key.split("/", 1)[1]: value for key, value in first.items() if key.startswith(name)}
        for name in ("trust-a", "trust-b", "trust-c")
    ]
    for other in by_layout[1:]:
        assert {key: by_layout[0][key] for key in other} == other
    # What differs, differs: nothing here is a constant.
    assert len(set(by_layout[1].values())) == len(by_layout[1])
