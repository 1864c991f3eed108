"""The folders on disk, the import contracts and the rules of use agree with each other."""

import ast
import re
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from antin.core.codes import CODES, FINDINGS

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "src" / "antin"
SETTINGS = tomllib.loads((ROOT / "pyproject.toml").read_text())
CONTRACTS = SETTINGS["tool"]["importlinter"]["contracts"]


def packages_on_disk() -> set[str]:
    return {path.name for path in PACKAGE.iterdir() if (path / "__init__.py").is_file()}


def modules() -> Iterator[Path]:
    yield from PACKAGE.rglob("*.py")


@cache  # every library's test asks every module
def imported_names(path: Path) -> frozenset[str]:
    found = set[str]()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            found.add(node.module)
    return frozenset(found)


def test_every_package_has_its_layer() -> None:
    layers = next(c for c in CONTRACTS if c["type"] == "layers")["layers"]
    named = {name.strip() for layer in layers for name in layer.split("|")}
    assert named == packages_on_disk()


def test_every_package_says_its_job() -> None:
    for name in packages_on_disk():
        module = ast.parse((PACKAGE / name / "__init__.py").read_text())
        assert ast.get_docstring(module), f"{name}/__init__.py has no docstring"


# A library and the only places that may import it: the price of a change of mind stays there.
PLACES = {
    "PyKCS11": (),
    "ctypes": ("hsm/cryptoki", "hsm/session", "infra/page_worker"),
    "multiprocessing": (
        "hsm/key_process",
        "hsm/wire",
        "hsm/key_worker",
        "infra/ledger/history",
        "cli/",
    ),
    "pyhanko": ("pdf/encryption",),
    "pyhanko_certvalidator": ("pki/path_constraints",),
    "fontTools": ("core/fonts", "signer/appearance/", "infra/certificate_page"),
    "PIL": ("signer/appearance/", "infra/page_pictures", "infra/page_looks"),
    "pypdfium2": ("infra/page_worker",),
    "sqlalchemy": ("infra/",),
    "alembic": ("infra/",),
    "psycopg": ("infra/",),
    "sqlite3": ("infra/",),
    "celery": ("infra/",),
    "fastapi": ("api/",),
    "fastapi_offline": ("api/",),
    "starlette": ("api/",),
    "uvicorn": ("cli/",),
    "typer": ("cli/",),
    "rich": ("cli/",),
    "pydantic": ("api/", "infra/settings"),
    "pydantic_settings": ("infra/settings",),
    "httpx2": ("infra/", "cli/"),
    "socket": ("infra/", "cli/"),
    "gettext": ("infra/messages",),
    "fpdf": ("infra/", "verifier/writers/pdf", "verifier/writers/typesetting"),
    "jinja2": ("verifier/writers/html",),
    "xml": ("verifier/writers/etsi_",),
    "subprocess": ("cli/", "infra/", "hsm/key_process.py"),
}


@pytest.mark.parametrize("library", sorted(PLACES))
def test_a_library_stays_in_its_place(library: str) -> None:
    strays = [
        str(path.relative_to(PACKAGE))
        for path in modules()
        if any(name.split(".")[0] == library for name in imported_names(path))
        and not str(path.relative_to(PACKAGE)).startswith(PLACES[library])
    ]
    assert strays == []


def test_rules_are_told_the_time() -> None:
    """What a verdict or a signature says of a moment is the same whenever it is asked."""
    asking = re.compile(r"SystemClock|datetime\.now|date\.today|time\.time")
    told = [path for path in modules() if asking.search(path.read_text())]
    outside = (PACKAGE / "infra", PACKAGE / "cli", PACKAGE / "api", PACKAGE / "core" / "clock.py")
    assert told
    assert [path for path in told if not any(path.is_relative_to(one) for one in outside)] == []


def test_what_ships_never_imports_the_repository_only_parts() -> None:
    for path in modules():
        tops = {name.split(".")[0] for name in imported_names(path)}
        assert not tops & {"devpki", "tests", "benchmarks", "examples"}, path


def test_foreign_verdicts_stay_out() -> None:
    """pyHanko's bottom_line says valid for a page altered under skip_diff: never our verdict."""
    for path in modules():
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Attribute):
                assert node.attr != "bottom_line", path
            if isinstance(node, ast.keyword):
                assert node.arg != "skip_diff", path


def test_xml_is_written_and_never_read() -> None:
    """The standard library's XML reader can be made to use endless memory."""
    for path in modules():
        if any(name.split(".")[0] == "xml" for name in imported_names(path)):
            nodes = list(ast.walk(ast.parse(path.read_text())))
            used = {node.attr for node in nodes if isinstance(node, ast.Attribute)}
            used |= {node.id for node in nodes if isinstance(node, ast.Name)}
            assert not used & {"fromstring", "fromstringlist", "iterparse", "XML", "parse"}, path


def test_the_wheel_names_its_packages() -> None:
    wheel = SETTINGS["tool"]["hatch"]["build"]["targets"]["wheel"]
    assert wheel["packages"] == ["src/antin"]
    assert set(SETTINGS["project"]["optional-dependencies"]) == {"server", "agent"}
    assert SETTINGS["project"]["license"] == "GPL-3.0-or-later"


def test_every_code_is_used() -> None:
    """A code that nothing raises is a promise that nobody keeps."""
    others = [path for path in modules() if path.name != "codes.py"]
    words = {word for path in others for word in re.findall(r"\w+", path.read_text())}
    assert {*CODES, *FINDINGS} <= words
