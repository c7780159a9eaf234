#!/usr/bin/python3
"""The journal over the wire: exactly once, in one batch too; references, dry runs, proofs, who sees what."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
# pylint: disable=wrong-import-position
from harness import equal, expect, fixture, main, test
from proxied import Proxied
from purser import OK, Checkpoint, check_consistency, leaf_hash, pb, root_of_inclusion

place = fixture(Proxied)
IMPORT = "UnitService/ImportUnits"
_units = iter(range(600, 999))


def city():
    return place().server


def unit_row(code=None):
    code = code or f"{next(_units)}"
    return pb.UnitRow(id=code, name=f"市{code}局", type="110", division="450600",
                      valid_from_date="2018-01-01")


def importing(client, code=None, **other):
    """A signed command that imports a unit: (client, command, signature)."""
    return signed(client, IMPORT, pb.ImportUnitsRequest(rows=[unit_row(code)]), **other)


def signed(client, method, request, **other):
    command = client.command(method, request, **other)
    return client, command, client.sign(command)


def reference(request_id):
    return "@" + request_id.hex()


def tree():
    """The newest checkpoint, checked."""
    operator = city().operator
    return Checkpoint(operator.get("JournalService/GetCheckpoint").checkpoint, operator.vkey)


def budget_request(**other):
    fields = {"unit_id": "203", "name": "校园安保服务", "content": "门卫值守", "catalogue_code": "A0291",
              "function_code": "2050202", "economic_code": "30227", "quantity": "12 个月",
              "provider_type": "410", "project_code": "P1", "start_date": "2027-03-01",
              "end_date": "2027-12-31", "method": pb.PURCHASE_METHOD_OPEN_TENDER, "basis": "部门职责",
              **other}
    return pb.CreateBudgetRequest(
        year=2027, requested_fen=1_000_000, unit_price_fen=1_000_000,
        fund_sources=[pb.FundShare(source=pb.FUND_SOURCE_GENERAL, amount_fen=1_000_000)], **fields)


# --- exactly once, within one batch ---

@test
def twins_in_one_batch_have_one_effect_and_one_answer():
    operator = city().operator
    first, twin = importing(operator), importing(operator)
    before = tree().size
    answers = place().together(first, twin, twin, twin, twin)
    equal([a.code for a in answers], [OK] * 5)
    equal([a.replayed for a in answers], [False, False, True, True, True])
    expect(len({a.stable() for a in answers[1:]}) == 1)
    equal(tree().size, before + 2)
    again = operator.call(twin[1], twin[2])
    expect(again.replayed)
    equal(again.stable(), answers[1].stable())


@test
def a_twin_with_other_bytes_or_another_signer_is_refused_in_the_batch_and_after_it():
    operator, leader = city().operator, city().leader
    request_id = os.urandom(16)
    mine = importing(operator, request_id=request_id)
    other_bytes = importing(operator, request_id=request_id)
    other_signer = (leader, *importing(leader, request_id=request_id)[1:])
    answers = place().together(importing(operator), mine, other_bytes, other_signer)
    equal([a.reason for a in answers], ["", "", "REQUEST_ID_REUSED", "REQUEST_ID_REUSED"])
    for who, command, signature in (other_bytes, other_signer):
        equal(who.call(command, signature).reason, "REQUEST_ID_REUSED")
    equal(operator.call(mine[1], mine[2]).stable(), answers[1].stable())


@test
def a_refused_twin_is_refused_alike_and_for_ever():
    clerk = city().clerk("203")
    refused = importing(clerk)
    answers = place().together(importing(city().operator), refused, refused)
    equal([a.reason for a in answers[1:]], ["ROLE_FORBIDS", "ROLE_FORBIDS"])
    equal(answers[1].stable(), answers[2].stable())
    city().restart()
    equal(city().clerk("203").call(refused[1], refused[2]).stable(), answers[1].stable())


@test
def a_dry_run_is_nobodys_twin_and_is_not_remembered():
    operator = city().operator
    request_id, code = os.urandom(16), f"{next(_units)}"
    dry = importing(operator, code, request_id=request_id, validate_only=True)
    real = importing(operator, code, request_id=request_id)
    before = tree().size
    answers = place().together(importing(operator), dry, dry, real)
    equal([a.code for a in answers], [OK] * 4)
    equal([a.receipt is not None for a in answers], [True, False, False, True])
    equal(tree().size, before + 2)
    equal(place().sql(f"SELECT count(*) FROM request WHERE id = '\\x{request_id.hex()}'"), "1")


@test
def a_dry_run_is_for_writes_and_judges_like_the_write():
    operator = city().operator
    command = operator.command("PersonService/GetMe", pb.GetMeRequest(), validate_only=True)
    equal(operator.call(command, operator.sign(command)).reason, "NOT_A_WRITE")
    clerk = city().clerk("203")
    equal(clerk.write(IMPORT, rows=[unit_row()], validate_only=True).reason, "ROLE_FORBIDS")
    code = f"{next(_units)}"
    equal(operator.write(IMPORT, rows=[unit_row(code)], validate_only=True).code, OK)
    equal(place().sql(f"SELECT count(*) FROM unit WHERE id = '{code}'"), "0")


@test
def one_command_that_makes_the_database_fail_does_not_take_the_others_with_it():
    operator = city().operator
    bad = importing(operator, "599")
    good = [importing(operator) for _ in range(9)]
    before = tree().size
    place().sql("ALTER TABLE unit ADD CONSTRAINT no_599 CHECK (id <> '599')")
    try:
        answers = place().together(good[0], *good[1:5], bad, *good[5:])
    finally:
        place().sql("ALTER TABLE unit DROP CONSTRAINT no_599")
    reasons = [a.reason for a in answers]
    equal(reasons, [""] * 5 + ["INTERNAL"] + [""] * 4)
    equal(tree().size, before + 9)
    equal(operator.call(bad[1], bad[2]).code, OK)  # it was no decision, so it is not for ever
    equal(tree().size, before + 10)


@test
def a_command_that_came_too_late_is_refused_for_ever():
    operator = city().operator
    operator.read("HealthService/Check")
    late = importing(operator, not_after_us=operator.now_us() - 1_000_000)
    first = operator.call(late[1], late[2])
    equal(first.reason, "EXPIRED")
    equal(operator.call(late[1], late[2]).stable(), first.stable())
    in_time = importing(operator, not_after_us=operator.now_us() + 60_000_000)
    equal(operator.call(in_time[1], in_time[2]).code, OK)


@test
def a_command_for_another_city_is_refused():
    operator = city().operator
    other = importing(operator, audience="purser/450700")
    equal(operator.call(other[1], other[2]).reason, "AUDIENCE_WRONG")


# --- references to what an earlier command made ---

@test
def a_later_command_refers_to_an_earlier_one_by_id_and_etag():
    city().open_cycle()
    clerk = city().clerk("203")
    request_id = os.urandom(16)
    made = clerk.write("BudgetService/CreateBudget", budget_request(), request_id=request_id)
    equal(made.code, OK, made.text)
    at = reference(request_id)
    sent = clerk.write("BudgetService/SubmitBudget", budget_id=at, etag=at)
    equal(sent.code, OK, sent.text)
    state = clerk.get("BudgetService/GetBudget", budget_id=made.message.id).budget.state
    equal(state, pb.BUDGET_STATE_DEPT_REVIEW)


@test
def references_hold_within_one_batch_and_survive_its_being_cut_in_two():
    city().open_cycle()
    clerk, operator = city().clerk("203"), city().operator
    a, b, bad_id = os.urandom(16), os.urandom(16), os.urandom(16)

    def pair(request_id, **other):
        submit = pb.SubmitBudgetRequest(budget_id=reference(request_id), etag=reference(request_id))
        return (signed(clerk, "BudgetService/CreateBudget", budget_request(**other), request_id=request_id),
                signed(clerk, "BudgetService/SubmitBudget", submit))
    bad = pair(bad_id, name="坏的一条")
    place().sql("ALTER TABLE budget_line ADD CONSTRAINT no_bad CHECK (name <> '坏的一条')")
    try:
        answers = place().together(importing(operator), *pair(a), *bad, *pair(b))
    finally:
        place().sql("ALTER TABLE budget_line DROP CONSTRAINT no_bad")
    equal([x.reason for x in answers], ["", "", "", "INTERNAL", "REFERENCE_UNKNOWN", "", ""])
    for who, command, signature in bad:  # neither was a decision
        equal(who.call(command, signature).code, OK)
    numbers = {x.message.id for x in (answers[1], answers[5])}
    equal(len(numbers), 2)


@test
def a_reference_to_a_refused_or_a_strangers_command_leads_nowhere():
    city().open_cycle()
    clerk, other = city().clerk("203"), city().clerk("209")
    refused, foreign = os.urandom(16), os.urandom(16)
    equal(clerk.write(IMPORT, rows=[unit_row()], request_id=refused).reason, "ROLE_FORBIDS")
    made = clerk.write("BudgetService/CreateBudget", budget_request(), request_id=foreign)
    equal(made.code, OK, made.text)
    for who, request_id in ((clerk, refused), (other, foreign)):
        got = who.write("BudgetService/SubmitBudget", budget_id=reference(request_id), etag="1")
        equal((got.code, got.reason), (9, "REFERENCE_UNKNOWN"))
    nonsense = clerk.write("BudgetService/SubmitBudget", budget_id="@nothing", etag="1")
    equal(nonsense.reason, "REFERENCE_UNKNOWN")


@test
def a_text_may_begin_with_an_at_sign():
    city().open_cycle()
    clerk = city().clerk("203")
    made = clerk.do("BudgetService/CreateBudget", budget_request(name="@校园安保服务"))
    equal(clerk.get("BudgetService/GetBudget", budget_id=made.id).budget.name, "@校园安保服务")


# --- people, within one batch ---

@test
def a_revocation_counts_for_what_comes_after_it_in_the_same_batch():
    leader, operator = city().leader, city().operator
    clerk = city().add("将离任", "203", pb.ROLE_CLERK)
    city().open_cycle()
    person = clerk.get("PersonService/GetMe").person
    etag = operator.get("PersonService/GetPerson", person_id=person.person_id).person.etag
    before = signed(clerk, "BudgetService/CreateBudget", budget_request())
    after = signed(clerk, "BudgetService/CreateBudget", budget_request())
    suspend = signed(leader, "PersonService/SuspendPerson",
                     pb.SuspendPersonRequest(person_id=person.person_id, etag=etag, opinion="调离"))
    answers = place().together(importing(operator), before, suspend, after)
    equal([a.reason for a in answers], ["", "", "", "PERSON_INACTIVE"])
    equal(clerk.read("PersonService/GetMe").code, 16)


# --- proofs ---

@test
def every_entry_is_proved_to_be_in_every_later_tree():
    operator = city().operator
    head = tree()
    for size in sorted({1, 2, 3, head.size // 2, head.size - 1, head.size}):
        at = size == head.size
        for index in sorted({0, 1, size // 2, size - 2, size - 1} & set(range(size))):
            got = operator.get("JournalService/GetInclusion", index=index, tree_size=0 if at else size)
            root = root_of_inclusion(index, size, got.leaf_hash, got.proof)
            if at:
                equal(root, head.root, index)
            else:
                proof = operator.get("JournalService/GetConsistency", from_size=size, to_size=head.size).proof
                check_consistency(size, root, head.size, head.root, proof)


@test
def questions_about_what_is_not_there_are_refused():
    operator = city().operator
    size = tree().size
    for method, fields in (("GetInclusion", {"index": size}), ("GetInclusion", {"index": -1}),
                           ("GetInclusion", {"index": 0, "tree_size": size + 1}),
                           ("GetInclusion", {"index": 5, "tree_size": 5}),
                           ("GetInclusion", {"index": -2 ** 63, "tree_size": -2 ** 63}),
                           ("GetInclusion", {"index": 2 ** 63 - 1, "tree_size": 2 ** 63 - 1}),
                           ("GetConsistency", {"from_size": 0}), ("GetConsistency", {"from_size": -1}),
                           ("GetConsistency", {"from_size": size + 1}),
                           ("GetConsistency", {"from_size": 2, "to_size": 1}),
                           ("GetConsistency", {"from_size": 1, "to_size": 2 ** 63 - 1})):
        equal(operator.read(f"JournalService/{method}", **fields).reason, "BAD_FIELD", method, fields)
    got = operator.get("JournalService/GetConsistency", from_size=size, to_size=size)
    equal(list(got.proof), [])


# --- the feed ---

def feed(client, page_size=7, after=""):
    """All entries, page by page."""
    entries, token = [], ""
    while True:
        page = client.get("JournalService/ListEntries", page_size=page_size, page_token=token, after=after)
        entries += page.entries
        token = page.next_page_token
        if not token:
            return entries


@test
def the_feed_skips_nothing_and_its_leaves_are_the_trees():
    operator = city().operator
    before = tree()
    entries = feed(operator)
    equal([int(e.index) for e in entries][:before.size], list(range(before.size)))
    for e in entries:
        equal(leaf_hash(e.entry), e.leaf_hash, e.index)
        entry = pb.Entry.FromString(e.entry)
        command = pb.Command.FromString(entry.command)
        equal((entry.index, entry.now_us, command.method), (int(e.index), e.at_us, e.method))
    times = [e.at_us for e in entries]
    equal(times, sorted(times))
    equal([e.index for e in feed(operator, after="4")], [e.index for e in entries[5:]])


@test
def a_department_sees_its_own_entries_whole_and_of_others_only_hashes():
    city().open_cycle()
    mine, others = city().clerk("203"), city().clerk("209")
    made = mine.write("BudgetService/CreateBudget", budget_request())
    index = made.receipt.index
    own = feed(mine, 500, str(index - 1))[0]
    equal((int(own.index), own.method), (index, "/purser.v1.BudgetService/CreateBudget"))
    equal(leaf_hash(own.entry), own.leaf_hash)
    foreign = feed(others, 500, str(index - 1))[0]
    equal((int(foreign.index), foreign.entry, foreign.person_id), (index, b"", ""))
    equal(foreign.leaf_hash, own.leaf_hash)
    whole = [e for e in feed(others, 500) if e.entry]
    for e in whole:
        units = list(pb.Entry.FromString(e.entry).units)
        expect(units and all(u.startswith("209") for u in units), e.index, units)


@test
def a_page_of_large_entries_ends_early_and_says_that_more_comes():
    operator = city().operator
    before = tree().size
    for i in range(3):
        rows = [pb.Division(id=f"{700000 + i * 500 + n}", name="防" * 200) for n in range(500)]
        operator.do("UnitService/ImportDivisions", rows=rows)
    after = str(before - 1)
    page = operator.get("JournalService/ListEntries", page_size=50, after=after)
    equal(len(page.entries), 3)
    equal(page.next_page_token, "")
    for i in range(3, 9):
        rows = [pb.Division(id=f"{700000 + i * 500 + n}", name="防" * 200) for n in range(500)]
        operator.do("UnitService/ImportDivisions", rows=rows)
    for size in (1, 2, 50, 1000):
        entries = feed(operator, size, after)
        equal([int(e.index) for e in entries], list(range(before, before + 9)), size)
        expect(all(leaf_hash(e.entry) == e.leaf_hash for e in entries))
    page = operator.get("JournalService/ListEntries", page_size=50, after=after)
    expect(len(page.entries) < 9 and page.next_page_token, len(page.entries))
    clerk = city().clerk("203")  # who sees none of them has one page
    page = clerk.get("JournalService/ListEntries", page_size=50, after=after)
    equal((len(page.entries), page.next_page_token), (9, ""))


@test
def a_department_sees_the_entries_of_the_units_below_it():
    city().open_cycle()
    city().operator.do(IMPORT, rows=[unit_row("203001")])
    below = city().clerk("203001")
    made = below.write("BudgetService/CreateBudget", budget_request(unit_id="203001"))
    equal(made.code, OK, made.problems)
    after = str(made.receipt.index - 1)
    for who, sees in ((below, True), (city().clerk("203"), True), (city().clerk("209"), False)):
        equal(bool(feed(who, 5, after)[0].entry), sees)
    above = city().clerk("203").write("BudgetService/CreateBudget", budget_request())
    equal(feed(below, 5, str(above.receipt.index - 1))[0].entry, b"")


@test
def all_of_it_verifies():
    code, text = city().verify()
    equal(code, 0, text)


main()
