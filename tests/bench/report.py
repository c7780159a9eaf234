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
        found = [r[field] for r in self.runs.get(key, []) if r[field] is not None]
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
        slow = seen.median(key, "p99_us")
        out(
            f"{work + ' ' + how:34} {clients:6} {rate:7.0f} {spread:>17} {seen.median(key, 'p50_us'):9.0f}"
            f" {'–' if slow is None else f'{slow:.0f}':>9} {seen.cpu(key, 'purserd_us'):9.0f}"
            f" {seen.cpu(key, 'postgres_us'):9.0f} {seen.cpu(key, 'cpu_us'):8.0f}"
        )


def _ratio(above, below):
    return above / below if above and below else None


def _less(from_, what):
    return from_ - what if from_ is not None and what is not None else None


def _neighbours(seen, work):
    """How much longer a million take: the median over the turns, each beside its neighbour."""
    pairs = list(zip(seen.rates((work, "10,000", 64)), seen.rates((work, "1,000,000", 64))))
    return statistics.median(small / large for small, large in pairs) if pairs else None


def figures(seen, once):
    """(name, value, unit, must, aim, whether more is better) as promised; once: figures measured once."""
    ipc = "purserd, ipc"
    w1, r1 = seen.rate("W1", ipc, 64), seen.rate("R1", ipc, 64)
    w1_alone, r1_alone = (seen.median((work, ipc, 1), "p50_us") for work in ("W1", "R1"))
    r3 = seen.median(("R3", ipc, 1), "p50_us") if seen.rate("R1", "1,000,000", 64) else None
    raw = {how: seen.best_rate("W1", how, 64) for how in (STATEMENTS, PIPELINED)}
    hot = _ratio(seen.rate("hot W1", ipc, 64), seen.best_rate("hot W1", STATEMENTS, 64))
    many, memory = " ÷ raw PostgreSQL ", "purserd resident memory: "
    return (
        (
            f"W1 at 64 in flight{many}statement by statement",
            _ratio(w1, raw[STATEMENTS]),
            *("ratio", 2, 4, True),
        ),
        (
            f"W1 at 64 in flight{many}pipelined, one round trip",
            _ratio(w1, raw[PIPELINED]),
            *("ratio", 1.2, 2, True),
        ),
        (
            f"R1 at 64 in flight{many}prepared select on 64 connections",
            _ratio(r1, seen.best_rate("R1", SELECT, 64)),
            *("ratio", 0.7, 1.2, True),
        ),
        (
            "R1 latency at 1 in flight over ipc − raw libpq",
            _less(r1_alone, seen.best_p50("R1", SELECT, 1)),
            *("µs", 200, 100, False),
        ),
        *(
            (
                f"1,000,000 contracts ÷ 10,000 contracts, time per {work}",
                _neighbours(seen, work),
                *("ratio", 1.3, 1.1, False),
            )
            for work in ("W1", "R1", "R2")
        ),
        ("R3 over 1,000,000 contracts", r3 and r3 / 1000, "ms", 20, 5, False),
        (
            f"all 64 on one hot line: W1{many}statement by statement on the same line",
            hot,
            *("ratio", 4, 15, True),
        ),
        (
            "W1 at 1 in flight − raw PostgreSQL, one round trip",
            _less(w1_alone, seen.best_p50("W1", PIPELINED, 1)),
            *("µs", 550, 250, False),
        ),
        (
            "one-shot purser contract get over ipc, whole process ÷ psql -c",
            _ratio(once.get("purser"), once.get("psql")),
            *("ratio", 1, 0.4, False),
        ),
        (f"{memory}idle", once.get("idle"), "MB", 32, 16, False),
        (f"{memory}1,000 idle TLS clients", once.get("tls"), "MB", 96, 48, False),
        (f"{memory}64 worst-case requests at once", once.get("worst"), "MB", 256, 128, False),
        (
            "purserd verify replay in waves, signatures checked",
            once.get("verify"),
            *("entries/s", 4000, 20000, True),
        ),
        ("import of 10,000 budget lines from CSV", once.get("import"), "s", 5, 1, False),
    )


def _line(name, value, unit, must, aim, is_more):
    """The figure as bench.jsonl has it."""
    holds = value is not None and (value >= must if is_more else value <= must)
    value = None if value is None else round(value, 3)
    return {"name": name, "value": value, "unit": unit, "must": must, "aim": aim, "holds": holds}


def _word(line, is_more):
    value, aim = line["value"], line["aim"]
    if value is None:
        return "not measured"
    if not line["holds"]:
        return "DOES NOT HOLD"
    return "holds, and the aim" if (value >= aim if is_more else value <= aim) else "holds"


def write(seen, once, path):
    """Prints and writes the figures; returns how many musts do not hold, how many are not measured."""
    lines = []
    out()
    out(f"{'figure':88} {'value':>9} {'unit':9} {'must':>7} {'aim':>7}")
    for figure in figures(seen, once):
        line, is_more = _line(*figure), figure[-1]
        lines.append(line)
        value, sign = line["value"], "≥" if is_more else "≤"
        shown = "–" if value is None else f"{value:.2f}" if abs(value) < 100 else f"{value:.0f}"
        out(
            f"{line['name']:88} {shown:>9} {line['unit']:9} {sign}{line['must']:>6g} {sign}{line['aim']:>6g}"
            f"  {_word(line, is_more)}"
        )
    with open(path, "w", encoding="utf-8") as f:
        f.writelines(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    unmeasured = sum(line["value"] is None for line in lines)
    return sum(not line["holds"] for line in lines) - unmeasured, unmeasured
