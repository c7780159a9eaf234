#!/usr/bin/python3
"""The real client against a server in the test's hand: outbox, receipts, lies, clocks; no purserd needed."""
import fcntl
import hashlib
import json
import os
import pty
import sqlite3
import stat
import struct
import subprocess
import termios
import threading
import uuid

from cli import Person
from fake_server import FakeServer, Refusal
from harness import equal, expect, main, program, test
from purser import pb
from stage import ID, Stage

# --- output ---

@test
def a_list_is_a_table_with_chinese_headings_and_amounts_in_yuan():
    with Stage() as (_, clerk):
        lines = clerk.run("budget", "list").ends(0).out.splitlines()
        expect("申报数（元）" in lines[0], lines)
        expect("1,234,567.89" in lines[1], lines)
        said = clerk.run("budget", "list", "--unit", "万元").ends(0)
        said.says("申报数（万元）", "123.46")


@test
def csv_has_a_bom_and_quotes_what_needs_it():
    with Stage() as (_, clerk):
        said = clerk.run("budget", "list", "-o", "csv").ends(0)
        expect(said.raw.startswith(b"\xef\xbb\xbf"), said.raw[:20])
        said.says("申报数(元)", '"校园,安保"', '"评""估"', "1234567.89\r".strip())


@test
def json_keeps_fen_as_integers_and_all_fetches_every_page():
    with Stage() as (_, clerk):
        got = json.loads(clerk.run("budget", "list", "--all", "-o", "json").ends(0).out)
        equal([b["id"] for b in got["budgets"]], ["L-00", "L-01", "L-10", "L-11", "L-20", "L-21"])
        equal(got["budgets"][0]["requested_fen"], 123456789)
        lines = clerk.run("budget", "list", "-o", "jsonl").ends(0).out.splitlines()
        equal([json.loads(line)["id"] for line in lines], ["L-00", "L-01"])
        equal(clerk.run("budget", "list", "-o", "name").ends(0).out, "L-00\nL-01\n")


@test
def a_chart_draws_bars_after_the_table():
    with Stage() as (_, clerk):
        clerk.run("budget", "list", "--chart").ends(0).says("████")
        clerk.run("budget", "list", "--chart", "--ascii").ends(0).says("####").hides("█")


@test
def on_a_narrow_terminal_columns_go_before_names_are_crushed():
    with Stage() as (_, clerk):
        code, shown = at_a_terminal(clerk, [], "budget", "list", "--lang", "zh", columns=70)
        equal(code, 0)
        expect("-o wide" in shown and "申报数" in shown and "可用数" not in shown, shown)
        code, shown = at_a_terminal(clerk, [], "budget", "list", "--lang", "zh", "-o", "wide", columns=70)
        expect("可用数" in shown, shown)


@test
def an_object_is_label_and_value_and_escapes_do_not_reach_the_terminal():
    with Stage() as (_, clerk):
        said = clerk.run("budget", "get", ID).ends(0)
        said.says("申报数：", "1,204,000.00 元", "草稿").hides("\x1b")


@test
def english_is_spoken_without_a_chinese_locale_and_lang_wins():
    with Stage(lang="") as (_, clerk):
        clerk.run("budget", "list").ends(0).says("requested amount (元)")
        clerk.run("budget", "list", LANG="zh_CN.UTF-8").ends(0).says("申报数（元）")
        clerk.run("budget", "list", "--lang", "en", LANG="zh_CN.UTF-8").ends(0).says("requested amount")


# --- arguments ---

@test
def wrong_usage_ends_with_2_and_says_what_would_do():
    with Stage() as (_, clerk):
        clerk.run("nope").ends(2).says("没有名词或命令")
        clerk.run("budget", "nope").ends(2).says("purser budget help")
        clerk.run("budget", "submit", ID, "--nope", "1").ends(2).says("没有选项 --nope")
        clerk.run("budget", "submit", ID, "another").ends(2).says("多出的参数")
        clerk.run("person", "get-me", "yes").ends(2).says("多出的参数")
        clerk.run("budget", "create", "--requested-fen", "1.234元").ends(2).says("requested-fen")
        clerk.run("budget", "create", "--start-date", "2027-02-30").ends(2).says("应为日期")
        clerk.run("budget", "create", "--method", "抢购").ends(2).says("公开招标")
        clerk.run("budget", "list", "-o", "xlsx").ends(2).says("table|wide")
        clerk.run("budget", "list", "--unit", "千元").ends(2).says("万元")
        clerk.run("budget", "create", "--fund-sources", "amout=3").ends(2).says("amout", "amount_fen")
        clerk.run("budget", "create", "--name", b"\xff\xfe").ends(2).says("UTF-8")


