"""The smallest runner of tests: functions named like sentences, one line each, a last line that counts.

    from harness import test, skip, expect, equal, main

    @test
    def two_supplements_of_six_percent_second_is_refused(): ...

    main()

main() takes words of names to run on the command line. A test fails by any exception, is skipped by
skip("why") and may last at most TIMEOUT_S. Fixtures are made at their first use and closed, last one first,
at the end.
"""
import faulthandler
import os
import signal
import sys
import time
import traceback

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
TIMEOUT_S = 300

_tests = []
_open = []


class Skipped(Exception):
    """Raised by skip()."""


class TooLate(Exception):
    """Raised in a test that lasts too long."""


def test(function):
    """Marks a function as a test."""
    _tests.append(function)
    return function


def skip(why):
    raise Skipped(why)


def expect(condition, *what):
    """Fails with what was seen unless the condition holds."""
    if not condition:
        raise AssertionError(" ".join(str(w) for w in what) or "expectation failed")


def equal(got, wanted, *what):
    if got != wanted:
        raise AssertionError(f"{' '.join(str(w) for w in what)} got {got!r}, wanted {wanted!r}")


def fixture(make):
    """A thing made once, at its first use; closed by its close() (or stop()) when all tests have run."""
    made = []

    def get():
        if not made:
            made.append(make())
            _open.append(made[0])
        return made[0]
    return get


def program(name):
    """Path of purserd or purser: in $PURSER_BIN, else in the newest of the usual build folders."""
    folders = [os.environ["PURSER_BIN"]] if "PURSER_BIN" in os.environ else \
        [os.path.join(ROOT, "build", preset) for preset in ("release", "debug")]
    found = [p for p in (os.path.join(f, name) for f in folders) if os.access(p, os.X_OK)]
    if not found:
        skip(f"{name} is not built")
    return max(found, key=os.path.getmtime)


def _too_late(_signal, _frame):
    raise TooLate(f"lasted longer than {TIMEOUT_S} s")


def _run(function):
    name = function.__name__
    begun = time.monotonic()
    signal.alarm(TIMEOUT_S)
    try:
        function()
        outcome, text = "passed", ""
    except Skipped as why:
        outcome, text = "skipped", str(why)
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException:  # pylint: disable=broad-except
        outcome, text = "failed", traceback.format_exc()
    finally:
        signal.alarm(0)
    line = f"{outcome:7}  {name}  ({time.monotonic() - begun:.2f} s)"
    print(line + (f"  {text}" if outcome == "skipped" else ""), flush=True)
    if outcome == "failed":
        print(text, flush=True)
    return outcome


def _close_all():
    while _open:
        thing = _open.pop()
        close = getattr(thing, "close", None) or getattr(thing, "stop", None)
        if close:
            close()


def main():
    """Runs the tests whose names hold one of the words given, prints the counts and ends the program."""
    faulthandler.enable()
    signal.signal(signal.SIGALRM, _too_late)
    words = sys.argv[1:]
    chosen = [t for t in _tests if not words or any(w in t.__name__ for w in words)]
    counts = {"passed": 0, "failed": 0, "skipped": 0}
    try:
        for function in chosen:
            counts[_run(function)] += 1
    finally:
        _close_all()
    print(f"{counts['passed']} passed, {counts['failed']} failed, {counts['skipped']} skipped", flush=True)
    sys.exit(1 if counts["failed"] else 0)
