"""What a token can do: asked of the token itself, each signature checked before it is believed."""

from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Final

from antin.core.errors import KeyDeviceError
from antin.hsm import probe_rules
from antin.hsm.objects import KeyName
from antin.hsm.pins import PinProvider
from antin.hsm.pkcs11 import list_tokens
from antin.hsm.probe_keys import MECHANISM_NAMES, Bench
from antin.hsm.probe_result import PinState, Probe, Remark, RemarkSeverity, pin_state
from antin.hsm.room import KeyRoom, Place
from antin.hsm.slots import TokenInfo
from antin.pki.algorithms import Scheme

_ANY: Final = KeyName()


@dataclass(frozen=True)
class ProbeTarget:
    """What is to be probed, and how far one may go."""

    module: Path
    token_label: str | None = None
    """None: the only token that is connected."""
    token_serial: str | None = None
    key: KeyName = _ANY
    """The key to be tried; no label and no id: all of them."""
    scheme: Scheme | None = None
    """What the key is to sign by, as in ``KeyReference``."""
    use_final_try: bool = False
    """Use the PIN although one more wrong one locks the token."""


def find_token(target: ProbeTarget) -> TokenInfo:
    """Return the token that is meant. Errors: ``token_not_found``, those of ``list_tokens``."""
    found = [
        token
        for token in list_tokens(target.module)
        if target.token_label in {None, token.label} and target.token_serial in {None, token.serial}
    ]
    if len(found) == 1:
        return found[0]
    name = target.token_label or "*"
    several = f"{name} (several; give label and serial number)"
    raise KeyDeviceError("token_not_found", token=several if found else name)


def probe(target: ProbeTarget, pin: PinProvider, room: KeyRoom, now: datetime) -> Probe:
    """Return what the token can do; what is wrong is among its remarks.

    Errors: ``token_not_found``, ``pkcs11_module_missing``, ``pkcs11_module_broken``.
    """
    # 1. The token and its flags, without a PIN.
    token = find_token(target)
    state = pin_state(token)
    remarks = probe_rules.pin_remarks(token, state, use_final_try=target.use_final_try)
    # 2. A last try is a person's to use, a locked PIN nobody's.
    if any(remark.severity is RemarkSeverity.ERROR for remark in remarks):
        return _unopened(target, token, state, remarks)
    device = room.device(Place(target.module, token.label, token.serial))
    try:
        # 3. Log in once; keys are invisible before.
        facts = device.facts(pin)
    except KeyDeviceError as error:
        after = _after(error, target, token)
        return _unopened(target, token, state, (*remarks, Remark.of(error), *after))
    # 4. Each key: what lies beside it, and a checked signature by each mechanism.
    bench = Bench(device, token.label, pin, facts.mechanisms, target.key, target.scheme, now)
    keys = tuple(bench.key(key) for key in sorted(facts.keys, key=lambda k: (k.label, k.id)))
    return Probe(
        str(target.module),
        token,
        state,
        pin_used=True,
        mechanisms=tuple(sorted(MECHANISM_NAMES[number] for number in facts.mechanisms)),
        keys=keys,
        remarks=(*remarks, *bench.remarks, *probe_rules.whole_remarks(keys)),
    )


def _after(error: KeyDeviceError, target: ProbeTarget, token: TokenInfo) -> tuple[Remark, ...]:
    """Return what the token says of its PIN once a wrong one was tried."""
    if error.code != "pin_incorrect":
        return ()
    now = find_token(replace(target, token_label=token.label, token_serial=token.serial))
    return probe_rules.pin_remarks(now, pin_state(now), use_final_try=False)


def _unopened(
    target: ProbeTarget, token: TokenInfo, state: PinState, remarks: tuple[Remark, ...]
) -> Probe:
    used = any(remark.code in {"pin_incorrect", "pin_expired"} for remark in remarks)
    return Probe(str(target.module), token, state, used, (), (), remarks)