@test
def output_that_cannot_be_written_is_told_but_not_to_a_reader_who_has_enough():
    nobody = Person()
    env = {**os.environ, "PURSER_HOME": nobody.home, "PURSER_LANG": "en"}
    try:
        with open("/dev/full", "wb") as full:
            done = subprocess.run([program("purser"), "rpc", "list"], stdout=full, stderr=subprocess.PIPE,
                                  env=env, check=False)
        equal(done.returncode, 10)
        expect(b"No space left" in done.stderr, done.stderr)
        reader, writer = os.pipe()
        os.close(reader)
        done = subprocess.run([program("purser"), "rpc", "list"], stdout=writer, stderr=subprocess.PIPE,
                              env=env, check=False)
        os.close(writer)
        equal((done.returncode, done.stderr), (0, b""))
    finally:
        nobody.close()


@test
def what_is_missing_is_said_before_anything_is_signed():
    with Stage() as (fake, clerk):
        before = len(fake.calls)
        clerk.run("budget", "get").ends(2).says("budget_id", "purser budget get --help")
        clerk.run("budget", "submit").ends(2).says("budget_id")
        clerk.run("unit", "import").ends(2).says("文件", "purser unit import --help")
        equal(len(fake.calls), before)


@test
def a_slip_of_the_fingers_is_told_what_was_meant():
    with Stage() as (_, clerk):
        clerk.run("budgett", "list").ends(2).says("建议：purser budget help")
        clerk.run("budget", "lst").ends(2).says("建议：purser budget list")
        said = clerk.run("budget", "create", "--requestd", "1").ends(2)
        said.says("是不是 --requested？", "建议：purser budget create --help")


@test
def a_flag_takes_yes_or_no_and_the_object_may_follow_it():
    with Stage() as (fake, clerk):
        clerk.run("budget", "create", "--year", "2027", "--is-new", "否").ends(0)
        clerk.run("budget", "create", "--is-new", "2027").ends(0)
        bodies = [c.body for c in fake.calls if c.method.endswith("CreateBudget")]
        equal([(q.year, q.is_new) for q in map(pb.CreateBudgetRequest.FromString, bodies)],
              [(2027, False), (2027, True)])


@test
def typed_values_become_fields_by_their_suffix():
    with Stage() as (fake, clerk):
        clerk.run("budget", "create", "--year", "2027", "--unit", "203", "--requested", "198.6万",
                  "--start-date", "2027年3月1日", "--end-date=20280229", "--is-new", "--method", "公开招标",
                  "--名称", "校园安保", "--fund-sources", "source=一般公共预算,amount=100万",
                  "--fund-sources", "source=own,amount_fen=986000.00元").ends(0)
        (body,) = [c.body for c in fake.calls if c.method.endswith("CreateBudget")]
        q = pb.CreateBudgetRequest.FromString(body)
        equal((q.year, q.unit_id, q.requested_fen, q.start_date, q.end_date, q.is_new, q.method, q.name),
              (2027, "203", 198600000, "2027-03-01", "2028-02-29", True, pb.PURCHASE_METHOD_OPEN_TENDER,
               "校园安保"))
        equal([(s.source, s.amount_fen) for s in q.fund_sources],
              [(pb.FUND_SOURCE_GENERAL, 100000000), (pb.FUND_SOURCE_OWN, 98600000)])


@test
def a_bare_amount_is_echoed_in_yuan_and_wan():
    with Stage() as (_, clerk):
        said = clerk.run("budget", "create", "--year", "2027", "--requested", "1986000").ends(0)
        said.says("1,986,000.00", "198.60")


