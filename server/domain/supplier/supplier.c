/* The door of suppliers: who is registered, changed, banned and let in again. */
#include "server/domain/supplier/supplier.h"

#include <string.h>

#include "common/check.h"
#include "common/text.h"
#include "server/domain/supplier/supplier_door.h"

/* ---- what contracts ask ---- */

static const char *who(const struct refusal *why, const struct supplier *s)
{
    return say_text(why, "%s (%s)", s->name, s->id);
}

/* Art. 8 names two types that neither purchase nor provide; of the others Art. 6 says who provides. */
static const char *article_of(const char *type)
{
    return strcmp(type, "221") == 0 || strcmp(type, "141") == 0 ? "P4" : "P5";
}

bool supplier_may_provide(const struct supplier *s, const struct type_rule *t, struct day on,
                          struct refusal *why)
{
    if (!s->is_found)
        return refuse(why, "SUPPLIER_UNKNOWN", .field = "supplier_id", .rule = "P5", .what = s->id);
    if (!t->is_found)
        return refuse(why, "SUPPLIER_TYPE", .field = "supplier_id", .rule = "P5", .what = who(why, s),
                      .broke = s->type);

    bool is_old = strstr(t->rule_set, "96") != NULL; /* 财综〔2014〕96号 */
    const char *type = say_text(why, "%s %s", t->type, t->name);
    if (strcmp(t->may_provide, "ask") == 0 || strcmp(t->may_provide, "unsure") == 0)
        return refuse(why, "SUPPLIER_TYPE", .field = "supplier_id", .rule = is_old ? "P10" : "P5",
                      .what = who(why, s), .broke = type,
                      .passes = "编办认定后的类型 (a type settled by the staffing office)");
    if (strcmp(t->may_provide, "no") == 0)
        return refuse(
            why, "SUPPLIER_TYPE", .field = "supplier_id", .rule = is_old ? "P10" : article_of(t->type),
            .what = who(why, s), .broke = type,
            .passes =
                "企业、社会组织、公益二类和从事生产经营活动的事业单位、农村集体经济组织、基层群众性自治组织");
    if (ban_holds(s->banned_from, s->banned_to, on))
        return refuse(why, "SUPPLIER_BANNED", .field = "supplier_id", .rule = "P8", .what = who(why, s),
                      .broke = say_text(why, "%s … %s，%s", day_text(why->arena, s->banned_from),
                                        day_text(why->arena, s->banned_to), s->banned_basis),
                      .passes = day_text(why->arena, s->banned_to));
    return true;
}

/* ---- facts and helpers of the writes ---- */

/* Writes one supplier as it shall stand, and the step that made it so. */
static void keep(struct call *c, const struct supplier_row *row, int event, int from, const char *opinion)
{
    const struct supplier_step step = {row->id, row->version, event, from, row->state, opinion};
    supplier_rows_write(c->tx, c->arena, row, 1);
    supplier_steps_write(c->tx, c->arena, &step, 1, c->actor.person_id, c->now_us);
}

/* ---- registered one by one ---- */

struct register_facts {
    struct supplier_row old;
    struct supplier_types types;
};

static void supplier_register_load(struct call *c, const PB(RegisterSupplierRequest) *req,
                                   struct register_facts *f)
{
    supplier_row_want(c->tx, req->supplier_id, &f->old);
    supplier_types_want(c, req->supplier_type, &f->types);
}

static enum status supplier_register(struct call *c, const PB(RegisterSupplierRequest) *req,
                                     const struct register_facts *f, PB(RegisterSupplierResponse) *reply)
{
    struct refusal *why = call_refusal(c);
    const struct supplier_claim claim = {req->supplier_id, req->supplier_name, req->supplier_type,
                                         (int)req->enterprise_size};
    int to = 0;
    if (!supplier_claim_is_sound(&claim, why) ||
        !supplier_type_is_known(&f->types, req->supplier_type, req->supplier_id, why))
        return refuse_with(c, why);
    if (f->old.is_found) {
        (void)refuse(why, "ALREADY_EXISTS", .field = "supplier_id",
                     .what = say_text(why, "%s (%s)", f->old.name, f->old.id));
        return refuse_with(c, why);
    }
    if (!lifecycle_next(&supplier_life, 0, SUPPLIER_REGISTER, c->actor.roles, &to, why))
        return refuse_with(c, why);

    const struct supplier_row row = {.id = req->supplier_id,
                                     .name = req->supplier_name,
                                     .type = req->supplier_type,
                                     .note = req->note,
                                     .banned_basis = "",
                                     .enterprise_size = (int)req->enterprise_size,
                                     .state = to,
                                     .banned_from = DAY_NONE,
                                     .banned_to = DAY_NONE,
                                     .version = 1};
    keep(c, &row, SUPPLIER_REGISTER, 0, "");
    reply->supplier_id = req->supplier_id;
    reply->state = (PB(SupplierState))to;
    reply->etag = reply_text(call_etag(c, 1));
    return STATUS_OK;
}

