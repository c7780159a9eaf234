"""Where purserd's instructions go: W1 and R1 under valgrind's callgrind, by function and by library.

profile.py [W1] [R1] [--count N] [--top N] [--syscalls]   on the small city of bench.py, 64 in flight.
Instructions do not depend on what else the machine does. Kernel and PostgreSQL are not in them; --syscalls
counts their system calls with strace instead.
"""
import argparse
import os
import re
import shutil
import signal
import subprocess
import time

import founding
from bench import SMALL
from report import out
from town import Town, children

LINE = re.compile(r"^\s*([\d,]+) \([ \d.]+%\)\s+\S*?:(\S+?)(?:'\d+)?(?: \[(.*)\])?$")


def _annotated(path):
    """(instructions, function, library) by themselves, most first."""
    done = subprocess.run(
        ["callgrind_annotate", "--threshold=100", path], capture_output=True, text=True, check=True
    )
    found = {}
    for line in done.stdout.splitlines():
        match = LINE.match(line)
        if match:
            name = match.group(2)
            name = "(without names)" if name.startswith("0x") else name
            key = name, os.path.basename(match.group(3) or "?").split(".so")[0]
            found[key] = found.get(key, 0) + int(match.group(1).replace(",", ""))
    return sorted(((n, *key) for key, n in found.items()), reverse=True)


def _control(pid, *words):
    subprocess.run(["callgrind_control", *words, str(pid)], check=True, capture_output=True)


def _ask(town, work, count, clients=64):
    if work == "R1":
        town.read(town.get_frames(count, count), clients)
    else:
        town.w1(count, clients)


def _profile(work, count, kept, folder):
    pattern = os.path.join(folder, "callgrind.out")
    under = ["valgrind", "--tool=callgrind", "--instr-atstart=no", f"--callgrind-out-file={pattern}"]
    town = Town(kept, os.path.join(folder, "small"), SMALL, under)
    try:
        pid = town.server.process.pid
        _ask(town, work, 64)  # sessions and prepared statements are there
        _control(pid, "-i", "on")
        _ask(town, work, count)
        _control(pid, "-i", "off")
        time.sleep(1)
    finally:
        town.close()
    return _annotated(pattern)


def _syscalls(town, work, count, clients):
    """Prints the system calls a request of purserd and of PostgreSQL."""
    for name, pids in (("purserd", [town.server.process.pid]), ("postgres", children(town.postmaster()))):
        path = os.path.join(town.folder, "strace")
        words = [word for pid in pids for word in ("-p", str(pid))]
        with subprocess.Popen(["strace", "-q", "-f", "-c", "-o", path, *words]) as strace:
            time.sleep(1)
            _ask(town, work, count, clients)
            strace.send_signal(signal.SIGINT)
        with open(path, encoding="utf-8") as f:
            rows = [line.split() for line in f if line[:1] == " "]
        calls = [(int(r[3]) / count, r[-1]) for r in rows if len(r) > 4 and r[3].isdigit()]
        calls = [(n, call) for n, call in calls if n >= 0.05 and call != "total"]
        out(
            f"| {work} | {clients} | {name} | {sum(n for n, _ in calls):.1f} | "
            + ", ".join(f"{call} {n:.1f}" for n, call in sorted(calls, reverse=True))
            + " |"
        )


def _print(work, count, lines, top):
    total = sum(n for n, *_ in lines)
    libraries = {}
    for n, _, library in lines:
        libraries[library] = libraries.get(library, 0) + n
    out(f"\n{work}: {total / count:,.0f} instructions of purserd a request ({count} of them, 64 in flight)")
    out(
        "by library: "
        + ", ".join(
            f"{name} {n * 100 / total:.0f} %"
            for name, n in sorted(libraries.items(), key=lambda x: -x[1])[:8]
        )
    )
    out("| instructions a request | share | function | in |\n|---:|---:|---|---|")
    for n, function, library in lines[:top]:
        out(f"| {n / count:,.0f} | {n * 100 / total:.1f} % | `{function}` | {library} |")


def main():
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("works", nargs="*", default=["W1", "R1"])
    words.add_argument("--count", type=int, default=640)
    words.add_argument("--top", type=int, default=16)
    words.add_argument("--syscalls", action="store_true")
    args = words.parse_args()
    kept = founding.snapshot("small", SMALL, out)
    folder = founding.work_folder()
    try:
        if args.syscalls:
            town = Town(kept, os.path.join(folder, "small"), SMALL)
            try:
                out("| work | in flight | of | calls a request | which |\n|---|---:|---|---:|---|")
                for work in args.works:
                    for clients, count in ((1, args.count // 4), (64, args.count)):
                        _ask(town, work, 64)
                        _syscalls(town, work, count, clients)
            finally:
                town.close()
            return
        for work in args.works:
            lines = _profile(work, args.count, kept, folder)
            _print(work, args.count, lines, args.top)
            shutil.rmtree(os.path.join(folder, "small"))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
