#!/usr/bin/python3
"""The budget year 2027 of three departments, from deployment to issue, as an array of steps.

Each step: day, who, verb, line (or round), its fields, and what comes of it: the state after it, or why it
is refused.
"""
from city import City
from harness import equal, fixture, main, test
from purser import pb

city = fixture(lambda: City("2026-06-22"))

WINDOWS = (("U1", "2026-07-01", "2026-09-15"), ("F1", "2026-09-16", "2026-10-20"),
           ("D1", "2026-10-21", "2026-10-31"), ("U2", "2026-11-01", "2026-11-25"),
           ("F2", "2026-11-26", "2026-12-31"), ("D2", "2027-01-01", "2027-02-28"))


def fields(unit_id, project, name, content, catalogue, function, economic, amount_fen, **other):
    return {"year": 2027, "unit_id": unit_id, "project_code": f"450600-27-{unit_id}-{project}",
            "name": name, "content": content, "catalogue_code": catalogue,
            "function_code": function, "economic_code": economic,
            "quantity": "1 项", "unit_price_fen": amount_fen, "requested_fen": amount_fen,
            "fund_sources": [pb.FundShare(source=pb.FUND_SOURCE_GENERAL, amount_fen=amount_fen)],
            "provider_type": "410", "method": pb.PURCHASE_METHOD_CONSULTATION, "start_date": "2027-01-01",
            "end_date": "2027-12-31", "basis": "部门职责和上年执行数", **other}


def amount(fen):
    return {"update_fields": ["requested_fen", "fund_sources"], "requested_fen": fen,
            "fund_sources": [pb.FundShare(source=pb.FUND_SOURCE_GENERAL, amount_fen=fen)]}


def decided(word, control_fen=0, opinion="", basis="", due=""):
    return {"decision": getattr(pb, f"REVIEW_DECISION_{word}"), "control_fen": control_fen,
            "opinion": opinion,
            "legal_basis": basis, "due_date": due}


GUARDS = fields("203", "0001", "中小学校园安保服务", "门卫值守、巡逻", "A0291", "2050202", "30227",
                1_204_000_000)
RATING = fields("203", "0002", "课后服务质量评估", "委托第三方评估", "B0702", "2050299", "30227", 38_600_000)
STAND = fields("203", "0003", "市一中运动场改扩建工程", "新建看台", "A1101", "2050204", "31001", 960_000_000)
PARKS = fields("234", "0011", "公园广场养护管理", "绿化养护、保洁", "A1191", "2120501", "30213",
               2_380_750_000)
SWEEP = fields("234", "0013", "道路清扫保洁", "主次干道机械化清扫", "A1193", "2120501", "30227", 100_000_000)

