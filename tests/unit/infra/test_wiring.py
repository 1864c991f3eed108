"""What the settings say is what the services do."""

from datetime import timedelta
from pathlib import Path

import pytest

from antin.cli.main import main
from antin.flows.services import Anchoring
from antin.infra.settings import load_settings
from antin.infra.wiring import open_services

MADE = ("--origin", "ledger.example/test", "--agency-code", "MAU", "--agency-name", "UBND Mẫu")


@pytest.mark.parametrize(
    ("said", "wired"),
    [
        ("", Anchoring(timedelta(hours=24), 10_000)),
        ("anchor_hours = 1.5\nanchor_entries = 7", Anchoring(timedelta(hours=1.5), 7)),
        ("anchor = false", None),
    ],
)
def test_checkpoints_are_stamped_as_often_as_is_said(
    tmp_path: Path, said: str, wired: Anchoring | None
) -> None:
    data = tmp_path / "data"
    assert main(["init", "--data", str(data), *MADE, "--admin", "Quản trị"]) == 0
    settings = data / "antin.toml"
    settings.write_text(settings.read_text().replace("[ledger]\n", f"[ledger]\n{said}\n"))
    with open_services(load_settings(data)) as services:
        assert services.anchoring == wired
