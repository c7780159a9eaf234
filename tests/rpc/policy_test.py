#!/usr/bin/python3
"""Dated rule values, the type matrix and the calendar over the wire."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
# pylint: disable=wrong-import-position
from city import rows_of
from harness import equal, expect, fixture, main, test
from purser import OK, pb
from server import Server

server = fixture(Server)
IMPORTS = {"ImportRuleValues": (pb.RuleValueRow, "rule_values.csv"),
           "ImportTypeRules": (pb.TypeRuleRow, "type_rules.csv")}
loaded = []


def refused(answer, reason):
    equal(answer.reason, reason, answer.text)
    expect(answer.code != OK)


def load():
    """The reference records, confirmed; once."""
    if not loaded:
        for method, (kind, name) in IMPORTS.items():
            proposed = server().operator.do(f"PolicyService/{method}", rows=rows_of(kind, name))
            server().leader.do("PolicyService/ConfirmProposal", proposal_id=proposed.proposal_id,
                               etag=proposed.etag)
        server().operator.do("PolicyService/ImportCalendar", rows=rows_of(pb.CalendarDay, "calendar.csv"))
        loaded.append(True)
    return server()


def value(rule_id, on_date=""):
    return load().leader.read("PolicyService/GetRuleValue", rule_id=rule_id, on_date=on_date)


def row(**other):
    return pb.RuleValueRow(**{"rule_id": "term_normal", "rule_name": "合同履行期限", "value": 12,
                              "value_unit": "months",
                              "valid_from_date": "2020-03-01", "source": "财政部令第102号 24", **other})


@test
def what_is_only_proposed_does_not_hold():
    proposed = server().operator.do("PolicyService/ImportRuleValues", rows=[row(rule_id="trial", value=7)])
    refused(server().leader.read("PolicyService/GetRuleValue", rule_id="trial"), "NOT_FOUND")
    refused(server().operator.write("PolicyService/ConfirmProposal", proposal_id=proposed.proposal_id,
                                    etag=proposed.etag), "ROLE_FORBIDS")
    refused(server().leader.write("PolicyService/ConfirmProposal", proposal_id=proposed.proposal_id,
                                  etag="9"),
            "ETAG_STALE")
    refuse = {"proposal_id": proposed.proposal_id, "etag": proposed.etag}
    refused(server().leader.write("PolicyService/RefuseProposal", **refuse), "OPINION_MISSING")
    done = server().leader.do("PolicyService/RefuseProposal", opinion="无依据", **refuse)
    refused(server().leader.write("PolicyService/ConfirmProposal", proposal_id=proposed.proposal_id,
                                  etag=done.etag),
            "STATE_FORBIDS")
    refused(server().leader.read("PolicyService/GetRuleValue", rule_id="trial"), "NOT_FOUND")


@test
def a_value_is_chosen_by_the_date_of_the_business():
    for rule_id, on_date, wanted in (("term_normal", "2020-03-01", 12), ("term_normal", "2020-02-29", None),
                                     ("supplement_cap", "2014-06-01", 1000), ("contract_file_within", "", 7),
                                     ("sme_payment_within", "2020-08-31", None), ("nothing", "", None)):
        answer = value(rule_id, on_date)
        equal(answer.message.rule_value.value if answer.code == OK else None, wanted, rule_id, on_date)


@test
def a_correction_replaces_the_record_of_the_same_first_day_and_a_later_one_follows_it():
    load()
    proposed = server().operator.do("PolicyService/ImportRuleValues", rows=[
        row(rule_id="rectify_within", value=60, value_unit="days", valid_from_date="2022-01-01"),
        row(rule_id="rectify_within", value=45, value_unit="days", valid_from_date="2025-01-01")])
    equal(value("rectify_within", "2025-06-01").message.rule_value.value, 90)
    server().leader.do("PolicyService/ConfirmProposal", proposal_id=proposed.proposal_id, etag=proposed.etag)
    equal([value("rectify_within", d).message.rule_value.value
           for d in ("2022-01-01", "2024-12-31", "2025-01-01", "")],
          [60, 60, 45, 45])
    listed = server().leader.get("PolicyService/ListRuleValues", rule_id="rectify_within").rule_values
    equal(sorted((v.value, v.rule_state) for v in listed),
          sorted([(90, pb.RULE_STATE_REPLACED), (60, pb.RULE_STATE_CONFIRMED),
                  (45, pb.RULE_STATE_CONFIRMED)]))


@test
def an_import_with_bad_rows_is_refused_whole():
    load()
    rows = [row(rule_id="fresh"), row(rule_id="bad one"), row(value=-1), row(value_unit="weeks"),
            row(source=""),
            row(valid_to_date="2019-01-01"), row(rule_id="fresh")]
    answer = server().operator.write("PolicyService/ImportRuleValues", rows=rows)
    equal([p.field for p in answer.problems], [
        "rows[1].rule_id", "rows[2].value", "rows[3].value_unit", "rows[4].source", "rows[5].valid_to_date",
        "rows[6].valid_from_date"])
    expect(not server().leader.get("PolicyService/ListRuleValues", rule_id="fresh").rule_values)


@test
def the_matrix_differs_before_and_after_march_2020():
    load()
    for kind, on_date, wanted in (("221", "2026-01-01", ("财政部令第102号", "no", "no")),
                                  ("221", "2016-01-01", ("财综〔2014〕96号", "unsure", "no")),
                                  ("420", "2020-02-29", ("财综〔2014〕96号", "no", "unsure")),
                                  ("420", "2020-03-01", ("财政部令第102号", "no", "yes"))):
        rule = server().leader.get("PolicyService/GetTypeRule", type=kind, on_date=on_date).type_rule
        equal((rule.rule_set, rule.may_purchase, rule.may_provide), wanted, kind, on_date)
    refused(server().leader.read("PolicyService/GetTypeRule", type="221", on_date="2014-12-31"), "NOT_FOUND")
    equal(len(server().leader.get("PolicyService/ListTypeRules", on_date="2026-01-01",
                                  page_size=100).type_rules), 17)


@test
def pages_of_values_follow_one_another_and_a_token_belongs_to_its_filters():
    load()
    everything = [v.id for v in server().leader.get("PolicyService/ListRuleValues",
                                                    page_size=1000).rule_values]
    seen, token = [], ""
    while True:
        page = server().leader.get("PolicyService/ListRuleValues", page_size=7, page_token=token)
        seen += [v.id for v in page.rule_values]
        token = page.next_page_token
        if not token:
            break
        kept = token
    equal(seen, everything)
    refused(server().leader.read("PolicyService/ListRuleValues", rule_id="term_normal", page_token=kept),
            "PAGE_TOKEN_BAD")
    refused(server().leader.read("PolicyService/ListRuleValues", page_size=-1), "BAD_FIELD")


@test
def a_calendar_comes_in_by_whole_years():
    load()
    years = [y.maintained_year for y in server().leader.get("PolicyService/ListCalendarYears").years]
    equal(years, [str(y) for y in range(2014, 2027)])
    days = server().leader.get("PolicyService/ListCalendar", year=2026, page_size=100).days
    equal([d.day_kind for d in days if d.day_date == "2026-10-01"], [pb.DAY_KIND_REST])
    rest, make_up = pb.DAY_KIND_REST, pb.DAY_KIND_MAKE_UP

    def load_days(*days):
        return server().operator.write("PolicyService/ImportCalendar", rows=[
            pb.CalendarDay(day_date=d, day_kind=k, holiday="节") for d, k in days])
    refused(load_days(("2027-02-08", rest)), "CALENDAR_INCOMPLETE")
    refused(load_days(("2027-02-08", rest), ("2027-10-01", rest), ("2027-02-08", rest)), "ROW_TWICE")
    refused(load_days(("2027-02-08", rest), ("2027-10-01", rest), ("2027-02-09", make_up)), "BAD_FIELD")
    equal(load_days(("2027-02-08", rest), ("2027-10-01", rest), ("2027-02-06", make_up)).code, OK)
    equal(len(server().leader.get("PolicyService/ListCalendar", year=2027).days), 3)
    equal(load_days(("2027-02-08", rest), ("2027-10-01", rest)).code, OK)  # announced anew
    equal(len(server().leader.get("PolicyService/ListCalendar", year=2027).days), 2)


@test
def proposals_are_listed_by_state():
    load()
    waiting = server().operator.do("PolicyService/ImportTypeRules", rows=[pb.TypeRuleRow(
        type="599", type_name="试验", rule_set="试验", valid_from_date="2030-01-01", may_purchase="no",
        may_provide="no")])
    listed = server().leader.get("PolicyService/ListProposals", rule_state=pb.RULE_STATE_PROPOSED).proposals
    expect(waiting.proposal_id in [p.proposal_id for p in listed])
    equal({p.rule_state for p in listed}, {pb.RULE_STATE_PROPOSED})


@test
def the_journal_replays_into_the_same_tables():
    load()
    code, text = server().verify()
    equal(code, 0, text)


main()
