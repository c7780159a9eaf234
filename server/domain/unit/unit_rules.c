/* Lives, offices and keys as tables and pure functions. */
#include "server/domain/unit/unit_rules.h"

#include <string.h>

#include "common/check.h"
#include "common/text.h"

#define NAMES(array, zh_)                                                                                    \
    {                                                                                                        \
        .of = (array), .zh = (zh_), .count = (int)COUNT_OF(array)                                            \
    }

static const char *const person_state_names[] = {NULL, "PROPOSED", "ACTIVE", "SUSPENDED", "REFUSED"};
static const char *const person_state_zh[] = {NULL, "待确认", "在用", "停用", "未同意"};
static const char *const person_event_names[] = {NULL, "PROPOSE", "CONFIRM", "REFUSE", "SUSPEND"};
static const char *const person_event_zh[] = {NULL, "提议", "确认", "不同意", "停用"};
static const char *const grant_state_names[] = {NULL, "PROPOSED", "CONFIRMED", "REVOKED", "REFUSED"};
static const char *const grant_state_zh[] = {NULL, "待确认", "有效", "已撤销", "未同意"};
static const char *const grant_event_names[] = {NULL, "PROPOSE", "CONFIRM", "REVOKE", "REFUSE"};
static const char *const grant_event_zh[] = {NULL, "提议", "确认", "撤销", "不同意"};
static const char *const invite_state_names[] = {NULL, "PROPOSED", "OPEN", "USED", "CLOSED"};
static const char *const invite_state_zh[] = {NULL, "待确认", "可用", "已用", "作废"};
static const char *const role_short_names[] = {NULL,         "CLERK",   "APPROVER",   "REVIEWER_1",
                                               "REVIEWER_2", "LEADER",  "OPERATOR",   "CIVIL_AFFAIRS",
                                               "STAFFING",   "AUDITOR", "AUDIT_HEAD", "REGISTRAR",
                                               "PUBLIC",     "SYSTEM"};
static const char *const role_zh[] = {NULL,           "部门经办",     "部门负责人", "财政初审", "财政复审",
                                      "财政分管领导", "财政操作员",   "民政",       "编办",     "审计",
                                      "审计负责人",   "供应商库维护", "公众",       "系统"};

const struct names person_states = NAMES(person_state_names, person_state_zh);
const struct names person_events = NAMES(person_event_names, person_event_zh);
const struct names grant_states = NAMES(grant_state_names, grant_state_zh);
const struct names grant_events = NAMES(grant_event_names, grant_event_zh);
const struct names invite_states = NAMES(invite_state_names, invite_state_zh);
const struct names role_names = NAMES(role_short_names, role_zh);

/* clang-format off */
static const struct step person_steps[] = {
    {0,               PERSON_PROPOSE, PERSON_PROPOSED,  ROLE_OPERATOR,               "an operator names somebody, his unit and his roles"},
    {PERSON_PROPOSED, PERSON_CONFIRM, PERSON_ACTIVE,    ROLE_LEADER,                 "the leader answers for it; the invite opens"},
    {PERSON_PROPOSED, PERSON_REFUSE,  PERSON_REFUSED,   ROLE_LEADER,                 "the leader does not want it; the invite is void"},
    {PERSON_ACTIVE,   PERSON_SUSPEND, PERSON_SUSPENDED, ROLE_OPERATOR | ROLE_LEADER, "at once: left, moved, or under suspicion"},
};
static const struct step grant_steps[] = {
    {0,               GRANT_PROPOSE, GRANT_PROPOSED,  ROLE_OPERATOR,               "an operator names the role and its days"},
    {GRANT_PROPOSED,  GRANT_CONFIRM, GRANT_CONFIRMED, ROLE_LEADER,                 "from here on it authorises"},
    {GRANT_PROPOSED,  GRANT_REFUSE,  GRANT_REFUSED,   ROLE_LEADER,                 "the leader does not want it"},
    {GRANT_PROPOSED,  GRANT_REVOKE,  GRANT_REVOKED,   ROLE_OPERATOR,               "the proposal is taken back"},
    {GRANT_CONFIRMED, GRANT_REVOKE,  GRANT_REVOKED,   ROLE_OPERATOR | ROLE_LEADER, "at once; taking away needs one person only"},
};
/* clang-format on */

