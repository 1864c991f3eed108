"""Rules for what a document says about itself: its information dictionary and its XMP packet.

Whoever saves a file writes there when, and by what program. All else (title, author, subject, …)
is part of what was signed, and viewers show it.
"""

import re
from collections.abc import Iterator
from html import unescape
from typing import Final

from antin.core.errors import InputError
from antin.pdf.history import View
from antin.pdf.objects import Dictionary, Name, Ref, Stream, Value, text
from antin.verifier.changes.skeleton import Role
from antin.verifier.changes.step import Step, differing_keys
from antin.verifier.report import ChangeLevel

_SAVING: Final = frozenset({"ModDate", "Producer"})
"""What every program that saves a file may write (ISO 32000-2 §14.3.3)."""
_SAVING_XMP: Final = frozenset({"ModifyDate", "MetadataDate", "Producer", "InstanceID"})
_SAYS_NOTHING: Final = frozenset({"about", "lang", "parseType", "xmptk"})
_STRUCTURE: Final = frozenset({"Alt", "Bag", "Description", "RDF", "Seq", "li", "xmpmeta"})
"""Elements that hold properties or their values, and are none (ISO 16684-1 §7)."""
_ANY_LANGUAGE: Final = "x-default"
_MAX_PACKET: Final = 1 << 20
_MAX_TAGS: Final = 20_000
_LETTERS_A_LINK: Final = 4
_LINKS_A_TAG: Final = 20
"""What reading a packet costs, in references that could be followed instead."""
_ASIDE: Final = re.compile(r"<\?(?:(?!\?>)[^<])*+\?>|<!--(?:(?!--).)*+-->", re.DOTALL)
"""Instructions and comments (XML §2.5, §2.6): no program shows them."""
_TAG: Final = re.compile(
    r"<(/?)((?:[\w.-]+:)?([\w.-]+))((?:[^<>\"']|\"[^<\"]*+\"|'[^<']*+')*+)>|([^<]+)"
)
_ATTRIBUTE: Final = re.compile(r"\s(?:([\w.-]+):)?([\w.-]+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)')")
_Word = tuple[str, str]
"""The property that says something, and what it says."""


def judge_information(step: Step) -> None:
    """Stop another title or author; when and by what the file was saved may change."""
    was, now = _information(step.old), _information(step.new)
    keys = differing_keys(was, now)
    if keys:
        free = _SAVING if was else _SAVING | {"CreationDate"}
        level = ChangeLevel.LTA_UPDATES if keys <= free else ChangeLevel.OTHER
        step.report("information_changed", level, keys=keys - free)
    _explain(step, step.old.trailer.get("Info"), Role.TRAILER, "Info")
    for value in step.old.dictionary(step.old.trailer.get("Info")).values():
        _explain(step, value, Role.TRAILER, "Info")


def judge_metadata(step: Step) -> None:
    """Stop an XMP packet that says something else than the signed document did."""
    was, now = (view.catalog.get("Metadata") for view in (step.old, step.new))
    if was == now and not step.is_touched(was):
        return
    old, new = _packet(step, step.old, was), _packet(step, step.new, now)
    harmless = old is not None and new is not None and _says_the_same(step, old, new)
    step.report("metadata_changed", ChangeLevel.LTA_UPDATES if harmless else ChangeLevel.OTHER)
    _explain(step, was, Role.CATALOG, "Metadata")


def _information(view: View) -> Dictionary:
    """Return what the information says: words only, as some programs' is their form as well."""
    found = view.dictionary(view.trailer.get("Info"))
    resolved = {key: view.resolve(value) for key, value in found.items()}
    return {key: value for key, value in resolved.items() if isinstance(value, bytes | Name)}


def _explain(step: Step, value: Value, role: Role, key: str) -> None:
    """Explain an object that was compared above and is used as nothing else."""
    if step.is_touched(value):
        ways = step.entries(value.number)
        if ways and all((r, k) == (role, key) for _, r, k in ways):
            step.explained.add(value.number)


def _says_the_same(step: Step, old: frozenset[_Word], new: frozenset[_Word]) -> bool:
    """Tell whether nothing was left out, and what is new says what the information says."""
    told = {text(value) for value in _information(step.old).values()}
    return old <= new and all(said in told for _, said in new - old)


def _packet(step: Step, view: View, value: Value) -> frozenset[_Word] | None:
    """Return what an XMP packet says; nothing if there is none, None if it can't be read."""
    if view.resolve(value) is None:
        return frozenset()
    place = view.place(value.number) if isinstance(value, Ref) else None
    if place is None or not isinstance(value, Ref):
        return None
    if not isinstance(view.value(value.number), Stream):
        return None
    try:
        data = view.history.parser.stream_data(value.number, place)
        packet = data.decode()
    except (InputError, UnicodeDecodeError):
        return None
    tags = packet.count("<")
    if len(packet) > _MAX_PACKET or tags > _MAX_TAGS:
        return None
    step.before.graph.budget.spend(len(packet) // _LETTERS_A_LINK + tags * _LINKS_A_TAG)
    plain = _ASIDE.sub("", packet)
    return frozenset(_words(plain)) if _is_proper(plain) else None


def _is_proper(packet: str) -> bool:
    """Tell whether a packet is tags that match and text, and reads one way only.

    Declarations and CDATA, which have no place in XMP, could hide what a tag is part of.
    """
    opened, end = list[str](), 0
    for token in _TAG.finditer(packet):
        closing, element, _, rest, said = token.groups()
        if token.start() != end or (closing and (not opened or opened.pop() != element)):
            return False
        if not (said or closing or rest.endswith("/")):
            opened.append(element)
        end = token.end()
    return not opened and end == len(packet)


def _words(packet: str) -> Iterator[_Word]:
    """Yield what each property of a proper packet says, however the packet is written."""
    inside = [""]
    for closing, _, element, rest, said in _TAG.findall(packet):
        if said:
            yield from _word(inside[-1], said)
        elif closing:
            inside.pop()
        else:
            language = ""
            for prefix, attribute, double, single in _ATTRIBUTE.findall(rest):
                if attribute == "lang" and (double or single) != _ANY_LANGUAGE:
                    language = f"@{double or single}"  # of several titles the reader's is shown
                if prefix != "xmlns" and attribute not in {"xmlns", *_SAYS_NOTHING}:
                    yield from _word(attribute, double or single)
            if not rest.endswith("/"):
                inside.append((inside[-1] if element in _STRUCTURE else element) + language)


def _word(name: str, said: str) -> Iterator[_Word]:
    shown = unescape(said).strip()
    if shown and name not in _SAVING_XMP:
        yield name, shown
