/* The life of audit cases and findings, and what the law asks of each step. */
#include "server/domain/audit/audit_rules.h"

#include <assert.h>
#include <string.h>

#include "common/check.h"
#include "common/roles.h"
#include "common/text.h"

#define NAMES(name, ...) static const char *const name##_en[] = {NULL, __VA_ARGS__}
#define NAMES_ZH(name, ...)                                                                                  \
    static const char *const name##_zh[] = {NULL, __VA_ARGS__};                                              \
    const struct names name = {name##_en, name##_zh, (int)COUNT_OF(name##_en)};                              \
    static_assert(COUNT_OF(name##_en) == COUNT_OF(name##_zh), "a name for each value")

NAMES(case_kinds, "AUDIT", "INSPECTION");
NAMES_ZH(case_kinds, "审计", "财政监督检查");
NAMES(case_states, "PLANNED", "NOTIFIED", "FIELDWORK", "CONSULT", "REPLIED", "DEEMED_AGREED", "REVIEWED",
      "RECTIFYING", "CLOSED", "CANCELLED");
NAMES_ZH(case_states, "已立项", "已通知", "实施中", "征求意见", "已反馈", "视为无异议", "已复核审理",
         "整改中", "已结案", "已撤销");
NAMES(finding_states, "RECORDED", "CONSULTED", "WITHDRAWN", "RECTIFYING", "REPORTED_BACK", "NOT_ACCEPTED",
      "VERIFIED", "TRANSFERRED");
NAMES_ZH(finding_states, "已登记", "已征求意见", "已撤回", "整改中", "已报整改", "整改未认可", "已核实",
         "已移送");
NAMES(audit_events, "PLAN", "NOTIFY", "START", "CONSULT", "REPLY_ONE", "REPLY", "DEEM", "REVIEW", "REPORT",
      "CLOSE", "CANCEL", "FINDING", "WITHDRAW", "RECTIFY", "ACCEPT", "REJECT", "TRANSFER");
NAMES_ZH(audit_events, "立项", "通知", "进点", "征求意见", "一家反馈", "全部反馈", "视为无异议", "复核审理",
         "出具报告", "结案", "撤销", "登记问题", "撤回问题", "报告整改", "认可整改", "不认可整改", "移送");

/* The second reviewer and the leader of the bureau play these parts in an inspection; case_is_conducted_by
 * tells whose case it is. */
#define AUDITOR (ROLE_AUDITOR | ROLE_REVIEWER_2)
#define HEAD    (ROLE_AUDIT_HEAD | ROLE_LEADER)

/* clang-format off */
static const struct step case_steps[] = {
    {0,                  AUDIT_PLAN,      CASE_PLANNED,       AUDITOR,               "it stands in the year's plan; nobody else sees it yet"},
    {CASE_PLANNED,       AUDIT_NOTIFY,    CASE_NOTIFIED,      AUDITOR | HEAD,        "the notice is served, three working days before the start"},
    {CASE_NOTIFIED,      AUDIT_START,     CASE_FIELDWORK,     AUDITOR,               "a team of two or more begins"},
    {CASE_FIELDWORK,     AUDIT_FINDING,   CASE_FIELDWORK,     AUDITOR,               "a finding is recorded or withdrawn"},
    {CASE_FIELDWORK,     AUDIT_CONSULT,   CASE_CONSULT,       AUDITOR,               "the units are asked for their opinion"},
    {CASE_CONSULT,       AUDIT_REPLY_ONE, CASE_CONSULT,       ROLE_APPROVER,         "one of several units replies"},
    {CASE_CONSULT,       AUDIT_REPLY,     CASE_REPLIED,       ROLE_APPROVER,         "the last unit replies"},
    {CASE_CONSULT,       AUDIT_DEEM,      CASE_DEEMED_AGREED, AUDITOR | ROLE_SYSTEM, "the period is over; silence is no objection"},
    {CASE_REPLIED,       AUDIT_REVIEW,    CASE_REVIEWED,      AUDITOR,               "a second person reviews"},
    {CASE_DEEMED_AGREED, AUDIT_REVIEW,    CASE_REVIEWED,      AUDITOR,               "a second person reviews"},
    {CASE_REVIEWED,      AUDIT_REPORT,    CASE_RECTIFYING,    HEAD,                  "findings are confirmed or withdrawn; rectification begins"},
    {CASE_RECTIFYING,    AUDIT_CLOSE,     CASE_CLOSED,        HEAD,                  "every finding is verified, transferred or withdrawn"},
    {CASE_PLANNED,       AUDIT_CANCEL,    CASE_CANCELLED,     HEAD,                  "taken off the plan"},
    {CASE_NOTIFIED,      AUDIT_CANCEL,    CASE_CANCELLED,     HEAD,                  "taken off the plan"},
    {CASE_FIELDWORK,     AUDIT_CANCEL,    CASE_CANCELLED,     HEAD,                  "given up, with a reason"},
};
static const struct step finding_steps[] = {
    {0,                     AUDIT_FINDING,  FINDING_RECORDED,      AUDITOR,       "recorded with violation, amount, evidence and basis"},
    {FINDING_RECORDED,      AUDIT_WITHDRAW, FINDING_WITHDRAWN,     AUDITOR,       "dropped before anybody saw it"},
    {FINDING_RECORDED,      AUDIT_CONSULT,  FINDING_CONSULTED,     AUDITOR,       "the unit sees it"},
    {FINDING_CONSULTED,     AUDIT_WITHDRAW, FINDING_WITHDRAWN,     HEAD,          "the report does not uphold it"},
    {FINDING_CONSULTED,     AUDIT_REPORT,   FINDING_RECTIFYING,    HEAD,          "confirmed; the unit has until the due date"},
    {FINDING_RECTIFYING,    AUDIT_RECTIFY,  FINDING_REPORTED_BACK, ROLE_APPROVER, "measures, amount corrected, evidence"},
    {FINDING_NOT_ACCEPTED,  AUDIT_RECTIFY,  FINDING_REPORTED_BACK, ROLE_APPROVER, "another attempt"},
    {FINDING_REPORTED_BACK, AUDIT_ACCEPT,   FINDING_VERIFIED,      AUDITOR,       "checked and accepted"},
    {FINDING_REPORTED_BACK, AUDIT_REJECT,   FINDING_NOT_ACCEPTED,  AUDITOR,       "not enough, with an opinion"},
    {FINDING_RECTIFYING,    AUDIT_TRANSFER, FINDING_TRANSFERRED,   HEAD,          "another authority takes it over"},
    {FINDING_NOT_ACCEPTED,  AUDIT_TRANSFER, FINDING_TRANSFERRED,   HEAD,          "another authority takes it over"},
};
/* clang-format on */

const struct lifecycle case_life = {"audit_case", &case_states, &audit_events, case_steps,
                                    (int)COUNT_OF(case_steps)};
const struct lifecycle finding_life = {"audit_finding", &finding_states, &audit_events, finding_steps,
                                       (int)COUNT_OF(finding_steps)};

static bool same(const char *a, const char *b) { return strcmp(a, b) == 0; }

bool case_is_conducted_by(const struct audit_case *k, uint32_t roles, struct refusal *why)
{
    uint32_t needed = k->kind == CASE_AUDIT ? ROLE_AUDIT : ROLE_REVIEWER_2 | ROLE_LEADER;
    if (roles & needed)
        return true;
    return refuse(why, "CASE_KIND", .rule = "G-a", .what = k->id, .broke = names_zh(&case_kinds, k->kind),
                  .passes = roles_text(why->arena, needed));
}

bool case_is_visible(const struct audit_case *k, const char *unit_id)
{
    return day_is(k->notice_date) || same(k->owner_unit_id, unit_id);
}

bool case_notice_is_in_time(const struct audit_case *k, struct day notice, struct day latest,
                            const char *special_basis, uint32_t roles, bool *ret_special, struct refusal *why)
{
    bool is_late = notice.n > latest.n;
    if (is_late && (text_is_blank(special_basis) || !(roles & HEAD)))
        return refuse(why, "NOTICE_TOO_LATE", .field = "notice_date", .rule = "D18", .what = k->id,
                      .broke = day_text(why->arena, notice), .passes = day_text(why->arena, latest));
    *ret_special = is_late;
    return true;
}

bool case_team_is_enough(const struct audit_case *k, const char *const *members, int count,
                         struct refusal *why)
{
    int named = 0;
    for (int i = 0; i < count; i++) {
        bool is_new = *members[i] != '\0';
        for (int j = 0; j < i; j++)
            is_new = is_new && !same(members[i], members[j]);
        named += is_new;
    }
    if (named >= 2)
        return true;
    return refuse(why, "TEAM_TOO_SMALL", .field = "members", .rule = "L10", .what = k->id,
                  .broke = say_int(why, named, ""), .passes = "2");
}

bool case_may_start(const struct audit_case *k, struct day today, struct refusal *why)
{
    if (today.n >= k->start_date.n)
        return true;
    return refuse(why, "NOT_YET", .field = "start_date", .rule = "D18", .what = k->id,
                  .broke = day_text(why->arena, today), .passes = day_text(why->arena, k->start_date));
}

bool case_has_unit(const struct case_unit *units, int count, const char *unit_id, struct refusal *why)
{
    const char *have = "";
    for (int i = 0; i < count; i++) {
        if (same(units[i].unit_id, unit_id))
            return true;
        have = say_text(why, "%s%s%s", have, *have ? ", " : "", units[i].unit_id);
    }
    return refuse(why, "NOT_IN_CASE", .field = "unit_id", .broke = unit_id, .passes = have);
}

bool case_unit_may_reply(const struct audit_case *k, const struct case_unit *u, struct refusal *why)
{
    if (!day_is(u->replied_date))
        return true;
    return refuse(why, "ALREADY_DONE", .field = "unit_id", .what = k->id,
                  .broke = day_text(why->arena, u->replied_date));
}

int case_units_open(const struct case_unit *units, int count)
{
    int open = 0;
    for (int i = 0; i < count; i++)
        open += !day_is(units[i].replied_date);
    return open;
}

bool case_may_be_deemed(const struct audit_case *k, struct day today, struct refusal *why)
{
    if (today.n > k->reply_due_date.n)
        return true;
    return refuse(why, "NOT_YET", .field = "reply_due_date", .rule = "D19", .what = k->id,
                  .broke = day_text(why->arena, today),
                  .passes = day_text(why->arena, day_add(k->reply_due_date, 1)));
}

bool case_other_person(const struct audit_case *k, const char *before_id, const char *person_id,
                       struct refusal *why)
{
    if (!same(before_id, person_id))
        return true;
    return refuse(why, "SAME_PERSON", .rule = "G-b", .what = k->id, .broke = before_id,
                  .passes = "另一人 (somebody else)");
}

bool case_may_be_closed(const struct audit_case *k, struct refusal *why)
{
    if (k->open_count == 0)
        return true;
    return refuse(why, "FINDINGS_OPEN", .field = "open_count", .rule = "L11", .what = k->id,
                  .broke = say_int(why, k->open_count, ""));
}

bool finding_correction_is_sane(const struct finding *f, int64_t corrected_fen, struct refusal *why)
{
    if (corrected_fen >= 0 && corrected_fen <= f->amount_fen)
        return true;
    return refuse(why, "BAD_FIELD", .field = "corrected_fen", .what = f->id,
                  .broke = say_fen(why, corrected_fen),
                  .passes = say_text(why, "0 … %s", say_fen(why, f->amount_fen)));
}

bool finding_is_open(int state)
{
    return state != FINDING_WITHDRAWN && state != FINDING_VERIFIED && state != FINDING_TRANSFERRED;
}
