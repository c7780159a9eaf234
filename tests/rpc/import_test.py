#!/usr/bin/python3
"""Budget lines from a file, over the wire: opened, appended row by row, committed at once, or not at all."""
import hashlib
import os
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
    again = who.do("BudgetService/CreateBudget", year=YEAR, unit_id="203", fund_sources=shares[0],
                   name="后一", catalogue_code="A0291", project_code="P-1").id
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
    numbered = ("SELECT row_number() OVER (ORDER BY split_part(id, '-', 4)::int) AS n, name"
                " FROM budget_line WHERE unit_id = '209'")
    equal(sql(f"SELECT count(*) FROM ({numbered}) x WHERE name <> '校园安保服务' || n - {before}"), "0")
    equal(sql("SELECT count(*) FROM budget_import_part"), "0")


# --- what is refused, by name ---

@test
def bad_rows_are_named_with_their_fields_and_none_is_kept():
    who = clerk()
    name = opened(who)
    good(append(who, name, rows(2)))
    bad = [row(3), row(4, project_code="", name=" ", requested_fen=-1), row(5, catalogue_code="A02"),
           row(6, unit_id="209", provider_type="221"),
           row(7, fund_source=0, own_fen=-5, start_date=f"{YEAR}-05-01", end_date=f"{YEAR}-04-01"),
           row(8, own_fen=5), row(9, unit_id="203901")]
    answer = append(who, name, bad, 3)
    equal([(p.field, p.reason) for p in answer.problems],
          [("rows[1].project_code", "BAD_FIELD"), ("rows[1].name", "BAD_FIELD"),
           ("rows[1].requested_fen", "BAD_FIELD"), ("rows[2].catalogue_code", "CATALOGUE_LEVEL"),
           ("rows[3].unit_id", "NOT_FOUND"), ("rows[3].provider_type", "SUPPLIER_TYPE"),
           ("rows[4].end_date", "BAD_FIELD"), ("rows[4].own_fen", "BAD_FIELD"),
           ("rows[5].fund_source", "BAD_FIELD"), ("rows[6].unit_id", "TYPE_MAY_NOT_PURCHASE")])
    refused(append(who, name, rows(3, 3, start_date="2027-02-30"), 3), "BAD_FIELD")
    equal(len(append(who, name, rows(40, 3, name=""), 3).problems), 16)
    equal(sql(f"SELECT row_count FROM budget_import WHERE id = '{name}'"), "2")
    refused(append(who, name, [], 3), "BAD_FIELD")
    good(append(who, name, rows(1, 3), 3))


@test
def what_a_row_is_refused_for_a_single_draft_is_refused_for_too():
    who = clerk()
    for other in ({"project_code": "甲"}, {"name": ""}, {"method": 99}, {"unit_price_fen": -1},
                  {"requested_fen": 10 ** 15 + 1}, {"catalogue_code": "A0299"}, {"catalogue_code": ""},
                  {"provider_type": "221"}, {"provider_type": "999"}, {"unit_id": "203901"},
                  {"unit_id": "209"}, {"start_date": f"{YEAR}-12-31", "end_date": f"{YEAR}-01-01"}):
        r = row(**{"fund_source": 0, **other})
        single = who.write("BudgetService/CreateBudget", year=YEAR,
                           **{f.name: v for f, v in r.ListFields()}, validate_only=True)
        many = append(who, "", [r], validate_only=True)
        expect(single.code and many.code, other)
        equal((many.problems[0].reason, many.problems[0].rule, many.problems[0].broke),
              (single.problems[0].reason, single.problems[0].rule, single.problems[0].broke), other)


@test
def rows_out_of_their_order_are_refused_with_both_numbers():
    who = clerk()
    name = opened(who)
    good(append(who, name, rows(3)))
    for first in (1, 3, 5, 0, -1):
        p = refused(append(who, name, rows(2), first), "ROWS_OUT_OF_ORDER").problems[0]
        equal((p.field, p.broke, p.passes), ("first_row", str(first), "4"))
    answer = who.write("BudgetImportService/AppendRows", pb.AppendRowsRequest(
        import_id=name, year=YEAR + 1, first_row=4, rows=rows(1)))
    refused(answer, "CYCLE_UNKNOWN")


@test
def a_count_or_digest_that_differs_is_refused_with_both_numbers():
    who, them, before = clerk(), rows(3), lines()
    name = opened(who)
    good(append(who, name, them))
    p = refused(commit(who, name, them[:2]), "ROWS_DIFFER").problems[0]
    equal((p.field, p.broke, p.passes), ("row_count", "2", "3"))
    other = [them[1], them[0], them[2]]
    p = refused(commit(who, name, other), "DIGEST_DIFFERS").problems[0]
    equal((p.field, p.broke, p.passes), ("digest", digest_of(other).hex(), digest_of(them).hex()))
    equal(lines(), before)
    good(commit(who, name, them))
    equal(lines(), before + 3)


@test
def more_rows_than_an_import_holds_are_refused():
    who = clerk("225")
    name = opened(who)
    them = rows(500)
    for at in range(0, 20_000, 500):
        good(append(who, name, them, at + 1))
    p = refused(append(who, name, rows(1), 20_001), "TOO_MANY_ROWS").problems[0]
    equal((p.broke, p.passes), ("20001", "20000"))
    opened(who)
    equal(sql(f"SELECT count(*) FROM budget_import_part WHERE import_id = '{name}'"), "0")


# --- whose it is ---

