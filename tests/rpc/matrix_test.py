#!/usr/bin/python3
"""Every method of `purserd matrix` × every role × relation, over the wire.

Who is not named is refused, and what belongs to others cannot be told from what does not exist. Driven by
descriptors: a new method needs no new line.
"""
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))

from generic import broken_lines, filled, is_repeated, matrix, messages_of  # noqa: E402
from harness import equal, expect, fixture, main, test  # noqa: E402
from purser import OK, pb  # noqa: E402
from rich import POOR, RICH, RichCity  # noqa: E402

OFFICES = {"REVIEWER_1": "210", "REVIEWER_2": "210", "LEADER": "210", "OPERATOR": "210", "REGISTRAR": "210",
           "CIVIL_AFFAIRS": "208", "STAFFING": "107", "AUDITOR": "223", "AUDIT_HEAD": "223"}
ROLES = ["CLERK", "APPROVER", *OFFICES]
DEPARTMENTS = {"CLERK", "APPROVER"}
# What these services tell is nobody's own: units, rules, lists, suppliers, hashes, the calendar.
OPEN_SERVICES = {"UnitService", "PolicyService", "CatalogueService", "SupplierService", "ViolationService",
                 "JournalService", "CycleService", "HealthService", "ServerService", "SessionService"}
# Which objects a field of that name may mean; any other id field is tried with all of them.
KINDS = {"budget_id": ["budget"], "line_id": ["budget"], "contract_id": ["contract"],
         "supplement_id": ["supplement"], "duty_id": ["duty"], "hit_id": ["hit"], "notice_id": ["notice"],
         "round_id": ["round"], "case_id": ["case"], "finding_id": ["finding"], "unit_id": ["unit"],
         "person_id": ["person"], "import_id": ["import"], "supplier_id": []}


class Town(RichCity):
    """With one person for each role alone, and people who wear two hats."""

    def __init__(self):
        super().__init__()
        self.rows = matrix()
        self.strange = {unit: [self.one("CLERK", unit), self.one("APPROVER", unit)]
                        for unit in (POOR, *RICH, "203901")}
        self.hats = [self.hat("208", "CIVIL_AFFAIRS"), self.hat("223", "AUDITOR", "AUDIT_HEAD"),
                     self.hat("107", "STAFFING"), self.hat("210", "REVIEWER_1", "LEADER"),
                     self.hat("210", "REVIEWER_2", "REGISTRAR")]
        self.all["person"] = {unit: [p.who.person_id for p in self.strange[unit]] for unit in RICH}
        self.all["unit"] = {unit: [unit] for unit in RICH}
        self.etags = {}
        for who in (self.reviewer_1, self.auditor):
            self._learn_etags(who)

    def one(self, role, unit=None):
        """Somebody with that role and no other."""
        unit = unit or OFFICES.get(role, POOR)
        if role == "OPERATOR":
            return self.operator
        if role == "LEADER":
            return self.leader
        return self.person(f"{role}-{unit}", unit, getattr(pb, f"ROLE_{role}"))

    def hat(self, unit, *offices):
        """Clerk, approver and holder of offices in one: (roles, Client)."""
        roles = {"CLERK", "APPROVER", *offices}
        return roles, self.person("+".join(sorted(roles)) + unit, unit,
                                  *(getattr(pb, f"ROLE_{r}") for r in roles))

    def _learn_etags(self, who):
        for row in self.rows:
            if row.is_write or row.service in OPEN_SERVICES or not row.is_list:
                continue
            for year in (0, 2027, 2028):
                request = row.request(page_size=1000)
                if year and "year" in row.request.DESCRIPTOR.fields_by_name:
                    request.year = year
                answer = who.read(row.path, request)
                for message in messages_of(answer.message) if answer.code == OK else ():
                    names = [f.name for f, _ in message.ListFields()]
                    if "etag" in names and not is_repeated(message.DESCRIPTOR.fields[0]):
                        self.etags[getattr(message, message.DESCRIPTOR.fields[0].name)] = message.etag

    def own(self, unit, field):
        """Ids of that unit which such a field may hold."""
        kinds = KINDS.get(field, list(self.all))
        return [i for kind in kinds for i in self.all[kind][unit]]

    def foreign(self, unit, field):
        """Ids of the other rich unit alone."""
        other = RICH[1] if unit == RICH[0] else RICH[0]
        mine = set(self.own(unit, field)) if unit in RICH else set()
        return [i for i in self.own(other, field) if i not in mine]


