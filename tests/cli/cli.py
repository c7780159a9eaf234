"""Runs the real `purser` as a person with a home of his own and keeps what it said."""
import os
import shutil
import subprocess
import tempfile

from harness import equal, expect, program


class Said:
    """How a command ended, and what it printed."""

    def __init__(self, done):
        self.code, self.raw = done.returncode, done.stdout
        self.out, self.err = done.stdout.decode("utf-8", "replace"), done.stderr.decode("utf-8", "replace")

    def ends(self, code):
        equal(self.code, code, f"exit code of a command that said\n{self.out}{self.err}\n")
        return self

    def says(self, *texts):
        for text in texts:
            expect(text in self.out + self.err, f"{text!r} is missing in\n{self.out}{self.err}")
        return self

    def hides(self, *texts):
        for text in texts:
            expect(text not in self.out + self.err, f"{text!r} stands in\n{self.out}{self.err}")
        return self


class Person:
    """Somebody at a terminal: PURSER_HOME of his own, language as given ("" is LANG unset)."""

    def __init__(self, lang="zh"):
        self.home = tempfile.mkdtemp(prefix="purser-home-")
        self.lang = lang

    def run(self, *args, stdin=b"", **env):
        clean = {k: v for k, v in os.environ.items() if not k.startswith(("PURSER_", "LC_", "LANG", "XDG_"))}
        if self.lang:
            clean["PURSER_LANG"] = self.lang
        clean |= {"PURSER_HOME": self.home, **env}
        return Said(subprocess.run([program("purser"), *args], input=stdin, capture_output=True, env=clean,
                                   timeout=120, check=False))

    def file(self, name, data):
        path = os.path.join(self.home, name)
        with open(path, "wb") as f:
            f.write(data if isinstance(data, bytes) else data.encode())
        return path

    def context_file(self, name):
        contexts = os.path.join(self.home, "contexts")
        return os.path.join(contexts, sorted(os.listdir(contexts))[0], name)

    def close(self):
        shutil.rmtree(self.home, ignore_errors=True)