@test
def rpc_takes_json_and_describes_messages():
    with Stage() as (_, clerk):
        clerk.run("rpc", "list").ends(0).says("/purser.v1.BudgetService/SubmitBudget")
        clerk.run("rpc", "describe", "BudgetService/SubmitBudget").ends(0).says("string budget_id")
        said = clerk.run("rpc", "call", "BudgetService/GetBudget", json.dumps({"budget_id": ID})).ends(0)
        equal(json.loads(said.out)["budget"]["requested_fen"], 120400000)
        clerk.run("rpc", "call", "BudgetService/GetBudget", '{"nope": 1}').ends(2).says("nope")


@test
def help_needs_no_server_and_no_context():
    nobody = Person()
    try:
        nobody.run("help").ends(0).says("budget", "预算", "purser 名词 help")
        nobody.run("budget", "help").ends(0).says("submit")
        nobody.run("budget", "create", "--help").ends(0).says("--requested ", "申报数", "金额")
        nobody.run("explain", "budget.requested").ends(0).says("申报数", "requested amount", "198.6万")
        nobody.run("explain", "budget.method").ends(0).says("OPEN_TENDER", "公开招标")
        nobody.run("explain", "budget").ends(0).says("requested_fen")
        nobody.run("explain", "budget.nope").ends(5).says("purser explain budget")
        nobody.run("outbox", "--help").ends(0).says("flush", "75")
        nobody.run("cycle", "open", "--help").ends(0).says("--steps step=U1,open-date=")
        nobody.run("unit", "import", "--help").ends(0).says("FILE", "CSV").hides("--rows")
        nobody.run("budget", "list").ends(4).says("enroll")
        nobody.run("version").ends(0).says("purser ")
    finally:
        nobody.close()


# --- refusals ---

@test
def a_refusal_tells_sentence_rule_place_remedy_and_hint():
    with Stage() as (_, clerk):
        said = clerk.run("budget", "withdraw", ID).ends(3)
        lines = said.err.splitlines()
        equal(lines[0], f"错误：{ID} 不能上报：金额超过可用余额")
        equal(lines[1], "  规则   H8（预算法 第十三条）  2015-01-01 起")
        said.says("  位置   版本（etag）", "  可改为 ≤ 100.00 万元", "  请求号 ",
                  f"建议：purser budget edit {ID}")
        english = clerk.run("--lang", "en", "budget", "withdraw", ID).ends(3)
        english.says(f"error: {ID} cannot be submitted", "rule   H8 (Budget Law, Art. 13)  from 2015-01-01",
                     "hint: ")


@test
def a_refusal_in_json_has_both_languages():
    with Stage() as (_, clerk):
        said = clerk.run("budget", "withdraw", ID, "-o", "json").ends(3)
        error = json.loads(said.err)["error"]
        equal((error["code"], error["exit"], error["problems"][0]["reason"]),
              ("FAILED_PRECONDITION", 3, "OVER_LINE"))
        expect(error["problems"][0]["text_zh"] and error["problems"][0]["text_en"], error)
        equal(said.out, "")


@test
def each_status_has_its_exit_code():
    wanted = {3: 2, 5: 5, 6: 6, 7: 4, 9: 3, 10: 6, 11: 3, 12: 1, 13: 1, 14: 75, 15: 9, 16: 4}
    for status, code in wanted.items():
        def refuse(_request, status=status):
            raise Refusal(status, reason="X", text_zh="不行", text_en="no")
        with Stage(**{"BudgetService/SubmitBudget": refuse}) as (_, clerk):
            clerk.run("budget", "submit", ID).ends(code)


# --- the outbox ---

@test
def a_write_that_reaches_nobody_waits_and_is_sent_later_once():
    with Stage() as (fake, clerk):
        fake.stop()
        clerk.run("budget", "create", "--year", "2027", "--name", "安保").ends(75).says("待发箱")
        clerk.run("budget", "create", "--year", "2027", "--name", "安保").ends(75).says("同样的请求")
        clerk.run("outbox", "list").ends(0).says("新建购买服务预算", "待发")
        clerk.run("budget", "list").ends(7).says("连不上服务器")
        before = len(fake.leaves)
        fake.start()
        clerk.run("outbox", "flush").ends(0).says("已办")
        equal(len(fake.leaves), before + 1)
        clerk.run("outbox", "flush").ends(0)
        clerk.run("outbox", "list").ends(0).says("空的")
        equal(len(fake.leaves), before + 1)


