#!/usr/bin/python3
"""At 1,000,000 contracts every statement finds its rows by an index, and no page costs more than another.

Counted, not timed: rows taken from tables of more than a thousand, and pages looked at. The statements come
from the program itself: the declared reads from `purserd reads`, the writer's from the texts in the binary.
"""
import os
import re
import shutil
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "support"), os.path.join(HERE, "..", "bench")]

import founding  # noqa: E402
from harness import ROOT, expect, fixture, main, program, test  # noqa: E402
from plans import Postgres  # noqa: E402
from reads import PAGE, all_asked, declared  # noqa: E402

LARGE_ROWS = 1000  # a table with more is large
HOT = ("contract", "contract_year", "contract_event", "contract_duty", "budget_hold", "journal_entry",
       "request")
LIST_ROWS, LIST_PAGES = 4 * (PAGE + 1), 6 * (PAGE + 1)  # what a row's subselects read, counted in
ONE_ROWS, ONE_PAGES = 100, 100
WRITER_ROWS = 1000  # expected of one look-up


class Reason:
    """Why a read may take more than a page of rows, and how much then; None: it is planned, but not run."""

    def __init__(self, rows, pages, why):
        self.rows, self.pages, self.why = rows, pages, why


# By what the statement is called in the output, or the beginning of that.
READS = {
    "GetStatistics": Reason(None, None, "whole years are read from totals , others from records"),
    "ListContracts(supplier_id unit_id": Reason(600, 600, "of a supplier's contracts one's own; here of 520"),
    "ListContracts(state supplier_id": Reason(600, 600, "a supplier's contracts of a state; here of 520"),
    "GetBudget holds": Reason(500, 500, "all holds of a line; here 345"),
    "GetCatalogueVersion": Reason(200, 100, "counts the 160 services of a version"),
    "ListCases(": Reason(500, 500, "the cases that name a unit, some ten a year, with the units of each"),
    "ListHistory(batch_id unit_id)": Reason(600, 600, "a batch has at most 500 records, most are others'"),
    "ListCatalogueVersions()": Reason(4000, 200, "counts the 160 services of each version"),
    "ListRounds(": Reason(5200, 5400, "adds up the department's lines for each round; here up to 100"),
    "ListHits(": Reason(16000, 1200, "state, finding and check of each are looked at: some hundreds a year"),
    "ListSuppliers(state supplier_type)": Reason(500, 100, "all of a type are looked at for the two states"),
    "ListSuppliers(supplier_name": Reason(2100, 100, "a part of a name may stand anywhere in it"),
}
# Of the writer, by a piece of the text.
WRITES = {
    "count(*) FILTER (WHERE state IN ('UP1'": "a cycle's step counts the year's lines",
    "AND subject = 'PROJECT'": "screening compares with all that the year's screening found before",
    "EXISTS (SELECT 1 FROM budget_line l": "screening looks at the year's projects",
}
# Texts with holes: verify, which reads everything. Pieces: of what is put together for many rows at once.
MADE_AT_RUN_TIME = re.compile(r"%s|^(SELECT|INSERT INTO|UPDATE|DELETE FROM) ?$|_q\._n")
# What PostgreSQL cannot tell by itself about $1, $2 …
TYPES = {" SELECT $1 || '-' || u.id || '-U1', $1,": "(bigint, text[], text[], text, bigint)"}


def _settings():
    """What the private cluster and each connection are told and what plans depend on, from their sources."""
    def text(name):
        with open(os.path.join(ROOT, "server", "base", name), encoding="utf-8") as f:
            return f.read()
    cluster = re.findall(r'^ +"(\w+)=([^"]*)",$', text("cluster.c"), re.M)
    session = re.findall(r'"SET (\w+) = \'?([^\';"]+)\'?;?"', text("db.c"))
    expect(("random_page_cost", "1.1") in cluster and ("plan_cache_mode", "force_generic_plan") in session)
    return cluster + session


