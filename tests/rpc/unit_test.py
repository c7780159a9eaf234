#!/usr/bin/python3
"""Units, people, roles, keys and invites over the wire: who comes in, who lets whom in, who is put out."""
import hashlib
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
# pylint: disable=wrong-import-position
from city import rows_of
from harness import equal, expect, fixture, main, test
from purser import OK, Client, Key, Refused, pb
from server import Server, enroll

DAY_US = 86_400_000_000
CODE = {name: number for number, name in enumerate(
    "OK CANCELLED UNKNOWN INVALID_ARGUMENT DEADLINE_EXCEEDED NOT_FOUND ALREADY_EXISTS PERMISSION_DENIED"
    " RESOURCE_EXHAUSTED FAILED_PRECONDITION ABORTED OUT_OF_RANGE UNIMPLEMENTED INTERNAL UNAVAILABLE"
    " DATA_LOSS UNAUTHENTICATED".split())}


def new_server():
    """A city with its units."""
    s = Server()
    s.operator.do("UnitService/ImportUnits", rows=rows_of(pb.UnitRow, "units.csv"))
    return s


server = fixture(new_server)


# --- tools ---

def refused(answer, reason, code=None):
    equal(answer.reason, reason, answer.text)
    if code:
        equal(answer.code, CODE[code], reason)


def hash_of(code):
    return hashlib.sha256(code).digest()


def propose(name="张三", unit_id="203", roles=(pb.ROLE_CLERK,), code=None, days=1.0, who=None):
    """The answer to a proposal, and the invite's code."""
    code = code or os.urandom(20)
    who = who or server().operator
    return who.write("UnitService/ProposePerson", person_name=name, unit_id=unit_id, roles=roles,
                     invite_hash=hash_of(code), invite_expires_us=who.now_us() + int(days * DAY_US)), code


def enrolling(code, key=None):
    """The answer to an enrolment."""
    key = key or Key.new()
    return server().client(key).write("UnitService/Enroll", public_key=key.public, invite_code=code,
                                      key_label="t"), key


def person_of(client):
    return client.get("PersonService/GetMe").person


def etag_of(person_id):
    return server().operator.get("PersonService/GetPerson", person_id=person_id).person.etag


# --- the city ---