STEPS = (
    ("2026-06-22", "review1", "OpenCycle", "", {}, ""),
    # 一上
    ("2026-07-10", "clerk203", "CreateBudget", "203-1", GUARDS, "DRAFT"),
    ("2026-07-10", "clerk203", "CreateBudget", "203-2", RATING, "DRAFT"),
    ("2026-07-10", "clerk203", "CreateBudget", "203-3", STAND, "DRAFT"),
    ("2026-07-10", "clerk203", "CreateBudget", "", {**GUARDS, "unit_id": "203901"}, "TYPE_MAY_NOT_PURCHASE"),
    ("2026-07-11", "clerk234", "CreateBudget", "234-1", PARKS, "DRAFT"),
    ("2026-07-12", "clerk203", "SubmitBudget", "203-1", {}, "DEPT_REVIEW"),
    ("2026-07-12", "clerk203", "ApproveBudget", "203-1", {}, "ROLE_FORBIDS"),
    ("2026-07-12", "head203", "ReturnBudget", "203-1", {"opinion": ""}, "OPINION_MISSING"),
    ("2026-07-12", "head203", "ReturnBudget", "203-1", {"opinion": "写明学校数"}, "DRAFT"),
    ("2026-07-13", "clerk203", "UpdateBudget", "203-1", {"update_fields": ["quantity"], "quantity": "26 校"},
     "DRAFT"),
    ("2026-07-13", "clerk203", "SubmitBudget", "203-1", {}, "DEPT_REVIEW"),
    ("2026-07-13", "head203", "ApproveBudget", "203-1", {}, "UP1"),
    ("2026-07-13", "clerk203", "SubmitBudget", "203-2", {}, "DEPT_REVIEW"),
    ("2026-07-13", "head203", "ApproveBudget", "203-2", {}, "UP1"),
    ("2026-07-13", "clerk203", "SubmitBudget", "203-3", {}, "DEPT_REVIEW"),
    ("2026-07-13", "head203", "ApproveBudget", "203-3", {}, "UP1"),
    ("2026-07-13", "clerk203", "WithdrawBudget", "203-3", {}, "STATE_FORBIDS"),
    ("2026-09-01", "head301", "DeclareNothing", "301-U1", {"declared_why": "经费均为人员和公用"}, "ZERO"),
    ("2026-09-16", "clerk234", "SubmitBudget", "234-1", {}, "DEPT_REVIEW"),
    ("2026-09-16", "head234", "ApproveBudget", "234-1", {}, "ROUND_CLOSED"),
    ("2026-09-16", "review1", "ReopenRound", "234-U1",
     {"reopened_to_date": "2026-09-18", "opinion": "台风停工，准予补报"}, ""),
    ("2026-09-17", "head234", "ApproveBudget", "234-1", {}, "UP1"),
    # the bureau's two reviews
    ("2026-09-20", "review2", "TakeBudget", "203-1", {}, "ROLE_FORBIDS"),
    ("2026-09-20", "review1", "TakeBudget", "203-1", {}, "FIN1"),
    ("2026-09-20", "review1", "TakeBudget", "203-2", {}, "FIN1"),
    ("2026-09-20", "review1", "TakeBudget", "203-3", {}, "FIN1"),
    ("2026-09-20", "review1", "TakeBudget", "234-1", {}, "FIN1"),
    ("2026-09-21", "review1", "ReturnBudget", "203-2", {"opinion": "补充次数", "due_date": "2026-09-30"},
     "RETURNED"),
    ("2026-09-21", "review1", "ReviewBudget", "203-3", {}, "HITS_OPEN"),
    ("2026-09-22", "clerk203", "AnswerHits", "203-3", {"answer": "拟按服务采购"}, ""),
    ("2026-09-22", "review1", "ReviewBudget", "203-3", {"opinion": "新建工程，请复审"}, "FIN2"),
    ("2026-09-22", "review1", "ReviewBudget", "203-1", {}, "FIN2"),
    ("2026-09-22", "review1", "ReviewBudget", "234-1", {}, "FIN2"),
    ("2026-09-23", "clerk203", "UpdateBudget", "203-2", {"update_fields": ["quantity"], "quantity": "4 次"},
     "RETURNED"),
    ("2026-09-23", "clerk203", "SubmitBudget", "203-2", {}, "DEPT_REVIEW"),
    ("2026-09-30", "head203", "ApproveBudget", "203-2", {}, "UP1"),
    ("2026-10-08", "review1", "TakeBudget", "203-2", {}, "FIN1"),
    ("2026-10-08", "review1", "ReviewBudget", "203-2", {}, "FIN2"),
    ("2026-10-09", "review2", "DecideBudget", "203-1", decided("AGREE"), "CONTROL"),
    ("2026-10-09", "review2", "DecideBudget", "203-2", decided("REDUCE", 30_000_000, "每次 7.5 万元"),
     "CONTROL"),
    ("2026-10-09", "review2", "DecideBudget", "203-3", decided("REFUSE", 0, "工程项目"),
     "LEGAL_BASIS_MISSING"),
    ("2026-10-09", "review2", "DecideBudget", "203-3", decided("REFUSE", 0, "工程项目", "N1"), "REFUSED"),
    ("2026-10-09", "leader", "PublishControls", "", {}, "LINES_UNFINISHED"),
    ("2026-10-09", "review2", "DecideBudget", "234-1", decided("REDUCE", 2_200_000_000, "参考上年"),
     "CONTROL"),
    # 一下, 二上
    ("2026-10-28", "leader", "PublishControls", "", {}, ""),
    ("2026-11-02", "clerk203", "CreateBudget", "203-4", STAND, "UP2_DRAFT"),
    ("2026-11-02", "clerk203", "SubmitBudget", "203-4", {}, "REFUSED_BEFORE"),
    ("2026-11-02", "clerk203", "WithdrawBudget", "203-4", {}, "WITHDRAWN"),
    ("2026-11-03", "clerk234", "UpdateBudget", "234-1", amount(2_100_000_000), "UP2_DRAFT"),
    ("2026-11-03", "clerk234", "CreateBudget", "234-2", {**SWEEP, "requested_fen": 100_000_000}, "UP2_DRAFT"),
    ("2026-11-03", "clerk234", "SubmitBudget", "234-1", {}, "UP2_REVIEW"),
    ("2026-11-03", "clerk234", "SubmitBudget", "234-2", {}, "UP2_REVIEW"),
    ("2026-11-04", "head234", "ApproveBudget", "234-1", {}, "UP2"),
    ("2026-11-04", "head234", "ApproveBudget", "234-2", {}, "CONSENT_MISSING"),
    ("2026-11-05", "review2", "ConsentBudget", "234-2", {"opinion": "控制数内调剂"}, "UP2_REVIEW"),
    ("2026-11-05", "head234", "ApproveBudget", "234-2", {}, "UP2"),
    ("2026-11-06", "clerk203", "UpdateBudget", "203-2", amount(31_000_000), "UP2_DRAFT"),
    ("2026-11-06", "clerk203", "SubmitBudget", "203-1", {}, "UP2_REVIEW"),
    ("2026-11-06", "clerk203", "SubmitBudget", "203-2", {}, "OVER_CONTROL"),
    ("2026-11-06", "clerk203", "UpdateBudget", "203-2", amount(30_000_000), "UP2_DRAFT"),
    ("2026-11-06", "clerk203", "SubmitBudget", "203-2", {}, "UP2_REVIEW"),
    ("2026-11-07", "head203", "ApproveBudget", "203-1", {}, "UP2"),
    ("2026-11-07", "head203", "ApproveBudget", "203-2", {}, "UP2"),
    # the draft, the congress, 二下
    ("2026-11-26", "review1", "TakeBudget", "203-1", {}, "FIN_FINAL"),
    ("2026-11-26", "review1", "TakeBudget", "203-2", {}, "FIN_FINAL"),
    ("2026-11-26", "review1", "TakeBudget", "234-1", {}, "FIN_FINAL"),
    ("2026-11-26", "review1", "TakeBudget", "234-2", {}, "FIN_FINAL"),
    ("2026-12-01", "review2", "CompileBudget", "203-1", {}, "COMPILED"),
    ("2026-12-01", "review2", "CompileBudget", "203-2", {}, "COMPILED"),
    ("2026-12-01", "review2", "CompileBudget", "234-1", {}, "COMPILED"),
    ("2027-01-21", "operator", "RecordCongress", "",
     {"congress_date": "2027-01-20", "congress_document": "防人大〔2027〕1号"}, "LINES_UNFINISHED"),
    ("2027-01-21", "review2", "DecideBudget", "234-2", decided("REFUSE", 0, "由环卫所自行承担", "C2"),
     "REFUSED"),
    ("2027-01-21", "operator", "RecordCongress", "",
     {"congress_date": "2027-01-20", "congress_document": "防人大〔2027〕1号"}, ""),
    ("2027-01-22", "leader", "ConfirmCongress", "", {}, ""),
    ("2027-02-08", "leader", "IssueBudget", "", {}, ""),
    ("2027-02-08", "leader", "IssueBudget", "", {}, "STATE_FORBIDS"),
)

