#!/usr/bin/python3
"""History and statistics over the wire: prepared by one, confirmed by another, summed by measure."""
import csv
import os

from city import REFERENCE, City
from harness import equal, expect, fixture, main, test
from purser import pb

city = fixture(City)


def history_rows():
    with open(os.path.join(REFERENCE, "history_2014_2017.csv"), encoding="utf-8", newline="") as f:
        for r in csv.DictReader(f):
            yuan, _, cents = r.pop("amount_yuan").partition(".")
            r["measure"] = getattr(pb, "MEASURE_" + r["measure"])
            yield pb.HistoryRow(**r, amount_fen=int(yuan) * 100 + int(cents))


def a_row(start, end, **other):
    fields = {"unit_id": "203", "unit_name": "市教育局", "catalogue_code": "A0291",
              "project_name": "校园安保", "provider_type": "企业", "measure": pb.MEASURE_PAID,
              "amount_fen": 100, **other}
    return pb.HistoryRow(period_start_date=start, period_end_date=end, **fields)


def statistics(who, **asked):
    return who.get("ReportService/GetStatistics", **asked)


@test
def a_batch_counts_nowhere_before_another_person_has_confirmed_it():
    made = city().operator.do("HistoryService/ImportHistory", rows=history_rows(), source="财政局台账")
    equal((made.imported_count, made.total_fen), (12, 1989680000 + 10000321745))
    equal(statistics(city().leader, from_date="2014-01-01", to_date="2017-12-31").total.paid_known, False)
    batch = {"batch_id": made.batch_id, "etag": made.etag}
    equal(city().operator.write("HistoryService/ConfirmHistory", **batch).reason, "ROLE_FORBIDS")
    equal(len(city().clerk("203").get("HistoryService/ListHistory").records), 0)
    done = city().leader.do("HistoryService/ConfirmHistory", **batch, opinion="属实")
    equal(done.state, pb.HISTORY_STATE_CONFIRMED)
    batch["etag"] = done.etag
    again = city().leader.write("HistoryService/RefuseHistory", **batch, opinion="不")
    equal(again.reason, "STATE_FORBIDS")


@test
def the_two_sums_of_the_article_come_out():
    two = statistics(city().leader, from_date="2014-01-01", to_date="2015-12-31").total
    equal((two.paid_fen, two.paid_known), (1989680000, True))
    equal((two.budget_known, two.adjusted_known, two.contract_known), (False, False, False))
    eight = statistics(city().auditor, from_date="2017-01-01", to_date="2017-08-31",
                       by=pb.STATISTICS_BY_CATEGORY)
    equal(eight.total.paid_fen, 10000321745)
    equal((len(eight.rows), sum(r.paid_fen for r in eight.rows)), (9, 10000321745))
    expect(all(r.name for r in eight.rows), "every category has its name from the catalogue")


@test
def a_record_longer_than_the_period_stands_apart():
    one = statistics(city().leader, from_date="2015-01-01", to_date="2015-12-31", by=pb.STATISTICS_BY_UNIT)
    equal((one.total.count, len(one.rows), len(one.apart)), (0, 0, 3))


@test
def a_department_sees_its_own_numbers_and_records():
    clerk = city().clerk("203")
    mine = statistics(clerk, from_date="2014-01-01", to_date="2017-12-31", by=pb.STATISTICS_BY_UNIT)
    equal([(r.key, r.paid_fen) for r in mine.rows], [("203", 612400000 + 841260000)])
    expect({r.unit_id for r in clerk.get("HistoryService/ListHistory").records} == {"203"})
    other = clerk.read("ReportService/GetStatistics", from_date="2014-01-01", unit_id="209")
    expect(other.code != 0 or not other.message.total.paid_known)


@test
def the_same_record_does_not_come_in_twice():
    answer = city().operator.write("HistoryService/ImportHistory", rows=list(history_rows())[:2])
    equal({p.reason for p in answer.problems}, {"HISTORY_TWICE"})


@test
def a_batch_that_was_refused_may_come_again():
    row = a_row("2016-01-01", "2016-12-31", measure=pb.MEASURE_CONTRACT)
    made = city().operator.do("HistoryService/ImportHistory", rows=[row])
    batch = {"batch_id": made.batch_id, "etag": made.etag}
    equal(city().leader.write("HistoryService/RefuseHistory", **batch).reason, "OPINION_MISSING")
    city().leader.do("HistoryService/RefuseHistory", **batch, opinion="口径不明")
    equal(city().operator.do("HistoryService/ImportHistory", rows=[row]).imported_count, 1)


@test
def rules_of_today_are_told_and_never_refuse():
    """A unit that is not in the table, and a period before there were any rules."""
    row = a_row("2012-01-01", "2012-12-31", unit_id="999", unit_name="某中学", catalogue_code="Z0000")
    made = city().operator.do("HistoryService/ImportHistory", rows=[row])
    equal(made.noted_count, 1)
    record = city().operator.get("HistoryService/ListHistory", batch_id=made.batch_id).records[0]
    expect("not in the table" in record.differences, record.differences)


@test
def a_period_that_is_not_past_is_refused():
    answer = city().operator.write("HistoryService/ImportHistory", rows=[a_row("2026-06-01", "2036-06-30")])
    equal((answer.reason, answer.problems[0].field), ("PERIOD_NOT_PAST", "rows[0].period_end_date"))


@test
def the_journal_replays_to_the_same_tables():
    city().stop()
    code, text = city().verify()
    city().start()
    equal(code, 0, text)


main()
