"""Reads the words beside fields, methods and enum values (`// 中文 | English`) and lists the services, for C.

words.py OUT_DIR FILE.proto … writes services.h, services.inc and words.inc. A word belongs to the bare name
of a field (the same name means the same thing everywhere), to "Method", or to "Message.field" when one
message needs its own. What it means may follow on the next line, in both languages: `// | 说明 | meaning`.
A text that holds the names of enum values says of which enums: `// = CONTRACT_STATE SUPPLEMENT_STATE`; names
that are no enum's have a line of their own: `// EVENT_PROPOSE: 提议 | proposed`.
"""
import os
import re
import sys

out, files = sys.argv[1], sorted(sys.argv[2:])
services, words, explained, headers = [], {}, {}, []


def snake(name):
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()


def quote(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


for path in files:
    headers.append(os.path.basename(path).replace(".proto", ".pb-c.h"))
    scope, said, said_name = [], None, None
    for line in open(path, encoding="utf-8"):
        code, _, note = line.partition("//")
        m = re.match(r"\s*(message|enum|service)\s+(\w+)", code)
        if m:
            scope.append(m.group(2))
            if m.group(1) == "service":
                services.append(m.group(2))
            name, key = m.group(2), m.group(2)
        else:
            m = re.match(r"\s*rpc\s+(\w+)", code) \
                or re.match(r"\s*(?:repeated\s+)?[\w.]+\s+(\w+)\s*=\s*\d+", code) \
                or re.match(r"\s*(\w+)\s*=\s*\d+\s*;", code)
            name = m.group(1) if m else None
            key = f"{scope[-1]}.{name}" if m and scope else name
        if name and "|" in note:
            said = [part.strip() for part in note.split("|", 1)] + ["", "", ""]
            words.setdefault(name, said)
            words[key] = said
        elif not code.strip() and note.strip().startswith("|"):
            said[2:4] = [part.strip() for part in note.split("|", 2)[1:]]
            explained.setdefault(said_name, said)
        elif not code.strip() and note.strip().startswith("="):
            said[4] = note.strip()[1:].strip()
        elif not code.strip() and re.match(r"\s*[A-Z_]+: .*\|", note):
            name, _, both = note.strip().partition(": ")
            words[name] = [part.strip() for part in both.split("|", 1)] + ["", "", ""]
        said_name = name or said_name
        if "}" in code and scope and "{" not in code:
            scope.pop()
        elif "{" in code and "}" in code and re.match(r"\s*(message|enum|service)\s+(\w+)", code):
            scope.pop()

# The same name with the same word means the same thing: it is explained once.
for key, said in words.items():
    known = explained.get(key.rpartition(".")[2])
    if known and not said[2] and known[0] == said[0]:
        said[2:4] = known[2:4]

with open(os.path.join(out, "services.h"), "w") as f:
    f.write("/* Every message and service there is. Made by proto/words.py. */\n#pragma once\n")
    f.writelines(f'#include "purser/v1/{h}"\n' for h in headers)
with open(os.path.join(out, "services.inc"), "w") as f:
    f.writelines(f"    &purser__v1__{snake(s)}__descriptor,\n" for s in services)
with open(os.path.join(out, "words.inc"), "w", encoding="utf-8") as f:
    f.writelines(f"    {{{quote(k)}, {', '.join(map(quote, said))}}},\n" for k, said in sorted(words.items()))
