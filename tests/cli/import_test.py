#!/usr/bin/python3
"""purser budget import FILE by the two real programs: encodings, headers, trying, leaving out, refusals."""
import json
import os
import pty
import subprocess

from harness import equal, expect, fixture, main, program, test
from town import Town

YEAR = "2027"
HEADERS = ("项目编码,名称,服务内容,目录代码,功能科目,经济科目,数量,单价(万元),申报数(万元),资金来源,"
           "承接主体类型,采购方式,开始日期,结束日期,新增项目,依据")
ENGLISH = ("project_code,name,content,catalogue_code,function_code,economic_code,quantity,unit_price_yuan,"
           "requested_yuan,fund_source,provider_type,method,start_date,end_date,is_new,basis")
town = fixture(Town)


def clerk():
    town().open_cycle()
    return town().seat("张三", "203", "clerk")


def line(n, **other):
    cells = {"code": f"450600-27-203-{n:04}", "name": f"校园安保{n}", "content": "门卫值守", "entry": "A0291",
             "function": "2050202", "economic": "30227", "quantity": "12 个月", "price": "1.50",
             "asked": "18.00",
             "source": "一般公共预算", "type": "410", "method": "公开招标", "from": "2027年3月1日",
             "to": "2027-12-31", "new": "是", "basis": '"职责, 测算"', **other}
    return ",".join(cells.values())


def table(count, headers=HEADERS, **wrong):
    """CSV of that many rows; wrong: {"n5": {…}} cells of row 5."""
    return "\n".join([headers, *(line(n, **wrong.get(f"n{n}", {})) for n in range(1, count + 1)), ""])


def brings(person, path, *other, **env):
    return person.run("budget", "import", path, "--year", YEAR, *other, **env)


def listed(person):
    said = person.run("budget", "list", "--year", YEAR, "--all", "-o", "json").ends(0)
    return json.loads(said.out or "{}").get("budgets", [])


def entries():
    return len(town().operator.get("JournalService/ListEntries", page_size=1000).entries)


def at_a_terminal(person, *args):
    """(exit code, what stood on the terminal that is its stderr)."""
    ours, theirs = pty.openpty()
    env = {**os.environ, "PURSER_HOME": person.home, "PURSER_LANG": "zh"}
    command = [program("purser"), *args]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=theirs, env=env) as done:
        os.close(theirs)
        shown = b""
        while True:
            try:
                more = os.read(ours, 4096)
            except OSError:
                break
            if not more:
                break
            shown += more
    os.close(ours)
    return done.returncode, shown.decode()


@test
def a_file_that_excel_saved_in_gb18030_becomes_drafts():
    person, before = clerk(), len(listed(clerk()))
    path = person.file("预算.csv", table(1200).encode("gb18030"))
    said = brings(person, path).ends(0).says("GB18030", "已导入 1200 行", "回执", "203")
    expect("/ 1,200" not in said.err, "no progress when stderr is no terminal", said.err)
    lines = listed(person)
    equal(len(lines), before + 1200)
    newest = [b for b in lines if b["name"] == "校园安保1200"][-1]
    equal((newest["state"], newest["requested_fen"]), ("DRAFT", 18_000_000))
    got = json.loads(person.run("budget", "get", newest["id"], "-o", "json").ends(0).out)
    equal((got["budget"]["start_date"], got["budget"]["basis"], got["budget"]["unit_price_fen"]),
          ("2027-03-01", "职责, 测算", 1_500_000))
    equal(got["fund_sources"], [{"source": "GENERAL", "amount_fen": 18_000_000}])
    person.run("budget", "submit", newest["id"]).ends(0).says("单位审核")
    person.run("receipt", "verify").ends(0).says("0 份不符")


@test
def utf_8_with_a_bom_english_headers_and_chinese_words_all_do():
    person, before = clerk(), len(listed(clerk()))
    path = person.file("bom.csv", b"\xef\xbb\xbf" + table(2, ENGLISH).encode())
    brings(person, path).ends(0).says("已导入 2 行")
    equal([b["requested_fen"] for b in listed(person)[before:]], [1800, 1800])
    file = person.file("plain.csv", table(1))
    person.run("预算", "导入", file, "--year", YEAR).ends(0).says("已导入 1 行")
    headers = HEADERS.replace("资金来源", "一般公共预算(万元)")
    brings(person, person.file("columns.csv", table(1, headers, n1={"source": "18"}))).ends(0)
    newest = listed(person)[-1]["id"]
    got = json.loads(person.run("budget", "get", newest, "-o", "json").ends(0).out)
    equal(got["fund_sources"], [{"source": "GENERAL", "amount_fen": 18_000_000}])


