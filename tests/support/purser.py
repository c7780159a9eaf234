"""The independent client: sockets, SP framing, protobuf, Ed25519, proofs, notes; no code of the server.

    from purser import Connection, Key, Client, pb
    conn = Connection("ipc:///path")       # or tcp://, or tls+tcp:// with ca_pem and tls_name
    client = Client(conn, Key.new(), "purser/450600", vkey)
    answer = client.write("UnitService/ProposePerson", person_name="…", unit_id="210", roles=[pb.ROLE_CLERK])
    answer.code, answer.reason, answer.message, answer.receipt

Receipts are verified on arrival. protoc generates the messages into a folder under the temporary one; this
module is also their package, so that `purser.v1.unit_pb2` lies beneath it.
"""
import base64
import ctypes
import ctypes.util
import glob
import hashlib
import importlib
import itertools
import os
import shutil
import socket
import ssl
import struct
import subprocess
import tempfile
import time
import types

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
OK, ALREADY_EXISTS, PERMISSION_DENIED = 0, 6, 7


class Broken(Exception):
    """A proof, a signature or a frame that does not hold."""


class Refused(Exception):
    """An answer other than OK where OK was wanted."""

    def __init__(self, method, answer):
        super().__init__(f"{method}: {answer.code} {answer.reason} {answer.text}")
        self.answer = answer


# --- messages ---

def _generate():
    """Runs protoc once for each state of the .proto files; returns the folder and the nouns."""
    protos = sorted(glob.glob(os.path.join(ROOT, "proto", "purser", "v1", "*.proto")))
    digest = hashlib.sha256()
    for path in protos:
        with open(path, "rb") as f:
            digest.update(os.path.basename(path).encode() + b"\0" + f.read())
    folder = os.path.join(tempfile.gettempdir(), f"purser-messages-{os.getuid()}-{digest.hexdigest()[:16]}")
    if not os.path.isdir(folder):
        fresh = tempfile.mkdtemp(prefix="purser-messages-")
        subprocess.run(["protoc", "-I", os.path.join(ROOT, "proto"), f"--python_out={fresh}", *protos],
                       check=True, stderr=subprocess.DEVNULL)
        try:
            os.rename(fresh, folder)
        except OSError:  # another test was quicker
            shutil.rmtree(fresh)
    return folder, [os.path.basename(p)[:-len(".proto")] for p in protos]


_folder, _nouns = _generate()
__path__ = [os.path.join(_folder, "purser")]
pb = types.SimpleNamespace()
_methods = {}
for _noun in _nouns:
    _module = importlib.import_module(f"purser.v1.{_noun}_pb2")
    for _name in _module.DESCRIPTOR.message_types_by_name:
        setattr(pb, _name, getattr(_module, _name))
    for _name, _enum in _module.DESCRIPTOR.enum_types_by_name.items():
        for _value in _enum.values:
            setattr(pb, _value.name, _value.number)
    for _name, _service in _module.DESCRIPTOR.services_by_name.items():
        for _method in _service.methods:
            _types = (_method.input_type.name, _method.output_type.name)
            _methods[f"/purser.v1.{_name}/{_method.name}"] = _types


def path_of(method):
    """"UnitService/Enroll" or the whole path → the whole path."""
    return method if method.startswith("/") else f"/purser.v1.{method}"


def types_of(method):
    """The classes of its request and its reply."""
    request, reply = _methods[path_of(method)]
    return getattr(pb, request), getattr(pb, reply)


# --- the wire ---

HELLO_REQ = b"\0SP\0\0\x30\0\0"
HELLO_REP = b"\0SP\0\0\x31\0\0"


