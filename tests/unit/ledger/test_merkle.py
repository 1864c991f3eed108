"""The tree of RFC 6962: published vectors, and a naive reading of the standard."""

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from antin.core.errors import IntegrityError
from antin.ledger.tree.merkle import EMPTY_ROOT, Frontier, leaf_hash, node_hash
from antin.ledger.tree.proofs import root_of, verify_consistency, verify_inclusion
from tests.naivetree import naive_root

VECTORS = Path(__file__).parents[4] / "shared" / "vectors" / "merkle"
there = pytest.mark.skipif(not VECTORS.is_dir(), reason="../shared is not beside the checkout")

# Inputs and roots that implementations of RFC 6962 share (certificate-transparency's reference).
INPUTS = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = [
    *("6e340b9c", "fac54203", "aeb6bcfe", "d37ee418"),
    *("4e3bbb1f", "76e67dad", "ddb89be4", "5dc9da79"),
]

leaf_lists = st.lists(st.binary(min_size=32, max_size=32), max_size=70)


def test_published_hashes() -> None:
    assert EMPTY_ROOT.hex().startswith("e3b0c442")
    assert EMPTY_ROOT.hex().endswith("b855")
    assert leaf_hash(b"").hex()[:8] + leaf_hash(b"").hex()[-4:] == "6e340b9ca01d"
    assert leaf_hash(b"L123456").hex()[:8] + leaf_hash(b"L123456").hex()[-4:] == "395aa0644d56"
    node = node_hash(b"N123", b"N456").hex()
    assert node[:8] + node[-4:] == "aa217fe86bbb"


def test_published_roots() -> None:
    frontier = Frontier()
    for data, root in zip(INPUTS, ROOTS, strict=True):
        frontier.append(leaf_hash(data))
        assert frontier.root().hex().startswith(root)


@given(leaf_lists)
def test_the_frontier_gives_the_root_of_the_standard(leaves: list[bytes]) -> None:
    assert root_of(leaves) == naive_root(leaves)


@given(leaf_lists, st.data())
def test_a_frontier_goes_on_where_it_stopped(leaves: list[bytes], data: st.DataObject) -> None:
    stop = data.draw(st.integers(0, len(leaves)))
    first = Frontier()
    for leaf in leaves[:stop]:
        first.append(leaf)
    second = Frontier(first.size, first.hashes())
    for leaf in leaves[stop:]:
        second.append(leaf)
    assert second.root() == naive_root(leaves)
    assert len(second.hashes()) == len(leaves).bit_count()


@pytest.mark.parametrize(
    ("size", "hashes"), [(3, (b"\x01" * 32,)), (1, ()), (0, (b"\x01" * 32,)), (1, (b"short",))]
)
def test_a_frontier_of_another_size_is_refused(size: int, hashes: tuple[bytes, ...]) -> None:
    with pytest.raises(IntegrityError) as caught:
        Frontier(size, hashes)
    assert caught.value.code == "ledger_inconsistent"


def decoded(texts: Any) -> tuple[bytes, ...]:
    return tuple(base64.b64decode(text) for text in texts or ())


def vectors(kind: str) -> list[Path]:
    return sorted((VECTORS / kind).rglob("*.json"))


@there
@pytest.mark.parametrize("path", vectors("inclusion"), ids=lambda p: f"{p.parent.name}-{p.stem}")
def test_inclusion_vectors_of_transparency_dev(path: Path) -> None:
    case = json.loads(path.read_text())
    root, leaf = base64.b64decode(case["root"]), base64.b64decode(case["leafHash"])

    def check() -> None:
        verify_inclusion(case["leafIdx"], case["treeSize"], leaf, decoded(case["proof"]), root)

    judge(check, wrong=case["wantErr"])


@there
@pytest.mark.parametrize("path", vectors("consistency"), ids=lambda p: f"{p.parent.name}-{p.stem}")
def test_consistency_vectors_of_transparency_dev(path: Path) -> None:
    case = json.loads(path.read_text())
    one, two = base64.b64decode(case["root1"]), base64.b64decode(case["root2"])

    def check() -> None:
        verify_consistency(case["size1"], case["size2"], one, two, decoded(case["proof"]))

    judge(check, wrong=case["wantErr"])


def judge(check: Callable[[], None], *, wrong: bool) -> None:
    if not wrong:
        check()
        return
    with pytest.raises(IntegrityError) as caught:
        check()
    assert caught.value.code == "proof_wrong"
