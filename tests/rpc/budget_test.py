#!/usr/bin/python3
"""Budgets over the wire: rounds, reviews, controls, screening of a real list, issue, and what is refused."""
import csv
import os

from city import City
from harness import ROOT, equal, expect, fixture, main, test
from purser import pb

STEPS = (pb.CYCLE_STEP_U1, pb.CYCLE_STEP_F1, pb.CYCLE_STEP_D1, pb.CYCLE_STEP_U2, pb.CYCLE_STEP_F2,
         pb.CYCLE_STEP_D2)
SOURCES = {"一般公共预算": pb.FUND_SOURCE_GENERAL, "社会保险基金": pb.FUND_SOURCE_SOCIAL_INSURANCE}
PROJECTS = os.path.join(ROOT, "server", "reference", "department_projects_2027.csv")

city = fixture(lambda: City("2026-06-22"))


def open_year(year, **windows):
    """A cycle with every step open from June 2026 to the year's end, but for those named: U1=(open, due)."""
    rows = [pb.StepRow(step=s, open_date="2026-06-01", due_date=f"{year}-12-31") for s in STEPS]
    for name, (opens, due) in windows.items():
        step = getattr(pb, f"CYCLE_STEP_{name}")
        rows[step - 1] = pb.StepRow(step=step, open_date=opens, due_date=due)
    return city().reviewer_1.do("CycleService/OpenCycle", year=year, catalogue_version="CN-2020", steps=rows)


def share(amount_fen):
    return [pb.FundShare(source=pb.FUND_SOURCE_GENERAL, amount_fen=amount_fen)]


def line_of(year, unit_id="203", amount_fen=100_000_00, **other):
    """Fields of a line that is whole."""
    return {"year": year, "unit_id": unit_id, "project_code": f"450600-{year}-{unit_id}-P1",
            "name": "校园安保服务",
            "content": "门卫值守", "catalogue_code": "A0291",
            "function_code": "2050202", "economic_code": "30227",
            "quantity": "12 个月", "unit_price_fen": amount_fen, "requested_fen": amount_fen,
            "fund_sources": share(amount_fen), "provider_type": "410",
            "method": pb.PURCHASE_METHOD_OPEN_TENDER,
            "start_date": f"{year}-01-01", "end_date": f"{year}-12-31", "basis": "部门职责", **other}


def create(year, unit_id="203", **other):
    return city().clerk(unit_id).do("BudgetService/CreateBudget", **line_of(year, unit_id, **other)).id


def line(budget_id):
    return city().reviewer_1.get("BudgetService/GetBudget", budget_id=budget_id)


def step(person, verb, budget_id, **fields):
    """One step of a line with the version that is there now."""
    return person.write(f"BudgetService/{verb}", budget_id=budget_id, etag=line(budget_id).budget.etag,
                        **fields)


def goes(person, verb, budget_id, state, **fields):
    answer = step(person, verb, budget_id, **fields)
    equal(answer.code, 0, verb, answer.text)
    equal(answer.message.state, getattr(pb, f"BUDGET_STATE_{state}"), verb)
    return answer.message


def refused(answer, reason, rule=None):
    equal(answer.reason, reason, answer.text)
    if rule:
        equal(answer.problems[0].rule, rule)
    return answer


def send_up(budget_id, unit_id="203"):
    c = city()
    is_second = line(budget_id).budget.state == pb.BUDGET_STATE_UP2_DRAFT
    goes(c.clerk(unit_id), "SubmitBudget", budget_id, "UP2_REVIEW" if is_second else "DEPT_REVIEW")
    goes(c.approver(unit_id), "ApproveBudget", budget_id, "UP2" if is_second else "UP1")


def to_second_review(budget_id, unit_id="203"):
    send_up(budget_id, unit_id)
    goes(city().reviewer_1, "TakeBudget", budget_id, "FIN1")
    goes(city().reviewer_1, "ReviewBudget", budget_id, "FIN2", opinion="范围、金额无异议")


def round_of(year, unit_id, name="U1"):
    return city().reviewer_1.get("RoundService/GetRound", round_id=f"{year}-{unit_id}-{name}").round


# --- drafting ---

@test
def a_line_is_numbered_by_division_year_and_unit():
    open_year(2030)
    equal([create(2030), create(2030), create(2030, "209", catalogue_code="A0407")],
          ["450600-2030-203-0001", "450600-2030-203-0002", "450600-2030-209-0001"])