def open_socket(url, ca_pem=None, tls_name=None, timeout=10.0, source=None):
    """A connected socket, TLS done when the address asks for it, no SP byte sent yet."""
    if url.startswith("ipc://"):
        s = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        s.connect(url[len("ipc://"):])  # blocking: with a time-out a full queue would be an error at once
        s.settimeout(timeout)
        return s
    scheme, rest = url.split("://")
    host, port = rest.rsplit(":", 1)
    s = socket.create_connection((host.strip("[]"), int(port)), timeout, source and (source, 0))
    s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if scheme == "tls+tcp":
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.load_verify_locations(cadata=ca_pem)
        try:
            s = context.wrap_socket(s, server_hostname=tls_name or host)
        except BaseException:
            s.close()
            raise
    return s


class Connection:
    """SP REQ/REP over one socket, one question at a time."""

    def __init__(self, url, ca_pem=None, tls_name=None, timeout=30.0, source=None):
        self.is_ipc = url.startswith("ipc://")
        self.sock = open_socket(url, ca_pem, tls_name, timeout, source)
        self.ids = itertools.count(1)
        self.sock.sendall(HELLO_REQ)
        hello = self.receive(8)
        if hello != HELLO_REP:
            self.close()
            raise Broken(f"the server greets with {hello!r}")

    def receive(self, count):
        got = b""
        while len(got) < count:
            more = self.sock.recv(count - len(got))
            if not more:
                raise ConnectionError(f"closed after {len(got)} of {count} bytes")
            got += more
        return got

    def frame(self, body, sp_id):
        """What goes over the socket for this body."""
        payload = struct.pack(">I", sp_id | 0x80000000) + body
        return (b"\1" if self.is_ipc else b"") + struct.pack(">Q", len(payload)) + payload

    def ask(self, body):
        """Sends a request body and returns the body of its reply."""
        return self.take(self.send(body))

    def send(self, body):
        """Sends a request body; returns what take() wants for its reply."""
        sp_id = next(self.ids)
        self.sock.sendall(self.frame(body, sp_id))
        return sp_id

    def take(self, sp_id):
        if self.is_ipc and self.receive(1) != b"\1":
            raise Broken("no 0x01 before the length")
        (length,) = struct.unpack(">Q", self.receive(8))
        payload = self.receive(length)
        if payload[:4] != struct.pack(">I", sp_id | 0x80000000):
            raise Broken("the reply to another request")
        return payload[4:]

    def close(self):
        self.sock.close()


# --- keys ---

_sodium = ctypes.CDLL(ctypes.util.find_library("sodium") or "libsodium.so.23")
if _sodium.sodium_init() < 0:
    raise OSError("libsodium cannot be used")


def signature_holds(public, message, signature):
    return len(signature) == 64 and len(public) == 32 and _sodium.crypto_sign_verify_detached(
        bytes(signature), bytes(message), ctypes.c_ulonglong(len(message)), bytes(public)) == 0


class Key:
    """An Ed25519 key."""

    def __init__(self, seed):
        public, secret = ctypes.create_string_buffer(32), ctypes.create_string_buffer(64)
        _sodium.crypto_sign_seed_keypair(public, secret, bytes(seed))
        self.seed, self.public, self._secret = bytes(seed), public.raw, secret.raw
        self.id = hashlib.sha256(self.public).digest()

    @classmethod
    def new(cls):
        return cls(os.urandom(32))

    def sign(self, context, data):
        """context: "purser-command-v1", its NUL comes by itself."""
        message = context.encode() + b"\0" + data
        signature = ctypes.create_string_buffer(64)
        _sodium.crypto_sign_detached(signature, None, message, ctypes.c_ulonglong(len(message)), self._secret)
        return signature.raw

    def note(self, name, text):
        """The text as a note (C2SP) that this key signed under that name."""
        signature = ctypes.create_string_buffer(64)
        data = text.encode()
        _sodium.crypto_sign_detached(signature, None, data, ctypes.c_ulonglong(len(data)), self._secret)
        key_hash = hashlib.sha256(name.encode() + b"\n\1" + self.public).digest()[:4]
        return f"{text}\n— {name} {base64.b64encode(key_hash + signature.raw).decode()}\n"


# --- Merkle trees (RFC 9162) and signed notes (C2SP) ---

