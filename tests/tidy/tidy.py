#!/usr/bin/python3
"""The house's style as a test: arrows between rooms, banned calls, sizes, first lines, SQL where it belongs.

tidy.py [ROOT] prints one line a finding and, last, how many checks passed. HOUSE.md of the project says why.
"""
import ast
import os
import re
import shutil
import subprocess
import sys
import unicodedata

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.abspath(sys.argv[1] if len(sys.argv) > 1 else os.path.join(HERE, "..", ".."))
FUNCTION_MAX, FILE_MAX = 70, 500
# Statements, messages and commands carry their words on the same line.
COLUMNS_MAX = {".c": 110, ".h": 110, ".py": 110, ".sh": 140, ".sql": 140, ".proto": 140}

# Nouns, top leans on what is below.
NOUNS = ("report audit payment evaluation acceptance contract procurement budget project history supplier "
         "catalogue policy mechanism unit journal").split()
# What a file in a room may include with quotes, besides its own room's files.
ROOMS = {
    "common": ("common/", "purser/v1/"),
    "server/base": ("common/", "purser/v1/", "server/base/", "migrations.inc"),
    "server/front": ("common/", "purser/v1/", "server/base/", "server/front/", "services."),
    "server/domain": ("common/", "purser/v1/", "server/base/"),
    "server": ("common/", "purser/v1/", "server/base/", "server/front/", "server/"),
    "client": ("common/", "purser/v1/", "client/", "services.", "words.inc"),
}
# Libraries that stand in few places only: header prefix, and where it may be included.
LIBRARIES = {
    "libpq-fe.h": r"^server/base/",
    "nng/": r"^(server/front/|client/link)",
    "sqlite3.h": r"^client/",
    "cyaml/": r"^common/",
    "xlsxwriter.h": r"^client/",
    "libsmartcols/": r"^client/",
}
BANNED = {name: why for names, why in (
    ("strcpy strcat sprintf vsprintf gets stpcpy", "no length"), ("strncpy", "may not end the text"),
    ("atoi atol atoll", "no errors"), ("system popen", "a shell"), ("alloca", "no limit"),
    ("rand srand", "not random"),
    ("tmpnam mktemp", "a race"), ("setjmp longjmp", "a hidden way"),
    ("strtok asctime localtime gmtime", "hidden state")) for name in names.split()}
# A handler must give the same answer when the journal is replayed.
BANNED_IN_DOMAIN = set("time clock_gettime gettimeofday random getrandom sign_random getenv fopen printf "
                       "fprintf malloc calloc realloc free log_line log_info log_warn log_error".split())
# A noun's tables are named in its store; verify compares whole tables, whatever they are called.
SQL_AT_HOME = re.compile(r"server/domain/\w+/\w+_(store|reads)\w*\.[ch]|server/base/|server/domain/journal/|"
                         r"server/front/(verify|replay|compare)\w*\.c|client/|tests/")

findings = {}


def find(check, path, line, text):
    findings.setdefault(check, []).append(f"{path}:{line}: {check}: {text}")


