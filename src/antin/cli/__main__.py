"""``python -m antin.cli``: the same as ``antin``, for our own child processes."""

from antin.cli.main import run

if __name__ == "__main__":
    run()