class Million:
    """The loaded city's PostgreSQL, without purserd: nothing is written."""

    def __init__(self):
        kept = founding.snapshot("large", founding.LARGE, print)
        self.is_copy = os.getuid() == 0 and not founding.is_reachable(kept)
        if self.is_copy:
            self.folder = founding.copied(kept)
        self.lock = founding.alone()
        self.lock.__enter__()
        self.loading = founding.Loading(self.folder if self.is_copy else kept)
        self.loading.__enter__()
        self.postgres = Postgres(f"host={self.loading.socket} user=purser dbname=purser")
        self._settle()
        self.reads = declared()
        for read in self.reads:
            read.prepare(self.postgres)
        self.large = {name for name, in self.postgres.rows(
            f"SELECT relname FROM pg_class WHERE relkind = 'r' AND reltuples > {LARGE_ROWS}"
            " AND relnamespace = 'public'::regnamespace")}
        self.asked = list(all_asked(self.reads, self.scopes(), self.postgres))
        self.starts, self.used = {}, set()

    def _settle(self):
        may = {name for name, in self.postgres.rows("SELECT name FROM pg_settings WHERE context = 'user'")}
        for name, value in _settings():
            if name in may:
                self.postgres.rows(f"SET {name} = '{value}'")
        self.postgres.rows("SET default_transaction_read_only = on")

    def close(self):
        self.postgres.close()
        self.loading.__exit__()
        self.lock.__exit__(None, None, None)
        if self.is_copy:
            shutil.rmtree(os.path.dirname(self.folder))

    def scopes(self):
        """All; a department; one with units below it; such a unit."""
        below = self.postgres.value("SELECT min(unit_id) FROM contract WHERE length(unit_id) > 3")
        alone = self.postgres.value(
            "SELECT min(unit_id) FROM (SELECT DISTINCT unit_id FROM contract) c"
            " WHERE unit_id NOT IN (SELECT left(unit_id, 3) FROM contract WHERE length(unit_id) > 3)")
        return ["", alone, below[:3], below]

    def start_of(self, asked):
        """The plan of the first page, run once; None when it is planned only."""
        if str(asked) not in self.starts:
            runs = bounds_of(asked)[0] is not None
            plan = self.postgres.plan(asked.at(), runs)
            self.starts[str(asked)] = plan if runs else None
        return self.starts[str(asked)]

    def faults_of(self, plan):
        """Scans that are wrong whatever they cost; notes which indexes served."""
        for kind, table, index, condition, _ in plan.scans():
            self.used.add(index)
            if table in self.large and kind == "Seq Scan":
                yield f"{table} is read from end to end"
            if table in self.large and kind.startswith("Index") and not condition and "_pkey" not in index:
                yield f"{index} is read from its beginning"


million = fixture(Million)
million()  # loading lasts longer than a test may


def reason_for(asked):
    return next((reason for name, reason in READS.items() if str(asked.read).startswith(name)), None)


def bounds_of(asked):
    reason = reason_for(asked)
    if reason:
        return reason.rows, reason.pages
    return (LIST_ROWS, LIST_PAGES) if asked.read.is_list else (ONE_ROWS, ONE_PAGES)


def costs(place, plan, asked):
    """What is wrong with a plan that ran, in words."""
    rows, pages = bounds_of(asked)
    for fault in million().faults_of(plan):
        yield f"{asked}, {place}: {fault}"
    taken = plan.rows_of(million().large)
    if taken > rows or plan.pages > pages:
        yield f"{asked}, {place}: {taken} rows (at most {rows}), {plan.pages} pages (at most {pages})"
    if plan.sorted > max(rows, LARGE_ROWS):
        yield f"{asked}, {place}: {plan.sorted} rows are sorted"


def fails(found):
    expect(not found, f"\n{len(found)} times\n" + "\n".join(found))


@test
def every_read_takes_its_rows_by_an_index_and_no_more_than_it_shows():
    found, seen = [], {}
    for asked in million().asked:
        plan = million().start_of(asked)
        if not plan:
            continue
        found += costs("at the start", plan, asked)
        taken, by = seen.setdefault(str(asked.read), [0, {}])
        seen[str(asked.read)][0] = max(taken, plan.pages)
        by.update(dict.fromkeys(plan.served_by()))
    for name, (pages, by) in seen.items():
        print(f"  {name}: {', '.join(by) or 'no table'}; at most {pages} pages")
    fails(found)


@test
def a_page_costs_the_same_at_the_start_and_at_the_end_of_its_list():
    found, compared = [], 0
    for asked in million().asked:
        if not asked.read.is_list or asked.empty:
            continue
        count, before = asked.ends(million().postgres)
        if count <= 2 * PAGE:
            continue
        first, last = million().start_of(asked), million().postgres.plan(asked.at(before))
        found += costs("at the end", last, asked)
        if reason_for(asked):
            continue
        compared += 1
        rows = sorted(max(plan.rows_of(million().large), PAGE) for plan in (first, last))
        # Where the rows lie on the disk is chance: at most a page each.
        if rows[1] > 1.5 * rows[0] or last.pages > 1.5 * first.pages + PAGE:
            found.append(f"{asked}: {first.pages} pages at the start, {last.pages} at the end of {count},"
                         f" {rows} rows")
    expect(compared > 40, compared, "lists were compared")
    fails(found)


