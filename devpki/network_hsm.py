"""A network HSM: SoftHSM behind p11-kit's remote protocol, over a network that can fail.

``with NetworkHsm(softhsm_folder) as hsm:`` serves all tokens of that folder to processes that have
:data:`ADDRESS_VARIABLE` set before they load p11-kit's client module.
"""

import os
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from antin.hsm import softhsm
from devpki.child import Child, program
from devpki.tokens import TokenError

ADDRESS_VARIABLE: Final = "P11_KIT_SERVER_ADDRESS"
_START_SECONDS: Final = 15
_MODULES: Final = (
    "/usr/lib/*-linux-gnu*/pkcs11/p11-kit-client.so",
    "/usr/lib64/pkcs11/p11-kit-client.so",
)


def find_module() -> Path:
    """Return p11-kit's client module. Error: ``TokenError``."""
    for pattern in _MODULES:
        for path in Path("/").glob(pattern.lstrip("/")):
            return path
    raise TokenError("p11-kit's client module is not installed")


def available() -> bool:
    """Tell whether one can be run here."""
    try:
        find_module()
    except TokenError:
        return False
    return program("p11-kit") is not None


class NetworkHsm:
    """Server and network; both end with this process."""

    def __init__(self, softhsm_folder: Path) -> None:
        self._folder = softhsm_folder
        self._stack = ExitStack()
        self._network: Child

    def __enter__(self) -> Self:
        """Start both. Errors: ``TokenError``, ``ChildError``."""
        with self._stack as stack:
            # Socket paths have to be short; a test's own folder often is not.
            sockets = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="antin-hsm-")))
            stack.enter_context(_server(self._folder, sockets / "hsm"))
            self._address = sockets / "net"
            self._network = Child("devpki.wire_proxy", str(self._address), str(sockets / "hsm"))
            stack.callback(self._network.stop)
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.close()

    @property
    def address(self) -> str:
        """The value of :data:`ADDRESS_VARIABLE`."""
        return f"unix:path={self._address}"

    def delay(self, milliseconds: float) -> None:
        """Let each request take this much longer."""
        self._network.order(do="delay", milliseconds=milliseconds)

    def die(self, after: int = 0) -> None:
        """Break all connections and refuse new ones, now or when so many requests more came."""
        self._network.order(do="die", after=after)

    def fall_silent(self) -> None:
        """Take requests and never answer."""
        self._network.order(do="silence")

    def revive(self) -> None:
        """Work again; connections that broke stay broken."""
        self._network.order(do="revive")

    def requests(self) -> int:
        """Return how many requests came so far."""
        count: int = self._network.order(do="tell")
        return count


@contextmanager
def _server(folder: Path, address: Path) -> Iterator[None]:
    command = ["p11-kit", "server", "--foreground", "--name", str(address)]
    command += ["--provider", str(softhsm.find_module()), "pkcs11:"]
    environment = os.environ | {"SOFTHSM2_CONF": str(softhsm.configuration(folder))}
    # The shell ends with this process, which closes its standard input, and ends the server.
    watch = '"$@" </dev/null & cat >/dev/null; kill $!; wait'
    with (
        (folder / "p11-kit.log").open("w") as log,
        subprocess.Popen(
            ["sh", "-c", watch, "sh", *command],
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
            env=environment,
        ) as process,
    ):
        end = time.monotonic() + _START_SECONDS
        while not _answers(address):
            if process.poll() is not None or time.monotonic() > end:
                raise TokenError("the server did not start; see p11-kit.log")
            time.sleep(0.02)  # there is nothing to be told by
        yield


def _answers(address: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as client:
        return client.connect_ex(str(address)) == 0
