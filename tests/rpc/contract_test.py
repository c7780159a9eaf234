"""Contracts through the server: drafted, signed by another, published, filed, supplemented, ended early."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))

from city import City, rows_of  # noqa: E402
from harness import equal, expect, fixture, main, test  # noqa: E402
from purser import OK, pb  # noqa: E402

ABORTED, FAILED_PRECONDITION, INVALID_ARGUMENT = pb.ABORTED, pb.FAILED_PRECONDITION, pb.INVALID_ARGUMENT
NOT_FOUND, PERMISSION_DENIED = pb.NOT_FOUND, pb.PERMISSION_DENIED

SECURITY = "91450600MA57000107"     # an enterprise
INSTITUTE = "12450600MA57051961"    # 公益一类
BANNED = "91450600MA57059389"       # 2026-01-01 … 2028-12-31
LINE_FEN = 10_000_000_00


class Town(City):
    """Two departments with issued lines; 203 has one for each test that counts."""

    def __init__(self):
        super().__init__()
        self.both = self.add("两岗", "203", pb.ROLE_CLERK, pb.ROLE_APPROVER)
        self.add_units(u203001="市教育局考试院")
        drafts = [("203", *self.draft_line("203", LINE_FEN)) for _ in range(14)] + \
                 [(unit, *self.draft_line(unit, LINE_FEN)) for unit in ("203001", "208")]
        self.issued_lines(*drafts)
        self.today("2027-03-05")
        self._free = [line for unit, line, _ in drafts if unit == "203"]
        self.line_below, self.line_208 = drafts[-2][1], drafts[-1][1]

    def line(self):
        return self._free.pop()


town = fixture(Town)

WHOLE = {"supplier_id": SECURITY, "contract_no": "防教采〔2027〕1号", "name": "校园安保服务合同",
         "start_date": "2027-03-01", "end_date": "2028-02-29", "content": "门卫值守", "quantity": "12 个月",
         "quality": "按投标文件", "price_basis": "总价", "settlement": pb.SETTLEMENT_KIND_PERIODIC,
         "rights_duties": "见第五条", "breach": "见第八条", "is_attested": True}
LONG = {"content_is_fixed": True, "need_is_lasting": True, "funding_is_stable": True, "price_is_stable": True,
        "long_term_basis": "连续三年列入中期规划"}


def draft(line, amount_fen=1_000_000_00, unit="203", **other):
    """The answer of CreateContract."""
    return town().clerk(unit).write("ContractService/CreateContract", line_id=line, amount_fen=amount_fen,
                                    **{**WHOLE, **other})


def submitted(line, amount_fen=1_000_000_00, **other):
    made = draft(line, amount_fen, **other)
    equal(made.code, OK, made.text)
    sent = town().clerk("203").do("ContractService/SubmitContract", contract_id=made.message.contract_id,
                                  etag=made.message.etag)
    return sent.contract_id, sent.etag


def sign(contract, etag, line, day="2027-03-05", who=None, **other):
    return (who or town().approver("203")).write("ContractService/SignContract", contract_id=contract,
                                                 etag=etag, line_id=line, signed_date=day, **other)


def signed(line, amount_fen=1_000_000_00, **other):
    contract, etag = submitted(line, amount_fen, **other)
    answer = sign(contract, etag, line)
    equal(answer.code, OK, answer.text)
    return contract, answer.message.etag


def started(line, **other):
    contract, etag = signed(line, **other)
    return contract, town().clerk("203").do("ContractService/StartContract", contract_id=contract,
                                            etag=etag).etag


def show(contract, who=None):
    return (who or town().clerk("203")).get("ContractService/GetContract", contract_id=contract)


def held(line):
    """(reserved, committed) of a budget line."""
    budget = town().clerk("203").get("BudgetService/GetBudget", budget_id=line).budget
    return budget.reserved_fen, budget.committed_fen


def refused(answer, code, reason, rule=None):
    equal(answer.code, code, answer.text)
    equal(answer.reason, reason, answer.text)
    if rule:
        equal(answer.problems[0].rule, rule)
        expect(answer.problems[0].article_zh, "an article stands behind", rule)
    return answer.problems[0]


@test
def a_draft_reserves_on_its_line_and_the_signature_commits():
    line = town().line()
    contract, etag = submitted(line, 6_000_000_00)
    equal(held(line), (6_000_000_00, 0))
    answer = sign(contract, etag, line)
    equal(answer.code, OK, answer.text)
    equal(held(line), (0, 6_000_000_00))
    equal(answer.message.free_fen, 4_000_000_00)
    equal((answer.message.publish_due_date, answer.message.file_due_date), ("2027-03-09", "2027-03-16"))
    expect(answer.message.is_weekends_only, "the calendar of 2027 has not been announced")
    seen = show(contract)
    equal(seen.contract.state, pb.CONTRACT_STATE_SIGNED)
    equal([e.event for e in seen.events], [pb.CONTRACT_EVENT_KIND_CREATE, pb.CONTRACT_EVENT_KIND_SUBMIT,
                                           pb.CONTRACT_EVENT_KIND_SIGN])
    equal(sorted((d.kind, d.state, d.due_date) for d in seen.duties),
          [(pb.DUTY_KIND_PUBLISH, pb.DUTY_STATE_OPEN, "2027-03-09"),
           (pb.DUTY_KIND_FILE, pb.DUTY_STATE_OPEN, "2027-03-16")])


@test
def a_contract_over_the_line_is_refused_with_what_is_free():
    line = town().line()
    equal(draft(line, LINE_FEN - 1_00).code, OK)
    problem = refused(draft(line, 2_00), FAILED_PRECONDITION, "OVER_LINE", "H8")
    expect("2.00" in problem.broke and "1.00" in problem.passes, problem)
    equal(draft(line, 1_00).code, OK)


@test
def a_term_over_three_years_is_refused_whatever_the_reasons():
    line = town().line()
    problem = refused(draft(line, end_date="2030-03-02", **LONG), FAILED_PRECONDITION, "TERM_TOO_LONG", "H6")
    equal((problem.broke, problem.passes), ("2030-03-02", "2030-03-01"))
    equal(draft(line, end_date="2030-03-01", **LONG).code, OK)


@test
def a_term_over_a_year_needs_all_four_conditions():
    line = town().line()
    problem = refused(draft(line, end_date="2028-03-02"), FAILED_PRECONDITION, "TERM_NEEDS_CONDITIONS", "H6")
    equal(problem.passes, "2028-03-01")
    refused(draft(line, end_date="2028-03-02", **{**LONG, "price_is_stable": False}), FAILED_PRECONDITION,
            "TERM_NEEDS_CONDITIONS")
    equal(draft(line, end_date="2028-03-02", **LONG).code, OK)


@test
def two_supplements_of_six_percent_second_is_refused():
    line = town().line()
    contract, _ = signed(line)
    clerk, fields = town().clerk("203"), {"contract_id": contract, "line_id": line, "amount_fen": 60_000_00,
                                          "kind": pb.SUPPLEMENT_KIND_INCREASE, "reason": "新增一处校门"}
    first = clerk.do("SupplementService/ProposeSupplement", **fields)
    equal(held(line), (60_000_00, 1_000_000_00))
    answer = town().approver("203").do("SupplementService/SignSupplement", supplement_id=first.supplement_id,
                                       etag=first.etag, line_id=line, signed_date="2027-03-05")
    equal((answer.supplements_fen, answer.current_fen), (60_000_00, 1_060_000_00))
    equal(held(line), (0, 1_060_000_00))
    problem = refused(clerk.write("SupplementService/ProposeSupplement", **fields), FAILED_PRECONDITION,
                      "SUPPLEMENTS_OVER_CAP", "H9")
    expect("120,000.00" in problem.broke and "40,000.00" in problem.passes, problem)
    last = clerk.do("SupplementService/ProposeSupplement", **{**fields, "amount_fen": 40_000_00})
    equal(last.supplement_id, f"{contract}-S02")
    refused(clerk.write("SupplementService/ProposeSupplement", **{**fields, "amount_fen": 1}),
            FAILED_PRECONDITION, "SUPPLEMENTS_OVER_CAP")
    back = town().approver("203").do("SupplementService/ReturnSupplement", supplement_id=last.supplement_id,
                                     etag=last.etag, line_id=line, opinion="先核实")
    equal(back.state, pb.SUPPLEMENT_STATE_RETURNED)
    equal(held(line), (0, 1_060_000_00))
    equal(len(show(contract).supplements), 2)
    equal(len(show(contract).duties), 4)


@test
def a_change_of_term_counts_from_the_original_start():
    line = town().line()
    contract, _ = signed(line, end_date="2029-02-28", **LONG)
    clerk, fields = town().clerk("203"), {"contract_id": contract, "line_id": line, "reason": "衔接下期采购",
                                          "kind": pb.SUPPLEMENT_KIND_TERM}
    refused(clerk.write("SupplementService/ProposeSupplement", new_end_date="2030-03-02", **fields),
            FAILED_PRECONDITION, "TERM_TOO_LONG", "H6")
    made = clerk.do("SupplementService/ProposeSupplement", new_end_date="2030-02-28", **fields)
    town().approver("203").do("SupplementService/SignSupplement", supplement_id=made.supplement_id,
                              etag=made.etag, line_id=line, signed_date="2027-03-05")
    equal(show(contract).contract.end_date, "2030-02-28")
    refused(clerk.write("SupplementService/ProposeSupplement", amount_fen=5, new_end_date="2029-12-31",
                        **fields), INVALID_ARGUMENT, "SUPPLEMENT_FIELDS")


@test
def a_reduction_gives_back_at_once():
    line = town().line()
    contract, _ = signed(line)
    made = town().clerk("203").do("SupplementService/ProposeSupplement", contract_id=contract, line_id=line,
                                  kind=pb.SUPPLEMENT_KIND_REDUCE, amount_fen=300_000_00,
                                  reason="停用一处校区")
    town().approver("203").do("SupplementService/SignSupplement", supplement_id=made.supplement_id,
                              etag=made.etag, line_id=line, signed_date="2027-03-05")
    equal(held(line), (0, 700_000_00))
    equal((show(contract).contract.amount_fen, show(contract).contract.current_fen),
          (1_000_000_00, 700_000_00))


@test
def a_supplier_that_may_not_provide_is_refused():
    line = town().line()
    refused(draft(line, supplier_id=INSTITUTE), FAILED_PRECONDITION, "SUPPLIER_TYPE", "P4")
    refused(draft(line, supplier_id=BANNED), FAILED_PRECONDITION, "SUPPLIER_BANNED", "P8")
    refused(draft(line, supplier_id="91450600MA57999999"), FAILED_PRECONDITION, "SUPPLIER_UNKNOWN")
    equal(held(line), (0, 0))


@test
def who_drafted_may_not_sign():
    line = town().line()
    both = town().both
    made = both.do("ContractService/CreateContract", line_id=line, amount_fen=1_00, **WHOLE)
    sent = both.do("ContractService/SubmitContract", contract_id=made.contract_id, etag=made.etag)
    refused(sign(made.contract_id, sent.etag, line, who=both), PERMISSION_DENIED, "SAME_PERSON", "G-b")
    refused(sign(made.contract_id, sent.etag, line, who=town().clerk("203")), PERMISSION_DENIED,
            "ROLE_FORBIDS")
    equal(sign(made.contract_id, sent.etag, line).code, OK)


@test
def a_stale_version_is_refused():
    line = town().line()
    contract, etag = submitted(line)
    refused(sign(contract, "1", line), ABORTED, "ETAG_STALE")
    equal(sign(contract, etag, line).code, OK)
    refused(sign(contract, etag, line), ABORTED, "ETAG_STALE")


@test
def a_contract_alone_comes_without_what_stands_below_it():
    contract, _ = signed(town().line())
    whole, clerk = show(contract), town().clerk("203")
    alone = clerk.get("ContractService/GetContract", contract_id=contract, alone=True)
    expect(whole.years and whole.duties and whole.events, "years, duties and events stand below it")
    equal(alone.contract, whole.contract)
    equal((len(alone.years), len(alone.duties), len(alone.events)), (0, 0, 0))
    refused(town().clerk("208").read("ContractService/GetContract", contract_id=contract, alone=True),
            NOT_FOUND, "NOT_FOUND")


@test
def what_changes_holds_for_the_next_command():
    """Supplier, rule and signer were asked for a moment ago, and are not remembered longer than they hold."""
    line = town().line()
    waiting = [submitted(line, 1_000_00) for _ in range(3)]
    equal(sign(*waiting[0], line).message.file_due_date, "2027-03-16")
    supplier = town().registrar.get("SupplierService/GetSupplier", supplier_id=SECURITY).supplier
    banned = town().registrar.do("SupplierService/BanSupplier", supplier_id=SECURITY, etag=supplier.etag,
                                 ban_from_date="2027-01-01", ban_to_date="2027-12-31", ban_basis="处罚决定")
    refused(sign(*waiting[1], line), FAILED_PRECONDITION, "SUPPLIER_BANNED")
    town().registrar.do("SupplierService/LiftBan", supplier_id=SECURITY, etag=banned.etag,
                        opinion="撤销处罚")
    within = next(r for r in rows_of(pb.RuleValueRow, "rule_values.csv")
                  if r.rule_id == "contract_file_within")
    for value, due in ((3, "2027-03-10"), (7, "2027-03-16")):
        changed = pb.RuleValueRow()
        changed.CopyFrom(within)
        changed.value = value
        proposed = town().operator.do("PolicyService/ImportRuleValues", rows=[changed])
        town().leader.do("PolicyService/ConfirmProposal", proposal_id=proposed.proposal_id,
                         etag=proposed.etag)
        equal(sign(*waiting.pop(), line).message.file_due_date, due)


@test
def another_departments_contract_is_not_found():
    line = town().line_208
    made = draft(line, unit="208")
    contract = made.message.contract_id
    stranger = town().clerk("203")
    for answer in (stranger.read("ContractService/GetContract", contract_id=contract),
                   stranger.write("ContractService/SubmitContract", contract_id=contract,
                                  etag=made.message.etag),
                   stranger.write("ContractService/CreateContract", line_id=line, amount_fen=1_00, **WHOLE),
                   stranger.read("ContractService/GetContract", contract_id="450600-2027-C-99999")):
        refused(answer, NOT_FOUND, "NOT_FOUND")
    equal(len(stranger.get("ContractService/ListContracts", line_id=line).contracts), 0)
    equal(show(contract, town().reviewer_1).contract.unit_id, "208")
    equal(len(town().auditor.get("ContractService/ListContracts", unit_id="208").contracts), 1)


@test
def an_incomplete_draft_hears_all_that_is_missing_at_once():
    line = town().line_208
    made = town().clerk("208").do("ContractService/CreateContract", line_id=line, amount_fen=1_00,
                                  name="草稿", supplier_id=SECURITY, start_date="2027-03-01",
                                  end_date="2027-12-31")
    answer = town().clerk("208").write("ContractService/SubmitContract", contract_id=made.contract_id,
                                       etag=made.etag)
    equal(answer.code, FAILED_PRECONDITION)
    equal({p.field for p in answer.problems}, {"content", "quantity", "quality", "price_basis", "settlement",
                                               "rights_duties", "breach", "contract_no", "is_attested"})
    edited = town().clerk("208").do("ContractService/UpdateContract", contract_id=made.contract_id,
                                    etag=made.etag, line_id=line, update_fields=["content", "amount_fen"],
                                    content="值守", amount_fen=2_00)
    equal((edited.held_fen, edited.etag), (2_00, "2"))
    refused(town().clerk("208").write("ContractService/UpdateContract", contract_id=made.contract_id,
                                      etag="2", line_id=line), INVALID_ARGUMENT, "NO_UPDATE_FIELDS")
    dropped = town().clerk("208").do("ContractService/WithdrawContract", contract_id=made.contract_id,
                                     etag="2", line_id=line, reason="改为其他方式")
    equal((dropped.state, dropped.released_fen), (pb.CONTRACT_STATE_WITHDRAWN, 2_00))


@test
def the_amounts_by_year_sum_to_the_amount_and_only_the_lines_year_is_held():
    line = town().line_208
    years = [pb.ContractYear(year=2027, amount_fen=400_000_00),
             pb.ContractYear(year=2028, amount_fen=500_000_00)]
    problem = refused(draft(line, unit="208", years=years), FAILED_PRECONDITION, "YEARS_DIFFER", "H8")
    expect("900,000.00" in problem.broke and "1,000,000.00" in problem.passes, problem)
    years[1].amount_fen = 600_000_00
    made = draft(line, unit="208", years=years)
    equal(made.message.held_fen, 400_000_00, made.text)
    years[1].year = 2031
    refused(draft(line, unit="208", years=years), FAILED_PRECONDITION, "YEAR_OUTSIDE", "H8")


@test
def a_bond_over_ten_percent_is_refused():
    line = town().line_208
    problem = refused(draft(line, unit="208", bond_fen=100_000_01), FAILED_PRECONDITION, "BOND_OVER_CAP",
                      "H12")
    expect("100,000.00" in problem.passes, problem)
    equal(draft(line, unit="208", bond_fen=100_000_00).code, OK)


@test
def signing_late_after_the_award_needs_a_reason_and_is_flagged():
    line = town().line()
    contract, etag = submitted(line, award_date="2027-02-01")
    refused(sign(contract, etag, line), FAILED_PRECONDITION, "SIGNED_LATE", "H3")
    refused(sign(contract, etag, line, day="2027-01-31"), INVALID_ARGUMENT, "DATE_OUTSIDE")
    refused(sign(contract, etag, line, day="2027-03-06"), INVALID_ARGUMENT, "DATE_OUTSIDE")
    answer = sign(contract, etag, line, overdue_reason="投诉处理期间暂停")
    expect(answer.message.is_signed_late, answer.text)
    _publication_and_filing_are_flagged_late_never_blocked(contract, answer.message.etag)
    _a_suspension_by_order_is_lifted_by_the_bureau(contract)
    _a_contract_ended_early_gives_the_rest_back(contract, line)


def _publication_and_filing_are_flagged_late_never_blocked(contract, etag):
    clerk, first = town().clerk("203"), town().reviewer_1
    published = clerk.do("ContractService/PublishContract", contract_id=contract, etag=etag,
                         published_date="2027-03-05", medium="中国政府采购网")
    expect(not published.is_overdue)
    town().today("2027-03-18")
    late = [d.kind for d in clerk.get("DutyService/ListDuties", contract_id=contract).duties if d.is_overdue]
    equal(late, [pb.DUTY_KIND_FILE])
    filed = clerk.do("ContractService/FileContract", contract_id=contract, etag=published.etag)
    expect(filed.is_overdue)
    duty = first.get("DutyService/GetDuty", duty_id=f"{contract}/FILE").duty
    refused(first.write("DutyService/ReturnDuty", duty_id=duty.id, etag=duty.etag), INVALID_ARGUMENT,
            "OPINION_MISSING")
    back = first.do("DutyService/ReturnDuty", duty_id=duty.id, etag=duty.etag, opinion="金额大小写不符")
    again = clerk.do("DutyService/FileDuty", duty_id=duty.id, etag=back.etag)
    done = first.do("DutyService/ReceiveDuty", duty_id=duty.id, etag=again.etag)
    equal(done.state, pb.DUTY_STATE_DONE)
    refused(clerk.write("ContractService/FileContract", contract_id=contract,
                        etag=show(contract).contract.etag), FAILED_PRECONDITION, "STATE_FORBIDS")


def _a_suspension_by_order_is_lifted_by_the_bureau(contract):
    clerk, approver, second = town().clerk("203"), town().approver("203"), town().reviewer_2
    etag = show(contract).contract.etag
    refused(approver.write("ContractService/SuspendContract", contract_id=contract, etag=etag, reason="x"),
            FAILED_PRECONDITION, "STATE_FORBIDS")
    etag = clerk.do("ContractService/StartContract", contract_id=contract, etag=etag).etag
    etag = second.do("ContractService/SuspendContract", contract_id=contract, etag=etag,
                     reason="审计建议暂停").etag
    line = show(contract).contract.line_id
    refused(clerk.write("SupplementService/ProposeSupplement", contract_id=contract, line_id=line, reason="x",
                        kind=pb.SUPPLEMENT_KIND_INCREASE, amount_fen=1_00), FAILED_PRECONDITION,
            "STATE_FORBIDS")
    refused(approver.write("ContractService/ResumeContract", contract_id=contract, etag=etag),
            PERMISSION_DENIED, "SUSPENDED_BY_ORDER")
    second.do("ContractService/ResumeContract", contract_id=contract, etag=etag, reason="已整改")


def _a_contract_ended_early_gives_the_rest_back(contract, line):
    approver, etag = town().approver("203"), show(contract).contract.etag
    fields = {"contract_id": contract, "etag": etag, "line_id": line, "terminated_date": "2027-03-18",
              "reason": "协商解除"}
    refused(approver.write("ContractService/TerminateContract", settlement_fen=1_000_000_01, **fields),
            FAILED_PRECONDITION, "SETTLEMENT_TOO_MUCH")
    ended = approver.do("ContractService/TerminateContract", settlement_fen=250_000_00, **fields)
    equal((ended.state, ended.released_fen), (pb.CONTRACT_STATE_TERMINATED, 750_000_00))
    equal(held(line), (0, 250_000_00))
    refused(approver.write("ContractService/ResumeContract", contract_id=contract, etag=ended.etag),
            FAILED_PRECONDITION, "STATE_FORBIDS")


def ids_of(who, method, **filters):
    """What a list shows on all its pages, two at a time."""
    found, token = [], ""
    while True:
        page = who.get(method, page_size=2, page_token=token, **filters)
        rows = next(value for field, value in page.ListFields() if field.name != "next_page_token") \
            if len(page.ListFields()) else []
        found += [row.id for row in rows]
        token = page.next_page_token
        if not token:
            return found


@test
def a_department_lists_what_the_units_below_it_hold():
    below, above = town().clerk("203001"), town().clerk("203")
    made = [draft(town().line_below, 1_000_00, unit="203001").message.contract_id for _ in range(3)]
    sent = below.do("ContractService/SubmitContract", contract_id=made[0], etag="1")
    sign(made[0], sent.etag, town().line_below, who=town().approver("203001"))
    expect(made[0] in [c.id for c in above.get("ContractService/ListContracts", page_size=1000).contracts])
    lists = (("ContractService/ListContracts", {}, made),
             ("ContractService/ListContracts", {"year": 2027}, made),
             ("ContractService/ListContracts", {"state": pb.CONTRACT_STATE_DRAFT}, made[1:]),
             ("ContractService/ListContracts", {"year": 2027, "state": pb.CONTRACT_STATE_SIGNED}, made[:1]),
             ("ContractService/ListContracts", {"year": 2026}, []),
             ("ContractService/ListContracts", {"line_id": town().line_below}, made),
             ("DutyService/ListDuties", {}, [made[0] + "/FILE", made[0] + "/PUBLISH"]),
             ("DutyService/ListDuties", {"contract_id": made[0]}, [made[0] + "/FILE", made[0] + "/PUBLISH"]))
    for method, filters, wanted in lists:
        equal(ids_of(below, method, **filters), wanted, method, filters)
        equal(ids_of(above, method, unit_id="203001", **filters), wanted, method, filters, "from above")
        seen = ids_of(above, method, **filters)
        equal(seen, sorted(set(seen)), method, filters)
        expect(set(wanted) <= set(seen), method, filters, seen)
        expect(not set(wanted) & set(ids_of(town().clerk("208"), method, **filters)), method, filters)


@test
def lists_offer_their_filters_and_pages():
    bureau = town().reviewer_1
    everything = bureau.get("ContractService/ListContracts", page_size=1000).contracts
    equal([c.id for c in everything], sorted(c.id for c in everything))
    for filters in ({"year": 2027}, {"unit_id": "203"}, {"unit_id": "203", "year": 2027},
                    {"supplier_id": SECURITY}, {"state": pb.CONTRACT_STATE_SIGNED},
                    {"unit_id": "203", "state": pb.CONTRACT_STATE_SIGNED}, {"line_id": everything[0].line_id},
                    {"unit_id": "208", "year": 2027, "state": pb.CONTRACT_STATE_DRAFT}):
        seen = bureau.get("ContractService/ListContracts", page_size=1000, **filters).contracts
        wanted = [c.id for c in everything
                  if all(getattr(c, name) == value or name == "unit_id" and c.unit_id.startswith(value)
                         for name, value in filters.items())]
        equal([c.id for c in seen], wanted, filters)
    page = bureau.get("ContractService/ListContracts", page_size=3)
    rest = bureau.get("ContractService/ListContracts", page_size=3, page_token=page.next_page_token)
    equal([c.id for c in page.contracts] + [c.id for c in rest.contracts], [c.id for c in everything[:6]])
    expect(bureau.get("DutyService/ListDuties", unit_id="203").duties)
    expect(bureau.get("SupplementService/ListSupplements", unit_id="203").supplements)


@test
def a_replay_of_the_journal_gives_the_same_contracts():
    town().stop()
    code, text = town().verify()
    town().start()
    equal(code, 0, text)


main()
