"""Makes the cities of a million contracts: founded by commands, filled by SQL, kept between runs.

A loaded city is a data folder of purserd and keys.json. It is made anew when the schema, the reference data
or the loader have changed; the benchmark works on copies, the tests of plans only read. The rows have no
commands behind them, so that `purserd verify` is not run on these cities. They are kept beside the build
folders, one for all presets.
"""
import base64
import contextlib
import fcntl
import glob
import hashlib
import json
import os
import pwd
import shutil
import subprocess
import tempfile
import time

import rows
from city import City
from purser import ROOT, Key, node_hash, pb

LARGE = {"others": 810_000, "ours": 92_000, "raws": 75_000, "hots": 23_000}
HERE = os.path.dirname(os.path.abspath(__file__))
MORE_UNITS = {
    "501": "市档案馆",
    "502": "市地方志编纂办公室",
    "503": "市住房公积金管理中心",
    "504": "市公共资源交易中心",
}
BINDIR = subprocess.run(
    ["pg_config", "--bindir"], capture_output=True, text=True, check=True
).stdout.strip()


# --- where ---


def is_reachable(folder):
    """As root the database runs as another user, who must be able to pass."""
    while folder != "/":
        if not os.stat(folder).st_mode & 0o001:
            return False
        folder = os.path.dirname(folder)
    return True


def work_folder():
    """Where cities run: on the build folder's disk when PostgreSQL can live there, else a temporary one."""
    folder = os.path.join(os.environ["PURSER_BIN"], "bench", "work")
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    if len(folder) < 70 and (os.getuid() or is_reachable(os.path.abspath(folder))):
        return os.path.abspath(folder)
    return tempfile.mkdtemp(prefix="purser-bench-")


def _place(name):
    return os.path.join(os.path.dirname(os.path.abspath(os.environ["PURSER_BIN"])), "cities", name)


