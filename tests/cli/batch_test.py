#!/usr/bin/python3
"""purser batch: many commands over one connection, each as if it had been typed by itself."""
import base64
import contextlib
import json
import os
import socket
import subprocess
import threading

from cli import Person
from harness import equal, expect, fixture, main, program, test
from purser import pb
from server import Server
from stage import ID, Stage

OTHER = ID[:-1] + "2"
MINE = "0192f0c1-0000-7000-8000-0000000000bb"


def lines_of(*lines):
    return "".join(line + "\n" for line in lines).encode()


# --- lines ---

@test
def lines_are_run_in_turn_over_one_connection_and_printed_as_single_commands_would():
    with Stage() as (fake, clerk):
        words = (["budget", "get", ID], ["budget", "list"], ["budget", "submit", ID, "-o", "json"])
        alone = [clerk.run(*line).ends(0).out for line in words]
        sockets, entries = len(fake.open_sockets), len(fake.leaves)
        said = clerk.run("batch", stdin=lines_of(*(" ".join(line) for line in words))).ends(0)
        equal(said.out, "".join(alone))
        equal((len(fake.open_sockets) - sockets, len(fake.leaves) - entries), (1, 1))
        clerk.run("receipt", "verify").ends(0).says("3 份回执属实，0 份不符")


@test
def empty_lines_comments_a_byte_order_mark_and_line_ends_of_windows_are_no_commands():
    with Stage() as (fake, clerk):
        calls = len(fake.calls)
        text = f"\ufeff# 一个注释\r\n\r\n   \t \n  # 另一个\nbudget get {ID} -o name # 后面的也是\r\n"
        equal(clerk.run("batch", stdin=text.encode()).ends(0).out.strip(), ID)
        equal(len(fake.calls) - calls, 1)
        clerk.run("batch", stdin=b"").ends(0)


@test
def words_are_quoted_as_in_a_shell():
    seen = []

    def create(request):
        seen.append((request.name, request.content))
        return pb.CreateBudgetResponse(id=ID, etag="1", state=1)
    with Stage(**{"BudgetService/CreateBudget": create}) as (_, clerk):
        clerk.run("batch", stdin=lines_of(
            r"""budget create --year 2027 --name '安保 "夜间" \#1' --content "a \"b\" \\ 'c' \d" """,
            r"""budget create --year=2027 --name=a\ b#c --content='' # 注释""",
            r"""purser budget create --year 2027 --name 'a'"b"c --content x""")).ends(0)
    equal(seen, [('安保 "夜间" \\#1', 'a "b" \\ \'c\' \\d'), ("a b#c", ""), ("abc", "x")])


@test
def a_line_that_cannot_be_read_is_named_and_nothing_after_it_is_run():
    with Stage() as (fake, clerk):
        for bad in ("budget get 'open", "budget get \"open", "budget get x\\", "budget get a\0b"):
            calls = len(fake.calls)
            said = clerk.run("batch", stdin=lines_of("", f"budget get {ID}", bad, "budget list")).ends(2)
            said.says("标准输入 第 3 行没有办成（退出码 2）", "后面的不再办")
            equal(len(fake.calls) - calls, 1)


@test
def options_given_with_batch_hold_for_every_line_and_those_of_a_line_for_it_alone():
    with Stage() as (_, clerk):
        path = clerk.file("lines", f"budget get {ID}\nbudget get {ID} -o name\nbudget list --unit 万元\n")
        lines = clerk.run("-o", "jsonl", "batch", path).ends(0).out.splitlines()
        expect(lines[1] == ID and json.loads(lines[0])["budget"]["id"] == ID, lines)
        expect(all(json.loads(line) for line in lines[2:]) and len(lines) == 4, lines)


@test
def what_is_no_batch_is_refused():
    with Stage() as (_, clerk):
        clerk.run("batch", "/nowhere").ends(10).says("/nowhere")
        clerk.run("batch", "a", "b").ends(2)
        clerk.run("batch", "--keep").ends(2)
        clerk.run("batch", "--request-id", MINE, stdin=b"").ends(2)
        clerk.run("batch", stdin=b"batch\n").ends(2)
        clerk.run("batch", "help").ends(0).says("--keep-going")
        clerk.run("help").ends(0).says("batch [FILE|-]")


@test
def a_line_cannot_swallow_the_lines_after_it():
    with Stage() as (_, clerk):
        said = clerk.run("batch", "--keep-going", "-", stdin=lines_of(
            "rpc call BudgetService/GetBudget -", f"budget get {ID} -o name"))
        expect(said.out.endswith(f"{ID}\n"), said.out, said.err)


# --- failures ---

@test
def the_first_line_that_fails_ends_the_batch_with_its_exit_code():
    with Stage() as (fake, clerk):
        path = clerk.file("上报.txt", f"budget get {ID}\n\nbudget withdraw {ID}\nbudget submit {ID}\n")
        entries = len(fake.leaves)
        said = clerk.run("batch", path).ends(3).says("金额超过可用余额", "后面的不再办")
        said.says(f"{path} 第 3 行没有办成（退出码 3）")
        equal(len(fake.leaves), entries)
        error = clerk.run("batch", "-o", "jsonl", path).ends(3).err.splitlines()[-1]
        equal(json.loads(error)["error"]["exit"], 3)


