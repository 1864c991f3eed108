"""Running independent commands side by side."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor


def together(*jobs: Callable[[], object]) -> None:
    """Run independent commands at once, two at a time; the first error is raised."""
    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(job) for job in jobs]:
            done.result()
