#!/usr/bin/python3
"""The business attacked by people with valid keys and clients of their own making.

Two hats on one object, dates that suit somebody, amounts at the edges, refused lines in disguise. Nothing may
break inside, and every refusal must be worth reading.
"""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))

from city import rows_of  # noqa: E402
from generic import broken_lines, unreadable  # noqa: E402
from harness import equal, expect, fixture, main, test  # noqa: E402
from purser import OK, pb  # noqa: E402
from rich import BANNED, ENTERPRISE, LONG, TODAY, WHOLE, RichCity, days_after  # noqa: E402

CAP_FEN = 10 ** 15  # the largest amount of any field
problems = []       # all that were seen, for the test that reads them


class Town(RichCity):
    """With people who wear two hats in one unit."""

    def __init__(self):
        super().__init__()
        self.both = self.person("两岗", "203", pb.ROLE_CLERK, pb.ROLE_APPROVER)
        self.all_of_bureau = self.person("三岗", "210", pb.ROLE_CLERK, pb.ROLE_APPROVER, pb.ROLE_REVIEWER_1,
                                         pb.ROLE_REVIEWER_2)
        self.both_of_audit = self.person("审计两岗", "223", pb.ROLE_AUDITOR, pb.ROLE_AUDIT_HEAD)


town = fixture(Town)


def ask(who, method, **fields):
    """A write whose refusal is kept for reading."""
    answer = who.write(method, **fields)
    problems.extend((method, p) for p in answer.problems)
    return answer


def refused(answer, reason, rule=None, code=None):
    equal(answer.reason, reason, answer.text)
    if rule:
        equal(answer.problems[0].rule, rule)
        expect(answer.problems[0].article_zh and answer.problems[0].article_en, rule, "has no article")
    if code:
        equal(answer.code, code)
    return answer.problems[0]


def passes(answer):
    equal(answer.code, OK, answer.reason, answer.text)
    return answer.message


def line_now(line):
    return town().reviewer_1.get("BudgetService/GetBudget", budget_id=line).budget


def step(who, verb, line, **fields):
    """A step of a budget line with the version that is there now."""
    return ask(who, f"BudgetService/{verb}", budget_id=line, etag=line_now(line).etag, **fields)


def contract_now(contract):
    return town().auditor.get("ContractService/GetContract", contract_id=contract).contract


def draft(who=None, unit="203", line=None, amount_fen=100_00, **other):
    line = line or town().free_line[unit][0]
    return ask(who or town().clerk(unit), "ContractService/CreateContract", line_id=line,
               amount_fen=amount_fen, **{**WHOLE, **other})


def sign(contract, day=TODAY, who=None, **other):
    seen = contract_now(contract)
    return ask(who or town().approver(seen.unit_id), "ContractService/SignContract", contract_id=contract,
               etag=seen.etag, line_id=seen.line_id, signed_date=day, **other)


def submitted(unit="203", **other):
    made = passes(draft(unit=unit, **other))
    town().clerk(unit).do("ContractService/SubmitContract", contract_id=made.contract_id, etag=made.etag)
    return made.contract_id


def propose(contract, kind, who=None, **fields):
    seen = contract_now(contract)
    return ask(who or town().clerk(seen.unit_id), "SupplementService/ProposeSupplement",
               contract_id=contract, line_id=seen.line_id, kind=getattr(pb, f"SUPPLEMENT_KIND_{kind}"),
               **{"reason": "新增一处校门", **fields})


def sign_supplement(made, contract, day=TODAY):
    seen = contract_now(contract)
    return ask(town().approver(seen.unit_id), "SupplementService/SignSupplement",
               supplement_id=made.supplement_id, etag=made.etag, line_id=seen.line_id, signed_date=day)


# --- two hats on one object (G-b) ---

@test
def whoever_had_a_hand_in_a_line_does_not_approve_it_though_another_sent_it():
    both, clerk = town().both, town().clerk("203")
    line, etag = town().draft_line("203", 100_00, year=2028)
    edited = passes(ask(both, "BudgetService/UpdateBudget", budget_id=line, etag=etag,
                        update_fields=["content"], content="门卫值守、巡逻"))
    passes(ask(clerk, "BudgetService/SubmitBudget", budget_id=line, etag=edited.etag))
    refused(step(both, "ApproveBudget", line), "SAME_PERSON", "G-b", pb.PERMISSION_DENIED)
    passes(step(town().approver("203"), "ApproveBudget", line))


