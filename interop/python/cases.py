"""Runs cases one after another and says what became of each."""

import traceback
from pathlib import Path

HERE = str(Path(__file__).parent)


class Cases:
    def __init__(self):
        self.passed = 0
        self.failed = 0
        self.skipped = 0

    def claim(self, name, check):
        """Runs a case; its name is a claim that holds when `check` returns."""
        try:
            check()
        except Exception as error:
            self.fail(name, error)
        else:
            self.passed += 1
            print(f"ok - {name}", flush=True)

    def fail(self, name, error):
        self.failed += 1
        print(f"not ok - {name}: {_told(error)}", flush=True)

    def skip(self, name, why):
        """A case that cannot be run against this server."""
        self.skipped += 1
        print(f"skipped - {name}: {why}", flush=True)

    def finish(self):
        """The last line, and the exit code."""
        skipped = f", {self.skipped} skipped" if self.skipped else ""
        print(f"{self.passed} passed, {self.failed} failed{skipped}", flush=True)
        return 1 if self.failed else 0


def equal(found, expected, why=""):
    if found != expected:
        raise AssertionError(f"{why + ': ' if why else ''}found {found!r}, expected {expected!r}")


def refused(kind, call):
    """The exception of this kind that a call ends with."""
    try:
        call()
    except kind as error:
        return error
    raise AssertionError(f"expected {kind.__name__}, and nothing was raised")


def _told(error):
    """An error in one line, with the line of ours that it came from. Groups are opened."""
    while isinstance(error, BaseExceptionGroup) and error.exceptions:
        error = error.exceptions[0]
    ours = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename.startswith(HERE)]
    where = f" | {Path(ours[-1].filename).name}:{ours[-1].lineno}" if ours else ""
    return " ".join(f"{type(error).__name__}: {error}{where}".split())
