/* The life of a catalogue version as a table, entries and keywords as pure functions. */
#include "server/domain/catalogue/catalogue_rules.h"

#include <string.h>

#include "common/check.h"
#include "common/text.h"

#define NAMES(array, zh_)                                                                                    \
    {                                                                                                        \
        .of = (array), .zh = (zh_), .count = (int)COUNT_OF(array)                                            \
    }

static const char *const state_names[] = {NULL,       "DRAFT",     "CONSULTING", "EXPERT_REVIEW",
                                          "APPROVED", "PUBLISHED", "SUPERSEDED"};
static const char *const state_zh[] = {NULL, "草案", "征求意见", "专家论证", "已审定", "已发布", "已被替代"};
static const char *const event_names[] = {NULL,      "IMPORT",  "CONSULT",    "CONVENE",  "RETURN",
                                          "APPROVE", "PUBLISH", "STOP_ENTRY", "SUPERSEDE"};
static const char *const event_zh[] = {NULL,   "载入", "征求意见", "专家论证", "退回",
                                       "审定", "发布", "停用条目", "替代"};
static const char *const kind_names[] = {NULL, "CITY", "REGIONAL"};
static const char *const kind_zh[] = {NULL, "市级目录", "自治区目录"};
static const char *const negative_state_names[] = {NULL, "PROPOSED", "CONFIRMED"};
static const char *const negative_state_zh[] = {NULL, "待确认", "已确认"};

const struct names catalogue_states = NAMES(state_names, state_zh);
const struct names catalogue_events = NAMES(event_names, event_zh);
const struct names catalogue_kinds = NAMES(kind_names, kind_zh);
const struct names negative_states = NAMES(negative_state_names, negative_state_zh);

#define PREPARES (ROLE_OPERATOR | ROLE_REVIEWER_1)

/* clang-format off */
static const struct step steps[] = {
    {0,                       CATALOGUE_IMPORT,     CATALOGUE_DRAFT,         PREPARES,    "a draft is loaded"},
    {CATALOGUE_DRAFT,         CATALOGUE_IMPORT,     CATALOGUE_DRAFT,         PREPARES,    "the draft is extended"},
    {CATALOGUE_DRAFT,         CATALOGUE_CONSULT,    CATALOGUE_CONSULTING,    PREPARES,    "departments, staffing office and civil affairs are asked"},
    {CATALOGUE_CONSULTING,    CATALOGUE_CONVENE,    CATALOGUE_EXPERT_REVIEW, PREPARES,    "experts argue where it is needed"},
    {CATALOGUE_CONSULTING,    CATALOGUE_RETURN,     CATALOGUE_DRAFT,         ROLE_LEADER, "what was heard goes into the draft"},
    {CATALOGUE_EXPERT_REVIEW, CATALOGUE_RETURN,     CATALOGUE_DRAFT,         ROLE_LEADER, "what the experts said goes into the draft"},
    {CATALOGUE_APPROVED,      CATALOGUE_RETURN,     CATALOGUE_DRAFT,         ROLE_LEADER, "approved, but not to be published so"},
    {CATALOGUE_CONSULTING,    CATALOGUE_APPROVE,    CATALOGUE_APPROVED,      ROLE_LEADER, "the leader answers for it"},
    {CATALOGUE_EXPERT_REVIEW, CATALOGUE_APPROVE,    CATALOGUE_APPROVED,      ROLE_LEADER, "the leader answers for it"},
    {CATALOGUE_APPROVED,      CATALOGUE_PUBLISH,    CATALOGUE_PUBLISHED,     ROLE_LEADER, "in force from its first day"},
    {CATALOGUE_PUBLISHED,     CATALOGUE_STOP_ENTRY, CATALOGUE_PUBLISHED,     ROLE_LEADER, "an entry may no longer be chosen; none is deleted"},
    {CATALOGUE_PUBLISHED,     CATALOGUE_SUPERSEDE,  CATALOGUE_SUPERSEDED,    ROLE_LEADER, "the next version is published; its last day is known"},
};
/* clang-format on */