@test
def a_change_of_an_object_that_cannot_be_asked_for_is_finished_when_it_is_sent():
    with Stage() as (fake, clerk):
        fake.stop()
        clerk.run("budget", "submit", ID).ends(75)
        fake.start()
        clerk.run("outbox", "flush").ends(0)
        sent = [c for c in fake.calls if c.method.endswith("SubmitBudget")]
        equal([pb.SubmitBudgetRequest.FromString(c.body).etag for c in sent], ["7"])


@test
def an_answer_that_is_lost_is_asked_for_again_with_the_same_bytes():
    with Stage() as (fake, clerk):
        fake.is_silent = True
        clerk.run("budget", "create", "--year", "2027", "--timeout", "700ms").ends(75)
        fake.is_silent = False
        clerk.run("budget", "create", "--year", "2027").ends(0).says("已办过", "回执")
        ids = {c.request_id for c in fake.calls if c.method.endswith("CreateBudget")}
        equal(len(ids), 1)


@test
def offline_commands_refer_to_each_other_and_a_refusal_blocks_only_its_own():
    def create(request):
        if request.name == "坏":
            raise Refusal(9, reason="X", text_zh="不行", text_en="no")
        return pb.CreateBudgetResponse(id=ID, etag="1")
    with Stage(**{"BudgetService/CreateBudget": create}) as (fake, clerk):
        bad = clerk.run("--offline", "budget", "create", "--name", "坏").ends(75).out.strip()
        good = clerk.run("--offline", "budget", "create", "--name", "好").ends(75).out.strip()
        expect(good.startswith("@") and bad.startswith("@"), good, bad)
        clerk.run("--offline", "budget", "submit", bad).ends(75)
        clerk.run("--offline", "budget", "submit", good).ends(75)
        clerk.run("outbox", "flush").ends(8).says("不行", "受阻", "已办")
        sent = [pb.SubmitBudgetRequest.FromString(c.body) for c in fake.calls
                if c.method.endswith("SubmitBudget")]
        equal([(q.budget_id, q.etag) for q in sent], [(good, good)])
        said = clerk.run("outbox", "list", "--all").ends(0).says("被拒", "受阻")
        for line in said.out.splitlines()[1:]:
            clerk.run("outbox", "drop", line.split()[0]).ends(0)
        clerk.run("outbox", "drop", bad[1:]).ends(5)


@test
def a_request_id_of_ones_own_is_sent_once_and_belongs_to_one_request():
    with Stage() as (fake, clerk):
        mine = "0192f0c1-0000-7000-8000-000000000001"
        clerk.run("budget", "create", "--name", "甲", "--request-id", mine).ends(0)
        clerk.run("budget", "create", "--name", "甲", "--request-id", mine).ends(0).says("已办过")
        clerk.run("budget", "create", "--name", "乙", "--request-id", mine).ends(6)
        equal(len([c for c in fake.answered if c.hex().startswith("0192f0c1")]), 1)
        equal(len(fake.leaves), 2)


@test
def a_dry_run_leaves_nothing_behind():
    with Stage() as (fake, clerk):
        clerk.run("budget", "create", "--name", "甲", "--dry-run").ends(0).says("未生效")
        expect(fake.calls[-1].validate_only, fake.calls[-1])
        equal(len(fake.leaves), 1)


# --- imports ---

def import_rows(request):
    bad = [i for i, row in enumerate(request.rows) if row.project_name == "坏"]
    if bad:
        raise Refusal(3, reason="BAD_FIELD", text_zh="名称不好", text_en="bad name",
                      field=f"rows[{bad[0]}].project_name")
    return pb.ImportProjectsResponse(imported=len(request.rows))


def many(clerk, bad):
    rows = "".join(f"P{i},{'坏' if i in bad else '好'},1.5\n" for i in range(1200))
    return clerk.file("many.csv", "项目编码,项目名称,预算金额(万元)\n" + rows)


@test
def a_long_file_goes_in_parts_of_five_hundred_rows():
    with Stage(**{"ScreeningService/ImportProjects": import_rows}) as (fake, clerk):
        said = clerk.run("screening", "import-projects", many(clerk, ()), "--year", "2027").ends(0)
        said.says("已导入 1200 行")
        sent = [pb.ImportProjectsRequest.FromString(c.body) for c in fake.calls
                if c.method.endswith("ImportProjects")]
        equal([len(q.rows) for q in sent], [500, 500, 200])
        row = sent[1].rows[0]
        equal((row.project_code, row.amount_fen, sent[1].year), ("P500", 1_500_000, 2027))


