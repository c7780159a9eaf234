"""A loaded city under load: its server, signed frames of W1, W2, R1, R2 and R3, and what sending costs."""
import json
import os
import random
import struct
import subprocess
import time
import uuid

import founding
import rows
from purser import Client, Connection, Key, check_receipt, path_of, pb
from server import Server

TICK_US = 1_000_000 // os.sysconf("SC_CLK_TCK")


def program(name):
    return os.path.join(os.environ["PURSER_BIN"], "tests", name)


# --- processor time, from /proc/PID/stat ---


def _stat(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as f:
        return f.read().rpartition(")")[2].split()


def _own_us(pid):
    fields = _stat(pid)
    return (int(fields[11]) + int(fields[12])) * TICK_US


def children(pid):
    found = []
    for task in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{task}/children", encoding="ascii") as f:
            found += [int(child) for child in f.read().split()]
    return found


class Sender:
    """Sends frames to a server of ours and keeps the account; folder is for frames and replies."""

    def __init__(self, server, folder, tls_name, ca_pem):
        self.server, self.folder, self.tls_name = server, folder, tls_name
        with open(os.path.join(folder, "ca.pem"), "w", encoding="ascii") as f:
            f.write(ca_pem)

    def postmaster(self):
        with open(
            os.path.join(self.server.folder, "data", "postgres", "postgres", "postmaster.pid"),
            encoding="ascii",
        ) as f:
            return int(f.readline())

    def cpu_us(self):
        """What purserd and PostgreSQL have used so far, each with those of its children that have ended."""
        postmaster = self.postmaster()
        while True:
            try:
                backends = sum(_own_us(p) for p in children(postmaster))
                postgres = backends + sum(int(x) for x in _stat(postmaster)[11:15]) * TICK_US
                return _own_us(self.server.process.pid), postgres
            except (FileNotFoundError, ProcessLookupError):  # a backend ended between two looks
                time.sleep(0.02)

    def send(self, frames, clients, over="ipc", group=1, limit_ms=60_000):
        """Sends them; returns purser_load's figures with purserd_us and postgres_us, and the replies."""
        there, back = os.path.join(self.folder, "frames"), os.path.join(self.folder, "replies")
        with open(there, "wb") as f:
            for frame in frames:
                f.write(struct.pack("<I", len(frame)) + frame)
        words = [program("purser_load"), "-c", str(clients), "-g", str(group), "-t", str(limit_ms)]
        if over == "ipc":
            words += [self.server.ipc[len("ipc://") :], there, back]
        else:
            words += [
                self.server.tls[len("tls+tcp://") :],
                there,
                back,
                os.path.join(self.folder, "ca.pem"),
                self.tls_name,
            ]
        return self.measure(words), _replies(back)

    def measure(self, words):
        """Runs purser_load or purser_raw; its figures, with what purserd and PostgreSQL used meanwhile."""
        with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as run:
            run.stdout.readline()
            before = self.cpu_us()
            run.stdin.write("\n")
            run.stdin.flush()
            said = run.stdout.readline()
            after = self.cpu_us()
        if run.returncode or not said:
            raise SystemExit(f"bench: {words[0]} ended with {run.returncode}")
        figures = json.loads(said)
        figures["purserd_us"], figures["postgres_us"] = (b - a for a, b in zip(before, after))
        return figures


class Town(Sender):
    """A copy of a loaded city, running."""

    def __init__(self, kept, folder, sizes, under=(), settings=None):
        """under: words before purserd, such as valgrind's. settings: other than purserd's defaults."""
        founding.copy(kept, folder)
        self.sizes = sizes
        with open(os.path.join(folder, "keys.json"), encoding="utf-8") as f:
            self.names = json.load(f)
        self.units = [unit for unit, _ in self.names["units"]]
        self.server = Server(folder, starts=False, idle_ms=600000, **(settings or {}))
        plain = self.server.command
        self.server.command = lambda verb, *words: [*under, *plain(verb, *words)]
        super().__init__(self.server, folder, self.names["tls_name"], self.names["ca_pem"])
        self._clients = {}
        self.server.start()
        self.conn = Connection(self.server.ipc)
        self.client("operator").read("HealthService/Check")
        self.next = {"ours": rows.FIRST_OURS, "raws": rows.FIRST_RAW, "hots": rows.FIRST_HOT}
        self.signed = {"ours": 0, "raws": 0, "hots": 0, "hot raws": 0}
        self.accepted = 0  # entries that the journal must have got since the start
        self._sessions = {}

    def close(self):
        self.conn.close()
        self.server.stop()

    def reconnect(self):
        """After the server was started anew."""
        self.conn = Connection(self.server.ipc)
        for client in self._clients.values():
            client.conn = self.conn
        self._sessions = {}
        self.client("operator").read("HealthService/Check")

    # --- its people ---

    def client(self, name):
        if name not in self._clients:
            seed = bytes.fromhex(self.names["people"][name][1])
            self._clients[name] = Client(self.conn, Key(seed), self.names["audience"])
        return self._clients[name]

    def person_id(self, name):
        return self.names["people"][name][0]

    def session(self, name):
        """A session of that person; opened once."""
        if name not in self._sessions:
            client = self.client(name)
            nonce = client.get("SessionService/GetChallenge").nonce
            opened = client.get(
                "SessionService/OpenSession",
                key_id=client.key.id,
                nonce=nonce,
                nonce_signature=client.key.sign("purser-session-v1", nonce),
            )
            self._sessions[name] = opened.session
        return self._sessions[name]

    # --- frames, signed before any clock starts ---

    def signed_frame(self, name, method, request):
        client = self.client(name)
        client.ahead_us = self.client("operator").ahead_us
        command = client.command(method, request)
        return pb.Call(command=command, signature=client.sign(command)).SerializeToString()

    def asked_frame(self, name, method, request):
        command = pb.Command(
            method=path_of(method),
            request_id=uuid.uuid4().bytes,
            body=request.SerializeToString(),
            audience=self.names["audience"],
        )
        return pb.Call(command=command.SerializeToString(), session=self.session(name)).SerializeToString()

    def sign_frames(self, pool, count):
        """W1 for the next drafts of a pool ("ours" or "hots")."""
        self.client("operator").read("HealthService/Check")  # what o'clock it is there
        for n in range(self.next[pool], self.next[pool] + count):
            unit = self.units[rows.department_of(n)]
            yield self.signed_frame(
                "approver" + unit,
                "ContractService/SignContract",
                pb.SignContractRequest(
                    contract_id=rows.contract_id(rows.YEAR, n),
                    etag="2",
                    signed_date=rows.SIGNED,
                    line_id=rows.line_id(rows.YEAR, unit, rows.line_of(n)),
                ),
            )

    def submit_frames(self, budgets):
        """W2 for the first budgets of next year, line by line."""
        self.client("operator").read("HealthService/Check")
        for budget in range(budgets):
            department, lines = rows.budget_lines(budget)
            unit = self.units[department]
            for seq in lines:
                yield self.signed_frame(
                    "clerk" + unit,
                    "BudgetService/SubmitBudget",
                    pb.SubmitBudgetRequest(budget_id=rows.line_id(rows.YEAR + 1, unit, seq), etag="1"),
                )

    def get_frames(self, count, seed, alone=True):
        """R1: any contract, asked for by its department's clerk; not alone: with the rows below it."""
        for year, n in rows.any_contracts(self.sizes, count, seed):
            yield self.asked_frame(
                "clerk" + self.units[rows.department_of(n)],
                "ContractService/GetContract",
                pb.GetContractRequest(contract_id=rows.contract_id(year, n), alone=alone),
            )

    def warm_up(self):
        """As after some hours of work: what is asked for is in memory, and each connection has seen it."""
        frames = list(self.get_frames(min(self.sizes["others"], 300_000), 1000))  # a seed of its own
        for _ in range(3):
            self.read(frames, 64)
        self.w1(1000, 64)

    def list_frames(self, count, seed):
        """R2: the first page of fifty of a department's contracts."""
        dice = random.Random(seed)
        for _ in range(count):
            yield self.asked_frame(
                "clerk" + dice.choice(self.units),
                "ContractService/ListContracts",
                pb.ListContractsRequest(page_size=50),
            )

    def statistics_frames(self, count, seed):
        """R3: a year's statistics by department and by category, in turn."""
        for i in range(count):
            year = rows.YEARS[(i + seed) // 2 % len(rows.YEARS)]
            by = (pb.STATISTICS_BY_UNIT, pb.STATISTICS_BY_CATEGORY)[i % 2]
            yield self.asked_frame(
                "leader",
                "ReportService/GetStatistics",
                pb.GetStatisticsRequest(from_date=f"{year}-01-01", to_date=f"{year}-12-31", by=by),
            )

    # --- sent ---

    def w1(self, count, clients, pool="ours", **how):
        """Signs drafts; every answer must be good, and some receipts are proved. Returns figures."""
        frames = list(self.sign_frames(pool, count))
        figures, replies = self.send(frames, clients, **how)
        answers = good(replies)
        if len(answers) != figures["count"]:
            raise SystemExit(f"bench: {len(answers)} answers, {figures['count']} counted")
        self.next[pool] += len(answers)
        self.signed[pool] += len(answers)
        self.accepted += len(answers)
        self.prove(frames, answers)
        return figures

    def prove(self, frames, answers, some=10):
        """Checks a few receipts: the checkpoint's signature, and the way from the entry to its root."""
        for i in random.Random(len(frames)).sample(range(len(answers)), min(some, len(answers))):
            call = pb.Call.FromString(frames[i])
            check_receipt(call.command, call.signature, answers[i], self.names["vkey"])

    def w2(self, budgets, clients, **how):
        frames = list(self.submit_frames(budgets))
        figures, replies = self.send(frames, clients, group=rows.BUDGET_LINES, **how)
        self.prove(frames, good(replies))
        self.accepted += len(replies)
        return figures

    def read(self, frames, clients, **how):
        figures, replies = self.send(frames, clients, **how)
        good(replies)
        return figures


def good(replies):
    """All of them must be OK; returns them parsed."""
    answers = [pb.Reply.FromString(reply) for reply in replies]
    for answer in answers:
        if answer.status.code:
            raise SystemExit(f"bench: {answer.status.problems[0].text_en or answer.status}")
    return answers


def _replies(path):
    with open(path, "rb") as f:
        data = f.read()
    found, at = [], 0
    while at < len(data):
        (size,) = struct.unpack_from("<I", data, at)
        found.append(data[at + 4 : at + 4 + size])
        at += 4 + size
    return found
