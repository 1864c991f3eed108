"""The worker process beside ``antin serve``: started, restarted when it dies, stopped with it."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import structlog

_GRACE_SECONDS: Final = 20.0
_PAUSE_SECONDS: Final = 1.0
_log: Final = structlog.get_logger("antin.worker")


class EmbeddedWorker:
    """A context manager: the worker runs inside it and lets its job end at the end."""

    def __init__(self, data_dir: Path) -> None:
        # A process of its own: a PKCS#11 call that hangs must not hold up those who ask.
        command = [sys.executable, "-m", "antin.cli", "worker", "--data", str(data_dir)]
        self._command = [*command, "--parent", str(os.getpid())]
        self._stopping = threading.Event()
        self._changing = threading.Lock()
        self._process = self._start()
        self._watcher = threading.Thread(target=self._watch, name="worker-watch", daemon=True)

    def __enter__(self) -> Self:
        self._watcher.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self._changing:  # no other one is started behind our back
            self._stopping.set()
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(_GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._watcher.join(_GRACE_SECONDS)

    def _start(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(self._command)

    def _watch(self) -> None:
        """Start the worker again whenever it died: without it no record would ever close."""
        while True:
            code = self._process.wait()
            if self._stopping.is_set():
                return
            _log.error("worker_died", code=code)
            while not self._stopping.wait(_PAUSE_SECONDS) and not self._started_again():
                pass

    def _started_again(self) -> bool:
        """Start the worker unless we end; tell whether that is done with."""
        with self._changing:
            if self._stopping.is_set():
                return True
            try:
                self._process = self._start()
            except OSError as error:  # out of memory, say, which may pass
                _log.error("worker_not_started", reason=error.strerror)
                return False
        return True