@test
def a_city_is_founded_once():
    key = Key.new()
    answer = server().client(key).write(
        "UnitService/FoundCity", public_key=key.public, division="450600", city_name="别的城市",
        audience="purser/450600",
        go_live_date="2027-01-01", journal_public_key=key.public, bureau_unit_id="210",
        bureau_unit_name="市财政局",
        operator_name="甲", operator_invite_hash=os.urandom(32), leader_name="乙",
        leader_invite_hash=os.urandom(32),
        invite_expires_us=time.time_ns() // 1000 + DAY_US)
    refused(answer, "CITY_EXISTS", "ALREADY_EXISTS")


@test
def the_first_two_are_an_operator_and_a_leader_of_the_bureau():
    for client, role in ((server().operator, "OPERATOR"), (server().leader, "LEADER")):
        me = person_of(client)
        equal((me.unit_id, me.role_names, me.person_state), ("210", role, pb.PERSON_STATE_ACTIVE))


# --- units ---

@test
def units_are_listed_by_type_and_by_department():
    units = server().operator.get("UnitService/ListUnits", page_size=1000).units
    expect(len(units) >= 59, len(units))
    equal([u.id for u in units], sorted(u.id for u in units))
    below = server().leader.get("UnitService/ListUnits", parent_id="203").units
    equal([(u.id, u.type, u.level) for u in below], [("203901", "221", 2)])
    first = server().operator.get("UnitService/ListUnits", page_size=10)
    second = server().operator.get("UnitService/ListUnits", page_size=10, page_token=first.next_page_token)
    equal([u.id for u in units[:20]], [u.id for u in list(first.units) + list(second.units)])


@test
def an_import_with_bad_rows_changes_nothing_and_names_each():
    good = pb.UnitRow(id="501", name="试验单位", type="110", division="450600", valid_from_date="2026-01-01")
    rows = [good,
            pb.UnitRow(id="5", name="短", type="110", division="450600", valid_from_date="2026-01-01"),
            pb.UnitRow(id="999901", name="无主", type="221", division="450600", valid_from_date="2026-01-01"),
            pb.UnitRow(id="502", name="", type="110", division="450600", valid_from_date="2026-01-01"),
            pb.UnitRow(id="503", name="日期", type="110", division="450600", valid_from_date="2026-01-01",
                       valid_to_date="2025-12-31"),
            good]
    answer = server().operator.write("UnitService/ImportUnits", rows=rows)
    equal([p.field for p in answer.problems],
          ["rows[1].id", "rows[2].id", "rows[3].name", "rows[4].valid_to_date", "rows[5].id"])
    refused(server().operator.read("UnitService/GetUnit", id="501"), "NOT_FOUND")
    rows = [pb.UnitRow(id="504", name="二月", type="110", division="450600", valid_from_date="2026-02-30")]
    refused(server().operator.write("UnitService/ImportUnits", rows=rows), "BAD_FIELD", "INVALID_ARGUMENT")
    refused(server().operator.write("UnitService/ImportUnits", rows=[good] * 501), "BAD_FIELD")
    refused(server().operator.write("UnitService/ImportUnits"), "BAD_FIELD")


@test
def a_reform_ends_a_unit_and_names_its_successor():
    server().operator.do("UnitService/ImportUnits", rows=[
        pb.UnitRow(id="601", name="市食品药品监督管理局", type="110", division="450600",
                   valid_from_date="2014-01-01",
                   valid_to_date="2018-12-31", successor_id="225")])
    unit = server().leader.get("UnitService/GetUnit", id="601").unit
    equal((unit.valid_to_date, unit.successor_id), ("2018-12-31", "225"))
    answer, _ = propose(unit_id="601")
    refused(answer, "UNIT_CLOSED", "FAILED_PRECONDITION")


# --- coming in ---

@test
def an_invite_is_good_only_after_a_leader_confirmed_and_only_once():
    answer, code = propose("李四")
    equal(answer.code, OK, answer.text)
    early, _ = enrolling(code)
    refused(early, "INVITE_BAD", "UNAUTHENTICATED")
    refused(server().operator.write("PersonService/ConfirmPerson", person_id=answer.message.person_id,
                                    etag=answer.message.etag), "ROLE_FORBIDS", "PERMISSION_DENIED")
    server().leader.do("PersonService/ConfirmPerson", person_id=answer.message.person_id,
                       etag=answer.message.etag)
    wrong, _ = enrolling(os.urandom(20))
    refused(wrong, "INVITE_BAD", "UNAUTHENTICATED")
    in_time, key = enrolling(code)
    equal(in_time.code, OK, in_time.text)
    equal((in_time.message.person_name, in_time.message.unit_id, list(in_time.message.roles)),
          ("李四", "203", [pb.ROLE_CLERK]))
    again, _ = enrolling(code)
    refused(again, "INVITE_BAD", "UNAUTHENTICATED")
    me = person_of(server().client(key))
    equal((me.person_id, me.role_names, me.unit_name), (answer.message.person_id, "CLERK", "市教育局"))


@test
def a_late_invite_is_refused():
    answer, code = propose("迟到者", days=1.5 / 86400)
    server().leader.do("PersonService/ConfirmPerson", person_id=answer.message.person_id,
                       etag=answer.message.etag)
    time.sleep(1.6)
    late, _ = enrolling(code)
    refused(late, "INVITE_BAD", "UNAUTHENTICATED")


@test
def a_key_belongs_to_one_person():
    answer, code = propose("同钥者")
    server().leader.do("PersonService/ConfirmPerson", person_id=answer.message.person_id,
                       etag=answer.message.etag)
    twice, _ = enrolling(code, server().leader.key)
    refused(twice, "ALREADY_EXISTS", "ALREADY_EXISTS")


@test
def an_enrolment_signed_by_another_key_is_refused():
    key, other = Key.new(), Key.new()
    client = Client(server().connect(), other, server().audience, server().vkey)
    answer = client.write("UnitService/Enroll", public_key=key.public, invite_code=os.urandom(20))
    equal(answer.code, CODE["UNAUTHENTICATED"], answer.reason)


@test
def proposals_that_cannot_stand_are_refused():
    cases = [
        ("ROLE_WRONG_UNIT", {"unit_id": "203", "roles": [pb.ROLE_REVIEWER_1]}),
        ("ROLE_WRONG_UNIT", {"unit_id": "210", "roles": [pb.ROLE_AUDITOR]}),
        ("ROLE_WRONG_UNIT", {"unit_id": "203", "roles": [pb.ROLE_STAFFING]}),
        ("ROLE_WRONG_UNIT", {"unit_id": "210", "roles": [pb.ROLE_CIVIL_AFFAIRS]}),
        ("ROLES_CLASH", {"unit_id": "210", "roles": [pb.ROLE_OPERATOR, pb.ROLE_REVIEWER_1]}),
        ("ROLES_CLASH", {"unit_id": "210", "roles": [pb.ROLE_OPERATOR, pb.ROLE_CLERK]}),
        ("ROLE_NOT_GRANTABLE", {"unit_id": "210", "roles": [pb.ROLE_SYSTEM]}),
        ("ROLE_NOT_GRANTABLE", {"unit_id": "203", "roles": [pb.ROLE_PUBLIC]}),
        ("ROW_TWICE", {"unit_id": "203", "roles": [pb.ROLE_CLERK, pb.ROLE_CLERK]}),
        ("BAD_FIELD", {"unit_id": "203", "roles": []}),
        ("UNIT_UNKNOWN", {"unit_id": "999", "roles": [pb.ROLE_CLERK]}),
        ("BAD_FIELD", {"name": ""}),
        ("BAD_FIELD", {"days": 91}),
        ("BAD_FIELD", {"days": -1}),
    ]
    for reason, fields in cases:
        answer, _ = propose(**fields)
        refused(answer, reason)


@test
def a_refused_proposal_closes_its_invite():
    answer, code = propose("不予同意")
    refuse = {"person_id": answer.message.person_id, "etag": answer.message.etag}
    refused(server().leader.write("PersonService/RefusePerson", **refuse), "OPINION_MISSING",
            "INVALID_ARGUMENT")
    done = server().leader.do("PersonService/RefusePerson", opinion="不在编制内", **refuse)
    equal(done.person_state, pb.PERSON_STATE_REFUSED)
    late, _ = enrolling(code)
    refused(late, "INVITE_BAD")
    refused(server().leader.write("PersonService/ConfirmPerson", person_id=answer.message.person_id,
                                  etag=done.etag),
            "STATE_FORBIDS", "FAILED_PRECONDITION")


@test
def a_stale_etag_is_told():
    answer, _ = propose("旧版本")
    stale = server().leader.write("PersonService/ConfirmPerson", person_id=answer.message.person_id, etag="7")
    refused(stale, "ETAG_STALE", "ABORTED")
    missing = server().leader.write("PersonService/ConfirmPerson", person_id="P99999", etag="1")
    refused(missing, "NOT_FOUND", "NOT_FOUND")


# --- roles ---

@test
def a_role_needs_two_persons_and_neither_is_its_holder():
    reviewer = server().add("王五", "210", pb.ROLE_REVIEWER_1)
    me = person_of(reviewer)
    proposed = server().operator.do("PersonService/ProposeRole", person_id=me.person_id,
                                    role=pb.ROLE_REVIEWER_2)
    refused(reviewer.write("PersonService/ConfirmRole", grant_id=proposed.grant_id, etag=proposed.etag),
            "ROLE_FORBIDS")
    refused(server().operator.write("PersonService/ConfirmRole", grant_id=proposed.grant_id,
                                    etag=proposed.etag),
            "ROLE_FORBIDS")
    equal(person_of(reviewer).role_names, "REVIEWER_1")
    done = server().leader.do("PersonService/ConfirmRole", grant_id=proposed.grant_id, etag=proposed.etag)
    equal(person_of(reviewer).role_names, "REVIEWER_1 REVIEWER_2")
    refused(server().leader.write("PersonService/RevokeRole", grant_id=proposed.grant_id, etag=done.etag),
            "OPINION_MISSING")
    server().leader.do("PersonService/RevokeRole", grant_id=proposed.grant_id, etag=done.etag,
                       opinion="岗位调整")
    equal(person_of(reviewer).role_names, "REVIEWER_1")


@test
def nobody_grants_to_himself():
    operator, leader = person_of(server().operator), person_of(server().leader)
    refused(server().operator.write("PersonService/ProposeRole", person_id=operator.person_id,
                                    role=pb.ROLE_CLERK),
            "SELF_GRANT", "PERMISSION_DENIED")
    proposed = server().operator.do("PersonService/ProposeRole", person_id=leader.person_id,
                                    role=pb.ROLE_REVIEWER_2)
    refused(server().leader.write("PersonService/ConfirmRole", grant_id=proposed.grant_id,
                                  etag=proposed.etag),
            "SELF_GRANT", "PERMISSION_DENIED")
    server().leader.do("PersonService/RefuseRole", grant_id=proposed.grant_id, etag=proposed.etag,
                       opinion="不兼任")


@test
def a_role_that_clashes_or_belongs_elsewhere_is_not_proposed():
    leader = person_of(server().leader)
    for role, reason in ((pb.ROLE_OPERATOR, "ROLES_CLASH"), (pb.ROLE_AUDITOR, "ROLE_WRONG_UNIT"),
                         (pb.ROLE_SYSTEM, "ROLE_NOT_GRANTABLE")):
        refused(server().operator.write("PersonService/ProposeRole", person_id=leader.person_id, role=role),
                reason)


@test
def a_role_holds_between_its_days():
    clerk = server().add("赵六", "209", pb.ROLE_CLERK)
    me = person_of(clerk)
    proposed = server().operator.do("PersonService/ProposeRole", person_id=me.person_id,
                                    role=pb.ROLE_APPROVER,
                                    valid_from_date="2099-01-01")
    server().leader.do("PersonService/ConfirmRole", grant_id=proposed.grant_id, etag=proposed.etag)
    equal(person_of(clerk).role_names, "CLERK")
    refused(server().operator.write("PersonService/ProposeRole", person_id=me.person_id,
                                    role=pb.ROLE_APPROVER,
                                    valid_from_date="2001-01-01"), "BAD_FIELD")


@test
def the_last_leader_cannot_be_put_out():
    leader = person_of(server().leader)
    grants = server().leader.get("PersonService/GetMe").grants
    refused(server().operator.write("PersonService/SuspendPerson", person_id=leader.person_id,
                                    etag=leader.etag,
                                    opinion="试"), "LAST_OFFICER", "FAILED_PRECONDITION")
    grant = next(g for g in grants if g.role == pb.ROLE_LEADER)
    refused(server().operator.write("PersonService/RevokeRole", grant_id=grant.grant_id, etag=grant.etag,
                                    opinion="试"), "LAST_OFFICER", "FAILED_PRECONDITION")


@test
def who_is_suspended_can_neither_write_nor_read_at_once():
    clerk = server().add("停用者", "203", pb.ROLE_CLERK)
    me = person_of(clerk)
    server().operator.do("PersonService/SuspendPerson", person_id=me.person_id, etag=me.etag, opinion="调离")
    equal(clerk.read("PersonService/GetMe").code, CODE["UNAUTHENTICATED"])
    expect(clerk.write("PersonService/RevokeKey", key_id=clerk.key.id.hex()).code != OK)


# --- keys ---

@test
def a_revoked_key_is_refused_whenever_its_command_arrives():
    clerk = server().add("钥匙", "203", pb.ROLE_CLERK)
    other = Key.new()
    early = clerk.command("PersonService/RotateKey", pb.RotateKeyRequest(
        new_public_key=other.public, new_key_signature=other.sign("purser-rotate-v1", clerk.key.id)))
    done = clerk.do("PersonService/RevokeKey", key_id=clerk.key.id.hex(), is_compromised=True)
    expect(done.revoked_us > 0)
    answer = clerk.call(early, clerk.sign(early))
    expect(answer.reason in ("KEY_REVOKED", "KEY_UNKNOWN"), answer.reason)
    equal(answer.code, CODE["UNAUTHENTICATED"])
    equal(clerk.read("PersonService/GetMe").code, CODE["UNAUTHENTICATED"])


@test
def one_revokes_ones_own_key_and_an_operator_anybodys():
    one = server().add("甲", "203", pb.ROLE_CLERK)
    two = server().add("乙", "203", pb.ROLE_CLERK)
    refused(two.write("PersonService/RevokeKey", key_id=one.key.id.hex()), "NOT_FOUND", "NOT_FOUND")
    refused(two.write("PersonService/RevokeKey", key_id="00" * 32), "NOT_FOUND", "NOT_FOUND")
    refused(two.write("PersonService/RevokeKey", key_id="not hex"), "NOT_FOUND", "NOT_FOUND")
    server().operator.do("PersonService/RevokeKey", key_id=one.key.id.hex())
    refused(server().operator.write("PersonService/RevokeKey", key_id=one.key.id.hex()), "ALREADY_DONE")
    server().operator.do("PersonService/RevokeKey", key_id=one.key.id.hex(), is_compromised=True)


@test
def a_rotated_key_is_good_for_what_it_signed_before():
    clerk = server().add("轮换者", "203", pb.ROLE_CLERK)
    old, new = clerk.key, Key.new()
    forged = clerk.write("PersonService/RotateKey", new_public_key=new.public,
                         new_key_signature=os.urandom(64))
    refused(forged, "SIGNATURE_BAD", "UNAUTHENTICATED")
    early = clerk.command("PersonService/RevokeKey", pb.RevokeKeyRequest(key_id="00" * 32))
    clerk.do("PersonService/RotateKey", new_public_key=new.public,
             new_key_signature=new.sign("purser-rotate-v1", old.id), key_label="新")
    refused(clerk.call(early, clerk.sign(early)), "NOT_FOUND")  # it was heard, and answered on its merits
    refused(clerk.write("PersonService/RevokeKey", key_id="00" * 32), "KEY_REVOKED", "UNAUTHENTICATED")
    fresh = server().client(new)
    keys = fresh.get("PersonService/GetMe").keys
    equal([bool(k.rotated_us) for k in keys], [True, False])


@test
def a_lost_key_is_replaced_by_an_invite_that_two_persons_give():
    clerk = server().add("失钥者", "203", pb.ROLE_CLERK)
    me = person_of(clerk)
    code = os.urandom(20)
    proposed = server().operator.do("PersonService/ProposeInvite", person_id=me.person_id, etag=me.etag,
                                    invite_hash=hash_of(code), invite_expires_us=clerk.now_us() + DAY_US)
    early, _ = enrolling(code)
    refused(early, "INVITE_BAD")
    refused(server().operator.write("PersonService/ConfirmInvite", person_id=me.person_id, etag=proposed.etag,
                                    invite_id=proposed.invite_id), "ROLE_FORBIDS")
    confirmed = server().leader.do("PersonService/ConfirmInvite", person_id=me.person_id, etag=proposed.etag,
                                   invite_id=proposed.invite_id)
    refused(server().leader.write("PersonService/ConfirmInvite", person_id=me.person_id, etag=confirmed.etag,
                                  invite_id=proposed.invite_id), "STATE_FORBIDS")
    second = enroll(server().connect(), code, server().audience, server().vkey)
    equal(person_of(second).person_id, me.person_id)
    equal(len(second.get("PersonService/GetMe").keys), 2)


# --- who sees whom ---

@test
def a_department_sees_its_own_people_only():
    clerk = server().add("看自己", "209", pb.ROLE_CLERK)
    stranger = person_of(server().add("看不见", "234", pb.ROLE_CLERK))
    me = person_of(clerk)
    equal(clerk.get("PersonService/GetPerson", person_id=me.person_id).person.person_name, "看自己")
    refused(clerk.read("PersonService/GetPerson", person_id=stranger.person_id), "NOT_FOUND", "NOT_FOUND")
    refused(clerk.read("PersonService/GetPerson", person_id="P99999"), "NOT_FOUND", "NOT_FOUND")
    seen = clerk.get("PersonService/ListPersons", page_size=1000).persons
    equal({p.unit_id for p in seen}, {"209"})
    seen = server().leader.get("PersonService/ListPersons", unit_id="234", page_size=1000).persons
    expect(stranger.person_id in [p.person_id for p in seen] and {p.unit_id for p in seen} == {"234"})
    asked = clerk.read("PersonService/ListPersons", unit_id="234")
    expect(asked.code != OK or not asked.message.persons, "another unit's people")


@test
def everything_that_happened_to_a_person_is_told():
    clerk = server().add("有经过", "203", pb.ROLE_CLERK)
    me = person_of(clerk)
    events = server().leader.get("PersonService/GetPerson", person_id=me.person_id).events
    equal([(e.seq, e.event, e.from_state, e.to_state) for e in events],
          [(1, "PROPOSE", "", "PROPOSED"), (2, "CONFIRM", "PROPOSED", "ACTIVE"),
           (3, "ENROLL", "ACTIVE", "ACTIVE")])
    equal([e.actor_id for e in events], ["P00001", "P00002", me.person_id])
    equal(me.etag, "3")


# --- every method, every role that must not ---

O, L, R1, ANY = pb.ROLE_OPERATOR, pb.ROLE_LEADER, pb.ROLE_REVIEWER_1, None
WRITES = {
    "UnitService/ImportDivisions": {O}, "UnitService/ImportUnits": {O}, "UnitService/ProposePerson": {O},
    "PersonService/ConfirmPerson": {L}, "PersonService/RefusePerson": {L},
    "PersonService/SuspendPerson": {O, L},
    "PersonService/ProposeRole": {O}, "PersonService/ConfirmRole": {L}, "PersonService/RefuseRole": {L},
    "PersonService/RevokeRole": {O, L}, "PersonService/ProposeInvite": {O},
    "PersonService/ConfirmInvite": {L},
    "PersonService/RotateKey": ANY, "PersonService/RevokeKey": ANY,
    "PolicyService/ImportRuleValues": {O}, "PolicyService/ImportTypeRules": {O},
    "PolicyService/ConfirmProposal": {L}, "PolicyService/RefuseProposal": {L},
    "PolicyService/ImportCalendar": {O},
    "CatalogueService/ImportCatalogue": {O, R1}, "CatalogueService/OpenConsultation": {O, R1},
    "CatalogueService/ConveneExperts": {O, R1}, "CatalogueService/ReturnCatalogue": {L},
    "CatalogueService/ApproveCatalogue": {L}, "CatalogueService/PublishCatalogue": {L},
    "CatalogueService/StopCatalogueEntry": {L}, "CatalogueService/ImportNegatives": {O},
    "CatalogueService/ConfirmNegatives": {L},
}
READS = ["UnitService/GetCity", "UnitService/ListUnits", "UnitService/ListDivisions", "UnitService/GetUnit",
         "PolicyService/ListProposals", "PolicyService/ListRuleValues", "PolicyService/GetRuleValue",
         "PolicyService/ListTypeRules", "PolicyService/GetTypeRule", "PolicyService/ListCalendar",
         "PolicyService/ListCalendarYears", "CatalogueService/ListCatalogueVersions",
         "CatalogueService/GetCatalogueVersion", "CatalogueService/ListCatalogueEntries",
         "CatalogueService/GetCatalogueEntry", "CatalogueService/ListNegatives", "PersonService/GetMe"]
SEE_PEOPLE = {pb.ROLE_CLERK, pb.ROLE_APPROVER, pb.ROLE_REVIEWER_1, pb.ROLE_REVIEWER_2, L, O, pb.ROLE_AUDITOR,
              pb.ROLE_AUDIT_HEAD}
PLACES = {pb.ROLE_CLERK: "203", pb.ROLE_APPROVER: "203", pb.ROLE_REVIEWER_1: "210", pb.ROLE_REVIEWER_2: "210",
          pb.ROLE_CIVIL_AFFAIRS: "208", pb.ROLE_STAFFING: "107", pb.ROLE_AUDITOR: "223",
          pb.ROLE_AUDIT_HEAD: "223",
          pb.ROLE_REGISTRAR: "210"}


def people_by_role():
    people = {role: server().add(f"角色{role}", unit, role) for role, unit in PLACES.items()}
    return {**people, O: server().operator, L: server().leader}


@test
def every_write_is_refused_to_every_role_that_has_no_business_with_it():
    people = people_by_role()
    cells = 0
    for method, roles in WRITES.items():
        for role, who in people.items():
            answer = who.write(method, validate_only=True)
            cells += 1
            if roles is None or role in roles:
                expect(answer.reason != "ROLE_FORBIDS", method, role, answer.text)
            else:
                refused(answer, "ROLE_FORBIDS", "PERMISSION_DENIED")
    equal(cells, len(WRITES) * 11)


@test
def every_role_reads_what_is_not_departmental_and_some_see_people():
    people = people_by_role()
    for role, who in people.items():
        for method in READS:
            expect(who.read(method).code in (OK, CODE["NOT_FOUND"]), method, role)
        for method in ("PersonService/ListPersons", "PersonService/GetPerson"):
            equal(who.read(method).code == CODE["PERMISSION_DENIED"], role not in SEE_PEOPLE, method, role)


@test
def without_a_signature_nothing_is_read():
    nobody = Client(server().connect(), None, server().audience)
    for method in READS:
        equal(nobody.read(method).code, CODE["UNAUTHENTICATED"], method)


@test
def a_command_that_is_only_checked_changes_nothing():
    before = server().operator.get("PersonService/ListPersons", page_size=1000).persons
    code = os.urandom(20)
    answer = server().operator.write("UnitService/ProposePerson", validate_only=True, person_name="只校验",
                                     unit_id="203",
                                     roles=[pb.ROLE_CLERK], invite_hash=hash_of(code),
                                     invite_expires_us=server().operator.now_us() + DAY_US)
    equal(answer.code, OK, answer.text)
    after = server().operator.get("PersonService/ListPersons", page_size=1000).persons
    equal(len(after), len(before))


@test
def a_unit_is_closed_and_its_successor_named():
    operator = server().operator
    server().add_units(u391="市旧局", u392="市新局")
    early = operator.write("UnitService/CloseUnit", unit_id="391", valid_to_date="2000-01-01",
                           successor_id="392")
    equal((early.code, early.reason, early.problems[0].field),
          (CODE["INVALID_ARGUMENT"], "BAD_FIELD", "valid_to_date"))
    nobody = operator.write("UnitService/CloseUnit", unit_id="391", valid_to_date="2026-12-31",
                            successor_id="399")
    equal(nobody.reason, "UNIT_UNKNOWN")
    unknown = operator.write("UnitService/CloseUnit", unit_id="399", valid_to_date="2026-12-31")
    equal(unknown.reason, "NOT_FOUND")
    operator.do("UnitService/CloseUnit", unit_id="391", valid_to_date="2026-12-31", successor_id="392",
                note="机构改革")
    unit = operator.get("UnitService/GetUnit", id="391").unit
    equal((unit.name, unit.valid_to_date, unit.successor_id), ("市旧局", "2026-12-31", "392"))


@test
def the_journal_replays_into_the_same_tables():
    try:
        server().add("最后一人", "203", pb.ROLE_APPROVER)
    except Refused as why:
        raise AssertionError(why.answer.text) from None
    code, text = server().verify()
    equal(code, 0, text)


main()
