"""A rich city for tests of rights: two departments with objects in every state, one with none, audits.

    city = fixture(RichCity)
    city().all["contract"]["203"]     ids of department 203, by kind
"""
import datetime
import hashlib

from city import City, rows_of
from purser import pb

ENTERPRISE = "91450600MA57000107"
INSTITUTE = "12450600MA57051961"   # 公益一类: neither buys nor provides
BANNED = "91450600MA57059389"      # 2026-01-01 … 2028-12-31
LINE_FEN = 10_000_000_00
WHOLE = {"supplier_id": ENTERPRISE, "contract_no": "防采〔2027〕1号", "name": "校园安保服务合同",
         "start_date": "2027-03-01", "end_date": "2028-02-29", "content": "门卫值守", "quantity": "12 个月",
         "quality": "按投标文件", "price_basis": "总价", "settlement": pb.SETTLEMENT_KIND_PERIODIC,
         "rights_duties": "见第五条", "breach": "见第八条", "is_attested": True}
LONG = {"content_is_fixed": True, "need_is_lasting": True, "funding_is_stable": True, "price_is_stable": True,
        "long_term_basis": "连续三年列入中期规划"}
RICH, POOR = ("203", "208"), "204"
TODAY = "2027-06-10"


def days_after(day, count):
    return (datetime.date.fromisoformat(day) + datetime.timedelta(days=count)).isoformat()


