#!/usr/bin/python3
"""Statistics answered from kept totals are, for every question, what the rows add up to."""
import itertools
import os
import sys
from collections import namedtuple

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
# pylint: disable=wrong-import-position
from city import City
from harness import equal, expect, fixture, main, test
from proxied import conninfo_of, psql
from purser import ROOT, pb
from rich import ENTERPRISE, WHOLE

SOCIETY = "51450600MA57037132"  # 310 社会团体
SERVICES = "52450600MA57029726"  # 320 社会服务机构
KINDS = {"2": "事业单位", "3": "社会组织", "410": "企业", "420": "农村集体经济组织",
         "430": "基层群众性自治组织", "510": "个人"}
MEASURES = ("BUDGET", "ADJUSTED", "CONTRACT", "PAID")
LINE_FEN = 10_000_000_00
LONG = "".join(chr(0x4e00 + i * 7919 % 20000) for i in range(2000))  # more than an index holds

Record = namedtuple("Record", "id measure start end unit unit_name code name provider fen")


class Counted(City):
    """History of many periods, lines and contracts of three units in two years of signing."""

    def __init__(self):
        super().__init__(idle_ms=3600000)
        self.add_units(u203002="市教育局电教站")
        self._history()
        self._budget()
        self.today("2027-06-10")
        self._contracts()

    def _history(self):
        def row(start, end, unit, measure, fen, name, code="A0291", provider="企业"):
            return pb.HistoryRow(period_start_date=start, period_end_date=end, unit_id=unit,
                                 unit_name={"203": "市教育局", "203002": "市电教站", "209": "市司法局",
                                            "999": name}[unit],
                                 catalogue_code=code, project_name=name, provider_type=provider,
                                 measure=getattr(pb, "MEASURE_" + measure), amount_fen=fen)
        rows = [
            row("2014-01-01", "2015-12-31", "203", "PAID", 612400000, "校园安保"),
            row("2014-01-01", "2015-12-31", "209", "PAID", 68280000, "法律援助", "A0407", "社会组织"),
            row("2016-01-01", "2016-12-31", "203", "BUDGET", 500, "安保"),
            row("2016-01-01", "2016-12-31", "203", "ADJUSTED", 450, "安保"),
            row("2016-03-01", "2016-08-31", "203002", "CONTRACT", 333, "设备维护", "A0407"),
            row("2016-07-01", "2017-06-30", "209", "CONTRACT", 77, "社区矫正", "A0407", "社会组织"),
            row("2017-01-01", "2017-08-31", "203", "PAID", 841260000, "校园安保"),
            row("2017-05-05", "2017-05-05", "999", "PAID", 9, "老单位", "Z0000", "个人"),
            row("2017-05-06", "2017-05-06", "999", "PAID", 8, "旧单位", "Z0000", "个人"),
            row("2015-02-01", "2015-02-28", "999", "PAID", 6, LONG, "Z0000", LONG),
            row("2017-01-01", "2017-03-31", "203", "CONTRACT", 4200, "安保"),
        ]
        for half in (rows[::2], rows[1::2]):  # two batches that meet in totals
            made = self.operator.do("HistoryService/ImportHistory", rows=half)
            self.leader.do("HistoryService/ConfirmHistory", batch_id=made.batch_id, etag=made.etag)
        waiting = row("2016-01-01", "2016-12-31", "203", "BUDGET", 10**9, "未确认")
        self.operator.do("HistoryService/ImportHistory", rows=[waiting])

    def _budget(self):
        lines = [("203", "A0291", "410"), ("203", "A0291", "410"), ("203", "A0407", "310"),
                 ("203002", "A0291", "410"), ("208", "A0407", "320")]
        drafts = [(unit, *self.draft_line(unit, LINE_FEN + i, catalogue_code=code, provider_type=kind,
                                          name=f"项目{i}")) for i, (unit, code, kind) in enumerate(lines)]
        self.draft_line("203", 77_00)  # never sent up
        self.issued_lines(*drafts)
        self.lines = [(unit, line) for unit, line, _ in drafts]

    # --- contracts ---

    def draft(self, which, fen, supplier=ENTERPRISE):
        unit, line = self.lines[which]
        made = self.clerk(unit).do("ContractService/CreateContract", line_id=line, amount_fen=fen,
                                   **{**WHOLE, "supplier_id": supplier})
        return made.contract_id, self.clerk(unit).do("ContractService/SubmitContract", etag=made.etag,
                                                     contract_id=made.contract_id).etag

    def sign(self, which, fen, day, supplier=ENTERPRISE):
        unit, line = self.lines[which]
        contract, etag = self.draft(which, fen, supplier)
        return contract, self.approver(unit).do("ContractService/SignContract", contract_id=contract,
                                                etag=etag, line_id=line, signed_date=day).etag

    def supplement(self, which, contract, kind, fen, signs=True):
        unit, line = self.lines[which]
        made = self.clerk(unit).do("SupplementService/ProposeSupplement", contract_id=contract, line_id=line,
                                   kind=kind, amount_fen=fen, reason="调整")
        if signs:
            self.approver(unit).do("SupplementService/SignSupplement", supplement_id=made.supplement_id,
                                   etag=made.etag, line_id=line, signed_date="2027-06-10")

    def terminate(self, which, contract, settlement_fen):
        unit, line = self.lines[which]
        etag = self.clerk(unit).get("ContractService/GetContract", contract_id=contract).contract.etag
        self.approver(unit).do("ContractService/TerminateContract", contract_id=contract, etag=etag,
                               line_id=line, terminated_date="2027-06-10", reason="协商解除",
                               settlement_fen=settlement_fen)

    def _contracts(self):
        increase, reduce = pb.SUPPLEMENT_KIND_INCREASE, pb.SUPPLEMENT_KIND_REDUCE
        self.draft(0, 11_00)
        grown, _ = self.sign(0, 1_000_000_00, "2027-02-10")
        self.supplement(0, grown, increase, 50_000_00)
        self.supplement(0, grown, increase, 30_000_00, signs=False)
        shrunk, _ = self.sign(1, 2_000_000_00, "2027-06-10")
        self.supplement(1, shrunk, reduce, 300_000_00)
        ended, _ = self.sign(2, 700_000_00, "2027-03-01", SOCIETY)
        self.supplement(2, ended, increase, 20_000_00)
        self.terminate(2, ended, 123_00)
        whole, _ = self.sign(2, 500_00, "2027-04-01", SOCIETY)
        self.terminate(2, whole, 500_00)
        nothing, _ = self.sign(3, 600_00, "2027-05-01")
        self.terminate(3, nothing, 0)
        self.sign(3, 800_00, "2027-06-09")
        self.sign(4, 900_000_00, "2027-02-20", SERVICES)
        self.today("2028-01-10")
        self.sign(4, 1_00, "2028-01-02", SERVICES)


