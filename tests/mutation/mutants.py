"""What mutmut left behind: each mutant's fate, and what was changed in which function.

A change is told as statements: what one reads like before and after, laid out by Python itself, so
that neither line breaks nor line numbers matter.
"""

import ast
import copy
import json
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path
from typing import Final

MARK: Final = "__mutmut_"
_CODES: Final = "exit_code_by_key"
_SEPARATOR: Final = "ǁ"
_KILLED: Final = (1, 3)
_TIMED_OUT: Final = (36, 24, 152, 255, -24)
_FATES: Final[dict[int | None, str]] = {
    None: "was not run",
    0: "survived",
    5: "is met by no test",
    33: "is met by no test",
}

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Mutant:
    """One change of one function, and what became of it."""

    name: str
    """As mutmut calls it: ``mutmut show NAME`` in the run's folder."""
    function: str
    """Dotted, with its module."""
    was: str
    """The statement before; several are joined by line breaks."""
    becomes: str
    exit_code: int | None
    words_only: bool = False
    """Nothing but the words of an error's detail was changed."""

    @property
    def killed(self) -> bool:
        """Whether a test failed, or ran so long that it would have."""
        return self.exit_code in _KILLED or self.timed_out

    @property
    def timed_out(self) -> bool:
        return self.exit_code in _TIMED_OUT

    @property
    def fate(self) -> str:
        return _FATES.get(self.exit_code, f"ended with {self.exit_code}")

    def __str__(self) -> str:
        return f"{self.name} {self.fate}\n  - {self.was}\n  + {self.becomes}"


def mutants_of(room: Path, source: Path) -> Iterator[Mutant]:
    """Return the mutants of ``source`` (a path in the repository) that were made in ``room``."""
    mutated = room / "mutants" / source
    fates: dict[str, int | None] = json.loads(notes_on(room, source).read_text())[_CODES]
    functions = _functions(ast.parse(mutated.read_text()))
    for name, exit_code in fates.items():
        module, _, key = name.rpartition(".")
        base, _, _ = key.partition(MARK)
        before, after = functions[f"{base}{MARK}orig"], functions[key]
        was, becomes = _difference(before, after)
        words = _without_words(before) == _without_words(after)
        yield Mutant(name, f"{module}.{_plain(base)}", was, becomes, exit_code, words)


def notes_on(room: Path, source: Path) -> Path:
    """Return the file that says how the mutants of ``source`` ended."""
    return room / "mutants" / f"{source}.meta"


def forget_the_living(notes: Path) -> None:
    """Make mutmut run those of the mutants again that no test has killed."""
    kept = json.loads(notes.read_text())
    codes = kept[_CODES]
    kept[_CODES] = {name: code if code in _KILLED else None for name, code in codes.items()}
    notes.write_text(json.dumps(kept))


def statements(source: Path, module: str) -> dict[str, frozenset[str]]:
    """Return the statements of each function of ``source``, by the function's dotted name."""
    return {
        f"{module}.{name}": frozenset(_lines(function))
        for name, function in _named(ast.parse(source.read_text()))
    }


def _named(tree: ast.Module) -> Iterator[tuple[str, Function]]:
    for node in tree.body:
        if isinstance(node, Function):
            yield node.name, node
        if isinstance(node, ast.ClassDef):
            inner = (one for one in node.body if isinstance(one, Function))
            yield from ((f"{node.name}.{one.name}", one) for one in inner)


def _functions(tree: ast.Module) -> dict[str, Function]:
    return {node.name: node for node in ast.walk(tree) if isinstance(node, Function)}


def _plain(base: str) -> str:
    """Return a function's own name from what mutmut makes of it: ``x_name``, ``xǁClassǁname``."""
    return base[2:].replace(_SEPARATOR, ".")


def base_of(plain: str) -> str:
    """Return what mutmut makes of a function's own name."""
    return f"x{_SEPARATOR}{plain.replace('.', _SEPARATOR)}" if "." in plain else f"x_{plain}"


def _lines(function: Function) -> list[str]:
    """Return a function, one statement (or head of one) a line, without what is set around it."""
    bare = copy.copy(function)
    bare.name, bare.decorator_list = "f", []
    return [line.strip() for line in ast.unparse(bare).splitlines()]


def _difference(before: Function, after: Function) -> tuple[str, str]:
    one, other = _lines(before), _lines(after)
    changed = [
        (one[a:b], other[c:d])
        for kind, a, b, c, d in SequenceMatcher(None, one, other, autojunk=False).get_opcodes()
        if kind != "equal"
    ]
    removed, added = ("\n".join(line for part in changed for line in part[i]) for i in (0, 1))
    return removed, added


def _without_words(function: Function) -> list[str]:
    return _lines(_Wordless().visit(copy.deepcopy(function)))


class _Wordless(ast.NodeTransformer):
    """Takes out the words of errors that are raised: a person reads them, no program does.

    These are the ``detail`` of an error of ours and the first argument of a cursor's ``wrong``.
    The code, the offset and the other values stay: tests have to hold on to them.
    """

    def visit_Raise(self, node: ast.Raise) -> ast.Raise:
        call = node.exc
        if isinstance(call, ast.Call):
            call.keywords = [one for one in call.keywords if one.arg != "detail"]
            if isinstance(call.func, ast.Attribute) and call.func.attr == "wrong" and call.args:
                call.args[0] = ast.Constant("words")
        return node