@test
def rows_that_are_refused_stop_the_import_or_are_left_out():
    with Stage(**{"ScreeningService/ImportProjects": import_rows}) as (fake, clerk):
        path = many(clerk, (700, 701))
        said = clerk.run("screening", "import-projects", path, "--year", "2027").ends(8)
        said.says("many.csv 第 702 行  项目名称", "前 500 行已导入", "--skip 500")
        again = ["screening", "import-projects", path, "--year", "2027", "--skip", "500", "--only-ok"]
        said = clerk.run(*again).ends(8)
        said.says("已导入 698 行", "略过 2 行")
        equal(len(fake.leaves), 4)


# --- long imports: opened, appended, committed ---

class Importing:
    """What a server does with a long import: keeps the parts, and counts."""

    def __init__(self):
        self.rows, self.committed, self.before_part = [], [], lambda n: None

    def handlers(self):
        return {"BudgetImportService/OpenImport": self.open, "BudgetImportService/AppendRows": self.append,
                "BudgetImportService/CommitImport": self.commit}

    def open(self, _):
        self.rows = []
        return pb.OpenImportResponse(import_id="IM-2027-0001")

    def append(self, request):
        self.before_part(len(self.rows) // 500 + 1)
        equal(request.first_row, len(self.rows) + 1)
        self.rows += request.rows
        return pb.AppendRowsResponse(import_id=request.import_id, row_count=len(self.rows))

    def commit(self, request):
        digest = bytes(32)
        for r in self.rows:
            digest = hashlib.sha256(digest + r.SerializeToString(deterministic=True)).digest()
        equal((request.row_count, request.digest), (len(self.rows), digest))
        self.committed.append(len(self.rows))
        return pb.CommitImportResponse(import_id=request.import_id, imported=len(self.rows))


def budget_lines(clerk, count=1200, name="lines.csv"):
    rows = "".join(f"P{n},名{n},{n}.50\n" for n in range(1, count + 1))
    return clerk.file(name, "项目编码,名称,申报数(万元)\n" + rows)


@test
def a_long_import_refers_to_its_opening_and_gives_the_digest_of_its_rows():
    server = Importing()
    with Stage(**server.handlers()) as (fake, clerk):
        clerk.run("budget", "import", budget_lines(clerk), "--year", "2027").ends(0).says("已导入 1200 行")
        equal(server.committed, [1200])
        calls = [c for c in fake.calls if "ImportService" in c.method]
        equal([c.method.split("/")[-1] for c in calls], ["OpenImport", *["AppendRows"] * 3, "CommitImport"])
        ref = "@" + str(uuid.UUID(bytes=calls[0].request_id))
        parts = [pb.AppendRowsRequest.FromString(c.body) for c in calls[1:4]]
        equal([(q.import_id, q.year, q.first_row, len(q.rows)) for q in parts],
              [(ref, 2027, 1, 500), (ref, 2027, 501, 500), (ref, 2027, 1001, 200)])
        equal(pb.CommitImportRequest.FromString(calls[4].body).import_id, ref)


@test
def an_import_that_loses_the_server_half_way_waits_and_the_same_command_ends_it():
    server = Importing()
    with Stage(**server.handlers()) as (fake, clerk):
        path = budget_lines(clerk)
        again = ["budget", "import", path, "--year", "2027", "--timeout", "1"]

        def silent(part):
            fake.is_silent = part == 2
        server.before_part = silent
        clerk.run(*again).ends(75)
        equal(server.committed, [])
        server.before_part = lambda n: None
        clerk.run(*again).ends(75)  # the answer to the second part is still not heard
        fake.is_silent = False
        clerk.run(*again).ends(0).says("同样的导入还在待发箱里", "已导入 1200 行")
        equal(server.committed, [1200])
        clerk.run("outbox").ends(0).says("待发箱是空的")
        clerk.run("receipt", "verify").ends(0).says("6 份回执属实，0 份不符")


@test
def an_import_that_is_killed_half_way_is_ended_by_the_same_command():
    server = Importing()
    with Stage(**server.handlers()) as (fake, clerk):
        path = budget_lines(clerk)
        env = {**os.environ, "PURSER_HOME": clerk.home, "PURSER_LANG": "zh"}
        reached = threading.Event()

        def silent(part):
            fake.is_silent = part == 3
            if part == 3:
                reached.set()
        server.before_part = silent
        with subprocess.Popen([program("purser"), "budget", "import", path, "--year", "2027"], env=env,
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as client:
            expect(reached.wait(20))
            client.kill()
        server.before_part, fake.is_silent = lambda n: None, False
        clerk.run("budget", "import", path, "--year", "2027").ends(0).says("已导入 1200 行")
        equal(server.committed, [1200])


@test
def a_part_that_is_refused_ends_the_import_and_leaves_nothing_to_send():
    server = Importing()
    with Stage(**server.handlers()) as (fake, clerk):
        def refuse(part):
            if part == 2:
                raise Refusal(3, reason="BAD_FIELD", text_zh="名称不行", field="rows[7].name")
        server.before_part = refuse
        path = budget_lines(clerk)
        said = clerk.run("budget", "import", path, "--year", "2027").ends(8)
        said.says("lines.csv 第 509 行  名称", "没有一行导入")
        equal((server.committed, len([c for c in fake.calls if c.method.endswith("AppendRows")])), ([], 2))
        clerk.run("outbox").ends(0).says("待发箱是空的")
        server.before_part = lambda n: None
        clerk.run("budget", "import", path, "--year", "2027").ends(0)
        equal(server.committed, [1200])


@test
def a_refusal_in_the_outbox_blocks_the_rest_of_the_import():
    server = Importing()
    with Stage(**server.handlers()) as (fake, clerk):
        clerk.run("--offline", "budget", "import", budget_lines(clerk), "--year", "2027").ends(75)

        def refuse(part):
            raise Refusal(3, reason="BAD_FIELD", text_zh="名称不行", field=f"rows[{part}].name")
        server.before_part = refuse
        clerk.run("outbox", "flush").ends(8).says("受阻")
        equal((server.committed, len([c for c in fake.calls if "ImportService" in c.method])), ([], 2))
        clerk.run("outbox").ends(0).says("待发箱是空的")


# --- receipts ---

@test
def receipts_are_kept_and_hold_without_the_network():
    with Stage() as (fake, clerk):
        clerk.run("budget", "submit", ID).ends(0).says("回执")
        fake.stop()
        clerk.run("receipt", "list").ends(0).says("送单位审核", ID)
        clerk.run("receipt", "verify").ends(0).says("2 份回执属实，0 份不符")
        proof = clerk.run("receipt", "export", "1").ends(0).out
        expect(proof.startswith("c2sp.org/tlog-proof@v1\nextra ") and "\nindex 1\n" in proof, proof)
        expect("\n\npurser/450600\n2\n" in proof, proof)


@test
def a_receipt_that_was_tampered_with_on_disk_is_found():
    with Stage() as (_, clerk):
        clerk.run("budget", "submit", ID).ends(0)
        with sqlite3.connect(clerk.context_file("state.db")) as db:
            (command,) = db.execute("SELECT command FROM sent WHERE entry = 1").fetchone()
            db.execute("UPDATE sent SET command = ? WHERE entry = 1", (command.replace(b"0001", b"0002"),))
        clerk.run("receipt", "verify").ends(9).says("核验失败", "1 份回执属实，1 份不符")
        clerk.run("receipt", "verify", "0").ends(0)


@test
def a_receipt_for_another_answer_is_refused_loudly():
    def lie(reply):
        if reply.HasField("receipt"):
            reply.body = pb.SubmitBudgetResponse(id=ID, etag="99").SerializeToString()
    with Stage() as (fake, clerk):
        fake.tamper = lie
        clerk.run("budget", "submit", ID).ends(9).says("！！", "不可信")


@test
def an_accepted_write_without_a_receipt_is_refused_loudly():
    with Stage() as (fake, clerk):
        fake.tamper = lambda reply: reply.ClearField("receipt")
        clerk.run("budget", "submit", ID).ends(9).says("！！")


@test
def a_journal_restored_from_an_old_copy_is_found():
    with Stage() as (fake, clerk):
        for _ in range(3):
            clerk.run("budget", "submit", ID).ends(0)
        fake.leaves = fake.leaves[:1]
        clerk.run("budget", "submit", ID).ends(9).says("曾见 4 条", "现示 2 条")


@test
def a_second_history_of_the_same_or_greater_length_is_found():
    with Stage() as (fake, clerk):
        clerk.run("budget", "submit", ID).ends(0)
        fake.leaves = [os.urandom(32) for _ in range(4)]
        clerk.run("budget", "submit", ID).ends(9).says("不一致")
        fake.leaves = [os.urandom(32)]
        clerk.run("budget", "submit", ID).ends(9).says("两个不同的根")


@test
def another_journal_key_is_refused():
    with Stage() as (fake, clerk):
        fake.key = type(fake.key).new()
        clerk.run("budget", "submit", ID).ends(9)


@test
def a_new_epoch_stops_until_the_user_consents():
    with Stage() as (fake, clerk):
        clerk.run("budget", "submit", ID).ends(0)
        fake.extension = "epoch 2"
        clerk.run("budget", "submit", ID).ends(9).says("epoch 2")
        clerk.run("context", "repin").ends(0).says("epoch 1")
        clerk.run("budget", "submit", ID).ends(0)


@test
def a_pin_that_an_older_client_kept_in_its_database_still_holds():
    with Stage() as (fake, clerk):
        clerk.run("budget", "submit", ID).ends(0)
        with open(clerk.context_file("pin"), encoding="utf-8") as f:
            note = f.read()
        os.unlink(clerk.context_file("pin"))
        with sqlite3.connect(clerk.context_file("state.db")) as db:
            db.execute("CREATE TABLE pin (one INTEGER PRIMARY KEY, size INTEGER, note TEXT)")
            db.execute("INSERT INTO pin VALUES (1, 2, ?)", (note,))
        fake.leaves = [os.urandom(32) for _ in range(4)]
        clerk.run("budget", "submit", ID).ends(9).says("不一致")
        clerk.run("context", "repin").ends(0).says(note)
        clerk.run("budget", "submit", ID).ends(0)


@test
def a_pin_that_was_changed_on_disk_is_found():
    with Stage() as (_, clerk):
        clerk.run("budget", "submit", ID).ends(0)
        with open(clerk.context_file("pin"), "r+", encoding="utf-8") as f:
            text = f.read().replace("\n2\n", "\n1\n")
            f.seek(0)
            f.write(text)
        clerk.run("budget", "submit", ID).ends(9).says("本机所存检查点被改动")


@test
def the_pin_never_goes_back_when_processes_pin_at_the_same_time():
    with Stage() as (fake, clerk):
        env = {**os.environ, "PURSER_HOME": clerk.home, "PURSER_LANG": "zh"}
        ran = [subprocess.Popen([program("purser"), "budget", "submit", f"{ID[:-1]}{i}"], env=env,
                                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) for i in range(8)]
        equal([p.wait() for p in ran], [0] * 8)
        with open(clerk.context_file("pin"), encoding="utf-8") as f:
            equal(int(f.read().split("\n")[1]), len(fake.leaves))


# --- what a read costs ---

def files_of(home):
    """Every file and folder with its inode, size and time of change."""
    found = {}
    for folder, _, names in os.walk(home):
        for path in (folder, *(os.path.join(folder, name) for name in names)):
            st = os.stat(path)
            found[path] = (st.st_ino, st.st_size, st.st_mtime_ns)
    return found


@test
def a_read_writes_no_file():
    with Stage() as (_, clerk):
        clerk.run("budget", "submit", ID).ends(0)
        before = files_of(clerk.home)
        clerk.run("budget", "get", ID).ends(0)
        clerk.run("budget", "list", "--all").ends(0)
        clerk.run("ping").ends(0)
        equal(files_of(clerk.home), before)


@test
def a_read_needs_no_database_and_names_the_pinned_tree():
    with Stage() as (fake, clerk):
        clerk.run("budget", "submit", ID).ends(0)
        for name in ("state.db", "state.db-wal", "state.db-shm"):
            os.unlink(clerk.context_file(name))
        clerk.run("budget", "get", ID).ends(0)
        equal(fake.known_tree_size, 2)
        expect(not os.path.exists(clerk.context_file("state.db")))


@test
def a_read_is_one_request_over_one_connection():
    with Stage() as (fake, clerk):
        for words in (("budget", "get", ID), ("budget", "list"), ("ping",)):
            calls, sockets = len(fake.calls), len(fake.open_sockets)
            clerk.run(*words).ends(0)
            equal((len(fake.calls) - calls, len(fake.open_sockets) - sockets), (1, 1), words)


# --- clocks, keys, contexts ---

@test
def a_clock_that_is_off_corrects_itself():
    with Stage() as (fake, clerk):
        fake.ahead_us = -300 * 86_400_000_000
        clerk.run("budget", "list").ends(0)
        clerk.run("budget", "submit", ID).ends(0)
        late = fake.now_us() - fake.calls[-1].issued_at_us
        expect(abs(late) < 60_000_000, late)


@test
def the_key_is_readable_by_its_owner_only_and_refused_otherwise():
    with Stage() as (_, clerk):
        path = clerk.context_file("key")
        equal(stat.S_IMODE(os.stat(path).st_mode), 0o600)
        equal(stat.S_IMODE(os.stat(os.path.dirname(path)).st_mode), 0o700)
        os.chmod(path, 0o644)
        clerk.run("budget", "list").ends(10).says("chmod 600")


@test
def a_refused_invite_leaves_no_context():
    def refuse(_request):
        raise Refusal(7, reason="INVITE_BAD", text_zh="邀请无效", text_en="bad invite")
    with Stage() as (fake, clerk):
        fake.handlers["UnitService/Enroll"] = refuse
        clerk.run("enroll", fake.invite, "--context", "two").ends(4).says("邀请无效")
        clerk.run("context", "list").ends(0).hides("two")
        clerk.run("enroll", "purser1.rubbish").ends(2)


@test
def a_context_that_is_damaged_is_not_called_unknown():
    with Stage() as (_, clerk):
        path = clerk.context_file("context.json")
        with open(path, "w", encoding="utf-8") as f:
            f.write("{")
        clerk.run("budget", "list").ends(10).says(path)
        clerk.run("budget", "list", "--context", "nobody").ends(2).says("purser context list")


@test
def contexts_are_switched():
    with Stage() as (fake, clerk):
        clerk.run("enroll", fake.invite, "--context", "two").ends(0)
        clerk.run("context", "list", "-o", "csv").ends(0).says("450600,,", "two,*,")
        clerk.run("context", "use", "450600").ends(0)
        clerk.run("context", "list", "-o", "csv").ends(0).says("450600,*,", "two,,")
        clerk.run("--context", "nobody", "budget", "list").ends(2)
        clerk.run("enroll", fake.invite, "--context", "two").ends(6)


def at_a_terminal(clerk, answers, *args, columns=100):
    """Runs with a controlling terminal, giving the answers when asked; (exit code, what was shown)."""
    pid, fd = pty.fork()
    if pid == 0:
        fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        os.environ.update({"PURSER_HOME": clerk.home, "PURSER_LANG": "en"})
        os.execv(program("purser"), ["purser", *args])
    shown = b""
    while True:
        try:
            more = os.read(fd, 4096)
        except OSError:
            break
        if not more:
            break
        shown += more
        if more.rstrip().endswith((b"key:", b"more:")) and answers:
            os.write(fd, answers.pop(0).encode() + b"\n")
    _, status = os.waitpid(pid, 0)
    os.close(fd)
    return os.waitstatus_to_exitcode(status), shown.decode(errors="replace")


@test
def a_passphrase_is_asked_on_the_terminal_only():
    with Stage(lang="en") as (_, clerk):
        equal(at_a_terminal(clerk, ["open sesame", "open sesame"], "key", "passphrase")[0], 0)
        equal(at_a_terminal(clerk, ["open sesame"], "budget", "list")[0], 0)
        code, shown = at_a_terminal(clerk, ["wrong"], "budget", "list")
        equal(code, 4)
        expect("sesame" not in shown and "wrong passphrase" in shown, shown)
        with open(clerk.context_file("key"), encoding="ascii") as f:
            expect(f.read().startswith("purser-sealed-key-v1\n"))


main()
