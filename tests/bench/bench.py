"""The benchmark: real purserd, signed commands, real sockets, beside PostgreSQL asked raw in the same run.

bench.py [--quick] [--rounds N] [--fresh] [--set NAME=VALUE]
                prints a table and writes bench.jsonl (--quick: bench-quick.jsonl) beside the programs.
README.md in this folder says what each figure means and how it is measured.
"""
import argparse
import itertools
import os
import shutil
import signal
import statistics
import sys
import time

import founding
import rows
import single
from books import Books
from founding import LARGE
from plain import Plain
from report import PIPELINED, SELECT, STATEMENTS, Seen, out, table, write
from town import Town

# How many at most, by in flight, in each of five rounds; --quick takes a quarter of them twice.
PLAN = {
    "w1": {1: 300, 8: 1000, 64: 5000, 256: 5000},
    "w1 tls": {1: 150, 8: 500, 64: 2500, 256: 2500},
    "w1 raw": {1: 200, 8: 500, 64: 2500},
    "w1 raw pipelined": {1: 300, 8: 800, 64: 4000},
    "w1 pgbench": {64: 2048},
    "w1 pgbench pipelined": {64: 4096},
    "w2": {1: 4, 8: 32, 64: 128, 256: 256},
    "w2 raw": {1: 4, 64: 128},
    "w2 raw pipelined": {1: 4, 64: 128},
    "r1": {1: 3000, 8: 10000, 64: 20000, 256: 20000},
    "r1 tls": {1: 1000, 8: 5000, 64: 10000, 256: 10000},
    "r1 raw": {1: 6000, 8: 20000, 64: 30000},
    "r1 whole": {1: 2000, 64: 10000},
    "r1 whole raw": {1: 2000, 64: 10000},
    "r2 raw": {1: 500, 64: 2000},
    "r2": {1: 1000, 8: 3000, 64: 5000, 256: 5000},
    "r3": {1: 40, 8: 200, 64: 400, 256: 400},
    "hot": {64: 4000},
    "hot raw": {64: 600},
    "scale": {"W1": 1200, "R1": 45000, "R2": 9000},
}
SCALE_TURNS = 3  # of each size in a round, alternating
QUICK = {"others": 69_000, "ours": 16_000, "raws": 11_000, "hots": 4_000}
SMALL = {"others": 3_000, "ours": 7_000, "raws": 0, "hots": 0}
IPC, TLS = "purserd, ipc", "purserd, tls"


