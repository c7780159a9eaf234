#!/usr/bin/python3
"""Every field of every method with what does not belong there, driven by descriptors.

Amounts at the edges, days that are none, text that confuses, values that no enum has, none and 501 rows: each
is taken or refused in a whole sentence, and nothing breaks inside.
"""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))

from generic import broken_lines, filled, is_repeated, matrix, unreadable  # noqa: E402
from harness import equal, expect, fixture, main, test  # noqa: E402
from purser import OK, Connection, pb  # noqa: E402
from rich import ENTERPRISE, RichCity  # noqa: E402

CAP_FEN = 10 ** 15  # the largest amount of any field
problems = []       # all that were seen, for the test that reads them

town = fixture(RichCity)

TEXTS = ["", " ", "长" * 2000, "长" * 2001, "a" * 10 ** 6, "a\0b", "a\u202eb", "e\u0301", "\ue000", "a\x1bb",
         "%s%n{what}[x]", "'; DROP TABLE contract; --", "\\", "-1", "9" * 20]
DATES = ["0001-01-01", "9999-12-31", "2027-02-30", "yesterday", "", "2028-02-29"]
NUMBERS = [-1, 0, CAP_FEN, CAP_FEN + 1, 2 ** 63 - 1, -2 ** 63]
GOOD = {"supplier_id": ENTERPRISE, "catalogue_code": "A0291", "function_code": "2050202", "unit_id": "203",
        "economic_code": "30227", "provider_type": "410", "project_code": "P-9", "violation_code": "V13",
        "catalogue_version": "CN-2020", "legal_basis": "N1", "division": "450600", "type": "110",
        "supplier_type": "410", "new_end_date": "2028-02-01", "start_date": "2027-03-01",
        "end_date": "2028-02-29", "amount_fen": 1, "settlement_fen": 0}
# These would end the people or the city that the others need.
SPARED = ("RevokeKey", "RotateKey", "SuspendPerson", "RevokeRole", "CloseUnit", "ImportUnits",
          "RecordCongress", "PublishControls", "ImportCalendar")
BROKEN = (pb.INTERNAL, pb.UNKNOWN, pb.DATA_LOSS, pb.UNAVAILABLE, pb.DEADLINE_EXCEEDED)


def hostile_values(field):
    if field.type == field.TYPE_ENUM:
        return [99, -1, 0]
    if field.type == field.TYPE_BYTES:
        return [b"", b"\0", bytes(31), b"\xff" * 32]
    if field.type == field.TYPE_STRING:
        return DATES if field.name.endswith("_date") else TEXTS
    return NUMBERS if field.type == field.TYPE_INT64 else []


def variations(request):
    """The request with one hostile value, or number of rows, at a time."""
    for field in request.DESCRIPTOR.fields:
        def fresh():
            copy = type(request)()
            copy.CopyFrom(request)
            return copy
        if field.type == field.TYPE_MESSAGE:
            for inner in field.message_type.fields:
                for value in hostile_values(inner) if not is_repeated(inner) else ():
                    copy = fresh()
                    at = getattr(copy, field.name)
                    if is_repeated(field) and not at:
                        at.add()
                    setattr(at[0] if is_repeated(field) else at, inner.name, value)
                    yield f"{field.name}.{inner.name}", value, copy
        for value in hostile_values(field):
            copy = fresh()
            if is_repeated(field):
                del getattr(copy, field.name)[:]
                getattr(copy, field.name).extend([value] * 2)
            else:
                setattr(copy, field.name, value)
            yield field.name, value, copy
        if is_repeated(field):
            for count in (0, 501):
                copy = fresh()
                if not getattr(copy, field.name):
                    getattr(copy, field.name).add()
                rows = list(getattr(copy, field.name))[:1] * count
                del getattr(copy, field.name)[:]
                getattr(copy, field.name).extend(rows)
                yield field.name, f"{count} rows", copy


def whose(row):
    roles = [r for r in ("CLERK", "APPROVER", "REVIEWER_1", "REVIEWER_2", "OPERATOR", "LEADER", "REGISTRAR",
                         "AUDITOR", "AUDIT_HEAD") if r in row.roles]
    t = town()
    people = {"CLERK": t.clerk("203"), "APPROVER": t.approver("203"), "REVIEWER_1": t.reviewer_1,
              "REVIEWER_2": t.reviewer_2, "OPERATOR": t.operator, "LEADER": t.leader,
              "REGISTRAR": t.registrar, "AUDITOR": t.auditor, "AUDIT_HEAD": t.audit_head}
    return people[roles[0]] if roles else None


def etag_of(field, name):
    """The version of an object now; "1" when it has none to see."""
    reads = {"budget_id": "BudgetService/GetBudget", "contract_id": "ContractService/GetContract",
             "supplement_id": "SupplementService/GetSupplement", "duty_id": "DutyService/GetDuty",
             "hit_id": "ScreeningService/GetHit", "notice_id": "ScreeningService/GetNotice",
             "round_id": "RoundService/GetRound", "case_id": "AuditService/GetCase",
             "finding_id": "FindingService/GetFinding"}
    if field not in reads:
        return "1"
    answer = town().auditor.read(reads[field], **{field: name})
    if answer.code != OK:
        return "1"
    return answer.message.ListFields()[0][1].etag


