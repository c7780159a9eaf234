/* The catalogue: a version is drafted, consulted, approved, published and superseded; the negative list
 * beside it. */
#include "server/domain/catalogue/catalogue.h"

#include <string.h>

#include "common/check.h"
#include "common/text.h"
#include "server/domain/catalogue/catalogue_door.h"

/* ---- one version, moved by whoever signed ---- */

struct version_facts {
    struct catalogue_version version, newest;
    struct entry entry;
    struct preparation hand; /* the actor's */
};

/* May this event happen to the version? Files what is wrong. */
static bool version_may(struct call *c, const struct catalogue_version *v, const char *id, const char *etag,
                        int event, int *ret_to)
{
    struct refusal *why = call_refusal(c);
    if (!v->is_found)
        (void)refuse(why, "NOT_FOUND", .field = "version_id", .what = id);
    else if (!call_etag_is(c, etag, v->version, v->id))
        return false;
    else if (lifecycle_next(&catalogue_life, v->state, event, c->actor.roles, ret_to, why))
        return true;
    if (!why->what)
        why->what = v->id;
    refuse_add(c, why);
    return false;
}

static void move(struct call *c, const struct catalogue_version *v, int event, int to, const char *opinion)
{
    const struct version_step s = {.event = names_of(&catalogue_events, event),
                                   .actor_id = c->actor.person_id,
                                   .opinion = opinion,
                                   .to_state = to,
                                   .at_us = c->now_us};
    version_step(c->tx, v, &s);
}

/* ---- a draft is loaded or extended ---- */

struct import_facts {
    struct catalogue_version version;
    struct code_row *known;
    int known_count;
};

static void catalogue_import_load(struct call *c, const PB(ImportCatalogueRequest) *req,
                                  struct import_facts *f)
{
    version_want(c->tx, req->version_id, &f->version);
    entries_want_codes(c->tx, req->version_id, &f->known, &f->known_count);
}

static bool head_is_sound(struct call *c, const PB(ImportCatalogueRequest) *req, const struct import_facts *f,
                          int *ret_to, struct day *ret_from)
{
    *ret_from = DAY_NONE;
    if (!text_is_ascii_id(req->version_id))
        refuse_also(c, "version_id", req->version_id,
                    "字母、数字和 - _ . /，如 CN-2020 / letters, digits and - _ . /, such as CN-2020");
    if (*req->valid_from_date && !day_parse_iso(req->valid_from_date, ret_from))
        refuse_also(c, "valid_from_date", req->valid_from_date, "2020-01-01");
    if (refuse_any(c))
        return false;
    if (f->version.is_found)
        return version_may(c, &f->version, req->version_id, req->etag, CATALOGUE_IMPORT, ret_to);
    if (!*req->title || !*req->basis || !day_is(*ret_from))
        refuse_also(c,
                    !*req->title   ? "title"
                    : !*req->basis ? "basis"
                                   : "valid_from_date",
                    "", "一个新版本须写明 (a new version needs it)");
    *ret_to = CATALOGUE_DRAFT;
    return !refuse_any(c);
}

static bool code_is_known(const PB(ImportCatalogueRequest) *req, const struct import_facts *f,
                          const char *code)
{
    for (size_t i = 0; i < req->n_rows; i++)
        if (strcmp(req->rows[i]->code, code) == 0)
            return true;
    for (int i = 0; i < f->known_count; i++)
        if (strcmp(f->known[i].code, code) == 0)
            return true;
    return false;
}

