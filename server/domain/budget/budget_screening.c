/* Screening (DOMAIN 2.4): the departments' project list comes in, and the projects that were left out or
 * wrongly listed are found. The flag in the list is a claim; keywords only make hits, the decision is a
 * person's. */
#include "server/domain/budget/budget_door.h"

#include <string.h>

#include "common/money.h"
#include "common/text.h"

/* ---- import ---- */

static int unit_at(struct import_facts *f, const char *const *ids, const char *id)
{
    for (int i = 0; i < f->count; i++)
        if (strcmp(ids[i], id) == 0)
            return i;
    return -1;
}

void projects_import_load(struct call *c, const PB(ImportProjectsRequest) *req, struct import_facts *f)
{
    size_t rows = req->n_rows + 1;
    const char **ids = arena_array(c->arena, rows, sizeof *ids);
    f->units = arena_array(c->arena, rows, sizeof *f->units);
    f->types = arena_array(c->arena, rows, sizeof *f->types);
    f->unit_of = arena_array(c->arena, rows, sizeof *f->unit_of);
    if (!ids || !f->units || !f->types || !f->unit_of)
        return;
    for (size_t i = 0; i < req->n_rows; i++) {
        int at = unit_at(f, ids, req->rows[i]->unit_id);
        if (at < 0) {
            at = f->count++;
            ids[at] = req->rows[i]->unit_id;
            unit_want(c->tx, ids[at], &f->units[at]);
        }
        f->unit_of[i] = at;
    }
}

void projects_import_follow(struct call *c, const PB(ImportProjectsRequest) *req, struct import_facts *f)
{
    for (int i = 0; i < f->count; i++)
        if (f->units[i].is_found)
            policy_want_type(c->tx, f->units[i].type, year_start(req->year), &f->types[i]);
}

static void row_fault(struct call *c, size_t row, const char *field, const char *broke, const char *passes)
{
    struct refusal why = {.arena = c->arena,
                          .reason = "BAD_FIELD",
                          .broke = *broke ? broke : "–",
                          .passes = passes,
                          .field = arena_printf(c->arena, "rows[%zu].%s", row, field)};
    refuse_add(c, &why);
}

static bool is_digits(const char *text, size_t len)
{
    return strlen(text) == len && strspn(text, "0123456789") == len;
}

static void row_check(struct call *c, const PB(ImportProjectsRequest) *req, size_t i, const struct unit *unit)
{
    const PB(ProjectRow) *r = req->rows[i];
    if (!unit->is_found)
        row_fault(c, i, "unit_id", r->unit_id, "单位编码 / a unit's code");
    if (!text_is_ascii_id(r->project_code))
        row_fault(c, i, "project_code", r->project_code, "450600-27-203-0001");
    for (size_t k = 0; k < i; k++)
        if (strcmp(req->rows[k]->project_code, r->project_code) == 0)
            row_fault(c, i, "project_code", r->project_code, arena_printf(c->arena, "≠ rows[%zu]", k));
    if (!*r->project_name)
        row_fault(c, i, "project_name", "", "项目名称 / a name");
    if (!is_digits(r->function_code, 7))
        row_fault(c, i, "function_code", r->function_code, "7 位数字 / 7 digits");
    if (!is_digits(r->economic_code, 5))
        row_fault(c, i, "economic_code", r->economic_code, "5 位数字 / 5 digits");
    if (r->amount_fen <= 0 || r->amount_fen > MONEY_MAX)
        row_fault(c, i, "amount_fen", money_say(c->arena, r->amount_fen), "> 0");
    if (r->fund_source == PURSER__V1__FUND_SOURCE__FUND_SOURCE_UNSPECIFIED)
        row_fault(c, i, "fund_source", "", "一般公共预算 …");
}

