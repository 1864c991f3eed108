import pytest

from antin.core.ids import is_id, new_id, new_secret


def test_ids_are_unique_and_in_the_order_of_making() -> None:
    made = [new_id() for _ in range(1000)]
    assert all(is_id(one) for one in made)
    assert made == sorted(set(made))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "019AA0E2-1B5C-7000-8000-000000000000",
        "019aa0e2-1b5c-4000-8000-000000000000",
        "019aa0e2-1b5c-7000-0000-000000000000",
        "019aa0e2-1b5c-7000-8000-000000000000\n",
        "../019aa0e2-1b5c-7000-8000-000000000000",
    ],
)
def test_other_texts_are_no_ids(text: str) -> None:
    assert not is_id(text)


def test_secrets_carry_the_bits_they_promise() -> None:
    made = {new_secret() for _ in range(100)}
    assert len(made) == 100
    assert {len(one) for one in made} == {43}
    assert len(new_secret(128)) == 22
