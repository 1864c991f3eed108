"""Building paths: against a naive search on small graphs, and bounded on hostile heaps."""

import pytest
from cryptography import x509
from hypothesis import given, settings
from hypothesis import strategies as st

from antin.core.errors import RefusedError
from antin.pki import chain_building
from antin.pki.certificates import Certificate, load_certificate, signed_by
from antin.pki.chain_building import MAX_PATH, Effort, Path, Pool, build_paths, pool_of
from antin.pki.path_constraints import is_too_complex
from antin.pki.path_verdicts import PathOutcome
from antin.pki.paths import judge, material
from antin.pki.revocation import RevocationData
from antin.pki.trust import TrustAnchor, TrustMaterial
from tests.smallpki import DAY, NOW, Holder, certify, make_key, make_root

NAMES, KEYS = ("Specimen A", "Specimen B", "Specimen C"), 2


def authority(name: int, key: int) -> Holder:
    """Return an authority without a certificate that matters."""
    chosen = make_key("p256", key)
    return Holder(chosen, certify(None, NAMES[name], chosen, ca=True))


NODES = st.tuples(st.integers(0, len(NAMES) - 1), st.integers(0, KEYS - 1))


def naive(path: Path, anchors: set[Certificate], pool: set[Certificate]) -> set[Path]:
    """Return every path that goes through no holder of a name and key twice, by trying all."""
    if path[-1] in anchors:
        return {path}
    if len(path) == MAX_PATH:
        return set()
    seen = [(one.parsed.subject, one.public_key) for one in path]
    new = [c for c in anchors | pool if (c.parsed.subject, c.public_key) not in seen]
    ways = [c for c in new if signed_by(path[-1], c)]
    return {found for one in ways for found in naive((*path, one), anchors, pool)}


@given(st.lists(st.tuples(NODES, NODES), max_size=7), NODES, st.sets(st.integers(0, 6)))
@settings(max_examples=40, deadline=None)
def test_finds_what_a_naive_search_finds(
    edges: list[tuple[tuple[int, int], tuple[int, int]]],
    leaf_issuer: tuple[int, int],
    anchored: set[int],
) -> None:
    made = [
        load_certificate(
            authority(*issuer).issue(NAMES[name], ca=True, key=make_key("p256", key)).der
        )
        for issuer, (name, key) in edges
    ]
    leaf = load_certificate(authority(*leaf_issuer).issue("Nguyễn Văn A").der)
    anchors = {one for position, one in enumerate(made) if position in anchored}
    expected = naive((leaf,), anchors, set(made))
    found = build_paths(leaf, pool_of(sorted(anchors, key=lambda c: c.der)), pool_of(made))
    assert set(found) <= expected
    assert len(found) == min(len(expected), chain_building.MAX_PATHS) or len(found) >= 20
    assert [len(path) for path in found] == sorted(len(path) for path in found)


@pytest.fixture(scope="module")
def root() -> Holder:
    return make_root()


def heap(root: Holder, number: int) -> list[Certificate]:
    """Return certificates that bear an issuer's name and none of its keys."""
    key = make_key("p256", 1)
    return [
        load_certificate(root.issue("Specimen CA", ca=True, key=key).der) for _ in range(number)
    ]


def test_checks_are_bounded_and_running_out_is_told(root: Holder) -> None:
    ca = root.issue("Specimen CA", ca=True)
    leaf = load_certificate(ca.issue("Nguyễn Văn A").der)
    fakes = heap(root, 30)
    pool = Pool(pool_of(fakes).by_subject, Effort(10))
    anchors = pool_of([load_certificate(root.der)])
    with pytest.raises(RefusedError) as caught:
        build_paths(leaf, anchors, pool)
    assert caught.value.code == "certificate_path_too_complex"
    assert caught.value.values["subject"] == leaf.subject
    # What was checked is remembered; with more effort the answer is a plain no.
    assert build_paths(leaf, anchors, Pool(pool.by_subject, Effort(20))) == ()
    assert build_paths(leaf, anchors, Pool(pool.by_subject, Effort(0))) == ()