@test
def whoever_had_a_hand_in_a_contract_does_not_sign_it_though_another_sent_it():
    both, clerk, line = town().both, town().clerk("203"), town().free_line["203"][0]
    made = passes(draft(both))
    edited = passes(ask(clerk, "ContractService/UpdateContract", contract_id=made.contract_id, etag=made.etag,
                        line_id=line, update_fields=["quality"], quality="按投标文件和合同"))
    passes(ask(clerk, "ContractService/SubmitContract", contract_id=made.contract_id, etag=edited.etag))
    refused(sign(made.contract_id, who=both), "SAME_PERSON", "G-b", pb.PERMISSION_DENIED)
    passes(sign(made.contract_id))


@test
def nobody_judges_for_the_bureau_what_he_did_for_his_department():
    three, first, second = town().all_of_bureau, town().reviewer_1, town().reviewer_2
    made = []
    for hand in ("clerk", "approver"):
        line, _ = town().draft_line("210", 100_00, year=2028)
        clerk = three if hand == "clerk" else town().clerk("210")
        approver = three if hand == "approver" else town().approver("210")
        passes(step(clerk, "UpdateBudget", line, update_fields=["quantity"], quantity="13 个月"))
        passes(step(clerk, "SubmitBudget", line))
        passes(step(approver, "ApproveBudget", line))
        refused(step(three, "TakeBudget", line), "SAME_PERSON", "G-b")
        passes(step(first, "TakeBudget", line))
        refused(step(three, "ReturnBudget", line, opinion="x", due_date="2027-08-01"), "SAME_PERSON", "G-b")
        refused(step(three, "ReviewBudget", line, opinion="x"), "SAME_PERSON", "G-b")
        passes(step(first, "ReviewBudget", line, opinion="已核"))
        refused(step(three, "DecideBudget", line, decision=pb.REVIEW_DECISION_AGREE), "SAME_PERSON", "G-b")
        made.append(line)
    passes(step(second, "DecideBudget", made[0], decision=pb.REVIEW_DECISION_AGREE))


@test
def one_person_does_not_review_twice_though_he_holds_both_offices():
    three, clerk, approver = town().all_of_bureau, town().clerk("203"), town().approver("203")
    line, _ = town().draft_line("203", 100_00, year=2028)
    passes(step(clerk, "SubmitBudget", line))
    passes(step(approver, "ApproveBudget", line))
    passes(step(three, "TakeBudget", line))
    passes(step(three, "ReviewBudget", line, opinion="已核"))
    refused(step(three, "DecideBudget", line, decision=pb.REVIEW_DECISION_AGREE), "SAME_PERSON", "G-b")
    passes(step(town().reviewer_2, "DecideBudget", line, decision=pb.REVIEW_DECISION_AGREE))


@test
def whoever_answered_a_notice_does_not_accept_the_answer():
    made = town().reviewer_1.do("ScreeningService/RaiseNotice", year=2028, unit_id="210", project_code="P-1",
                                notice="应当纳入", due_date="2027-08-01")
    told = passes(ask(town().all_of_bureau, "ScreeningService/AnswerNotice", notice_id=made.id,
                      etag=made.etag, disposition=pb.DISPOSITION_EXCLUDE, answer="不是服务"))
    close = {"notice_id": made.id, "etag": told.etag, "opinion": "同意"}
    refused(ask(town().all_of_bureau, "ScreeningService/CloseNotice", **close), "SAME_PERSON", "G-b")
    passes(ask(town().reviewer_2, "ScreeningService/CloseNotice", **close))


@test
def whoever_filed_the_copy_does_not_receive_it_for_the_bureau():
    three, made = town().all_of_bureau, None
    case = town().all["duty"]["203"]
    duty = next(d for d in case if d.endswith("/FILE") and
                town().auditor.get("DutyService/GetDuty", duty_id=d).duty.state == pb.DUTY_STATE_OPEN)
    seen = town().auditor.get("DutyService/GetDuty", duty_id=duty).duty
    refused(ask(three, "DutyService/FileDuty", duty_id=duty, etag=seen.etag), "NOT_OWN_UNIT", "G-a")
    made = passes(ask(town().clerk("203"), "DutyService/FileDuty", duty_id=duty, etag=seen.etag))
    passes(ask(three, "DutyService/ReceiveDuty", duty_id=duty, etag=made.etag))


