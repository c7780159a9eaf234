#!/usr/bin/python3
"""Reading: sessions and signed reads, and that whoever was let out reads no more, on open sessions too."""
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
# pylint: disable=wrong-import-position
from harness import equal, expect, fixture, main, test
from purser import OK, Connection, Key, pb
from server import Server

UNAUTHENTICATED, PERMISSION_DENIED = 16, 7
CONTEXT = "purser-session-v1"
MINUTE_US = 60_000_000


class Timed(Server):
    """A server whose clock the test sets."""

    def __init__(self):
        super().__init__(starts=False)
        self.settings = {"clock": os.path.join(self.folder, "clock")}
        self.today("2026-06-22")
        self.start()
        self.add_units(u203="市教育局")

    def today(self, day, at="09:00:00"):
        with open(os.path.join(self.folder, "clock.new"), "w", encoding="ascii") as f:
            f.write(f"{day}T{at}\n")
        os.rename(os.path.join(self.folder, "clock.new"), os.path.join(self.folder, "clock"))


server = fixture(Timed)


def challenge(who):
    return who.get("SessionService/GetChallenge").nonce


def opening(who, nonce=None, key=None, key_id=None):
    """The answer to a sign-in."""
    nonce = nonce if nonce is not None else challenge(who)
    key = key or who.key
    return who.read("SessionService/OpenSession", key_id=key_id or who.key.id, nonce=nonce,
                    nonce_signature=key.sign(CONTEXT, nonce))


def session_of(who):
    answer = opening(who)
    equal(answer.code, OK, answer.text)
    return answer.message.session


def reading(who, session, method="PersonService/GetMe", request=None):
    """The answer to a read that brings a session and no signature."""
    command = who.command(method, request or pb.GetMeRequest())
    return who.call(command, b"", session=session)


# --- signing in ---

@test
def a_nonce_is_good_once_for_a_minute_and_for_its_server():
    who = server().operator
    nonce = challenge(who)
    equal(opening(who, nonce).code, OK)
    equal(opening(who, nonce).reason, "SIGNATURE_BAD")
    equal(opening(who, os.urandom(32)).reason, "SIGNATURE_BAD")
    forged = bytearray(challenge(who))
    forged[0] ^= 1
    equal(opening(who, bytes(forged)).reason, "SIGNATURE_BAD")
    for length in (0, 31, 33):
        equal(opening(who, os.urandom(length)).reason, "SIGNATURE_BAD", length)
    late = challenge(who)
    server().today("2026-06-22", "09:02:00")
    equal(opening(who, late).reason, "SIGNATURE_BAD")


@test
def only_the_key_itself_signs_in():
    who, stranger = server().operator, Key.new()
    equal(opening(who, key=stranger).reason, "SIGNATURE_BAD")
    equal(opening(who, key=stranger, key_id=stranger.id).reason, "KEY_UNKNOWN")
    equal(opening(who, key_id=b"short").reason, "KEY_UNKNOWN")


@test
def whoever_asks_for_many_nonces_keeps_nobody_out():
    who = server().operator
    nonce = challenge(who)
    conn = Connection(server().ipc)
    question = pb.Call(command=pb.Command(
        method="/purser.v1.SessionService/GetChallenge").SerializeToString()).SerializeToString()
    for _ in range(5000):
        conn.ask(question)
    conn.close()
    equal(opening(who, nonce).code, OK)


@test
def a_key_with_too_many_sessions_loses_its_oldest_and_nobody_elses():
    who, other = server().operator, server().leader
    kept = session_of(other)
    sessions = [session_of(who) for _ in range(17)]
    equal(reading(who, sessions[0]).reason, "NOT_SIGNED_IN")
    equal([reading(who, s).code for s in sessions[1:]], [OK] * 16)
    equal(reading(other, kept).code, OK)


@test
def a_session_reads_the_feed_and_the_proofs_and_does_not_write():
    who = server().operator
    session = session_of(who)
    for method, request in (("PersonService/GetMe", pb.GetMeRequest()),
                            ("JournalService/ListEntries", pb.ListEntriesRequest()),
                            ("JournalService/GetCheckpoint", pb.GetCheckpointRequest())):
        equal(reading(who, session, method, request).code, OK, method)
    row = pb.Division(id="450601", name="x")
    wrote = reading(who, session, "UnitService/ImportDivisions", pb.ImportDivisionsRequest(rows=[row]))
    equal(wrote.code, UNAUTHENTICATED)


@test
def a_session_ends_when_it_is_closed_when_it_is_old_and_with_the_server():
    who = server().operator
    one, two, three = session_of(who), session_of(who), session_of(who)
    equal(reading(who, one, "SessionService/CloseSession", pb.CloseSessionRequest()).code, OK)
    equal(reading(who, one).reason, "NOT_SIGNED_IN")
    equal(reading(who, two).code, OK)
    server().today("2026-06-22", "18:00:00")
    equal(reading(who, two).reason, "NOT_SIGNED_IN")
    fresh = session_of(who)
    server().restart()
    for s in (three, fresh, b"", b"\0" * 32, os.urandom(32), os.urandom(4096)):
        expect(reading(who, s).reason in ("NOT_SIGNED_IN",), s)


@test
def a_session_is_for_its_city():
    who = server().operator
    command = who.command("PersonService/GetMe", pb.GetMeRequest(), audience="purser/450700")
    equal(who.call(command, b"", session=session_of(who)).reason, "AUDIENCE_WRONG")


# --- being let out ---