@test
def with_keep_going_all_lines_are_run_and_the_gravest_code_is_the_last():
    with Stage() as (fake, clerk):
        calls = len(fake.calls)
        lines = (f"budget get {ID} -o name", "budget gte x", f"budget withdraw {ID}", f"budget submit {ID}")
        said = clerk.run("batch", "--keep-going", stdin=lines_of(*lines)).ends(2)
        said.says("第 2 行没有办成（退出码 2）", "第 3 行没有办成（退出码 3）", "回执").hides("第 4 行")
        expect(len(fake.calls) - calls >= 3)


@test
def a_forged_receipt_ends_it_even_with_keep_going():
    with Stage() as (fake, clerk):
        fake.tamper = lambda reply: reply.ClearField("receipt")
        entries = len(fake.leaves)
        clerk.run("batch", "--keep-going", stdin=lines_of(
            f"budget submit {ID}", f"budget submit {OTHER}")).ends(9).says("！！", "第 1 行")
        equal(len(fake.leaves) - entries, 1)


@test
def a_dry_run_in_a_batch_changes_nothing():
    with Stage() as (fake, clerk):
        entries = len(fake.leaves)
        lines = lines_of(f"budget submit {ID}", f"budget submit {OTHER}")
        clerk.run("batch", "--dry-run", stdin=lines).ends(0)
        equal(len(fake.leaves), entries)
        clerk.run("outbox").ends(0).says("待发箱是空的")


def batch_into(out, person, path):
    """(exit code, what stood on stderr)."""
    env = {**os.environ, "PURSER_HOME": person.home, "PURSER_LANG": "zh"}
    words = [program("purser"), "batch", path]
    done = subprocess.run(words, stdout=out, stderr=subprocess.PIPE, env=env, check=False)
    return done.returncode, done.stderr


@test
def output_that_cannot_be_written_ends_it_and_a_reader_that_has_had_enough_is_no_failure():
    with Stage() as (fake, clerk):
        path = clerk.file("lines", f"budget get {ID}\n" * 50 + f"budget submit {ID}\n")
        entries = len(fake.leaves)
        with open("/dev/full", "wb") as full:
            equal(batch_into(full, clerk, path)[0], 10)
        read_end, write_end = os.pipe()
        os.close(read_end)
        with os.fdopen(write_end, "wb") as gone:
            equal(batch_into(gone, clerk, path), (0, b""))
        equal(len(fake.leaves), entries)


# --- the server is away ---

@test
def a_write_that_finds_no_server_waits_in_the_outbox_and_ends_the_batch():
    with Stage() as (fake, clerk):
        fake.stop()
        two = lines_of(f"budget submit {ID} --etag 7", f"budget submit {OTHER} --etag 7")
        clerk.run("batch", stdin=two).ends(75).says("已存入待发箱", "第 1 行没有办成（退出码 75）")
        equal(len(json.loads(clerk.run("outbox", "-o", "json").ends(0).out)), 1)
        clerk.run("batch", "--keep-going", stdin=two).ends(75)
        equal(len(json.loads(clerk.run("outbox", "-o", "json").ends(0).out)), 2)
        clerk.run("batch", stdin=lines_of("budget list")).ends(7)
        fake.start()
        entries = len(fake.leaves)
        clerk.run("batch", stdin=two).ends(0)
        equal(len(fake.leaves) - entries, 2)


@test
def lines_kept_offline_have_not_failed_and_may_refer_to_each_other():
    with Stage() as (fake, clerk):
        fake.stop()
        said = clerk.run("--offline", "batch", stdin=lines_of(
            f"budget create --year 2027 --name 离线 --request-id {MINE}", f"budget submit @{MINE}"))
        said.ends(75).hides("没有办成")
        equal(said.out.splitlines()[0], f"@{MINE}")
        fake.start()
        entries = len(fake.leaves)
        clerk.run("batch", stdin=lines_of("outbox flush", "outbox")).ends(0)
        equal(len(fake.leaves) - entries, 2)