enum status projects_import(struct call *c, const PB(ImportProjectsRequest) *req,
                            const struct import_facts *f, PB(ImportProjectsResponse) *reply)
{
    if (!day_is(year_start(req->year)))
        return refuse_field(c, "year", arena_printf(c->arena, "%lld", (long long)req->year), "2000–2199");
    if (req->n_rows == 0 || req->n_rows > 500)
        return refuse_field(c, "rows", arena_printf(c->arena, "%zu", req->n_rows), "1–500");
    if (!f->unit_of)
        return STATUS_RESOURCE_EXHAUSTED;
    for (size_t i = 0; i < req->n_rows; i++)
        row_check(c, req, i, &f->units[f->unit_of[i]]);
    if (refuse_any(c))
        return refuse_all(c);

    for (size_t i = 0; i < req->n_rows; i++) {
        const PB(ProjectRow) *r = req->rows[i];
        const struct unit *unit = &f->units[f->unit_of[i]];
        const struct type_rule *type = &f->types[f->unit_of[i]];
        const struct project p = {
            .year = req->year,
            .project_code = r->project_code,
            .unit_id = unit->id,
            .unit_name = *r->unit_name ? r->unit_name : unit->name,
            .project_name = r->project_name,
            .content = r->content,
            .function_code = r->function_code,
            .economic_code = r->economic_code,
            .amount_fen = r->amount_fen,
            .fund_source = (int)r->fund_source,
            .is_purchase = r->is_purchase,
            .note = r->note,
            .list_name = req->list_name,
            .may_purchase = type->is_found ? type->may_purchase : "unsure",
            .type_name = type->is_found ? type->name : unit->type,
        };
        project_put(c->tx, &p, c->actor.person_id, c->now_us);
        call_concerns(c, unit->id);
        reply->imported++;
        reply->amount_fen += r->amount_fen;
    }
    return STATUS_OK;
}

/* ---- what a project or a line shows ---- */

struct look {
    struct arena *a;
    const char *name, *text;    /* to be searched: the name, and name and content */
    const char *negative_code;  /* "" when no keyword of the negative list stands in it */
    const char *negative_said;  /* "N1 施工、N3 聘用" */
    const char *catalogue_code; /* of the entry whose longest word stands in it */
    const char *words_said;     /* "安保（A0291 校园安保服务）" */
};

static void look_for_negatives(struct look *k, const struct negative *list, int count)
{
    k->negative_code = k->negative_said = "";
    for (int i = 0; i < count; i++) {
        const char *word;
        if (!negative_hit(&list[i], 1, k->text, k->a, &word))
            continue;
        k->negative_said = arena_printf(k->a, "%s%s%s %s", k->negative_said, *k->negative_said ? "、" : "",
                                        list[i].code, word);
        if (!*k->negative_code)
            k->negative_code = list[i].code;
    }
}

static void look_for_words(struct look *k, const struct catalogue_words *list, int count)
{
    const char *word;
    const struct catalogue_words *entry = catalogue_hit(list, count, k->name, k->a, &word);
    if (!entry)
        entry = catalogue_hit(list, count, k->text, k->a, &word);
    k->catalogue_code = entry ? entry->code : "";
    k->words_said = entry ? arena_printf(k->a, "%s（%s %s）", word, entry->code, entry->name) : "";
}

/* A hit of one check on one subject has one id for ever, so that screening twice makes nothing new. */
static void hit_fill(struct hit *h, struct arena *a, int check, int grade, const char *evidence)
{
    const char *subject = h->subject == SUBJECT_LINE ? h->line_id : h->project_code;
    h->check = check;
    h->finding = check >= CHECK_K5 && check <= CHECK_K7 ? FINDING_WRONGLY_LISTED : FINDING_NOT_LISTED;
    h->grade = grade;
    h->evidence = evidence;
    h->id = arena_printf(a, "%lld-%s-%s", (long long)h->year, names_of(&hit_checks, check), subject);
}

/* K5, K6: what is listed as a purchase of services but stands on the negative list, or on a class of another
 * kind. */
static int screen_listed(const struct look *k, const struct hit *base, const char *economic_code,
                         struct hit found[2])
{
    int count = 0;
    const char *wrong = class_is_wrong(economic_code);
    if (*k->negative_code) {
        found[count] = *base;
        found[count].negative_code = k->negative_code;
        hit_fill(&found[count++], k->a, CHECK_K5, GRADE_HIGH, k->negative_said);
    }
    if (wrong) {
        found[count] = *base;
        hit_fill(&found[count++], k->a, CHECK_K6, GRADE_HIGH,
                 arena_printf(k->a, "%s %s", economic_code, wrong));
    }
    return count;
}

/* K2, K3: what is not listed but pays for a service, or speaks of one. What cannot be a service is no hit. */
static int screen_unlisted(const struct look *k, const struct hit *base, const char *economic_code,
                           struct hit found[2])
{
    int count = 0;
    const char *class_name = "", *warning = "";
    int grade = class_is_service(economic_code, &class_name);
    if (class_is_wrong(economic_code) || (!grade && *k->negative_code))
        return 0;
    if (*k->negative_said)
        warning = arena_printf(k->a, "；含负面清单词 %s", k->negative_said);
    if (grade) {
        found[count] = *base;
        hit_fill(&found[count++], k->a, CHECK_K2, grade,
                 arena_printf(k->a, "%s %s%s", economic_code, class_name, warning));
    }
    if (*k->catalogue_code) {
        found[count] = *base;
        hit_fill(&found[count++], k->a, CHECK_K3, GRADE_MEDIUM,
                 arena_printf(k->a, "%s%s", k->words_said, warning));
    }
    return count;
}

