"""PostgreSQL asked the plain way for the same work: purser_raw (libpq) and pgbench, one set of scripts.

The scripts in raw/ name their values as :contract, :line and so on. For libpq the values of a run stand in
a row of a file; for pgbench they are expressions over the draft's number, which its clients count up by
themselves.
"""
import glob
import os
import random
import re
import subprocess
import time

import rows
from founding import BINDIR
from town import program

RAW = os.path.join(os.path.dirname(os.path.abspath(__file__)), "raw")
NOW_US = time.time_ns() // 1000
DAYS = {
    "day": rows.SIGNED,
    "publish_due": f"{rows.YEAR}-02-24",
    "file_due": f"{rows.YEAR}-03-03",
}
ENTRY_BASE = 1_000_000_000


def _array(values):
    return "(ARRAY[" + ",".join(f"'{v}'" for v in values) + "])"


class Plain:
    """Asks the same rows as purserd, in the same cluster; journal and answers go to tables of its own."""

    def __init__(self, town):
        self.town = town
        with open(os.path.join(town.folder, "data", "postgres.conninfo"), encoding="utf-8") as f:
            self.conninfo = f.read().strip()
        self.entries = 0
        self.sql(
            "CREATE SCHEMA IF NOT EXISTS raw;"
            " CREATE TABLE raw.journal_entry (LIKE public.journal_entry INCLUDING ALL);"
            " CREATE TABLE raw.request (LIKE public.request INCLUDING ALL)"
        )

    def sql(self, text, timeout=None):
        done = subprocess.run(
            [f"{BINDIR}/psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", self.conninfo, "-c", text],
            capture_output=True,
            text=True,
            check=False,
            timeout=timeout,
        )
        if done.returncode:
            raise SystemExit(f"bench: {done.stderr}")
        return done.stdout.strip()

    # --- libpq ---

    def _row(self, n):
        """The values of one signing."""
        unit = self.town.units[rows.department_of(n)]
        self.entries += 1
        return {
            "contract": rows.contract_id(rows.YEAR, n),
            "unit": unit,
            "line": rows.line_id(rows.YEAR, unit, rows.line_of(n)),
            "supplier": rows.credit_code(rows.ready_supplier(n)),
            "fen": rows.ready_fen(n),
            "person": self.town.person_id("approver" + unit),
            "now": NOW_US,
            "entry": ENTRY_BASE + self.entries,
            "request": "\\x" + os.urandom(16).hex(),
            **DAYS,
        }

    def _libpq(self, script, values, clients, is_pipelined=False, limit_ms=60_000):
        path = os.path.join(self.town.folder, "rows")
        with open(path, "w", encoding="utf-8") as f:
            f.write("\t".join(values[0]) + "\n")
            for row in values:
                f.write("\t".join(str(v) for v in row.values()) + "\n")
        words = [program("purser_raw"), "-c", str(clients), "-t", str(limit_ms)]
        if is_pipelined:
            words.append("-p")
        return self.town.measure([*words, self.conninfo, os.path.join(RAW, script), path])

    def w1(self, count, clients, pool="raws", **how):
        first = self.town.next[pool]
        figures = self._libpq("w1.sql", [self._row(n) for n in range(first, first + count)], clients, **how)
        self.town.next[pool] += figures["count"]
        self.town.signed["hot raws" if pool == "hots" else pool] += figures["count"]
        return figures

    def w2(self, budgets, clients, **how):
        """A transaction for each of the budgets' lines; one W2 is twenty of them."""
        values = []
        for budget in range(budgets):
            department, lines = rows.budget_lines(budget)
            unit = self.town.units[department]
            for seq in lines:
                self.entries += 1
                values.append(
                    {
                        "line": rows.line_id(rows.YEAR + 1, unit, seq),
                        "unit": unit,
                        "project": f"P{rows.YEAR + 1}-{unit}-{seq}",
                        "person": self.town.person_id("clerk" + unit),
                        "now": NOW_US,
                        "entry": ENTRY_BASE + self.entries,
                        "request": "\\x" + os.urandom(16).hex(),
                        "year": rows.YEAR + 1,
                        "day": rows.SIGNED,
                    }
                )
        return self._libpq("w2.sql", values, clients, **how)

    def r1(self, count, clients, seed, script="r1.sql", **how):
        values = [
            {"contract": rows.contract_id(year, n), "unit": self.town.units[rows.department_of(n)]}
            for year, n in rows.any_contracts(self.town.sizes, count, seed)
        ]
        return self._libpq(script, values, clients, **how)

    def r2(self, count, clients, seed, **how):
        dice = random.Random(seed)
        values = [{"unit": dice.choice(self.town.units), "after": ""} for _ in range(count)]
        return self._libpq("r2.sql", values, clients, **how)

    def r3(self, count, clients, **how):
        return self._libpq("r3.sql", [{"year": rows.YEARS[i % 5]} for i in range(count)], clients, **how)

    # --- pgbench ---

    def _expressions(self, is_read):
        """What stands for each name, over the number :k (and for reads the year :y)."""
        year = "(:y)::text" if is_read else f"'{rows.YEAR}'"
        units = f"{_array(self.town.units)}[1 + (:k - 1) % 60]"
        people = [self.town.person_id("approver" + unit) for unit in self.town.units]
        return {
            "contract": f"('450600-' || {year} || '-C-' || (:k)::text)",
            "unit": units,
            "line": f"('450600-{rows.YEAR}-' || {units} || '-'"
            " || lpad((1 + (:k - 1) / 60 % 16)::text, 4, '0'))",
            # only looked at, so that any will do, and a short text for sixteen hundred
            "supplier": f"{_array(rows.credit_code(i) for i in range(40))}[1 + :k % 40]",
            "fen": "((1 + :k % 50) * 100000)",
            "person": f"{_array(people)}[1 + (:k - 1) % 60]",
            "now": str(NOW_US),
            "entry": "(2000000000 + (:k)::bigint)",
            "request": "decode(md5((:k)::text), 'hex')",
            **{name: f"DATE '{day}'" for name, day in DAYS.items()},
        }

    def _pgbench_script(self, name, is_pipelined):
        with open(os.path.join(RAW, name), encoding="utf-8") as f:
            text = f.read()
        is_read = name.startswith("r")
        names = self._expressions(is_read)
        text = re.sub(r"(?<!:):([a-z_]+)", lambda m: names[m.group(1)], text)
        if is_pipelined:
            text = "\\startpipeline\n" + text + "\\endpipeline\n"
        if is_read:
            last = rows.FIRST_OTHER + self.town.sizes['others'] // 300 * 60 - 1
            text = (
                f"\\set y random({rows.YEARS[0]}, {rows.YEARS[-1]})\n"
                f"\\set k random({rows.FIRST_OTHER}, {last})\n" + text
            )
        else:
            text = "\\set n :n + 1\n\\set k :first + :client_id * :each + :n\n" + text
        path = os.path.join(self.town.folder, name)
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
        return path

    def pgbench(self, name, count, clients, is_pipelined=False):
        """That many runs of a script; latencies come from pgbench's own log."""
        each = count // clients
        log = os.path.join(self.town.folder, "pgbench-log")
        words = [
            "-n",
            "-M",
            "prepared",
            "-c",
            str(clients),
            "-j",
            "1",
            "-t",
            str(each),
            "--log",
            f"--log-prefix={log}",
            "-D",
            f"first={self.town.next['raws'] - 1}",
            "-D",
            "n=0",
            "-D",
            f"each={each}",
        ]
        before = self.town.cpu_us()
        done = subprocess.run(
            [f"{BINDIR}/pgbench", *words, "-f", self._pgbench_script(name, is_pipelined), self.conninfo],
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "PGOPTIONS": "-c plan_cache_mode=force_generic_plan"},
        )
        after = self.town.cpu_us()
        if done.returncode or "number of failed transactions: 0 " not in done.stdout:
            raise SystemExit(f"bench: {name}: {done.stderr}{done.stdout}")
        if name == "w1.sql":
            self.town.next["raws"] += each * clients
            self.town.signed["raws"] += each * clients
        took = []
        for path in glob.glob(log + ".*"):
            with open(path, encoding="ascii") as f:
                took += [int(line.split()[2]) for line in f]
            os.remove(path)
        took.sort()
        rate = float(re.search(r"tps = ([0-9.]+)", done.stdout).group(1))
        return {
            "count": len(took),
            "wall_us": len(took) * 1e6 / rate,
            "p50_us": took[len(took) // 2],
            "p99_us": took[len(took) * 99 // 100],
            "purserd_us": after[0] - before[0],
            "postgres_us": after[1] - before[1],
            "cpu_us": 0,
        }