static bool entry_will_do(const PB(ImportCatalogueRequest) *req, const struct import_facts *f, size_t at,
                          struct refusal *why)
{
    const PB(CatalogueRow) *r = req->rows[at];
    const struct entry_row row = {.code = r->code,
                                  .parent = r->parent,
                                  .name = r->name,
                                  .origin = r->origin,
                                  .level = r->entry_level,
                                  .class96 = r->class96};
    if (!entry_row_is_sound(&row, why))
        return false;
    if (*r->parent && !code_is_known(req, f, r->parent))
        return refuse(why, "BAD_FIELD", .field = "parent", .what = r->code, .broke = r->parent,
                      .passes = "目录中已有的代码 (a code of this version)");
    for (size_t i = 0; i < at; i++)
        if (strcmp(req->rows[i]->code, r->code) == 0)
            return refuse(why, "ROW_TWICE", .field = "code", .what = r->code,
                          .broke = say_text(why, "rows[%zu]", i));
    return true;
}

/* The rows as columns; files what is wrong with them. False when the arena is full. */
static bool read_entries(struct call *c, const PB(ImportCatalogueRequest) *req, const struct import_facts *f,
                         struct entry_columns *ret)
{
    const size_t n = req->n_rows;
    const char **cells = arena_array(c->arena, 6 * n, sizeof *cells);
    int64_t *numbers = arena_array(c->arena, 2 * n, sizeof *numbers);
    if (!cells || !numbers)
        return false;
    *ret = (struct entry_columns){.code = cells,
                                  .parent = cells + n,
                                  .name = cells + 2 * n,
                                  .origin = cells + 3 * n,
                                  .seed_type = cells + 4 * n,
                                  .words = cells + 5 * n,
                                  .level = numbers,
                                  .class96 = numbers + n,
                                  .n = n};
    for (size_t i = 0; i < n; i++) {
        const PB(CatalogueRow) *r = req->rows[i];
        struct refusal *why = call_refusal(c);
        ret->code[i] = r->code, ret->parent[i] = r->parent, ret->name[i] = r->name,
        ret->origin[i] = r->origin;
        ret->seed_type[i] = r->seed_type, ret->words[i] = r->words;
        ret->level[i] = r->entry_level, ret->class96[i] = r->class96;
        if (!entry_will_do(req, f, i, why))
            refuse_row(c, why, i);
    }
    return true;
}

static enum status catalogue_import(struct call *c, const PB(ImportCatalogueRequest) *req,
                                    const struct import_facts *f, PB(ImportCatalogueResponse) *reply)
{
    struct entry_columns entries;
    struct day from;
    int to = 0;
    if (!rows_will_do(c, req->n_rows) || !head_is_sound(c, req, f, &to, &from))
        return refuse_all(c);
    if (!read_entries(c, req, f, &entries))
        return STATUS_RESOURCE_EXHAUSTED;
    if (refuse_any(c))
        return refuse_all(c);

    struct version_row row = {.id = req->version_id,
                              .title = req->title,
                              .basis = req->basis,
                              .prepared_by = c->actor.person_id,
                              .kind = (int)req->catalogue_kind,
                              .valid_from = from};
    struct catalogue_version v = f->version;
    if (!v.is_found) {
        v = (struct catalogue_version){.id = req->version_id};
        row.kind = row.kind ? row.kind : 1;
        version_insert(c->tx, &row);
    } else {
        version_update(c->tx, &row);
    }
    entries_write(c->tx, req->version_id, &entries);
    move(c, &v, CATALOGUE_IMPORT, to, "");
    reply->version_id = req->version_id;
    reply->etag = reply_text(call_etag(c, v.version + 1));
    reply->imported_count = (int64_t)req->n_rows;
    return STATUS_OK;
}

/* ---- it is consulted about, argued over, sent back ---- */

static void catalogue_consult_load(struct call *c, const PB(OpenConsultationRequest) *req,
                                   struct version_facts *f)
{
    version_want(c->tx, req->version_id, &f->version);
}