town = fixture(Town)


def fake(name):
    """An id of the same shape that nothing has."""
    return re.sub(r"\d(\d*)(?=\D*$)", r"9\1", name, count=1)


def ask(who, row, request, validate_only=True):
    if row.is_write:
        return who.write(row.path, request, validate_only=validate_only)
    return who.read(row.path, request)


def told(answer, name, instead):
    """Everything an answer tells, byte for byte, with one id in place of another of the same length."""
    reply = answer.reply
    return (reply.status.SerializeToString(deterministic=True).replace(name.encode(), instead.encode()),
            reply.body.replace(name.encode(), instead.encode()))


# --- role × method ---

@test
def a_role_that_is_not_in_the_row_is_refused_and_one_that_is_gets_in():
    wrong = []
    for row in town().rows:
        for role in ROLES:
            may = role in row.roles
            answer = ask(town().one(role), row, filled(row.request), validate_only=may)
            at_the_door = answer.reason == "ROLE_FORBIDS" and answer.problems[0].field == "method"
            if may == at_the_door or (at_the_door and answer.code != pb.PERMISSION_DENIED):
                wrong.append((row.path, role, answer.code, answer.reason))
            if at_the_door:
                named = set(re.findall(r"[A-Z][A-Z_0-9]+", answer.problems[0].passes))
                equal(named, row.roles, row.path, answer.problems[0])
    equal(wrong, [])


@test
def an_operator_has_no_say_in_business():
    business = {"BudgetService", "BudgetImportService", "RoundService", "ContractService",
                "SupplementService", "DutyService", "AuditService", "FindingService"}
    wrong = [r.path for r in town().rows if r.is_write and "OPERATOR" in r.roles and r.service in business]
    equal(wrong, [])
    confirms = [r.path for r in town().rows
                if "OPERATOR" in r.roles and re.search(r"/(Confirm|Approve)", r.path)]
    equal(confirms, [])


# --- what belongs to others cannot be told from what does not exist ---

def departmental(row):
    return row.roles & DEPARTMENTS and row.service not in OPEN_SERVICES


def strangers():
    """(unit, Client): of no relation, of another department, of a subordinate unit."""
    for unit in (POOR, "208", "203", "203901"):
        for role, who in zip(("CLERK", "APPROVER"), town().strange[unit]):
            yield unit, role, who


@test
def another_departments_object_is_answered_like_none():
    wrong, count = [], 0
    for row in filter(departmental, town().rows):
        for unit, role, who in strangers():
            if role not in row.roles:
                continue
            for field in row.ids[:1]:
                for name in town().foreign("208" if unit == POOR else unit[:3], field):
                    count += 1
                    real = ask(who, row, filled(row.request, **{field: name}))
                    none = ask(who, row, filled(row.request, **{field: fake(name)}))
                    is_hidden = real.code == pb.NOT_FOUND or (row.is_list and not real.reply.body)
                    if told(real, name, fake(name)) != told(none, "", "") or not (is_hidden or row.is_list):
                        wrong.append((row.path, unit, role, name, real.code, real.text, none.code, none.text))
    expect(count > 1000, count)
    equal(wrong[:5], [])


@test
def a_department_does_not_see_what_belongs_to_its_parent():
    clerk = town().strange["203901"][0]
    for name in town().own("203", "budget_id"):
        equal(clerk.read("BudgetService/GetBudget", budget_id=name).code, pb.NOT_FOUND)
    equal(len(clerk.get("ContractService/ListContracts").contracts), 0)