def files():
    ask = ["git", "-C", ROOT, "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(ask, capture_output=True, check=False).stdout.decode().split("\0")
    if not any(listed):
        listed = [os.path.relpath(os.path.join(d, f), ROOT) for d, _, fs in os.walk(ROOT) for f in fs]
    return sorted(p for p in listed
                  if p and not p.startswith(("build/", ".git/")) and os.path.isfile(os.path.join(ROOT, p)))


def read(path):
    with open(os.path.join(ROOT, path), encoding="utf-8", errors="replace") as f:
        return f.read()


def blank(match):
    return re.sub(r"[^\n]", " ", match.group(0))


def without_comments(text):
    """Comments become spaces, strings stay."""
    return re.sub(r'"(?:\\.|[^"\\\n])*"|/\*.*?\*/|//[^\n]*',
                  lambda m: m.group(0) if m.group(0)[0] == '"' else blank(m), text, flags=re.S)


def without_strings(text):
    return re.sub(r'"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])+\'', blank, text)


def line_of(text, at):
    return text.count("\n", 0, at) + 1


def noun_of(path):
    m = re.match(r"server/domain/(\w+)/(.+)$", path)
    return (m.group(1), m.group(2)) if m else (None, None)


def room_of(path):
    if path.startswith("server/domain/"):
        return "server/domain"
    folder = os.path.dirname(path)
    return folder if folder in ROOMS else None


def noun_may_include(noun, file, target):
    """None when it may, else why not."""
    own_rules = f"server/domain/{noun}/{noun}_rules."
    if "_rules." in file and not target.startswith(("common/", "purser/v1/", own_rules)):
        return "rules use common only"
    other, name = noun_of(target)
    if other is None:
        return None if target.startswith(ROOMS["server/domain"]) else "not a room below"
    if other == noun:
        return None
    if other not in NOUNS or noun not in NOUNS:
        return "the noun has no place in the order"
    if name != f"{other}.h":
        return "only the face of another noun"
    return None if NOUNS.index(other) > NOUNS.index(noun) else f"{noun} stands below {other}"


def check_includes(path, code):
    room = room_of(path)
    noun, file = noun_of(path)
    for m in re.finditer(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]', code, re.M):
        target, line = m.group(2), line_of(code, m.start())
        for library, where in LIBRARIES.items():
            if target.startswith(library) and not path.startswith("tests/") and not re.search(where, path):
                find("libraries", path, line, f"{target} belongs to {where}")
        if m.group(1) == "<" or room is None:
            continue
        if noun:
            why = noun_may_include(noun, file, target)
        elif room == "server/front" and noun_of(target)[0]:
            face = noun_of(target)
            why = None if face[1] == f"{face[0]}.h" else "only the face of a noun"
        elif room == "server" and noun_of(target)[0]:
            why = "main knows no noun"
        else:
            is_right = target.startswith(ROOMS[room]) or "/" not in target
            why = None if is_right else "an arrow the wrong way"
        if why:
            find("arrows", path, line, f"{target}: {why}")


def check_calls(path, bare):
    for m in re.finditer(r"(?<![\w.>])(\w+)\s*\(", bare):
        name = m.group(1)
        if name in BANNED and not path.startswith("tests/"):
            find("banned calls", path, line_of(bare, m.start()), f"{name}: {BANNED[name]}")
        if name in BANNED_IN_DOMAIN and path.startswith("server/domain/"):
            find("deterministic handlers", path, line_of(bare, m.start()), name)
    if not path.startswith("tests/"):
        for m in re.finditer(r"\b(float|double)\b", bare):
            find("no floating point", path, line_of(bare, m.start()), m.group(1))


def check_functions(path, lines):
    begin = None
    for i, line in enumerate(lines, 1):
        if line == "{":
            begin = i
        elif line == "}" and begin:
            if i - begin - 1 > FUNCTION_MAX:
                find("function length", path, begin, f"{i - begin - 1} lines, at most {FUNCTION_MAX}")
            begin = None


def check_sql(path, code):
    begins = r'"\s*(?:SELECT\b(?! pg_\w+\()|INSERT INTO\b|UPDATE \w+|DELETE FROM\b|WITH \w+ AS\b)'
    for m in re.finditer(begins, code):
        if not SQL_AT_HOME.match(path):
            find("SQL stands in the store", path, line_of(code, m.start()), m.group(0).strip()[:40])
    for m in re.finditer(r"\bSELECT\s+(?:\w+\.)?\*(?! FROM unnest)", code):
        if not path.startswith("tests/"):
            find("columns are listed", path, line_of(code, m.start()), m.group(0))


def columns(line):
    return sum(0 if unicodedata.combining(c) else 1 + (unicodedata.east_asian_width(c) in "WF") for c in line)


def check_lines(path, lines):
    in_table, most = False, COLUMNS_MAX[os.path.splitext(path)[1]]
    for i, line in enumerate(lines, 1):
        if "clang-format" in line:
            in_table = "clang-format off" in line
        if not in_table and columns(line) > most and not path.startswith("tests/bench/raw/"):
            find("line width", path, i, f"{columns(line)} columns, at most {most}")
        if "\t" in line and not path.endswith((".tsv", "Makefile")):
            find("tabs", path, i, "a tab")
        if line.rstrip() != line:
            find("trailing spaces", path, i, "spaces at the end")
        if re.search(r"\b(TODO|FIXME|XXX|HACK)\b", line) and path != "tests/tidy/tidy.py":
            find("nothing is left to do", path, i, line.strip()[:60])


def check_first_line(path, lines):
    first = lines[1] if lines and lines[0].startswith("#!") and len(lines) > 1 else lines[0] if lines else ""
    marks = {".c": "/* ", ".h": "/* ", ".py": '"""', ".sql": "-- ", ".proto": "// ", ".sh": "# "}
    mark = marks[os.path.splitext(path)[1]]
    if not first.startswith(mark) or len(first.split()) < 4:
        find("first line says what it is for", path, 1, first[:60])


def check_size(path, text):
    outside_tables = re.sub(r"/\* clang-format off \*/.*?/\* clang-format on \*/", "", text, flags=re.S)
    count = outside_tables.count("\n")
    if count > FILE_MAX and not path.startswith("tests/"):
        find("file length", path, 1, f"{count} lines, at most {FILE_MAX}")


def check_schema(path, text):
    bare = re.sub(r"--[^\n]*", blank, text)
    bare = re.sub(r"'(?:''|[^'])*'", blank, bare)
    for m in re.finditer(r"CREATE TABLE (\w+)", bare):
        table, rest = m.group(1), bare[m.end():]
        body = rest[:rest.find(";")]
        if "PRIMARY KEY" not in body:
            find("tables have keys", path, line_of(bare, m.start()), table)
        if not re.search(rf"COMMENT ON TABLE {table}\b", bare):
            find("tables are commented", path, line_of(bare, m.start()), table)
    forbidden = r"\b(?:now\(|current_timestamp\b|random\(|nextval\b|\w*serial\b|create trigger)"
    for m in re.finditer(forbidden, bare, re.I):
        find("tables are a function of the journal", path, line_of(bare, m.start()), m.group(0))


def check_proto(path, text):
    bare = re.sub(r"//[^\n]*", blank, text)
    for m in re.finditer(r"^\s*(optional|oneof|map<|float|double)\b", bare, re.M):
        find("plain messages", path, line_of(bare, m.start()), m.group(1))
    for m in re.finditer(r"^service (\w+) \{(.*?)^\}", bare, re.M | re.S):
        if m.group(2).count("rpc ") > 15:
            find("at most 15 methods", path, line_of(bare, m.start()), m.group(1))


def check_python(path, text):
    try:
        ast.parse(text, path)
    except SyntaxError as why:
        find("Python parses", path, why.lineno, why.msg)


def check_c(path, text):
    code = without_comments(text)
    bare = without_strings(code)
    check_includes(path, code)
    check_calls(path, bare)
    check_functions(path, text.split("\n"))
    check_sql(path, code)
    check_size(path, text)


def check_format(paths):
    """Skipped, and said so, when the machine has no clang-format."""
    if not shutil.which("clang-format"):
        return "1 skipped: clang-format is not installed"
    done = subprocess.run(["clang-format", "--dry-run", *paths], cwd=ROOT, capture_output=True, text=True,
                          check=False)
    for path in sorted({line.split(":")[0] for line in done.stderr.splitlines() if "violations]" in line}):
        find("clang-format", path, 1, f"clang-format -i {path}")
    return None


CHECKS = [
    "arrows", "libraries", "banned calls", "deterministic handlers", "no floating point", "function length",
    "SQL stands in the store", "columns are listed", "line width", "tabs", "trailing spaces",
    "nothing is left to do", "first line says what it is for", "file length", "tables have keys",
    "tables are commented", "tables are a function of the journal", "plain messages", "at most 15 methods",
    "Python parses", "clang-format"]


def main():
    paths = files()
    for path in paths:
        ending = os.path.splitext(path)[1]
        if ending not in (".c", ".h", ".py", ".sql", ".proto", ".sh"):
            continue
        text = read(path)
        lines = text.split("\n")
        check_first_line(path, lines)
        check_lines(path, lines)
        if ending in (".c", ".h"):
            check_c(path, text)
        elif ending == ".py":
            check_python(path, text)
        elif ending == ".sql":
            check_schema(path, text)
        elif ending == ".proto":
            check_proto(path, text)
    skipped = check_format([p for p in paths if p.endswith(".c")])

    for check in CHECKS:
        for text in findings.get(check, []):
            print(text)
    unlisted = set(findings) - set(CHECKS)
    assert not unlisted, unlisted
    if skipped:
        print(skipped)
    failed = len(findings)
    print(f"{len(CHECKS) - failed - bool(skipped)} passed, {failed} failed, {int(bool(skipped))} skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
