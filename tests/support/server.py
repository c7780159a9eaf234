"""A purserd of one's own for a test: started on its own addresses, peopled, counted, killed and stopped.

    server = fixture(lambda: Server())
    clerk = server().add("张三", "203", pb.ROLE_CLERK)
"""
import base64
import ctypes
import hashlib
import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time

from harness import program
from purser import Broken, Client, Connection, Key, pb


_libc = ctypes.CDLL(None)


def _die_with_us():
    """In the child: a test that is killed leaves no server behind (PR_SET_PDEATHSIG, SIGTERM)."""
    _libc.prctl(1, signal.SIGTERM, 0, 0, 0)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Invite:
    """purser1.<base64url of JSON>."""

    def __init__(self, text):
        head, _, data = text.strip().partition(".")
        if head != "purser1":
            raise Broken("not an invite")
        fields = json.loads(base64.urlsafe_b64decode(data + "=" * (-len(data) % 4)))
        self.servers, self.tls_name, self.ca_pem = fields["server"], fields["tls_name"], fields["ca"]
        self.audience, self.vkey = fields["audience"], fields["vkey"]
        self.code = base64.b64decode(fields["code"])


def enroll(conn, invite_code, audience, vkey, key=None, label="test"):
    """Enrols a new key by the bytes of an invite's code; returns its Client."""
    client = Client(conn, key or Key.new(), audience, vkey)
    client.who = client.do("UnitService/Enroll", public_key=client.key.public, invite_code=invite_code,
                           key_label=label)
    return client


class Server:
    """settings are purserd's: Server(per_address_max=1000) is --per-address-max 1000. Starts at once."""

    def __init__(self, folder=None, starts=True, **settings):
        self.owns_folder = folder is None
        self.folder = folder or tempfile.mkdtemp(prefix="purser-")
        os.chmod(self.folder, 0o755)  # the private database runs as another user when we are root
        self.ipc = f"ipc://{self.folder}/s"
        self.tcp = f"tcp://127.0.0.1:{free_port()}"
        self.tls = f"tls+tcp://127.0.0.1:{free_port()}"
        self.settings = settings
        self.process = None
        self._people = {}
        if starts:
            self.start()

    # --- its life ---

    def command(self, verb, *words):
        urls = ",".join((self.ipc, self.tcp, self.tls))
        flags = {"data": os.path.join(self.folder, "data"), "listen": urls, **self.settings}
        return [program("purserd"), verb, *words,
                *(x for name, value in flags.items() for x in (f"--{name.replace('_', '-')}", str(value)))]

    def start(self, wait_s=90):
        env = {k: v for k, v in os.environ.items() if not k.startswith("PURSER_")}
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(  # pylint: disable=consider-using-with
                self.command("dev"), stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=env,
                start_new_session=True, preexec_fn=_die_with_us)
        until = time.monotonic() + wait_s
        while True:
            if self.process.poll() is not None:
                raise RuntimeError(f"purserd ended with {self.process.returncode}:\n{self.log()[-3000:]}")
            try:
                self.health()
                return self
            except (OSError, ValueError):
                if time.monotonic() > until:
                    self.kill()
                    raise RuntimeError(f"purserd does not answer:\n{self.log()[-3000:]}") from None
                time.sleep(0.05)

    def _end(self, how, wait_s):
        """Ends it; a hang raises, and to SIGTERM a crash before it or a bad end."""
        process, self.process = self.process, None
        if process is None:
            return
        for person in self._people.values():
            person.conn.close()
        died = process.poll() is not None
        if not died:
            process.send_signal(how)
        try:
            process.wait(wait_s)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise RuntimeError(f"purserd did not stop within {wait_s} s:\n{self.log()[-3000:]}") from None
        if how == signal.SIGTERM and (died or process.returncode != 0):
            raise RuntimeError(f"purserd ended with {process.returncode}:\n{self.log()[-3000:]}")

    def stop(self, wait_s=40):
        self._end(signal.SIGTERM, wait_s)

    def kill(self):
        self._end(signal.SIGKILL, 10)

    def restart(self, kill=False):
        """People keep their keys; their connections are made anew."""
        (self.kill if kill else self.stop)()
        self.start()
        for person in self._people.values():
            person.conn = Connection(self.ipc)

    def close(self):
        try:
            self.stop()
        finally:
            if self.owns_folder:
                shutil.rmtree(self.folder, ignore_errors=True)

    # --- what can be seen of it ---

    @property
    def log_path(self):
        return os.path.join(self.folder, "log")

    def log(self):
        with open(self.log_path, encoding="utf-8", errors="replace") as f:
            return f.read()

    def fds(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def health(self, url=None):
        """HealthService/Check over a connection of its own."""
        conn = self.connect(url)
        try:
            return Client(conn, None, "").get("HealthService/Check")
        finally:
            conn.close()

    def verify(self, *words):
        """Replays the journal; (exit code, output)."""
        done = subprocess.run(self.command("verify", *words), stdin=subprocess.DEVNULL, capture_output=True,
                              text=True, check=False)
        return done.returncode, done.stdout + done.stderr

    # --- its people ---

    @property
    def invites(self):
        """The operator's and the leader's."""
        with open(os.path.join(self.folder, "data", "invites"), encoding="ascii") as f:
            return [Invite(line) for line in f.read().split()]

    @property
    def ca_pem(self):
        return self.invites[0].ca_pem

    @property
    def tls_name(self):
        return self.invites[0].tls_name

    @property
    def audience(self):
        return self.invites[0].audience

    @property
    def vkey(self):
        return self.invites[0].vkey

    def connect(self, url=None, **other):
        url = url or self.ipc
        if url.startswith("tls"):
            other = {"ca_pem": self.ca_pem, "tls_name": self.tls_name, **other}
        return Connection(url, **other)

    def client(self, key, url=None):
        return Client(self.connect(url), key, self.audience, self.vkey)

    def _first(self, which):
        if which not in self._people:
            invite = self.invites[which]
            self._people[which] = enroll(self.connect(), invite.code, invite.audience, invite.vkey)
        return self._people[which]

    @property
    def operator(self):
        return self._first(0)

    @property
    def leader(self):
        return self._first(1)

    def add(self, name, unit_id, *roles):
        """Proposed by the operator, confirmed by the leader, enrolled: the Client."""
        code = os.urandom(20)
        self.operator.read("HealthService/Check")  # the clock may have been set since the last reply
        expires_us = self.operator.now_us() + 86_400_000_000
        proposed = self.operator.do(
            "UnitService/ProposePerson", person_name=name, unit_id=unit_id, roles=roles,
            invite_hash=hashlib.sha256(code).digest(), invite_expires_us=expires_us)
        self.leader.do("PersonService/ConfirmPerson", person_id=proposed.person_id, etag=proposed.etag)
        person = enroll(self.connect(), code, self.audience, self.vkey)
        self._people[proposed.person_id] = person
        return person

    def add_units(self, **units):
        """add_units(u203="市教育局") imports unit 203 (agencies of the city's own division)."""
        rows = [pb.UnitRow(id=code.lstrip("u"), name=name, type="110", division="450600",
                           valid_from_date="2018-01-01") for code, name in units.items()]
        return self.operator.do("UnitService/ImportUnits", rows=rows)