@test
def an_incomplete_line_hears_everything_at_once():
    budget = create(2030, function_code="205", economic_code="", quantity="", basis="",
                    fund_sources=share(99))
    answer = refused(step(city().clerk("203"), "SubmitBudget", budget), "BUDGET_INCOMPLETE", "B15")
    equal([p.field for p in answer.problems], ["fund_sources", "function_code", "economic_code", "quantity",
                                               "basis"])
    expect("0.99 元" in answer.problems[0].broke and "100,000.00 元" in answer.problems[0].passes,
           answer.problems[0])


@test
def only_whoever_may_purchase_drafts_and_only_from_the_third_level_of_the_catalogue():
    clerk = city().clerk("203")
    for other, reason, rule in (({"unit_id": "203901"}, "TYPE_MAY_NOT_PURCHASE", "P4"),
                                ({"catalogue_code": "A02"}, "CATALOGUE_LEVEL", "C5"),
                                ({"catalogue_code": "A0299"}, "NOT_IN_CATALOGUE", "C5"),
                                ({"year": 2031}, "CYCLE_UNKNOWN", "S19"),
                                ({"unit_id": "209"}, "NOT_FOUND", None)):
        refused(clerk.write("BudgetService/CreateBudget", **{**line_of(2030), **other}), reason, rule)
    answer = clerk.write("BudgetService/CreateBudget", **line_of(2030, provider_type="221"))
    expect(answer.code == 9 and answer.problems[0].field == "provider_type", answer.text)
    equal(step(city().approver("203"), "SubmitBudget", "450600-2030-203-0001").code, 7)


@test
def an_update_changes_the_named_fields_only():
    budget, clerk = "450600-2030-203-0001", city().clerk("203")
    refused(step(clerk, "UpdateBudget", budget), "NO_UPDATE_FIELDS")
    refused(step(clerk, "UpdateBudget", budget, update_fields=["state"]), "BAD_FIELD")
    goes(clerk, "UpdateBudget", budget, "DRAFT", update_fields=["name", "requested_fen", "fund_sources"],
         name="校园安保",
         requested_fen=80_000_00, fund_sources=share(80_000_00), content="不应写入")
    seen = line(budget)
    equal((seen.budget.name, seen.budget.requested_fen, seen.budget.content), ("校园安保", 80_000_00,
                                                                               "门卫值守"))
    equal([(v.version, v.requested_fen, v.sources) for v in seen.versions],
          [(1, 100_000_00, "GENERAL=10000000"), (2, 80_000_00, "GENERAL=8000000")])


@test
def a_stale_version_is_refused_and_another_department_sees_nothing():
    budget = "450600-2030-203-0001"
    answer = city().clerk("203").write("BudgetService/SubmitBudget", budget_id=budget, etag="1")
    refused(answer, "ETAG_STALE")
    refused(city().clerk("209").read("BudgetService/GetBudget", budget_id=budget), "NOT_FOUND")
    seen = city().clerk("209").get("BudgetService/ListBudgets", page_size=1000).budgets
    expect(seen and all(b.unit_id == "209" for b in seen), seen)
    refused(city().clerk("209").write("BudgetService/SubmitBudget", budget_id=budget, etag="2"), "NOT_FOUND")


# --- rounds ---

@test
def every_department_stands_on_the_board_also_one_that_has_sent_nothing():
    rounds = city().reviewer_1.get("RoundService/ListRounds", year=2030, page_size=1000).rounds
    by_unit = {r.unit_id: r for r in rounds}
    expect(len(by_unit) >= 50 and "203901" not in by_unit, len(by_unit))
    equal(by_unit["301"].state, pb.ROUND_STATE_NONE)
    equal(by_unit["203"].lines, 3)
    equal([r.unit_id for r in city().clerk("209").get("RoundService/ListRounds", year=2030).rounds], ["209"])


@test
def a_department_without_projects_declares_nothing_and_says_why():
    approver = city().approver("301")
    declare = {"round_id": "2030-301-U1", "etag": "1"}
    refused(approver.write("RoundService/DeclareNothing", **declare), "ANSWER_MISSING", "S19")
    refused(city().approver("203").write("RoundService/DeclareNothing", round_id="2030-203-U1", etag="1",
                                         declared_why="无"), "LINES_EXIST", "S19")
    approver.do("RoundService/DeclareNothing", declared_why="本年无购买服务项目", **declare)
    equal(round_of(2030, "301").state, pb.ROUND_STATE_ZERO)


