#!/usr/bin/python3
"""Runs every test program and adds up their counts: unit tests (cmocka), Python scripts, tidy.

all.py [--bin DIR] [--only WORD] [--jobs N] [--no-tidy]   the last line is `N passed, N failed, N skipped`
"""
import argparse
import concurrent.futures
import glob
import os
import re
import signal
import subprocess
import sys
import time

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
TIMEOUT_S = 900
PLAIN = re.compile(r"^(\d+) passed, (\d+) failed(?:, (\d+) skipped)?$", re.M)
CMOCKA = re.compile(r"^\[  (PASSED|FAILED|SKIPPED) {1,2}\] (\d+) test\(s\)", re.M)


def counts_of(text, status, is_unit):
    """(passed, failed, skipped) as the output says; a program that dies without counting has failed once."""
    counts = None
    if is_unit:
        found = CMOCKA.findall(text)
        if found:
            counts = [sum(int(n) for word, n in found if word == which)
                      for which in ("PASSED", "FAILED", "SKIPPED")]
    else:
        plain = PLAIN.findall(text)
        if plain:
            counts = [int(n or 0) for n in plain[-1]]
    if counts is None:
        return (0, 1, 0)
    if status != 0 and counts[1] == 0:
        counts[1] = 1
    return tuple(counts)


def run(command, is_unit, env):
    begun = time.monotonic()
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          env=env, start_new_session=True, cwd=ROOT) as p:
        try:
            out, _ = p.communicate(timeout=TIMEOUT_S)
        except subprocess.TimeoutExpired:
            os.killpg(p.pid, signal.SIGKILL)
            out, _ = p.communicate()
            out += f"\nlasted longer than {TIMEOUT_S} s\n".encode()
    text = out.decode(errors="replace")
    return command, text, counts_of(text, p.returncode, is_unit), time.monotonic() - begun


def programs(args):
    """(command, is_unit) of all there is, the slow ones (those with a server) first."""
    scripts = [s for room in ("scale", "scenario", "rpc", "cli", "wire", "fault", "fuzz")
               for s in sorted(glob.glob(os.path.join(ROOT, "tests", room, "*_test.py")))]
    units = [p for p in sorted(glob.glob(os.path.join(args.bin, "tests", "*_test"))) if os.access(p, os.X_OK)]
    found = [(["/usr/bin/python3", s], False) for s in scripts] + [([u], True) for u in units]
    if not args.no_tidy:
        found.append((["/usr/bin/python3", os.path.join(ROOT, "tests", "tidy", "tidy.py")], False))
    return [(c, u) for c, u in found if not args.only or args.only in c[-1]]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--bin", default=os.path.join(ROOT, "build", "release"))
    parser.add_argument("--only", default="")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--no-tidy", action="store_true")
    args = parser.parse_args()
    args.bin = os.path.abspath(args.bin)

    env = dict(os.environ, PURSER_BIN=args.bin, PYTHONDONTWRITEBYTECODE="1",
               PYTHONPATH=os.path.join(ROOT, "tests", "support"))
    total = [0, 0, 0]
    with concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
        waiting = [pool.submit(run, command, is_unit, env) for command, is_unit in programs(args)]
        for done in concurrent.futures.as_completed(waiting):
            command, text, counts, seconds = done.result()
            total = [a + b for a, b in zip(total, counts)]
            name = os.path.relpath(command[-1], ROOT)
            print(f"{counts[0]:5} passed {counts[1]:3} failed {counts[2]:3} skipped {seconds:7.1f} s  {name}")
            if counts[1]:
                print(text)
            elif counts[2]:
                print("\n".join(t for t in text.splitlines() if re.match(r"skipped\b|\d+ skipped:", t)))
            sys.stdout.flush()
    print(f"{total[0]} passed, {total[1]} failed, {total[2]} skipped")
    return 1 if total[1] or not total[0] else 0


if __name__ == "__main__":
    sys.exit(main())
