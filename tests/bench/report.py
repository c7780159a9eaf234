"""The table for people, and bench.jsonl: one line for each figure of the promises on speed."""
import json
import statistics

# Which way of asking raw counts: the quicker of libpq and pgbench.
STATEMENTS = ("libpq, statement by statement", "pgbench, statement by statement")
PIPELINED = ("libpq, one round trip", "pgbench, one round trip")
SELECT = ("libpq, prepared select", "pgbench, prepared select")


def out(text=""):
    print(text, flush=True)


class Seen:
    """Figures of all rounds by (work, how, in flight)."""

    def __init__(self):
        self.runs = {}

    def add(self, work, how, clients, figures, per=1):
        """per: how many answers make one of the work (a budget has twenty lines)."""
        self.runs.setdefault((work, how, clients), []).append({**figures, "count": figures["count"] / per})

    def rates(self, key):
        return [r["count"] * 1e6 / r["wall_us"] for r in self.runs.get(key, []) if r["wall_us"]]

    def rate(self, *key):
        rates = self.rates(key)
        return statistics.median(rates) if rates else None

    def median(self, key, field):
        found = [r[field] for r in self.runs.get(key, [])]
        return statistics.median(found) if found else None

    def cpu(self, key, field):
        count = sum(r["count"] for r in self.runs[key])
        return sum(r[field] for r in self.runs[key]) / count if count else 0

    def best_rate(self, work, hows, clients):
        return max((r for r in (self.rate(work, how, clients) for how in hows) if r), default=None)

    def best_p50(self, work, hows, clients):
        return min(
            (p for p in (self.median((work, how, clients), "p50_us") for how in hows) if p), default=None
        )


def table(seen):
    out()
    out(f"{'':34} {'in':>4} {'a second':>9} {'':17} {'µs':>9} {'':9} {'µs of CPU a request':>26}")
    out(
        f"{'work, asked how':34} {'flight':>4} {'median':>7} {'spread':>17} {'p50':>9} {'p99':>9}"
        f" {'purserd':>9}"
        f" {'postgres':>9} {'client':>8}"
    )
    for key in seen.runs:
        work, how, clients = key
        rates, rate = seen.rates(key), seen.rate(*key)
        spread = f"{min(rates):.0f}–{max(rates):.0f}" if rates else ""
        out(
            f"{work + ' ' + how:34} {clients:6} {rate:7.0f} {spread:>17} {seen.median(key, 'p50_us'):9.0f}"
            f" {seen.median(key, 'p99_us'):9.0f} {seen.cpu(key, 'purserd_us'):9.0f}"
            f" {seen.cpu(key, 'postgres_us'):9.0f} {seen.cpu(key, 'cpu_us'):8.0f}"
        )


def _ratio(above, below):
    return above / below if above and below else None


def _less(from_, what):
    return from_ - what if from_ is not None and what is not None else None


def figures(seen, once):
    """(name, value, unit, must, aim, whether more is better) as promised; once: figures measured once."""
    ipc = "purserd, ipc"
    w1, r1 = seen.rate("W1", ipc, 64), seen.rate("R1", ipc, 64)
    is_million = seen.rate("R1", "1,000,000", 64)
    r3 = seen.median(("R3", ipc, 1), "p50_us") if is_million else None
    yield (
        "W1 at 64 in flight ÷ raw PostgreSQL statement by statement",
        _ratio(w1, seen.best_rate("W1", STATEMENTS, 64)),
        "ratio",
        2.0,
        4.0,
        True,
    )
    yield (
        "W1 at 64 in flight ÷ raw PostgreSQL pipelined, one round trip",
        _ratio(w1, seen.best_rate("W1", PIPELINED, 64)),
        "ratio",
        1.2,
        2.0,
        True,
    )
    yield (
        "R1 at 64 in flight ÷ raw PostgreSQL prepared select on 64 connections",
        _ratio(r1, seen.best_rate("R1", SELECT, 64)),
        "ratio",
        0.7,
        1.2,
        True,
    )
    yield (
        "R1 latency at 1 in flight over ipc − raw libpq",
        _less(seen.median(("R1", ipc, 1), "p50_us"), seen.best_p50("R1", SELECT, 1)),
        "µs",
        200,
        100,
        False,
    )
    for work in ("W1", "R1", "R2"):
        yield (
            f"1,000,000 contracts ÷ 10,000 contracts, time per {work}",
            _ratio(seen.rate(work, "10,000", 64), seen.rate(work, "1,000,000", 64)),
            "ratio",
            1.3,
            1.1,
            False,
        )
    yield "R3 over 1,000,000 contracts", r3 and r3 / 1000, "ms", 20, 5, False
    yield (
        "all 64 on one hot line: W1 ÷ raw PostgreSQL statement by statement on the same line",
        _ratio(seen.rate("hot W1", ipc, 64), seen.best_rate("hot W1", STATEMENTS, 64)),
        "ratio",
        4,
        15,
        True,
    )
    yield (
        "W1 at 1 in flight − raw PostgreSQL, one round trip",
        _less(seen.median(("W1", ipc, 1), "p50_us"), seen.best_p50("W1", PIPELINED, 1)),
        "µs",
        550,
        250,
        False,
    )
    yield (
        "one-shot purser contract get over ipc, whole process ÷ psql -c",
        _ratio(once.get("purser"), once.get("psql")),
        "ratio",
        1.0,
        0.4,
        False,
    )
    yield "purserd resident memory: idle", once.get("idle"), "MB", 32, 16, False
    yield "purserd resident memory: 1,000 idle TLS clients", once.get("tls"), "MB", 96, 48, False
    yield "purserd resident memory: 64 worst-case requests at once", once.get(
        "worst"
    ), "MB", 256, 128, False
    yield "purserd verify replay in waves, signatures checked", once.get(
        "verify"
    ), "entries/s", 4000, 20000, True
    yield "import of 10,000 budget lines from CSV", once.get("import"), "s", 5, 1, False


def write(seen, once, path):
    """Prints the figures and writes bench.jsonl; returns how many of the musts do not hold."""
    failed = 0
    out()
    out(f"{'figure':88} {'value':>9} {'unit':9} {'must':>7} {'aim':>7}")
    with open(path, "w", encoding="utf-8") as f:
        for name, value, unit, must, aim, is_more in figures(seen, once):
            holds = value is not None and (value >= must if is_more else value <= must)
            reaches = value is not None and (value >= aim if is_more else value <= aim)
            failed += not holds
            word = (
                "holds, and the aim"
                if reaches
                else "holds"
                if holds
                else "not measured"
                if value is None
                else "DOES NOT HOLD"
            )
            sign = "≥" if is_more else "≤"
            shown = "–" if value is None else f"{value:.2f}" if abs(value) < 100 else f"{value:.0f}"
            out(f"{name:88} {shown:>9} {unit:9} {sign}{must:>6g} {sign}{aim:>6g}  {word}")
            value = None if value is None else round(value, 3)
            f.write(
                json.dumps(
                    {"name": name, "value": value, "unit": unit, "must": must, "aim": aim, "holds": holds},
                    ensure_ascii=False,
                )
                + "\n"
            )
    return failed
