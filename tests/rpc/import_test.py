#!/usr/bin/python3
"""Budget lines from a file, over the wire: opened, appended row by row, committed at once, or not at all."""
import hashlib
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
# pylint: disable=wrong-import-position
from city import City
from harness import equal, expect, fixture, main, test
from proxied import conninfo_of, psql
from purser import pb

YEAR = 2027
NOTHING = bytes(32)
city = fixture(lambda: City("2026-06-22"))


def sql(text):
    return psql(conninfo_of(city()), text)


def row(n=1, amount_fen=100_000_00, **other):
    fields = {"project_code": f"450600-27-203-{n:04}", "name": f"校园安保服务{n}", "content": "门卫值守",
              "catalogue_code": "A0291", "function_code": "2050202", "economic_code": "30227",
              "quantity": "12 个月", "unit_price_fen": amount_fen, "requested_fen": amount_fen,
              "fund_source": pb.FUND_SOURCE_GENERAL, "provider_type": "410",
              "method": pb.PURCHASE_METHOD_OPEN_TENDER, "start_date": f"{YEAR}-03-01",
              "end_date": f"{YEAR}-12-31", "is_new": True, "basis": "部门职责", **other}
    return pb.BudgetRow(**fields)


def rows(count, begin=1, **other):
    return [row(n, **other) for n in range(begin, begin + count)]


def digest_of(all_rows):
    digest = NOTHING
    for r in all_rows:
        digest = hashlib.sha256(digest + r.SerializeToString(deterministic=True)).digest()
    return digest


def clerk(unit="203"):
    city().open_cycle(YEAR)
    return city().clerk(unit)


def opened(who):
    return who.do("BudgetImportService/OpenImport", year=YEAR).import_id


def append(who, name, them, first_row=1, **other):
    return who.write("BudgetImportService/AppendRows",
                     pb.AppendRowsRequest(import_id=name, year=YEAR, first_row=first_row, rows=them), **other)


def commit(who, name, them, **other):
    return who.write("BudgetImportService/CommitImport",
                     pb.CommitImportRequest(import_id=name, row_count=len(them), digest=digest_of(them)),
                     **other)


def good(answer):
    equal(answer.code, 0, answer.text)
    return answer.message


def refused(answer, *reasons):
    equal([p.reason for p in answer.problems], list(reasons), answer.text)
    return answer


def imported(who, them):
    name = opened(who)
    for at in range(0, len(them), 500):
        good(append(who, name, them[at:at + 500], at + 1))
    return good(commit(who, name, them))


def lines(where="true"):
    return int(sql(f"SELECT count(*) FROM budget_line WHERE {where}"))


def columns(table, *but):
    names = sql(f"SELECT attname FROM pg_attribute WHERE attrelid = '{table}'::regclass AND attnum > 0"
                " AND NOT attisdropped ORDER BY attnum").split()
    return ", ".join(n for n in names if n not in but)


# --- what comes of it ---

@test
def imported_lines_are_those_that_a_clerk_would_have_drafted_one_by_one():
    who, source = clerk(), pb.FundShare
    many = [row(1), row(2, fund_source=0, general_fen=60_000_00, own_fen=40_000_00, start_date="", method=0),
            row(3, fund_source=0, provider_type="", is_new=False)]
    shares = [[source(source=1, amount_fen=100_000_00)],
              [source(source=1, amount_fen=60_000_00), source(source=8, amount_fen=40_000_00)], []]
    single = []
    for r, share in zip(many, shares):
        fields = {f.name: v for f, v in r.ListFields()
                  if f.name not in ("fund_source", "general_fen", "own_fen")}
        single.append(who.do("BudgetService/CreateBudget", year=YEAR, unit_id="203", fund_sources=share,
                             **fields).id)
    made = imported(who, many)
    (unit,) = made.units
    equal((made.imported, unit.unit_id, unit.lines, unit.requested_fen), (3, "203", 3, 300_000_00))
    number = int(single[-1][-4:])
    new = [f"450600-{YEAR}-203-{number + n:04}" for n in (1, 2, 3)]
    equal((unit.first_id, unit.last_id), (new[0], new[2]))
    for table, key, but in (("budget_line", "id", ("id", "created_us", "changed_us")),
                            ("budget_source", "line_id", ("line_id",)),
                            ("budget_event", "line_id", ("line_id", "at_us")),
                            ("budget_line_version", "line_id", ("line_id", "at_us"))):
        for one, other in zip(single, new):
            seen = [sql(f"SELECT {columns(table, *but)} FROM {table} WHERE {key} = '{i}' ORDER BY 1, 2")
                    for i in (one, other)]
            equal(seen[1], seen[0], table, other)
    again = who.do("BudgetService/CreateBudget", year=YEAR, unit_id="203", fund_sources=shares[0], name="后一",
                   catalogue_code="A0291", project_code="P-1").id
    equal(int(again[-4:]), number + 4)
    who.do("BudgetService/SubmitBudget", budget_id=new[0], etag="1")
    equal(who.write("BudgetService/ApproveBudget", budget_id=new[0], etag="2").code, pb.PERMISSION_DENIED)


@test
def lines_of_subordinate_units_are_numbered_by_unit_in_the_order_of_the_rows():
    who, before = clerk(), {u: lines(f"unit_id = '{u}'") for u in ("203", "203001")}
    city().operator.do("UnitService/ImportUnits", rows=[pb.UnitRow(
        id="203001", name="市第一中学", type="110", division="450600",
        valid_from_date="2020-01-01")])
    them = [row(1), row(2, unit_id="203001"), row(3, unit_id="203"), row(4, unit_id="203001")]
    made = imported(who, them)
    equal([(u.unit_id, u.lines) for u in made.units], [("203", 2), ("203001", 2)])
    names = sql("SELECT string_agg(name || department_id, ' ' ORDER BY id) FROM budget_line"
                f" WHERE unit_id = '203001' AND id > '450600-{YEAR}-203001-{before['203001']:04}'")
    equal(names, "校园安保服务2203 校园安保服务4203")


@test
def ten_thousand_lines_come_in_twenty_parts_and_stand_in_their_order():
    who, before = clerk("209"), lines("unit_id = '209'")
    made = imported(who, rows(10_000, catalogue_code="A0407"))
    equal(made.imported, 10_000)
    equal(made.units[0].last_id, f"450600-{YEAR}-209-{before + 10_000:04}")
    equal(lines("unit_id = '209'"), before + 10_000)
    equal(sql("SELECT count(*) FROM (SELECT row_number() OVER (ORDER BY split_part(id, '-', 4)::int) AS n, name"
              f" FROM budget_line WHERE unit_id = '209') x WHERE name <> '校园安保服务' || n - {before}"), "0")
    equal(sql("SELECT count(*) FROM budget_import_part"), "0")


main()
