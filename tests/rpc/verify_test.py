#!/usr/bin/python3
"""What is changed behind the server's back is named by verify: every table, and every kind of tampering."""
import os
import random
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
# pylint: disable=wrong-import-position
from harness import equal, expect, fixture, main, test
from proxied import conninfo_of, psql
from rich import RichCity

SEED = int(os.environ.get("SEED", "450600"))
OUTSIDE = {"schema_version"}  # which program made the tables, no business of the journal
city = fixture(lambda: RichCity(idle_ms=3600000))


def sql(text):
    return psql(conninfo_of(city()), text)


def wrong(text):
    """Tries a change: False when the database's own constraints refuse it."""
    try:
        return sql(f"SET session_replication_role = replica; {text}")
    except RuntimeError:
        return False


def tables():
    names = sql("SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
                " ORDER BY 1").split()
    return [n for n in names if n not in OUTSIDE]


def columns(table):
    rows = sql("SELECT attname || ' ' || atttypid::regtype FROM pg_attribute"
               f" WHERE attrelid = '{table}'::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum")
    return [tuple(r.split(" ", 1)) for r in rows.splitlines()]


def other_values(column, kind):
    """SQL for values that the column might have instead, likely ones first."""
    if kind in ("bigint", "integer"):
        return [f"{column} + 1", f"{column} - 1", "1", "0", f"{column} + 1000000"]
    if kind == "boolean":
        return [f"NOT {column}"]
    if kind == "date":
        return [f"{column} + 1", f"{column} - 1", "DATE '2019-05-05'"]
    if kind == "bytea":
        return [f"set_byte({column}, 0, get_byte({column}, 0) # 1)"]
    if kind == "text[]":
        return [f"{column} || '999'::text"]
    return [f"{column} || 'x'", f"'x' || {column}", f"reverse({column})", f"replace({column}, '1', '2')",
            "'999'"]


def named(*words):
    """verify ends with 9 and names all of these."""
    code, text = city().verify()
    expect(code == 9 and all(w in text for w in words), words, code, text)
    return text


def changed(table, column, kind, row):
    """Changes one value, asks verify, and changes it back; False when constraints allow no other value."""
    kept = f"_kept_{table}"
    sql(f"CREATE TABLE {kept} AS SELECT {column} AS v FROM {table} WHERE ctid = '{row}'")
    try:
        for value in other_values(column, kind):
            now = wrong(f"UPDATE {table} SET {column} = {value} WHERE ctid = '{row}'"
                        f" AND {column} IS DISTINCT FROM ({value}) RETURNING ctid")
            if not now:
                continue
            try:
                named(table)
            finally:
                expect(wrong(f"UPDATE {table} SET {column} = (SELECT v FROM {kept}) WHERE ctid = '{now}'"
                             " RETURNING ctid"), table, column)
            return True
        return False
    finally:
        sql(f"DROP TABLE {kept}")


def tampered(table, column, kind, where):
    """True when one of the rows could be changed in that column, and verify named it."""
    rows = sql(f"SELECT ctid FROM {table} WHERE {where} AND {column} IS NOT NULL"
               f" ORDER BY md5(ctid::text || '{random.random()}') LIMIT 8").split()
    return any(changed(table, column, kind, row) for row in rows)


# --- every table ---

@test
def an_untouched_database_verifies():
    code, text = city().verify()
    equal(code, 0, text)
    expect("entries replayed" in text and "rows equal" in text)


def one_changed_value_is_named_in(half):
    random.seed(SEED)
    untouched = []
    for table in tables()[half::2]:
        where = {"request": "idx IS NOT NULL"}.get(table, "true")  # refusals are not journalled
        if not sql(f"SELECT 1 FROM {table} WHERE {where} LIMIT 1"):
            continue
        choice = [c for c in columns(table) if (table, c[0]) != ("request", "at_us")]
        random.shuffle(choice)
        if not any(tampered(table, *column, where) for column in choice):
            untouched.append(table)
    equal(untouched, [])
    equal(city().verify()[0], 0)


@test
def one_changed_value_in_any_table_is_named():
    one_changed_value_is_named_in(0)


@test
def one_changed_value_in_any_other_table_is_named():
    one_changed_value_is_named_in(1)


@test
def every_value_of_the_journals_tables_is_held():
    for table, where in (("journal_entry", "idx > 5"), ("journal_node", "true"), ("journal_head", "true"),
                         ("journal_checkpoint", "size > 5"), ("request", "idx > 5")):
        for column, kind in columns(table):
            if (table, column) in (("journal_head", "is_head"), ("request", "at_us")):
                continue
            expect(tampered(table, column, kind, where), table, column)