static enum status catalogue_consult(struct call *c, const PB(OpenConsultationRequest) *req,
                                     const struct version_facts *f, PB(OpenConsultationResponse) *reply)
{
    int to = 0;
    if (!version_may(c, &f->version, req->version_id, req->etag, CATALOGUE_CONSULT, &to))
        return refuse_all(c);
    if (f->version.leaves == 0)
        return refuse_field(c, "rows", "0", "≥ 1 三级条目 (entry of the third level)");

    move(c, &f->version, CATALOGUE_CONSULT, to, "");
    reply->catalogue_state = (PB(CatalogueState))to;
    reply->etag = reply_text(call_etag(c, f->version.version + 1));
    return STATUS_OK;
}

static void catalogue_convene_load(struct call *c, const PB(ConveneExpertsRequest) *req,
                                   struct version_facts *f)
{
    version_want(c->tx, req->version_id, &f->version);
}

static enum status catalogue_convene(struct call *c, const PB(ConveneExpertsRequest) *req,
                                     const struct version_facts *f, PB(ConveneExpertsResponse) *reply)
{
    int to = 0;
    if (!version_may(c, &f->version, req->version_id, req->etag, CATALOGUE_CONVENE, &to))
        return refuse_all(c);

    move(c, &f->version, CATALOGUE_CONVENE, to, "");
    reply->catalogue_state = (PB(CatalogueState))to;
    reply->etag = reply_text(call_etag(c, f->version.version + 1));
    return STATUS_OK;
}

static void catalogue_return_load(struct call *c, const PB(ReturnCatalogueRequest) *req,
                                  struct version_facts *f)
{
    version_want(c->tx, req->version_id, &f->version);
}

static enum status catalogue_return(struct call *c, const PB(ReturnCatalogueRequest) *req,
                                    const struct version_facts *f, PB(ReturnCatalogueResponse) *reply)
{
    struct refusal *why = call_refusal(c);
    int to = 0;
    if (!version_may(c, &f->version, req->version_id, req->etag, CATALOGUE_RETURN, &to))
        return refuse_all(c);
    if (text_is_blank(req->opinion)) {
        (void)refuse(why, "OPINION_MISSING", .field = "opinion", .rule = "G-d", .what = f->version.id);
        return refuse_with(c, why);
    }

    move(c, &f->version, CATALOGUE_RETURN, to, req->opinion);
    reply->catalogue_state = (PB(CatalogueState))to;
    reply->etag = reply_text(call_etag(c, f->version.version + 1));
    return STATUS_OK;
}

/* ---- it is approved and published ---- */

static void catalogue_approve_load(struct call *c, const PB(ApproveCatalogueRequest) *req,
                                   struct version_facts *f)
{
    version_want_hand(c->tx, req->version_id, c->actor.person_id, &f->hand);
    version_want(c->tx, req->version_id, &f->version);
}

static enum status catalogue_approve(struct call *c, const PB(ApproveCatalogueRequest) *req,
                                     const struct version_facts *f, PB(ApproveCatalogueResponse) *reply)
{
    struct refusal *why = call_refusal(c);
    int to = 0;
    if (!version_may(c, &f->version, req->version_id, req->etag, CATALOGUE_APPROVE, &to))
        return refuse_all(c);
    if (f->hand.imports > 0) {
        (void)refuse(why, "SAME_PERSON", .field = "version_id", .rule = "G-b", .what = f->version.id,
                     .broke = c->actor.person_id,
                     .passes = "未参与编制的领导 (a leader who did not prepare it)");
        return refuse_with(c, why);
    }

    move(c, &f->version, CATALOGUE_APPROVE, to, req->opinion);
    reply->catalogue_state = (PB(CatalogueState))to;
    reply->etag = reply_text(call_etag(c, f->version.version + 1));
    return STATUS_OK;
}

static void catalogue_publish_load(struct call *c, const PB(PublishCatalogueRequest) *req,
                                   struct version_facts *f)
{
    version_want(c->tx, req->version_id, &f->version);
    version_want_newest(c->tx, &f->newest);
}

