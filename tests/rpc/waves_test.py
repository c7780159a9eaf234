"""Commands that are decided side by side come to the same as one after the other.

Many connections send at once, so that the writer's batches hold many commands; a seed chooses which. Among
the contracts' are some that change what the writer remembers: a supplier is banned, a rule gets another
value. Whatever was accepted is in the journal in one order: `verify` replays it in waves, `verify --serial`
one by one and with nothing remembered, and both must find the same replies and the same rows.
"""
import os
import random
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))

from city import City, rows_of
from harness import equal, expect, fixture, main, test
from purser import OK, Answer, Connection, pb
from rich import ENTERPRISE, WHOLE

SEEDS = (1, 2, 3)
CONNECTIONS = 32
ROUNDS = 22
UNITS = ("203", "209", "234")
# What may stand beside others, in one wave.
KEYED = {verb + "Supplement" for verb in ("Propose", "Return", "Withdraw", "Sign")} | {
    verb + "Contract" for verb in ("Create", "Update", "Submit", "Return", "Withdraw", "Sign", "Terminate")}
FILE_WITHIN = next(row for row in rows_of(pb.RuleValueRow, "rule_values.csv")
                   if row.rule_id == "contract_file_within")


def _town():
    city = City(look_up_connections=3, list_connections=2)
    drafts = [(unit, *city.draft_line(unit, 40_000_00)) for unit in UNITS for _ in range(2)]
    city.issued_lines(*drafts)
    city.today("2027-02-22")
    city.lines = {}
    for unit, line, _ in drafts:
        city.lines.setdefault(unit, []).append(line)
    city.wires = [Connection(city.ipc) for _ in range(CONNECTIONS)]
    return city


town = fixture(_town)


