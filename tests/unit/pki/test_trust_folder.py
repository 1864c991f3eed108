"""The trust folder: what is read from it, and how damage is named."""

import pytest
from asn1crypto import crl
from asn1crypto import pem as asn1_pem
from cryptography.hazmat.primitives.serialization import Encoding

from antin.core.errors import InputError
from antin.pki.trust import TrustMaterial
from antin.pki.trust_folder import read_trust_folder
from tests.smallpki import DAY, NOW, Holder, make_root
from tests.trustworld import TrustWorld


@pytest.fixture(scope="module")
def root() -> Holder:
    return make_root()


def pem(holder: Holder) -> bytes:
    return holder.certificate.public_bytes(Encoding.PEM)


def test_whole_folder(root: Holder) -> None:
    tsa, ca = make_root("TSA Root"), root.issue("CA", ca=True)
    leaf = ca.issue("Nguyễn Văn A")
    crl, answer = root.crl(NOW - DAY), ca.ocsp(leaf, NOW - DAY, NOW)
    trust = read_trust_folder(
        {
            "root.pem": pem(root),
            "tsa.crt": tsa.der,
            "trust.toml": b'[purposes]\n"tsa.crt" = ["time-stamp"]\n',
            "README.md": b"not read",
            "sub/other.pem": b"not read",
            "groups/other.pem": b"not read",
            "groups/old/note.txt": b"not read",
            "groups/old/root.pem": pem(ca),
            "groups/old/below/root.pem": b"not read",
            "groups/tsa/tsa.crt": tsa.der,
            "intermediates/ca.pem": pem(ca) + pem(root),
            "crls/root.crl": crl,
            "ocsp/leaf.ocsp": answer,
        }
    )
    assert [(a.certificate, a.purposes) for a in trust.anchors] == [
        (root.der, frozenset({"sign", "time-stamp"})),
        (tsa.der, frozenset({"time-stamp"})),
    ]
    assert trust.groups == {"old": (ca.der,), "tsa": (tsa.der,)}
    assert trust.only == {}
    assert trust.intermediates == (ca.der, root.der)
    assert (trust.revocation.crls, trust.revocation.ocsps) == ((crl,), (answer,))


def test_crl_in_pem(root: Holder) -> None:
    from cryptography import x509

    der = root.crl(NOW)
    text = x509.load_der_x509_crl(der).public_bytes(Encoding.PEM)
    trust = read_trust_folder({"root.pem": pem(root), "crls/root.pem": text + text})
    assert trust.revocation.crls == (der, der)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("bad.pem", b"rubbish"),
        ("bad.pem", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"),
        ("intermediates/bad.crt", b"\x30\x00"),
        ("groups/old/bad.pem", b"rubbish"),
        ("crls/bad.crl", b"rubbish"),
        ("crls/bad.pem", b"-----BEGIN X509 CRL-----\n"),
        ("ocsp/bad.ocsp", b"\x30\x03\x0a\x01\x06"),
        ("trust.toml", b"not toml ["),
        ("trust.toml", b"\xff"),
        ("trust.toml", b"purposes = 3"),
        ("trust.toml", b"[others]"),
        ("trust.toml", b'[purposes]\n"missing.pem" = ["sign"]'),
        ("trust.toml", b'[purposes]\n"root.pem" = ["everything"]'),
        ("trust.toml", b'[purposes]\n"root.pem" = "sign"'),
    ],
)
def test_damage_is_named(root: Holder, name: str, data: bytes) -> None:
    with pytest.raises(InputError) as caught:
        read_trust_folder({"root.pem": pem(root), name: data})
    assert caught.value.code == "trust_malformed"
    assert name in str(caught.value.values["detail"])


def test_a_crl_of_an_unknown_version_is_named(root: Holder) -> None:
    """The library throws what is neither a ValueError nor of its usual kinds."""
    made = crl.CertificateList.load(root.crl(NOW))
    made["tbs_cert_list"]["version"] = 0
    data = asn1_pem.armor("X509 CRL", made.dump(force=True))
    with pytest.raises(InputError) as caught:
        read_trust_folder({"root.pem": pem(root), "crls/odd.pem": data})
    assert caught.value.code == "trust_malformed"


def test_folder_without_anchor() -> None:
    with pytest.raises(InputError) as caught:
        read_trust_folder({})
    assert caught.value.code == "trust_malformed"


def test_development_folder(trust_world: TrustWorld) -> None:
    folder = trust_world.trust_folder
    files = {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }
    trust = read_trust_folder(files)
    assert isinstance(trust, TrustMaterial)
    assert tuple(a.certificate for a in trust.anchors) == trust_world.anchors
    assert set(trust.intermediates) == set(trust_world.intermediates)
    assert len(trust.revocation.crls) == 3
