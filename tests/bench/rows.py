"""The numbers of the loaded data: the same formulas as in load.sql, for whoever has to name a row."""
import random
from datetime import datetime, timedelta, timezone

DEPARTMENTS, SUPPLIERS, LINES = 60, 2000, 5000
# The server goes by the machine's clock; the year's contracts were signed by the end of February.
YEAR = (datetime.now(timezone(timedelta(hours=8))) - timedelta(days=60)).year
YEARS = tuple(range(YEAR - 4, YEAR + 1))
FOUNDED, SIGNED = f"{YEAR}-02-20", f"{YEAR}-02-22"
FIRST_OTHER, FIRST_OURS, FIRST_RAW, FIRST_HOT = 120001, 600001, 750001, 900001
HOT_DEPARTMENT, HOT_LINE = 0, 17
BUDGETS, BUDGET_LINES = 256, 20  # next year's drafts


def contract_id(year, n):
    return f"450600-{year}-C-{n}"


def department_of(n):
    return HOT_DEPARTMENT if n >= FIRST_HOT else (n - 1) % DEPARTMENTS


def line_of(n):
    return HOT_LINE if n >= FIRST_HOT else 1 + (n - 1) // DEPARTMENTS % 16


def line_id(year, unit, seq):
    return f"450600-{year}-{unit}-{seq:04}"


def ready_fen(n):
    """The amount of a draft that will be signed."""
    return (1 + n % 50) * 100000


def ready_supplier(n):
    """The supplier of a draft that will be signed: any that may provide, which every fifth may not."""
    return n % 1600 // 4 * 5 + n % 4 + 1


def budget_lines(budget):
    """Department and line numbers of one of next year's budgets."""
    first = budget // DEPARTMENTS * BUDGET_LINES
    return budget % DEPARTMENTS, range(first + 1, first + 1 + BUDGET_LINES)


def any_contracts(sizes, count, seed):
    """(year, number) of loaded contracts, some twice, in a seeded order; drafts of W1 are among them."""
    dice, others = random.Random(seed), sizes["others"]
    for _ in range(count):
        i = dice.randrange(others + sizes["ours"])
        if i >= others:
            yield YEAR, FIRST_OURS + i - others
            continue
        yield YEARS[i // DEPARTMENTS % len(YEARS)], FIRST_OTHER + i // (
            DEPARTMENTS * len(YEARS)
        ) * DEPARTMENTS + i % DEPARTMENTS


# --- credit codes (GB 32100-2015), for suppliers ---

_SIGNS = "0123456789ABCDEFGHJKLMNPQRTUWXY"


def credit_code(i):
    """A well-formed unified social credit code of the city's own division."""
    organisation = f"MB{i:06}"
    signs = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    weights = (3, 7, 9, 10, 5, 8, 4, 2)
    check = 11 - sum(w * signs.index(c) for w, c in zip(weights, organisation)) % 11
    organisation += "X" if check == 10 else "0" if check == 11 else str(check)
    code = "91450600" + organisation
    total = sum(pow(3, k, 31) * _SIGNS.index(c) for k, c in enumerate(code))
    return code + _SIGNS[(31 - total % 31) % 31]