class Contracts:
    """What the seed knows of its contracts; the server knows better."""

    def __init__(self, seed):
        self.chance, self.known, self.proposal, self.accepted = random.Random(seed), {}, None, set()
        self.supplier = town().registrar.get("SupplierService/GetSupplier", supplier_id=ENTERPRISE).supplier

    def _law(self):
        """The supplier is banned or allowed again; the time for filing is changed, first proposed."""
        ban = {"supplier_id": ENTERPRISE, "etag": self.supplier.etag}
        if self.supplier.state == pb.SUPPLIER_STATE_BANNED:
            return town().registrar, "SupplierService/LiftBan", {**ban, "opinion": "撤销处罚"}
        if self.chance.random() < 0.3:
            return town().registrar, "SupplierService/BanSupplier", {
                **ban, "ban_from_date": "2027-01-01", "ban_to_date": "2027-12-31", "ban_basis": "处罚决定"}
        if self.proposal:
            return town().leader, "PolicyService/ConfirmProposal", self.proposal
        changed = pb.RuleValueRow()
        changed.CopyFrom(FILE_WITHIN)
        changed.value = self.chance.randrange(3, 12)
        return town().operator, "PolicyService/ImportRuleValues", {"rows": [changed]}

    def next(self):
        """(who, method, fields) of a command that may pass, or may not."""
        if self.chance.random() < 0.04:
            return self._law()
        who, method, fields = self._of_contract()
        return who, ("SupplementService/" if "Supplement" in method else "ContractService/") + method, fields

    def _of_contract(self):
        c, unit = self.chance, self.chance.choice(UNITS)
        clerk, approver = town().clerk(unit), town().approver(unit)
        mine = [k for k in self.known.values() if k["unit"] == unit]
        if not mine or c.random() < 0.35:
            return clerk, "CreateContract", {
                **WHOLE,
                "line_id": c.choice(town().lines[unit]),
                "amount_fen": c.choice((1_00, 900_00, 7_000_00, 41_000_00)),
            }
        signed = [k for k in mine if "signed" in k]
        if signed and c.random() < 0.4:
            return self._of_signed(c.choice(signed), clerk, approver)
        k = c.choice(mine)
        here = {"contract_id": k["id"], "etag": k["etag"] if c.random() < 0.9 else "7"}
        on_line = {**here, "line_id": k["line"] if c.random() < 0.95 else town().lines[unit][0]}
        return c.choice((
            (clerk, "SubmitContract", here),
            (clerk, "SubmitContract", here),
            (approver, "SignContract", {**on_line, "signed_date": "2027-02-22"}),
            (approver, "SignContract", {**on_line, "signed_date": "2027-02-22"}),
            (clerk, "SignContract", {**on_line, "signed_date": "2027-02-22"}),
            (approver, "ReturnContract", {**here, "opinion": "再改"}),
            (clerk, "WithdrawContract", {**on_line, "reason": "不再需要"}),
            (clerk, "UpdateContract", {**on_line, "update_fields": ["amount_fen"], "amount_fen": 800_00}),
            (approver, "TerminateContract", {
                **on_line, "terminated_date": "2027-02-22", "settlement_fen": 0, "reason": "不能履行"}),
        ))

    def _of_signed(self, k, clerk, approver):
        """It is ended, or a supplement is proposed; then that is signed, sent back or withdrawn."""
        if self.chance.random() < 0.1:
            return approver, "TerminateContract", {
                "contract_id": k["id"], "etag": k["etag"], "line_id": k["line"], "reason": "不能履行",
                "terminated_date": "2027-02-22", "settlement_fen": 0}
        if "supplement" not in k:
            return clerk, "ProposeSupplement", {
                "contract_id": k["id"], "line_id": k["line"], "kind": pb.SUPPLEMENT_KIND_INCREASE,
                "amount_fen": self.chance.choice((1, 40_00, 900_00)), "reason": "新增一处"}
        it = {**k["supplement"], "line_id": k["line"]}
        return self.chance.choice((
            (approver, "SignSupplement", {**it, "signed_date": "2027-02-22"}),
            (approver, "ReturnSupplement", {**it, "opinion": "再改"}),
            (clerk, "WithdrawSupplement", it),
        ))

    def heard(self, method, fields, answer):
        if answer.code != OK:
            return
        m = answer.message
        self.accepted.add(method.partition("/")[2])
        if method.startswith("SupplementService/"):
            k = self.known[m.supplement_id.rpartition("-S")[0]]
            k["etag"] = str(int(k["etag"]) + 1)  # its history has grown
            k["supplement"] = {"supplement_id": m.supplement_id, "etag": m.etag}
            if method.rpartition("/")[2] in ("SignSupplement", "WithdrawSupplement"):
                del k["supplement"]
            return
        if method.startswith("SupplierService/"):
            self.supplier = m
            return
        if method.startswith("PolicyService/"):
            is_new = method.endswith("/ImportRuleValues")
            self.proposal = {"proposal_id": m.proposal_id, "etag": m.etag} if is_new else None
            return
        contract = m.contract_id
        if method.endswith("/CreateContract"):
            unit = next(u for u, lines in town().lines.items() if fields["line_id"] in lines)
            self.known[contract] = {"id": contract, "line": fields["line_id"], "unit": unit}
        self.known[contract]["etag"] = m.etag
        if method.endswith("/SignContract"):
            self.known[contract]["signed"] = True
        if method.endswith("/TerminateContract"):
            self.known[contract].pop("signed", None)


def _prepared(contracts, repeated):
    """One command as it goes over the wire; now and then one that was sent before."""
    if repeated and contracts.chance.random() < 0.08:
        return contracts.chance.choice(repeated)
    who, method, fields = contracts.next()
    command = who.command(
        method,
        who.request(method, **fields),
        validate_only=contracts.chance.random() < 0.05,
    )
    call = pb.Call(command=command, signature=who.sign(command), language="en").SerializeToString()
    repeated.append((method, fields, call))
    return repeated[-1]


def _round(contracts, repeated):
    """All connections at once; returns how many were accepted."""
    asked = [_prepared(contracts, repeated) for _ in town().wires]
    tickets = [wire.send(call) for wire, (_, _, call) in zip(town().wires, asked)]
    accepted = 0
    for wire, ticket, (method, fields, _) in zip(town().wires, tickets, asked):
        reply = pb.Reply.FromString(wire.take(ticket))
        answer = Answer(reply, getattr(pb, method.partition("/")[2] + "Response"))
        if not reply.replayed and answer.receipt:
            contracts.heard(method, fields, answer)
            accepted += 1
    return accepted


