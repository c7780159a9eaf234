#!/usr/bin/python3
"""Transcripts of the two real programs: people, imports, outbox, receipts, TLS, exit codes."""
import base64
import contextlib
import csv
import hashlib
import io
import itertools
import json
import os
import subprocess

from city import REFERENCE
from cli import Person
from harness import equal, expect, fixture, main, program, test
from purser import Checkpoint, leaf_hash, pb, root_of_inclusion
from server import Invite, Server
from town import Town

PROJECTS = os.path.join(REFERENCE, "department_projects_2027.csv")


town = fixture(Town)
codes = itertools.count(9001)


def clerk(lang="zh"):
    return town().seat("张三" if lang == "zh" else "Zhang", "203", "clerk", lang)


def reviewer():
    return town().seat("王初审", "210", "reviewer-1")


def project_list(path, *other):
    return reviewer().run("screening", "import-projects", path, "--year", "2027", *other)


def drafted(person, name, amount="100万"):
    town().open_cycle()
    return person.run(*draft_of(name, amount), "-o", "name").ends(0).out.strip()


def draft_of(name, amount):
    fields = {
        "year": "2027", "unit": "203", "name": name, "content": name, "catalogue-code": "A0291",
        "function-code": "2050202", "economic-code": "30227", "quantity": "12 个月", "unit-price": amount,
        "requested": amount, "fund-sources": f"source=一般公共预算,amount={amount}", "provider-type": "410",
        "method": "公开招标", "start-date": "2027-03-01", "end-date": "2027-12-31", "basis": "部门职责",
        "project-code": f"450600-27-203-{next(codes)}"}
    return ["budget", "create", *(f"--{field}={value}" for field, value in fields.items())]


# --- a line's first day ---

@test
def a_line_is_drafted_listed_shown_edited_and_submitted():
    person = clerk()
    line = drafted(person, "校园安保")
    person.run("budget", "list", "--year", "2027").ends(0).says(line, "草稿", "1,000,000.00")
    person.run("budget", "edit", line, "--name", "校园安保服务").ends(0).says("回执")
    got = json.loads(person.run("budget", "get", line, "-o", "json").ends(0).out)["budget"]
    equal((got["name"], got["requested_fen"], got["state"]), ("校园安保服务", 100_000_000, "DRAFT"))
    person.run("budget", "submit", line, "--dry-run").ends(0)
    equal(json.loads(person.run("budget", "get", line, "-o", "json").out)["budget"]["etag"], got["etag"])
    person.run("budget", "submit", line).ends(0).says("单位审核")
    person.run("receipt", "verify").ends(0).says("0 份不符")


@test
def refusals_end_with_the_code_that_a_script_can_tell_apart():
    person = clerk()
    line = drafted(person, "课后服务")
    person.run("budget", "get", "450600-2027-203-9999").ends(5).says("没有找到")
    person.run("budget", "approve", line).ends(4)
    person.run("budget", "submit", line, "--etag", "999").ends(6)
    town().seat("李四", "209", "clerk").run("budget", "get", line).ends(5)
    person.run("unit", "import", os.path.join(REFERENCE, "units.csv")).ends(4)
    wrong = reviewer().run("budget", "create", "--name", "甲", "--requested-fen", "1万").ends(4)
    wrong.says("G-a").hides("采购方式")  # the command, which the role forbids, is no field of it
    english = clerk("en").run("budget", "get", "450600-2027-203-9999").ends(5)
    is_chinese = any("\u4e00" <= ch <= "\u9fff" for ch in english.err)
    expect(english.err.startswith("error: ") and not is_chinese, english.err)
    error = json.loads(person.run("budget", "get", "nothing", "-o", "json").ends(5).err)["error"]
    equal((error["code"], error["exit"]), ("NOT_FOUND", 5))


# --- keys ---