const struct lifecycle catalogue_life = {.noun = "catalogue version",
                                         .states = &catalogue_states,
                                         .events = &catalogue_events,
                                         .steps = steps,
                                         .count = COUNT_OF(steps)};

/* ---- entries ---- */

static bool is_code(const char *code)
{
    const size_t len = strlen(code);
    return (code[0] == 'A' || code[0] == 'B') && (len == 1 || len == 3 || len == 5) &&
           strspn(code + 1, "0123456789") == len - 1;
}

bool entry_row_is_sound(const struct entry_row *r, struct refusal *why)
{
    if (!is_code(r->code))
        return refuse(why, "BAD_FIELD", .field = "code", .broke = r->code, .passes = "A, A02, A0201");
    const size_t len = strlen(r->code);
    if (r->level != (int64_t)(len + 1) / 2)
        return refuse(why, "BAD_FIELD", .field = "entry_level", .what = r->code,
                      .broke = say_int(why, r->level, ""),
                      .passes = say_int(why, (int64_t)(len + 1) / 2, ""));
    const size_t parent_len = len > 1 ? len - 2 : 0;
    if (strlen(r->parent) != parent_len || strncmp(r->parent, r->code, parent_len) != 0)
        return refuse(why, "BAD_FIELD", .field = "parent", .what = r->code, .broke = r->parent,
                      .passes = say_text(why, "%.*s", (int)parent_len, r->code));
    if (!*r->name || text_chars(r->name) > 60)
        return refuse(why, "BAD_FIELD", .field = "name", .what = r->code, .broke = r->name,
                      .passes = "1 至 60 字 / 1 to 60 characters");
    if (r->class96 < 0 || r->class96 > 6)
        return refuse(why, "BAD_FIELD", .field = "class96", .rule = "C9", .what = r->code,
                      .broke = say_int(why, r->class96, ""), .passes = "0 … 6");
    if (*r->origin && (strlen(r->origin) != 1 || !strchr("CRL", r->origin[0])))
        return refuse(why, "BAD_FIELD", .field = "origin", .what = r->code, .broke = r->origin,
                      .passes = "C R L");
    return true;
}

bool version_may_begin(const char *id, struct day from, struct day last_from, struct day today,
                       struct refusal *why)
{
    if (!day_is(last_from))
        return true; /* the first one carries the history: it may begin long ago */
    const struct day least = last_from.n >= today.n ? day_add(last_from, 1) : today;
    if (from.n >= least.n)
        return true;
    return refuse(why, "CATALOGUE_DATE", .field = "valid_from_date", .rule = "C7", .what = id,
                  .broke = day_text(why->arena, from),
                  .passes = say_text(why, "≥ %s", day_text(why->arena, least)));
}

/* ---- keywords ---- */

static bool is_latin(char ch)
{
    return (ch >= 'A' && ch <= 'Z') || (ch >= 'a' && ch <= 'z') || (ch >= '0' && ch <= '9');
}

static bool stands_in(const char *text, const char *word, size_t len)
{
    for (const char *at = text; (at = strstr(at, word)) != NULL; at++) {
        const bool begins = at == text || !is_latin(at[-1]) || !is_latin(word[0]);
        const bool ends = !is_latin(at[len]) || !is_latin(word[len - 1]);
        if (begins && ends)
            return true;
    }
    return false;
}

size_t words_hit(const char *words, const char *text, struct arena *a, const char **ret_word)
{
    char word[256];
    size_t best = 0;
    for (const char *at = words; *at;) {
        const size_t len = strcspn(at, " ");
        if (len > best && len < sizeof word) {
            memcpy(word, at, len);
            word[len] = '\0';
            if (stands_in(text, word, len)) {
                *ret_word = arena_textn(a, word, len);
                best = len;
            }
        }
        at += len;
        at += strspn(at, " ");
    }
    return best;
}
