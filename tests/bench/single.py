"""What is measured once a run: resident memory, one-shot processes, replay, import."""
import base64
import collections
import hashlib
import json
import os
import shutil
import statistics
import subprocess
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor

import rows
from city import City
from founding import BINDIR
from purser import Connection, pb
from town import Sender, good

GUARD = "91450600MA57000107"


# --- resident memory of purserd ---


def _memory_mb(pid, field):
    with open(f"/proc/{pid}/status", encoding="ascii", errors="replace") as f:
        return next(int(line.split()[1]) for line in f if line.startswith(field)) / 1024


def _tls_clients(town, count):
    """Negotiated TLS connections that ask nothing, thirty-two from an address."""

    def open_one(i):
        return Connection(
            town.server.tls,
            ca_pem=town.names["ca_pem"],
            tls_name=town.tls_name,
            timeout=60,
            source=f"127.2.0.{1 + i // 32}",
        )

    with ThreadPoolExecutor(8) as pool:  # fewer than the server lets shake hands at once
        return list(pool.map(open_one, range(count)))


def _worst_frames(town):
    """(what, 64 frames, how they are refused) of what costs most: bytes, fields, messages, a long answer."""
    text = "采购需求按合同约定" * 75  # 2 kB
    rows_of = {
        "1 MB of text": [
            pb.SupplierRow(
                supplier_id=rows.credit_code(i + 5000), supplier_name="甲", supplier_type="410", note=text
            )
            for i in range(490)
        ],
        "20,000 fields": [
            pb.SupplierRow(supplier_id="9", supplier_name="甲", supplier_type="4", note="乙")
            for _ in range(3990)
        ],
        "20,000 messages": [pb.SupplierRow() for _ in range(19980)],
    }
    for what, them in rows_of.items():
        request = pb.ImportSuppliersRequest(rows=them)
        method = "SupplierService/ImportSuppliers"
        frames = [town.signed_frame("operator", method, request) for _ in range(64)]
        yield what, frames, "BAD_FIELD" if len(them) > 500 else ""  # the wire has 500 rows at most
    page = pb.ListContractsRequest(page_size=1000)
    frames = [town.asked_frame("leader", "ContractService/ListContracts", page) for _ in range(64)]
    yield "pages of 1,000", frames, ""


def memory(town, clients, say):
    """Megabytes: idle, with idle TLS clients, and the peak of 64 worst-case requests at once."""
    town.server.restart()
    town.reconnect()
    pid = town.server.process.pid
    found = {"idle": _memory_mb(pid, "VmRSS")}
    open_ones = _tls_clients(town, clients)
    if town.server.fds() < clients:
        raise SystemExit(f"bench: memory: the server holds {town.server.fds()} descriptors, not {clients}")
    found["tls"] = _memory_mb(pid, "VmRSS")
    for one in open_ones:
        one.close()
    town.server.restart()
    town.reconnect()
    pid, peaks = town.server.process.pid, {}
    for what, frames, refused in _worst_frames(town):
        with open(f"/proc/{pid}/clear_refs", "w", encoding="ascii") as f:
            f.write("5")  # the peak begins anew
        said = [pb.Reply.FromString(reply).status for reply in town.send(frames, 64)[1]]
        reasons = collections.Counter(s.problems[0].reason if s.problems else "OK" for s in said)
        if len(said) != 64 or set(reasons) - {refused or "OK", "BUSY"} or not reasons[refused or "OK"]:
            raise SystemExit(f"bench: memory: {what}: {dict(reasons)}")
        peaks[what] = (_memory_mb(pid, "VmHWM"), reasons)
    found["worst"] = max(mb for mb, _ in peaks.values())
    for what, (mb, reasons) in peaks.items():
        say(f"peak of 64 at once, {what}: {mb:.0f} MB; " + ", ".join(f"{n} {r}" for r, n in reasons.items()))
    return found


# --- one-shot processes ---


