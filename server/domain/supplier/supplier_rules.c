/* Credit codes, enterprise sizes and bans. */
#include "server/domain/supplier/supplier_rules.h"

#include <string.h>

#include "common/check.h"
#include "common/roles.h"

#define CODE_CHARS  18
#define TYPE_PERSON "510"

static const char *const state_names[] = {NULL, "REGISTERED", "BANNED"};
static const char *const state_zh[] = {NULL, "已登记", "禁止参加"};
static const char *const event_names[] = {NULL, "REGISTER", "UPDATE", "BAN", "LIFT"};
static const char *const event_zh[] = {NULL, "登记", "修改", "禁止参加", "解除禁止"};
static const char *const size_names[] = {NULL, "LARGE", "MEDIUM", "SMALL", "MICRO"};
static const char *const size_zh[] = {NULL, "大", "中", "小", "微"};

const struct names supplier_states = {state_names, state_zh, COUNT_OF(state_names)};
const struct names supplier_events = {event_names, event_zh, COUNT_OF(event_names)};
const struct names enterprise_sizes = {size_names, size_zh, COUNT_OF(size_names)};

#define KEEPERS (ROLE_REGISTRAR | ROLE_OPERATOR)

/* clang-format off */
static const struct step steps[] = {
    {0,                   SUPPLIER_REGISTER, SUPPLIER_REGISTERED, KEEPERS,        "anybody with a valid code may be registered, also who may not provide"},
    {SUPPLIER_REGISTERED, SUPPLIER_UPDATE,   SUPPLIER_REGISTERED, KEEPERS,        "name, type, size or note have changed"},
    {SUPPLIER_BANNED,     SUPPLIER_UPDATE,   SUPPLIER_BANNED,     KEEPERS,        "a change lifts no ban"},
    {SUPPLIER_REGISTERED, SUPPLIER_BAN,      SUPPLIER_BANNED,     ROLE_REGISTRAR, "a major violation: no contracts between the two days (P8)"},
    {SUPPLIER_BANNED,     SUPPLIER_BAN,      SUPPLIER_BANNED,     ROLE_REGISTRAR, "another ban takes the place of the first"},
    {SUPPLIER_BANNED,     SUPPLIER_LIFT,     SUPPLIER_REGISTERED, ROLE_REGISTRAR, "pronounced in error, or taken back"},
};
/* clang-format on */

const struct lifecycle supplier_life = {.noun = "supplier",
                                        .states = &supplier_states,
                                        .events = &supplier_events,
                                        .steps = steps,
                                        .count = COUNT_OF(steps)};

/* ---- the credit code ---- */

/* GB 32100-2015: digits and capitals without I, O, S, V, Z, each worth its place. */
static const char alphabet[] = "0123456789ABCDEFGHJKLMNPQRTUWXY";
#define MODULUS 31

static int worth(char c)
{
    const char *at = c ? strchr(alphabet, c) : NULL;
    return at ? (int)(at - alphabet) : -1;
}

char credit_code_check(const char *code)
{
    int sum = 0, weight = 1; /* 3^i mod 31 */

    for (int i = 0; i < CODE_CHARS - 1; i++) {
        int n = worth(code[i]);
        if (n < 0)
            return 0;
        sum = (sum + n * weight) % MODULUS;
        weight = weight * 3 % MODULUS;
    }
    return alphabet[(MODULUS - sum) % MODULUS];
}

bool credit_code_is_sound(const char *code, struct refusal *why)
{
    size_t len = strlen(code);
    if (len != CODE_CHARS)
        return refuse(why, "BAD_FIELD", .field = "supplier_id",
                      .broke = say_text(why, "%zu 位 (characters)", len),
                      .passes = "18 位统一社会信用代码 (18 characters)");

    char want = credit_code_check(code);
    if (!want)
        return refuse(why, "BAD_FIELD", .field = "supplier_id", .broke = code,
                      .passes = "数字和大写字母，不含 I O S V Z (digits and capitals but I O S V Z)");
    if (code[CODE_CHARS - 1] != want)
        return refuse(why, "BAD_FIELD", .field = "supplier_id",
                      .broke = say_text(why, "%s：校验码 (check character) %s", code, code + CODE_CHARS - 1),
                      .passes = say_text(why, "校验码 (check character) %c", want));
    return true;
}

/* ---- what is claimed of a supplier ---- */

static bool is_type_code(const char *type) { return strlen(type) == 3 && strspn(type, "0123456789") == 3; }

bool supplier_claim_is_sound(const struct supplier_claim *s, struct refusal *why)
{
    if (strcmp(s->type, TYPE_PERSON) == 0)
        return refuse(why, "PERSONAL_DATA", .field = "supplier_type", .rule = "P6", .broke = s->type);
    if (!credit_code_is_sound(s->id, why))
        return false;
    if (!*s->name)
        return refuse(why, "BAD_FIELD", .field = "supplier_name", .what = s->id, .broke = "空 (empty)",
                      .passes = "登记名称 (the registered name)");
    if (!is_type_code(s->type))
        return refuse(why, "BAD_FIELD", .field = "supplier_type", .what = s->id, .broke = s->type,
                      .passes = "三位类型代码，如 410 (a code of three digits)");
    if (s->enterprise_size && s->type[0] != '4')
        return refuse(why, "BAD_FIELD", .field = "enterprise_size", .what = s->id,
                      .broke = names_zh(&enterprise_sizes, s->enterprise_size),
                      .passes = "空：只有企业有规模 (empty: only enterprises have a size)");
    return true;
}

/* ---- bans ---- */

bool ban_is_sound(const struct ban *b, bool *ret_is_there, struct refusal *why)
{
    struct day from = DAY_NONE, to = DAY_NONE;

    *ret_is_there = false;
    if (!*b->from && !*b->to && !*b->basis)
        return true;
    if (!day_parse_iso(b->from, &from))
        return refuse(why, "BAD_FIELD", .field = "ban_from_date", .broke = b->from, .passes = "2026-01-01");
    if (*b->to && !day_parse_iso(b->to, &to))
        return refuse(why, "BAD_FIELD", .field = "ban_to_date", .broke = b->to, .passes = "2028-12-31");
    if (day_is(to) && to.n < from.n)
        return refuse(why, "BAD_FIELD", .field = "ban_to_date", .broke = b->to,
                      .passes = say_text(why, "%s 或以后 (or later)", b->from));
    if (!*b->basis)
        return refuse(why, "BAD_FIELD", .field = "ban_basis", .rule = "P8", .broke = "空 (empty)",
                      .passes = "处罚决定文号 (the decision that banned it)");
    *ret_is_there = true;
    return true;
}

bool ban_holds(struct day from, struct day to, struct day on)
{
    return day_is(from) && from.n <= on.n && (!day_is(to) || on.n <= to.n);
}