const struct lifecycle person_life = {.noun = "person",
                                      .states = &person_states,
                                      .events = &person_events,
                                      .steps = person_steps,
                                      .count = COUNT_OF(person_steps)};
const struct lifecycle grant_life = {.noun = "role grant",
                                     .states = &grant_states,
                                     .events = &grant_events,
                                     .steps = grant_steps,
                                     .count = COUNT_OF(grant_steps)};

/* ---- which role where ---- */

/* Offices belong to one unit each; what is not named here may be held in any. */
static const char *office_of(uint32_t role, const struct offices *o)
{
    if (role & (ROLE_BUREAU | ROLE_OPERATOR | ROLE_REGISTRAR))
        return o->bureau;
    if (role & ROLE_AUDIT)
        return o->audit;
    if (role & ROLE_CIVIL_AFFAIRS)
        return o->civil_affairs;
    return role & ROLE_STAFFING ? o->staffing : NULL;
}

bool role_fits_unit(int role, const char *unit_id, const struct offices *o, struct refusal *why)
{
    const uint32_t bit = role > 0 && role < 32 ? ROLE_BIT(role) : 0;
    if (!(bit & ROLE_ANY))
        return refuse(why, "ROLE_NOT_GRANTABLE", .field = "role", .rule = "G-a",
                      .broke = roles_text(why->arena, bit), .passes = roles_text(why->arena, ROLE_ANY));
    const char *office = office_of(bit, o);
    if (office && strcmp(office, unit_id) != 0)
        return refuse(why, "ROLE_WRONG_UNIT", .field = "role", .rule = "G-a",
                      .what = roles_text(why->arena, bit), .broke = unit_id, .passes = office);
    return true;
}

bool roles_are_compatible(uint32_t roles, const char *who, struct refusal *why)
{
    static const struct {
        uint32_t one, others;
    } clashes[] = {
        {ROLE_OPERATOR, (ROLE_ANY | ROLE_SYSTEM) & ~ROLE_OPERATOR},
        {ROLE_AUDIT, ROLE_BUREAU | ROLE_REGISTRAR},
    };
    for (size_t i = 0; i < COUNT_OF(clashes); i++) {
        const uint32_t others = roles & clashes[i].others;
        if ((roles & clashes[i].one) && others)
            return refuse(why, "ROLES_CLASH", .field = "roles", .rule = "G-b", .what = who,
                          .broke = say_text(why, "%s + %s", roles_text(why->arena, roles & clashes[i].one),
                                            roles_text(why->arena, others)));
    }
    return true;
}

bool grant_is_by_another(const char *for_whom, const char *proposed_by, const char *actor,
                         struct refusal *why)
{
    if (strcmp(for_whom, actor) == 0)
        return refuse(why, "SELF_GRANT", .field = "person_id", .rule = "G-b", .what = for_whom,
                      .broke = actor);
    if (strcmp(proposed_by, actor) == 0)
        return refuse(why, "SAME_PERSON", .field = "person_id", .rule = "G-b", .what = for_whom,
                      .broke = proposed_by, .passes = "≠ 提议人 (not the proposer)");
    return true;
}

bool office_stays_filled(uint32_t roles, int64_t other_leaders, int64_t other_operators, const char *who,
                         struct refusal *why)
{
    const bool last_leader = (roles & ROLE_LEADER) && other_leaders == 0;
    const bool last_operator = (roles & ROLE_OPERATOR) && other_operators == 0;
    if (!last_leader && !last_operator)
        return true;
    return refuse(why, "LAST_OFFICER", .field = "person_id", .what = who,
                  .broke = last_leader ? "LEADER" : "OPERATOR", .passes = "≥ 1");
}

/* ---- invites and keys ---- */

