"""Which certificates go along with the signer's (EN 319 142-1 §6.3 (b))."""

from antin.core.errors import AntinError
from antin.pki.certificates import load_certificate, load_readable
from antin.pki.chain_building import build_paths, pool_of
from antin.pki.trust import TrustMaterial


def issuers_of(
    certificate: bytes, trust: TrustMaterial, chain: tuple[bytes, ...] = ()
) -> tuple[bytes, ...]:
    """Return the DER certificates above ``certificate``, issuer first, trust anchor left out.

    A reader with the anchors alone can then build the path. They are taken from ``chain`` and the
    trust's intermediates; where no path is found, ``chain`` stays as it is.
    """
    try:
        leaf = load_certificate(certificate)
    except AntinError:
        return chain
    anchors = pool_of(load_readable(tuple(one.certificate for one in trust.anchors)))
    pool = pool_of(load_readable((*chain, *trust.intermediates)))
    paths = build_paths(leaf, anchors, pool)
    return tuple(one.der for one in paths[0][1:-1]) if paths else chain
