"""What a probe found, for a person: at most 80 columns, what is wrong and what to do at the end."""

import textwrap
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Final

from antin.cli.output import printable
from antin.core.codes import N_
from antin.core.errors import Value, fill

if TYPE_CHECKING:
    from antin.hsm.probe_result import Probe, ProbedCertificate, ProbedKey, Remark, Trial

Translate = Callable[[str], str]

_WIDTH: Final = 80
_TOKEN, _SERIAL, _MAKE = N_("Token"), N_("Serial number"), N_("Make")
_MODULE, _PIN, _SIGNS_BY = N_("Module"), N_("PIN"), N_("Mechanisms")
_CERTIFICATE, _VALID, _USAGE = N_("Certificate"), N_("Valid"), N_("Key usage")
_TRIED, _USES = N_("Tried"), N_("Antin uses")
_LABELS: Final = (_TOKEN, _SERIAL, _MAKE, _MODULE, _PIN, _SIGNS_BY)
_KEY_LABELS: Final = (_CERTIFICATE, _VALID, _USAGE, _TRIED, _USES)
_PIN_STATES: Final = {
    "ok": N_("in order"),
    "low": N_("a wrong one was entered"),
    "final_try": N_("one more wrong one locks it"),
    "locked": N_("locked"),
}
_NOT_USED: Final = N_("not used")
_SEVERITIES: Final = {"error": N_("Error"), "warning": N_("Warning"), "info": N_("Note")}
_USAGES: Final = {
    "digital_signature": N_("digital signature"),
    "content_commitment": N_("content commitment"),
    "key_encipherment": N_("key encipherment"),
    "data_encipherment": N_("data encipherment"),
    "key_agreement": N_("key agreement"),
    "key_cert_sign": N_("certificate signing"),
    "crl_sign": N_("CRL signing"),
}
_KEY: Final = N_("Key {name}, id {id}, {kind}")
_UNTRIED: Final = N_("not asked for, not tried")
_UNKNOWN_KIND: Final = N_("of an unknown kind")
_NO_CERTIFICATE: Final = N_("none")
_ANY_USE: Final = N_("not limited")
_DAYS: Final = N_("{since} to {until}, {days} days left")
_EXPIRED: Final = N_("{since} to {until}, expired")
_WORKS, _FAILS = N_("good"), N_("fails")
_NOTHING: Final = N_("nothing")
_USABLE: Final = N_("The token can be signed with.")
_UNUSABLE: Final = N_("The token cannot be signed with as it is.")


def to_text(probe: "Probe", translate: Translate) -> str:
    """Return ``probe`` in lines; what tokens and certificates say is shown without controls."""
    return "\n".join(_Writer(probe, translate).lines())


class _Writer:
    def __init__(self, probe: "Probe", translate: Translate) -> None:
        self._probe = probe
        self._translate = translate

    def lines(self) -> Iterator[str]:
        yield from self._token()
        for key in self._probe.keys:
            yield ""
            yield from self._key(key)
        yield ""
        for remark in self._probe.remarks:
            yield from self._remark(remark)
        verdict = _UNUSABLE if self._probe.errors else _USABLE
        yield from _wrapped(self._translate(verdict), "")

    def _token(self) -> Iterator[str]:
        probe, token = self._probe, self._probe.token
        state = self._translate(_PIN_STATES[probe.pin_state.value])
        if not probe.pin_used:
            state += f"; {self._translate(_NOT_USED)}"
        yield from self._rows(
            _LABELS,
            (
                token.label,
                token.serial,
                f"{token.manufacturer}, {token.model}",
                probe.module,
                state,
                ", ".join(name.removeprefix("CKM_") for name in probe.mechanisms),
            ),
            "",
        )

    def _key(self, key: "ProbedKey") -> Iterator[str]:
        kind = key.kind or self._translate(_UNKNOWN_KIND)
        head = fill(self._translate(_KEY), {"name": key.name, "id": key.id, "kind": kind})
        yield from _wrapped(head, "")
        yield from self._rows(_KEY_LABELS, tuple(self._about(key)), "  ")

    def _about(self, key: "ProbedKey") -> Iterator[str]:
        yield from self._certificate(key.certificate)
        if not key.chosen:
            yield self._translate(_UNTRIED)
            yield ""
            return
        yield self._trials(key)
        by = key.signs_by
        yield self._translate(_NOTHING) if by is None else f"{by.scheme}, {by.digest}"

    def _certificate(self, certificate: "ProbedCertificate | None") -> Iterator[str]:
        if certificate is None:
            yield from (self._translate(_NO_CERTIFICATE), "", "")
            return
        yield certificate.subject
        span: dict[str, Value] = {
            "since": f"{certificate.not_before:%Y-%m-%d}",
            "until": f"{certificate.not_after:%Y-%m-%d}",
            "days": certificate.days_left,
        }
        yield fill(self._translate(_DAYS if certificate.days_left >= 0 else _EXPIRED), span)
        usage = certificate.key_usage
        if usage is None:
            yield self._translate(_ANY_USE)
        else:
            yield ", ".join(self._translate(_USAGES[name]) for name in usage)

    def _trials(self, key: "ProbedKey") -> str:
        """Name the mechanisms that work and those that fail; a raw one may do both, by digest."""
        good = {trial.mechanism for trial in key.trials if trial.works}
        failing = {trial.mechanism for trial in key.trials if not trial.works}
        parts = []
        for outcome, mechanisms, others in ((_WORKS, good, failing), (_FAILS, failing, good)):
            names = dict.fromkeys(
                _short(trial, with_digest=trial.mechanism in others)
                for trial in key.trials
                if trial.mechanism in mechanisms and trial.works is (outcome == _WORKS)
            )
            if names:
                parts.append(f"{self._translate(outcome)}: {', '.join(names)}")
        return "; ".join(parts) or self._translate(_NOTHING)

    def _remark(self, remark: "Remark") -> Iterator[str]:
        severity = self._translate(_SEVERITIES[remark.severity.value])
        detail = fill(self._translate(remark.sentence), dict(remark.values))
        yield from _wrapped(f"{severity} ({remark.code}): {detail}", "", "  ")

    def _rows(self, labels: Iterable[str], texts: Iterable[str], indent: str) -> Iterator[str]:
        shown = [self._translate(label) for label in labels]
        width = max(map(len, shown)) + 2
        for label, text in zip(shown, texts, strict=True):
            if text:
                yield from _wrapped(text, f"{indent}{label.ljust(width)}")


def _short(trial: "Trial", *, with_digest: bool) -> str:
    name = trial.mechanism.removeprefix("CKM_")
    return f"{name}/{trial.algorithm.digest}" if with_digest else name


def _wrapped(text: str, first: str, rest: str | None = None) -> Iterator[str]:
    after = " " * len(first) if rest is None else rest
    yield from textwrap.wrap(
        printable(text),
        _WIDTH,
        initial_indent=first,
        subsequent_indent=after,
        break_long_words=False,
        break_on_hyphens=False,
    )