@test
def a_late_notice_is_not_approved_by_whoever_planned_the_case():
    plan = town().both_of_audit.do("AuditService/PlanCase", kind=pb.CASE_KIND_AUDIT, unit_ids=["203"],
                                   title="专项审计", year_from=2027, year_to=2027, head="审计甲")
    late = {"case_id": plan.case_id, "etag": plan.etag, "notice_date": TODAY, "start_date": TODAY}
    refused(ask(town().both_of_audit, "AuditService/NotifyCase", special_basis="群众举报", **late),
            "SAME_PERSON", "G-b")
    refused(ask(town().audit_head, "AuditService/NotifyCase", special_basis=" ", **late), "NOTICE_TOO_LATE",
            "D18")
    expect(passes(ask(town().audit_head, "AuditService/NotifyCase", special_basis="群众举报",
                      **late)).is_special)


@test
def a_leader_who_once_prepared_a_catalogue_does_not_approve_it():
    hat = town().person("初审兼领导", "210", pb.ROLE_REVIEWER_1, pb.ROLE_LEADER)
    head = {"version_id": "CN-2028", "title": "目录", "basis": "2028", "valid_from_date": "2028-01-01",
            "catalogue_kind": pb.CATALOGUE_KIND_CITY}
    rows = list(rows_of(pb.CatalogueRow, "catalogue.csv"))
    made = passes(ask(hat, "CatalogueService/ImportCatalogue", rows=rows, **head))
    more = passes(ask(town().operator, "CatalogueService/ImportCatalogue", rows=rows[:3],
                      version_id="CN-2028", etag=made.etag))
    asked = passes(ask(town().operator, "CatalogueService/OpenConsultation", version_id="CN-2028",
                       etag=more.etag))
    fields = {"version_id": "CN-2028", "etag": asked.etag, "opinion": "同意"}
    refused(ask(hat, "CatalogueService/ApproveCatalogue", **fields), "SAME_PERSON", "G-b")
    passes(ask(town().leader, "CatalogueService/ApproveCatalogue", **fields))


# --- refused lines, consents, legal bases ---

@test
def a_refused_line_does_not_come_back_under_another_project_or_with_other_blanks():
    content = "敬老院改扩建施工"
    line, _ = town().line_2028("203", "REFUSED", content=content, project_code="P-REFUSED")
    for other in ({"project_code": "P-REFUSED", "content": content}, {"content": content},
                  {"content": " 敬老院 改扩建\n施工 "}, {"content": content, "start_date": "2028-05-01"},
                  {"content": content, "project_code": "P-REFUSED", "name": "校园安保服务（一）"}):
        again, _ = town().draft_line("203", 50_00, year=2028, **other)
        problem = refused(step(town().clerk("203"), "SubmitBudget", again), "REFUSED_BEFORE", "S40")
        expect(line in problem.text_zh and "N1" in problem.text_zh, problem.text_zh)
    other, _ = town().draft_line("203", 50_00, year=2028, content="敬老院改扩建施工监理")
    passes(step(town().clerk("203"), "SubmitBudget", other))
    same, _ = town().draft_line("208", 50_00, year=2028, content=content)
    passes(step(town().clerk("208"), "SubmitBudget", same))


@test
def a_refusal_needs_a_basis_that_speaks_of_what_may_be_purchased():
    line, _ = town().line_2028("203", "FIN2")
    for basis in ("", "N99", "D02", "G-b", "H9", "K5", "T1", "n1", "' OR 1=1"):
        answer = step(town().reviewer_2, "DecideBudget", line, decision=pb.REVIEW_DECISION_REFUSE,
                      opinion="不予纳入", legal_basis=basis)
        refused(answer, "LEGAL_BASIS_MISSING", "S40")
    for decision in ("REDUCE", "RETURN", "REFUSE"):
        answer = step(town().reviewer_2, "DecideBudget", line, legal_basis="N1", control_fen=1, opinion=" \n",
                      decision=getattr(pb, f"REVIEW_DECISION_{decision}"), due_date="2027-08-01")
        refused(answer, "OPINION_MISSING", "G-d")
    passes(step(town().reviewer_2, "DecideBudget", line, decision=pb.REVIEW_DECISION_REFUSE, opinion="工程",
                legal_basis="P4"))