def clerk_with_session(name):
    clerk = server().add(name, "203", pb.ROLE_CLERK)
    session = session_of(clerk)
    equal(reading(clerk, session).code, OK)
    return clerk, session


def is_out(clerk, session):
    """Neither the open session nor the key reads, and there is no new session."""
    equal(reading(clerk, session).reason, "NOT_SIGNED_IN")
    equal(clerk.read("PersonService/GetMe").code, UNAUTHENTICATED)
    equal(opening(clerk).reason, "KEY_UNKNOWN")


@test
def a_revoked_key_reads_no_more_on_its_open_session():
    clerk, session = clerk_with_session("会话甲")
    server().operator.do("PersonService/RevokeKey", key_id=clerk.key.id.hex())
    is_out(clerk, session)


@test
def a_suspended_person_reads_no_more_on_an_open_session():
    clerk, session = clerk_with_session("会话乙")
    me = clerk.get("PersonService/GetMe").person
    server().operator.do("PersonService/SuspendPerson", person_id=me.person_id, etag=me.etag, opinion="调离")
    is_out(clerk, session)


@test
def a_replaced_key_reads_no_more_and_the_new_one_does():
    clerk, session = clerk_with_session("会话丙")
    new = Key.new()
    clerk.do("PersonService/RotateKey", new_public_key=new.public,
             new_key_signature=new.sign("purser-rotate-v1", clerk.key.id), key_label="新")
    is_out(clerk, session)
    fresh = server().client(new)
    equal(fresh.read("PersonService/GetMe").code, OK)
    equal(reading(fresh, session_of(fresh)).code, OK)
    fresh.conn.close()


BATCHES = ("HistoryService/ListHistoryBatches", pb.ListHistoryBatchesRequest())


def lend(person, **days):
    """Lets somebody of the bureau be a first reviewer as well; the grant."""
    me = person.get("PersonService/GetMe").person
    proposed = server().operator.do("PersonService/ProposeRole", person_id=me.person_id,
                                    role=pb.ROLE_REVIEWER_1, **days)
    return proposed.grant_id, server().leader.do("PersonService/ConfirmRole", grant_id=proposed.grant_id,
                                                 etag=proposed.etag).etag


@test
def a_role_counts_from_its_grant_to_its_end_on_an_open_session():
    person = server().add("会话丁", "210", pb.ROLE_REGISTRAR)
    session = session_of(person)
    equal(reading(person, session, *BATCHES).code, PERMISSION_DENIED)
    grant, etag = lend(person)
    equal(reading(person, session, *BATCHES).code, OK)
    server().leader.do("PersonService/RevokeRole", grant_id=grant, etag=etag, opinion="岗位调整")
    equal(reading(person, session, *BATCHES).code, PERMISSION_DENIED)


# --- signed reads ---

@test
def a_signed_read_is_good_once_and_not_after_a_restart():
    who = server().operator
    who.read("HealthService/Check")
    command = who.command("PersonService/GetMe", pb.GetMeRequest())
    signature = who.sign(command)
    equal(who.call(command, signature).code, OK)
    equal(who.call(command, signature).reason, "REPLAYED_READ")
    unused = who.command("PersonService/GetMe", pb.GetMeRequest())
    time.sleep(0.05)
    server().restart(kill=True)
    for old in (command, unused):
        equal(who.call(old, who.sign(old)).reason, "CLOCK_OFF")
    equal(who.read("PersonService/GetMe").code, OK)


@test
def a_clock_that_is_off_is_told_the_servers_time():
    who = server().operator
    who.read("HealthService/Check")
    now = who.now_us()
    for issued in (now - 11 * MINUTE_US, now + 11 * MINUTE_US, 0, -1, -2 ** 63, 2 ** 63 - 1):
        command = who.command("PersonService/GetMe", pb.GetMeRequest(), issued_at_us=issued)
        answer = who.call(command, who.sign(command))
        equal(answer.reason, "CLOCK_OFF", issued)
        expect(abs(answer.reply.server_time_us - now) < MINUTE_US, issued)
        expect(abs(int(answer.problems[0].passes) - now) < MINUTE_US, issued)
    ahead = who.command("PersonService/GetMe", pb.GetMeRequest(), issued_at_us=now + 9 * MINUTE_US)
    equal(who.call(ahead, who.sign(ahead)).code, OK)


@test
def a_signed_read_is_the_signers_alone():
    who, other = server().operator, server().leader
    command = who.command("PersonService/GetMe", pb.GetMeRequest())
    equal(who.call(command, other.sign(command)).reason, "SIGNATURE_BAD")
    equal(who.call(command, b"").reason, "NOT_SIGNED_IN")
    equal(who.call(command, os.urandom(64)).reason, "SIGNATURE_BAD")
    equal(who.call(command, who.sign(command)).code, OK)  # the forgeries have not used it up
    stranger = Key.new()
    unknown = who.command("PersonService/GetMe", pb.GetMeRequest(), key_id=stranger.id)
    equal(who.call(unknown, stranger.sign("purser-command-v1", unknown)).reason, "KEY_UNKNOWN")


@test
def a_role_ends_with_its_day_though_nobody_writes():
    person = server().add("会话戊", "210", pb.ROLE_REGISTRAR)
    lend(person, valid_to_date="2026-06-22")
    server().today("2026-06-22", "23:59:50")
    equal(person.read(*BATCHES).code, OK)
    server().today("2026-06-23", "00:00:30")
    time.sleep(1.5)  # the writer looks at the day once a second
    equal(person.read(*BATCHES).code, PERMISSION_DENIED)


main()