int line_screen(struct call *c, const struct budget_line *l, const struct negative *negatives, int count,
                struct hit found[2])
{
    const char *text = arena_printf(c->arena, "%s %s", l->d.name, l->d.content);
    struct look k = {.a = c->arena, .name = l->d.name, .text = text};
    look_for_negatives(&k, negatives, count);
    const struct hit base = {.year = l->year,
                             .unit_id = l->unit_id,
                             .subject = SUBJECT_LINE,
                             .project_code = l->d.project_code,
                             .line_id = l->id,
                             .name = l->d.name,
                             .catalogue_code = l->d.catalogue_code,
                             .negative_code = "",
                             .amount_fen = l->d.requested_fen};
    return screen_listed(&k, &base, l->d.economic_code, found);
}

/* ---- the whole list ---- */

#define HITS_OF_PROJECT_MAX 4

static int project_screen(struct call *c, const struct screen_facts *f, const struct project *p,
                          struct hit found[HITS_OF_PROJECT_MAX])
{
    const char *text = arena_printf(c->arena, "%s %s", p->project_name, p->content);
    struct look k = {.a = c->arena, .name = p->project_name, .text = text};
    look_for_negatives(&k, f->negatives, f->negatives_count);
    look_for_words(&k, f->words, f->words_count);
    const struct hit base = {.year = p->year,
                             .unit_id = p->unit_id,
                             .subject = SUBJECT_PROJECT,
                             .project_code = p->project_code,
                             .line_id = "",
                             .name = p->project_name,
                             .catalogue_code = k.catalogue_code,
                             .negative_code = "",
                             .amount_fen = p->amount_fen};
    if (!p->is_purchase && !p->has_line)
        return screen_unlisted(&k, &base, p->economic_code, found);

    int count = screen_listed(&k, &base, p->economic_code, found);
    if (strcmp(p->may_purchase, "yes") != 0) {
        found[count] = base;
        hit_fill(&found[count++], c->arena, CHECK_K7, GRADE_HIGH, p->type_name);
    }
    if (count == 0 && !p->has_line) {
        found[count] = base;
        hit_fill(&found[count++], c->arena, CHECK_K1, GRADE_HIGH, "清单标识“是”，未申报购买服务预算");
    }
    return count;
}

void projects_screen_load(struct call *c, const PB(ScreenProjectsRequest) *req, struct screen_facts *f)
{
    struct day start = year_start(req->year);
    projects_want(c->tx, req->year, &f->projects, &f->projects_count);
    catalogue_want_negatives(c->tx, start, &f->negatives, &f->negatives_count);
    catalogue_want_words(c->tx, start, &f->words, &f->words_count);
    hits_want_of_projects(c->tx, req->year, &f->hits, &f->hits_count);
}

static void count_project(const struct hit *found, int count, PB(ScreenProjectsResponse) *reply)
{
    reply->projects++;
    if (count == 0)
        reply->clean++;
    else if (found[0].finding == FINDING_WRONGLY_LISTED)
        reply->wrongly_listed++;
    else if (found[0].check == CHECK_K1)
        reply->without_line++;
    else
        reply->not_listed++;
}

enum status projects_screen(struct call *c, const PB(ScreenProjectsRequest) *req,
                            const struct screen_facts *f, PB(ScreenProjectsResponse) *reply)
{
    if (f->projects_count == 0)
        return refuse_missing(c, "year", arena_printf(c->arena, "%lld", (long long)req->year));
    struct hit *found = arena_array(c->arena, (size_t)f->projects_count * HITS_OF_PROJECT_MAX, sizeof *found);
    if (!found)
        return STATUS_RESOURCE_EXHAUSTED;

    int count = 0;
    for (int i = 0; i < f->projects_count; i++) {
        int more = project_screen(c, f, &f->projects[i], found + count);
        count_project(found + count, more, reply);
        if (more)
            call_concerns(c, f->projects[i].unit_id);
        count += more;
    }
    hits_reconcile(c, f->hits, f->hits_count, found, count);
    return STATUS_OK;
}
