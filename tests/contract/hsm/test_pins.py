"""PINs on real tokens: a wrong one is sent once, a last try is nobody's, a locked one is said."""

import pytest

from antin.core.errors import KeyDeviceError
from antin.hsm.pins import PinProvider
from antin.hsm.pkcs11 import KeyRoom
from devpki.opencryptoki import OpenCryptoki
from devpki.piv.station import PivStation
from tests.tokens import RealToken, makes, on_opencryptoki, spend


class Counting:
    """A provider that counts how often it is asked."""

    def __init__(self, provide: PinProvider) -> None:
        self._provide = provide
        self.asked = 0

    def __call__(self) -> str:
        self.asked += 1
        return self._provide()


def wrong(token: RealToken, offset: int = 1) -> str:
    right = token.pin_file.read_text().strip()
    return f"{(int(right) + offset) % 10 ** len(right):0{len(right)}}"


def refusal(token: RealToken, pin: PinProvider) -> str:
    with pytest.raises(KeyDeviceError) as caught:
        token.open_by(token.reference("rsa"), pin).sign(b"data")
    return caught.value.code


@pytest.mark.parametrize("token", makes(), indirect=True)
def test_wrong_pin_reaches_the_token_once(token: RealToken) -> None:
    """Five sendings would lock the card and opencryptoki: three do."""
    token.forget()
    assert [refusal(token, lambda: wrong(token)) for _ in range(5)] == ["pin_incorrect"] * 5
    assert token.open("rsa").sign(b"data")


@pytest.mark.parametrize("token", makes("piv"), indirect=True)
def test_the_card_itself_counts_one_wrong_pin(token: RealToken, cards: PivStation) -> None:
    token.forget()
    before = cards.pins_sent()
    assert [refusal(token, lambda: wrong(token, 2)) for _ in range(5)] == ["pin_incorrect"] * 5
    assert cards.pins_sent() == before + 1
    assert token.open("rsa").sign(b"data")
    assert cards.pins_sent() == before + 2


@pytest.mark.parametrize("token", makes(), indirect=True)
def test_one_login_serves_all_signatures(token: RealToken) -> None:
    token.forget()
    pin = Counting(token.pin)
    key = token.open_by(token.reference("rsa"), pin)
    for number in range(4):
        assert key.sign(b"%d" % number)
    assert pin.asked == 1


@pytest.mark.parametrize("token", makes("softhsm", "piv", "p11-kit"), indirect=True)
def test_a_key_that_wants_its_pin_each_time_gets_it(token: RealToken) -> None:
    pin = Counting(token.pin)
    key = token.open_by(token.reference("asks"), pin)
    before = pin.asked
    for number in range(3):
        assert key.sign(b"%d" % number)
    assert pin.asked == before + 3


@pytest.mark.parametrize("token", makes("piv"), indirect=True)
@pytest.mark.parametrize(("tries", "code"), [(1, "pin_final_try"), (0, "pin_locked")])
def test_no_pin_is_sent_to_a_card_that_takes_one_more_or_none(
    token: RealToken, cards: PivStation, tries: int, code: str
) -> None:
    token.forget()
    cards.leave_tries(tries)
    before = cards.pins_sent()
    assert [refusal(token, token.pin) for _ in range(2)] == [code] * 2
    assert cards.pins_sent() == before


@pytest.mark.parametrize("token", makes("piv"), indirect=True)
def test_a_card_with_two_tries_left_signs_and_has_all_again(
    token: RealToken, cards: PivStation
) -> None:
    token.forget()
    cards.leave_tries(2)
    assert token.open("rsa").sign(b"data")
    token.forget()
    assert refusal(token, lambda: wrong(token, 3)) == "pin_incorrect"
    assert token.open("rsa").sign(b"data")


@pytest.mark.parametrize(("count", "code"), [(2, "pin_final_try"), (3, "pin_locked")])
@pytest.mark.parametrize("make", makes("opencryptoki"))
def test_nothing_is_tried_on_a_soft_token_that_takes_one_more_or_none(
    fresh_daemon: OpenCryptoki, soft_room: KeyRoom, count: int, code: str, make: str
) -> None:
    spend(fresh_daemon, count)
    token = on_opencryptoki(fresh_daemon, soft_room)
    pin = Counting(token.pin)
    assert [refusal(token, pin) for _ in range(2)] == [code] * 2
    assert pin.asked == 0


@pytest.mark.parametrize("make", makes("opencryptoki"))
def test_a_soft_token_with_two_tries_left_signs(
    fresh_daemon: OpenCryptoki, soft_room: KeyRoom, make: str
) -> None:
    spend(fresh_daemon, 1)
    assert on_opencryptoki(fresh_daemon, soft_room).open("rsa").sign(b"data")


@pytest.mark.parametrize("token", makes(), indirect=True)
def test_no_error_holds_the_pin(token: RealToken) -> None:
    token.forget()
    text = wrong(token, 7)
    with pytest.raises(KeyDeviceError) as caught:
        token.open_by(token.reference("rsa"), lambda: text)
    error: BaseException | None = caught.value
    while error is not None:
        assert text not in f"{error} {error!r} {vars(error)}"
        error = error.__cause__ or error.__context__
    assert token.open("rsa").sign(b"data")  # gives the token its tries back