@test
def every_exception_is_needed():
    over = set()
    for asked in million().asked:
        reason = reason_for(asked)
        plan = million().start_of(asked) if reason else None
        if not plan:
            continue
        rows, pages = (LIST_ROWS, LIST_PAGES) if asked.read.is_list else (ONE_ROWS, ONE_PAGES)
        if plan.rows_of(million().large) > rows or plan.pages > pages:
            over.add(reason.why)
    idle = [r.why for r in READS.values() if r.rows is not None and r.why not in over]
    expect(not idle, "no statement needs it any more:", idle)


# --- the writer ---


def texts_of(path):
    """Statements among the texts of a program that are no declared reads."""
    with open(path, "rb") as f:
        data = f.read()
    texts = {t.decode() for t in data.split(b"\0")
             if re.match(rb"(SELECT|INSERT INTO|UPDATE|DELETE FROM|WITH \w+ AS) ?", t) and min(t) >= 32}
    return sorted(t for t in texts if not re.search(r"(?<![:\w]):_?[a-z]\w+", t))


def for_many(sql, types):
    """An UPDATE of one row as one of many, the parameters being arrays; None when it is no such."""
    depth, at = 0, None
    for i, sign in enumerate(sql):
        depth += {"(": 1, ")": -1}.get(sign, 0)
        if depth == 0 and sql.startswith(" FROM ", i):
            return None
        if depth == 0 and sql.startswith(" WHERE ", i):
            at = i
            break
    if not sql.startswith("UPDATE ") or at is None or any(t.endswith("[]") for t in types):
        return None
    inner = [re.sub(r"\$(\d+)", r"_q._\1", part) for part in (sql[:at], sql[at:])]
    arrays = ", ".join(f"${i}::{kind}[]" for i, kind in enumerate(types, 1))
    names = ", ".join(f"_{i}" for i in range(1, len(types) + 1))
    return f"{inner[0]} FROM unnest({arrays}) AS _q ({names}){inner[1]}"


def types_of(sql):
    """Of the parameters, as PostgreSQL understands them."""
    postgres = million().postgres
    postgres.rows(f"PREPARE typed AS {sql}")
    said = postgres.value("SELECT array_to_string(parameter_types, ',') FROM pg_prepared_statements"
                          " WHERE name = 'typed'")
    postgres.rows("DEALLOCATE typed")
    return said.split(",") if said else []


def plan_of(sql):
    """The generic plan of a statement of the writer; nobody runs it."""
    postgres, types = million().postgres, next((t for piece, t in TYPES.items() if piece in sql), "")
    postgres.rows(f"PREPARE written {types} AS {sql}")
    count = max((int(n) for n in re.findall(r"\$(\d+)", sql)), default=0)
    nulls = f" ({', '.join(['NULL'] * count)})" if count else ""
    plan = postgres.plan("EXECUTE written" + nulls, runs=False)
    postgres.rows("DEALLOCATE written")
    return plan


@test
def every_look_up_of_the_writer_goes_by_an_index():
    found, looked, idle = [], 0, set(WRITES)
    texts = [sql for sql in texts_of(program("purserd")) if not MADE_AT_RUN_TIME.search(sql)]
    updates = [for_many(sql, types_of(sql)) for sql in texts if sql.startswith("UPDATE ")]
    expect(len(list(filter(None, updates))) > 20, "the writer changes many rows at once")
    for sql in texts + list(filter(None, updates)):
        plan, looked = plan_of(sql), looked + 1
        named = {piece for piece in WRITES if piece in sql}
        idle -= named
        wrong = list(million().faults_of(plan))
        wrong += [f"{rows} rows are expected of {table or index}" for _, table, index, _, rows in plan.scans()
                  if table in million().large and rows > WRITER_ROWS and not named]
        found += [f"{fault}: {sql}" for fault in wrong]
        if any(table in million().large for _, table, _, _, _ in plan.scans()):
            print(f"  {', '.join(plan.served_by())}: {sql[:70]}")
    expect(looked > 150, looked, "statements were found in the program")
    expect(not idle, "no statement needs it any more:", idle)
    fails(found)


@test
def every_index_of_a_hot_table_serves_a_statement():
    expect(million().used, "the other tests have run")
    indexes = million().postgres.rows(
        "SELECT c.relname FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid"
        f" WHERE NOT i.indisunique AND i.indrelid IN ({', '.join(f'{t!r}::regclass' for t in HOT)})")
    idle = {name for name, in indexes} - million().used
    expect(not idle, "each write pays for", idle)


main()