@test
def anothers_project_does_not_count_as_listed_because_a_stranger_drafts_on_its_code():
    row = pb.ProjectRow(unit_id="203", project_code="P-CLAIM", project_name="校园保洁", content="保洁",
                        function_code="2050202", economic_code="30227", amount_fen=100_00,
                        fund_source=pb.FUND_SOURCE_GENERAL, is_purchase=True)
    town().reviewer_1.do("ScreeningService/ImportProjects", year=2028, list_name="清单", rows=[row])
    town().draft_line("208", 100_00, year=2028, project_code="P-CLAIM")
    town().reviewer_1.do("ScreeningService/ScreenProjects", year=2028)
    hits = town().reviewer_1.get("ScreeningService/ListHits", year=2028, unit_id="203", page_size=1000).hits
    expect(pb.SCREENING_CHECK_K1 in [h.check for h in hits if h.project_code == "P-CLAIM"], hits)


# --- the day of signing ---

@test
def a_contract_is_not_dated_before_its_budget_was_issued():
    contract = submitted()
    for day in ("0001-01-01", "2016-05-01", "2019-12-31", "2027-01-31"):
        problem = refused(sign(contract, day), "DATE_OUTSIDE")
        expect(problem.passes.startswith("2027-02-01"), problem.passes)
    for day in ("9999-12-31", days_after(TODAY, 1)):
        refused(sign(contract, day), "DATE_OUTSIDE")
    refused(sign(contract, "2027-02-30"), "BAD_FIELD")
    refused(sign(contract, ""), "BAD_FIELD")
    passes(sign(contract, "2027-02-01"))


def _ban(first, last):
    registrar = town().registrar
    seen = registrar.get("SupplierService/GetSupplier", supplier_id=ENTERPRISE).supplier
    if first is None:
        return ask(registrar, "SupplierService/LiftBan", supplier_id=ENTERPRISE, etag=seen.etag,
                   opinion="撤销")
    return passes(ask(registrar, "SupplierService/BanSupplier", supplier_id=ENTERPRISE, etag=seen.etag,
                      ban_from_date=first, ban_to_date=last, ban_basis="防财罚〔2027〕1号"))


@test
def a_ban_holds_from_its_first_day_to_its_last():
    yesterday, tomorrow = days_after(TODAY, -1), days_after(TODAY, 1)
    contract = submitted()
    for first, last, holds in ((tomorrow, "", False), (TODAY, "", True), (TODAY, TODAY, True),
                               ("2027-01-01", TODAY, True), ("2027-01-01", yesterday, False),
                               ("0001-01-01", "9999-12-31", True)):
        _ban(first, last)
        if holds:
            problem = refused(sign(contract), "SUPPLIER_BANNED", "P8")
            equal(problem.passes, last)
            refused(draft(start_date=TODAY, end_date="2027-12-31"), "SUPPLIER_BANNED", "P8")
        else:
            tried = town().approver("203").write("ContractService/SignContract", validate_only=True,
                                                 contract_id=contract, etag=contract_now(contract).etag,
                                                 line_id=town().free_line["203"][0], signed_date=TODAY)
            equal(tried.code, OK, first, last, tried.text)
    _ban(None, None)
    passes(sign(contract))
    problem = refused(draft(supplier_id="91450600MA57999999"), "SUPPLIER_UNKNOWN", "P5")
    expect("91450600MA57999999" in problem.text_zh, problem.text_zh)
    refused(draft(supplier_id=BANNED), "SUPPLIER_BANNED", "P8")


@test
def an_operator_bans_nobody_by_the_way_of_an_import():
    row = pb.SupplierRow(supplier_id=ENTERPRISE, supplier_name="中越边城保安服务有限公司",
                         supplier_type="410", ban_from_date=TODAY, ban_basis="防财罚〔2027〕2号")
    refused(ask(town().operator, "SupplierService/ImportSuppliers", rows=[row]), "ROLE_FORBIDS")
    seen = town().registrar.get("SupplierService/GetSupplier", supplier_id=ENTERPRISE).supplier
    equal(seen.state, pb.SUPPLIER_STATE_REGISTERED)


