"""What is done after the answer: soon, once for many, whatever became of the one before."""

import logging
import multiprocessing
import os
import threading

import pytest

from antin.infra.aside import Aside


class Held:
    """Work that is begun, and goes on when it is let."""

    def __init__(self) -> None:
        self.begun, self.go = threading.Event(), threading.Event()

    def __call__(self) -> None:
        self.begun.set()
        assert self.go.wait(20)


def test_nobody_waits_for_it() -> None:
    aside, held = Aside(), Held()
    aside(held)
    assert held.begun.wait(20), "it runs, and we are here"
    held.go.set()
    aside.close()


def test_of_what_waits_the_newest_is_done() -> None:
    aside, held, done = Aside(), Held(), list[int]()
    aside(held)
    assert held.begun.wait(20)
    for number in range(5):
        aside(lambda number=number: done.append(number))  # type: ignore[misc]  # a loop's
    held.go.set()
    aside.settle()
    assert done == [4]
    aside(lambda: done.append(5))
    aside.close()
    assert done == [4, 5]


def test_closing_finishes_what_was_asked_for() -> None:
    aside, done = Aside(), threading.Event()
    aside(done.set)
    aside.close()
    assert done.is_set()
    Aside().close()  # and needs nothing to have been asked for


def test_a_failure_is_told_and_ends_nothing(caplog: pytest.LogCaptureFixture) -> None:
    aside, done = Aside(), threading.Event()
    with caplog.at_level(logging.ERROR):
        aside(lambda: 1 // 0)  # type: ignore[arg-type]  # what it returns is nobody's
        aside.settle()
    assert "ZeroDivisionError" in caplog.text
    aside(done.set)
    aside.close()
    assert done.is_set()


def in_child(aside: Aside) -> None:
    done = threading.Event()
    aside(done.set)
    aside.settle()
    os._exit(0 if done.is_set() else 1)


def test_a_forked_child_has_a_thread_of_its_own() -> None:
    aside = Aside()
    aside(lambda: None)
    aside.settle()
    child = multiprocessing.get_context("fork").Process(target=in_child, args=(aside,))
    child.start()
    child.join(30)
    assert child.exitcode == 0
    aside.close()
