"""Build hook: compiles the message catalogues, so that wheels and editable installs have them."""

import importlib.util
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CompileMessages(BuildHookInterface[Any]):
    """Runs ``scripts/build_messages.py compile`` before files are collected."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002 — hatchling's signature
        """Write the .mo files beside the .po files."""
        path = Path(self.root) / "scripts" / "build_messages.py"
        spec = importlib.util.spec_from_file_location("build_messages", path)
        if spec is None or spec.loader is None:
            raise FileNotFoundError(path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        module.compile_all()
