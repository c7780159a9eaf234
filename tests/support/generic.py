"""Requests made from descriptors for every method of `purserd matrix`; and are refusals worth reading?"""
import re
import subprocess

from harness import expect, program
from purser import pb, types_of
from rich import TODAY


class Row:
    """One row of the matrix."""

    def __init__(self, kind, path, roles):
        self.is_write, self.path, self.roles = kind == "write", path, roles
        self.service = path.split(".")[-1].split("/")[0]
        self.request, self.reply = types_of(path)
        self.is_list = "next_page_token" in self.reply.DESCRIPTOR.fields_by_name
        self.ids = [f.name for f in self.request.DESCRIPTOR.fields
                    if f.type == f.TYPE_STRING and not is_repeated(f)
                    and (f.name == "id" or f.name.endswith("_id"))]


def is_repeated(field):
    return field.label == field.LABEL_REPEATED


def matrix():
    """The rows that somebody with a role may ask for, as the program prints them."""
    text = subprocess.run([program("purserd"), "matrix"], capture_output=True, text=True, check=True).stdout
    found = []
    for line in text.splitlines():
        words = line.split()
        if len(words) < 3 or words[0] not in ("read", "write") or "(" in line:
            continue
        found.append(Row(words[0], words[1], {w for w in words[2:] if w.isupper()}))
    expect(len(found) > 100, "the matrix has", len(found), "rows")
    return found


def messages_of(message):
    """The message and all that are in it."""
    yield message
    for field, value in message.ListFields():
        if field.type == field.TYPE_MESSAGE:
            for inner in value if is_repeated(field) else [value]:
                yield from messages_of(inner)


def filled(kind, **given):
    """A request whose every field holds something that passes the wire's checks; given: fields by name."""
    message = kind()
    for field in kind.DESCRIPTOR.fields:
        if field.name in ("page_size", "page_token", "year", "years"):
            continue
        value = given.get(field.name)
        if value is None and field.type == field.TYPE_MESSAGE:
            inner = filled(getattr(pb, field.message_type.name))
            if is_repeated(field):
                getattr(message, field.name).append(inner)
            else:
                getattr(message, field.name).CopyFrom(inner)
            continue
        if value is None:
            value = plausible(field)
        if is_repeated(field):
            getattr(message, field.name).append(value)
        else:
            setattr(message, field.name, value)
    if "year" in kind.DESCRIPTOR.fields_by_name:
        message.year = given.get("year", 2028)
    return message


def plausible(field):
    if field.type == field.TYPE_ENUM:
        return field.enum_type.values[1].number
    if field.type == field.TYPE_BOOL:
        return True
    if field.type == field.TYPE_BYTES:
        return bytes(32)
    if field.type != field.TYPE_STRING:
        return 1
    if field.name.endswith("_date"):
        return TODAY
    return {"etag": "1", "update_fields": "name"}.get(field.name, "x1")


HAN = re.compile("[\u4e00-\u9fff]")


def unreadable(problems):
    """What is wrong with the sentences of (method, Problem) pairs: one line each, sorted."""
    wrong = set()
    for method, p in problems:
        method = method.rsplit("/", 1)[-1]
        for text in (p.text_zh, p.text_en):
            if not text.strip() or re.search(r"[{}]|：$|: $|\(\)|（）", text.replace("{what}[x]", "")):
                wrong.add(f"{method} {p.reason}: {text}")
        if not HAN.search(p.text_zh):
            wrong.add(f"{method} {p.reason}: {p.text_zh}")
        if p.rule and not (p.article_zh and p.article_en and p.rule_from_date):
            wrong.add(f"{method} {p.reason}: no article stands behind {p.rule}")
    return sorted(wrong)


def broken_lines(log):
    """Lines of a server's log that tell of something broken inside."""
    words = re.compile(r' (INTERNAL|UNKNOWN|DATA_LOSS) |"level":"(error|warn)')
    return [line[:300] for line in log.splitlines() if words.search(line)][:5]