@contextlib.contextmanager
def alone():
    """With the kept cities: nobody else makes, copies or opens one meanwhile."""
    os.makedirs(_place(""), exist_ok=True)
    with open(_place("lock"), "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def copy(from_folder, to_folder):
    with alone():
        subprocess.run(["cp", "-a", "--reflink=auto", from_folder, to_folder], check=True)


def copied(kept):
    """A copy where PostgreSQL can live."""
    folder = tempfile.mkdtemp(prefix="purser-city-")
    os.chmod(folder, 0o755)
    copy(kept, os.path.join(folder, "city"))
    return os.path.join(folder, "city")


def _stamp_of(sizes):
    """A digest of whatever the loaded data depends on."""
    patterns = (
        "server/schema/*.sql",
        "server/reference/*.csv",
        "tests/bench/load*.sql",
        "tests/bench/rows.py",
    )
    digest = hashlib.sha256()
    for pattern in patterns:
        for path in sorted(glob.glob(os.path.join(ROOT, pattern))):
            with open(path, "rb") as f:
                digest.update(f.read())
    return f"{digest.hexdigest()} {rows.YEAR} {json.dumps(sizes)}"


# --- founded ---


def _open_next_year(city):
    year, last = rows.YEAR + 1, f"{rows.YEAR + 1}-03-31"
    steps = [
        pb.StepRow(step=step, open_date=f"{rows.YEAR}-01-01", due_date=last)
        for step in range(pb.CYCLE_STEP_U1, pb.CYCLE_STEP_D2 + 1)
    ]
    city.reviewer_1.do("CycleService/OpenCycle", year=year, catalogue_version="CN-2020", steps=steps)


def _departments(city):
    found = []
    for page in range(1, 9):
        listed = city.operator.get("UnitService/ListUnits", page_size=1000)
        found = [u for u in listed.units if len(u.id) == 3]
        if not listed.next_page_token or page:
            break
    return sorted((u.id, u.name) for u in found)


def found():
    """A founded city of sixty departments, each with clerk and approver; stopped. Its folder, and keys."""
    city = City(day=rows.FOUNDED, log_level="error")
    city.owns_folder = False
    try:
        city.add_units(**{f"u{code}": name for code, name in MORE_UNITS.items()})
        units = _departments(city)
        if len(units) != rows.DEPARTMENTS:
            raise SystemExit(f"bench: {len(units)} departments, not {rows.DEPARTMENTS}")
        _open_next_year(city)
        people = {name: getattr(city, name) for name in ("operator", "leader", "reviewer_1", "reviewer_2")}
        for unit, _ in units:
            people["clerk" + unit], people["approver" + unit] = city.clerk(unit), city.approver(unit)
        keys = {name: [p.who.person_id, p.key.seed.hex()] for name, p in people.items()}
        keys = {
            "people": keys,
            "units": units,
            "audience": city.audience,
            "vkey": city.vkey,
            "tls_name": city.tls_name,
            "ca_pem": city.ca_pem,
        }
        with open(os.path.join(city.folder, "keys.json"), "w", encoding="utf-8") as f:
            json.dump(keys, f)
    finally:
        city.close()
    return city.folder, keys


# --- loaded ---


class Loading:
    """PostgreSQL on a founded city's cluster, without purserd, tuned for loading."""

    def __init__(self, folder):
        self.data = os.path.join(folder, "data", "postgres", "postgres")
        self.user = pwd.getpwuid(os.stat(self.data).st_uid)
        self.socket = tempfile.mkdtemp(prefix="purser-load-")
        os.chown(self.socket, self.user.pw_uid, self.user.pw_gid)

    def _control(self, *words, is_needed=True):
        as_user = (
            {"user": self.user.pw_uid, "group": self.user.pw_gid, "extra_groups": []}
            if not os.getuid()
            else {}
        )
        subprocess.run(
            [f"{BINDIR}/pg_ctl", "-D", self.data, "-s", "-w", *words],
            check=is_needed,
            cwd="/",
            stdout=subprocess.DEVNULL,
            **as_user,
        )

    def __enter__(self):
        if os.path.exists(os.path.join(self.data, "postmaster.pid")):  # somebody was killed
            self._control("stop", "-m", "immediate", is_needed=False)
        options = {
            "listen_addresses": "",
            "unix_socket_directories": self.socket,
            "fsync": "off",
            "full_page_writes": "off",
            "wal_level": "minimal",
            "max_wal_senders": "0",
            "shared_buffers": "1GB",
            "max_wal_size": "8GB",
            "wal_recycle": "off",
            "checkpoint_timeout": "1h",
            "autovacuum": "off",
            "jit": "off",
            "log_min_messages": "error",
        }
        self._control(
            "start",
            "-l",
            os.path.join(self.socket, "log"),
            "-o",
            " ".join(f"-c {name}={value or chr(39) * 2}" for name, value in options.items()),
        )
        return self

    def __exit__(self, *_):
        self._control("stop", "-m", "fast")
        shutil.rmtree(self.socket)

    def psql(self, *words, text=None):
        done = subprocess.run(
            [
                f"{BINDIR}/psql",
                "-X",
                "-q",
                "-h",
                self.socket,
                "-U",
                "purser",
                "-d",
                "purser",
                "-v",
                "ON_ERROR_STOP=1",
                *words,
            ],
            input=text,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise SystemExit(f"bench: load: {done.stderr}")
        return done.stdout


def _tables_of_names(keys):
    """psql input that makes load_unit and load_supplier."""
    lines = [
        'CREATE UNLOGGED TABLE load_unit (d int PRIMARY KEY, id text COLLATE "C", name text, clerk text,'
        " approver text);",
        'CREATE UNLOGGED TABLE load_supplier (i int PRIMARY KEY, id text COLLATE "C", name text, type text);',
        "COPY load_unit FROM stdin;",
    ]
    for d, (unit, name) in enumerate(keys["units"]):
        clerk, approver = (keys["people"][role + unit][0] for role in ("clerk", "approver"))
        lines.append("\t".join((str(d), unit, name, clerk, approver)))
    lines += ["\\.", "COPY load_supplier FROM stdin;"]
    for i in range(rows.SUPPLIERS):
        kind, word = ("410", "服务有限公司") if i % 5 else ("310", "协会")
        lines.append("\t".join((str(i), rows.credit_code(i), f"防城港第{i + 1}{word}", kind)))
    return "\n".join(lines + ["\\.", ""])


def _sign_head(postgres, folder, audience):
    """The journal's head after load_around.sql: the root over the whole tree, in a note signed by its key."""
    size = int(postgres.psql("-At", "-c", "SELECT size FROM journal_head"))
    root = None
    for level in range(size.bit_length()):
        if size >> level & 1:
            at = (size >> level) - 1
            sql = f"SELECT encode(hash, 'hex') FROM journal_node WHERE level = {level} AND at = {at}"
            if level == 0:
                sql = f"SELECT encode(leaf_hash, 'hex') FROM journal_entry WHERE idx = {at}"
            left = bytes.fromhex(postgres.psql("-At", "-c", sql))
            root = node_hash(left, root) if root else left
    text = f"{audience}\n{size}\n{base64.b64encode(root).decode()}\n"
    with open(os.path.join(folder, "data", "journal.key"), encoding="ascii") as f:
        key = Key(bytes.fromhex(f.read().strip())[:32])
    note = key.note(audience, text).replace("'", "''")
    postgres.psql(
        text=f"UPDATE journal_head SET root = '\\x{root.hex()}', note = '{note}';"
        f" INSERT INTO journal_checkpoint (size, note) VALUES ({size}, '{note}');"
    )


def _load(folder, keys, sizes):
    numbers = {**sizes, "year": rows.YEAR, "entries": sum(sizes.values()) // 10}
    words = [w for name, value in numbers.items() for w in ("-v", f"{name}={value}")]
    for name in ("operator", "leader", "reviewer_1", "reviewer_2"):
        words += ["-v", f"{name}={keys['people'][name][0]}"]
    with Loading(folder) as postgres:
        postgres.psql(text=_tables_of_names(keys))
        postgres.psql(*words, "-f", os.path.join(HERE, "load_around.sql"))
        _sign_head(postgres, folder, keys["audience"])
        postgres.psql(*words, "-f", os.path.join(HERE, "load.sql"))
    os.sync()


def kept(name, sizes):
    """The folder of a loaded city that was kept and still fits, else None."""
    folder = _place(name)
    stamp = os.path.join(folder, "made-of")
    if not os.path.exists(stamp):
        return None
    with open(stamp, encoding="ascii") as f:
        return folder if f.read() == _stamp_of(sizes) else None


def snapshot(name, sizes, say, is_fresh=False):
    """The folder of a loaded city, made when there is none that fits. sizes: others, ours, raws, hots."""
    with alone():
        folder = None if is_fresh else kept(name, sizes)
        return folder or _make(name, sizes, say)


def _make(name, sizes, say):
    folder = _place(name)
    began = time.monotonic()
    shutil.rmtree(folder, ignore_errors=True)
    founded, keys = found()
    try:
        _load(founded, keys, sizes)
        shutil.move(founded, folder)
    finally:
        shutil.rmtree(founded, ignore_errors=True)
    with open(os.path.join(folder, "made-of"), "w", encoding="ascii") as f:
        f.write(_stamp_of(sizes))
    say(f"{sum(sizes.values()):,} contracts loaded in {time.monotonic() - began:.0f} s ({name})")
    return folder