@test
def a_deleted_or_an_added_row_is_named():
    for table, where in (("contract", "true"), ("budget_hold", "true"), ("person_role", "true"),
                         ("journal_entry", "idx = 7"), ("journal_node", "true"), ("request", "idx = 7"),
                         ("counter", "true"), ("people_version", "true"), ("journal_checkpoint", "size = 9")):
        sql(f"CREATE TABLE _kept AS SELECT * FROM {table} WHERE ctid ="
            f" (SELECT ctid FROM {table} WHERE {where} LIMIT 1)")
        try:
            expect(wrong(f"DELETE FROM {table} WHERE ctid = (SELECT ctid FROM {table} WHERE {where} LIMIT 1)"
                         " RETURNING 1"), table)
            named(table)
        finally:
            sql(f"SET session_replication_role = replica; INSERT INTO {table} SELECT * FROM _kept")
            sql("DROP TABLE _kept")
    sql("INSERT INTO division (id, name) VALUES ('459999', '没有的地方')")
    named("table division", "459999", "not in the journal")
    sql("DELETE FROM division WHERE id = '459999'")
    equal(city().verify()[0], 0)


# --- the journal's order and its ends ---

@test
def two_entries_that_changed_places_are_named():
    swap = ("UPDATE journal_entry a SET entry = b.entry, leaf_hash = b.leaf_hash, at_us = b.at_us,"
            " method = b.method, person_id = b.person_id, units = b.units FROM journal_entry b"
            " WHERE a.idx IN (8, 9) AND b.idx = 17 - a.idx")
    sql(swap)
    try:
        named("journal_entry")
    finally:
        sql(swap)


@test
def a_tail_that_was_cut_off_with_its_head_is_told_by_the_checkpoint_file():
    city().operator.do("UnitService/ImportDivisions", rows=[{"id": "451000", "name": "百色市"}])
    size = int(sql("SELECT size FROM journal_head"))
    cut = (("request", f"idx = {size - 1}"), ("journal_node", f"(at + 1) << level > {size - 1}"),
           ("journal_entry", f"idx = {size - 1}"), ("journal_checkpoint", f"size = {size}"),
           ("division", "id = '451000'"), ("journal_head", "is_head"))
    for table, where in cut:
        sql(f"CREATE TABLE _cut_{table} AS SELECT * FROM {table} WHERE {where}")
    try:
        for table, where in cut[:-1]:
            sql(f"DELETE FROM {table} WHERE {where}")
        sql("UPDATE journal_head h SET size = c.size, note = c.note, last_us = e.at_us,"
            " root = decode(split_part(c.note, E'\\n', 3), 'base64')"
            f" FROM journal_checkpoint c, journal_entry e WHERE c.size = {size - 1} AND e.idx = {size - 2}")
        named("checkpoint file", f"knows {size} entries, the database has {size - 1}")
    finally:
        sql("DELETE FROM journal_head")
        for table, _ in reversed(cut):
            sql(f"INSERT INTO {table} SELECT * FROM _cut_{table}; DROP TABLE _cut_{table}")
    equal(city().verify()[0], 0)


@test
def what_lies_beyond_the_head_is_named():
    size = int(sql("SELECT size FROM journal_head"))
    for table, insert, delete in (
            ("journal_entry", f"SELECT {size} + 3, entry, leaf_hash, at_us, method, person_id, units"
                              " FROM journal_entry WHERE idx = 3", f"idx >= {size}"),
            ("journal_checkpoint", f"SELECT {size} + 3, note FROM journal_checkpoint LIMIT 1",
             f"size > {size}"),
            ("journal_node", "SELECT 40, 0, hash FROM journal_node LIMIT 1", "level = 40")):
        sql(f"INSERT INTO {table} {insert}")
        named(table)
        sql(f"DELETE FROM {table} WHERE {delete}")
    equal(city().verify()[0], 0)


@test
def a_live_server_may_go_on_writing_while_it_is_verified():
    s = city()
    for i in range(3):
        with subprocess.Popen(s.command("verify"), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True) as p:
            n = 0
            while p.poll() is None:
                row = {"id": f"46{i}{n % 1000:03}", "name": "甲"}
                s.operator.do("UnitService/ImportDivisions", rows=[row])
                n += 1
            equal(p.returncode, 0, p.stdout.read())
        expect(n > 5, n)


main()