def leaf_hash(data):
    return hashlib.sha256(b"\0" + data).digest()


def node_hash(left, right):
    return hashlib.sha256(b"\1" + left + right).digest()


def root_of_inclusion(index, size, leaf, proof):
    """RFC 9162, 2.1.3.2: the root that the proof leads to."""
    if index >= size:
        raise Broken(f"leaf {index} in a tree of {size}")
    fn, sn, r = index, size - 1, leaf
    for p in proof:
        if sn == 0:
            raise Broken("the inclusion proof is too long")
        if fn & 1 or fn == sn:
            r = node_hash(p, r)
            while fn and not fn & 1:
                fn, sn = fn >> 1, sn >> 1
        else:
            r = node_hash(r, p)
        fn, sn = fn >> 1, sn >> 1
    if sn:
        raise Broken("the inclusion proof is too short")
    return r


def check_consistency(size1, root1, size2, root2, proof):
    """RFC 9162, 2.1.4.2: raises Broken unless the second tree continues the first."""
    proof = list(proof)
    if size1 == size2:
        if proof or root1 != root2:
            raise Broken("two trees of one size")
        return
    if not 0 < size1 < size2 or not proof:
        raise Broken(f"no consistency from {size1} to {size2}")
    if size1 & (size1 - 1) == 0:
        proof.insert(0, root1)
    fn, sn = size1 - 1, size2 - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    fr = sr = proof[0]
    for c in proof[1:]:
        if sn == 0:
            raise Broken("the consistency proof is too long")
        if fn & 1 or fn == sn:
            fr, sr = node_hash(c, fr), node_hash(c, sr)
            while fn and not fn & 1:
                fn, sn = fn >> 1, sn >> 1
        else:
            sr = node_hash(sr, c)
        fn, sn = fn >> 1, sn >> 1
    if (fr, sr, sn) != (root1, root2, 0):
        raise Broken("the second tree does not continue the first")


class Checkpoint:
    """A checkpoint whose signature holds: origin, size, root, extension."""

    def __init__(self, note, vkey):
        name, key_hash, blob = vkey.split("+", 2)
        blob = base64.b64decode(blob)
        if blob[:1] != b"\1" or hashlib.sha256(name.encode() + b"\n" + blob).hexdigest()[:8] != key_hash:
            raise Broken("the verifier key does not hash to its own name")
        text, _, signatures = note.partition("\n\n")
        text += "\n"
        good = False
        for line in signatures.splitlines():
            dash, signer, data = line.split(" ")
            data = base64.b64decode(data)
            good = good or (dash == "—" and signer == name and data[:4].hex() == key_hash and
                            signature_holds(blob[1:], text.encode(), data[4:]))
        lines = text.splitlines()
        if not good or len(lines) < 3 or lines[0] != name:
            raise Broken(f"the note is not signed by {name}")
        self.note, self.origin, self.size = note, lines[0], int(lines[1])
        self.root, self.extension = base64.b64decode(lines[2]), "\n".join(lines[3:])


def entry_of(command, signature, reply):
    """The journal's entry, recomputed from what was sent and what came back."""
    r = reply.receipt
    outcome = hashlib.sha256(reply.status.SerializeToString() + reply.body).digest()
    entry = pb.Entry(version=1, index=r.index, now_us=r.now_us, behaviour=r.behaviour, command=command,
                     signature=signature, outcome_digest=outcome, units=r.units)
    return entry.SerializeToString(deterministic=True)


def check_receipt(command, signature, reply, vkey):
    """Raises Broken unless the receipt proves that the journal holds this command with this outcome."""
    r = reply.receipt
    checkpoint = Checkpoint(r.checkpoint, vkey)
    if checkpoint.size != r.tree_size:
        raise Broken("the receipt's checkpoint has another size")
    if root_of_inclusion(r.index, r.tree_size, leaf_hash(entry_of(command, signature, reply)), r.proof) \
            != checkpoint.root:
        raise Broken("the receipt's proof leads to another root")
    return checkpoint