city = fixture(Counted)


def sql(text):
    return psql(conninfo_of(city()), text)


# --- the same figures once more, from the rows themselves ---

def word_of(kind):
    return KINDS.get(kind) or KINDS.get(kind[:1], kind)


def rows_of_table(text):
    return [line.split("|") for line in sql(text).splitlines()]


def records():
    """Whatever counts, read from the tables of history, budget and contract."""
    names = dict(rows_of_table("SELECT id, name FROM unit"))
    found = [Record(*r[:-1], int(r[-1])) for r in rows_of_table(
        "SELECT r.id, r.measure, r.period_start, r.period_end, r.unit_id, r.unit_name, r.catalogue_code,"
        " r.project_name, r.provider_type, r.amount_fen FROM history_record r, history_batch b"
        " WHERE b.id = r.batch_id AND b.state = 'CONFIRMED'")]
    for r in rows_of_table("SELECT id, year, unit_id, catalogue_code, name, provider_type, approved_fen"
                           " FROM budget_line WHERE state = 'ISSUED'"):
        found.append(Record(r[0], "BUDGET", r[1] + "-01-01", r[1] + "-12-31", r[2], names[r[2]], r[3], r[4],
                            word_of(r[5]), int(r[6])))
    for r in rows_of_table("SELECT id, signed_date, unit_id, catalogue_code, name, supplier_type,"
                           " coalesce(settlement_fen, amount_fen + supplements_fen)"
                           " FROM contract WHERE signed_date IS NOT NULL"):
        found.append(Record(r[0], "CONTRACT", r[1], r[1], r[2], names[r[2]], r[3], r[4], word_of(r[5]),
                            int(r[6])))
    return found