@test
def a_round_that_is_over_is_closed_until_the_bureau_opens_it_again():
    open_year(2032, U1=("2026-06-01", "2026-06-20"))
    budget = create(2032)
    goes(city().clerk("203"), "SubmitBudget", budget, "DEPT_REVIEW")
    answer = refused(step(city().approver("203"), "ApproveBudget", budget), "ROUND_CLOSED", "U1")
    equal((answer.problems[0].broke, answer.problems[0].passes), ("2026-06-22", "2026-06-20"))
    expect(round_of(2032, "203").is_overdue)
    reopen = {"round_id": "2032-203-U1", "etag": round_of(2032, "203").etag, "reopened_to_date": "2026-06-30"}
    refused(city().reviewer_1.write("RoundService/ReopenRound", **reopen), "OPINION_MISSING", "G-d")
    city().reviewer_1.do("RoundService/ReopenRound", opinion="系统故障，准予补报", **reopen)
    expect(not round_of(2032, "203").is_overdue)
    goes(city().approver("203"), "ApproveBudget", budget, "UP1")
    equal(round_of(2032, "203").state, pb.ROUND_STATE_REPORTED)


# --- review ---

@test
def a_line_with_negative_words_waits_for_its_answer():
    open_year(2033)
    budget = create(2033, name="校园安保及保安招聘", content="值守", economic_code="30226")
    answer = step(city().clerk("203"), "SubmitBudget", budget)
    equal([(h.check, h.evidence) for h in answer.message.hits],
          [(pb.SCREENING_CHECK_K5, "N3 招聘"), (pb.SCREENING_CHECK_K6, "30226 劳务费")])
    goes(city().approver("203"), "ApproveBudget", budget, "UP1")
    goes(city().reviewer_1, "TakeBudget", budget, "FIN1")
    refused(step(city().reviewer_1, "ReviewBudget", budget), "HITS_OPEN", "S40")
    hit = line(budget).hits[0]
    clerk, say = city().clerk("203"), {"hit_id": hit.id, "etag": hit.etag,
                                       "disposition": pb.DISPOSITION_FALSE_ALARM}
    refused(clerk.write("ScreeningService/AnswerHit", **say), "ANSWER_MISSING")
    clerk.do("ScreeningService/AnswerHit", answer="招聘指供应商自行招聘", also_related=True, **say)
    equal([h.state for h in line(budget).hits], [pb.HIT_STATE_ANSWERED] * 2)
    goes(city().reviewer_1, "ReviewBudget", budget, "FIN2")


@test
def a_refusal_names_its_law_and_the_same_matter_does_not_come_back():
    budget = "450600-2033-203-0001"
    decide = {"decision": pb.REVIEW_DECISION_REFUSE, "opinion": "实为招聘用工"}
    refused(step(city().reviewer_2, "DecideBudget", budget, **decide), "LEGAL_BASIS_MISSING", "S40")
    refused(step(city().reviewer_2, "DecideBudget", budget, legal_basis="N99", **decide),
            "LEGAL_BASIS_MISSING", "S40")
    goes(city().reviewer_2, "DecideBudget", budget, "REFUSED", legal_basis="N3", **decide)
    equal(line(budget).budget.refused_basis, "N3")
    event = line(budget).events[-1]
    equal((event.decision, event.legal_basis, event.opinion), (pb.REVIEW_DECISION_REFUSE, "N3",
                                                               "实为招聘用工"))

    again = create(2033, name="校园安保及保安招聘", content="值守", economic_code="30226",
                   amount_fen=70_000_00)
    answer = refused(step(city().clerk("203"), "SubmitBudget", again), "REFUSED_BEFORE", "S40")
    equal(answer.problems[0].broke, budget)
    goes(city().clerk("203"), "UpdateBudget", again, "DRAFT", update_fields=["name", "content",
                                                                             "economic_code"],
         name="校园安保服务", content="由保安公司派驻值守", economic_code="30227")
    send_up(again)


