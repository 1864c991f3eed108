"""The program's frame: exit codes, one line per error, never a traceback, quick help."""

import subprocess
import sys
from pathlib import Path

import pytest

from antin.cli import failures, texts
from antin.cli.main import build_app, main
from antin.cli.verifying import combined
from antin.core import errors
from antin.core.codes import CODES
from antin.core.errors import AntinError, InputError, RefusedError

LETTER = Path(__file__).parents[3] / "examples" / "letter.pdf"


@pytest.fixture(autouse=True)
def in_english(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ANTIN_DATA_DIR", "ANTIN_TRUST_DIR", "ANTIN_API_KEY_FILE", "ANTIN_DEBUG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("ANTIN_LANGUAGE", "en")
    texts.language.cache_clear()


EXIT = {"usage": 2, "input": 5, "defect": 70}


def test_every_family_has_its_exit_code() -> None:
    kinds = {kind.family: kind for kind in AntinError.__subclasses__()}
    for code, (family, _) in CODES.items():
        assert failures.exit_code(kinds[family](code)) == EXIT.get(family, 1)


@pytest.mark.parametrize(
    ("codes", "expected"),
    [
        ([0, 0], 0),
        ([4, 0], 4),
        ([3, 4], 3),
        ([1, 3, 4], 1),
        ([5, 1], 5),
        ([], 4),
    ],
)
def test_the_first_of_5_1_3_4_0_wins(codes: list[int], expected: int) -> None:
    assert combined(codes) == expected


@pytest.mark.parametrize(
    "arguments",
    [
        ["nonsense"],
        [],
        ["verify"],
        ["verify", "--nonsense"],
        ["sign", "a.pdf"],
        ["sign", "a.pdf", "-o", "b", "--credential", "x", "--level", "B-X"],
        ["verify", "a.pdf", "--at", "yesterday"],
        ["augment", "a.pdf", "-o", "b.pdf", "--level", "B-B"],
        ["serve", "--host", "192.0.2.1"],
        ["status"],
    ],
)
def test_wrong_usage_is_2_and_says_so(
    arguments: list[str],
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(arguments) == 2
    shown = capsys.readouterr()
    assert shown.err.startswith("antin: ")
    assert "Value error" not in shown.err
    assert shown.out == ""


def test_an_unexpected_exception_is_a_defect(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    def broken(*_: object) -> None:
        raise KeyError("secret")

    monkeypatch.setattr("antin.cli.verifying.carry_out", broken)
    monkeypatch.setenv("ANTIN_DEBUG", str(tmp_path / "log"))
    assert main(["verify", str(LETTER)]) == 70
    shown = capsys.readouterr()
    assert shown.err.startswith("antin: defect: ")
    assert "secret" not in shown.err
    assert "Traceback" not in shown.err
    assert "KeyError" in (tmp_path / "log").read_text()


@pytest.mark.parametrize(
    "told", [ValueError("closed"), InputError("archive_malformed", detail="x")]
)
def test_what_breaks_while_ctrl_c_is_obeyed_is_that_ctrl_c(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], told: Exception
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        try:
            raise KeyboardInterrupt
        finally:
            raise told from OSError()

    monkeypatch.setattr("antin.cli.main.build_app", lambda: interrupted)
    assert main([]) == failures.INTERRUPTED
    assert capsys.readouterr().err == ""


def test_an_error_stays_on_one_line() -> None:
    error = InputError("file_not_found", path="a\nantin: ok: all fine")
    assert "\n" not in failures.line(error)


def test_errors_read_in_vietnamese_by_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ANTIN_LANGUAGE")
    texts.language.cache_clear()
    assert failures.line(InputError("empty_file")) == "antin: empty_file: Tệp rỗng (0 byte)."


def test_the_language_comes_from_the_settings(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("ANTIN_LANGUAGE")
    (tmp_path / "antin.toml").write_text('language = "en"')
    monkeypatch.setenv("ANTIN_DATA_DIR", str(tmp_path))
    texts.language.cache_clear()
    assert texts.language() == "en"


def test_help_imports_nothing_heavy() -> None:
    heavy = {"pydantic", "fastapi", "sqlalchemy", "pyhanko", "celery", "cryptography", "structlog"}
    heavy |= {"httpx2", "asn1crypto", "rich", "uvicorn"}
    program = (
        "import sys; from antin.cli.main import build_app; build_app();"
        f"print(sorted(set({heavy!r}) & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_every_command_explains_itself() -> None:
    app = build_app()
    for command in app.registered_commands:
        assert command.help
    for group in app.registered_groups:
        instance = group.typer_instance
        assert instance is not None
        assert instance.info.help
        assert all(command.help for command in instance.registered_commands)


@pytest.mark.parametrize(
    "words", [("task", "sign"), ("ledger", "verify"), ("user", "certificate", "add"), ("sign",)]
)
def test_what_may_be_left_out_stands_in_brackets_once(
    words: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*words, "--help"]) == 0
    usage = capsys.readouterr().out.partition("\n\n")[0]
    assert usage.startswith("Usage: ")
    assert usage.count("[") > 1
    assert "[[" not in usage


@pytest.mark.parametrize("language", ["en", "vi"])
def test_no_list_of_commands_cuts_a_sentence_off(
    language: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ANTIN_LANGUAGE", language)
    monkeypatch.setenv("COLUMNS", "80")
    texts.language.cache_clear()
    groups = [group.name for group in build_app().registered_groups if group.name]
    assert "ledger" in groups
    for words in ([], *([name] for name in groups), ["user", "certificate"]):
        assert main([*words, "--help"]) == 0
        listed = [
            line for line in capsys.readouterr().out.splitlines() if not line.startswith("Usage")
        ]
        assert len(listed) > 5
        assert [line for line in listed if line.endswith("...")] == []


def test_a_refusal_is_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refused(*_: object) -> None:
        raise RefusedError("nothing_to_augment")

    monkeypatch.setattr("antin.cli.verifying.carry_out", refused)
    assert main(["verify", str(LETTER)]) == 1
    assert capsys.readouterr().err.startswith("antin: nothing_to_augment: ")


def test_every_error_class_is_known_to_the_client() -> None:
    from antin.cli.server_client import _FAMILIES

    assert set(_FAMILIES) == {family for family, _ in CODES.values()}
    assert all(issubclass(kind, errors.AntinError) for kind in _FAMILIES.values())


def test_the_bare_program_verifies_and_says_what_the_rest_needs(tmp_path: Path) -> None:
    absent = [
        *("pydantic_settings", "sqlalchemy", "celery", "kombu", "fastapi", "uvicorn"),
        *("httpx2", "PyKCS11", "psycopg", "alembic", "python_multipart"),
    ]
    program = (
        f"import sys; sys.modules.update(dict.fromkeys({absent!r}))\n"
        "from antin.cli.main import main\n"
        f"print(main(['verify', {str(LETTER)!r}]), main(['status']), main(['task', 'list']))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "4 2 2"
    assert done.stderr.count("extra_missing") == 2


def test_wrong_usage_is_told_in_one_language(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("ANTIN_DATA_DIR", raising=False)
    monkeypatch.setenv("ANTIN_LANGUAGE", "vi")
    texts.language.cache_clear()
    assert main(["verify"]) == 2
    told = capsys.readouterr().err
    assert told == "antin: usage: hãy nêu ít nhất một tệp (antin verify --help)\n"
    assert main(["verify", "a.pdf", "--at", "yesterday"]) == 2
    told = capsys.readouterr().err
    assert "'yesterday' không phải" in told
    assert "2026-12-31" in told
    texts.language.cache_clear()


def test_no_core_file_is_written_of_what_holds_secrets() -> None:
    program = (
        "import resource\n"
        "from antin.cli import main\n"
        "main.main = lambda _: print(resource.getrlimit(resource.RLIMIT_CORE))\n"
        "main.run()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert done.stdout.strip() == "(0, 0)", done.stderr