class Bench:
    """Two cities of different size, and what was seen of them."""

    def __init__(self, args):
        self.is_quick, self.rounds = args.quick, args.rounds or (2 if args.quick else 5)
        self.settings = dict(pair.split("=", 1) for pair in args.set)
        self.seeds = itertools.count(1)
        self.limit_ms = 500 if args.quick else 2000
        self.seen, self.once, self.round = Seen(), {}, 0
        self.began = time.monotonic()
        large = founding.kept("large", LARGE)
        self.is_million = not args.quick or (large and not args.fresh)
        sizes = LARGE if self.is_million else QUICK
        name = "large" if self.is_million else "large-quick"
        kept = founding.snapshot(name, sizes, self.say, args.fresh)
        kept_small = founding.snapshot("small", SMALL, self.say, args.fresh)
        self.work = founding.work_folder()
        self.towns = []
        self.large = self._start(kept, "large", sizes)
        self.small = self._start(kept_small, "small", SMALL)
        self.plain, self.plain_small = Plain(self.large), Plain(self.small)
        self.books = [Books(self.large, self.plain), Books(self.small, self.plain_small)]
        for town in self.towns:
            town.warm_up()
        self.say("both cities have worked for a while")

    def _start(self, kept, name, sizes):
        folder = os.path.join(self.work, name)
        self.towns.append(Town(kept, folder, sizes, settings=self.settings))
        return self.towns[-1]

    def close(self):
        for town in self.towns:
            town.close()
        shutil.rmtree(self.work, ignore_errors=True)

    def say(self, text):
        out(f"{time.monotonic() - self.began:5.0f} s  {text}")

    def counts(self, name):
        """(in flight, how many) of this round; one round goes up, the next down."""
        part = 0.25 if self.is_quick else min(1, 5 / self.rounds)
        plan = sorted(PLAN[name].items(), reverse=self.round % 2 == 1)
        return [(clients, max(int(count * part) // clients, 1) * clients) for clients, count in plan]

    # --- one round ---

    def in_turn(self, work, asked):
        """Runs each of (plan, how, function of count and in flight) at each of its numbers in flight.

        Each round begins with another of them."""
        first = self.round % len(asked)
        for plan, how, ask in asked[first:] + asked[:first]:
            for clients, count in self.counts(plan):
                self.seen.add(work, how, clients, ask(count, clients))

    def sign(self):
        limit, town, plain = {"limit_ms": self.limit_ms}, self.large, self.plain
        self.in_turn(
            "W1",
            (
                ("w1", IPC, lambda n, c: town.w1(n, c, **limit)),
                ("w1 raw", STATEMENTS[0], lambda n, c: plain.w1(n, c, **limit)),
                ("w1 raw pipelined", PIPELINED[0], lambda n, c: plain.w1(n, c, is_pipelined=True, **limit)),
                ("w1 pgbench", STATEMENTS[1], lambda n, c: plain.pgbench("w1.sql", n, c)),
                ("w1 pgbench pipelined", PIPELINED[1], lambda n, c: plain.pgbench("w1.sql", n, c, True)),
                ("w1 tls", TLS, lambda n, c: town.w1(n, c, over="tls", **limit)),
            ),
        )
        self.in_turn(
            "hot W1",
            (
                ("hot", IPC, lambda n, c: town.w1(n, c, pool="hots", **limit)),
                ("hot raw", STATEMENTS[0], lambda n, c: plain.w1(n, c, pool="hots", **limit)),
            ),
        )

    def submit(self):
        lines = rows.BUDGET_LINES
        for clients, budgets in self.counts("w2"):
            figures = self.large.w2(min(budgets, rows.BUDGETS), clients, limit_ms=self.limit_ms)
            self.seen.add("W2", IPC, clients, figures, per=lines)
            self.books[0].submitted(figures["groups"])
        for plan, how in (("w2 raw", STATEMENTS[0]), ("w2 raw pipelined", PIPELINED[0])):
            for clients, budgets in self.counts(plan):
                figures = self.plain.w2(budgets, clients, is_pipelined=how == PIPELINED[0])
                # twenty medians, one after the other; of the slowest of twenty nothing is known
                figures |= {"p50_us": figures["p50_us"] * lines, "p99_us": None}
                self.seen.add("W2", how, clients, figures, per=lines)
                self.books[0].submitted(budgets)

    def read(self):
        limit, town, plain, seeds = {"limit_ms": self.limit_ms}, self.large, self.plain, self.seeds

        def r1(n, c, over="ipc", alone=True):
            return town.read(town.get_frames(n, next(seeds), alone), c, over=over, **limit)

        def r1_raw(n, c, script="r1.sql", is_pipelined=False):
            return plain.r1(n, c, next(seeds), script, is_pipelined=is_pipelined, **limit)

        self.in_turn(
            "R1",
            (
                ("r1", IPC, r1),
                ("r1 raw", SELECT[0], r1_raw),
                ("r1 raw", SELECT[1], lambda n, c: plain.pgbench("r1.sql", n // 2, c)),
                ("r1 whole", "purserd, with its rows", lambda n, c: r1(n, c, alone=False)),
                ("r1 whole raw", "libpq, with its rows", lambda n, c: r1_raw(n, c, "r1_whole.sql", True)),
                ("r1 tls", TLS, lambda n, c: r1(n, c, over="tls")),
            ),
        )
        self.in_turn(
            "R2",
            (
                ("r2", IPC, lambda n, c: town.read(town.list_frames(n, next(seeds)), c, **limit)),
                ("r2 raw", SELECT[0], lambda n, c: plain.r2(n, c, next(seeds), **limit)),
            ),
        )
        for clients, count in sorted(self.counts("r3")):
            alone = self.seen.median(("R3", IPC, 1), "p50_us") or 0
            if clients * alone < 5e6:  # those under way when the time is over are waited for
                figures = town.read(town.statistics_frames(count, self.round), clients, **limit)
                self.seen.add("R3", IPC, clients, figures)
        self.seen.add("R3", "libpq, added up", 1, plain.r3(5, 1, **limit))

    def scale(self):
        """The same at both sizes, in short turns; without a million contracts there is nothing to compare."""
        sizes = [("10,000", self.small)] + ([("1,000,000", self.large)] if self.is_million else [])
        for turn in range(SCALE_TURNS):
            for name, town in sizes[:: 1 if (turn + self.round) % 2 else -1]:
                part = (0.5 if self.is_quick else min(1, 5 / self.rounds)) / SCALE_TURNS
                counts = {work: int(count * part) for work, count in PLAN["scale"].items()}
                seed = 1000 + self.round * SCALE_TURNS + turn
                self.seen.add("W1", name, 64, town.w1(counts["W1"], 64))
                self.seen.add("R1", name, 64, town.read(town.get_frames(counts["R1"], seed), 64))
                self.seen.add("R2", name, 64, town.read(town.list_frames(counts["R2"], seed), 64))

    def run_round(self):
        self.scale()
        self.sign()
        self.submit()
        self.read()
        self.say(f"round {self.round + 1} of {self.rounds}; " + [books.check() for books in self.books][0])
        self.round += 1

    # --- once ---

    def run_once(self):
        self.once.update(single.one_shot(self.small, self.plain_small, 20 if self.is_quick else 60))
        self.once.update(single.memory(self.small, 200 if self.is_quick else 1000, self.say))
        if self.is_quick:
            del self.once["tls"]  # two hundred are not a thousand
        times = 1 if self.is_quick else 3
        self.once["import"] = single.lines_import(self.small, self.plain_small, times)
        self.say("processes, memory and an import measured")
        journal = single.Journal()
        try:
            journal.fill(2000 if self.is_quick else 4000)
            self.once["verify"] = statistics.median(journal.verify() for _ in range(times))
        finally:
            journal.city.close()
        self.say(f"a journal of {journal.size:,} entries replayed")


def fsync_us(folder):
    """Median of writing 8 kB and waiting for the disk, in µs."""
    path, took = os.path.join(folder, "fsync"), []
    fd = os.open(path, os.O_CREAT | os.O_WRONLY, 0o600)
    for _ in range(200):
        began = time.perf_counter()
        os.pwrite(fd, bytes(8192), 0)
        os.fdatasync(fd)
        took.append((time.perf_counter() - began) * 1e6)
    os.close(fd)
    os.unlink(path)
    return statistics.median(took)


def main():
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--quick", action="store_true", help="under three minutes, fewer and shorter rounds")
    words.add_argument("--rounds", type=int, default=0, help="5 unless --quick")
    words.add_argument("--fresh", action="store_true", help="load the data anew")
    words.add_argument("--set", action="append", default=[], help="a setting of purserd, NAME=VALUE")
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit(130))  # nothing is left running
    bench = Bench(words.parse_args())
    try:
        sql = bench.plain.sql
        bench.say(
            f"{sql('SELECT count(*) FROM contract')} and 10000 contracts; fsync {sql('SHOW fsync')},"
            f" synchronous_commit {sql('SHOW synchronous_commit')}, {os.cpu_count()} cores, load"
            f" {os.getloadavg()[0]:.1f}, fdatasync {fsync_us(bench.work):.0f} µs; raw stops at 64 in flight"
            f" (max_connections {sql('SHOW max_connections')})"
        )
        out("         loaded rows have no journal entries: verify is shown on a journal of its own")
        for _ in range(bench.rounds):
            bench.run_round()
        bench.run_once()
        bench.say("done")
        table(bench.seen)
        name = "bench-quick.jsonl" if bench.is_quick else "bench.jsonl"
        failed, unmeasured = write(bench.seen, bench.once, os.path.join(os.environ["PURSER_BIN"], name))
        out(f"\n{failed} of the musts do not hold" if failed else "\nevery must that was measured holds")
        if unmeasured:
            out(f"{unmeasured} are measured by a full run only")
    finally:
        bench.close()
    sys.exit(1 if failed and not bench.is_quick else 0)


if __name__ == "__main__":
    main()