@test
def a_return_needs_an_opinion_and_a_day_and_the_line_comes_back_with_a_new_version():
    budget = "450600-2033-203-0002"
    goes(city().reviewer_1, "TakeBudget", budget, "FIN1")
    refused(step(city().reviewer_1, "ReturnBudget", budget, due_date="2026-07-01"), "OPINION_MISSING", "G-d")
    refused(step(city().reviewer_1, "ReturnBudget", budget, opinion="请补充测算", due_date="2026-06-01"),
            "BAD_FIELD")
    goes(city().reviewer_1, "ReturnBudget", budget, "RETURNED", opinion="请补充测算", due_date="2026-07-01")
    equal(round_of(2033, "203").state, pb.ROUND_STATE_RETURNED)
    goes(city().clerk("203"), "UpdateBudget", budget, "RETURNED", update_fields=["basis"],
         basis="12 校 × 月单价")
    to_second_review(budget)
    goes(city().reviewer_2, "DecideBudget", budget, "CONTROL", decision=pb.REVIEW_DECISION_AGREE)
    equal(round_of(2033, "203").state, pb.ROUND_STATE_REVIEWED)


@test
def controls_wait_for_every_line_and_then_bind_the_department():
    open_year(2034)
    one, two = create(2034, amount_fen=600_00), create(2034, amount_fen=400_00, content="护学岗")
    to_second_review(one)
    to_second_review(two)
    goes(city().reviewer_2, "DecideBudget", one, "CONTROL", decision=pb.REVIEW_DECISION_REDUCE,
         control_fen=500_00,
         opinion="核减一校")
    refused(city().leader.write("CycleService/PublishControls", year=2034, etag="1"), "LINES_UNFINISHED",
            "S23")
    goes(city().reviewer_2, "DecideBudget", two, "CONTROL", decision=pb.REVIEW_DECISION_AGREE)
    equal(city().reviewer_2.write("CycleService/PublishControls", year=2034, etag="1").code, 7)
    done = city().leader.do("CycleService/PublishControls", year=2034, etag="1")
    equal((done.departments, done.lines, done.control_fen), (1, 2, 900_00))
    seen = line(one).budget
    equal((seen.state, seen.first_fen, seen.requested_fen, seen.control_fen),
          (pb.BUDGET_STATE_UP2_DRAFT, 600_00, 500_00, 500_00))

    clerk = city().clerk("203")
    goes(clerk, "UpdateBudget", one, "UP2_DRAFT", update_fields=["requested_fen", "fund_sources"],
         requested_fen=550_00,
         fund_sources=share(550_00))
    send_up(one)
    answer = refused(step(clerk, "SubmitBudget", two), "OVER_CONTROL", "B1")
    expect("950.00 元" in answer.problems[0].broke and "900.00 元" in answer.problems[0].passes and
           "350.00 元" in answer.problems[0].passes, answer.problems[0])
    goes(clerk, "UpdateBudget", two, "UP2_DRAFT", update_fields=["requested_fen", "fund_sources"],
         requested_fen=350_00,
         fund_sources=share(350_00))
    send_up(two)


@test
def a_line_that_was_not_in_the_first_round_needs_consent():
    goes(city().reviewer_1, "TakeBudget", "450600-2034-203-0002", "FIN_FINAL")
    goes(city().reviewer_1, "ReturnBudget", "450600-2034-203-0002", "UP2_DRAFT", opinion="拆出护学岗",
         due_date="2026-07-01")
    goes(city().clerk("203"), "UpdateBudget", "450600-2034-203-0002", "UP2_DRAFT",
         update_fields=["requested_fen", "fund_sources"], requested_fen=300_00, fund_sources=share(300_00))
    send_up("450600-2034-203-0002")
    late = create(2034, amount_fen=50_00, name="护学岗", content="早晚两次")
    equal(line(late).budget.state, pb.BUDGET_STATE_UP2_DRAFT)
    goes(city().clerk("203"), "SubmitBudget", late, "UP2_REVIEW")
    refused(step(city().approver("203"), "ApproveBudget", late), "CONSENT_MISSING", "U1")
    goes(city().reviewer_2, "ConsentBudget", late, "UP2_REVIEW", opinion="同意从原项目调剂")
    goes(city().approver("203"), "ApproveBudget", late, "UP2")


