"""A clerk at a terminal, enrolled at a server in the test's hand (fake_server.py); no purserd needed."""
from cli import Person
from fake_server import FakeServer, Refusal
from purser import pb

ID = "450600-2027-203-0001"


def refuse_amount(request):
    raise Refusal(9, reason="OVER_LINE", text_zh=f"{request.budget_id} 不能上报：金额超过可用余额",
                  text_en=f"{request.budget_id} cannot be submitted: over the line", field="etag", rule="H8",
                  article_zh="预算法 第十三条", article_en="Budget Law, Art. 13", rule_from_date="2015-01-01",
                  broke="120.00 万元", passes="≤ 100.00 万元", hint=f"purser budget edit {request.budget_id}")


def submitted(request):
    return pb.SubmitBudgetResponse(id=request.budget_id, etag=request.etag + "1", state=2)


def budget(request):
    return pb.GetBudgetResponse(budget=pb.Budget(
        id=request.budget_id, etag="7", name="安保\x1b[31m", state=pb.BUDGET_STATE_DRAFT, year=2027,
        requested_fen=120400000))


def budgets(request):
    page = int(request.page_token or 0)
    rows = [pb.BudgetItem(id=f"L-{page}{i}", name="校园,安保" if i else "评\"估", unit_id="203",
                          requested_fen=123456789) for i in range(2)]
    return pb.ListBudgetsResponse(budgets=rows, next_page_token=str(page + 1) if page < 2 else "")


class Stage:
    """A fake server, and a clerk who is enrolled there."""

    def __init__(self, lang="zh", **handlers):
        self.fake = FakeServer({
            "UnitService/Enroll": lambda q: pb.EnrollResponse(
                person_id="P1", person_name="张三", unit_id="203"),
            "HealthService/Check": lambda q: pb.CheckResponse(status="SERVING"),
            "BudgetService/GetBudget": budget, "BudgetService/ListBudgets": budgets,
            "BudgetService/SubmitBudget": submitted,
            "BudgetService/WithdrawBudget": refuse_amount,
            "BudgetService/CreateBudget": lambda q: pb.CreateBudgetResponse(id=ID, etag="1", state=1),
            **handlers})
        self.clerk = Person(lang)
        self.clerk.run("enroll", self.fake.invite).ends(0)

    def __enter__(self):
        return self.fake, self.clerk

    def __exit__(self, *_):
        self.clerk.close()
        self.fake.close()