# --- calls ---

class Answer:
    """A reply, its body parsed."""

    def __init__(self, reply, kind):
        self.reply, self.code, self.replayed, self.receipt = reply, reply.status.code, reply.replayed, None
        self.problems = list(reply.status.problems)
        self.reason = self.problems[0].reason if self.problems else ""
        self.text = self.problems[0].text_en if self.problems else ""
        self.message = kind.FromString(reply.body) if self.code == OK else None
        if reply.HasField("receipt"):
            self.receipt = reply.receipt

    def stable(self):
        """What a retry must get again, byte for byte."""
        return (self.reply.status.SerializeToString(), self.reply.body, self.reply.request_id,
                self.reply.receipt.SerializeToString() if self.receipt else None)


class Client:
    """Somebody with a key. Receipts are checked against vkey; without it only when they must be there."""

    def __init__(self, conn, key, audience, vkey=None):
        self.conn, self.key, self.audience, self.vkey = conn, key, audience, vkey
        self.ahead_us = 0  # how far the server's clock is ahead of ours
        self.newest = None

    def now_us(self):
        return time.time_ns() // 1000 + self.ahead_us

    def command(self, method, request, request_id=None, **other):
        """The bytes of a Command; other: audience, issued_at_us, not_after_us, validate_only, key_id."""
        fields = {"key_id": self.key.id if self.key else b"", "issued_at_us": self.now_us(),
                  "audience": self.audience, **other}
        body = request if isinstance(request, bytes) else request.SerializeToString(deterministic=True)
        return pb.Command(method=path_of(method), request_id=request_id or os.urandom(16), body=body,
                          **fields).SerializeToString(deterministic=True)

    def sign(self, command):
        return self.key.sign("purser-command-v1", command)

    def call(self, command, signature, **envelope):
        """Sends a signed command as it is; returns the Answer."""
        method = pb.Command.FromString(command).method
        call = pb.Call(command=command, signature=signature, language="en", **envelope)
        reply = pb.Reply.FromString(self.conn.ask(call.SerializeToString()))
        self.ahead_us = reply.server_time_us - time.time_ns() // 1000
        answer = Answer(reply, getattr(pb, _methods.get(method, (None, "Status"))[1]))
        if answer.receipt and self.vkey:
            checkpoint = check_receipt(command, signature, reply, self.vkey)
            if self.newest and checkpoint.size == self.newest.size and checkpoint.root != self.newest.root:
                raise Broken("two histories")
            if not self.newest or checkpoint.size > self.newest.size:
                self.newest = checkpoint
        return answer

    @staticmethod
    def request(method, request=None, /, **fields):
        return request if request is not None else getattr(pb, _methods[path_of(method)][0])(**fields)

    def write(self, method, request=None, /, request_id=None, validate_only=False, **fields):
        """A signed write; its receipt is verified. The answer may be a refusal."""
        command = self.command(method, self.request(method, request, **fields), request_id,
                               validate_only=validate_only)
        answer = self.call(command, self.sign(command))
        if answer.code == OK and not validate_only and not answer.receipt:
            raise Broken(f"{method} was accepted without a receipt")
        return answer

    def read(self, method, request=None, /, **fields):
        """A signed read."""
        for _ in range(2):
            command = self.command(method, self.request(method, request, **fields))
            answer = self.call(command, self.sign(command) if self.key else b"")
            if answer.reason != "CLOCK_OFF":
                break
        return answer

    def do(self, method, request=None, /, **fields):
        """A write that must succeed; returns its message."""
        answer = self.write(method, request, **fields)
        if answer.code != OK:
            raise Refused(method, answer)
        return answer.message

    def get(self, method, request=None, /, **fields):
        """A read that must succeed; returns its message."""
        answer = self.read(method, request, **fields)
        if answer.code != OK:
            raise Refused(method, answer)
        return answer.message