def key_of(by, r):
    first, last = r.start[:4], r.end[:4]
    return {"YEAR": first if first == last else f"{first}–{last}", "PERIOD": f"{r.start}/{r.end}",
            "UNIT": r.unit[:3], "CATEGORY": r.code, "PROVIDER": r.provider}[by]


def figures_of(found):
    """(count, then sum and whether it is known for each measure)."""
    figures = [len(found)]
    for measure in MEASURES:
        amounts = [r.fen for r in found if r.measure == measure]
        figures += [sum(amounts), bool(amounts)]
    return tuple(figures)


def figures_in(row):
    return (row.count, row.budget_fen, row.budget_known, row.adjusted_fen, row.adjusted_known,
            row.contract_fen, row.contract_known, row.paid_fen, row.paid_known)


def wanted(found, first, last, by, scope, category, measure):
    chosen = [r for r in found if r.unit.startswith(scope) and r.code.startswith(category)
              and (not measure or r.measure == measure)]
    within = [r for r in chosen if r.start >= (first or "0000") and r.end <= (last or "9999")]
    across = [r for r in chosen if r.start <= (last or "9999") and r.end >= (first or "0000")
              and r not in within]
    groups = {}
    for r in within if by else ():
        groups.setdefault(key_of(by, r), []).append(r)
    return (figures_of(within), [(k, figures_of(groups[k])) for k in sorted(groups, key=str.encode)],
            [r.id for r in sorted(across, key=lambda r: (r.start, r.id, r.measure))])


def ask(who, first, last, by, unit="", category="", measure=""):
    return who.get("ReportService/GetStatistics", from_date=first, to_date=last, unit_id=unit,
                   by=getattr(pb, "STATISTICS_BY_" + (by or "UNSPECIFIED")), category=category,
                   measure=getattr(pb, "MEASURE_" + (measure or "UNSPECIFIED")))


def given(reply):
    return (figures_in(reply.total), [(r.key, figures_in(r)) for r in reply.rows],
            [r.record_id for r in reply.apart])


PERIODS = (("2027-01-01", "2027-12-31"), ("2014-01-01", "2015-12-31"), ("2015-01-01", "2016-12-31"),
           ("2016-01-01", "2016-12-31"), ("2014-01-01", "2028-12-31"), ("2017-01-01", "2017-12-31"),
           ("2028-01-01", "2028-12-31"), ("2030-01-01", "2030-12-31"), ("2028-01-01", "2027-12-31"),
           ("", ""), ("", "2016-12-31"), ("2017-01-01", ""),
           ("2027-01-01", "2027-06-30"), ("2016-07-01", "2017-06-30"), ("2027-02-10", "2027-12-31"),
           ("2027-06-10", "2027-06-10"), ("", "2027-03-01"), ("2017-05-06", ""))
BYS = ("", "YEAR", "PERIOD", "UNIT", "CATEGORY", "PROVIDER")


def every_question_of(who, own, units):
    """Asks it all for one person; own is the unit that he is bound to."""
    found, asked = records(), 0
    for (first, last), by, unit, category, measure in itertools.product(
            PERIODS, BYS, units, ("", "A02", "A0407"), ("", "BUDGET", "CONTRACT", "PAID")):
        reply = ask(who, first, last, by, unit, category, measure)
        equal(given(reply), wanted(found, first, last, by, unit or own, category, measure),
              first, last, by, unit, category, measure)
        asked += 1
    return asked


# --- tests ---