static enum status catalogue_publish(struct call *c, const PB(PublishCatalogueRequest) *req,
                                     const struct version_facts *f, PB(PublishCatalogueResponse) *reply)
{
    const struct catalogue_version *v = &f->version, *old = &f->newest;
    struct refusal *why = call_refusal(c);
    int to = 0, old_to = 0;
    if (!version_may(c, v, req->version_id, req->etag, CATALOGUE_PUBLISH, &to))
        return refuse_all(c);
    if (!version_may_begin(v->id, v->valid_from, old->is_found ? old->valid_from : DAY_NONE, c->today, why))
        return refuse_with(c, why);
    if (old->is_found &&
        !lifecycle_next(&catalogue_life, old->state, CATALOGUE_SUPERSEDE, c->actor.roles, &old_to, why))
        return refuse_with(c, why);

    move(c, v, CATALOGUE_PUBLISH, to, "");
    if (old->is_found) {
        version_end(c->tx, old->id, day_add(v->valid_from, -1));
        move(c, old, CATALOGUE_SUPERSEDE, old_to, v->id);
        reply->superseded_id = reply_text(old->id);
    }
    reply->catalogue_state = (PB(CatalogueState))to;
    reply->etag = reply_text(call_etag(c, v->version + 1));
    return STATUS_OK;
}

static void catalogue_stop_load(struct call *c, const PB(StopCatalogueEntryRequest) *req,
                                struct version_facts *f)
{
    version_want(c->tx, req->version_id, &f->version);
    entry_want(c->tx, req->version_id, req->code, &f->entry);
}

static enum status catalogue_stop(struct call *c, const PB(StopCatalogueEntryRequest) *req,
                                  const struct version_facts *f, PB(StopCatalogueEntryResponse) *reply)
{
    struct refusal *why = call_refusal(c);
    struct day from;
    int to = 0;
    if (!version_may(c, &f->version, req->version_id, req->etag, CATALOGUE_STOP_ENTRY, &to))
        return refuse_all(c);
    if (!f->entry.is_found)
        return refuse_missing(c, "code", req->code);
    if (!day_parse_iso(req->stopped_from_date, &from) || from.n < c->today.n)
        return refuse_field(c, "stopped_from_date", req->stopped_from_date,
                            say_text(why, "≥ %s", day_text(c->arena, c->today)));
    if (text_is_blank(req->opinion)) {
        (void)refuse(why, "OPINION_MISSING", .field = "opinion", .rule = "G-d", .what = req->code);
        return refuse_with(c, why);
    }

    entry_stop(c->tx, f->version.id, req->code, from);
    move(c, &f->version, CATALOGUE_STOP_ENTRY, to, arena_printf(c->arena, "%s: %s", req->code, req->opinion));
    reply->etag = reply_text(call_etag(c, f->version.version + 1));
    return STATUS_OK;
}

/* ---- the face's pure half ---- */

bool catalogue_entry_will_do(const struct catalogue_entry *e, const char *code, struct refusal *why)
{
    if (!e->is_found)
        return refuse(why, "NOT_IN_CATALOGUE", .field = "catalogue_code", .rule = "C5", .broke = code);
    if (e->level != 3)
        return refuse(why, "CATALOGUE_LEVEL", .field = "catalogue_code", .rule = "C5", .what = e->name,
                      .broke = code, .passes = say_text(why, "%s01 …", code));
    return true;
}

const struct negative *negative_hit(const struct negative *list, int count, const char *text, struct arena *a,
                                    const char **ret_word)
{
    for (int i = 0; i < count; i++)
        if (words_hit(list[i].keywords, text, a, ret_word))
            return &list[i];
    return NULL;
}

const struct catalogue_words *catalogue_hit(const struct catalogue_words *list, int count, const char *text,
                                            struct arena *a, const char **ret_word)
{
    const struct catalogue_words *best = NULL;
    size_t longest = 0;
    for (int i = 0; i < count; i++) {
        const char *word = "";
        const size_t len = words_hit(list[i].words, text, a, &word);
        /* of two as long, the one that stands first: it says the matter, what follows says the manner */
        if (len > longest || (len > 0 && len == longest && strstr(text, word) < strstr(text, *ret_word))) {
            longest = len;
            best = &list[i];
            *ret_word = word;
        }
    }
    return best;
}