# --- the term, day by day (H6, MFD 202) ---

@test
def a_term_ends_by_the_corresponding_day_and_not_a_day_later():
    cases = (  # start, end, conditions, what comes of it
        ("2027-07-01", "2028-07-01", {}, ""),
        ("2027-07-01", "2028-07-02", {}, "TERM_NEEDS_CONDITIONS"),
        ("2027-07-01", "2030-07-01", LONG, ""),
        ("2027-07-01", "2030-07-02", LONG, "TERM_TOO_LONG"),
        ("2027-07-01", "2030-07-02", {}, "TERM_TOO_LONG"),
        ("2027-02-28", "2028-02-28", {}, ""),
        ("2027-02-28", "2028-02-29", {}, "TERM_NEEDS_CONDITIONS"),
        ("2027-07-31", "2028-07-31", {}, ""),
        ("2027-07-01", "2027-07-01", {}, ""),
        ("2027-07-02", "2027-07-01", {}, "TERM_BACKWARDS"),
        ("2027-07-01", "2028-07-02", {**LONG, "long_term_basis": " "}, "TERM_NEEDS_CONDITIONS"),
        ("2027-07-01", "2028-07-02", {**LONG, "funding_is_stable": False}, "TERM_NEEDS_CONDITIONS"),
        ("2027-07-01", "9999-12-31", LONG, "TERM_TOO_LONG"),
        ("0001-01-01", "2027-12-31", LONG, "RULE_VALUE_MISSING"),
        ("2028-01-01", "2028-12-31", {}, "YEAR_OUTSIDE"),
        ("2024-02-29", "2027-02-28", LONG, ""),   # the corresponding day of 29 February is the last
        ("2024-02-29", "2027-03-01", LONG, "TERM_TOO_LONG"),
    )
    for start, end, other, reason in cases:
        answer = town().clerk("203").write("ContractService/CreateContract", validate_only=True,
                                           line_id=town().free_line["203"][0], amount_fen=1_00,
                                           **{**WHOLE, "start_date": start, "end_date": end, **other})
        problems.extend(("CreateContract", p) for p in answer.problems)
        equal(answer.reason, reason, start, end, answer.text)


@test
def a_change_of_term_is_measured_from_the_start_and_needs_its_conditions():
    contract = submitted()
    passes(sign(contract))
    refused(propose(contract, "TERM", new_end_date="2028-03-02"), "TERM_NEEDS_CONDITIONS", "H6")
    refused(propose(contract, "TERM", new_end_date="2027-02-28"), "TERM_BACKWARDS")
    refused(propose(contract, "TERM"), "SUPPLEMENT_FIELDS")
    refused(propose(contract, "TERM", new_end_date="2028-03-01", amount_fen=1), "SUPPLEMENT_FIELDS")
    made = passes(propose(contract, "TERM", new_end_date="2028-03-01"))
    passes(sign_supplement(made, contract))


# --- amounts ---

@test
def amounts_by_year_add_up_or_are_refused():
    one, most = pb.ContractYear(year=2027, amount_fen=60_00), 2 ** 63 - 1
    cases = (
        ([one, pb.ContractYear(year=2028, amount_fen=40_00)], ""),
        ([one, pb.ContractYear(year=2028, amount_fen=39_99)], "YEARS_DIFFER"),
        ([one, pb.ContractYear(year=2028, amount_fen=most)], "BAD_FIELD"),
        ([one, pb.ContractYear(year=2028, amount_fen=-1)], "BAD_FIELD"),
        ([one, pb.ContractYear(year=2028, amount_fen=0)], "BAD_FIELD"),
        ([one, one], "YEAR_OUTSIDE"),
        ([pb.ContractYear(year=2028, amount_fen=100_00)], "YEAR_OUTSIDE"),
        ([one, pb.ContractYear(year=2026, amount_fen=40_00)], "YEAR_OUTSIDE"),
        ([one, pb.ContractYear(year=-1, amount_fen=40_00)], "YEAR_OUTSIDE"),
        ([one, pb.ContractYear(year=10 ** 9, amount_fen=40_00)], "YEAR_OUTSIDE"),
        ([one] * 21, "BAD_FIELD"),
    )
    for years, reason in cases:
        answer = draft(years=years)
        equal(answer.reason, reason, years, answer.text)