@test
def a_reference_to_anothers_object_is_answered_like_one_to_none():
    wrong, count = [], 0
    for row in filter(departmental, town().rows):
        for unit, role, who in strangers():
            if role not in row.roles or unit not in RICH or len(row.ids) < 2:
                continue
            for mine in town().own(unit, row.ids[0]):
                own = {row.ids[0]: mine, "etag": town().etags.get(mine, "1")}
                if "line_id" in row.ids[1:]:
                    own["line_id"] = town().line_of.get(mine, "x")
                for field in row.ids[1:]:
                    for name in town().foreign(unit, field)[:4]:
                        count += 1
                        real = ask(who, row, filled(row.request, **{**own, field: name}))
                        none = ask(who, row, filled(row.request, **{**own, field: fake(name)}))
                        if told(real, name, fake(name)) != told(none, "", "") or \
                                (real.code == OK and row.is_write):
                            wrong.append((row.path, unit, role, mine, name, real.code, real.text, none.text))
    expect(count > 50, count)
    equal(wrong[:5], [])


@test
def a_second_hat_does_not_open_other_departments():
    """Whoever sees all by an office still acts as a clerk or approver for his own unit alone."""
    wrong, seen = [], {}
    for row in filter(departmental, town().rows):
        if not row.is_write or not row.ids:
            continue
        for roles, who in town().hats:
            if not row.roles & roles or not row.roles & roles <= DEPARTMENTS:
                continue
            seen.setdefault(row.path, 0)
            for name in [*town().own("203", row.ids[0]), f"2028-{POOR}-U1"]:
                given = {row.ids[0]: name, "etag": town().etags.get(name, "1"), "unit_id": "203",
                         "line_id": town().line_of.get(name, name), "year": 2028}
                answer = ask(who, row, filled(row.request, **given))
                is_refused = answer.code in (pb.NOT_FOUND, pb.PERMISSION_DENIED)
                seen[row.path] += is_refused
                if not is_refused and answer.reason not in ("STATE_FORBIDS", "ETAG_STALE"):
                    wrong.append((row.path, sorted(roles), name, answer.code, answer.reason, answer.text))
    equal(wrong[:8], [])
    equal([path for path, count in seen.items() if not count], [], "never refused for the unit")


# --- lists ---

def texts_of(message):
    for inner in messages_of(message):
        for field, value in inner.ListFields():
            if field.type == field.TYPE_STRING:
                for text in value if is_repeated(field) else [value]:
                    yield field.name, text


@test
def a_list_shows_nothing_of_another_department_whatever_is_asked():
    wrong = []
    for row in filter(departmental, town().rows):
        if row.is_write:
            continue
        names = [f.name for f in row.request.DESCRIPTOR.fields]
        for unit, _, who in strangers():
            other = "208" if unit[:3] == "203" else "203"
            requests = [{}] + [{"year": y} for y in (2027, 2028) if "year" in names]
            requests += [{**r, "unit_id": other} for r in requests if "unit_id" in names]
            for given in requests:
                request = row.request(**given)
                if row.is_list:
                    request.page_size = 1000
                answer = who.read(row.path, request)
                for field, text in texts_of(answer.message) if answer.code == OK else ():
                    if field == "unit_id" and not text.startswith(unit) and row.service != "ReportService":
                        wrong.append((row.path, unit, given, field, text))
                if row.is_list and given.get("unit_id") and answer.code == OK:
                    expect(not answer.reply.body, row.path, unit, given)
    equal(wrong[:5], [])


@test
def no_read_of_a_stranger_mentions_an_object_of_another():
    hidden = {i for kind in ("budget", "contract", "supplement", "duty", "hit", "notice", "finding")
              for i in town().all[kind]["203"]}
    for row in filter(departmental, town().rows):
        if row.is_write:
            continue
        for who in (*town().strange[POOR], *town().strange["208"]):
            for year in (0, 2027, 2028):
                request = row.request()
                if "year" in row.request.DESCRIPTOR.fields_by_name:
                    request.year = year
                answer = who.read(row.path, request)
                if answer.code == OK:
                    equal(hidden & {text for _, text in texts_of(answer.message)}, set(), row.path)


