#!/usr/bin/python3
"""Suppliers over the wire: registered, imported, changed, banned; a wrong code is told which would do."""
from city import City, rows_of
from harness import equal, expect, fixture, main, test
from purser import pb

city = fixture(City)
GUARD = "91450600MA57000107"


def a_supplier(code):
    return city().operator.get("SupplierService/GetSupplier", supplier_id=code)


@test
def the_reference_list_is_there_with_one_ban_and_one_that_may_not_provide():
    listed = city().operator.get("SupplierService/ListSuppliers", page_size=1000).suppliers
    equal(len(listed), 17)
    banned = city().operator.get("SupplierService/ListSuppliers", state=pb.SUPPLIER_STATE_BANNED).suppliers
    equal([(s.ban_from_date, s.ban_to_date) for s in banned], [("2026-01-01", "2028-12-31")])
    equal([s.supplier_type for s in listed if "食品药品检验所" in s.supplier_name], ["221"])


@test
def importing_the_list_again_changes_nothing():
    rows = rows_of(pb.SupplierRow, "suppliers.csv")
    done = city().registrar.do("SupplierService/ImportSuppliers", rows=rows)
    equal((done.imported_count, done.changed_count, done.unchanged_count), (0, 0, 17))


@test
def pages_of_suppliers_join_without_a_gap():
    seen, token = [], ""
    while True:
        page = city().operator.get("SupplierService/ListSuppliers", page_size=5, page_token=token)
        seen += [s.supplier_id for s in page.suppliers]
        token = page.next_page_token
        if not token:
            break
    equal(len(seen), len(set(seen)))
    expect(seen == sorted(seen) and len(seen) >= 17)


@test
def a_wrong_check_character_is_told_with_the_right_one():
    answer = city().registrar.write("SupplierService/RegisterSupplier", supplier_id="91450600MA57000108",
                                    supplier_name="甲", supplier_type="410")
    equal((answer.reason, answer.problems[0].field), ("BAD_FIELD", "supplier_id"))
    expect(answer.problems[0].passes.endswith("7"), answer.problems[0].passes)


@test
def an_import_with_bad_rows_takes_none_and_names_each():
    rows = [pb.SupplierRow(supplier_id="91450600MA57060006", supplier_name="好", supplier_type="410"),
            pb.SupplierRow(supplier_id="bad", supplier_name="坏", supplier_type="410"),
            pb.SupplierRow(supplier_id=GUARD, supplier_name="", supplier_type="410"),
            pb.SupplierRow(supplier_id=GUARD, supplier_name="甲", supplier_type="999")]
    answer = city().operator.write("SupplierService/ImportSuppliers", rows=rows)
    fields = [p.field for p in answer.problems]
    for wanted in ("rows[1].supplier_id", "rows[2].supplier_name", "rows[3].supplier_type"):
        expect(wanted in fields, wanted, fields)
    good = city().operator.read("SupplierService/GetSupplier", supplier_id=rows[0].supplier_id)
    equal(good.reason, "NOT_FOUND")


@test
def an_individual_is_not_registered_in_clear():
    answer = city().registrar.write("SupplierService/RegisterSupplier", supplier_id="450601199001011234",
                                    supplier_name="某人", supplier_type="510")
    equal(answer.reason, "PERSONAL_DATA")


@test
def a_change_names_its_fields_and_the_version_it_saw():
    before = a_supplier(GUARD).supplier
    registrar = city().registrar
    change = {"supplier_id": GUARD, "note": "改", "supplier_name": "不算"}
    nothing = registrar.write("SupplierService/UpdateSupplier", etag=before.etag, **change)
    equal(nothing.reason, "NO_UPDATE_FIELDS")
    change["update_fields"] = ["note"]
    equal(registrar.write("SupplierService/UpdateSupplier", etag="99", **change).reason, "ETAG_STALE")
    registrar.do("SupplierService/UpdateSupplier", etag=before.etag, **change)
    after = a_supplier(GUARD).supplier
    equal((after.note, after.supplier_name), ("改", before.supplier_name))


@test
def a_ban_is_pronounced_and_lifted_by_the_registrar_alone():
    code = "91450600MA57003875"
    seen = a_supplier(code).supplier
    words = {"supplier_id": code, "ban_from_date": "2026-05-01", "ban_basis": "财罚〔2026〕1号"}
    words["etag"] = seen.etag
    equal(city().operator.write("SupplierService/BanSupplier", **words).reason, "ROLE_FORBIDS")
    for field, value in (("ban_basis", ""), ("ban_from_date", "2026-02-30"), ("ban_from_date", "")):
        answer = city().registrar.write("SupplierService/BanSupplier", **{**words, field: value})
        equal(answer.problems[0].field, field)
    made = city().registrar.do("SupplierService/BanSupplier", **words)
    equal(made.state, pb.SUPPLIER_STATE_BANNED)
    lift = {"supplier_id": code, "etag": made.etag}
    equal(city().registrar.write("SupplierService/LiftBan", **lift).reason, "OPINION_MISSING")
    lift["etag"] = city().registrar.do("SupplierService/LiftBan", **lift, opinion="撤销处罚").etag
    equal(city().registrar.write("SupplierService/LiftBan", **lift, opinion="再").reason, "STATE_FORBIDS")
    equal([e.event for e in a_supplier(code).events], ["REGISTER", "BAN", "LIFT"])


@test
def a_department_may_read_suppliers_but_not_keep_them():
    clerk = city().clerk("203")
    equal(clerk.get("SupplierService/GetSupplier", supplier_id=GUARD).supplier.supplier_type, "410")
    equal(clerk.write("SupplierService/RegisterSupplier", supplier_id=GUARD, supplier_name="x",
                      supplier_type="410").reason, "ROLE_FORBIDS")


@test
def the_journal_replays_to_the_same_tables():
    city().stop()
    code, text = city().verify()
    city().start()
    equal(code, 0, text)


main()