class RichCity(City):
    """203 and 208 have objects in every state, 204 has none; today is 2027-06-10."""

    def __init__(self, **settings):
        super().__init__(**settings)
        self.all = {kind: {unit: [] for unit in RICH} for kind in
                    ("budget", "contract", "supplement", "duty", "hit", "notice", "round", "case",
                     "finding", "import")}
        self.line_of = {}  # of a contract or supplement
        drafts = [(unit, *self.draft_line(unit, LINE_FEN)) for unit in RICH for _ in range(4)]
        self.issued_lines(*drafts)
        self.free_line = {unit: [line for u, line, _ in drafts if u == unit] for unit in RICH}
        self.today(TODAY)
        self.operator.do("ViolationService/ImportViolations", rows=rows_of(pb.Violation, "violations.csv"))
        for unit in RICH:
            self._contracts(unit)
            self._lines(unit)
            self._notices(unit)
            self._imports(unit)
            self.all["round"][unit] = [f"{year}-{unit}-{r}" for year, r in ((2027, "U1"), (2027, "U2"),
                                                                            (2028, "U1"))]
            self.all["budget"][unit] += self.free_line[unit]
        self._audits()

    # --- contracts and what hangs on them ---

    def contract(self, unit, until="DRAFT", amount_fen=1_000_000_00, line=None, **other):
        """Takes a fresh contract to a state; returns (id, etag, line)."""
        line = line or self.free_line[unit][0]
        clerk, approver = self.clerk(unit), self.approver(unit)
        made = clerk.do("ContractService/CreateContract", line_id=line, amount_fen=amount_fen,
                        **{**WHOLE, **other})
        contract, etag = made.contract_id, made.etag
        self.line_of[contract] = line
        self.all["contract"][unit].append(contract)
        if until == "WITHDRAWN":
            etag = clerk.do("ContractService/WithdrawContract", contract_id=contract, etag=etag, line_id=line,
                            reason="改为其他方式").etag
        if until in ("DRAFT", "WITHDRAWN"):
            return contract, etag, line
        etag = clerk.do("ContractService/SubmitContract", contract_id=contract, etag=etag).etag
        if until == "DEPT_REVIEW":
            return contract, etag, line
        etag = approver.do("ContractService/SignContract", contract_id=contract, etag=etag, line_id=line,
                           signed_date=TODAY).etag
        self.all["duty"][unit] += [f"{contract}/PUBLISH", f"{contract}/FILE"]
        if until == "SIGNED":
            return contract, etag, line
        if until == "TERMINATED":
            etag = approver.do("ContractService/TerminateContract", contract_id=contract, etag=etag,
                               line_id=line, terminated_date=TODAY, reason="协商解除",
                               settlement_fen=10_00).etag
            return contract, etag, line
        etag = clerk.do("ContractService/StartContract", contract_id=contract, etag=etag).etag
        if until == "SUSPENDED":
            etag = approver.do("ContractService/SuspendContract", contract_id=contract, etag=etag,
                               reason="场地维修").etag
        return contract, etag, line

    def supplement(self, unit, contract, amount_fen=10_000_00, kind=pb.SUPPLEMENT_KIND_INCREASE, **other):
        made = self.clerk(unit).do("SupplementService/ProposeSupplement", contract_id=contract,
                                   line_id=self.line_of[contract], kind=kind, amount_fen=amount_fen,
                                   reason="新增一处校门", **other)
        self.all["supplement"][unit].append(made.supplement_id)
        self.line_of[made.supplement_id] = self.line_of[contract]
        return made.supplement_id, made.etag

    def _contracts(self, unit):
        for state in ("DRAFT", "WITHDRAWN", "DEPT_REVIEW", "SIGNED", "TERMINATED", "SUSPENDED"):
            self.contract(unit, state)
        contract, etag, line = self.contract(unit, "PERFORMING")
        clerk, approver = self.clerk(unit), self.approver(unit)
        etag = clerk.do("ContractService/PublishContract", contract_id=contract, etag=etag,
                        published_date=TODAY, medium="中国政府采购网").etag
        clerk.do("ContractService/FileContract", contract_id=contract, etag=etag)
        signed, version = self.supplement(unit, contract)
        approver.do("SupplementService/SignSupplement", supplement_id=signed, etag=version, line_id=line,
                    signed_date=TODAY)
        returned, version = self.supplement(unit, contract)
        approver.do("SupplementService/ReturnSupplement", supplement_id=returned, etag=version, line_id=line,
                    opinion="先核实")
        dropped, version = self.supplement(unit, contract)
        clerk.do("SupplementService/WithdrawSupplement", supplement_id=dropped, etag=version, line_id=line)
        self.supplement(unit, contract)

    # --- lines of the next year, one for each state ---

    def line_2028(self, unit, until, **other):
        """Takes a fresh line of 2028 to a state of the first round; returns (id, etag)."""
        clerk, approver = self.clerk(unit), self.approver(unit)
        first, second = self.reviewer_1, self.reviewer_2
        if until == "REFUSED":  # what is refused does not come back, so it is another matter
            other = {"content": "看台扩建", **other}
        line, etag = self.draft_line(unit, LINE_FEN, year=2028, **other)
        self.all["budget"][unit].append(line)

        def step(who, verb, **fields):
            nonlocal etag
            etag = who.do(f"BudgetService/{verb}", budget_id=line, etag=etag, **fields).etag

        if until == "WITHDRAWN":
            step(clerk, "WithdrawBudget", opinion="不再需要")
        if until in ("DRAFT", "WITHDRAWN"):
            return line, etag
        step(clerk, "SubmitBudget")
        if until == "DEPT_REVIEW":
            return line, etag
        step(approver, "ApproveBudget")
        if until == "UP1":
            return line, etag
        step(first, "TakeBudget")
        if until == "FIN1":
            return line, etag
        if until == "RETURNED":
            step(first, "ReturnBudget", opinion="补充次数", due_date=days_after(TODAY, 20))
            return line, etag
        self._settle_hits(unit, line, 2028)
        step(first, "ReviewBudget", opinion="已核")
        if until == "REFUSED":
            step(second, "DecideBudget", decision=pb.REVIEW_DECISION_REFUSE, opinion="工程项目",
                 legal_basis="N1")
        if until == "CONTROL":
            step(second, "DecideBudget", decision=pb.REVIEW_DECISION_AGREE)
        return line, etag

    def _lines(self, unit):
        for state in ("DRAFT", "WITHDRAWN", "UP1", "FIN1", "RETURNED", "FIN2", "REFUSED", "CONTROL"):
            self.line_2028(unit, state)
        for _ in range(2):  # with hits: open, answered
            self.line_2028(unit, "DEPT_REVIEW", content="看台改建施工", economic_code="30226")
        hits = self.reviewer_1.get("ScreeningService/ListHits", year=2028, unit_id=unit, page_size=1000).hits
        self.all["hit"][unit] = [h.id for h in hits]
        first = next(h for h in hits if h.state == pb.HIT_STATE_OPEN)
        self.clerk(unit).do("ScreeningService/AnswerHit", hit_id=first.id, etag=first.etag,
                            disposition=pb.DISPOSITION_FALSE_ALARM, answer="内容为服务")

    def _notices(self, unit):
        first = self.reviewer_1
        made = [first.do("ScreeningService/RaiseNotice", year=2028, unit_id=unit, project_code="P-1",
                         notice="该项目应当纳入", due_date=days_after(TODAY, 30)) for _ in range(2)]
        self.clerk(unit).do("ScreeningService/AnswerNotice", notice_id=made[0].id, etag=made[0].etag,
                            disposition=pb.DISPOSITION_INCLUDE)
        self.all["notice"][unit] = [n.id for n in made]

    def _imports(self, unit):
        """One that was committed, and one that waits."""
        who, rows = self.clerk(unit), [pb.BudgetRow(
            project_code=f"450600-28-{unit}-{n}", name="活动服务", content="组织", catalogue_code="A0291",
            requested_fen=100_00, fund_source=pb.FUND_SOURCE_OWN) for n in range(3)]
        digest = bytes(32)
        for row in rows:
            digest = hashlib.sha256(digest + row.SerializeToString(deterministic=True)).digest()
        for is_committed in (True, False):
            made = who.do("BudgetImportService/OpenImport", year=2028).import_id
            who.do("BudgetImportService/AppendRows", import_id=made, year=2028, first_row=1, rows=rows)
            self.all["import"][unit].append(made)
            if is_committed:
                units = who.do("BudgetImportService/CommitImport", import_id=made, row_count=len(rows),
                               digest=digest).units
                self.all["budget"][unit].append(units[0].first_id)

    # --- audits: planned, noticed, in the field, consulting, rectifying ---

    def case(self, *units, until="PLANNED"):
        """Takes a fresh case to a state; in the field it has a finding on each unit. Returns (id, etag)."""
        auditor = self.auditor
        begun = datetime.date.fromisoformat(TODAY)
        plan = auditor.do("AuditService/PlanCase", kind=pb.CASE_KIND_AUDIT, unit_ids=units, title="专项审计",
                          year_from=2027, year_to=2027, head="审计甲")
        case, etag = plan.case_id, plan.etag
        for unit in units:
            self.all["case"][unit].append(case)
        if until == "PLANNED":
            return case, etag
        etag = auditor.do("AuditService/NotifyCase", case_id=case, etag=etag,
                          notice_date=days_after(begun.isoformat(), -10), start_date=TODAY).etag
        if until == "NOTIFIED":
            return case, etag
        etag = auditor.do("AuditService/StartFieldwork", case_id=case, etag=etag, members=["甲", "乙"]).etag
        for unit in units:
            made = auditor.do("FindingService/AddFinding", case_id=case, unit_id=unit, violation_code="V13",
                              amount_fen=1000_00, facts="合同未公告", evidence="台账第 3 页",
                              line_id=self.free_line[unit][0])
            self.all["finding"][unit].append(made.finding_id)
        etag = auditor.get("AuditService/GetCase", case_id=case).audit_case.etag
        if until == "FIELDWORK":
            return case, etag
        etag = auditor.do("AuditService/ConsultCase", case_id=case, etag=etag, opinion="请反馈").etag
        if until == "CONSULT":
            return case, etag
        for unit in units:
            etag = self.approver(unit).do("AuditService/ReplyCase", case_id=case, etag=etag, does_agree=True,
                                          reply_text="无异议").etag
        etag = self.auditor_2.do("AuditService/ReviewCase", case_id=case, etag=etag, opinion="属实").etag
        etag = self.audit_head.do("AuditService/ReportCase", case_id=case, etag=etag,
                                  report_text="限期整改").etag
        return case, etag

    def _audits(self):
        for state in ("PLANNED", "NOTIFIED", "FIELDWORK", "CONSULT", "RECTIFYING"):
            for unit in RICH:
                self.case(unit, until=state)
        self.case(*RICH, until="RECTIFYING")
