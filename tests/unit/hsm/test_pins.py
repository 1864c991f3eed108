"""PIN providers."""

from pathlib import Path

import pytest

from antin.core.errors import KeyDeviceError
from antin.hsm.pins import (
    PinProvider,
    insecure_pin_from_environment,
    pin_from_file,
    pin_from_prompt,
)


def pin_file(folder: Path, text: str, mode: int = 0o600) -> PinProvider:
    path = folder / "pin"
    path.write_text(text)
    path.chmod(mode)
    return pin_from_file("desk", path)


@pytest.mark.parametrize("text", ["12 34", "12 34\n", "12 34\r\n", "12 34\nnot this\n"])
def test_first_line_of_the_file_is_the_pin(
    tmp_path: Path, text: str, caplog: pytest.LogCaptureFixture
) -> None:
    assert pin_file(tmp_path, text)() == "12 34"
    assert caplog.messages == []


def test_file_is_read_each_time(tmp_path: Path) -> None:
    provider = pin_file(tmp_path, "1111")
    (tmp_path / "pin").write_text("2222")
    assert provider() == "2222"


def test_file_that_others_can_read_is_warned_of_without_its_content(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    assert pin_file(tmp_path, "97531", 0o644)() == "97531"
    assert len(caplog.messages) == 1
    assert "chmod 600" in caplog.text
    assert "97531" not in caplog.text


def missing(provider: PinProvider) -> str:
    with pytest.raises(KeyDeviceError) as caught:
        provider()
    return caught.value.code


def test_no_pin_has_a_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DESK_PIN", raising=False)
    (tmp_path / "bytes").write_bytes(b"\xff\xfe")
    (tmp_path / "bytes").chmod(0o600)
    providers = [
        pin_from_file("desk", tmp_path / "nowhere"),
        pin_from_file("desk", tmp_path / "bytes"),
        pin_file(tmp_path, "\n"),
        insecure_pin_from_environment("desk", "DESK_PIN"),
        pin_from_prompt("desk", lambda _token: ""),
    ]
    assert {missing(provider) for provider in providers} == {"pin_missing"}


def test_environment_and_prompt(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DESK_PIN", "1234")
    assert insecure_pin_from_environment("desk", "DESK_PIN")() == "1234"
    assert pin_from_prompt("desk", lambda token: f"pin of {token}")() == "pin of desk"


def test_what_is_no_text_is_in_no_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "bytes").write_bytes(b"9753\xff1")
    (tmp_path / "bytes").chmod(0o600)
    monkeypatch.setenv("DESK_PIN", "9753\udcff1")
    for provider in (
        pin_from_file("desk", tmp_path / "bytes"),
        insecure_pin_from_environment("desk", "DESK_PIN"),
    ):
        with pytest.raises(KeyDeviceError) as caught:
            provider()
        assert caught.value.code == "pin_missing"
        assert caught.value.__context__ is None
