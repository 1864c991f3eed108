"""What the documents name exists, and what exists is named."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer

from antin.cli.main import build_app
from antin.core.codes import CODES, FINDINGS
from antin.records.signing_task import STEPS

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "src" / "antin"
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])
README = (ROOT / "README.md").read_text()
DEVELOPMENT = (ROOT / "docs" / "development.md").read_text()
TOPS = tuple(f"{path.name}/" for path in PACKAGE.iterdir() if path.is_dir())
ELSEWHERE = ("src/", "tests/", "docs/", "devpki/", "examples/", "benchmarks/", "scripts/")
MADE = ("docs/evidence/",)
"""Folders that commands make; named, but not kept."""


def page_id(path: Path) -> str:
    return str(path.relative_to(ROOT))


def commands() -> set[str]:
    """Every command that ``antin --help`` and its groups' help list."""
    return set(_within(typer.main.get_command(build_app())))


def _within(command: object, prefix: str = "") -> Iterator[str]:
    for name, inner in getattr(command, "commands", {}).items():
        if getattr(inner, "commands", None):
            yield from _within(inner, f"{prefix}{name} ")
        if not getattr(inner, "commands", None) or getattr(inner, "invoke_without_command", False):
            yield f"{prefix}{name}"


def make_targets() -> set[str]:
    """Every target that ``make help`` lists."""
    return set(re.findall(r"^([a-z-]+):.*## ", (ROOT / "Makefile").read_text(), re.MULTILINE))


def code_spans(page: str) -> Iterator[str]:
    yield from re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", page, flags=re.DOTALL))


def table_commands() -> set[str]:
    rows = re.findall(r"^\| (`antin .*?) \|", README, re.MULTILINE)
    return {span.removeprefix("antin ") for row in rows for span in code_spans(row)}


def test_the_readme_lists_every_command_and_no_other() -> None:
    assert table_commands() == commands()


@pytest.mark.parametrize("path", PAGES, ids=page_id)
def test_commands_in_text_exist(path: Path) -> None:
    named = re.findall(r"(?:bin/|`)antin ([a-z-]+)(?: ([a-z-]+))?", path.read_text())
    known = commands()
    groups = {name.split()[0] for name in known if " " in name}
    known |= {name.rpartition(" ")[0] for name in known if name.count(" ") > 1}
    for first, second in named:
        assert f"{first} {second}" in known if first in groups else first in known, (first, second)


@pytest.mark.parametrize("path", PAGES, ids=page_id)
def test_make_targets_in_text_exist(path: Path) -> None:
    named = set(re.findall(r"(?:`|^    )make ([a-z]+)", path.read_text(), re.MULTILINE))
    assert named <= make_targets()


def test_the_development_page_lists_every_target() -> None:
    listed = set(re.findall(r"^\| `make ([a-z]+)`", DEVELOPMENT, re.MULTILINE))
    assert listed == make_targets() - {"help"}


@pytest.mark.parametrize("path", PAGES, ids=page_id)
def test_options_in_the_readme_exist(path: Path) -> None:
    """An example that is typed as it stands is not refused for its options."""
    for line in re.findall(r"^    \.venv/bin/antin (.+)$", path.read_text(), re.MULTILINE):
        words = line.split()
        command = typer.main.get_command(build_app())
        for word in words[:2]:
            command = getattr(command, "commands", {}).get(word, command)
        known = {option for parameter in command.params for option in parameter.opts}
        assert {word for word in words if word.startswith("-")} <= known, line


@pytest.mark.parametrize("path", PAGES, ids=page_id)
def test_paths_in_text_exist(path: Path) -> None:
    page = path.read_text()
    drawn = re.findall(r"(?:^|→ |or )([a-z_]+/[a-z_0-9/.]+)", page, re.MULTILINE)
    for named in [*code_spans(page), *drawn]:
        if not re.fullmatch(r"[\w./-]+", named) or named.startswith(MADE):
            continue
        if named.startswith(ELSEWHERE):
            # The page on migrations names one that a reader is to write.
            assert (ROOT / named).exists() or "what_it_does" in named, named
        elif named.startswith(TOPS):
            assert (PACKAGE / named).exists(), named