@test
def an_amount_beyond_its_bounds_is_refused_with_the_bound():
    free = line_now(town().free_line["203"][1]).free_fen
    line = town().free_line["203"][1]
    for amount in (-1, 0, CAP_FEN + 1, 2 ** 63 - 1, -2 ** 63):
        problem = refused(draft(line=line, amount_fen=amount), "BAD_FIELD")
        expect(problem.field == "amount_fen" and problem.passes, problem)
    refused(draft(line=line, amount_fen=free + 1), "OVER_LINE", "H8")
    passes(draft(line=line, amount_fen=free))
    refused(draft(line=line, amount_fen=1), "OVER_LINE", "H8")
    for bond, reason in ((10_01, "BOND_OVER_CAP"), (-1, "BAD_FIELD"), (2 ** 63 - 1, "BAD_FIELD")):
        equal(draft(amount_fen=100_00, bond_fen=bond).reason, reason)
    passes(draft(amount_fen=100_00, bond_fen=10_00))
    passes(draft(amount_fen=9, bond_fen=0))
    refused(draft(amount_fen=9, bond_fen=1), "BOND_OVER_CAP", "H12")  # ten percent of nine fen is none


@test
def supplements_reach_ten_percent_and_not_a_fen_more():
    contract = submitted(amount_fen=1_000_05)  # ten percent is 100.005
    passes(sign(contract))
    problem = refused(propose(contract, "INCREASE", amount_fen=100_01), "SUPPLEMENTS_OVER_CAP", "H9")
    expect("100.00 元" in problem.passes, problem.passes)
    made = passes(propose(contract, "INCREASE", amount_fen=100_00))
    passes(sign_supplement(made, contract))
    refused(propose(contract, "INCREASE", amount_fen=1), "SUPPLEMENTS_OVER_CAP", "H9")
    less = passes(propose(contract, "REDUCE", amount_fen=500_00))
    passes(sign_supplement(less, contract))
    refused(propose(contract, "INCREASE", amount_fen=1), "SUPPLEMENTS_OVER_CAP", "H9")
    refused(propose(contract, "REDUCE", amount_fen=500_06), "SUPPLEMENT_FIELDS")
    for kind, fields in (("INCREASE", {}), ("INCREASE", {"amount_fen": -1}),
                         ("PARTY_NAME", {"amount_fen": 1}),
                         ("REDUCE", {"amount_fen": 1, "new_end_date": "2028-01-01"}),
                         ("CONTENT", {}), ("CONTENT", {"content": " "}), ("PAYMENT_PLAN", {"reason": " "})):
        expect(propose(contract, kind, **fields).reason in ("SUPPLEMENT_FIELDS", "BAD_FIELD"), kind, fields)


@test
def a_hundred_supplements_do_not_hide_the_first_ones():
    contract = submitted(amount_fen=100_000_00)
    passes(sign(contract))
    last = None
    for _ in range(120):
        answer = propose(contract, "PAYMENT_PLAN")
        if answer.code != OK:
            last = answer
            break
    problem = refused(last, "SUPPLEMENTS_MANY")
    expect(problem.broke == "100" and problem.passes == "99", problem)


@test
def a_settlement_is_within_the_contract_and_what_is_left_goes_back():
    contract = submitted(amount_fen=1_000_00)
    passes(sign(contract))
    made = passes(propose(contract, "INCREASE", amount_fen=100_00))
    before = line_now(town().free_line["203"][0])

    def end(fen, **other):
        seen = contract_now(contract)
        return ask(town().approver("203"), "ContractService/TerminateContract", settlement_fen=fen,
                   **{"contract_id": contract, "etag": seen.etag, "line_id": seen.line_id,
                      "terminated_date": TODAY, "reason": "协商解除", **other})
    refused(end(0), "SUPPLEMENTS_OPEN")
    passes(sign_supplement(made, contract))
    for fen in (1_100_01, -1, 2 ** 63 - 1, -2 ** 63):
        refused(end(fen), "SETTLEMENT_TOO_MUCH", "A10")
    refused(end(0, terminated_date=days_after(TODAY, 1)), "DATE_OUTSIDE")
    refused(end(0, terminated_date="2027-02-01"), "DATE_OUTSIDE")
    refused(end(0, reason=" "), "ANSWER_MISSING")
    equal(passes(end(1_050_00)).released_fen, 50_00)
    after = line_now(town().free_line["203"][0])
    equal((before.committed_fen + 100_00 - after.committed_fen, after.reserved_fen),
          (50_00, before.reserved_fen - 100_00))
    refused(end(0), "STATE_FORBIDS")


