#!/usr/bin/python3
"""The guidance catalogue's versions and the negative list over the wire."""
import datetime
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
# pylint: disable=wrong-import-position
from city import rows_of
from harness import equal, expect, fixture, main, test
from purser import OK, pb
from server import Server

server = fixture(Server)
published = []
TODAY = datetime.datetime.now(datetime.timezone(datetime.timedelta(hours=8))).date()


def refused(answer, reason):
    equal(answer.reason, reason, answer.text)
    expect(answer.code != OK)


def draft(version_id, rows=None, who=None, **other):
    """The answer to an import."""
    fields = {"title": "指导性目录", "basis": "财政部令第102号", "valid_from_date": "2020-01-01", **other}
    rows = rows_of(pb.CatalogueRow, "catalogue.csv") if rows is None else rows
    return (who or server().operator).write("CatalogueService/ImportCatalogue", version_id=version_id,
                                            rows=rows, **fields)


def move(who, method, version_id, etag, **other):
    return who.write(f"CatalogueService/{method}", version_id=version_id, etag=etag, **other)


def load():
    """Version 2020 in force; once."""
    if not published:
        etag = draft("2020").message.etag
        etag = move(server().operator, "OpenConsultation", "2020", etag).message.etag
        etag = move(server().leader, "ApproveCatalogue", "2020", etag, opinion="同意").message.etag
        published.append(move(server().leader, "PublishCatalogue", "2020", etag).message.etag)
    return server()


def entry(code, on_date=""):
    return server().leader.read("CatalogueService/GetCatalogueEntry", code=code, on_date=on_date)


ROWS = [pb.CatalogueRow(code="A", entry_level=1, name="公共服务"),
        pb.CatalogueRow(code="A01", entry_level=2, parent="A", name="公共安全服务"),
        pb.CatalogueRow(code="A0101", entry_level=3, parent="A01", name="隐患排查服务", words="隐患排查")]


@test
def a_version_holds_only_when_it_is_published():
    made = draft("2020")
    equal((made.code, made.message.imported_count), (OK, 160), made.text)
    etag = made.message.etag
    refused(entry("A0291"), "NOT_FOUND")
    refused(move(server().leader, "ApproveCatalogue", "2020", etag), "STATE_FORBIDS")
    etag = move(server().operator, "OpenConsultation", "2020", etag).message.etag
    refused(draft("2020", etag=etag), "STATE_FORBIDS")
    refused(move(server().operator, "ApproveCatalogue", "2020", etag), "ROLE_FORBIDS")
    etag = move(server().operator, "ConveneExperts", "2020", etag).message.etag
    refused(move(server().leader, "ReturnCatalogue", "2020", etag), "OPINION_MISSING")
    etag = move(server().leader, "ReturnCatalogue", "2020", etag, opinion="补充条目").message.etag
    refused(draft("2020", rows=ROWS, etag="1"), "ETAG_STALE")
    etag = draft("2020", rows=ROWS[:2], etag=etag).message.etag
    etag = move(server().operator, "OpenConsultation", "2020", etag).message.etag
    refused(move(server().leader, "PublishCatalogue", "2020", etag), "STATE_FORBIDS")
    etag = move(server().leader, "ApproveCatalogue", "2020", etag, opinion="同意").message.etag
    refused(entry("A0291"), "NOT_FOUND")
    done = move(server().leader, "PublishCatalogue", "2020", etag)
    equal((done.code, done.message.superseded_id), (OK, ""), done.text)
    published.append(done.message.etag)
    found = entry("A0291").message.entry
    equal((found.name, found.entry_level, found.version_id, found.seed_type),
          ("校园安保服务", 3, "2020", "校园安保服务"))
    version = server().leader.get("CatalogueService/GetCatalogueVersion", version_id="2020")
    equal(version.version.entry_count, 128)
    equal([e.event for e in version.events],
          ["IMPORT", "CONSULT", "CONVENE", "RETURN", "IMPORT", "CONSULT", "APPROVE", "PUBLISH"])


@test
def who_prepared_does_not_approve():
    both = server().add("两岗", "210", pb.ROLE_REVIEWER_1, pb.ROLE_LEADER)
    etag = draft("own", rows=ROWS, who=both).message.etag
    etag = move(both, "OpenConsultation", "own", etag).message.etag
    refused(move(both, "ApproveCatalogue", "own", etag), "SAME_PERSON")
    equal(move(server().leader, "ApproveCatalogue", "own", etag).code, OK)


@test
def entries_are_chosen_by_date_parent_and_word():
    load()
    refused(entry("A0291", "2019-12-31"), "NOT_FOUND")
    equal(entry("A0291", "2020-01-01").code, OK)
    equal([e.code for e in server().leader.get("CatalogueService/ListCatalogueEntries",
                                               parent="A09").entries],
          ["A0901", "A0902"])
    equal(len(server().leader.get("CatalogueService/ListCatalogueEntries", page_size=1000).entries), 160)
    equal(len(server().leader.get("CatalogueService/ListCatalogueEntries", on_date="2019-01-01").entries), 0)
    found = [e.code for e in server().leader.get("CatalogueService/SearchCatalogueEntries",
                                                 text="保洁").entries]
    equal(found, ["A1193", "B1102"])
    found = [e.code for e in server().leader.get("CatalogueService/SearchCatalogueEntries",
                                                 text="B11").entries]
    equal(found[0], "B11")