@pytest.mark.parametrize("path", PAGES, ids=page_id)
def test_links_lead_somewhere(path: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", path.read_text()):
        if not target.startswith("http"):
            assert (path.parent / target).exists(), target


def test_codes_in_the_threat_model_exist() -> None:
    page = (ROOT / "docs" / "threat-model.md").read_text()
    named = {span for span in code_spans(page) if re.fullmatch(r"[a-z]+(_[a-z]+)+", span)}
    assert named
    assert named <= {*CODES, *FINDINGS}


def test_the_architecture_page_names_every_package() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text()
    listed = set(re.findall(r"^\| `([a-z]+)/` \|[^|]+\|[^|]+\|$", page, re.MULTILINE))
    assert listed == {path.parent.name for path in PACKAGE.glob("*/__init__.py")}


def test_the_architecture_page_leads_to_the_five_flows() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text()
    flows = re.findall(r"^\| \*\*(\w+)\*\* \|.*?`(flows/[\w/.]+)`", page, re.MULTILINE)
    assert {name for name, _ in flows} == {"desk", "seal", "verify", "close", "audit"}
    assert all((PACKAGE / place).exists() for _, place in flows)


def test_decisions_are_numbered_without_gaps_and_listed() -> None:
    folder = ROOT / "docs" / "adr"
    files = sorted(path.name for path in folder.glob("[0-9]*.md"))
    assert [name[:4] for name in files] == [f"{n:04}" for n in range(1, len(files) + 1)]
    index = (folder / "README.md").read_text()
    for name in files:
        assert f"({name})" in index
        assert (folder / name).read_text().startswith(f"# {name[:4]} ")


def test_the_compliance_page_is_up_to_date() -> None:
    done = subprocess.run(
        [sys.executable, "scripts/compliance.py", "--check"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_lines_of_the_readme_fit() -> None:
    assert max(map(len, README.splitlines())) <= 120


def test_make_runs_markers_that_tests_carry() -> None:
    """A target whose marker no test carries fails, or passes without having run anything."""
    named = re.findall(r"pytest.* -m ([a-z]+)", (ROOT / "Makefile").read_text())
    texts = [path.read_text() for path in (ROOT / "tests").rglob("test_*.py")]
    assert named
    for marker in named:
        assert any(f"@pytest.mark.{marker}\n" in text for text in texts), marker


def test_pages_that_the_code_names_exist() -> None:
    kept = {path.name for path in PAGES} | {"README.md"}
    named = {
        f"{path.relative_to(ROOT)}: {page}"
        for folder in ELSEWHERE
        for path in (ROOT / folder).rglob("*.py")
        for page in re.findall(r"[\w-]+\.md\b", path.read_text())
        if page not in kept
    }
    assert named == set()


def test_every_deviation_and_repair_is_explained() -> None:
    page = (ROOT / "docs" / "pdf.md").read_text()
    explained = re.findall(r"^\| `(pdf_\w+)` \|", page, re.MULTILINE)
    assert sorted(explained) == sorted(code for code in FINDINGS if code.startswith("pdf_"))


def test_the_architecture_page_says_what_each_part_of_a_verification_knows() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text()
    source = ROOT / "src" / "antin"
    parts = [*(source / "verifier").glob("*.py"), *(source / "verifier/changes").glob("*.py")]
    parts += [*(source / "infra").glob("p[ao]*_*.py")]  # pages and pools
    names = {str(part.relative_to(source)) for part in parts if part.name != "__init__.py"}
    outside = {"infra/policy_files.py", "verifier/extract.py"}  # for antin extract, and --policy
    assert {name for name in names if f"`{name}`" not in page} == outside


def test_the_architecture_page_leads_to_every_decision() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text()
    for path in (ROOT / "docs" / "adr").glob("[0-9]*.md"):
        assert f"({path.name[:4]})" in page


def test_the_signing_page_has_every_step_of_a_task() -> None:
    """The table of states is the code's: every step, and who takes it."""
    text = (ROOT / "docs" / "signer.md").read_text()
    rows = re.findall(r"^\| ([A-Z]+) \| ([A-Z]+) \| ([a-z, ]+) \|$", text, re.MULTILINE)
    told = {(before, after): set(who.split(", ")) for before, after, who in rows}
    taken = {
        (before.value, after.value): {actor.value for actor in actors}
        for before, steps in STEPS.items()
        for after, actors in steps.items()
    }
    assert len(rows) == len(told)
    assert told == taken