/* ---- changed ---- */

static void supplier_update_load(struct call *c, const PB(UpdateSupplierRequest) *req,
                                 struct register_facts *f)
{
    supplier_row_want(c->tx, req->supplier_id, &f->old);
    supplier_types_want(c, req->supplier_type, &f->types);
}

/* The fields that are named, and no others, take the request's values. */
static bool take_named(const PB(UpdateSupplierRequest) *req, struct supplier_row *row, bool *ret_type,
                       struct refusal *why)
{
    if (req->n_update_fields == 0)
        return refuse(why, "NO_UPDATE_FIELDS", .field = "update_fields", .what = req->supplier_id);
    for (size_t i = 0; i < req->n_update_fields; i++) {
        const char *field = req->update_fields[i];
        if (strcmp(field, "supplier_name") == 0)
            row->name = req->supplier_name;
        else if (strcmp(field, "supplier_type") == 0)
            row->type = req->supplier_type, *ret_type = true;
        else if (strcmp(field, "enterprise_size") == 0)
            row->enterprise_size = (int)req->enterprise_size;
        else if (strcmp(field, "note") == 0)
            row->note = req->note;
        else
            return refuse(why, "BAD_FIELD", .field = "update_fields", .broke = field,
                          .passes = "supplier_name, supplier_type, enterprise_size, note");
    }
    return true;
}

static enum status supplier_update(struct call *c, const PB(UpdateSupplierRequest) *req,
                                   const struct register_facts *f, PB(UpdateSupplierResponse) *reply)
{
    struct refusal *why = call_refusal(c);
    struct supplier_row row = f->old;
    bool has_type = false;
    if (!f->old.is_found)
        return refuse_missing(c, "supplier_id", req->supplier_id);
    if (!call_etag_is(c, req->etag, f->old.version, req->supplier_id))
        return refuse_all(c);
    if (!take_named(req, &row, &has_type, why) ||
        !lifecycle_next(&supplier_life, f->old.state, SUPPLIER_UPDATE, c->actor.roles, &row.state, why))
        return refuse_with(c, why);
    const struct supplier_claim claim = {row.id, row.name, row.type, row.enterprise_size};
    if (!supplier_claim_is_sound(&claim, why) ||
        (has_type && !supplier_type_is_known(&f->types, row.type, row.id, why)))
        return refuse_with(c, why);

    row.version++;
    keep(c, &row, SUPPLIER_UPDATE, f->old.state,
         arena_printf(c->arena, "%s [%s %s %s]", req->opinion, f->old.name, f->old.type,
                      names_of(&enterprise_sizes, f->old.enterprise_size)));
    reply->supplier_id = req->supplier_id;
    reply->state = (PB(SupplierState))row.state;
    reply->etag = reply_text(call_etag(c, row.version));
    return STATUS_OK;
}

/* ---- banned, and let in again ---- */

static void supplier_ban_load(struct call *c, const PB(BanSupplierRequest) *req, struct supplier_row *f)
{
    supplier_row_want(c->tx, req->supplier_id, f);
}

