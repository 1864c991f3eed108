"""Where the command line stands in these tests: in no office, and in English."""

import pytest

from antin.cli import texts


@pytest.fixture(autouse=True)
def in_english(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ANTIN_DATA_DIR", "ANTIN_TRUST_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("ANTIN_LANGUAGE", "en")
    texts.language.cache_clear()