SERVICES = {"OpenCycle": "Cycle", "PublishControls": "Cycle", "RecordCongress": "Cycle",
            "ConfirmCongress": "Cycle",
            "IssueBudget": "Cycle", "DeclareNothing": "Round", "ReopenRound": "Round"}


def person(who):
    c = city()
    if who.startswith(("clerk", "head")):
        return (c.clerk if who.startswith("clerk") else c.approver)(who[-3:])
    return {"review1": c.reviewer_1, "review2": c.reviewer_2, "leader": c.leader, "operator": c.operator}[who]


def whole(line):
    unit, number = line.split("-")
    return f"450600-2027-{unit}-000{number}"


def see(line):
    return city().reviewer_1.get("BudgetService/GetBudget", budget_id=whole(line))


def request_of(verb, line, given):
    """The given fields with id and the etag that holds now."""
    c = city().reviewer_1
    if verb == "OpenCycle":
        rows = [pb.StepRow(step=getattr(pb, f"CYCLE_STEP_{s}"), open_date=o, due_date=d) for s, o,
                d in WINDOWS]
        return {"year": 2027, "catalogue_version": "CN-2020", "steps": rows}
    if verb == "CreateBudget":
        return given
    if SERVICES.get(verb) == "Cycle":
        return {"year": 2027, "etag": c.get("CycleService/GetCycle", year=2027).cycle.etag, **given}
    if SERVICES.get(verb) == "Round":
        seen = c.get("RoundService/GetRound", round_id=f"2027-{line}").round
        return {"round_id": seen.id, "etag": seen.etag, **given}
    return {"budget_id": whole(line), "etag": see(line).budget.etag, **given}


