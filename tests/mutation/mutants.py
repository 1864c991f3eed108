"""What mutmut left behind: each mutant's fate, and what was changed in which function.

A change is told as statements: what one reads like before and after, laid out by Python itself, so
that neither line breaks nor line numbers matter.
"""

import ast
import copy
import json
import signal
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path
from typing import Final

MARK: Final = "__mutmut_"
_CODES: Final = "exit_code_by_key"
_SECONDS: Final = "durations_by_key"
_SEPARATOR: Final = "ǁ"
_NOTICED: Final = (1, 3)
_TOO_BUSY: Final = 24
_TOO_SILENT: Final = 36
_FROM_OUTSIDE: Final = tuple(
    -number for number in (signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
)
"""Signals that no mutant sends itself."""
_FATES: Final[dict[int | None, str]] = {
    None: "not tried",
    0: "alive",
    33: "met by no test",
    _TOO_BUSY: "out of time",
    _TOO_SILENT: "out of time",
    **dict.fromkeys(_NOTICED, "killed"),
}

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Mutant:
    """One change of one function, and what became of it."""

    name: str
    """As mutmut calls it: ``mutmut show NAME`` in the run's folder."""
    module: str
    """Dotted, with ``__init__`` where the file is called so."""
    function: str
    """Dotted, with its module."""
    was: str
    """The statement before; several are joined by line breaks."""
    becomes: str
    exit_code: int | None
    seconds: float
    """Of processor time, that it took to try it."""
    words_only: bool = False
    """Nothing but the words of an error's detail was changed."""

    @property
    def killed(self) -> bool:
        """Whether a test failed, crashed, or ran so long that it would have."""
        return self.exit_code in _NOTICED or self.crashed or self.timed_out

    @property
    def crashed(self) -> bool:
        code = self.exit_code
        return code is not None and code < 0 and code not in _FROM_OUTSIDE

    @property
    def timed_out(self) -> bool:
        return self.exit_code in {_TOO_BUSY, _TOO_SILENT}

    @property
    def owed(self) -> bool:
        """Whether it is worth another trial: it lives, or seemed to take too long."""
        return not self.killed or self.timed_out

    def is_of(self, part: str) -> bool:
        """Tell whether ``part`` (``steps``, ``steps.Step.take``, ``__init__``) has it."""
        modules = self.module.split(".")
        names = modules + self.function.split(".")[len(modules) - ("__init__" in modules) :]
        asked = part.split(".")
        starts = range(len(modules))
        return any(names[start : start + len(asked)] == asked for start in starts)

    @property
    def fate(self) -> str:
        return fate_of(self.exit_code)

    def __str__(self) -> str:
        return f"{self.name}: {self.fate}\n  - {self.was}\n  + {self.becomes}"


def fate_of(exit_code: int | None) -> str:
    """Return how a mutant ended, in a word or two."""
    return _FATES.get(exit_code, f"ended with {exit_code}")


def mutants_of(room: Path, source: Path) -> Iterator[Mutant]:
    """Return the mutants of ``source`` (a path in the repository) that were made in ``room``."""
    mutated = room / "mutants" / source
    notes = json.loads(notes_on(room, source).read_text())
    functions = _functions(ast.parse(mutated.read_text()))
    for name, exit_code in notes[_CODES].items():
        package, _, key = name.rpartition(".")
        base, _, _ = key.partition(MARK)
        before, after = functions[f"{base}{MARK}orig"], functions[key]
        was, becomes = _difference(before, after)
        yield Mutant(
            name,
            f"{package}.__init__" if source.stem == "__init__" else package,
            f"{package}.{_plain(base)}",
            was,
            becomes,
            exit_code,
            notes[_SECONDS].get(name) or 0.0,
            words_only=_without_words(before) == _without_words(after),
        )


def notes_on(room: Path, source: Path) -> Path:
    """Return the file that says how the mutants of ``source`` ended."""
    return room / "mutants" / f"{source}.meta"


class Notes:
    """mutmut's notes on some files, to write down how mutants end."""

    def __init__(self, paths: Iterable[Path]) -> None:
        self._known = {path: json.loads(path.read_text()) for path in paths}
        self._path_of = {
            name: path for path, known in self._known.items() for name in known[_CODES]
        }

    def forget(self, names: Iterable[str]) -> None:
        """Have it that these are still to be tried."""
        for name in names:
            self._known[self._path_of[name]][_CODES][name] = None
        for path in self._known:
            self._save(path)

    def write(self, name: str, exit_code: int, seconds: float) -> None:
        """Note how a mutant ended."""
        path = self._path_of[name]
        self._known[path][_CODES][name] = exit_code
        self._known[path][_SECONDS][name] = seconds
        self._save(path)

    def _save(self, path: Path) -> None:
        new = path.with_suffix(".new")
        new.write_text(json.dumps(self._known[path]))
        new.replace(path)  # whoever breaks this off leaves one or the other


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
    """Takes out the words of errors: a person reads them, no program does.

    These are the ``detail`` of an error of ours, and the first argument of a cursor's ``wrong``.
    The code, the offset and the other values stay: tests have to hold on to them.
    """

    def visit_Raise(self, node: ast.Raise) -> ast.AST:
        call = node.exc
        if isinstance(call, ast.Call):
            call.keywords = [one for one in call.keywords if one.arg != "detail"]
            if isinstance(call.func, ast.Attribute) and call.func.attr == "wrong" and call.args:
                call.args[0] = ast.Constant("words")
        return self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> ast.AST:
        if isinstance(node.func, ast.Name) and node.func.id.endswith("Error"):
            node.keywords = [one for one in node.keywords if one.arg != "detail"]
        return self.generic_visit(node)
