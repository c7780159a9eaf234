"""A proxy in front of PostgreSQL that knows what passes: it cuts or holds a connection at a chosen statement.

    proxy = Proxy(socket_path)
    proxy.trap("COMMIT", "after")     # the next COMMIT is done, its answer never arrives
    proxy.conninfo("purser")

Traps: "before" cuts instead of passing the statement on; "after" passes it on, waits until PostgreSQL has
done it and cuts; "race" passes it on and cuts at once; "hold" lets nothing through until release().
"""
import socket
import struct
import threading
import time

DONE_WAIT_S = 5.0


class Trap:
    """Springs at the nth statement that holds the words; one that shuts lets nobody in again."""

    def __init__(self, words, how, nth=1, shuts=False):
        self.words, self.how, self.nth, self.shuts = words, how, nth, shuts
        self.sprung = threading.Event()


class _Link:
    """One connection: what the client sends is read message by message, what comes back is passed on."""

    def __init__(self, proxy, client):
        self.proxy, self.client = proxy, client
        self.server = socket.socket(socket.AF_UNIX)
        self.server.connect(proxy.upstream)
        self.texts = {}
        self.held = threading.Event()
        self.held.set()
        self.is_mute = False
        self.seen = b""
        self.lock = threading.Lock()

    def close(self):
        for s in (self.client, self.server):
            try:
                s.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def _exactly(self, count):
        got = b""
        while len(got) < count:
            more = self.client.recv(count - len(got))
            if not more:
                raise ConnectionError
            got += more
        return got

    def _message(self):
        """One message of the frontend after the start: (kind, whole bytes)."""
        head = self._exactly(5)
        (length,) = struct.unpack(">I", head[1:])
        return head[:1], head + self._exactly(length - 4)

    def _statement(self, kind, message):
        """The text that this message executes, if it is one."""
        if kind == b"P":
            name, text = message[5:].split(b"\0")[:2]
            self.texts[name] = text.decode()
        elif kind == b"Q":
            return message[5:].rstrip(b"\0").decode()
        elif kind == b"B":
            return self.texts.get(message[5:].split(b"\0")[1])
        return None

    def _wait_done(self):
        """PostgreSQL says that it has done what was asked; nobody hears it."""
        until = time.monotonic() + DONE_WAIT_S
        while time.monotonic() < until:
            with self.lock:
                if b"COMMIT\0" in self.seen or b"INSERT" in self.seen:
                    return
            time.sleep(0.002)

    def _spring(self, trap, message):
        if trap.shuts:
            self.proxy.is_open = False
        if trap.how == "hold":
            self.proxy.holding.append(self)
            trap.sprung.set()
            self.held.clear()
            self.held.wait()
            self.server.sendall(message)
            return
        if trap.how != "before":
            self.is_mute = True
            rest = message + b"".join(self._message()[1] for _ in range(3))  # describe, execute, sync
            self.server.sendall(rest)
            if trap.how == "after":
                self._wait_done()
        trap.sprung.set()
        raise ConnectionError

    def forward(self):
        """The client's side."""
        try:
            (length,) = struct.unpack(">I", self._exactly(4))
            self.server.sendall(struct.pack(">I", length) + self._exactly(length - 4))
            while True:
                kind, message = self._message()
                text = self._statement(kind, message)
                trap = self.proxy.trap_for(text) if text else None
                if trap:
                    self._spring(trap, message)
                else:
                    self.server.sendall(message)
        except OSError:
            self.close()

    def backward(self):
        """PostgreSQL's side."""
        try:
            while True:
                more = self.server.recv(65536)
                if not more:
                    break
                if self.is_mute:
                    with self.lock:
                        self.seen += more
                else:
                    self.client.sendall(more)
        except OSError:
            pass
        self.close()


class Proxy:
    """Listens on a TCP port of the loopback; passes to PostgreSQL's Unix socket."""

    def __init__(self, upstream):
        self.upstream = upstream
        self.traps, self.links, self.holding = [], [], []
        self.is_open = True  # otherwise every connection is cut at once
        self.lock = threading.Lock()
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def conninfo(self, dbname):
        return (f"host=127.0.0.1 port={self.port} user=purser dbname={dbname}"
                " sslmode=disable gssencmode=disable")

    def _accept(self):
        while True:
            try:
                client, _ = self.socket.accept()
            except OSError:
                return
            try:
                if not self.is_open:
                    raise ConnectionError
                link = _Link(self, client)
            except OSError:
                client.close()
                continue
            self.links.append(link)
            for side in (link.forward, link.backward):
                threading.Thread(target=side, daemon=True).start()

    def trap(self, words, how, **other):
        trap = Trap(words, how, **other)
        with self.lock:
            self.traps.append(trap)
        return trap

    def trap_for(self, text):
        with self.lock:
            for trap in self.traps:
                if trap.words in text:
                    trap.nth -= 1
                    if trap.nth == 0:
                        self.traps.remove(trap)
                        return trap
        return None

    def release(self):
        for link in self.holding:
            link.held.set()
        self.holding.clear()

    def cut(self):
        """Every connection there is."""
        for link in self.links:
            link.held.set()
            link.close()
        self.links.clear()

    def close(self):
        self.is_open = False
        self.socket.close()
        self.cut()