static enum status supplier_ban(struct call *c, const PB(BanSupplierRequest) *req,
                                const struct supplier_row *f, PB(BanSupplierResponse) *reply)
{
    struct refusal *why = call_refusal(c);
    const struct ban ban = {req->ban_from_date, req->ban_to_date, req->ban_basis};
    struct supplier_row row = *f;
    bool is_there = false;
    if (!f->is_found)
        return refuse_missing(c, "supplier_id", req->supplier_id);
    if (!call_etag_is(c, req->etag, f->version, req->supplier_id))
        return refuse_all(c);
    if (!lifecycle_next(&supplier_life, f->state, SUPPLIER_BAN, c->actor.roles, &row.state, why) ||
        !ban_is_sound(&ban, &is_there, why))
        return refuse_with(c, why);
    if (!is_there)
        return refuse_field(c, "ban_from_date", "空 (empty)", "2026-01-01");

    row.banned_from = row.banned_to = DAY_NONE;
    (void)day_parse_iso(ban.from, &row.banned_from);
    (void)day_parse_iso(ban.to, &row.banned_to);
    row.banned_basis = ban.basis;
    row.version++;
    keep(c, &row, SUPPLIER_BAN, f->state, supplier_ban_text(c->arena, &row));
    reply->supplier_id = req->supplier_id;
    reply->state = (PB(SupplierState))row.state;
    reply->etag = reply_text(call_etag(c, row.version));
    return STATUS_OK;
}

static void supplier_lift_load(struct call *c, const PB(LiftBanRequest) *req, struct supplier_row *f)
{
    supplier_row_want(c->tx, req->supplier_id, f);
}

static enum status supplier_lift(struct call *c, const PB(LiftBanRequest) *req, const struct supplier_row *f,
                                 PB(LiftBanResponse) *reply)
{
    struct refusal *why = call_refusal(c);
    struct supplier_row row = *f;
    if (!f->is_found)
        return refuse_missing(c, "supplier_id", req->supplier_id);
    if (!call_etag_is(c, req->etag, f->version, req->supplier_id))
        return refuse_all(c);
    if (!lifecycle_next(&supplier_life, f->state, SUPPLIER_LIFT, c->actor.roles, &row.state, why))
        return refuse_with(c, why);
    if (text_is_blank(req->opinion)) {
        (void)refuse(why, "OPINION_MISSING", .field = "opinion", .rule = "G-d", .what = req->supplier_id);
        return refuse_with(c, why);
    }

    row.banned_from = row.banned_to = DAY_NONE;
    row.banned_basis = "";
    row.version++;
    keep(c, &row, SUPPLIER_LIFT, f->state,
         arena_printf(c->arena, "%s [%s]", req->opinion, supplier_ban_text(c->arena, f)));
    reply->supplier_id = req->supplier_id;
    reply->state = (PB(SupplierState))row.state;
    reply->etag = reply_text(call_etag(c, row.version));
    return STATUS_OK;
}

/* ---- rows ---- */

WRITES(supplier_import, ImportSuppliersRequest, struct supplier_import_facts, ImportSuppliersResponse);
WRITES(supplier_register, RegisterSupplierRequest, struct register_facts, RegisterSupplierResponse);
WRITES(supplier_update, UpdateSupplierRequest, struct register_facts, UpdateSupplierResponse);
WRITES(supplier_ban, BanSupplierRequest, struct supplier_row, BanSupplierResponse);
WRITES(supplier_lift, LiftBanRequest, struct supplier_row, LiftBanResponse);

#define KEEPERS (ROLE_REGISTRAR | ROLE_OPERATOR)

/* clang-format off */
static struct rpc rows[] = {
    /*     verb                                who may         key */
    WRITE(ImportSuppliers,  supplier_import,   KEEPERS,        ALONE),
    WRITE(RegisterSupplier, supplier_register, KEEPERS,        ALONE),
    WRITE(UpdateSupplier,   supplier_update,   KEEPERS,        ALONE),
    WRITE(BanSupplier,      supplier_ban,      ROLE_REGISTRAR, ALONE),
    WRITE(LiftBan,          supplier_lift,     ROLE_REGISTRAR, ALONE),
    READ (GetSupplier,      ROLE_ANY,          RPC_OPEN,            supplier_get_sql),
    READ (ListSuppliers,    ROLE_ANY,          RPC_OPEN | RPC_LIST, suppliers_list_sql),
};
/* clang-format on */

static const ProtobufCServiceDescriptor *const services[] = {&purser__v1__supplier_service__descriptor};
static const struct lifecycle *const lives[] = {&supplier_life};
static const char *const tables[] = {"supplier", "supplier_event"};

const struct noun noun_supplier = {.name = "supplier",
                                   .services = services,
                                   .services_count = COUNT_OF(services),
                                   .rows = rows,
                                   .rows_count = COUNT_OF(rows),
                                   .lives = lives,
                                   .lives_count = COUNT_OF(lives),
                                   .tables = tables,
                                   .tables_count = COUNT_OF(tables)};
