"""opencryptoki's soft token: RSA only, but it counts wrong PINs, warns, and locks for good.

Its daemon has one place for its socket and shared memory, and programs find its tokens below
/var/lib: there can be one a machine. Whoever wants it waits for a lock; what was made is removed
in the end. Needs root, since nobody else may write there. One token, because two soft tokens mix
up their keys in a process that uses both.
"""

import fcntl
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from devpki.child import program
from devpki.tokens import Token, TokenError, TokenSpec, make_tokens, new_pin

_NAME: Final = "antin-development"
_LOCK: Final = Path("/run/lock/antin-opencryptoki.lock")
_LOCK_SECONDS: Final = 240
_START_SECONDS: Final = 15
_SOCKET: Final = Path("/run/pkcsslotd.socket")
_TOKENS: Final = Path("/var/lib/opencryptoki")
_LOCKS: Final = Path("/run/lock/opencryptoki")
_MEMORY: Final = Path("/dev/shm")  # noqa: S108 — where shared memory lies; its names are not ours
_SETTINGS: Final = Path("/etc/opencryptoki/opencryptoki.conf")
_GROUP: Final = "pkcs11"
_FACTORY_SO_PIN: Final = "87654321"
_SLOT: Final = f"""\
version opencryptoki-3.1
slot 0
{{
stdll = libpkcs11_sw.so
tokname = {_NAME}
}}
"""
_WATCH: Final = """\
mount --bind "$1" "$2" || exit
"$3" -f </dev/null &
cat >/dev/null
kill -TERM $!
n=0
while kill -0 $! 2>/dev/null && [ $n -lt 20 ]; do sleep 0.1; n=$((n + 1)); done
kill -KILL $! 2>/dev/null && ipcrm --shmem-key 0x6200600d
wait
"""
"""The daemon stays while a client is attached, even one that was killed; then it is killed."""
_MODULES: Final = (
    "/usr/lib/*-linux-gnu*/pkcs11/libopencryptoki.so",
    "/usr/lib64/pkcs11/libopencryptoki.so",
)


def find_module() -> Path:
    """Return opencryptoki's PKCS#11 module. Error: ``TokenError``."""
    for pattern in _MODULES:
        for path in Path("/").glob(pattern.lstrip("/")):
            return path
    raise TokenError("opencryptoki is not installed")


def available() -> bool:
    """Tell whether its daemon can be run here: it is installed, and this is root."""
    try:
        find_module()
    except TokenError:
        return False
    return os.geteuid() == 0 and program("pkcsslotd") is not None


class OpenCryptoki:
    """The daemon and its one token; ``with OpenCryptoki(folder, spec) as soft: soft.token``."""

    def __init__(self, folder: Path, spec: TokenSpec) -> None:
        self._folder = folder
        self._spec = spec
        self._stack = ExitStack()
        self.token: Token

    def __enter__(self) -> Self:
        """Wait for the machine's lock, start, make the token. Error: ``TokenError``."""
        with self._stack as stack:
            stack.enter_context(_machine_lock())
            stack.callback(_remove_traces)
            _make_folders()
            stack.enter_context(_daemon(self._folder))
            self._fill()
            self._stack = stack.pop_all()
        return self

    def renew(self) -> None:
        """Make the token anew, with a new PIN and new keys; nobody may have its module loaded."""
        _make_folders()
        self._fill()

    def _fill(self) -> None:
        blank = Token(self._spec, "", new_pin(self._folder, self._spec.label), {})
        factory = {"slot": 0, "so_pin": _FACTORY_SO_PIN}
        (self.token,) = make_tokens(find_module(), (blank,), {}, (factory,))

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.close()


@contextmanager
def _machine_lock() -> Iterator[None]:
    with _LOCK.open("w") as file:
        end = time.monotonic() + _LOCK_SECONDS
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > end:
                    raise TokenError("another run keeps opencryptoki to itself") from None
                time.sleep(0.1)  # a lock cannot be waited for with a limit
        if _answers():
            raise TokenError("a pkcsslotd that is not ours runs on this machine")
        yield


def _make_folders() -> None:
    _remove_folders()  # of a token before, or of a run that was killed
    for folder in (_TOKENS / _NAME, _LOCKS / _NAME, _TOKENS / _NAME / "TOK_OBJ"):
        folder.mkdir(mode=0o770, parents=True)
        shutil.chown(folder, group=_GROUP)


def _remove_folders() -> None:
    for folder in (_TOKENS / _NAME, _LOCKS / _NAME):
        if folder.is_dir():
            shutil.rmtree(folder)
    (_MEMORY / f"var.lib.opencryptoki.{_NAME}").unlink(missing_ok=True)


def _remove_traces() -> None:
    _remove_folders()
    for file in (_SOCKET, _SOCKET.with_suffix(".pid")):
        file.unlink(missing_ok=True)


@contextmanager
def _daemon(folder: Path) -> Iterator[None]:
    settings = folder / "opencryptoki.conf"
    settings.write_text(_SLOT)
    # It reads its settings from one place: in its own view of the file system those are ours. It
    # must see everybody's process numbers, so it gets no others of its own. It forgets whose child
    # it is, so a shell that does not watches over it.
    daemon = program("pkcsslotd") or "pkcsslotd"
    command = ["unshare", "--mount", "sh", "-c", _WATCH, "sh"]
    command += [str(settings), str(_SETTINGS), daemon]
    with (
        (folder / "pkcsslotd.log").open("w") as log,
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=log, stderr=log) as process,
    ):
        _wait(process)
        yield
        # Leaving closes the shell's standard input, and waits for it.


def _wait(process: "subprocess.Popen[bytes]") -> None:
    end = time.monotonic() + _START_SECONDS
    while not _answers():
        if process.poll() is not None or time.monotonic() > end:
            raise TokenError("pkcsslotd did not start; see pkcsslotd.log")
        time.sleep(0.02)  # there is nothing to be told by


def _answers() -> bool:
    """Tell whether a daemon is there. It dies of a client that leaves before it was told all."""
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(_START_SECONDS)
        if client.connect_ex(str(_SOCKET)) != 0:
            return False
        told = 0
        while part := client.recv(1 << 20):
            told += len(part)
        return told > 0