@test
def there_is_something_to_count_in_every_way():
    found = records()
    equal({r.measure for r in found}, set(MEASURES))
    equal({r.unit for r in found}, {"203", "203002", "208", "209", "999"})
    equal({r.fen for r in found if r.measure == "CONTRACT" and r.start >= "2027"},
          {1_050_000_00, 1_700_000_00, 123_00, 500_00, 0, 800_00, 900_000_00, 1_00})


@test
def the_bureau_hears_for_every_question_what_the_rows_add_up_to():
    expect(every_question_of(city().leader, "", ("", "203", "203002", "208")) > 5000)


@test
def a_department_hears_the_same_of_its_own_and_no_more():
    every_question_of(city().clerk("203"), "203", ("", "203002"))
    every_question_of(city().clerk("203002"), "203002", ("",))
    every_question_of(city().clerk("204"), "204", ("",))
    other = city().clerk("203").read("ReportService/GetStatistics", from_date="2027-01-01",
                                     to_date="2027-12-31", unit_id="208")
    expect(other.code != 0 or not other.message.total.count)


@test
def departments_and_categories_have_their_names():
    year = ask(city().leader, "2027-01-01", "2027-12-31", "UNIT")
    equal([(r.key, r.name) for r in year.rows], [("203", "市教育局"), ("208", "市民政局")])
    gone = ask(city().leader, "2017-01-01", "2017-12-31", "UNIT")
    equal([(r.key, r.name) for r in gone.rows], [("203", "市教育局"), ("999", "老单位")])
    equal(given(gone), given(ask(city().leader, "2017-01-01", "2017-12-30", "UNIT")))
    kinds = ask(city().leader, "2027-01-01", "2027-12-31", "CATEGORY")
    equal([(r.key, r.name) for r in kinds.rows], [("A0291", "校园安保服务"), ("A0407", "法律援助服务")])


@test
def whole_years_are_read_from_the_totals():
    """A fen that only a total holds is heard of in the year and not in the half year; verify names it."""
    def contracts(last):
        return ask(city().leader, "2027-01-01", last, "UNIT", "203").total.contract_fen
    year, half = contracts("2027-12-31"), contracts("2027-06-30")
    equal(year, half)
    change = ("UPDATE contract_total SET added_fen = added_fen {} 1 WHERE year = 2027 AND unit_id = '203'"
              " AND catalogue_code = 'A0291'")
    sql(change.format("+"))
    try:
        equal((contracts("2027-12-31"), contracts("2027-06-30")), (year + 1, half))
        code, text = city().verify()
        expect(code == 9 and "table contract_total, key year = 2027, unit_id = 203" in text
               and "added_fen" in text, code, text)
    finally:
        sql(change.format("-"))


@test
def totals_hold_no_key_without_records():
    for table, count in (("contract_total", "contracts"), ("budget_total", "lines"),
                         ("history_total", "records")):
        equal(sql(f"SELECT count(*) FROM {table} WHERE {count} = 0"), "0")
        expect(int(sql(f"SELECT count(*) FROM {table}")) > 1, table)


@test
def the_journal_replays_to_the_same_totals():
    code, text = city().verify()
    equal(code, 0, text)


@test
def rows_that_were_there_before_the_totals_are_added_up_by_the_migration():
    def totals():
        return {t: sorted(rows_of_table(f"TABLE {t}")) for t in ("contract_total", "budget_total",
                                                                "history_total")}
    before = totals()
    year = given(ask(city().leader, "2027-01-01", "2027-12-31", "UNIT"))
    sql("DROP FUNCTION report_provider CASCADE;"
        " DROP TABLE contract_total, budget_total, history_total CASCADE;"
        " DROP VIEW contract_total_added_up, budget_total_added_up, history_total_added_up;"
        " DROP INDEX history_record_over_years")
    with open(os.path.join(ROOT, "server", "schema", "0011-report-totals.sql"), encoding="utf-8") as f:
        sql(f.read())
    city().restart()
    equal(totals(), before)
    equal(given(ask(city().leader, "2027-01-01", "2027-12-31", "UNIT")), year)
    code, text = city().verify()
    equal(code, 0, text)


main()
