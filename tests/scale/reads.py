"""The declared reads as the program prints them, and with which values the tests ask them."""
import json
import subprocess

import rows
from harness import program

PAGE = 50
STATES = {"ListBudgets": ("ISSUED", "ADJUSTING"), "ListCases": ("RECTIFYING", "DEEMED_AGREED"),
          "ListContracts": ("PERFORMING", "SIGNED"), "ListFindings": ("VERIFIED", "NOT_ACCEPTED"),
          "ListHistoryBatches": ("CONFIRMED", "REFUSED"), "ListHits": ("ANSWERED", "CONFIRMED"),
          "ListRounds": ("REVIEWED", "NONE"), "ListSuppliers": ("REGISTERED", "BANNED")}


def _of(table, column="id", place=3):
    """A query for something that the units of the scope hold; {scope} is filled in later."""
    return f"$SELECT {column} FROM {table} WHERE unit_id LIKE '{{scope}}%' ORDER BY 1 OFFSET {place} LIMIT 1"


# Field of a request → its value, and one that finds nothing beside the others' usual ones; $ begins a query.
VALUES = {
    "year": (rows.YEAR - 1, 2098),
    "after": (1000, 10**15),
    "from_date": (f"{rows.YEAR}-01-01", "1800-01-01"),
    "to_date": (f"{rows.YEAR}-12-31", "1800-01-01"),
    "on_date": (f"{rows.YEAR}-03-01", "1800-01-01"),
    "contract_id": (_of("contract_supplement", "contract_id"), "-"),
    "supplement_id": (_of("contract_supplement"), "-"),
    "duty_id": (_of("contract_duty"), "-"),
    "line_id": (f"$SELECT line_id FROM contract WHERE unit_id LIKE '{{scope}}%' AND year = {rows.YEAR - 1}"
                " ORDER BY 1 LIMIT 1", "-"),
    "budget_id": (rows.line_id(rows.YEAR, "{scope}", 3), "-"),
    "round_id": (_of("budget_round"), "-"),
    "hit_id": (_of("budget_hit"), "-"),
    "notice_id": (_of("budget_notice"), "-"),
    "case_id": (_of("audit_case_unit", "case_id"), "-"),
    "finding_id": (_of("audit_finding"), "-"),
    "batch_id": (_of("history_record", "batch_id", 40), "-"),
    "person_id": (_of("person"), "-"),
    "supplier_id": (rows.credit_code(777), rows.credit_code(999999)),
    "supplier_type": ("310", "999"),
    "supplier_name": ("防城港", "没有"),
    "person_state": ("PROPOSED", "SUSPENDED"),
    "kind": ("INSPECTION", "-"),
    "type": ("110", "999"),
    "id": ("203", "999"),
    "parent_id": ("$SELECT parent_id FROM unit WHERE parent_id IS NOT NULL LIMIT 1", "999"),
    "version_id": ("CN-2020", "CN-1800"),
    "parent": ("A02", "B99"),
    "code": ("A0201", "B9999"),
    "list_id": ("NL001", "NL000"),
    "text": ("服务", "没有"),
    "rule_id": ("$SELECT rule_id FROM rule_value LIMIT 1", "-"),
    "rule_state": ("CONFIRMED", "REFUSED"),
    "proposal_id": ("PP0001", "-"),
    "finding": ("NOT_LISTED", "WRONGLY_LISTED"),
    "check": ("K2", "K7"),
    "by": ("UNIT", "UNIT"),
    "category": ("", "Z"),
    "measure": ("", "PAID"),
    "_now": (1,),
    "_today": (f"{rows.YEAR}-03-05",),
    "_unit": ("223",),
    "_actor": ("P00009",),
}


class Read:
    """One declared statement."""

    def __init__(self, number, said):
        self.method, self.is_list, self.into = said["method"].split("/")[-1], said["list"], said["into"]
        self.needs = set((said["needs"] or "").split())
        self.sql, self.params = said["sql"], [(p["name"], p["type"]) for p in said["params"]]
        self.names = [name for name, _ in self.params]
        self.prepared = f"read_{number}"
        self.optional = {n for n in self.names if n[0] != "_" and self.is_list} - self.needs

    def __str__(self):
        needs = " ".join(sorted(self.needs))
        return f"{self.method}({needs})" if self.is_list else f"{self.method} {self.into or ''}".strip()

    def prepare(self, postgres):
        types = ", ".join(kind for _, kind in self.params)
        types = f" ({types})" if types else ""
        postgres.rows(f"PREPARE {self.prepared}{types} AS {self.sql}")
        if self.is_list:  # how many rows there are, and the key after which the last page begins
            postgres.rows(
                f"PREPARE {self.prepared}_keys{types} AS"
                f" SELECT count(*), coalesce((array_agg(q.k))[count(*) - {PAGE}], '')"
                f"   FROM ({self.sql}) q (k)")

    def execute(self, values, what=""):
        texts = [(str(values[name]).replace("'", "''"), kind) for name, kind in self.params]
        said = ", ".join(f"'{text}'::{kind}" for text, kind in texts)
        return f"EXECUTE {self.prepared}{what}{f' ({said})' if said else ''}"


def declared():
    text = subprocess.run([program("purserd"), "reads"], capture_output=True, text=True, check=True).stdout
    return [Read(i, json.loads(line)) for i, line in enumerate(text.splitlines())]


def scopes_of(read, reads, all_scopes):
    """Whose eyes it is asked with; "" sees all. As plan_choose() in server/front/reader_plan.c does."""
    if "_scope" not in read.names:
        return [""]
    if "unit_id" in read.needs:
        return [s for s in all_scopes if s]
    if not read.is_list:
        return all_scopes
    has_own = any(r.method == read.method and r.needs == read.needs | {"unit_id"} for r in reads)
    return [""] if has_own else all_scopes


class Asked:
    """A statement with all its values: in whose scope, usual ones, or one (`empty`) that finds nothing."""

    def __init__(self, read, scope, with_optional, empty, postgres):
        self.read, self.scope, self.with_optional, self.empty = read, scope, with_optional, empty
        self.values = {"_scope": scope, "_after": "", "_limit": PAGE + 1}
        for name, kind in read.params:
            if name not in self.values:
                self.values[name] = self._value(name, kind, postgres)

    def _value(self, name, kind, postgres):
        if name in self.read.optional and not self.with_optional:
            return {"bigint": 0, "boolean": False}.get(kind, "")
        pair = STATES[self.read.method] if name == "state" else VALUES[name]
        value = pair[name == self.empty]
        if isinstance(value, str):
            value = value.replace("{scope}", self.scope or "203")
            if value[0:1] == "$":
                value = postgres.value(value[1:]) or "-"
        return value

    def __str__(self):
        eyes = f"as {self.scope}" if self.scope else "as all"
        filters = ", all filters" if self.with_optional else ""
        return f"{self.read} {eyes}{filters}{f', no such {self.empty}' if self.empty else ''}"

    def at(self, after=""):
        return self.read.execute({**self.values, "_after": after})

    def ends(self, postgres):
        """(rows in the whole list, the key after which its last page begins)."""
        count, before = postgres.rows(self.read.execute({**self.values, "_limit": 10**9}, "_keys"))[0]
        return int(count), before


def all_asked(reads, scopes, postgres):
    for read in reads:
        for scope in scopes_of(read, reads, scopes):
            for with_optional in (False, True) if read.optional else (False,):
                given = [n for n in read.names if n[0] != "_" and (with_optional or n not in read.optional)]
                for empty in [None, *given]:
                    yield Asked(read, scope, with_optional, empty, postgres)