class Talk:
    """A batch under way: a line in, its answer out."""

    def __init__(self, person, *words):
        env = {**os.environ, "PURSER_HOME": person.home, "PURSER_LANG": "zh"}
        self.process = subprocess.Popen(  # pylint: disable=consider-using-with
            [program("purser"), *words, "batch"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=env)

    def ask(self, line):
        self.process.stdin.write(line.encode() + b"\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().decode().strip()

    def ends(self, code):
        self.process.stdin.close()
        rest = self.process.stdout.read()
        self.process.stdout.close()
        equal((self.process.wait(), rest), (code, b""))


@test
def each_answer_is_there_before_the_next_line_and_a_restarted_server_is_called_again():
    with Stage() as (fake, clerk):
        talk = Talk(clerk, "-o", "name")
        equal(talk.ask(f"budget get {ID}"), ID)
        sockets = len(fake.open_sockets)
        equal(talk.ask(f"budget get {ID}"), ID)
        equal(len(fake.open_sockets), sockets)
        fake.stop()
        fake.start()
        equal(talk.ask(f"budget get {ID}"), ID)
        fake.stop()
        fake.start()
        entries = len(fake.leaves)
        equal(talk.ask(f"budget submit {ID} --etag 7"), ID)
        equal(len(fake.leaves) - entries, 1)
        talk.ends(0)


# --- the real server ---

class Between:
    """Passes on what comes to it and counts who came."""

    def __init__(self, url):
        self.to = ("127.0.0.1", int(url.rsplit(":", 1)[1]))
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"tls+tcp://127.0.0.1:{self.listener.getsockname()[1]}"
        self.came = 0
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                one, _ = self.listener.accept()
            except OSError:
                return
            self.came += 1
            try:
                other = socket.create_connection(self.to)
            except OSError:
                one.close()
                continue
            for pair in ((one, other), (other, one)):
                threading.Thread(target=self._pass, args=pair, daemon=True).start()

    @staticmethod
    def _pass(one, other):
        with contextlib.suppress(OSError):
            while data := one.recv(65536):
                other.sendall(data)
        for s in (one, other):
            with contextlib.suppress(OSError):
                s.shutdown(socket.SHUT_RDWR)

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()


class Office:
    """A city with its first two people at terminals: the operator over ipc, the leader over TLS."""

    def __init__(self):
        self.server = Server()
        self.between = Between(self.server.tls)
        self.operator, self.leader = Person(), Person()
        for person, invite, url in ((self.operator, 0, self.server.ipc), (self.leader, 1, self.between.url)):
            first = self.server.invites[invite]
            fields = {"server": [url], "tls_name": first.tls_name, "ca": first.ca_pem,
                      "audience": first.audience, "vkey": first.vkey,
                      "code": base64.b64encode(first.code).decode()}
            text = base64.urlsafe_b64encode(json.dumps(fields).encode()).decode().rstrip("=")
            person.run("enroll", "purser1." + text).ends(0)

    def close(self):
        self.between.close()
        for thing in (self.operator, self.leader, self.server):
            thing.close()


office = fixture(Office)


def units(*codes):
    """A file of units."""
    head = "id,name,type,division,valid_from_date"
    rows = [f"{code},单位{code},110,450600,2018-01-01" for code in codes]
    return office().operator.file(f"units-{codes[0]}.csv", "\n".join((head, *rows)) + "\n")


@test
def reads_and_writes_of_a_batch_go_over_ipc_and_over_tls_alike():
    people = office()
    path = units("301", "302")
    people.operator.run("batch", stdin=lines_of(
        f"unit import {path} --dry-run", f"unit import '{path}'", "unit get 301 -o name", "unit get 999",
        "unit get 302")).ends(5).says("第 4 行", "301", "已核验")
    came = people.between.came
    said = people.leader.run("-o", "jsonl", "batch", stdin=lines_of(
        *(f"unit get {code}" for code in ("301", "302") * 5), "person get-me", "ping")).ends(0)
    equal([json.loads(line)["unit"]["id"] for line in said.out.splitlines()[:10]], ["301", "302"] * 5)
    equal(people.between.came - came, 1)


@test
def a_key_that_is_rotated_in_a_batch_signs_the_next_line():
    people = office()
    for person in (people.operator, people.leader):
        said = person.run("batch", stdin=lines_of(
            "person get-me -o name", "key rotate -o name", "person get-me -o name", "key rotate -o name",
            "person get-me -o name")).ends(0)
        equal(said.out.split()[0], said.out.split()[-1])
        person.run("receipt", "verify").ends(0)


@test
def lines_of_one_batch_may_go_to_several_servers_in_the_name_of_several_people():
    people = office()
    both = Person()
    try:
        for name, person in (("operator", people.operator), ("leader", people.leader)):
            os.makedirs(os.path.join(both.home, "contexts"), exist_ok=True)
            os.symlink(os.path.dirname(person.context_file("key")), os.path.join(both.home, "contexts", name))
        mine = [p.run("person", "get-me", "-o", "name").ends(0).out for p in (people.operator, people.leader)]
        expect(mine[0] != mine[1], mine)
        said = both.run("-o", "name", "batch", stdin=lines_of(
            *(f"person get-me --context {name}" for name in ("operator", "leader") * 3))).ends(0)
        equal(said.out, "".join(mine) * 3)
    finally:
        both.close()


@test
def after_the_server_was_killed_and_started_again_the_next_line_reconnects():
    people = office()
    path = units("311")
    talks = [Talk(person, "-o", "name") for person in (people.operator, people.leader)]
    mine = [talk.ask("person get-me") for talk in talks]
    expect(all(mine), mine)
    people.server.restart(kill=True)
    equal([talk.ask("person get-me") for talk in talks], mine)
    people.server.restart()
    equal(talks[0].ask(f"unit import {path}"), "1")
    equal(talks[1].ask("unit get 311"), "311")
    for talk in talks:
        talk.ends(0)


main()
