#!/usr/bin/python3
"""Kills, cuts and full disks: what was answered is there once, what is unknown is said, and it recovers."""
import glob
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
# pylint: disable=wrong-import-position
from harness import equal, expect, fixture, main, skip, test
from pgproxy import Proxy
from purser import OK, Checkpoint, Client, Connection, Refused, pb
from server import Server

UNKNOWN, UNAVAILABLE = 2, 14
METHOD = "UnitService/ImportUnits"


# --- a server whose PostgreSQL lies behind a proxy ---

def psql(conninfo, sql):
    done = subprocess.run(["psql", "-X", "-q", "-At", "-v", "ON_ERROR_STOP=1", "-d", conninfo, "-c", sql],
                          capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr)
    return done.stdout.strip()


def conninfo_of(server):
    with open(os.path.join(server.folder, "data", "postgres.conninfo"), encoding="ascii") as f:
        return f.read().strip()


class Proxied:
    """A server on a database of its own in another's cluster, with the proxy between."""

    def __init__(self):
        self.host = Server()
        inside = conninfo_of(self.host)
        folder = re.search(r"host='([^']*)'", inside).group(1)
        psql(inside, "CREATE DATABASE proxied TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C.UTF-8'")
        self.direct = inside.replace("dbname=purser", "dbname=proxied")
        self.proxy = Proxy(os.path.join(folder, ".s.PGSQL.5432"))
        self.server = Server(database=self.proxy.conninfo("proxied"))
        self.who = self.server.operator

    def close(self):
        try:
            self.server.close()
        finally:
            self.proxy.close()
            self.host.close()


proxied = fixture(Proxied)
server = fixture(Server)
_units = iter(range(300, 999))


def unit_row():
    """A unit that nobody has named yet."""
    code = f"{next(_units)}"
    return [pb.UnitRow(id=code, name=f"市{code}局", type="110", division="450600",
                       valid_from_date="2018-01-01")]


def signed(client):
    """A command that imports one new unit: (command, signature)."""
    command = client.command(METHOD, pb.ImportUnitsRequest(rows=unit_row()))
    return command, client.sign(command)


def size_of(client):
    return client.get("JournalService/GetCheckpoint").tree_size


def until_ok(client, command, signature, within_s=10.0):
    """Sends the same command until it is answered for good; the answer and how long that took."""
    begun = time.monotonic()
    while True:
        answer = client.call(command, signature)
        took = time.monotonic() - begun
        if answer.code not in (UNKNOWN, UNAVAILABLE) or took > within_s:
            equal(answer.code, OK, answer.text)
            return answer, took
        time.sleep(0.05)


def cut_at(words, how, wanted):
    """A write whose connection is cut there is answered as wanted; its retry succeeds, and it is there once."""
    p = proxied()
    before = size_of(p.who)
    trap = p.proxy.trap(words, how)
    command, signature = signed(p.who)
    first = p.who.call(command, signature)
    expect(trap.sprung.is_set(), "nothing passed", words)
    expect(first.code in wanted, words, how, first.code, first.reason, first.text)
    again, _ = until_ok(p.who, command, signature)
    if first.code == OK:
        equal(again.stable(), first.stable())
    equal(size_of(p.who), before + 1, words, how)


# --- the three outcomes of a transaction ---

@test
def a_connection_lost_before_anything_was_written_is_unavailable():
    cut_at("BEGIN", "before", {UNAVAILABLE})


@test
def a_connection_lost_while_the_journal_is_appended_is_no_success():
    cut_at("INSERT INTO journal_entry", "before", {UNAVAILABLE})


@test
def a_connection_lost_after_the_journal_was_appended_is_no_success():
    cut_at("INSERT INTO request", "after", {UNAVAILABLE})


@test
def a_commit_that_was_done_and_not_heard_of_is_found_out():
    cut_at("COMMIT", "after", {OK})


@test
def a_commit_that_was_never_sent_on_is_found_out():
    cut_at("COMMIT", "before", {UNAVAILABLE})


@test
def a_commit_that_races_with_its_connection_ends_in_the_truth():
    for _ in range(5):
        cut_at("COMMIT", "race", {OK, UNAVAILABLE})


@test
def an_outcome_that_cannot_be_found_out_is_said_to_be_unknown():
    p = proxied()
    before = size_of(p.who)
    p.proxy.trap("COMMIT", "after", shuts=True)
    command, signature = signed(p.who)
    try:
        answer = p.who.call(command, signature)
        equal((answer.code, answer.reason), (UNKNOWN, "OUTCOME_UNKNOWN"))
    finally:
        p.proxy.is_open = True
    again, _ = until_ok(p.who, command, signature)
    expect(again.replayed)
    equal(size_of(p.who), before + 1)


@test
def a_dry_run_over_a_cut_connection_leaves_nothing():
    p = proxied()
    before = size_of(p.who)
    p.proxy.trap("BEGIN", "before")
    command = p.who.command(METHOD, pb.ImportUnitsRequest(rows=unit_row()), validate_only=True)
    equal(p.who.call(command, p.who.sign(command)).code, UNAVAILABLE)
    until_ok(p.who, command, p.who.sign(command))
    equal(size_of(p.who), before)


@test
def the_journal_behind_the_proxy_verifies():
    code, text = proxied().server.verify()
    equal(code, 0, text)


main()