@test
def the_page_token_of_another_caller_is_not_taken():
    count = 0
    for row in filter(departmental, town().rows):
        if not row.is_list:
            continue
        for year in (0, 2027, 2028):
            request = row.request(page_size=1)
            if year and "year" in row.request.DESCRIPTOR.fields_by_name:
                request.year = year
            for giver in (town().reviewer_1, town().strange["203"][0]):
                page = giver.read(row.path, request)
                if page.code != OK or not page.message.next_page_token:
                    continue
                taken = row.request()
                taken.CopyFrom(request)
                taken.page_token = page.message.next_page_token
                equal(giver.read(row.path, taken).code, OK, row.path)
                for who in (town().strange["208"][0], town().strange[POOR][1]):
                    count += 1
                    equal(who.read(row.path, taken).reason, "PAGE_TOKEN_BAD", row.path)
    expect(count >= 20, count)


# --- audit: nobody knows of a case before its notice, of a finding before the consultation ---

def case_in(state):
    found = [c.id for c in town().auditor.get("AuditService/ListCases", state=state, unit_id="203").cases]
    return found[0]


@test
def a_planned_case_and_an_unconsulted_finding_are_answered_like_none():
    planned, field = case_in(pb.CASE_STATE_PLANNED), case_in(pb.CASE_STATE_FIELDWORK)
    finding = [f for f in town().all["finding"]["203"] if f.startswith(field)][0]
    people = [*town().strange["203"], town().reviewer_1, town().reviewer_2, town().leader, town().operator,
              town().one("CIVIL_AFFAIRS"), town().hats[0][1], town().hats[4][1]]
    for row in town().rows:
        for name, wanted in ((planned, "case_id"), (finding, "finding_id")):
            if wanted not in row.ids:
                continue
            for who in people:
                for etag in ("1", town().etags.get(name, "1")):
                    given = {"unit_id": "203", "etag": etag}
                    real = ask(who, row, filled(row.request, **{**given, wanted: name}))
                    none = ask(who, row, filled(row.request, **{**given, wanted: fake(name)}))
                    equal(told(real, name, fake(name)), told(none, "", ""), row.path, name, real.text)
    for who in people:
        listed = who.get("AuditService/ListCases", page_size=1000).cases
        expect(planned not in [c.id for c in listed])
        found = who.get("FindingService/ListFindings", page_size=1000).findings
        expect(finding not in [f.id for f in found])
        equal(len(who.get("AuditService/GetCase", case_id=field).findings)
              if field in [c.id for c in listed] else 0, 0)


@test
def a_department_cannot_count_the_findings_that_it_may_not_see():
    field = case_in(pb.CASE_STATE_FIELDWORK)
    clerk = town().strange["203"][0]
    before = clerk.read("AuditService/GetCase", case_id=field).reply.body
    made = town().auditor.do("FindingService/AddFinding", case_id=field, unit_id="203", violation_code="V14",
                             amount_fen=1, facts="未备案", evidence="台账")
    town().all["finding"]["203"].append(made.finding_id)
    equal(clerk.read("AuditService/GetCase", case_id=field).reply.body, before)


@test
def the_feed_tells_a_department_nothing_of_others_but_hashes():
    theirs = {unit: town().strange[unit][0] for unit in (POOR, "208")}
    for unit, who in theirs.items():
        entries = who.get("JournalService/ListEntries", page_size=1000).entries
        expect(len(entries) > 200, len(entries))
        for entry in entries:
            if entry.entry:
                continue
            expect(not entry.person_id and not entry.method and len(entry.leaf_hash) == 32, unit, entry)
        for entry in entries:
            for hidden in town().all["contract"]["203"] + town().all["budget"]["203"]:
                expect(hidden.encode() not in entry.entry, unit, hidden)


@test
def after_all_of_it_the_journal_replays_and_nothing_broke_inside():
    town().stop()
    code, text = town().verify()
    equal(code, 0, text)
    equal(broken_lines(town().log()), [])
    town().start()


main()