@test
def the_largest_amounts_of_a_department_are_refused_before_they_overflow():
    lines = [town().draft_line("204", CAP_FEN, year=2028)[0] for _ in range(2)]
    for line in lines:
        passes(step(town().clerk("204"), "SubmitBudget", line))
        passes(step(town().approver("204"), "ApproveBudget", line))
        passes(step(town().reviewer_1, "TakeBudget", line))
        passes(step(town().reviewer_1, "ReviewBudget", line, opinion="已核"))
    passes(step(town().reviewer_2, "DecideBudget", lines[0], decision=pb.REVIEW_DECISION_AGREE))
    problem = refused(step(town().reviewer_2, "DecideBudget", lines[1], decision=pb.REVIEW_DECISION_AGREE),
                      "BAD_FIELD")
    equal(problem.field, "control_fen")
    passes(step(town().reviewer_2, "DecideBudget", lines[1], decision=pb.REVIEW_DECISION_RETURN,
                opinion="核实", due_date="2027-08-01"))


# --- what is only blank is not there ---

@test
def blanks_are_no_opinion_no_reason_and_no_element():
    contract = passes(draft(content=" ", breach="\n", contract_no="\t"))
    answer = ask(town().clerk("203"), "ContractService/SubmitContract", contract_id=contract.contract_id,
                 etag=contract.etag)
    equal({p.field for p in answer.problems}, {"content", "breach", "contract_no"})
    whole = submitted()
    refused(ask(town().approver("203"), "ContractService/ReturnContract", contract_id=whole, opinion=" ",
                etag=contract_now(whole).etag), "OPINION_MISSING", "G-d")
    answer = draft(name=" ")
    equal((answer.reason, answer.problems[0].field), ("BAD_FIELD", "name"))
    plan = {"kind": pb.CASE_KIND_AUDIT, "unit_ids": ["203"], "year_from": 2027, "year_to": 2027}
    answer = ask(town().auditor, "AuditService/PlanCase", title=" ", head="\n", **plan)
    equal({p.field for p in answer.problems}, {"title", "head"})


# --- versions and update_fields ---

@test
def a_version_is_good_for_one_change():
    made = passes(draft())
    again = {"contract_id": made.contract_id, "etag": made.etag, "line_id": town().free_line["203"][0]}
    for fields, reason in (({"update_fields": []}, "NO_UPDATE_FIELDS"),
                           ({"update_fields": ["state"]}, "BAD_FIELD"),
                           ({"update_fields": ["held_fen"]}, "BAD_FIELD"),
                           ({"update_fields": ["unit_id", "name"], "name": "x"}, "BAD_FIELD"),
                           ({"update_fields": [""]}, "BAD_FIELD")):
        refused(ask(town().clerk("203"), "ContractService/UpdateContract", **again, **fields), reason)
    changed = passes(ask(town().clerk("203"), "ContractService/UpdateContract", name="合同二",
                         update_fields=["name", "name"], **again))
    refused(ask(town().clerk("203"), "ContractService/UpdateContract", name="合同三", update_fields=["name"],
                **again), "ETAG_STALE", code=pb.ABORTED)
    refused(ask(town().clerk("203"), "ContractService/UpdateContract", name="合同三", update_fields=["name"],
                **{**again, "etag": ""}), "ETAG_MISSING", code=pb.INVALID_ARGUMENT)
    equal((contract_now(made.contract_id).name, changed.etag), ("合同二", "2"))


# --- the year ---