@test
def the_congress_is_recorded_by_one_and_confirmed_by_another_and_the_issue_is_flagged_when_late():
    year, c = 2034, city()
    record = {"year": year, "etag": "2", "congress_date": "2026-06-01",
              "congress_document": "防人大〔2034〕1号"}
    refused(c.operator.write("CycleService/RecordCongress", **record), "LINES_UNFINISHED")
    for number in (1, 2, 3):
        budget = f"450600-{year}-203-000{number}"
        goes(c.reviewer_1, "TakeBudget", budget, "FIN_FINAL")
        goes(c.reviewer_2, "CompileBudget", budget, "COMPILED")
    equal(round_of(year, "203", "U2").state, pb.ROUND_STATE_REVIEWED)
    refused(c.operator.write("CycleService/RecordCongress", **{**record, "congress_date": "2026-06-23"}),
            "BAD_FIELD")
    equal(c.operator.do("CycleService/RecordCongress", **record).issue_due_date, "2026-06-22")
    equal(c.operator.write("CycleService/ConfirmCongress", year=year, etag="3").code, 7)
    equal(c.leader.do("CycleService/ConfirmCongress", year=year, etag="3").lines, 3)
    c.today("2026-06-23")
    done = c.leader.do("CycleService/IssueBudget", year=year, etag="4")
    equal((done.lines, done.approved_fen, done.is_issued_late), (3, 900_00, True))
    seen = c.clerk("203").get("BudgetService/ListBudgets", year=year, state=pb.BUDGET_STATE_ISSUED).budgets
    equal([b.free_fen for b in seen], [550_00, 300_00, 50_00])
    refused(c.clerk("203").write("BudgetService/CreateBudget", **line_of(year)), "CYCLE_CLOSED")


@test
def whoever_drafted_a_line_does_not_send_it_up():
    both = city().person("兼任", "204", pb.ROLE_CLERK, pb.ROLE_APPROVER)
    budget = both.do("BudgetService/CreateBudget", **line_of(2033, "204")).id
    goes(both, "SubmitBudget", budget, "DEPT_REVIEW")
    refused(step(both, "ApproveBudget", budget), "SAME_PERSON", "G-b")
    goes(city().approver("204"), "ReturnBudget", budget, "DRAFT", opinion="请核对单价")
    goes(both, "WithdrawBudget", budget, "WITHDRAWN")


# --- screening ---

def project_rows():
    with open(PROJECTS, encoding="gb18030", newline="") as f:
        for r in csv.DictReader(f):
            wan, _, rest = r["预算金额(万元)"].partition(".")
            yield pb.ProjectRow(
                unit_id=r["单位编码"], unit_name=r["单位名称"],
                project_code=r["项目编码"], project_name=r["项目名称"],
                content=r["项目内容"], function_code=r["功能科目"], economic_code=r["经济科目"],
                amount_fen=int(wan + rest.ljust(6, "0")), fund_source=SOURCES[r["资金来源"]],
                is_purchase=r["是否政府购买服务"] == "是", note=r["备注"])


def hits_of(**filters):
    return city().reviewer_1.get("ScreeningService/ListHits", year=2027, page_size=1000, **filters).hits


def number_of(hit):
    return int(hit.project_code[-4:])


@test
def the_departments_list_is_imported_whole_or_not_at_all():
    rows = list(project_rows())
    bad = rows[:3] + [pb.ProjectRow(unit_id="999", project_code="x y", project_name="", amount_fen=-1)]
    answer = refused(city().reviewer_1.write("ScreeningService/ImportProjects", year=2027, rows=bad),
                     "BAD_FIELD")
    expect("rows[3].unit_id" in [p.field for p in answer.problems], [p.field for p in answer.problems])
    done = city().reviewer_1.do("ScreeningService/ImportProjects", year=2027, list_name="2027 部门项目",
                                rows=rows)
    equal((done.imported, done.amount_fen), (41, sum(r.amount_fen for r in rows)))


@test
def screening_finds_what_was_left_out_and_what_is_wrongly_listed():
    done = city().reviewer_1.do("ScreeningService/ScreenProjects", year=2027)
    equal((done.projects, done.not_listed, done.wrongly_listed, done.without_line, done.clean), (41, 17, 7,
                                                                                                 16, 1))
    equal(sorted({number_of(h) for h in hits_of(finding=pb.SCREENING_FINDING_NOT_LISTED)
                  if h.check != pb.SCREENING_CHECK_K1}),
          [2, 4, 7, 10, 13, 17, 19, 21, 22, 24, 29, 31, 32, 34, 38, 39, 41])
    wrong = hits_of(finding=pb.SCREENING_FINDING_WRONGLY_LISTED)
    equal(sorted((number_of(h), h.check) for h in wrong),
          [(3, 5), (3, 6), (8, 5), (8, 6), (16, 5), (16, 6), (23, 5), (27, 5), (27, 6), (33, 5), (33, 6),
           (35, 5)])
    equal({number_of(h): h.negative_code for h in wrong if h.check == pb.SCREENING_CHECK_K5},
          {3: "N1", 8: "N3", 16: "N6", 23: "N5", 27: "N10", 33: "N4", 35: "N2"})