def answer_hits(who, line, given):
    hit = see(line).hits[0]
    return person(who).write("ScreeningService/AnswerHit", hit_id=hit.id, etag=hit.etag, also_related=True,
                             disposition=pb.DISPOSITION_INCLUDE, **given)


def outcome(answer):
    """The name of the state after it, or the reason of the refusal; "" when there is no state to tell."""
    if answer.code:
        return answer.reason
    field = answer.message.DESCRIPTOR.fields_by_name.get("state")
    if not field:
        return ""
    name = field.enum_type.values_by_number[answer.message.state].name
    return name.split("_STATE_")[1]


@test
def a_year_of_three_departments_goes_its_way():
    for day, who, verb, line, given, wanted in STEPS:
        city().today(day)
        if verb == "AnswerHits":
            equal(answer_hits(who, line, given).code, 0, day, verb)
            continue
        service = SERVICES.get(verb, "Budget")
        answer = person(who).write(f"{service}Service/{verb}", **request_of(verb, line, given))
        equal(outcome(answer), wanted, day, who, verb, line, answer.text)
        if verb == "CreateBudget" and not answer.code:
            equal(answer.message.id, whole(line))


@test
def what_was_issued_is_what_was_compiled():
    lines = city().reviewer_1.get("BudgetService/ListBudgets", year=2027,
                                  state=pb.BUDGET_STATE_ISSUED).budgets
    equal([(b.id[-8:], b.approved_fen, b.free_fen) for b in lines],
          [("203-0001", 1_204_000_000, 1_204_000_000), ("203-0002", 30_000_000, 30_000_000),
           ("234-0001", 2_100_000_000, 2_100_000_000)])
    seen = see("203-2")
    equal((seen.budget.first_fen, seen.budget.control_fen, seen.budget.approved_fen),
          (38_600_000, 30_000_000, 30_000_000))
    cycle = city().leader.get("CycleService/GetCycle", year=2027)
    equal((cycle.cycle.issued_date, cycle.cycle.issue_due_date, cycle.cycle.is_issued_late),
          ("2027-02-08", "2027-02-09", False))
    equal([(r.unit_id, r.control_fen) for r in cycle.controls], [("203", 1_234_000_000), ("234",
                                                                                          2_200_000_000)])


@test
def every_round_tells_how_it_ended():
    rounds = {r.id: r.state for r in city().reviewer_1.get("RoundService/ListRounds", year=2027,
                                                           page_size=1000).rounds}
    equal([rounds[f"2027-{r}"] for r in ("203-U1", "234-U1", "301-U1", "204-U1", "203-U2", "234-U2",
                                         "301-U2")],
          [pb.ROUND_STATE_REVIEWED, pb.ROUND_STATE_REVIEWED, pb.ROUND_STATE_ZERO, pb.ROUND_STATE_NONE,
           pb.ROUND_STATE_REVIEWED, pb.ROUND_STATE_REVIEWED, pb.ROUND_STATE_ZERO])


@test
def the_journal_replays_to_the_same_year():
    code, text = city().verify()
    equal(code, 0, text)


main()
