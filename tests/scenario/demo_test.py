"""The demo tells its year; verify names every row of it that is changed behind the server's back."""
import os
import re
import shutil
import subprocess
import tempfile

from harness import equal, expect, fixture, main, program, test
from server import Server

HERE = os.path.dirname(os.path.abspath(__file__))


class Year:
    """The demo, run once into a folder that is kept until the tests are over."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="purser-year-")
        os.chmod(self.folder, 0o755)
        env = {
            **os.environ,
            "PURSER_BIN": os.path.dirname(program("purserd")),
            "PURSER_DEMO_WORK": self.folder,
        }
        done = subprocess.run(
            ["bash", os.path.join(HERE, "demo.sh")],
            capture_output=True,
            text=True,
            env=env,
            check=False,
            stdin=subprocess.DEVNULL,
        )
        self.code, self.output = done.returncode, done.stdout + done.stderr
        self._server = None

    @property
    def server(self):
        """A server on the city that the demo left, and its database."""
        if self._server is None:
            self._server = Server(
                folder=self.folder,
                starts=False,
                clock=os.path.join(self.folder, "clock"),
                listen=f"ipc://{self.folder}/purserd.ipc",
            )
            self._server.ipc = f"ipc://{self.folder}/purserd.ipc"
            self._server.start()
        return self._server

    def conninfo(self):
        with open(os.path.join(self.folder, "data", "postgres.conninfo"), encoding="utf-8") as f:
            return f.read().strip()

    def sql(self, text):
        bindir = subprocess.run(
            ["pg_config", "--bindir"], capture_output=True, text=True, check=True
        ).stdout.strip()
        done = subprocess.run(
            [f"{bindir}/psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", self.conninfo(), "-c", text],
            capture_output=True,
            text=True,
            check=False,
        )
        expect(done.returncode == 0, text, done.stderr)
        return done.stdout.strip()

    def close(self):
        if self._server:
            self._server.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


year = fixture(Year)


@test
def the_demo_ends_well():
    equal(year().code, 0, year().output[-3000:])


@test
def the_figures_of_the_article_are_there():
    for figure in ("1989.68", "10000.32"):
        expect(re.search(figure.replace(".", r"\.") + r"|" + f"{float(figure):,.2f}", year().output), figure)


@test
def each_refusal_names_its_rule_and_article():
    for rule, article in (("H8", "政府采购法"), ("H6", "第二十四条"), ("H9", "第四十九条"), ("P4", "第八条")):
        expect(re.search(rf"规则\s+{rule}（.*{article}", year().output), rule, article)


@test
def the_demo_verifies_every_entry_and_every_row():
    expect(
        re.search(r"verify: \d+ entries replayed", year().output)
        and re.search(r"\d+ rows equal", year().output)
    )


# --- changes behind the server's back ---

STAND_OUTSIDE = {
    "schema_version",
    "request",
    "journal_entry",
    "journal_node",
    "journal_head",
    "journal_checkpoint",
}


def business_tables():
    rows = year().sql(
        "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' AND"
        " table_type = 'BASE TABLE'"
    )
    return sorted(set(rows.split()) - STAND_OUTSIDE)


def changed(table):
    """Changes one row's column, no key where there is a choice; the column's name. restore() undoes it."""
    columns = [
        line.split("|")
        for line in year()
        .sql(
            "SELECT a.attname, format_type(a.atttypid, NULL), COALESCE(i.indisprimary, false)"
            f" FROM pg_attribute a LEFT JOIN pg_index i ON i.indrelid = a.attrelid AND i.indisprimary"
            f" AND a.attnum = ANY (i.indkey)"
            f" WHERE a.attrelid = '{table}'::regclass AND a.attnum > 0 AND NOT a.attisdropped ORDER"
            f" BY 3, a.attnum"
        )
        .splitlines()
    ]
    change = {
        "bigint": "{c} + 1",
        "integer": "{c} + 1",
        "text": "{c} || '?'",
        "boolean": "NOT {c}",
        "date": "{c} + 1",
        "bytea": "set_byte({c}, 0, get_byte({c}, 0) # 1)",
    }
    for column, kind, _ in columns:
        if kind not in change:
            continue
        year().sql(f"CREATE TABLE IF NOT EXISTS kept_{table} AS TABLE {table}")
        done = subprocess.run(
            [
                "psql",
                "-X",
                "-q",
                "-A",
                "-t",
                year().conninfo(),
                "-c",
                f"SET session_replication_role = replica; UPDATE {table} SET {column} ="
                f" {change[kind].format(c=column)}"
                f" WHERE ctid = (SELECT ctid FROM {table} WHERE {column} IS NOT NULL LIMIT 1) RETURNING 1",
            ],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode == 0 and done.stdout.strip():
            return column
    return None


def restore(table):
    year().sql(
        f"SET session_replication_role = replica; DELETE FROM {table}; INSERT INTO {table} SELECT *"
        f" FROM kept_{table};"
        f" DROP TABLE kept_{table}"
    )


@test
def a_changed_row_of_each_business_table_is_named():
    year().server.health()
    tables = business_tables()
    expect(len(tables) >= 25, tables)
    code, text = year().server.verify()
    equal(code, 0, text)
    empty = []
    for table in tables:
        if year().sql(f"SELECT count(*) FROM {table}") == "0":
            empty.append(table)
            continue
        column = changed(table)
        expect(column, "no column of", table, "could be changed")
        code, text = year().server.verify()
        restore(table)
        equal(code, 9, table, column, text)
        expect(f"table {table}, key " in text and column in text, table, column, text)
    expect(len(empty) <= 6, "tables without a row to change:", empty)
    for table in empty:
        print(f"         empty in the demo: {table}")
    code, text = year().server.verify()
    equal(code, 0, text)


@test
def a_deleted_and_an_inserted_row_are_named():
    year().sql(
        "CREATE TABLE kept_contract_event AS TABLE contract_event;"
        " DELETE FROM contract_event WHERE ctid = (SELECT ctid FROM contract_event LIMIT 1)"
    )
    code, text = year().server.verify()
    restore("contract_event")
    equal(code, 9, text)
    expect("contract_event" in text and "missing" in text, text)
    year().sql("INSERT INTO counter (name, value) VALUES ('smuggled', 1)")
    code, text = year().server.verify()
    year().sql("DELETE FROM counter WHERE name = 'smuggled'")
    equal(code, 9, text)
    expect("counter" in text and "smuggled" in text, text)


@test
def a_flipped_byte_in_the_journal_is_named():
    year().sql(
        "CREATE TABLE kept_entry AS SELECT * FROM journal_entry WHERE idx = 7;"
        " UPDATE journal_entry SET entry = set_byte(entry, 40, get_byte(entry, 40) # 1) WHERE idx = 7"
    )
    code, text = year().server.verify()
    year().sql(
        "UPDATE journal_entry e SET entry = k.entry FROM kept_entry k WHERE e.idx = k.idx; DROP"
        " TABLE kept_entry"
    )
    equal(code, 9, text)
    expect("idx = 7" in text, text)


@test
def a_stored_answer_that_was_changed_is_named():
    year().sql(
        "CREATE TABLE kept_request AS SELECT * FROM request WHERE idx = 9;"
        " UPDATE request SET answer = set_byte(answer, 20, get_byte(answer, 20) # 1) WHERE idx = 9"
    )
    code, text = year().server.verify()
    year().sql(
        "UPDATE request r SET answer = k.answer FROM kept_request k WHERE r.id = k.id; DROP TABLE"
        " kept_request"
    )
    equal(code, 9, text)
    expect("request" in text and "idx = 9" in text, text)


# --- an older database ---


@test
def an_older_database_is_refused_at_start_and_by_a_client_with_a_newer_receipt():
    y = year()
    dump = os.path.join(y.folder, "older.sql")
    bindir = subprocess.run(
        ["pg_config", "--bindir"], capture_output=True, text=True, check=True
    ).stdout.strip()
    y.server.health()
    subprocess.run([f"{bindir}/pg_dump", "--clean", "--if-exists", "-f", dump, y.conninfo()], check=True)
    home = os.path.join(y.folder, "people", "leader")
    env = {**os.environ, "PURSER_HOME": home, "PURSER_LANG": "en"}
    word = subprocess.run(
        [program("purser"), "policy", "list-proposals"], env=env, capture_output=True, text=True, check=False
    )
    equal(word.returncode, 0, word.stderr)
    # one more entry: the leader changes something, and keeps the receipt
    more = subprocess.run(
        [program("purser"), "invite", "--name", "迟来者", "--unit", "203", "--role", "clerk"],
        capture_output=True,
        text=True,
        env={**env, "PURSER_HOME": os.path.join(y.folder, "people", "operator")},
        check=False,
    )
    equal(more.returncode, 0, more.stderr)
    subprocess.run(
        [f"{bindir}/psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-f", dump, y.conninfo()],
        check=True,
        capture_output=True,
    )
    y.server.stop()
    try:
        y.server.start()
        raise AssertionError("the server started on an older database")
    except RuntimeError as why:
        expect("older than the checkpoint file" in str(why), why)
    # whoever takes the checkpoint file away as well is found out by the client
    os.rename(os.path.join(y.folder, "data", "checkpoint"), os.path.join(y.folder, "checkpoint.kept"))
    y.server.start()
    again = subprocess.run(
        [program("purser"), "invite", "--name", "另一人", "--unit", "203", "--role", "clerk"],
        capture_output=True,
        text=True,
        env={**env, "PURSER_HOME": os.path.join(y.folder, "people", "operator")},
        check=False,
    )
    equal(again.returncode, 9, again.stdout, again.stderr)


main()