def _spawn_us(words, env):
    quiet = [(os.POSIX_SPAWN_OPEN, to, "/dev/null", os.O_WRONLY, 0) for to in (1, 2)]
    began = time.perf_counter()
    pid = os.posix_spawn(words[0], words, env, file_actions=quiet)
    _, status = os.waitpid(pid, 0)
    took = (time.perf_counter() - began) * 1e6
    if status:
        raise SystemExit(f"bench: {' '.join(words)} ended with {os.waitstatus_to_exitcode(status)}")
    return took


def _enrolled_home(town, unit):
    """A home where purser acts for a new clerk, over ipc."""
    home, code = tempfile.mkdtemp(prefix="purser-home-"), os.urandom(20)
    operator, leader = town.client("operator"), town.client("leader")
    operator.read("HealthService/Check")
    leader.ahead_us = operator.ahead_us
    proposed = operator.do(
        "UnitService/ProposePerson",
        person_name="单次",
        unit_id=unit,
        roles=[pb.ROLE_CLERK],
        invite_hash=hashlib.sha256(code).digest(),
        invite_expires_us=operator.now_us() + 86_400_000_000,
    )
    leader.do("PersonService/ConfirmPerson", person_id=proposed.person_id, etag=proposed.etag)
    fields = {
        "server": [town.server.ipc],
        "tls_name": town.tls_name,
        "ca": town.names["ca_pem"],
        "audience": town.names["audience"],
        "vkey": town.names["vkey"],
        "code": base64.b64encode(code).decode(),
    }
    invite = "purser1." + base64.urlsafe_b64encode(json.dumps(fields).encode()).decode().rstrip("=")
    env = {"PURSER_HOME": home, "PURSER_LANG": "en", "PATH": os.environ["PATH"]}
    subprocess.run(
        [os.path.join(os.environ["PURSER_BIN"], "purser"), "enroll", invite],
        env=env,
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    return home, env


def one_shot(town, plain, times):
    """Whole processes in turn: median µs of `purser contract get` and of `psql -c` for the same row."""
    contract = rows.contract_id(rows.YEAR, rows.FIRST_OTHER)
    home, env = _enrolled_home(town, town.units[rows.department_of(rows.FIRST_OTHER)])
    ours = [os.path.join(os.environ["PURSER_BIN"], "purser"), "contract", "get", contract]
    theirs = [
        f"{BINDIR}/psql",
        "-X",
        plain.conninfo,
        "-c",
        f"SELECT * FROM contract WHERE id = '{contract}'",
    ]
    took = {"purser": [], "psql": []}
    try:
        for _ in range(times):
            took["purser"].append(_spawn_us(ours, env))
            took["psql"].append(_spawn_us(theirs, {"PATH": os.environ["PATH"]}))
    finally:
        shutil.rmtree(home)
    return {name: statistics.median(them) for name, them in took.items()}


# --- import ---

IMPORTED = 10_000
HEADERS = (
    "项目编码,名称,服务内容,目录代码,功能科目,经济科目,数量,单价(元),申报数(元),资金来源,承接主体类型,"
    "采购方式,开始日期,结束日期,新增项目,依据"
)


def _lines_file(folder, year):
    """A department's budget of ten thousand lines, as a table program saves it."""
    path = os.path.join(folder, "预算.csv")
    with open(path, "w", encoding="utf-8-sig", newline="") as f:
        f.write(HEADERS + "\r\n")
        for n in range(1, IMPORTED + 1):
            amount = f"{n % 97 + 1}{n % 1000:03}.50"
            f.write(
                f"450600-{year}-P{n:05},校园安保服务第{n}标段,第{n}校区门卫值守、夜间巡逻和护学岗服务,"
                f"A0291,2050202,30227,12 个月,{amount},{amount},一般公共预算,410,公开招标,"
                f"{year}-03-01,{year}-12-31,否,部门职责；按上年合同价测算\r\n"
            )
    return path


def lines_import(town, plain, times):
    """Median seconds of the whole process `purser budget import FILE`; all lines must be there afterwards."""
    unit, year = town.units[0], rows.YEAR + 1
    home, env = _enrolled_home(town, unit)
    count = f"SELECT count(*) FROM budget_line WHERE year = {year} AND unit_id = '{unit}' AND round = 'U1'"
    ours = [os.path.join(os.environ["PURSER_BIN"], "purser"), "budget", "import", _lines_file(home, year)]
    took = []
    try:
        for _ in range(times):
            before = int(plain.sql(count))
            took.append(_spawn_us([*ours, "--year", str(year)], env) / 1e6)
            made = int(plain.sql(count)) - before
            if made != IMPORTED:
                raise SystemExit(f"bench: {made} lines after an import of {IMPORTED}")
    finally:
        shutil.rmtree(home)
    return statistics.median(took)


# --- replay ---

UNITS = ("203", "209", "234", "225", "204", "205", "206", "207", "208", "211", "212", "213")
LINES_A_UNIT = 10

DRAFT = {
    "contract_no": "B",
    "name": "合同",
    "amount_fen": 1000_00,
    "supplier_id": GUARD,
    "content": "门卫",
    "start_date": "2027-03-01",
    "end_date": "2027-12-31",
    "quantity": "1",
    "quality": "良",
    "price_basis": "中标价",
    "settlement": pb.SETTLEMENT_KIND_PERIODIC,
    "rights_duties": "第五条",
    "breach": "第九条",
    "is_attested": True,
}


class Journal:
    """A city whose every row came by a command: contracts drafted, submitted and signed, then replayed."""

    def __init__(self):
        self.city = City()
        self.sender = Sender(self.city, self.city.folder, self.city.tls_name, self.city.ca_pem)
        self.size = 0

    def _send(self, calls, reply):
        """calls: (client, method, fields). Returns the replies' messages."""
        self.city.operator.read("HealthService/Check")
        frames = []
        for client, method, fields in calls:
            client.ahead_us = self.city.operator.ahead_us
            command = client.command(method, client.request(method, **fields))
            frames.append(pb.Call(command=command, signature=client.sign(command)).SerializeToString())
        answers = good(self.sender.send(frames, 64)[1])
        self.size = max(a.receipt.tree_size for a in answers)
        return [reply.FromString(a.body) for a in answers]

    def fill(self, count):
        drafts = [
            (unit, *self.city.draft_line(unit, 9_000_000_000_00))
            for unit in UNITS
            for _ in range(LINES_A_UNIT)
        ]
        self.city.issued_lines(*drafts)
        self.city.today("2027-02-22")
        mine = [drafts[i % len(drafts)][:2] for i in range(count)]  # (unit, line)
        made = self._send(
            [
                (self.city.clerk(u), "ContractService/CreateContract", {**DRAFT, "line_id": line})
                for u, line in mine
            ],
            pb.CreateContractResponse,
        )
        sent = self._send(
            [
                (
                    self.city.clerk(u),
                    "ContractService/SubmitContract",
                    {"contract_id": m.contract_id, "etag": m.etag},
                )
                for (u, _), m in zip(mine, made)
            ],
            pb.SubmitContractResponse,
        )
        self._send(
            [
                (
                    self.city.approver(u),
                    "ContractService/SignContract",
                    {
                        "contract_id": m.contract_id,
                        "etag": m.etag,
                        "line_id": line,
                        "signed_date": "2027-02-22",
                    },
                )
                for (u, line), m in zip(mine, sent)
            ],
            pb.SignContractResponse,
        )

    def verify(self):
        """Entries a second, by the whole process; raises SystemExit when a row differs."""
        began = time.perf_counter()
        code, text = self.city.verify()
        took = time.perf_counter() - began
        if code:
            raise SystemExit(f"bench: verify: {text}")
        return self.size / took
