"""Many files over any executor: bounded ahead, given back as they are done."""

import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context

import pytest

from antin.core.errors import AntinError, InputError
from antin.infra.worker_pool import WorkerPool
from antin.verifier.batch import judged


def half(number: int) -> int:
    if number % 2:
        raise InputError("pdf_malformed", detail=str(number))
    return number // 2


@pytest.fixture(params=["threads", "processes", "limited"])
def executor(request: pytest.FixtureRequest) -> Iterator[Executor]:
    made: dict[str, Callable[[], Executor]] = {
        "threads": lambda: ThreadPoolExecutor(2),
        "processes": lambda: ProcessPoolExecutor(2, mp_context=get_context("spawn")),
        "limited": lambda: WorkerPool(2),
    }
    with made[request.param]() as pool:
        yield pool


def test_every_item_comes_back_with_its_outcome(executor: Executor) -> None:
    found = dict(judged(range(20), half, executor, ahead=4))
    assert sorted(found) == list(range(20))
    for number, outcome in found.items():
        if number % 2:
            assert isinstance(outcome, AntinError)
            assert outcome.code == "pdf_malformed"
        else:
            assert outcome == number // 2


def test_what_is_done_first_comes_first() -> None:
    released = threading.Event()

    def judge(number: int) -> int:
        if number == 0:
            released.wait(30)
        return number

    with ThreadPoolExecutor(2) as pool:
        order = []
        for number, _ in judged(range(5), judge, pool, ahead=3):
            order.append(number)
            if len(order) == 3:
                released.set()
    assert order[:3] == [1, 2, 3]
    assert sorted(order) == [0, 1, 2, 3, 4]


def test_no_more_is_read_than_is_asked_for() -> None:
    read = 0

    def items() -> Iterator[int]:
        nonlocal read
        for number in range(1000):
            read = number + 1
            yield number

    with ThreadPoolExecutor(2) as pool:
        for count, _ in enumerate(judged(items(), str, pool, ahead=8), start=1):
            assert read <= count + 8
    assert read == 1000


def test_an_end_of_the_executor_is_no_outcome() -> None:
    def judge(_: int) -> None:
        raise ZeroDivisionError

    with ThreadPoolExecutor(1) as pool, pytest.raises(ZeroDivisionError):
        list(judged([1], judge, pool, ahead=1))


def test_what_is_done_is_given_back_while_the_next_item_is_waited_for() -> None:
    typed = threading.Event()

    def items() -> Iterator[int]:
        yield 1
        assert typed.wait(60)
        yield 2

    with ThreadPoolExecutor(1) as pool:
        order = []
        for number, _ in judged(items(), str, pool, ahead=4):
            order.append(number)
            typed.set()
    assert order == [1, 2]


def test_what_the_items_raise_is_raised() -> None:
    def items() -> Iterator[int]:
        yield 1
        raise InputError("file_not_found", path="list")

    with ThreadPoolExecutor(1) as pool, pytest.raises(AntinError, match="file_not_found"):
        list(judged(items(), str, pool, ahead=4))


def test_nothing_is_read_after_the_end_is_decided() -> None:
    read = []

    def items() -> Iterator[int]:
        for number in range(1000):
            read.append(number)
            yield number

    with ThreadPoolExecutor(1) as pool:
        outcomes = judged(items(), str, pool, ahead=4)
        next(outcomes)
        outcomes.close()  # type: ignore[attr-defined]  # a generator
    assert len(read) <= 6


@pytest.mark.usefixtures("signals")
def test_ctrl_c_is_noticed_while_nothing_comes() -> None:
    """The system may hand the signal to any thread, and wakes no other by it."""
    ended, late = threading.Event(), []

    def typed() -> Iterator[int]:
        ended.wait(0.3)  # by then whoever waits for results does
        signal.pthread_kill(threading.get_ident(), signal.SIGINT)
        late.append(not ended.wait(20))
        yield 0

    with ThreadPoolExecutor(1) as pool:
        with pytest.raises(KeyboardInterrupt):
            list(judged(typed(), half, pool, ahead=1))
        ended.set()
    assert late in ([], [False])