def target_of(row, who):
    """The fields that name an object on which the method may succeed, when there is one."""
    kind = row.ids[0][:-len("_id")] if row.ids else ""
    kind = {"line": "budget"}.get(kind, kind)
    last = {}
    for name in town().all.get(kind, {}).get("203", []):
        last = {**GOOD, row.ids[0]: name, "etag": etag_of(row.ids[0], name),
                "line_id": town().line_of.get(name, name)}
        if who.write(row.path, filled(row.request, **last), validate_only=True).code == OK:
            break
    return last or GOOD


@test
def whoever_asks_for_a_row_alone_gets_it_without_what_stands_below_it():
    first = {kind: town().all[kind]["203"][0] for kind in ("budget", "contract", "supplement", "case")}
    asked = {"GetBudget": {"budget_id": first["budget"]}, "GetContract": {"contract_id": first["contract"]},
             "GetSupplement": {"supplement_id": first["supplement"]}, "GetCase": {"case_id": first["case"]},
             "GetCycle": {"year": 2027}, "GetCatalogueVersion": {"version_id": "CN-2020"},
             "GetSupplier": {"supplier_id": ENTERPRISE}, "GetMe": {}, "GetHistory": None,
             "GetPerson": {"person_id": town().leader.get("PersonService/GetMe").person.person_id}}
    batches = town().leader.get("HistoryService/ListHistoryBatches").batches
    if batches:
        asked["GetHistory"] = {"batch_id": batches[0].batch_id}
    offered = [row for row in matrix() if "alone" in row.request.DESCRIPTOR.fields_by_name]
    equal({row.path.rpartition("/")[2] for row in offered}, set(asked))
    for row in offered:
        fields = asked[row.path.rpartition("/")[2]]
        if fields is None:
            continue
        who = town().auditor if row.path.endswith("GetCase") else town().leader
        whole, alone = (who.get(row.path, **fields, alone=is_alone) for is_alone in (False, True))
        of = whole.DESCRIPTOR.fields[0].name
        equal(getattr(alone, of), getattr(whole, of), row.path)
        equal([f.name for f, _ in alone.ListFields()], [of], row.path)
        expect(len(whole.ListFields()) > 1, row.path)


def send(who, row, request):
    """The answer; None when the frame was too large to be taken. Whoever was idle for long connects again."""
    for _ in range(2):
        try:
            return who.write(row.path, request) if row.is_write else who.read(row.path, request)
        except OSError:
            who.conn = Connection(town().ipc)
    return None


@test
def no_field_of_any_method_breaks_the_server():
    broken, count, taken = [], 0, set()
    for row in matrix():
        who = whose(row)
        if not who or row.path.endswith(SPARED):
            continue
        target = target_of(row, who) if row.is_write else GOOD
        for field, value, request in variations(filled(row.request, **target)):
            answer = send(who, row, request)
            count += 1
            if answer is None:
                expect(request.ByteSize() > 10 ** 6, row.path, field)
                continue
            problems.extend((row.path, p) for p in answer.problems)
            if answer.code in BROKEN or (answer.code and not answer.problems):
                broken.append((row.path, field, str(value)[:30], answer.code, answer.text))
            if answer.code == OK:
                taken.add(row.path)
                if row.is_write:
                    target = target_of(row, who)
            if value == "501 rows":
                equal(answer.code, pb.INVALID_ARGUMENT, row.path, field)
    equal(broken[:5], [])
    expect(count > 5000 and len(taken) >= 55, count, "requests,", len(taken), "methods took one")


@test
def what_people_write_is_taken_and_what_only_confuses_is_not():
    clerk = town().clerk("204")
    line, etag = town().draft_line("204", 1_00, year=2028)
    for text, is_good in (("𠮷野家校区巡逻", True), ("防城港市“校园安保”（一期）", True), ("长" * 2000, True),
                          ("a\tb\nc", True), ("长" * 2001, False), ("a\0b", False), ("a\u202eb", False),
                          ("cafe\u0301", False), ("\ue000", False), ("\ud7ff\uffff", False),
                          ("a\x07", False)):
        answer = clerk.write("BudgetService/UpdateBudget", budget_id=line, etag=etag,
                             update_fields=["content"], content=text)
        equal(answer.code, OK if is_good else pb.INVALID_ARGUMENT, repr(text[:20]), answer.text)
        etag = answer.message.etag if is_good else etag
        if is_good:
            equal(clerk.get("BudgetService/GetBudget", budget_id=line).budget.content, text)


@test
def every_refusal_is_a_whole_sentence_in_both_languages():
    equal(unreadable(problems)[:8], [])
    expect(len({p.reason for _, p in problems}) >= 25, sorted({p.reason for _, p in problems}))


@test
def after_all_of_it_the_journal_replays_and_nothing_broke_inside():
    town().stop()
    code, text = town().verify()
    equal(code, 0, text)
    equal(broken_lines(town().log()), [])
    town().start()


main()