/* ---- the rows ---- */

WRITES(catalogue_import, ImportCatalogueRequest, struct import_facts, ImportCatalogueResponse);
WRITES(catalogue_consult, OpenConsultationRequest, struct version_facts, OpenConsultationResponse);
WRITES(catalogue_convene, ConveneExpertsRequest, struct version_facts, ConveneExpertsResponse);
WRITES(catalogue_return, ReturnCatalogueRequest, struct version_facts, ReturnCatalogueResponse);
WRITES(catalogue_approve, ApproveCatalogueRequest, struct version_facts, ApproveCatalogueResponse);
WRITES(catalogue_publish, PublishCatalogueRequest, struct version_facts, PublishCatalogueResponse);
WRITES(catalogue_stop, StopCatalogueEntryRequest, struct version_facts, StopCatalogueEntryResponse);
WRITES(negatives_import, ImportNegativesRequest, struct negatives_facts, ImportNegativesResponse);
WRITES(negatives_confirm, ConfirmNegativesRequest, struct negatives_facts, ConfirmNegativesResponse);

#define PREPARES (ROLE_OPERATOR | ROLE_REVIEWER_1)

/* clang-format off */
static struct rpc rows[] = {
    /*    verb                                         who may         key */
    WRITE(ImportCatalogue,        catalogue_import,    PREPARES,       ALONE),
    WRITE(OpenConsultation,       catalogue_consult,   PREPARES,       ALONE),
    WRITE(ConveneExperts,         catalogue_convene,   PREPARES,       ALONE),
    WRITE(ReturnCatalogue,        catalogue_return,    ROLE_LEADER,    ALONE),
    WRITE(ApproveCatalogue,       catalogue_approve,   ROLE_LEADER,    ALONE),
    WRITE(PublishCatalogue,       catalogue_publish,   ROLE_LEADER,    ALONE),
    WRITE(StopCatalogueEntry,     catalogue_stop,      ROLE_LEADER,    ALONE),
    READ (GetCatalogueVersion,    ROLE_ANY, RPC_OPEN,                  version_get_sql),
    READ (ListCatalogueVersions,  ROLE_ANY, RPC_OPEN | RPC_LIST,       versions_list_sql),
    READ (GetCatalogueEntry,      ROLE_ANY, RPC_OPEN,                  entry_get_sql),
    READ (ListCatalogueEntries,   ROLE_ANY, RPC_OPEN | RPC_LIST,       entries_list_sql),
    READ (SearchCatalogueEntries, ROLE_ANY, RPC_OPEN | RPC_LIST,       entries_search_sql),
    WRITE(ImportNegatives,        negatives_import,    ROLE_OPERATOR,  ALONE),
    WRITE(ConfirmNegatives,       negatives_confirm,   ROLE_LEADER,    ALONE),
    READ (ListNegatives,          ROLE_ANY, RPC_OPEN | RPC_LIST,       negatives_list_sql),
};
/* clang-format on */

static const ProtobufCServiceDescriptor *const services[] = {&purser__v1__catalogue_service__descriptor};
static const struct lifecycle *const lives[] = {&catalogue_life};
static const char *const tables[] = {"catalogue_version", "catalogue_event", "catalogue_entry",
                                     "negative_list", "negative_entry"};

const struct noun noun_catalogue = {.name = "catalogue",
                                    .services = services,
                                    .services_count = COUNT_OF(services),
                                    .rows = rows,
                                    .rows_count = COUNT_OF(rows),
                                    .lives = lives,
                                    .lives_count = COUNT_OF(lives),
                                    .tables = tables,
                                    .tables_count = COUNT_OF(tables)};
