"""A question at the terminal while files are worked on."""

import os
import sys

from tests.terminal import Terminal

PROGRAM = """
from antin.cli.output import progress
from antin.cli.session import ask_pin

with progress(2, "Working") as step:
    step()
    assert ask_pin("desk") == "1234"
    step()
"""
QUESTION = "PIN of token desk: "


def test_no_bar_is_drawn_over_a_question() -> None:
    terminal = Terminal([sys.executable, "-c", PROGRAM], {**os.environ, "TERM": "xterm"})
    # A bar is drawn ten times a second.
    assert terminal.wait(QUESTION, 1).strip() == ""
    assert "Working" in terminal.shown, "there was one before"
    terminal.answer(QUESTION, "1234")
    assert terminal.end() == 0, terminal.shown
    assert "Working" in terminal.shown.partition(QUESTION)[2], "and there is again"