@test
def every_entry_of_the_third_level_has_words_to_be_found_by():
    load()
    entries = server().leader.get("CatalogueService/ListCatalogueEntries", page_size=1000).entries
    equal([e.code for e in entries if e.entry_level == 3 and not e.words], [])


@test
def bad_rows_are_named_and_nothing_is_drafted():
    rows = [*ROWS, pb.CatalogueRow(code="C01", entry_level=2, parent="C", name="货物"),
            pb.CatalogueRow(code="A0102", entry_level=2, parent="A01", name="级别"),
            pb.CatalogueRow(code="A0301", entry_level=3, parent="A03", name="无上级"),
            pb.CatalogueRow(code="A0103", entry_level=3, parent="A01", name=""),
            pb.CatalogueRow(code="A0104", entry_level=3, parent="A01", name="类别", class96=7), ROWS[2]]
    answer = draft("bad", rows=rows)
    equal([p.field for p in answer.problems], [
        "rows[3].code", "rows[4].entry_level", "rows[5].parent", "rows[6].name", "rows[7].class96",
        "rows[8].code"])
    refused(server().leader.read("CatalogueService/GetCatalogueVersion", version_id="bad"), "NOT_FOUND")
    refused(draft("bad", rows=ROWS, title=""), "BAD_FIELD")
    empty = draft("leafless", rows=ROWS[:2]).message.etag
    refused(move(server().operator, "OpenConsultation", "leafless", empty), "BAD_FIELD")


@test
def an_entry_is_stopped_from_a_day_and_never_deleted():
    load()
    version = server().leader.get("CatalogueService/GetCatalogueVersion", version_id="2020").version
    soon = (TODAY + datetime.timedelta(days=30)).isoformat()
    stop = {"code": "A0902", "stopped_from_date": soon, "opinion": "并入其他条目"}
    refused(move(server().operator, "StopCatalogueEntry", "2020", version.etag, **stop), "ROLE_FORBIDS")
    refused(move(server().leader, "StopCatalogueEntry", "2020", version.etag, **{**stop, "code": "A9999"}),
            "NOT_FOUND")
    refused(move(server().leader, "StopCatalogueEntry", "2020", version.etag, **{**stop, "opinion": ""}),
            "OPINION_MISSING")
    refused(move(server().leader, "StopCatalogueEntry", "2020", version.etag,
                 **{**stop, "stopped_from_date": "2020-01-01"}),
            "BAD_FIELD")
    equal(move(server().leader, "StopCatalogueEntry", "2020", version.etag, **stop).code, OK)
    equal(entry("A0902").code, OK)
    refused(entry("A0902", soon), "NOT_FOUND")


@test
def the_next_version_begins_after_the_one_before_and_ends_it():
    load()
    first = (TODAY + datetime.timedelta(days=60)).isoformat()
    last = (TODAY + datetime.timedelta(days=59)).isoformat()

    def approved(version_id, day):
        etag = draft(version_id, rows=ROWS, valid_from_date=day).message.etag
        etag = move(server().operator, "OpenConsultation", version_id, etag).message.etag
        return move(server().leader, "ApproveCatalogue", version_id, etag, opinion="同意").message.etag
    refused(move(server().leader, "PublishCatalogue", "past", approved("past", "2021-01-01")),
            "CATALOGUE_DATE")
    done = move(server().leader, "PublishCatalogue", "next", approved("next", first))
    equal((done.code, done.message.superseded_id), (OK, "2020"), done.text)
    old = server().leader.get("CatalogueService/GetCatalogueVersion", version_id="2020").version
    equal((old.valid_to_date, old.catalogue_state), (last, pb.CATALOGUE_STATE_SUPERSEDED))
    equal([entry("A0101", d).message.entry.version_id for d in ("2020-01-01", "", last, first)],
          ["2020", "2020", "2020", "next"])
    refused(entry("A0291", first), "NOT_FOUND")


@test
def the_negative_list_needs_two_persons_and_is_chosen_by_date():
    made = server().operator.do("CatalogueService/ImportNegatives", valid_from_date="2020-03-01",
                                rows=rows_of(pb.NegativeRow, "negatives.csv"))
    equal(made.imported_count, 14)
    confirm = {"list_id": made.list_id, "etag": made.etag}
    equal(len(server().leader.get("CatalogueService/ListNegatives").negatives), 0)
    equal(len(server().leader.get("CatalogueService/ListNegatives", list_id=made.list_id).negatives), 14)
    refused(server().operator.write("CatalogueService/ConfirmNegatives", **confirm), "ROLE_FORBIDS")
    done = server().leader.do("CatalogueService/ConfirmNegatives", **confirm)
    refused(server().leader.write("CatalogueService/ConfirmNegatives", list_id=made.list_id, etag=done.etag),
            "STATE_FORBIDS")
    first = server().leader.get("CatalogueService/ListNegatives", page_size=9)
    second = server().leader.get("CatalogueService/ListNegatives", page_size=9,
                                 page_token=first.next_page_token)
    equal([n.code for n in [*first.negatives, *second.negatives]], [f"N{i}" for i in range(1, 15)])
    equal(len(server().leader.get("CatalogueService/ListNegatives", on_date="2020-02-29").negatives), 0)
    refused(server().operator.write("CatalogueService/ImportNegatives", valid_from_date="2020-03-01", rows=[
        pb.NegativeRow(code="N1", item="甲", basis="乙"), pb.NegativeRow(code="N1", item="甲", basis="乙")]),
        "ROW_TWICE")


@test
def the_journal_replays_into_the_same_tables():
    load()
    code, text = server().verify()
    equal(code, 0, text)


main()
