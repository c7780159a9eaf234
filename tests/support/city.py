"""A whole city for tests: a server with its own clock, reference data, people by role, issued budget lines.

    city = fixture(lambda: City())
    line = city().issued_line("203", 1_000_000_00)
    answer = city().clerk("203").write("ContractService/CreateContract", line_id=line, …)
"""
import csv
import os
import time

from purser import ROOT, pb
from server import Server

REFERENCE = os.path.join(ROOT, "server", "reference")


def _value(field, text):
    """A CSV cell for a field of that type; amounts in yuan become fen, enums go by short name."""
    if field.enum_type and not text:
        return 0
    if field.enum_type:
        names = {v.name: v.number for v in field.enum_type.values}
        return next(n for name, n in names.items() if name == text or name.endswith("_" + text))
    if field.type == field.TYPE_BOOL:
        return text.lower() in ("true", "yes", "1", "是")
    return int(text or 0) if field.cpp_type in (field.CPPTYPE_INT64, field.CPPTYPE_INT32) else text


def rows_of(kind, name):
    """The rows of a reference file as messages of a kind; header words are field names."""
    with open(os.path.join(REFERENCE, name), encoding="utf-8-sig", newline="") as f:
        for record in csv.DictReader(f):
            row = kind()
            for word, text in record.items():
                field = kind.DESCRIPTOR.fields_by_name[word]
                setattr(row, word, _value(field, text))
            yield row


