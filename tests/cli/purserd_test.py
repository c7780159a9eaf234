#!/usr/bin/python3
"""purserd's own commands: settings, founding, and what is refused before anything is made."""
import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
# pylint: disable=wrong-import-position
from harness import equal, expect, fixture, main, program, test
from server import Invite


class Folder:
    """A folder of one's own, and purserd run in it."""

    def __init__(self):
        self.path = tempfile.mkdtemp(prefix="purser-")
        os.chmod(self.path, 0o755)

    def run(self, *words, code=0):
        env = {k: v for k, v in os.environ.items() if not k.startswith("PURSER_")}
        done = subprocess.run([program("purserd"), *words], stdin=subprocess.DEVNULL, capture_output=True,
                              text=True, check=False, env=env, cwd=self.path)
        equal(done.returncode, code, words, done.stdout, done.stderr)
        return done.stdout + done.stderr

    def file(self, name, text):
        with open(os.path.join(self.path, name), "w", encoding="utf-8") as f:
            f.write(text)
        return os.path.join(self.path, name)

    def has(self, *parts):
        return os.path.exists(os.path.join(self.path, *parts))

    def close(self):
        shutil.rmtree(self.path, ignore_errors=True)


folder = fixture(Folder)


@test
def what_only_tells_makes_no_data_folder():
    f = folder()
    for words in (("version",), ("matrix",), ("lifecycles",), ("lifecycles", "dot"), ("reads",),
                  ("config", "show"), ("config", "check"), ("help",)):
        expect(f.run(*words), words)
    for words in (("verify",), ("serve",), ("health",), ("migrate", "status"), ("migrate", "up")):
        expect("holds no city yet" in f.run(*words, code=1), words)
    expect(not f.has("purser-data"))


@test
def a_bad_file_is_told_by_line_and_column():
    f = folder()
    cases = (("data: x\nbatch_max: 9000\n", ":2:1: batch_max"),
             ("data: x\nno_such: 1\n", ":2:1: there is no"),
             ("data: x\n  batch_max: [\n", ":2:12: "), ("queue_max: many\n", ":1:1: queue_max"),
             ("allow_plain: perhaps\n", ":1:1: allow_plain"))
    for text, told in cases:
        path = f.file("bad.yaml", text)
        expect(path + told in f.run("config", "check", "--config", path, code=2), text)
        expect(told in f.run("serve", f"--config={path}", code=2), text)
    good = f.file("good.yaml", "batch_max: 32\nlisten: [ipc:///tmp/a, ipc:///tmp/b]\n")
    f.run("config", "check", "--config", good)
    shown = f.run("config", "show", "--config", good)
    expect("batch_max = 32" in shown and "good.yaml" in shown, shown)


@test
def flags_that_are_no_settings_and_words_that_are_none_are_usage_errors():
    f = folder()
    expect("--no-such is no setting" in f.run("serve", "--no-such", "1", code=2))
    expect("log_level" in f.run("config", "check", "--log-level", "loud", code=2))
    expect("no command paint" in f.run("paint", code=2))
    expect("usage" in f.run(code=2))
    expect("what is down? `purserd migrate --help`" in f.run("migrate", "down", code=2))
    expect("what is it?" in f.run("config", "show", "it", code=2))
    expect("usage: purserd migrate status|up" in f.run("migrate", "--help", code=0))
    expect("clock" not in f.run("serve", "--clock", "x", code=1))


@test
def an_address_that_will_not_do_is_told_before_a_city_is_founded():
    f = folder()
    expect("must begin with" in f.run("init", "--listen", "here", code=2))
    expect("loopback only" in f.run("dev", "--listen", "tcp://0.0.0.0:4750", code=2))
    expect(not f.has("purser-data"))


def is_private(path):
    return stat.S_IMODE(os.stat(path).st_mode) & 0o077 == 0


@test
def a_city_is_founded_once_and_keeps_its_secrets_to_itself():
    f = folder()
    data = os.path.join(f.path, "city")
    text = f.run("init", "--data", data)
    with open(os.path.join(data, "invites"), encoding="ascii") as file:
        invites = file.read().split()
    equal(len(invites), 2)
    for invite in invites:
        expect(invite in text)
        equal(Invite(invite).audience, "purser/450600")
    for name in ("invites", "journal.key", "system.key"):
        expect(is_private(os.path.join(data, name)), name)
    expect("already holds a city" in f.run("init", "--data", data, code=1))
    expect("1 entries replayed" in f.run("verify", "--data", data))
    expect("only demo and dev" in f.run("serve", "--data", data, "--clock", "x", code=2))
    expect("database is good" in f.run("health", "--data", data))


@test
def a_founding_that_was_interrupted_is_taken_up_again():
    f = folder()
    data = os.path.join(f.path, "city")
    expect(f.has("city", "invites"))
    os.remove(os.path.join(data, "city"))  # as if it had been killed before the mark
    with open(os.path.join(data, "invites"), encoding="ascii") as file:
        before = file.read()
    text = f.run("init", "--data", data)
    expect(all(i in text for i in before.split()))
    expect("1 entries replayed" in f.run("verify", "--data", data))
    os.remove(os.path.join(data, "city"))
    os.rename(os.path.join(data, "invites"), os.path.join(data, "kept"))
    expect("founded elsewhere" in f.run("init", "--data", data, code=1))
    os.rename(os.path.join(data, "kept"), os.path.join(data, "invites"))
    f.run("init", "--data", data)


@test
def a_key_that_cannot_be_read_is_not_replaced():
    f = folder()
    data = os.path.join(f.path, "broken")
    os.makedirs(data)
    path = os.path.join(data, "journal.key")
    with open(path, "w", encoding="ascii") as file:
        file.write("something else\n")
    expect("journal.key" in f.run("init", "--data", data, code=1))
    with open(path, encoding="ascii") as file:
        equal(file.read(), "something else\n")


@test
def a_checkpoint_file_that_is_not_this_journals_is_refused_at_the_start():
    f = folder()
    data = os.path.join(f.path, "city")
    path = os.path.join(data, "checkpoint")
    with open(path, encoding="utf-8") as file:
        good = file.read()
    for bad in ("", "nonsense\n", good.replace("\n1\n", "\n2\n", 1)):
        with open(path, "w", encoding="utf-8") as file:
            file.write(bad)
        expect("checkpoint file" in f.run("serve", "--data", data, code=1), bad)
        expect("checkpoint file" in f.run("verify", "--data", data, code=9), bad)
    with open(path, "w", encoding="utf-8") as file:
        file.write(good)
    f.run("verify", "--data", data)


@test
def a_server_that_is_told_to_end_while_it_starts_ends():
    f = folder()
    data = os.path.join(f.path, "city")
    for pause in (0.0, 0.02, 0.1, 0.3):
        with subprocess.Popen([program("purserd"), "serve", "--data", data], stderr=subprocess.DEVNULL) as p:
            time.sleep(pause)
            p.send_signal(signal.SIGTERM)
            expect(p.wait(20) in (0, -signal.SIGTERM), pause, p.returncode)
    f.run("verify", "--data", data)


main()