@test
def an_import_is_its_openers_alone():
    who, them = clerk(), rows(2)
    name = opened(who)
    good(append(who, name, them))
    colleague = city().person("经办乙203", "203", pb.ROLE_CLERK)
    for other in (clerk("209"), colleague):
        for answer in (append(other, name, them, 3), commit(other, name, them)):
            refused(answer, "NOT_FOUND")
            equal(answer.text.replace(name, "IM-2027-9999"),
                  commit(other, "IM-2027-9999", them).text)
    equal(city().approver("203").write("BudgetImportService/OpenImport", year=YEAR).reason, "ROLE_FORBIDS")
    good(commit(who, name, them))


@test
def a_new_import_takes_the_place_of_the_one_that_was_left_open():
    who, them, before = clerk(), rows(2), lines()
    old = opened(who)
    good(append(who, old, them))
    new = opened(who)
    equal(append(who, old, them, 3).reason, "STATE_FORBIDS")
    equal(commit(who, old, them).reason, "STATE_FORBIDS")
    refused(commit(who, new, []), "ROWS_DIFFER")
    equal(lines(), before)
    equal(sql(f"SELECT string_agg(state, ' ' ORDER BY id) FROM budget_import WHERE id IN ('{old}', '{new}')"),
          "REPLACED OPEN")


# --- once, and only while it may be ---

@test
def a_commit_that_is_sent_twice_makes_the_lines_once():
    who, them, before = clerk(), rows(5), lines()
    name = opened(who)
    part = who.command("BudgetImportService/AppendRows", pb.AppendRowsRequest(
        import_id=name, year=YEAR, first_row=1, rows=them))
    last = who.command("BudgetImportService/CommitImport", pb.CommitImportRequest(
        import_id=name, row_count=5, digest=digest_of(them)))
    for command in (part, last):
        first, again = who.call(command, who.sign(command)), who.call(command, who.sign(command))
        equal((first.code, again.code, again.reply.replayed), (0, 0, True))
        equal(again.reply.body, first.reply.body)
    equal(lines(), before + 5)
    refused(commit(who, name, them), "STATE_FORBIDS")
    equal(lines(), before + 5)


@test
def what_changed_since_the_rows_came_is_looked_at_again():
    who, them = clerk("234"), rows(3, catalogue_code="A0407")
    name = opened(who)
    good(append(who, name, them))
    catalogue = city().operator.get("CatalogueService/GetCatalogueVersion", version_id="CN-2020")
    city().leader.do("CatalogueService/StopCatalogueEntry", version_id="CN-2020", code="A0407",
                     etag=catalogue.version.etag, stopped_from_date=f"{YEAR - 1}-12-01", opinion="停用")
    p = refused(commit(who, name, them), "NOT_IN_CATALOGUE").problems[0]
    equal((p.field, p.broke), ("rows[0].catalogue_code", "A0407"))


@test
def a_check_leaves_nothing_behind():
    who = clerk()
    size = sql("SELECT size FROM journal_head")
    good(append(who, "", rows(500), validate_only=True))
    p = refused(append(who, "", [row(1), row(2, name="")], validate_only=True), "BAD_FIELD").problems[0]
    equal(p.field, "rows[1].name")
    refused(append(who, "", rows(1)), "NOT_FOUND")
    equal(sql("SELECT size FROM journal_head"), size)


@test
def the_largest_part_fits_into_a_calls_memory():
    who, text = clerk(), "购买服务" * 160
    them = rows(490, content=text)
    made = imported(who, them)
    equal(made.imported, 490)


# --- verify ---

@test
def verify_finds_all_of_it_equal_and_names_what_was_changed_in_the_rows_that_wait():
    who = clerk()
    imported(who, rows(1200))
    name = opened(who)
    good(append(who, name, rows(10)))
    equal(city().verify()[0], 0)
    sql(f"UPDATE budget_import_part SET requested_fen[3] = requested_fen[3] + 1 WHERE import_id = '{name}'")
    code, text = city().verify()
    expect(code == 9 and "budget_import_part" in text and name in text, code, text)
    sql(f"UPDATE budget_import_part SET requested_fen[3] = requested_fen[3] - 1 WHERE import_id = '{name}'")
    sql(f"UPDATE budget_import SET row_count = 9 WHERE id = '{name}'")
    code, text = city().verify()
    expect(code == 9 and "budget_import" in text and name in text, code, text)
    sql(f"UPDATE budget_import SET row_count = 10 WHERE id = '{name}'")


# --- the year goes on ---

@test
def after_control_figures_lines_are_late_ones_and_after_the_congress_there_are_none():
    who, them = clerk(), rows(2)
    name = opened(who)
    good(append(who, name, them))
    cycle = city().leader.get("CycleService/GetCycle", year=YEAR).cycle
    etag = city().leader.do("CycleService/PublishControls", year=YEAR, etag=cycle.etag).etag
    made = good(commit(who, name, them))
    seen = who.get("BudgetService/GetBudget", budget_id=made.units[0].first_id)
    equal((seen.budget.state, seen.budget.round), (pb.BUDGET_STATE_UP2_DRAFT, pb.BUDGET_ROUND_U2))
    equal([e.event for e in seen.events], [pb.BUDGET_EVENT_KIND_CREATE_LATE])
    name = opened(who)
    good(append(who, name, them))
    city().today(f"{YEAR}-02-01")
    city().operator.do("CycleService/RecordCongress", year=YEAR, etag=etag,
                       congress_date=f"{YEAR}-01-20", congress_document="1号")
    refused(commit(who, name, them), "CYCLE_CLOSED")
    refused(append(who, name, them, 3), "CYCLE_CLOSED")
    equal(who.write("BudgetImportService/OpenImport", year=YEAR).reason, "CYCLE_CLOSED")
    equal(city().verify()[0], 0)


main()