bool invite_expiry_is_sound(int64_t expires_us, int64_t now_us, struct refusal *why)
{
    const int64_t longest_us = (int64_t)INVITE_DAYS_MAX * 24 * 3600 * 1000000;
    if (expires_us > now_us && expires_us - now_us <= longest_us)
        return true;
    return refuse(why, "BAD_FIELD", .field = "invite_expires_us", .broke = say_int(why, expires_us, "µs"),
                  .passes = say_text(why, "%lld … %lld µs", (long long)now_us + 1,
                                     (long long)(now_us + longest_us)));
}

bool invite_opens(bool is_found, int state, int64_t expires_us, int person, int64_t now_us,
                  struct refusal *why)
{
    if (is_found && state == INVITE_OPEN && now_us < expires_us && person == PERSON_ACTIVE)
        return true;
    return refuse(why, "INVITE_BAD", .field = "invite_code");
}

bool key_may_sign(const struct key_life *k, int64_t issued_us, struct refusal *why)
{
    if (!k->is_found)
        return refuse(why, "KEY_UNKNOWN", .field = "key_id");
    if (k->revoked_us || k->is_compromised)
        return refuse(why, "KEY_REVOKED", .field = "key_id", .what = k->person_id,
                      .broke = k->is_compromised ? "泄露 (compromised)" : "吊销 (revoked)");
    if (k->rotated_us && issued_us >= k->rotated_us)
        return refuse(why, "KEY_REVOKED", .field = "key_id", .what = k->person_id,
                      .broke = say_text(why, "%s 更换 / rotated on %s",
                                        day_text(why->arena, day_of_us(k->rotated_us)),
                                        day_text(why->arena, day_of_us(k->rotated_us))));
    if (strcmp(k->person_state, names_of(&person_states, PERSON_ACTIVE)) != 0)
        return refuse(why, "PERSON_INACTIVE", .field = "key_id", .what = k->person_id,
                      .broke = names_said(why->arena, &person_states,
                                          names_find(&person_states, k->person_state)),
                      .passes = names_said(why->arena, &person_states, PERSON_ACTIVE));
    return true;
}

/* ---- units ---- */

static bool is_digits(const char *text, size_t len)
{
    return strlen(text) == len && strspn(text, "0123456789") == len;
}

static bool is_unit_id(const char *text) { return is_digits(text, 3) || is_digits(text, 6); }

bool unit_row_is_sound(const struct unit_row *r, struct refusal *why)
{
    struct day from = DAY_NONE, to = DAY_NONE;
    if (!is_unit_id(r->id))
        return refuse(why, "BAD_FIELD", .field = "id", .broke = r->id, .passes = "203, 203901");
    if (!*r->name || text_chars(r->name) > 60)
        return refuse(why, "BAD_FIELD", .field = "name", .what = r->id, .broke = r->name,
                      .passes = "1 至 60 字 / 1 to 60 characters");
    if (!is_digits(r->type, 3))
        return refuse(why, "BAD_FIELD", .field = "type", .what = r->id, .broke = r->type,
                      .passes = "110 … 510");
    if (!is_digits(r->division, 6))
        return refuse(why, "BAD_FIELD", .field = "division", .what = r->id, .broke = r->division,
                      .passes = "450600");
    if (!day_parse_iso(r->valid_from, &from))
        return refuse(why, "BAD_FIELD", .field = "valid_from_date", .what = r->id, .broke = r->valid_from,
                      .passes = "2014-01-01");
    if (*r->valid_to && (!day_parse_iso(r->valid_to, &to) || to.n < from.n))
        return refuse(why, "BAD_FIELD", .field = "valid_to_date", .what = r->id, .broke = r->valid_to,
                      .passes = say_text(why, "≥ %s", r->valid_from));
    if (*r->successor && (!is_unit_id(r->successor) || strcmp(r->successor, r->id) == 0))
        return refuse(why, "BAD_FIELD", .field = "successor_id", .what = r->id, .broke = r->successor,
                      .passes = "225");
    return true;
}

const char *unit_parent(struct arena *a, const char *id)
{
    return strlen(id) == 6 ? arena_textn(a, id, 3) : "";
}