@test
def a_key_is_rotated_and_a_second_machine_gets_a_key_of_its_own():
    person = town().seat("换钥", "203", "clerk")
    old = person.run("key").ends(0).out
    person.run("key", "rotate").ends(0).says("回执")
    expect(person.run("key").ends(0).out != old)
    me = json.loads(person.run("person", "get-me", "-o", "json").ends(0).out)
    who = me["person_id"] if "person_id" in me else me["person"]["person_id"]
    invite = town().operator_seat.run("invite", who).ends(0).out.strip()
    pending = town().leader.get("PersonService/GetPerson", person_id=who)
    invite_id = hashlib.sha256(Invite(invite).code).hexdigest()
    etag = pending.etag if hasattr(pending, "etag") else pending.person.etag
    town().leader.do("PersonService/ConfirmInvite", person_id=who, etag=etag, invite_id=invite_id)
    second = Person()
    try:
        second.run("enroll", invite).ends(0).says("换钥")
        equal(*(p.run("person", "get-me", "-o", "name").ends(0).out for p in (second, person)))
    finally:
        second.close()


# --- imports ---

@test
def a_list_that_excel_saved_as_gb18030_is_imported_with_its_unit():
    town().open_cycle()
    said = project_list(PROJECTS, "--list-name", "清单").ends(0)
    said.says("GB18030", "已导入 41 行")
    said = reviewer().run("screening", "list-projects", "--year", "2027", "--all", "-o", "csv").ends(0)
    rows = list(csv.DictReader(io.StringIO(said.raw.decode("utf-8-sig"))))
    equal(len(rows), 41)
    (guard,) = [r for r in rows if r["项目编码"] == "450600-27-203-0001"]
    amounts = {k: v for k, v in guard.items() if "(元)" in k}
    expect("12040000.00" in amounts.values(), guard)


@test
def a_wrong_encoding_is_refused_when_it_was_forced():
    project_list(PROJECTS, "--encoding", "utf-8").ends(10)


@test
def cells_that_will_not_do_are_named_by_line_and_column_before_anything_is_sent():
    path = clerk().file("bad.csv", "单位编码,项目编码,项目名称,预算金额(万元),是否政府购买服务\n"
                                   "203,A-1,安保,12.00,是\n203,A-2,评估,十二,是\n\n"
                                   "203,A-3,\"多\n行\",1.00,大概\n")
    project_list(path).ends(8).says("第 3 行  预算金额(万元)", "第 5 行  是否政府购买服务")


@test
def rows_that_the_server_refuses_are_named_by_line_and_column():
    path = os.path.join(REFERENCE, "suppliers.csv")
    with open(path, encoding="utf-8-sig") as f:
        header, good = f.read().splitlines()[:2]
    bad = good.replace("91450600", "91450601", 1)
    registrar = town().seat("周登记", "210", "registrar")
    file = registrar.file("suppliers.csv", "\n".join([header, good, bad]) + "\n")
    said = registrar.run("supplier", "import", file).ends(8)
    said.says("suppliers.csv 第 3 行")
    said = registrar.run("supplier", "import", file, "--only-ok").ends(8).says("略过 1 行", "已导入 1 行")
    registrar.run("supplier", "import", file, "--dry-run").ends(8)
    registrar.run("supplier", "import", path, "--dry-run").ends(0).says("仅检查")


@test
def a_missing_file_a_broken_quote_and_strange_headers_are_told():
    file = reviewer().file
    project_list("/nowhere.csv").ends(10)
    project_list(file("q.csv", '项目编码,项目名称\nA,"x\n')).ends(2)
    project_list(file("h.csv", "甲,乙\n1,2\n")).ends(2).says("项目名称")
    project_list(file("e.csv", "项目编码\n")).ends(2).says("没有数据行")


# --- offline ---

