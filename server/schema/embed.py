"""Turns the numbered migrations into a C array: embed.py OUT.inc 0001-….sql …"""
import hashlib
import os
import sys

out, files = sys.argv[1], sorted(sys.argv[2:])
with open(out, "w", encoding="utf-8") as f:
    for path in files:
        data = open(path, "rb").read()
        name = os.path.basename(path)
        number = int(name.split("-")[0])
        lines = data.decode("utf-8").splitlines(keepends=True)
        escaped = (line.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") for line in lines)
        quoted = "\n".join(f'     "{line}"' for line in escaped)
        f.write(f'    {{{number}, "{name}", "{hashlib.sha256(data).hexdigest()}",\n{quoted}}},\n')