@test
def rows_that_the_server_refuses_are_named_by_line_and_column_and_nothing_is_imported():
    person, before = clerk(), len(listed(clerk()))
    wrong = {"n3": {"entry": "A0299"}, "n700": {"type": "221"}, "n701": {"code": "甲"}}
    path = person.file("bad.csv", table(1100, **wrong))
    said = brings(person, path).ends(8).says("bad.csv 第 4 行  目录代码", "没有一行导入")
    said.hides("第 701 行")
    person.run("outbox").ends(0).says("待发箱是空的")
    size = entries()
    said = brings(person, path, "--dry-run").ends(8)
    said.says("第 4 行  目录代码", "第 701 行  承接主体类型", "第 702 行  项目编码")
    equal(entries(), size)
    equal(len(listed(person)), before)


@test
def with_only_ok_the_bad_rows_are_left_out_and_said():
    person, before = clerk(), len(listed(clerk()))
    wrong = {f"n{n}": {"code": "甲"} for n in range(2, 42, 2)} | {"n700": {"type": "221"}}
    path = person.file("some.csv", table(1100, **wrong))
    said = brings(person, path, "--only-ok").ends(8)
    said.says("第 3 行  项目编码", "第 41 行  项目编码", "第 701 行  承接主体类型", "已导入 1079 行",
              "略过 21 行")
    equal(len(listed(person)), before + 1079)
    path = person.file("none.csv", table(2, n1={"code": "甲"}, n2={"code": "甲"}))
    brings(person, path, "--only-ok").ends(8)
    equal(len(listed(person)), before + 1079)


@test
def a_good_file_is_tried_without_leaving_anything():
    person = clerk()
    path, size = person.file("good.csv", table(1100)), entries()
    brings(person, path, "--dry-run").ends(0).says("1100 行可以导入")
    equal(entries(), size)


@test
def progress_is_shown_on_a_terminal():
    person = clerk()
    path = person.file("long.csv", table(1200))
    code, shown = at_a_terminal(person, "budget", "import", path, "--year", YEAR)
    equal(code, 0, shown)
    expect("500 / 1,200" in shown and "1,200 / 1,200 行\r\n" in shown, shown)


@test
def the_same_request_id_brings_the_lines_once():
    person, before = clerk(), len(listed(clerk()))
    path = person.file("once.csv", table(600))
    mine = ["--request-id", "0192f0c1-0000-7000-8000-0000000000bb"]
    brings(person, path, *mine).ends(0).says("已导入 600 行")
    brings(person, path, *mine).ends(0).says("已办过")
    equal(len(listed(person)), before + 600)
    brings(person, person.file("once.csv", table(601)), *mine).ends(6)
    equal(len(listed(person)), before + 600)


@test
def another_departments_unit_and_a_role_that_may_not_are_refused():
    person = clerk()
    path = person.file("other.csv", table(1, "单位编码," + HEADERS).replace("\n4", "\n209,4"))
    brings(person, path).ends(8).says("第 2 行  单位编码")
    brings(town().seat("赵负责", "203", "approver"), path).ends(4)
    person.run("budget", "import").ends(2).says("没有给出要导入的文件")
    brings(person, "/nowhere.csv").ends(10)


@test
def help_tells_the_columns():
    person = clerk()
    person.run("budget", "help").ends(0).says("import")
    person.run("budget", "import", "--help").ends(0).says("purser budget import FILE", "--year", "general",
                                                          "一般公共预算", "--dry-run")
    person.run("help").ends(0).hides("budget-import")
    person.run("explain", "budget.fund_source").ends(0).says("全部出自一个来源时填")


@test
def an_import_made_offline_is_sent_later_as_a_whole():
    person, before = clerk(), len(listed(clerk()))
    path = person.file("offline.csv", table(600))
    town().stop()
    try:
        expect(brings(person, path, "--offline").ends(75).out.startswith("@"))
        person.run("outbox").ends(0).says("开始导入预算", "追加各行", "导入生效")
        brings(person, path, "--offline").ends(75)
        equal(len(json.loads(person.run("outbox", "-o", "json").out)), 4)
    finally:
        town().start()
    person.run("outbox", "flush").ends(0)
    equal(len(listed(person)), before + 600)


main()