@test
def a_line_is_drafted_and_submitted_without_a_server_and_sent_later():
    person = clerk()
    drafted(person, "预备")
    town().stop()
    try:
        made = person.run("--offline", *draft_of("离线", "10万")).ends(75).out.strip()
        person.run("budget", "submit", made).ends(75)
        person.run("budget", "list").ends(7)
        person.run("receipt", "verify").ends(0)
        person.run("outbox").ends(0).says("新建购买服务预算", "送单位审核")
    finally:
        town().start()
    person.run("outbox", "flush").ends(0)
    said = person.run("budget", "list", "--year", "2027", "--all", "-o", "json").ends(0)
    lines = json.loads(said.out)["budgets"]
    equal([b["state"] for b in lines if b["name"] == "离线"], ["DEPT_REVIEW"])


@test
def one_command_sent_by_twenty_processes_has_one_effect_and_one_answer():
    person = clerk()
    line = drafted(person, "同号")
    mine = "0192f0c1-0000-7000-8000-0000000000aa"
    env = {**os.environ, "PURSER_HOME": person.home, "PURSER_LANG": "zh"}
    ran = [subprocess.Popen([program("purser"), "budget", "submit", line, "--request-id", mine, "-o", "json"],
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=env) for _ in range(20)]
    said = [(p.communicate(), p.returncode) for p in ran]
    equal({code for _, code in said}, {0}, [err for (_, err), code in said if code])
    equal(len({out for (out, _), _ in said}), 1)
    town().restart()
    again = person.run("budget", "submit", line, "--request-id", mine, "-o", "json").ends(0).says("已办过")
    equal(again.raw, said[0][0][0])


# --- who is at the other end ---

@test
def tls_is_checked_against_the_citys_authority_and_the_servers_name():
    city, person = town(), Person()
    try:
        code = os.urandom(16)
        wrong = city.invite_with(code, server=[city.tls], tls_name="somebody.else")
        person.run("enroll", wrong, "--context", "wrong", "--timeout", "5").ends(75)
        with contextlib.closing(Server()) as other_ca:
            foreign = city.invite_with(code, server=[city.tls], ca=other_ca.ca_pem)
            person.run("enroll", foreign, "--context", "foreign", "--timeout", "5").ends(75)
        right = city.invite_with(code, server=[city.tls])
        person.run("enroll", right, "--context", "right").ends(4)  # heard by the real server: no such invite
    finally:
        person.close()


@test
def another_server_of_the_same_name_but_another_journal_is_refused():
    person = Person()
    try:
        with contextlib.closing(Server()) as other:
            invite = other.invites[0]
            fields = {"server": invite.servers, "tls_name": invite.tls_name, "ca": invite.ca_pem,
                      "audience": invite.audience, "vkey": town().vkey,
                      "code": base64.b64encode(invite.code).decode()}
            forged = "purser1." + base64.urlsafe_b64encode(json.dumps(fields).encode()).decode().rstrip("=")
            person.run("enroll", forged).ends(9).says("！！")
    finally:
        person.close()


@test
def an_exported_receipt_is_a_proof_that_others_can_check():
    person = clerk()
    drafted(person, "可验")
    index = json.loads(person.run("receipt", "list", "-o", "json").ends(0).out)[-1]["index"]
    text = person.run("receipt", "export", index).ends(0).out
    head, _, note = text.partition("\n\n")
    lines = head.splitlines()
    equal(lines[0], "c2sp.org/tlog-proof@v1")
    entry = base64.b64decode(lines[1].removeprefix("extra "))
    equal(lines[2], f"index {index}")
    checkpoint = Checkpoint(note, town().vkey)
    proof = [base64.b64decode(line) for line in lines[3:]]
    root = root_of_inclusion(int(index), checkpoint.size, leaf_hash(entry), proof)
    equal(root, checkpoint.root)
    expect(b"CreateBudget" in entry)


@test
def without_a_key_only_what_is_public_answers():
    nobody = Person()
    try:
        nobody.run("--server", town().ipc, "rpc", "call", "HealthService/Check").ends(0).says("SERVING")
        nobody.run("--server", town().ipc, "ping").ends(0)
        nobody.run("--server", town().ipc, "budget", "list").ends(4)
    finally:
        nobody.close()


main()
