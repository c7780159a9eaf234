"""A server in a test's hand: SP replies over ipc, an honest journal of its own, and lies on demand.

    fake = FakeServer({"BudgetService/GetBudget": lambda q: pb.GetBudgetResponse(…)})
    fake.invite                     # for `purser enroll`
    fake.tamper = lambda reply: …   # changes what is sent after the journal has been written
"""
import base64
import ctypes
import hashlib
import json
import os
import shutil
import socket
import struct
import tempfile
import threading
import time

from purser import HELLO_REP, HELLO_REQ, Key, leaf_hash, node_hash, pb, path_of, _methods, _sodium


def root_of(leaves):
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    k = 1 << (len(leaves) - 1).bit_length() - 1
    return node_hash(root_of(leaves[:k]), root_of(leaves[k:]))


def inclusion(leaves, index):
    if len(leaves) == 1:
        return []
    k = 1 << (len(leaves) - 1).bit_length() - 1
    if index < k:
        return inclusion(leaves[:k], index) + [root_of(leaves[k:])]
    return inclusion(leaves[k:], index - k) + [root_of(leaves[:k])]


def consistency(leaves, size, whole=True):
    if size == len(leaves):
        return [] if whole else [root_of(leaves)]
    k = 1 << (len(leaves) - 1).bit_length() - 1
    if size <= k:
        return consistency(leaves[:k], size, whole) + [root_of(leaves[k:])]
    return consistency(leaves[k:], size - k, False) + [root_of(leaves[:k])]


class Refusal(Exception):
    """Raised by a handler: the status it answers with."""

    def __init__(self, code, **problem):
        super().__init__(problem.get("reason", ""))
        self.status = pb.Status(code=code, problems=[pb.Problem(**problem)] if problem else [])


class FakeServer:
    """handlers: {"Service/Method": function of the request, returning the response or raising Refusal}."""

    audience = "purser/450600"

    def __init__(self, handlers=None):
        self.folder = tempfile.mkdtemp(prefix="purser-fake-")
        self.url = f"ipc://{self.folder}/s"
        self.key = Key.new()
        self.handlers = dict(handlers or {})
        self.leaves, self.answered, self.calls = [], {}, []
        self.tamper = lambda reply: None
        self.extension = "epoch 1"
        self.ahead_us = 0
        self.known_tree_size = 0  # as the last call said
        self.is_silent = False  # takes requests and answers nothing
        self.lock = threading.Lock()
        self.listener = None
        self.open_sockets = []
        self.start()

    # --- its life ---

    def start(self):
        path = self.url[len("ipc://"):]
        if os.path.exists(path):
            os.unlink(path)
        self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.listener.bind(path)
        self.listener.listen(64)
        threading.Thread(target=self._accept, args=(self.listener,), daemon=True).start()

    def stop(self):
        if self.listener:
            self.listener.shutdown(socket.SHUT_RDWR)
            self.listener.close()
            os.unlink(self.url[len("ipc://"):])
            self.listener = None
        for s in self.open_sockets:
            s.close()
        self.open_sockets.clear()

    def close(self):
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _accept(self, listener):
        while True:
            try:
                s, _ = listener.accept()
            except OSError:
                return
            self.open_sockets.append(s)
            threading.Thread(target=self._serve, args=(s,), daemon=True).start()

    def _serve(self, s):
        def take(n):
            got = b""
            while len(got) < n:
                more = s.recv(n - len(got))
                if not more:
                    raise OSError("closed")
                got += more
            return got
        try:
            s.sendall(HELLO_REP)
            if take(8) != HELLO_REQ:
                return
            while True:
                take(1)
                payload = take(struct.unpack(">Q", take(8))[0])
                reply = self._answer(payload[4:])
                if self.is_silent:
                    continue
                s.sendall(b"\1" + struct.pack(">Q", len(reply) + 4) + payload[:4] + reply)
        except OSError:
            pass
        finally:
            s.close()

    # --- its answers ---

    @property
    def vkey(self):
        blob = b"\1" + self.key.public
        key_hash = hashlib.sha256(self.audience.encode() + b"\n" + blob).digest()[:4]
        return f"{self.audience}+{key_hash.hex()}+{base64.b64encode(blob).decode()}"

    @property
    def invite(self):
        fields = {"server": [self.url], "tls_name": "", "ca": "", "audience": self.audience,
                  "vkey": self.vkey, "code": base64.b64encode(b"secret code").decode()}
        return "purser1." + base64.urlsafe_b64encode(json.dumps(fields).encode()).decode().rstrip("=")

    def checkpoint(self, size=None):
        leaves = self.leaves[:size]
        root = base64.b64encode(root_of(leaves)).decode()
        text = f"{self.audience}\n{len(leaves)}\n{root}\n{self.extension}\n"
        signature = ctypes.create_string_buffer(64)
        _sodium.crypto_sign_detached(signature, None, text.encode(), ctypes.c_ulonglong(len(text.encode())),
                                     self.key._secret)  # pylint: disable=protected-access
        key_hash = bytes.fromhex(self.vkey.split("+")[1])
        return f"{text}\n— {self.audience} {base64.b64encode(key_hash + signature.raw).decode()}\n"

    def now_us(self):
        return time.time_ns() // 1000 + self.ahead_us

    def _answer(self, body):
        with self.lock:
            call = pb.Call.FromString(body)
            command = pb.Command.FromString(call.command)
            self.calls.append(command)
            self.known_tree_size = call.known_tree_size
            if command.request_id in self.answered:
                reply = pb.Reply.FromString(self.answered[command.request_id])
                reply.replayed = True
            else:
                reply = self._decide(call, command)
            self.tamper(reply)
            return reply.SerializeToString()

    def _decide(self, call, command):
        method = command.method.removeprefix("/purser.v1.")
        reply = pb.Reply(request_id=command.request_id, server_time_us=self.now_us())
        request = getattr(pb, _methods[path_of(method)][0]).FromString(command.body)
        reads = method.split("/")[1].startswith(("Get", "List", "Check", "Search"))
        try:
            if reads and abs(command.issued_at_us - self.now_us()) > 600_000_000 and call.signature:
                raise Refusal(16, reason="CLOCK_OFF", text_en="the clock is off", text_zh="时钟不准")
            if method == "JournalService/GetConsistency":
                answer = pb.GetConsistencyResponse(proof=self._consistency(request))
            else:
                answer = self.handlers[method](request)
        except Refusal as why:
            reply.status.CopyFrom(why.status)
            return reply
        reply.status.CopyFrom(pb.Status())
        reply.body = answer.SerializeToString(deterministic=True)
        if not reads and not command.validate_only:
            self._journal(call, reply)
            self.answered[command.request_id] = reply.SerializeToString()
        return reply

    def _consistency(self, request):
        if request.to_size > len(self.leaves):
            raise Refusal(11, reason="OUT_OF_RANGE", text_en="no such tree")
        return consistency(self.leaves[:request.to_size], request.from_size)

    def _journal(self, call, reply):
        index = len(self.leaves)
        outcome = hashlib.sha256(reply.status.SerializeToString() + reply.body).digest()
        entry = pb.Entry(version=1, index=index, now_us=self.now_us(), behaviour=1, command=call.command,
                         signature=call.signature, units=["203"], outcome_digest=outcome)
        self.leaves.append(leaf_hash(entry.SerializeToString(deterministic=True)))
        reply.receipt.CopyFrom(pb.Receipt(
            index=index, tree_size=index + 1, now_us=entry.now_us, behaviour=1, units=["203"],
            proof=inclusion(self.leaves, index), checkpoint=self.checkpoint()))