@test
def random_commands_sent_at_once_leave_the_same_rows_in_waves_and_one_by_one():
    seen = set()
    for seed in SEEDS:
        contracts, repeated = Contracts(seed), []
        town().operator.read("HealthService/Check")
        bureau = [town().registrar, town().leader]
        for person in bureau + [p(unit) for unit in UNITS for p in (town().clerk, town().approver)]:
            person.ahead_us = town().operator.ahead_us
        accepted = sum(_round(contracts, repeated) for _ in range(ROUNDS))
        supplier = town().registrar.get("SupplierService/GetSupplier", supplier_id=ENTERPRISE).supplier
        if supplier.state == pb.SUPPLIER_STATE_BANNED:
            town().registrar.do("SupplierService/LiftBan", supplier_id=ENTERPRISE, etag=supplier.etag,
                                opinion="撤销处罚")
        expect(accepted > 60, seed, accepted)
        seen |= contracts.accepted
    equal(KEYED - seen, set(), "were never accepted")
    code, text = town().verify()
    equal(code, 0, text)
    entries, waves = map(int, re.search(r"(\d+) entries replayed.*\((\d+) waves\)", text).groups())
    expect(waves < entries * 0.9, text)
    code, serial = town().verify("--serial")
    equal(code, 0, serial)
    equal(serial.splitlines()[1], text.splitlines()[1])
    expect(f"({entries} waves)" in serial, serial)


@test
def a_line_is_never_promised_beyond_what_was_approved():
    for unit, lines in town().lines.items():
        for line in lines:
            b = town().clerk(unit).get("BudgetService/GetBudget", budget_id=line).budget
            expect(0 <= b.reserved_fen + b.committed_fen <= b.approved_fen, b)


@test
def all_of_a_batch_on_one_line_are_signed_and_none_is_lost():
    city, unit = town(), UNITS[0]
    clerk, approver, line = city.clerk(unit), city.approver(unit), city.lines[unit][1]
    for wire in city.wires:
        wire.close()
    city.wires = [Connection(city.ipc) for _ in range(CONNECTIONS)]
    before = clerk.get("BudgetService/GetBudget", budget_id=line).budget
    draft = {**WHOLE, "line_id": line, "amount_fen": 1}
    made = [clerk.do("ContractService/CreateContract", **draft) for _ in city.wires]
    sent = [clerk.do("ContractService/SubmitContract", contract_id=m.contract_id, etag=m.etag) for m in made]
    calls = []
    for m in sent:
        command = approver.command("ContractService/SignContract", pb.SignContractRequest(
            contract_id=m.contract_id, etag=m.etag, line_id=line, signed_date="2027-02-22"))
        calls.append(pb.Call(command=command, signature=approver.sign(command)).SerializeToString())
    tickets = [wire.send(call) for wire, call in zip(city.wires, calls)]
    replies = [pb.Reply.FromString(wire.take(ticket)) for wire, ticket in zip(city.wires, tickets)]
    equal({r.status.code for r in replies}, {OK})
    equal(len({r.receipt.index for r in replies}), len(replies))
    after = clerk.get("BudgetService/GetBudget", budget_id=line).budget
    equal(after.committed_fen - before.committed_fen, len(replies))
    equal(city.verify("--serial")[0], 0)


@test
def whoever_reads_at_the_same_moment_gets_what_he_asked_for():
    city, unit = town(), UNITS[0]
    clerk, stranger = city.clerk(unit), city.clerk(UNITS[1])
    known = clerk.get("ContractService/ListContracts", page_size=1000).contracts
    for _ in range(5):
        asked = []
        for i in range(CONNECTIONS):
            who = stranger if i % 7 == 3 else clerk
            contract = "450600-2027-C-99999" if i % 7 == 5 else known[i % len(known)].id
            command = who.command("ContractService/GetContract", pb.GetContractRequest(contract_id=contract))
            asked.append((i % 7 in (3, 5), contract, pb.Call(command=command, signature=who.sign(command))))
        tickets = [wire.send(call.SerializeToString()) for wire, (_, _, call) in zip(city.wires, asked)]
        for wire, ticket, (is_hidden, contract, _) in zip(city.wires, tickets, asked):
            answer = Answer(pb.Reply.FromString(wire.take(ticket)), pb.GetContractResponse)
            equal(answer.code, pb.NOT_FOUND if is_hidden else OK)
            if not is_hidden:
                equal(answer.message.contract.id, contract)
                equal({e.object_id[:len(contract)] for e in answer.message.events}, {contract})
                equal(sum(y.amount_fen for y in answer.message.years), answer.message.contract.amount_fen)


if __name__ == "__main__":
    main()
