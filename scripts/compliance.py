"""Writes docs/compliance.md: requirement → tests that show it; ``--check`` only compares.

A test says what it shows by ``@pytest.mark.requirement("SIG-2")``; the requirements themselves are
listed in docs/requirements.toml.
"""

import ast
import sys
import tomllib
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LIST = ROOT / "docs" / "requirements.toml"
TARGET = ROOT / "docs" / "compliance.md"

_HEAD = """\
# Requirements and the tests that show them

Made by `scripts/compliance.py` from [requirements.toml](requirements.toml) and the tests'
`requirement` markers. Don't edit it by hand. A requirement counts as *touched* when at least one
test carries its mark: that is no claim that all of it is done.

{touched} of {count} requirements are touched.

| ID | source | what is asked | tests |
|---|---|---|---|
"""


def marked_tests() -> Iterator[tuple[str, str]]:
    """Yield (requirement id, test as ``path::name``) for every marker in tests/."""
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        module = ast.parse(path.read_text())
        for node in ast.walk(module):
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                for decorator in node.decorator_list:
                    for name in _requirements(decorator):
                        yield name, f"{path.relative_to(ROOT)}::{node.name}"


def _requirements(decorator: ast.expr) -> Iterator[str]:
    if (
        isinstance(decorator, ast.Call)
        and isinstance(decorator.func, ast.Attribute)
        and decorator.func.attr == "requirement"
    ):
        for argument in decorator.args:
            if isinstance(argument, ast.Constant):
                yield str(argument.value)


def text() -> str:
    """Return the page. A marker that names no listed requirement raises ``SystemExit``."""
    listed = tomllib.loads(LIST.read_text())
    tests: dict[str, set[str]] = defaultdict(set)
    for name, test in marked_tests():
        if name not in listed:
            sys.exit(f"compliance: {test} is marked {name}, which {LIST.name} does not list")
        tests[name].add(test)
    page = _HEAD.format(touched=len(tests), count=len(listed))
    for name, about in listed.items():
        shown = "<br>".join(_link(test) for test in sorted(tests[name])) or "none yet"
        page += f"| {name} | {about['source']} | {about['says']} | {shown} |\n"
    return page


def _link(test: str) -> str:
    path, _, name = test.partition("::")
    return f"[{name}](../{path})"


def main() -> int:
    """Write or compare the page; return the exit code."""
    page = text()
    if "--check" in sys.argv[1:]:
        if not TARGET.exists() or TARGET.read_text() != page:
            print("docs/compliance.md is out of date. Run: .venv/bin/python scripts/compliance.py")
            return 1
        return 0
    TARGET.write_text(page)
    return 0


if __name__ == "__main__":
    sys.exit(main())
