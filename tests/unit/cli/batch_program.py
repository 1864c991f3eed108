"""A command like ``antin sign`` whose key is a pause: ``python -m … STATE OUT JOBS IN...``."""

import os
import signal
import sys
import time
from pathlib import Path

from antin.cli import many
from antin.cli.failures import complain
from antin.cli.signed_before import SignedBefore, open_state
from antin.core.errors import AntinError, UsageError
from antin.signer.files import appearing


def work(path: Path, target: Path) -> tuple[many.Remark, ...]:
    if target.exists():
        raise UsageError("output_exists", path=str(target))
    with appearing(target) as part:
        part.write_bytes(path.read_bytes()[:1])
        time.sleep(float(path.read_text().split()[0]))
        part.write_bytes(path.read_bytes() + b"signed")
    if b"killed" in path.read_bytes():
        os.kill(os.getpid(), signal.SIGKILL)
    return ()


def main() -> int:
    state, out, jobs, *inputs = sys.argv[1:]
    with open_state(Path(state), "always the same") as kept:
        batch = many.Batch(int(jobs), "Working", earlier=SignedBefore(kept), several=True)
        return many.run([Path(one) for one in inputs], Path(out), work, batch)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except AntinError as error:
        sys.exit(complain(error))
    except KeyboardInterrupt:
        sys.exit(130)