@test
def grades_follow_the_class_and_words_only_warn():
    grades = {number_of(h): h.grade for h in hits_of(check=pb.SCREENING_CHECK_K2)}
    equal((grades[2], grades[4], grades[19], grades[32]),
          (pb.HIT_GRADE_MEDIUM, pb.HIT_GRADE_LOW, pb.HIT_GRADE_LOW, pb.HIT_GRADE_LOW))
    costing = [h for h in hits_of(check=pb.SCREENING_CHECK_K2) if number_of(h) == 34][0]
    expect("N1 施工" in costing.evidence, costing.evidence)  # 施工图预算审核 is a service all the same


@test
def a_hit_suggests_the_entry_that_the_name_speaks_of():
    suggested = {number_of(h): h.catalogue_code for h in hits_of()}
    equal([suggested[n] for n in (1, 5, 6, 7, 9, 11, 12, 13, 15, 18, 20)],
          ["A0291", "A0407", "A1091", "B0101", "A0491", "A1191", "A1192", "A1193", "A1791", "B1102", "A1092"])


@test
def screening_again_makes_nothing_new_and_clears_what_has_a_line():
    before = {h.id: h.etag for h in hits_of()}
    city().reviewer_1.do("ScreeningService/ScreenProjects", year=2027)
    equal({h.id: h.etag for h in hits_of()}, before)
    open_year(2027)
    create(2027, project_code="450600-27-203-0001")
    done = city().reviewer_1.do("ScreeningService/ScreenProjects", year=2027)
    equal((done.without_line, done.clean), (15, 2))
    equal([number_of(h) for h in hits_of(state=pb.HIT_STATE_CLEARED)], [1])


@test
def a_department_answers_its_hits_and_the_bureau_confirms_or_asks_again():
    hit = [h for h in hits_of(check=pb.SCREENING_CHECK_K2) if number_of(h) == 7][0]
    say = {"hit_id": hit.id, "etag": hit.etag, "disposition": pb.DISPOSITION_INCLUDE}
    refused(city().clerk("203").write("ScreeningService/AnswerHit", **say), "NOT_FOUND")
    made = city().clerk("209").do("ScreeningService/AnswerHit", answer="纳入，一上补报", **say)
    refused(city().reviewer_1.write("ScreeningService/ReturnHit", hit_id=hit.id, etag=made.etag),
            "OPINION_MISSING")
    made = city().reviewer_1.do("ScreeningService/ReturnHit", hit_id=hit.id, etag=made.etag,
                                opinion="请说明何时补报")
    made = city().clerk("209").do("ScreeningService/AnswerHit", **{**say, "etag": made.etag},
                                  answer="7 月补报")
    city().reviewer_2.do("ScreeningService/ConfirmHit", hit_id=hit.id, etag=made.etag)
    equal(city().reviewer_1.get("ScreeningService/GetHit", hit_id=hit.id).hit.state, pb.HIT_STATE_CONFIRMED)
    expect(all(h.unit_id == "209" for h in city().clerk("209").get("ScreeningService/ListHits",
                                                                   page_size=1000).hits))


@test
def the_bureau_raises_a_notice_that_another_of_its_people_closes():
    raised = city().reviewer_1.do("ScreeningService/RaiseNotice", year=2027, unit_id="234",
                                  due_date="2026-07-31",
                                  project_code="450600-27-234-0013", notice="道路清扫保洁应纳入政府购买服务")
    equal(raised.id, "YN2027-0001")
    refused(city().clerk("203").write("ScreeningService/AnswerNotice", notice_id=raised.id, etag="1",
                                      disposition=pb.DISPOSITION_INCLUDE), "NOT_FOUND")
    made = city().clerk("234").do("ScreeningService/AnswerNotice", notice_id=raised.id, etag="1",
                                  disposition=pb.DISPOSITION_INCLUDE)
    equal(city().reviewer_1.write("ScreeningService/CloseNotice", notice_id=raised.id, etag=made.etag).code,
          7)
    city().reviewer_2.do("ScreeningService/CloseNotice", notice_id=raised.id, etag=made.etag, opinion="同意")
    equal(city().clerk("234").get("ScreeningService/ListNotices").notices[0].state, pb.NOTICE_STATE_CLOSED)


# --- the journal's proof ---

@test
def a_replay_gives_the_same_budgets():
    code, text = city().verify()
    equal(code, 0, text)


main()