def test_running_out_is_no_verdict(root: Holder, monkeypatch: pytest.MonkeyPatch) -> None:
    leaf = root.issue("Specimen CA", ca=True).issue("Nguyễn Văn A")
    given = material(TrustMaterial((TrustAnchor(root.der),)), NOW, [c.der for c in heap(root, 5)])
    monkeypatch.setattr(given.pool.effort, "_left", 2)
    found = judge(load_certificate(leaf.der), "sign", NOW, given)
    assert found.outcome is PathOutcome.TOO_COMPLEX
    with pytest.raises(RefusedError) as caught:
        found.raise_if_not_valid()
    assert caught.value.code == "certificate_path_too_complex"


def test_steps_are_bounded(root: Holder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chain_building, "MAX_STEPS", 5)
    one = root.issue("Loop A", ca=True)
    other = one.issue("Loop B", ca=True)
    back = [other.issue("Loop A", ca=True, key=one.key) for _ in range(10)]
    pool = pool_of([load_certificate(h.der) for h in (one, other, *back)])
    leaf = load_certificate(other.issue("Nguyễn Văn A").der)
    with pytest.raises(RefusedError) as caught:
        build_paths(leaf, pool_of([load_certificate(make_root("Nobody").der)]), pool)
    assert caught.value.code == "certificate_path_too_complex"


def test_the_issuer_that_is_named_is_not_hidden_by_a_heap(root: Holder) -> None:
    key = x509.SubjectKeyIdentifier.from_public_key(make_key("p256", 0).public_key())
    ca = root.issue("Specimen CA", ca=True, key=make_key("p256", 0), more=((key, False),))
    named = x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(key)
    leaf = load_certificate(ca.issue("Nguyễn Văn A", more=((named, False),)).der)
    pool = pool_of([*heap(root, 60), load_certificate(ca.der)])
    found = build_paths(leaf, pool_of([load_certificate(root.der)]), pool)
    assert [path[1].der for path in found] == [ca.der]


def test_a_pool_is_bounded_by_bytes(root: Holder, monkeypatch: pytest.MonkeyPatch) -> None:
    made = [load_certificate(root.issue(f"Specimen {n}").der) for n in range(3)]
    monkeypatch.setattr(chain_building, "MAX_POOL_BYTES", len(made[0].der) + len(made[1].der))
    assert pool_of(made).all() == tuple(made[:2])


def test_the_better_of_two_trees(root: Holder) -> None:
    """Cross-signed: a path to each of two anchors; the one that is believed for this counts."""
    other = make_root("Specimen Other Root")
    ca = root.issue("Specimen CA", ca=True)
    cross = other.issue("Specimen CA", ca=True, key=ca.key)
    leaf = ca.issue("Nguyễn Văn A")
    crls = tuple(one.crl(NOW - DAY) for one in (root, other, ca))
    anchors = (
        TrustAnchor(root.der, frozenset({"time-stamp"})),
        TrustAnchor(other.der, frozenset({"sign"})),
    )
    given = TrustMaterial(anchors, (ca.der, cross.der), RevocationData(crls=crls))
    found = judge(load_certificate(leaf.der), "sign", NOW, material(given, NOW))
    assert found.outcome is PathOutcome.VALID
    assert found.path[-1].der == other.der


def test_constraints_whose_judging_would_take_long(root: Holder) -> None:
    def names(number: int) -> list[x509.GeneralName]:
        return [x509.DNSName(f"n{n}.example") for n in range(number)]

    constraint = x509.NameConstraints(names(1500), None)
    narrow = root.issue("Narrow CA", ca=True, more=((constraint, True),))
    many = x509.SubjectAlternativeName(names(1500))
    heavy = narrow.issue("Nguyễn Văn A", more=((many, False),))
    light = narrow.issue("Nguyễn Văn A")

    def path(holder: Holder) -> Path:
        return tuple(load_certificate(h.der) for h in (holder, narrow, root))

    assert is_too_complex(path(heavy))
    assert not is_too_complex(path(light))
    policies = x509.CertificatePolicies(
        [x509.PolicyInformation(x509.ObjectIdentifier(f"1.2.3.{n}"), None) for n in range(1000)]
    )
    assert is_too_complex(path(narrow.issue("Nguyễn Văn A", more=((policies, False),))))
    given = material(TrustMaterial((TrustAnchor(root.der),), (narrow.der,)), NOW)
    verdict = judge(load_certificate(heavy.der), "sign", NOW, given)
    assert verdict.outcome is PathOutcome.TOO_COMPLEX
