"""Audit through the server: a case from plan to close, who sees it when, and what each step refuses."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))

from city import City, rows_of  # noqa: E402
from harness import equal, expect, fixture, main, test  # noqa: E402
from purser import OK, pb  # noqa: E402

ABORTED, FAILED_PRECONDITION, INVALID_ARGUMENT = pb.ABORTED, pb.FAILED_PRECONDITION, pb.INVALID_ARGUMENT
NOT_FOUND, PERMISSION_DENIED = pb.NOT_FOUND, pb.PERMISSION_DENIED


class Town(City):
    """With the dictionary of violations, on a Monday without holidays near."""

    def __init__(self):
        super().__init__(day="2026-06-22")
        equal(self.operator.do("ViolationService/ImportViolations",
                               rows=rows_of(pb.Violation, "violations.csv")).rows_count, 30)


town = fixture(Town)


def refused(answer, code, reason, rule=None):
    equal(answer.code, code, answer.text)
    equal(answer.reason, reason, answer.text)
    if rule:
        equal(answer.problems[0].rule, rule)
    return answer.problems[0]


def plan(who=None, units=("203", "208"), kind=pb.CASE_KIND_AUDIT):
    return (who or town().auditor).do("AuditService/PlanCase", kind=kind, unit_ids=units,
                                      title="政府购买服务专项审计", year_from=2026, year_to=2026,
                                      head="审计甲")


def notify(case, etag, start, notice, who=None, **other):
    return (who or town().auditor).write("AuditService/NotifyCase", case_id=case, etag=etag,
                                         notice_date=notice, start_date=start, **other)


def show(case, who=None):
    return (who or town().auditor).get("AuditService/GetCase", case_id=case)


@test
def a_case_before_its_notice_is_seen_by_its_office_alone():
    case = plan()
    equal(case.case_id, "SJ2026-001")
    equal([u.unit_id for u in show(case.case_id).units], ["203", "208"])
    for who in (town().reviewer_2, town().leader, town().clerk("203"), town().approver("208")):
        refused(who.read("AuditService/GetCase", case_id=case.case_id), NOT_FOUND, "NOT_FOUND")
        equal(len(who.get("AuditService/ListCases").cases), 0)
    refused(town().reviewer_2.write("AuditService/NotifyCase", case_id=case.case_id, etag=case.etag,
                                    notice_date="2026-06-22", start_date="2026-06-30"), NOT_FOUND,
            "NOT_FOUND")
    refused(town().auditor.write("AuditService/PlanCase", kind=pb.CASE_KIND_AUDIT, unit_ids=["999"],
                                 title="x", head="x", year_from=2026, year_to=2026), INVALID_ARGUMENT,
            "BAD_FIELD")


@test
def an_audit_runs_to_its_end():
    case, etag = _fieldwork_begins_after_a_notice_in_time()
    findings = _findings_are_recorded_unseen(case)
    _units_are_consulted_and_reply(case, findings)
    _a_second_auditor_reviews_and_the_head_reports(case, findings)
    _the_units_rectify_and_the_auditor_verifies(case, findings)
    _the_head_closes(case)
    expect(etag)


def _fieldwork_begins_after_a_notice_in_time():
    case = plan()
    problem = refused(notify(case.case_id, case.etag, "2026-06-24", "2026-06-22"), FAILED_PRECONDITION,
                      "NOTICE_TOO_LATE", "D18")
    equal((problem.broke, problem.passes), ("2026-06-22", "2026-06-18"))  # 19 June is 端午节
    refused(notify(case.case_id, case.etag, "2026-06-24", "2026-06-22", special_basis="紧急"),
            FAILED_PRECONDITION, "NOTICE_TOO_LATE")
    refused(notify(case.case_id, case.etag, "2026-06-26", "2026-06-23"), INVALID_ARGUMENT, "DATE_OUTSIDE")
    noticed = notify(case.case_id, case.etag, "2026-06-25", "2026-06-22").message
    expect(not noticed.is_special)
    equal(show(case.case_id, town().clerk("203")).audit_case.unit_list, "203")
    refused(town().clerk("204").read("AuditService/GetCase", case_id=case.case_id), NOT_FOUND, "NOT_FOUND")
    start = {"case_id": case.case_id, "etag": noticed.etag}
    refused(town().auditor.write("AuditService/StartFieldwork", members=["甲", "乙"], **start),
            FAILED_PRECONDITION, "NOT_YET")
    town().today("2026-06-25")
    refused(town().auditor.write("AuditService/StartFieldwork", members=["甲", "甲"], **start),
            FAILED_PRECONDITION, "TEAM_TOO_SMALL", "L10")
    refused(town().auditor.write("AuditService/StartFieldwork", members=["甲", "乙"], case_id=case.case_id,
                                 etag="1"), ABORTED, "ETAG_STALE")
    begun = town().auditor.do("AuditService/StartFieldwork", members=["甲", "乙"], **start)
    equal(show(case.case_id).audit_case.team, "甲、乙")
    return case.case_id, begun.etag


def _findings_are_recorded_unseen(case):
    auditor = town().auditor
    fields = {"case_id": case, "amount_fen": 120_000_00, "facts": "合同未公告", "evidence": "台账第 3 页"}
    refused(auditor.write("FindingService/AddFinding", unit_id="204", violation_code="V13", **fields),
            FAILED_PRECONDITION, "NOT_IN_CASE")
    refused(auditor.write("FindingService/AddFinding", unit_id="203", violation_code="V99", **fields),
            FAILED_PRECONDITION, "VIOLATION_UNKNOWN")
    made = [auditor.do("FindingService/AddFinding", unit_id=unit, violation_code=code, **fields)
            for unit, code in (("203", "V13"), ("203", "V14"), ("208", "V20"), ("208", "V26"))]
    equal([f.finding_id for f in made], [f"{case}-0{n}" for n in range(1, 5)])
    auditor.do("FindingService/WithdrawFinding", finding_id=made[3].finding_id, etag=made[3].etag,
               reason="证据不足")
    for who in (town().clerk("203"), town().reviewer_2):
        equal(len(show(case, who).findings), 0)
        refused(who.read("FindingService/GetFinding", finding_id=made[0].finding_id), NOT_FOUND, "NOT_FOUND")
    equal(show(case).audit_case.open_count, 3)
    return [f.finding_id for f in made[:3]]


def _units_are_consulted_and_reply(case, findings):
    auditor = town().auditor
    asked = auditor.do("AuditService/ConsultCase", case_id=case, etag=show(case).audit_case.etag)
    equal(asked.reply_due_date, "2026-07-09")
    equal([f.id for f in show(case, town().clerk("203")).findings], findings[:2])
    equal([f.id for f in show(case, town().clerk("208")).findings], findings[2:])
    equal(len(town().clerk("203").get("FindingService/ListFindings").findings), 2)
    refused(auditor.write("AuditService/DeemAgreed", case_id=case, etag=asked.etag), FAILED_PRECONDITION,
            "NOT_YET", "D19")
    refused(town().clerk("203").write("AuditService/ReplyCase", case_id=case, etag=asked.etag,
                                      does_agree=True), PERMISSION_DENIED, "ROLE_FORBIDS")
    refused(town().approver("203").write("AuditService/ReplyCase", case_id=case, etag=asked.etag),
            INVALID_ARGUMENT, "OPINION_MISSING")
    refused(town().approver("203").write("AuditService/ReplyCase", case_id=case, etag=asked.etag,
                                         unit_id="208", does_agree=True), NOT_FOUND, "NOT_FOUND")
    first = town().approver("203").do("AuditService/ReplyCase", case_id=case, etag=asked.etag,
                                      does_agree=False, reply_text="金额有误")
    equal(first.state, pb.CASE_STATE_CONSULT)
    town().today("2026-07-09")
    refused(auditor.write("AuditService/DeemAgreed", case_id=case, etag=first.etag), FAILED_PRECONDITION,
            "NOT_YET")
    town().today("2026-07-10")
    equal(auditor.do("AuditService/DeemAgreed", case_id=case, etag=first.etag).state,
          pb.CASE_STATE_DEEMED_AGREED)
    equal([(u.does_agree, u.is_deemed) for u in show(case).units], [(False, False), (True, True)])


def _a_second_auditor_reviews_and_the_head_reports(case, findings):
    etag = show(case).audit_case.etag
    refused(town().auditor.write("AuditService/ReviewCase", case_id=case, etag=etag), PERMISSION_DENIED,
            "SAME_PERSON", "G-b")
    etag = town().auditor_2.do("AuditService/ReviewCase", case_id=case, etag=etag, opinion="同意").etag
    fields = {"case_id": case, "etag": etag, "report_text": "应予整改"}
    refused(town().auditor_2.write("AuditService/ReportCase", **fields), PERMISSION_DENIED, "ROLE_FORBIDS")
    refused(town().audit_head.write("AuditService/ReportCase", withdrawn_finding_ids=["x"], **fields),
            INVALID_ARGUMENT, "BAD_FIELD")
    done = town().audit_head.do("AuditService/ReportCase", withdrawn_finding_ids=[findings[1]], **fields)
    equal((done.state, done.rectify_due_date, done.open_count), (pb.CASE_STATE_RECTIFYING, "2026-10-08", 2))
    refused(town().audit_head.write("AuditService/CloseCase", case_id=case, etag=done.etag),
            FAILED_PRECONDITION, "FINDINGS_OPEN", "L11")


def _the_units_rectify_and_the_auditor_verifies(case, findings):
    def etag(finding):
        return town().auditor.get("FindingService/GetFinding", finding_id=finding).finding.etag
    first, _, third = findings
    fields = {"finding_id": first, "etag": etag(first), "measures": "已补公告", "evidence": "公告链接"}
    approver = town().approver("203")
    refused(town().approver("208").write("FindingService/ReportRectification", **fields), NOT_FOUND,
            "NOT_FOUND")
    refused(approver.write("FindingService/ReportRectification", corrected_fen=120_000_01, **fields),
            INVALID_ARGUMENT, "BAD_FIELD")
    told = approver.do("FindingService/ReportRectification", corrected_fen=120_000_00, **fields)
    refused(town().auditor.write("FindingService/VerifyFinding", finding_id=first, etag=told.etag),
            INVALID_ARGUMENT, "OPINION_MISSING")
    again = town().auditor.do("FindingService/VerifyFinding", finding_id=first, etag=told.etag,
                              opinion="未附链接")
    equal(again.state, pb.FINDING_STATE_NOT_ACCEPTED)
    told = approver.do("FindingService/ReportRectification", **{**fields, "etag": again.etag})
    town().auditor.do("FindingService/VerifyFinding", finding_id=first, etag=told.etag, is_accepted=True)
    moved = town().audit_head.do("FindingService/TransferFinding", finding_id=third, etag=etag(third),
                                 transferred_to="纪检监察机关", reason="涉嫌违纪")
    equal(moved.state, pb.FINDING_STATE_TRANSFERRED)
    equal(show(case).audit_case.open_count, 0)


def _the_head_closes(case):
    done = town().audit_head.do("AuditService/CloseCase", case_id=case, etag=show(case).audit_case.etag)
    equal(done.state, pb.CASE_STATE_CLOSED)
    equal(len(show(case, town().clerk("203")).events), 0)
    expect(len(show(case).events) >= 15)
    closed = town().auditor.get("AuditService/ListCases", state=pb.CASE_STATE_CLOSED).cases
    equal([c.id for c in closed], [case])
    equal(len(town().auditor.get("FindingService/ListFindings", case_id=case).findings), 4)


@test
def an_inspection_is_the_second_reviewers_and_the_leaders():
    case = plan(town().reviewer_2, units=("203",), kind=pb.CASE_KIND_INSPECTION)
    equal(case.case_id, "JC2026-001")
    refused(town().auditor.write("AuditService/PlanCase", kind=pb.CASE_KIND_INSPECTION, unit_ids=["203"],
                                 title="x", head="x", year_from=2026, year_to=2026), PERMISSION_DENIED,
            "CASE_KIND")
    refused(town().auditor.read("AuditService/GetCase", case_id=case.case_id), NOT_FOUND, "NOT_FOUND")
    special = notify(case.case_id, case.etag, "2026-07-10", "2026-07-10", who=town().leader,
                     special_basis="群众举报")
    equal(special.code, OK, special.text)
    expect(special.message.is_special)
    refused(town().auditor.write("AuditService/StartFieldwork", case_id=case.case_id,
                                 etag=special.message.etag, members=["甲", "乙"]), PERMISSION_DENIED,
            "CASE_KIND")
    gone = town().leader.do("AuditService/CancelCase", case_id=case.case_id, etag=special.message.etag,
                            reason="重复检查")
    equal(gone.state, pb.CASE_STATE_CANCELLED)


@test
def a_replay_of_the_journal_gives_the_same_cases():
    town().stop()
    code, text = town().verify()
    town().start()
    equal(code, 0, text)


main()