class City(Server):
    """Founded, with reference data loaded and confirmed; people are made at their first use."""

    def __init__(self, day="2026-06-22", **settings):
        super().__init__(starts=False)
        self.settings = {"clock": os.path.join(self.folder, "clock"), **settings}
        self.today(day)
        self.start()
        self._by_role = {}
        self._years = set()
        self._load()

    def today(self, day, hour=9):
        """Sets the city's clock (UTC+8); it never runs backwards in the journal."""
        with open(os.path.join(self.folder, "clock.new"), "w", encoding="ascii") as f:
            f.write(f"{day}T{hour:02}:00:00\n")
        os.rename(os.path.join(self.folder, "clock.new"), os.path.join(self.folder, "clock"))

    def _load(self):
        operator, leader = self.operator, self.leader
        operator.do("UnitService/ImportDivisions", rows=rows_of(pb.Division, "divisions.csv"))
        operator.do("UnitService/ImportUnits", rows=rows_of(pb.UnitRow, "units.csv"))
        for method, kind, name in (
            ("ImportRuleValues", pb.RuleValueRow, "rule_values.csv"),
            ("ImportTypeRules", pb.TypeRuleRow, "type_rules.csv"),
        ):
            proposed = operator.do(f"PolicyService/{method}", rows=rows_of(kind, name))
            leader.do("PolicyService/ConfirmProposal", proposal_id=proposed.proposal_id, etag=proposed.etag)
        operator.do("PolicyService/ImportCalendar", rows=rows_of(pb.CalendarDay, "calendar.csv"))
        made = operator.do(
            "CatalogueService/ImportCatalogue",
            version_id="CN-2020",
            title="目录",
            basis="2020",
            catalogue_kind=pb.CATALOGUE_KIND_CITY,
            valid_from_date="2020-01-01",
            rows=rows_of(pb.CatalogueRow, "catalogue.csv"),
        )
        opened = operator.do("CatalogueService/OpenConsultation", version_id="CN-2020", etag=made.etag)
        approved = leader.do(
            "CatalogueService/ApproveCatalogue", version_id="CN-2020", etag=opened.etag, opinion="同意"
        )
        leader.do("CatalogueService/PublishCatalogue", version_id="CN-2020", etag=approved.etag)
        listed = operator.do(
            "CatalogueService/ImportNegatives",
            valid_from_date="2015-01-01",
            rows=rows_of(pb.NegativeRow, "negatives.csv"),
        )
        leader.do("CatalogueService/ConfirmNegatives", list_id=listed.list_id, etag=listed.etag)
        self.registrar.do("SupplierService/ImportSuppliers", rows=rows_of(pb.SupplierRow, "suppliers.csv"))

    # --- people ---

    def person(self, name, unit_id, *roles):
        """The one of that name; made when there is none."""
        if name not in self._by_role:
            self._by_role[name] = self.add(name, unit_id, *roles)
        return self._by_role[name]

    def clerk(self, unit_id):
        return self.person(f"经办{unit_id}", unit_id, pb.ROLE_CLERK)

    def approver(self, unit_id):
        return self.person(f"负责人{unit_id}", unit_id, pb.ROLE_APPROVER)

    @property
    def reviewer_1(self):
        return self.person("初审", "210", pb.ROLE_REVIEWER_1)

    @property
    def reviewer_2(self):
        return self.person("复审", "210", pb.ROLE_REVIEWER_2)

    @property
    def registrar(self):
        return self.person("登记", "210", pb.ROLE_REGISTRAR)

    @property
    def auditor(self):
        return self.person("审计甲", "223", pb.ROLE_AUDITOR)

    @property
    def auditor_2(self):
        return self.person("审计乙", "223", pb.ROLE_AUDITOR)

    @property
    def audit_head(self):
        return self.person("审计负责人", "223", pb.ROLE_AUDIT_HEAD)

    # --- budgets ---

    def open_cycle(self, year=2027):
        """Opens the year's cycle once, with wide windows in the year before."""
        if year in self._years:
            return
        self._years.add(year)
        before = year - 1
        steps = [
            (pb.CYCLE_STEP_U1, f"{before}-06-01", f"{before}-09-15"),
            (pb.CYCLE_STEP_F1, f"{before}-06-01", f"{before}-10-20"),
            (pb.CYCLE_STEP_D1, f"{before}-06-01", f"{before}-10-31"),
            (pb.CYCLE_STEP_U2, f"{before}-06-01", f"{before}-11-25"),
            (pb.CYCLE_STEP_F2, f"{before}-06-01", f"{before}-12-31"),
            (pb.CYCLE_STEP_D2, f"{before}-06-01", f"{year}-02-28"),
        ]
        self.reviewer_1.do(
            "CycleService/OpenCycle",
            year=year,
            catalogue_version="CN-2020",
            steps=[pb.StepRow(step=s, open_date=o, due_date=d) for s, o, d in steps],
        )

    def draft_line(self, unit_id, amount_fen, year=2027, **other):
        """A drafted budget line; other: fields of CreateBudgetRequest. Returns (id, etag)."""
        self.open_cycle(year)
        fields = {
            "name": "校园安保服务",
            "content": "门卫值守",
            "catalogue_code": "A0291",
            "function_code": "2050202",
            "economic_code": "30227",
            "quantity": "12 个月",
            "provider_type": "410",
            "project_code": f"P{time.time_ns()}",
            "method": pb.PURCHASE_METHOD_OPEN_TENDER,
            "start_date": f"{year}-03-01",
            "end_date": f"{year}-12-31",
            "basis": "部门职责",
            **other,
        }
        made = self.clerk(unit_id).do(
            "BudgetService/CreateBudget",
            pb.CreateBudgetRequest(
                year=year,
                unit_id=unit_id,
                requested_fen=amount_fen,
                unit_price_fen=amount_fen,
                fund_sources=[pb.FundShare(source=pb.FUND_SOURCE_GENERAL, amount_fen=amount_fen)],
                **fields,
            ),
        )
        return made.id, made.etag

    def _settle_hits(self, unit_id, line, year):
        hits = self.reviewer_1.get("ScreeningService/ListHits", year=year, page_size=1000).hits
        for hit in hits:
            if hit.budget_id == line and hit.state == pb.HIT_STATE_OPEN:
                answered = self.clerk(unit_id).do(
                    "ScreeningService/AnswerHit",
                    hit_id=hit.id,
                    etag=hit.etag,
                    disposition=pb.DISPOSITION_FALSE_ALARM,
                    answer="内容为服务",
                )
                self.reviewer_1.do(
                    "ScreeningService/ConfirmHit", hit_id=hit.id, etag=answered.etag, opinion="已核"
                )

    def _send_up(self, unit_id, line, etag):
        etag = self.clerk(unit_id).do("BudgetService/SubmitBudget", budget_id=line, etag=etag).etag
        etag = self.approver(unit_id).do("BudgetService/ApproveBudget", budget_id=line, etag=etag).etag
        return self.reviewer_1.do("BudgetService/TakeBudget", budget_id=line, etag=etag).etag

    def issued_lines(self, *lines, year=2027):
        """Takes drafts (unit_id, id, etag) of one year through both rounds to ISSUED; then it is over."""
        for unit_id, line, etag in lines:
            etag = self._send_up(unit_id, line, etag)
            self._settle_hits(unit_id, line, year)
            etag = self.reviewer_1.do(
                "BudgetService/ReviewBudget", budget_id=line, etag=etag, opinion="已核"
            ).etag
            amount = self.reviewer_1.get("BudgetService/GetBudget", budget_id=line).budget.requested_fen
            self.reviewer_2.do(
                "BudgetService/DecideBudget",
                budget_id=line,
                etag=etag,
                decision=pb.REVIEW_DECISION_AGREE,
                control_fen=amount,
            )
        cycle = self.leader.get("CycleService/GetCycle", year=year).cycle
        etag = self.leader.do("CycleService/PublishControls", year=year, etag=cycle.etag).etag
        for unit_id, line, _ in lines:
            version = self.reviewer_1.get("BudgetService/GetBudget", budget_id=line).budget.etag
            version = self._send_up(unit_id, line, version)
            self.reviewer_2.do("BudgetService/CompileBudget", budget_id=line, etag=version, opinion="汇入")
        self.today(f"{year}-02-01")
        etag = self.operator.do(
            "CycleService/RecordCongress",
            year=year,
            etag=etag,
            congress_date=f"{year}-01-20",
            congress_document="防人大〔2027〕1号",
        ).etag
        etag = self.leader.do("CycleService/ConfirmCongress", year=year, etag=etag).etag
        self.leader.do("CycleService/IssueBudget", year=year, etag=etag)

    def issued_line(self, unit_id, amount_fen, year=2027, **other):
        """One issued line; only once for a year (use issued_lines for several)."""
        line, etag = self.draft_line(unit_id, amount_fen, year, **other)
        self.issued_lines((unit_id, line, etag), year=year)
        return line
