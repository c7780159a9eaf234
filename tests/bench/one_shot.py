"""What a process costs that asks once: purser over ipc, tcp and TLS beside psql; and a batch of gets.

one_shot.py [--times N] [--gets N]   on a city of its own; medians of processes that take turns.
On a busy machine `chrt -r 1` before it keeps the others away from all that it starts, the server included.
"""
import argparse
import base64
import hashlib
import json
import os
import re
import shutil
import statistics
import subprocess
import tempfile
import time

from city import City
from founding import BINDIR
from harness import program
from purser import pb
from report import out
from single import DRAFT

QUIET = [(os.POSIX_SPAWN_OPEN, 1, "/dev/null", os.O_WRONLY, 0)]


def _spawned(words, env):
    """(ms from spawn to exit, ms of processor, page faults)."""
    began = time.perf_counter()
    pid = os.posix_spawn(words[0], words, env, file_actions=QUIET)
    _, status, used = os.wait4(pid, 0)
    took = (time.perf_counter() - began) * 1e3
    if status:
        raise SystemExit(f"{' '.join(words)} ended with {os.waitstatus_to_exitcode(status)}")
    return took, (used.ru_utime + used.ru_stime) * 1e3, used.ru_minflt


def _system_calls(words, env):
    """(system calls, threads) of a process, as strace counts them."""
    done = subprocess.run(
        ["strace", "-f", "-qq", *words],
        env=env,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        check=True,
    )
    calls = re.findall(r"^(?:\[pid +\d+\] )?([a-z_0-9]+)\(", done.stderr, re.M)
    return len(calls), 1 + sum(call in ("clone", "clone3") for call in calls)


class Office:
    """A city with one contract, and a clerk's home for each way to the server."""

    def __init__(self):
        self.city = City()
        line = self.city.issued_line("203", 9_000_000_00)
        self.city.today("2027-02-22")
        self.city.operator.read("HealthService/Check")
        clerk = self.city.clerk("203")
        clerk.ahead_us = self.city.leader.ahead_us = self.city.operator.ahead_us
        self.contract = clerk.do("ContractService/CreateContract", line_id=line, **DRAFT).contract_id
        urls = {"ipc": self.city.ipc, "tcp": self.city.tcp, "tls": self.city.tls}
        self.envs = {way: self._enrolled(way, url) for way, url in urls.items()}
        with open(os.path.join(self.city.folder, "data", "postgres.conninfo"), encoding="utf-8") as f:
            self.conninfo = f.read().strip()

    def _enrolled(self, way, url):
        code = os.urandom(20)
        proposed = self.city.operator.do(
            "UnitService/ProposePerson",
            person_name=f"经办{way}",
            unit_id="203",
            roles=[pb.ROLE_CLERK],
            invite_hash=hashlib.sha256(code).digest(),
            invite_expires_us=self.city.operator.now_us() + 86_400_000_000,
        )
        self.city.leader.do(
            "PersonService/ConfirmPerson", person_id=proposed.person_id, etag=proposed.etag
        )
        fields = {
            "server": [url],
            "tls_name": self.city.tls_name,
            "ca": self.city.ca_pem,
            "audience": self.city.audience,
            "vkey": self.city.vkey,
            "code": base64.b64encode(code).decode(),
        }
        invite = "purser1." + base64.urlsafe_b64encode(json.dumps(fields).encode()).decode().rstrip("=")
        home = tempfile.mkdtemp(prefix="purser-home-")
        env = {"PURSER_HOME": home, "PURSER_LANG": "en", "PATH": os.environ["PATH"]}
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        subprocess.run([program("purser"), "enroll", invite], env=env, check=True, **quiet)
        return env

    def ways(self):
        """{what: (words, environment)}"""
        get = [program("purser"), "contract", "get", self.contract]
        plain = {"PATH": os.environ["PATH"]}
        select = f"SELECT * FROM contract WHERE id = '{self.contract}'"
        return {
            "psql -c": ([f"{BINDIR}/psql", "-X", self.conninfo, "-c", select], plain),
            "true": (["/bin/true"], plain),
            "purser version": ([program("purser"), "version"], self.envs["ipc"]),
            **{f"contract get, {way}": (get, env) for way, env in self.envs.items()},
        }

    def close(self):
        for env in self.envs.values():
            shutil.rmtree(env["PURSER_HOME"])
        self.city.close()


def _processes(office, times):
    took = {what: [] for what in office.ways()}
    for _ in range(times):
        for what, (words, env) in office.ways().items():
            took[what].append(_spawned(words, env))
    yardstick = statistics.median(t[0] for t in took["psql -c"])
    out("| process | ms | ÷ psql | ms of processor | page faults | system calls | threads |")
    out("|---|---:|---:|---:|---:|---:|---:|")
    for what, (words, env) in office.ways().items():
        ms, cpu_ms, faults = (statistics.median(column) for column in zip(*took[what]))
        calls, threads = _system_calls(words, env)
        times_psql = ms / yardstick
        out(f"| `{what}` | {ms:.1f} | {times_psql:.2f} | {cpu_ms:.1f} | {faults:.0f} | {calls} | {threads} |")


def _gets(office, count):
    """The same gets as processes of their own and as lines of a batch; each three times, medians."""
    out(f"\n| {count} gets | one by one, s | batch, s | ÷ |\n|---|---:|---:|---:|")
    get = ["contract", "get", office.contract, "-o", "jsonl"]
    for way in ("ipc", "tls"):
        env, single, batch = office.envs[way], [], []
        path = os.path.join(env["PURSER_HOME"], "lines")
        with open(path, "w", encoding="ascii") as f:
            f.write((" ".join(get) + "\n") * count)
        for _ in range(3):
            began = time.perf_counter()
            for _ in range(count):
                _spawned([program("purser"), *get], env)
            single.append(time.perf_counter() - began)
            batch.append(_spawned([program("purser"), "batch", path], env)[0] / 1e3)
        one, all_at_once = statistics.median(single), statistics.median(batch)
        out(f"| {way} | {one:.2f} | {all_at_once:.2f} | {one / all_at_once:.0f} |")


def main():
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--times", type=int, default=100)
    words.add_argument("--gets", type=int, default=100)
    args = words.parse_args()
    office = Office()
    try:
        _processes(office, args.times)
        _gets(office, args.gets)
    finally:
        office.close()


if __name__ == "__main__":
    main()
