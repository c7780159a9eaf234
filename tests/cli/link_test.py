#!/usr/bin/python3
"""The client's half of SP REQ/REP, against servers that break it, dawdle, or are not there."""
import contextlib
import os
import socket
import struct
import tempfile
import threading
import time

from cli import Person
from harness import equal, expect, main, test
from purser import HELLO_REP
from stage import ID, Stage


class Raw:
    """A listener whose connections are a function's; over ipc, or tcp on loopback."""

    def __init__(self, serve, is_ipc=True):
        self.serve, self.came = serve, 0
        self.folder = tempfile.TemporaryDirectory(prefix="purser-raw-")  # pylint: disable=consider-using-with
        if is_ipc:
            self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            self.listener.bind(os.path.join(self.folder.name, "s"))
            self.listener.listen(16)
            self.url = f"ipc://{self.folder.name}/s"
        else:
            self.listener = socket.create_server(("127.0.0.1", 0))
            self.url = f"tcp://127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                one, _ = self.listener.accept()
                self.came += 1
                threading.Thread(target=self._serve, args=(one,), daemon=True).start()

    def _serve(self, one):
        with contextlib.suppress(OSError, struct.error), one:
            self.serve(one)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.folder.cleanup()


def request_of(one, is_ipc=True):
    """Greets, takes a request; its id."""
    one.sendall(HELLO_REP)
    one.recv(8, socket.MSG_WAITALL)
    head = one.recv(8 + is_ipc, socket.MSG_WAITALL)
    body = one.recv(struct.unpack(">Q", head[-8:])[0], socket.MSG_WAITALL)
    return body[:4]


def frame(length, request_id, rest=b""):
    return b"\1" + struct.pack(">Q", length) + request_id + rest


def asks(url, *other):
    person = Person("en")
    try:
        return person.run("--server", url, "ping", "--timeout", "3", *other).ends(7)
    finally:
        person.close()


@test
def a_server_that_does_not_speak_sp_rep_is_not_taken_for_one():
    answers = {
        b"": "reset", b"\0SP": "reset", b"\0SP\0\0\x10\0\0": "another protocol",
        b"HTTP/1.1 400 Bad Request\r\n\r\n": "another protocol"}
    for answer, why in answers.items():
        with Raw(lambda one, answer=answer: (one.recv(8, socket.MSG_WAITALL), one.sendall(answer))) as raw:
            asks(raw.url).says(why)


@test
def a_frame_that_is_none_is_refused_before_any_of_it_is_believed():
    for is_ipc in (True, False):
        for make in (
            lambda i: frame(2**63, i), lambda i: frame(2**64 - 1, i), lambda i: frame((64 << 20) + 5, i),
            lambda i: frame(3, i), lambda i: frame(0, i), lambda i: frame(6, b"\x80\0\0\x63", b"\x12\0"),
            lambda i: frame(6, bytes((i[0] & 0x7f, *i[1:])), b"\x12\0"),
        ):
            def serve(one, make=make, is_ipc=is_ipc):
                one.sendall(make(request_of(one, is_ipc))[0 if is_ipc else 1:])
                one.recv(1)
            with Raw(serve, is_ipc) as raw:
                asks(raw.url).says("not one of SP")
    with Raw(lambda one: one.sendall(b"\2" + frame(4, request_of(one))[1:])) as raw:
        asks(raw.url).says("not one of SP")


@test
def a_reply_that_is_cut_off_or_never_comes_is_no_reply():
    def cut(one):
        one.sendall(frame(104, request_of(one), b"x" * 50))
    with Raw(cut) as raw:
        asks(raw.url).says("reset")
        equal(raw.came, 3)  # a read is asked again

    def never(one):
        request_of(one)
        one.recv(1)
    with Raw(never) as raw:
        began = time.monotonic()
        asks(raw.url, "--timeout", "1")
        expect(0.9 < time.monotonic() - began < 30)
        equal(raw.came, 1)


@test
def a_reply_that_comes_byte_by_byte_is_a_reply():
    with Stage() as (fake, clerk):
        def relay(one):
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as other:
                other.connect(fake.url[len("ipc://"):])

                def forth():
                    with contextlib.suppress(OSError):
                        while data := one.recv(7):
                            other.sendall(data)
                threading.Thread(target=forth, daemon=True).start()
                while data := other.recv(1):
                    one.sendall(data)
        with Raw(relay) as raw:
            clerk.run("budget", "get", ID, "--server", raw.url).ends(0).says(ID)
            clerk.run("budget", "submit", ID, "--server", raw.url).ends(0).says("已核验")


@test
def the_next_server_of_the_list_is_asked_when_the_first_is_not_there():
    with Stage() as (fake, clerk):
        path = clerk.context_file("context.json")
        with open(path, encoding="utf-8") as f:
            text = f.read()
        with open(path, "w", encoding="utf-8") as f:
            f.write(text.replace(f'"{fake.url}"', f'"ipc:///nowhere/s", "{fake.url}"'))
        clerk.run("budget", "get", ID, "-o", "name").ends(0)
        fake.stop()
        clerk.run("budget", "get", ID).ends(7)


@test
def an_address_that_is_none_is_told():
    long = "ipc:///" + "x" * 120
    for url, why in ((long, "too long"), ("ipc://", "too long"), ("http://127.0.0.1:1", "not an address of"),
                     ("tcp://127.0.0.1", "127.0.0.1"), ("tcp://[::1]", "[::1]"),
                     ("tcp://127.0.0.1:1", "refused"), ("ipc:///nowhere/s", "No such file")):
        asks(url).says(url, why)


main()
