"""The rules that every path has to keep: held against another program, and each shown to bite."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest
from cryptography import x509
from hypothesis import given, settings
from hypothesis import strategies as st

from antin.pki.certificates import load_certificate
from antin.pki.chain_building import Path
from antin.pki.path_constraints import constraint_problem, is_constrained
from antin.pki.rfc5280 import path_problem
from tests.smallpki import DAY, NOW, YEAR, Holder, certify, make_key, make_root

ODD = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.3.6.1.4.1.99999.7"), b"\x05\x00")
POLICY = x509.CertificatePolicies(
    [x509.PolicyInformation(x509.ObjectIdentifier("1.3.6.1.4.1.99999.8"), None)]
)
STEPS = st.fixed_dictionaries(
    {
        "name": st.sampled_from(["Specimen A", "Specimen B"]),
        "ca": st.sampled_from([True] * 9 + [False]),
        "path_length": st.sampled_from([None, None, None, 0, 1, 2]),
        "usages": st.sampled_from([("key_cert_sign",)] * 6 + [None, ("crl_sign",)]),
        "more": st.sampled_from(
            [(), (), ((POLICY, True),), ((POLICY, False),), ((ODD, False),), ((ODD, True),)]
        ),
        "forged": st.sampled_from([False] * 12 + [True]),
    }
)


def path_of(steps: Iterable[dict[str, Any]]) -> Path:
    """Return a path from ``steps``, topmost first, under a root; the last step is the leaf."""
    holders = [make_root()]
    for number, step in enumerate(steps):
        options = dict(step)
        forged = options.pop("forged", False)
        issuer = replace(holders[-1], key=make_key("p256", 99)) if forged else holders[-1]
        key = make_key("p256", number)
        holders.append(Holder(key, certify(issuer, options.pop("name"), key, **options)))
    return tuple(load_certificate(one.der) for one in reversed(holders))


@given(st.lists(STEPS, min_size=1, max_size=5))
@settings(max_examples=250, deadline=None)
def test_agrees_with_another_program(steps: list[dict[str, Any]]) -> None:
    path = path_of(steps)
    assert not is_constrained(path)
    assert (path_problem(path) is None) == (constraint_problem(path) is None)


CA = {"name": "Specimen CA", "ca": True}
LEAF = {"name": "Nguyễn Văn A"}
WIDE = {"path_length": 5}


@pytest.mark.parametrize(
    ("steps", "problem"),
    [
        ([CA, LEAF], None),
        ([LEAF], None),
        ([CA | {"ca": False}, LEAF], "CN=Specimen CA is not a CA"),
        ([CA | {"usages": ("crl_sign",)}, LEAF], "is not allowed to sign certificates"),
        ([CA | {"usages": None}, LEAF], None),
        ([CA | {"path_length": 0}, CA | {"name": "Deep CA"}, LEAF], "maximum path length"),
        ([CA | {"path_length": 1}, CA | {"name": "Deep CA"}, LEAF], None),
        # A wider bound below does not widen the one above.
        (
            [CA | {"path_length": 1}, *(CA | {"name": f"CA {n}"} | WIDE for n in (1, 2)), LEAF],
            "CN=CA 2 exceeds the maximum path length",
        ),
        # A new key of the same authority takes no room (§6.1.4 l).
        ([CA | {"path_length": 0}, CA, LEAF], None),
        ([CA, LEAF | {"more": ((ODD, True),)}], "not known: 1.3.6.1.4.1.99999.7"),
        ([CA | {"more": ((ODD, True),)}, LEAF], "CN=Specimen CA has critical extensions"),
        ([CA, LEAF | {"more": ((ODD, False),)}], None),
        ([CA, LEAF | {"forged": True}], "was not made by CN=Specimen CA"),
        ([CA | {"forged": True}, LEAF], "was not made by CN=Specimen Root"),
    ],
)  # fmt: skip
def test_each_rule(steps: list[dict[str, Any]], problem: str | None) -> None:
    found = path_problem(path_of(steps))
    if problem is None:
        assert found is None
    else:
        assert found is not None
        assert problem in found


def test_the_answer_does_not_hang_on_a_time() -> None:
    early = CA | {"not_before": NOW - 3 * YEAR, "not_after": NOW - 2 * YEAR}
    assert path_problem(path_of([early, LEAF | {"not_before": NOW - DAY}])) is None


def test_who_demands_a_policy_is_heard() -> None:
    demand = x509.PolicyConstraints(require_explicit_policy=0, inhibit_policy_mapping=None)
    strict = CA | {"more": ((demand, True), (POLICY, False))}
    without = path_of([strict, LEAF])
    assert is_constrained(without)
    assert "policies" in (path_problem(without) or "")
    assert path_problem(path_of([strict, LEAF | {"more": ((POLICY, False),)}])) is None
