"""``antin credential probe``: what a token can do, tried out; what is wrong, and what to do."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from antin.cli.failures import REFUSED
from antin.cli.options import DataOption, Language, Listing, ListingOption
from antin.cli.output import note, say
from antin.cli.session import ask_pin, settings
from antin.cli.texts import _, language
from antin.core.errors import NotFoundError, UsageError, fill
from antin.core.json_line import json_line
from antin.infra.messages import translator

if TYPE_CHECKING:
    from antin.hsm.pins import PinProvider
    from antin.hsm.probe import ProbeTarget
    from antin.hsm.probe_result import Probe
    from antin.infra.settings import Settings


def register(group: typer.Typer) -> None:
    """Add the command to ``group``."""

    @group.command(help=_("Find out what a token can do: try its keys, check the results."))
    def probe(
        name: Annotated[str | None, typer.Argument(help=_("Name of a configured key."))] = None,
        *,
        module: Annotated[
            Path | None, typer.Option(help=_("PKCS#11 module (default: as configured)."))
        ] = None,
        token: Annotated[
            str | None,
            typer.Option(metavar="LABEL", help=_("Label of the token (default: the only one).")),
        ] = None,
        serial: Annotated[str | None, typer.Option(help=_("Serial number of the token."))] = None,
        key_label: Annotated[str | None, typer.Option(help=_("Label of the key."))] = None,
        key_id: Annotated[str | None, typer.Option(help=_("Id of the key, in hex."))] = None,
        pin_file: Annotated[
            Path | None, typer.Option(help=_("File with the PIN (default: ask)."))
        ] = None,
        use_final_try: Annotated[
            bool,
            typer.Option(
                "--use-final-try",
                help=_("Use the PIN even if one more wrong one locks the token."),
            ),
        ] = False,
        how: ListingOption = Listing.TEXT,
        lang: Annotated[Language | None, typer.Option(help=_("Language of the answer."))] = None,
        data: DataOption = None,
    ) -> None:
        if name is not None and any((module, token, serial, key_label, key_id)):
            raise UsageError("request_invalid", detail="either NAME, or options that name a token")
        asked = (
            _configured(settings(data), name, pin_file)
            if name is not None
            else _named(module, token, serial, key_label, _bytes(key_id), pin_file, data)
        )
        found = _probe(asked, use_final_try=use_final_try)
        raise typer.Exit(_shown(found, how, (lang or Language(language())).value))


@dataclass(frozen=True)
class _Asked:
    """What to probe, where its PIN comes from, and which PIN files were refused before."""

    target: "ProbeTarget"
    pin: "Callable[[str], PinProvider]"
    """By the token's label."""
    refused_pins: Path | None


def _configured(found: "Settings", name: str, pin_file: Path | None) -> _Asked:
    from antin.hsm.objects import KeyName
    from antin.hsm.probe import ProbeTarget
    from antin.infra.keys import REFUSED_PINS, Keys, default_module, prepare_modules

    credential = found.credential(name)
    if credential is None:
        raise NotFoundError("credential_not_found", name=name)
    prepare_modules(found)
    key = KeyName(credential.key_label, bytes.fromhex(credential.key_id or "") or None)
    target = ProbeTarget(
        credential.module or default_module(found),
        credential.token_label,
        credential.token_serial,
        key,
        credential.scheme,
    )
    own = Keys(found, _asked_once()).pin(credential)
    pin = (lambda _label: own) if pin_file is None else _from_file(pin_file)
    return _Asked(target, pin, found.data_dir / REFUSED_PINS)


def _named(
    module: Path | None,
    token: str | None,
    serial: str | None,
    key_label: str | None,
    key_id: bytes | None,
    pin_file: Path | None,
    data: Path | None,
) -> _Asked:
    from antin.hsm.objects import KeyName
    from antin.hsm.pins import pin_from_prompt
    from antin.hsm.probe import ProbeTarget

    refused_pins = None
    if module is None:
        from antin.infra.keys import REFUSED_PINS, default_module, prepare_modules

        found = settings(data)
        prepare_modules(found)
        module = default_module(found)
        refused_pins = found.data_dir / REFUSED_PINS
    target = ProbeTarget(module, token, serial, KeyName(key_label, key_id))
    once = _asked_once()
    pin = _from_file(pin_file) if pin_file else lambda label: pin_from_prompt(label, once)
    return _Asked(target, pin, refused_pins)


def _probe(asked: _Asked, *, use_final_try: bool) -> "Probe":
    from dataclasses import replace

    from antin.hsm.gate import PinGate
    from antin.hsm.pins import DeliberatePin, FilePin
    from antin.hsm.probe import find_token, probe
    from antin.hsm.room import KeyRoom, Staffing

    token = find_token(asked.target)
    target = replace(
        asked.target,
        token_label=token.label,
        token_serial=token.serial,
        use_final_try=use_final_try,
    )
    pin = asked.pin(token.label)
    if use_final_try:
        provide = pin
        file = pin if isinstance(pin, FilePin) else None
        pin = DeliberatePin(token.label, lambda _label: provide(), file)
    # What the gate would raise an alarm for is shown anyway. A module that crashes or hangs takes a
    # process of its own along, and that is a finding, too.
    gate = PinGate(lambda _alarm: None, asked.refused_pins)
    room = KeyRoom(gate, Staffing(processes=1, sessions=1))
    try:
        return probe(target, pin, room, datetime.now(UTC))
    finally:
        room.close()


def _shown(found: "Probe", how: Listing, lang: str) -> int:
    """Print what was found; return the exit code, with the first error's code on stderr."""
    translate = translator(lang)
    if how is Listing.JSON:
        say(json_line(found.as_json()))
    else:
        from antin.cli.probe_text import to_text

        say(to_text(found, translate))
    if not found.errors:
        return 0
    first = found.errors[0]
    note(f"{first.code}: {fill(translate(first.sentence), dict(first.values))}")
    return REFUSED


def _from_file(path: Path) -> "Callable[[str], PinProvider]":
    from antin.hsm.pins import pin_from_file

    return lambda label: pin_from_file(label, path)


def _asked_once() -> Callable[[str], str]:
    """Return a way to ask for the PIN that asks once: a key may want it for each mechanism."""
    answers: list[str] = []

    def ask(token: str) -> str:
        if not answers:
            answers.append(ask_pin(token))
        return answers[0]

    return ask


def _bytes(text: str | None) -> bytes | None:
    try:
        return None if text is None else bytes.fromhex(text)
    except ValueError as error:
        raise UsageError("request_invalid", detail="--key-id is no hex") from error