@test
def a_cycle_names_a_catalogue_that_is_in_force_and_days_of_its_own_time():
    steps = [pb.StepRow(step=s, open_date="2028-06-01", due_date="2028-12-31") for s in range(1, 7)]

    def opens(year=2029, version="CN-2020", rows=None):
        return ask(town().reviewer_1, "CycleService/OpenCycle", year=year, catalogue_version=version,
                   steps=rows or steps)
    for version in ("", "CN-1999", "' --"):
        equal(refused(opens(version=version), "BAD_FIELD").field, "catalogue_version")
    for year in (-1, 0, 1999, 2200, 10 ** 9, 2 ** 63 - 1, -2 ** 63):
        equal(refused(opens(year), "BAD_FIELD").field, "year")
    for rows in (steps[:5], steps + steps[:1], [pb.StepRow(step=0, open_date="2028-06-01")] + steps[1:]):
        equal(opens(rows=rows).reason, "BAD_FIELD")
    for day in ("0001-01-01", "9999-12-31", "1999-12-31", "2030-01-01"):
        far = [pb.StepRow(step=s, open_date=day, due_date=day) for s in range(1, 7)]
        equal(refused(opens(rows=far), "BAD_FIELD").field, "steps")


@test
def the_congress_does_not_end_a_round_that_departments_are_still_in():
    town().today("2027-06-11")
    seen = town().leader.get("CycleService/GetCycle", year=2028).cycle
    for unit in ("203", "208", "204", "210"):
        for line in town().reviewer_1.get("BudgetService/ListBudgets", year=2028, unit_id=unit,
                                          page_size=1000).budgets:
            state = line_now(line.id).state
            if state == pb.BUDGET_STATE_UP1:
                passes(step(town().reviewer_1, "TakeBudget", line.id))
                state = pb.BUDGET_STATE_FIN1
            if state == pb.BUDGET_STATE_FIN1:
                passes(step(town().reviewer_1, "ReturnBudget", line.id, opinion="补充",
                            due_date="2027-07-01"))
            if state == pb.BUDGET_STATE_FIN2:
                passes(step(town().reviewer_2, "DecideBudget", line.id, opinion="补充",
                            due_date="2027-07-01", decision=pb.REVIEW_DECISION_RETURN))
    seen = passes(ask(town().leader, "CycleService/PublishControls", year=2028, etag=seen.etag))
    record = {"year": 2028, "etag": seen.etag, "congress_document": "防人大〔2028〕1号"}
    for day in ("0001-01-01", "2027-05-31", "9999-12-31", "2027-06-12"):
        refused(ask(town().operator, "CycleService/RecordCongress", congress_date=day, **record), "BAD_FIELD")
    refused(ask(town().leader, "CycleService/RecordCongress", congress_date="2027-06-11", **record),
            "ROLE_FORBIDS")
    _consent_is_for_what_was_consented_to()


def _consent_is_for_what_was_consented_to():
    clerk, line = town().clerk("203"), town().draft_line("203", 1_00, year=2028, content="新增巡逻")[0]
    passes(step(town().reviewer_2, "ConsentBudget", line, opinion="同意新增"))
    passes(step(clerk, "UpdateBudget", line, update_fields=["content"], content="另一件事"))
    passes(step(clerk, "SubmitBudget", line))
    refused(step(town().approver("203"), "ApproveBudget", line), "CONSENT_MISSING", "U1")
    passes(step(town().reviewer_2, "ConsentBudget", line, opinion="同意新增"))
    passes(step(town().approver("203"), "ApproveBudget", line))


@test
def a_deadline_in_a_year_without_calendar_is_flagged_though_a_later_year_has_one():
    rows = [pb.CalendarDay(day_date=day, day_kind=pb.DAY_KIND_REST, holiday="节日")
            for day in ("2028-01-03", "2028-01-26", "2028-10-02")]
    town().operator.do("PolicyService/ImportCalendar", rows=rows)
    contract = submitted()
    signed = passes(sign(contract))
    expect(signed.is_weekends_only, "2027 was never loaded")


# --- what refusals say ---

@test
def every_refusal_is_a_whole_sentence_in_both_languages():
    equal(unreadable(problems)[:8], [])
    expect(len({p.reason for _, p in problems}) >= 30, sorted({p.reason for _, p in problems}))


@test
def after_all_of_it_the_journal_replays_and_nothing_broke_inside():
    town().stop()
    code, text = town().verify()
    equal(code, 0, text)
    equal(broken_lines(town().log()), [])
    town().start()


main()
