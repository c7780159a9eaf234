"""The benchmark: real purserd, signed commands, real sockets, beside PostgreSQL asked raw in the same run.

bench.py [--quick] [--rounds N]   prints a table and writes bench.jsonl beside the programs.

W1 signs a drafted contract, R1 gets one. Raw is pgbench on copies of the same tables in the same cluster:
statement by statement, and pipelined in one round trip. The commands are signed and the drafts are made
before the clock starts; after the writes the books are checked.
"""
import argparse
import json
import os
import statistics
import struct
import subprocess
import sys
import time
import uuid

from city import City
from purser import pb, path_of

RAW = os.path.join(os.path.dirname(os.path.abspath(__file__)), "raw")
LINES = 12
UNITS = ("203", "209", "234", "225")
GUARD = "91450600MA57000107"


def out(text=""):
    print(text, flush=True)


# --- the city and its drafts ---


class Bench:
    """A city with issued lines; makes drafts and the frames that sign and read them."""

    def __init__(self, folder, drafts):
        self.folder = folder
        self.city = City(log_level="error")
        self.drafts = drafts
        self.line_of_unit = {}
        self.signed = 0
        self.contracts = []

    def issue_lines(self):
        lines = []
        for i in range(LINES):
            unit = UNITS[i % len(UNITS)]
            lines.append((unit, *self.city.draft_line(unit, 90_000_000_000)))
        self.city.issued_lines(*lines)
        for unit, line, _ in lines:
            self.line_of_unit.setdefault(unit, []).append(line)
        self.city.today("2027-02-22")

    def frame(self, client, method, **fields):
        command = client.command(method, client.request(method, **fields))
        return pb.Call(command=command, signature=client.sign(command)).SerializeToString()

    def make_drafts(self):
        frames = []
        for i in range(self.drafts):
            unit = UNITS[i % len(UNITS)]
            line = self.line_of_unit[unit][i // len(UNITS) % len(self.line_of_unit[unit])]
            frames.append(
                self.frame(
                    self.city.clerk(unit),
                    "ContractService/CreateContract",
                    line_id=line,
                    supplier_id=GUARD,
                    contract_no=f"B{i}",
                    name=f"合同{i}",
                    amount_fen=1_000_00,
                    start_date="2027-03-01",
                    end_date="2027-12-31",
                    content="门卫",
                    quantity="1",
                    quality="良",
                    price_basis="中标价",
                    settlement=pb.SETTLEMENT_KIND_PERIODIC,
                    rights_duties="第五条",
                    breach="第九条",
                    is_attested=True,
                )
            )
        replies = self.load(frames, 64)[1]
        submits = []
        for i, reply in enumerate(replies):
            made = pb.CreateContractResponse.FromString(self.good(reply).body)
            submits.append(
                self.frame(
                    self.city.clerk(UNITS[i % len(UNITS)]),
                    "ContractService/SubmitContract",
                    contract_id=made.contract_id,
                    etag=made.etag,
                )
            )
        for i, reply in enumerate(self.load(submits, 64)[1]):
            unit = UNITS[i % len(UNITS)]
            sent = pb.SubmitContractResponse.FromString(self.good(reply).body)
            line = self.line_of_unit[unit][i // len(UNITS) % len(self.line_of_unit[unit])]
            self.contracts.append((sent.contract_id, sent.etag, unit, line))

    @staticmethod
    def good(reply):
        answer = pb.Reply.FromString(reply)
        if answer.status.code:
            raise SystemExit(f"bench: {answer.status.problems[0].text_en}")
        return answer

    def load(self, frames, clients):
        there, back = os.path.join(self.folder, "frames"), os.path.join(self.folder, "replies")
        with open(there, "wb") as f:
            for frame in frames:
                f.write(struct.pack("<I", len(frame)) + frame)
        program = os.path.join(os.environ["PURSER_BIN"], "tests", "purser_load")
        done = subprocess.run(
            [program, self.city.ipc[len("ipc://") :], there, back, str(clients)],
            capture_output=True,
            text=True,
            check=True,
        )
        replies, data = [], open(back, "rb").read()
        at = 0
        while at < len(data):
            (size,) = struct.unpack_from("<I", data, at)
            replies.append(data[at + 4 : at + 4 + size])
            at += 4 + size
        return json.loads(done.stdout), replies

    def w1(self, count, clients):
        """Signs the next `count` drafts; every answer must be good."""
        batch = self.contracts[self.signed : self.signed + count]
        self.signed += count
        frames = [
            self.frame(
                self.city.approver(unit),
                "ContractService/SignContract",
                contract_id=contract,
                etag=etag,
                line_id=line,
                signed_date="2027-02-22",
            )
            for contract, etag, unit, line in batch
        ]
        figures, replies = self.load(frames, clients)
        for reply in replies:
            self.good(reply)
        return figures

    def r1(self, count, clients):
        sessions = {}
        for unit in UNITS:
            client = self.city.clerk(unit)
            nonce = client.get("SessionService/GetChallenge").nonce
            opened = client.read(
                "SessionService/OpenSession",
                key_id=client.key.id,
                nonce=nonce,
                nonce_signature=client.key.sign("purser-session-v1", nonce),
            ).message
            sessions[unit] = opened.session
        frames = []
        for i in range(count):
            contract, _, unit, _ = self.contracts[i % len(self.contracts)]
            body = pb.GetContractRequest(contract_id=contract).SerializeToString()
            command = pb.Command(
                method=path_of("ContractService/GetContract"),
                request_id=uuid.uuid4().bytes,
                body=body,
                audience=self.city.audience,
            )
            frames.append(
                pb.Call(command=command.SerializeToString(), session=sessions[unit]).SerializeToString()
            )
        figures, replies = self.load(frames, clients)
        for reply in replies:
            self.good(reply)
        return figures


# --- PostgreSQL itself ---


class Raw:
    """pgbench on copies of the tables, in a schema of its own of the same cluster."""

    def __init__(self, bench):
        self.bench = bench
        with open(os.path.join(bench.city.folder, "data", "postgres.conninfo"), encoding="utf-8") as f:
            self.conninfo = f.read().strip()
        self.bindir = subprocess.run(
            ["pg_config", "--bindir"], capture_output=True, text=True, check=True
        ).stdout.strip()
        self.taken = 0

    def sql(self, text):
        done = subprocess.run(
            [
                f"{self.bindir}/psql",
                "-X",
                "-q",
                "-A",
                "-t",
                "-v",
                "ON_ERROR_STOP=1",
                self.conninfo,
                "-c",
                text,
            ],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise SystemExit(f"bench: {done.stderr}")
        return done.stdout.strip()

    def copy_tables(self):
        self.sql("DROP SCHEMA IF EXISTS raw CASCADE; CREATE SCHEMA raw")
        for table in (
            "contract",
            "contract_event",
            "contract_duty",
            "budget_line",
            "budget_hold",
            "supplier",
            "person",
            "person_key",
            "request",
            "journal_entry",
        ):
            self.sql(
                f"CREATE TABLE raw.{table} (LIKE public.{table} INCLUDING ALL);"
                f" INSERT INTO raw.{table} SELECT * FROM public.{table}; ANALYZE raw.{table}"
            )

    def run(self, script, count, clients):
        each = count // clients
        done = subprocess.run(
            [
                f"{self.bindir}/pgbench",
                "-n",
                "-M",
                "prepared",
                "-c",
                str(clients),
                "-j",
                "2",
                "-t",
                str(each),
                "-D",
                f"first={self.taken}",
                "-D",
                "n=0",
                "-D",
                f"each={each}",
                "-f",
                os.path.join(RAW, script),
                self.conninfo,
            ],
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "PGOPTIONS": "-c search_path=raw"},
        )
        if done.returncode:
            raise SystemExit(f"bench: {script}: {done.stderr}")
        if script.startswith("w1"):
            self.taken += each * clients
        words = dict(line.split(" = ", 1) for line in done.stdout.splitlines() if " = " in line)
        rate = float(words["tps"].split()[0])
        return {"rate": rate, "p50_us": float(words["latency average"].split()[0]) * 1000}


# --- rounds ---


def rate(figures):
    return figures["count"] * 1e6 / figures["wall_us"]


def check_books(bench, raw):
    signed = int(raw.sql("SELECT count(*) FROM public.contract WHERE state = 'SIGNED'"))
    wrong = int(
        raw.sql(
            "SELECT count(*) FROM public.budget_line l WHERE committed_fen <>"
            " (SELECT COALESCE(sum(held_fen), 0) FROM public.contract c WHERE c.line_id = l.id AND"
            " c.state = 'SIGNED')"
        )
    )
    if signed != bench.signed or wrong:
        raise SystemExit(
            f"bench: the books are wrong: {signed} signed, {bench.signed} answered, {wrong} lines off"
        )
    out(
        f"books: {signed} contracts signed = {bench.signed} answered, every line's commitment is the"
        f" sum of its contracts"
    )


def run_rounds(bench, raw, rounds, sizes):
    seen = {}
    for n in range(rounds):
        for clients in (1, 64):
            writes, reads = sizes[clients]
            figures = bench.w1(writes, clients)
            seen.setdefault(("W1 purser", clients), []).append(
                (rate(figures), figures["p50_us"], figures["p99_us"])
            )
            for name, script in (
                ("W1 raw, statement by statement", "w1.sql"),
                ("W1 raw, pipelined", "w1_pipelined.sql"),
            ):
                got = raw.run(script, writes, clients)
                seen.setdefault((name, clients), []).append((got["rate"], got["p50_us"], 0))
            figures = bench.r1(reads, clients)
            seen.setdefault(("R1 purser", clients), []).append(
                (rate(figures), figures["p50_us"], figures["p99_us"])
            )
            got = raw.run("r1.sql", reads, clients)
            seen.setdefault(("R1 raw, prepared select", clients), []).append((got["rate"], got["p50_us"], 0))
        out(f"round {n + 1} of {rounds} done")
    return seen


def report(seen, path):
    out()
    out(f"{'work':34} {'in flight':>9} {'per second':>11} {'spread':>17} {'p50 µs':>8} {'p99 µs':>8}")
    median = {}
    for (name, clients), runs in seen.items():
        rates = [r[0] for r in runs]
        median[name, clients] = statistics.median(rates)
        p99 = statistics.median(r[2] for r in runs)
        out(
            f"{name:34} {clients:9} {median[name, clients]:11.0f} {min(rates):8.0f}–{max(rates):8.0f}"
            f" {statistics.median(r[1] for r in runs):8.0f} {p99 or '–':>8}"
        )
    p50 = {k: statistics.median(r[1] for r in v) for k, v in seen.items()}
    figures = [
        (
            "W1 at 64 ÷ raw statement by statement",
            median["W1 purser", 64] / median["W1 raw, statement by statement", 64],
            "ratio",
            2.0,
            4.0,
        ),
        (
            "W1 at 64 ÷ raw pipelined",
            median["W1 purser", 64] / median["W1 raw, pipelined", 64],
            "ratio",
            1.2,
            2.0,
        ),
        (
            "R1 at 64 ÷ raw prepared select",
            median["R1 purser", 64] / median["R1 raw, prepared select", 64],
            "ratio",
            0.7,
            1.2,
        ),
        ("R1 at 1 − raw", p50["R1 purser", 1] - p50["R1 raw, prepared select", 1], "µs", 200, 100),
        ("W1 at 1 − raw pipelined", p50["W1 purser", 1] - p50["W1 raw, pipelined", 1], "µs", 550, 250),
    ]
    out()
    with open(path, "w", encoding="utf-8") as f:
        for name, value, unit, must, aim in figures:
            holds = value >= must if unit == "ratio" else value <= must
            f.write(
                json.dumps(
                    {
                        "name": name,
                        "value": round(value, 2),
                        "unit": unit,
                        "must": must,
                        "aim": aim,
                        "holds": holds,
                    },
                    ensure_ascii=False,
                )
                + "\n"
            )
            verdict = "holds" if holds else "DOES NOT HOLD"
            out(f"{name:40} {value:9.2f} {unit:6} must {must:g}, aim {aim:g}: {verdict}")


def main():
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--quick", action="store_true")
    words.add_argument("--rounds", type=int, default=0)
    args = words.parse_args()
    rounds = args.rounds or (2 if args.quick else 5)
    sizes = {1: (100, 500), 64: (512, 2048)} if args.quick else {1: (200, 2000), 64: (1024, 8192)}
    began = time.monotonic()
    folder = os.path.join(os.environ["PURSER_BIN"], "bench")
    os.makedirs(folder, exist_ok=True)
    bench = Bench(
        folder, 2 * rounds * (sizes[1][0] + sizes[64][0])
    )  # the two raw ways take one each of their copies
    try:
        bench.issue_lines()
        bench.make_drafts()
        raw = Raw(bench)
        raw.copy_tables()
        out(
            f"{bench.drafts} drafts on {LINES} lines made in {time.monotonic() - began:.0f} s; fsync"
            f" is {raw.sql('SHOW fsync')},"
            f" synchronous_commit {raw.sql('SHOW synchronous_commit')}, {os.cpu_count()} cores"
        )
        seen = run_rounds(bench, raw, rounds, sizes)
        check_books(bench, raw)
        code, text = bench.city.verify()
        out(text.strip())
        report(seen, os.path.join(os.environ["PURSER_BIN"], "bench.jsonl"))
        sys.exit(1 if code else 0)
    finally:
        bench.city.close()


if __name__ == "__main__":
    main()
