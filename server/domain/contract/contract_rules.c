/* The life of a contract, of its supplements and duties, and the limits of the law on them. */
#include "server/domain/contract/contract_rules.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

#include "common/check.h"
#include "common/money.h"
#include "common/roles.h"
#include "common/text.h"

#define NAMES(name, ...) static const char *const name##_en[] = {NULL, __VA_ARGS__}
#define NAMES_ZH(name, ...)                                                                                  \
    static const char *const name##_zh[] = {NULL, __VA_ARGS__};                                              \
    const struct names name = {name##_en, name##_zh, (int)COUNT_OF(name##_en)};                              \
    static_assert(COUNT_OF(name##_en) == COUNT_OF(name##_zh), "a name for each value")

NAMES(contract_states, "DRAFT", "DEPT_REVIEW", "SIGNED", "PERFORMING", "SUSPENDED", "ACCEPTING", "ACCEPTED",
      "REJECTED", "SETTLED", "CLOSED", "TERMINATED", "WITHDRAWN");
NAMES_ZH(contract_states, "草稿", "单位审核", "已签订", "履行中", "已中止", "验收中", "已验收", "验收不合格",
         "已结算", "已办结", "已终止", "已撤销");
NAMES(contract_events, "CREATE", "UPDATE", "SUBMIT", "RETURN", "WITHDRAW", "SIGN", "START", "SUSPEND",
      "RESUME", "TERMINATE", "PUBLISH", "FILE", "RECEIVE", "RETURN_FILING", "SUPPLEMENT");
NAMES_ZH(contract_events, "拟订", "修改", "送审", "退回", "撤销", "签订", "开始履行", "中止", "恢复", "终止",
         "公告", "报送备案", "接收备案", "退回备案资料", "补充合同");
NAMES(settlement_kinds, "ONCE", "MILESTONES", "PERIODIC", "BY_QUANTITY");
NAMES_ZH(settlement_kinds, "一次性", "分期按节点", "按期", "按量据实");
NAMES(supplement_kinds, "INCREASE", "REDUCE", "TERM", "PARTY_NAME", "PAYMENT_PLAN", "CONTENT");
NAMES_ZH(supplement_kinds, "追加", "减少", "期限调整", "主体名称变更", "支付计划调整", "内容变更");
NAMES(supplement_states, "DRAFT", "SIGNED", "RETURNED", "WITHDRAWN");
NAMES_ZH(supplement_states, "草稿", "已签订", "已退回", "已撤销");
NAMES(supplement_events, "PROPOSE", "RETURN", "WITHDRAW", "SIGN");
NAMES_ZH(supplement_events, "拟订", "退回", "撤销", "签订");
NAMES(duty_kinds, "PUBLISH", "FILE");
NAMES_ZH(duty_kinds, "合同公告", "合同备案");
NAMES(duty_states, "OPEN", "SENT", "RETURNED", "DONE");
NAMES_ZH(duty_states, "未办理", "已报送", "退回补正", "已完成");

/* clang-format off */
static const struct step contract_steps[] = {
    {0,                    CONTRACT_CREATE,     CONTRACT_DRAFT,       ROLE_CLERK,                   "the clerk drafts it; the amount of the line's year is reserved"},
    {CONTRACT_DRAFT,       CONTRACT_UPDATE,     CONTRACT_DRAFT,       ROLE_CLERK,                   "the draft is changed, and the reservation with it"},
    {CONTRACT_DRAFT,       CONTRACT_SUBMIT,     CONTRACT_DEPT_REVIEW, ROLE_CLERK,                   "complete by H2, it goes to the approver"},
    {CONTRACT_DRAFT,       CONTRACT_WITHDRAW,   CONTRACT_WITHDRAWN,   ROLE_CLERK,                   "the draft is dropped, the reservation given back"},
    {CONTRACT_DEPT_REVIEW, CONTRACT_RETURN,     CONTRACT_DRAFT,       ROLE_APPROVER,                "the approver asks for changes, with an opinion"},
    {CONTRACT_DEPT_REVIEW, CONTRACT_SIGN,       CONTRACT_SIGNED,      ROLE_APPROVER,                "another person signs; the amount is committed, the duties begin"},
    {CONTRACT_SIGNED,      CONTRACT_START,      CONTRACT_PERFORMING,  ROLE_CLERK | ROLE_SYSTEM,     "the start has been reached"},
    {CONTRACT_PERFORMING,  CONTRACT_SUSPEND,    CONTRACT_SUSPENDED,   ROLE_APPROVER | ROLE_REVIEWER_2, "with a reason, or by order of the bureau"},
    {CONTRACT_SUSPENDED,   CONTRACT_RESUME,     CONTRACT_PERFORMING,  ROLE_APPROVER | ROLE_REVIEWER_2, "the reason is gone"},
    {CONTRACT_SIGNED,      CONTRACT_SUPPLEMENT, CONTRACT_SIGNED,      ROLE_CLERK | ROLE_APPROVER,   "a supplement is proposed, signed or dropped"},
    {CONTRACT_PERFORMING,  CONTRACT_SUPPLEMENT, CONTRACT_PERFORMING,  ROLE_CLERK | ROLE_APPROVER,   "a supplement is proposed, signed or dropped"},
    {CONTRACT_SIGNED,      CONTRACT_TERMINATE,  CONTRACT_TERMINATED,  ROLE_APPROVER,                "early end on a legal or agreed ground; the rest is given back"},
    {CONTRACT_PERFORMING,  CONTRACT_TERMINATE,  CONTRACT_TERMINATED,  ROLE_APPROVER,                "early end on a legal or agreed ground; the rest is given back"},
    {CONTRACT_SUSPENDED,   CONTRACT_TERMINATE,  CONTRACT_TERMINATED,  ROLE_APPROVER,                "early end on a legal or agreed ground; the rest is given back"},
    {CONTRACT_REJECTED,    CONTRACT_TERMINATE,  CONTRACT_TERMINATED,  ROLE_APPROVER,                "early end on a legal or agreed ground; the rest is given back"},
};
static const struct step supplement_steps[] = {
    {0,                SUPPLEMENT_PROPOSE,  SUPPLEMENT_DRAFT,     ROLE_CLERK,    "the clerk proposes; an addition is reserved"},
    {SUPPLEMENT_DRAFT, SUPPLEMENT_RETURN,   SUPPLEMENT_RETURNED,  ROLE_APPROVER, "not like this, with an opinion; the reservation is given back"},
    {SUPPLEMENT_DRAFT, SUPPLEMENT_WITHDRAW, SUPPLEMENT_WITHDRAWN, ROLE_CLERK,    "dropped; the reservation is given back"},
    {SUPPLEMENT_DRAFT, SUPPLEMENT_SIGN,     SUPPLEMENT_SIGNED,    ROLE_APPROVER, "another person signs; the contract changes"},
};
static const struct step duty_steps[] = {
    {DUTY_OPEN,     DUTY_PUBLISH,       DUTY_DONE,     ROLE_CLERK,      "published; late is flagged"},
    {DUTY_OPEN,     DUTY_FILE,          DUTY_SENT,     ROLE_CLERK,      "the copy is sent to the finance bureau; late is flagged"},
    {DUTY_RETURNED, DUTY_FILE,          DUTY_SENT,     ROLE_CLERK,      "sent again with corrected data"},
    {DUTY_SENT,     DUTY_RECEIVE,       DUTY_DONE,     ROLE_REVIEWER_1, "the bureau receives the copy"},
    {DUTY_SENT,     DUTY_RETURN_FILING, DUTY_RETURNED, ROLE_REVIEWER_1, "the data need correction, not the contract"},
};
/* clang-format on */

const struct lifecycle contract_life = {"contract", &contract_states, &contract_events, contract_steps,
                                        (int)COUNT_OF(contract_steps)};
const struct lifecycle supplement_life = {"supplement", &supplement_states, &supplement_events,
                                          supplement_steps, (int)COUNT_OF(supplement_steps)};
const struct lifecycle duty_life = {"contract_duty", &duty_states, &contract_events, duty_steps,
                                    (int)COUNT_OF(duty_steps)};

static const char *say_day(const struct refusal *why, struct day d) { return day_text(why->arena, d); }

static bool same(const char *a, const char *b) { return strcmp(a, b) == 0; }

static bool is_among(const char *ids, const char *id)
{
    size_t len = strlen(id);
    for (const char *at = ids ? ids : ""; *at; at += strcspn(at, " "), at += strspn(at, " "))
        if (strcspn(at, " ") == len && strncmp(at, id, len) == 0)
            return true;
    return false;
}

const char *contract_preparers_and(struct arena *a, const struct contract *k, const char *person_id)
{
    const char *ids = k->preparers ? k->preparers : "";
    return is_among(ids, person_id) ? ids : arena_printf(a, "%s%s%s", ids, *ids ? " " : "", person_id);
}

static bool refuse_same_person(const char *what, const char *person_id, struct refusal *why)
{
    return refuse(why, "SAME_PERSON", .rule = "G-b", .what = what, .broke = person_id,
                  .passes = "另一名部门负责人 (another approver)");
}

bool contract_other_person_signs(const struct contract *k, const char *person_id, struct refusal *why)
{
    if (same(person_id, k->drafter_id) || same(person_id, k->submitter_id) ||
        is_among(k->preparers, person_id))
        return refuse_same_person(k->id, person_id, why);
    return true;
}

bool contract_is_on_line(const struct contract *k, const char *line_id, struct refusal *why)
{
    if (same(k->line_id, line_id))
        return true;
    return refuse(why, "WRONG_LINE", .field = "line_id", .what = k->id, .broke = line_id,
                  .passes = k->line_id);
}

static bool has_all_conditions(const struct contract *k)
{
    return k->content_is_fixed && k->need_is_lasting && k->funding_is_stable && k->price_is_stable &&
           !text_is_blank(k->long_term_basis);
}

bool contract_term_is_lawful(const struct contract *k, const struct term_limits *limits, struct refusal *why)
{
    struct day normal = day_add_months(k->start_date, (int)limits->normal_months);
    struct day longest = day_add_months(k->start_date, (int)limits->max_months);
    const char *end = say_day(why, k->end_date);

    if (k->end_date.n < k->start_date.n)
        return refuse(why, "TERM_BACKWARDS", .field = "end_date", .what = k->id, .broke = end,
                      .passes = say_day(why, k->start_date));
    if (k->end_date.n > longest.n)
        return refuse(why, "TERM_TOO_LONG", .field = "end_date", .rule = "H6", .what = k->id, .broke = end,
                      .passes = say_day(why, longest));
    if (k->end_date.n > normal.n && !has_all_conditions(k))
        return refuse(why, "TERM_NEEDS_CONDITIONS", .field = "long_term_basis", .rule = "H6", .what = k->id,
                      .broke = end, .passes = say_day(why, normal));
    return true;
}

static bool year_will_do(const struct contract *k, int64_t year, struct refusal *why)
{
    int64_t last = day_year(k->end_date) + 1; /* what falls due at the end is paid the year after */
    if (year >= k->year && year <= last)
        return true;
    return refuse(why, "YEAR_OUTSIDE", .field = "years", .rule = "H8", .what = k->id,
                  .broke = say_int(why, year, ""),
                  .passes = say_text(why, "%lld–%lld", (long long)k->year, (long long)last));
}

bool contract_years_add_up(const struct contract *k, const struct contract_year *years, int count,
                           struct refusal *why)
{
    int64_t sum = 0;
    if (k->year < day_year(k->start_date) || k->year > day_year(k->end_date))
        return refuse(why, "YEAR_OUTSIDE", .field = "start_date", .rule = "H8", .what = k->id,
                      .broke = say_int(why, k->year, ""),
                      .passes = say_text(why, "%d–%d", day_year(k->start_date), day_year(k->end_date)));

    for (int i = 0; i < count; i++) {
        if (!year_will_do(k, years[i].year, why))
            return false;
        for (int j = 0; j < i; j++)
            if (years[j].year == years[i].year)
                return refuse(why, "YEAR_OUTSIDE", .field = "years", .rule = "H8", .what = k->id,
                              .broke = say_int(why, years[i].year, "×2"),
                              .passes = "每年一行 (one row a year)");
        if (years[i].amount_fen <= 0 || years[i].amount_fen > MONEY_MAX ||
            !money_add(sum, years[i].amount_fen, &sum))
            return refuse(why, "BAD_FIELD", .field = "years", .broke = say_fen(why, years[i].amount_fen),
                          .passes = say_text(why, "0.01 元 … %s", say_fen(why, MONEY_MAX)));
    }

    if (sum != k->amount_fen)
        return refuse(why, "YEARS_DIFFER", .field = "years", .rule = "H8", .what = k->id,
                      .broke = say_fen(why, sum), .passes = say_fen(why, k->amount_fen));
    if (contract_fen_of_year(years, count, k->year) == 0)
        return refuse(why, "YEAR_OUTSIDE", .field = "years", .rule = "H8", .what = k->id, .broke = "–",
                      .passes = say_int(why, k->year, ""));
    return true;
}

int64_t contract_fen_of_year(const struct contract_year *years, int count, int64_t year)
{
    for (int i = 0; i < count; i++)
        if (years[i].year == year)
            return years[i].amount_fen;
    return 0;
}

bool contract_bond_is_lawful(const struct contract *k, int64_t cap_bp, struct refusal *why)
{
    int64_t most = money_share_bp(k->amount_fen, cap_bp);
    if (k->bond_fen >= 0 && k->bond_fen <= most)
        return true;
    return refuse(why, "BOND_OVER_CAP", .field = "bond_fen", .rule = "H12", .what = k->id,
                  .broke = say_fen(why, k->bond_fen), .passes = say_fen(why, most));
}

static const struct element {
    const char *field, *name;
    size_t offset;
} elements[] = {
    {"content", "服务内容 (content)", offsetof(struct contract, content)},
    {"quantity", "数量 (quantity)", offsetof(struct contract, quantity)},
    {"quality", "质量 (quality)", offsetof(struct contract, quality)},
    {"price_basis", "价格 (price)", offsetof(struct contract, price_basis)},
    {"rights_duties", "权利义务 (rights and duties)", offsetof(struct contract, rights_duties)},
    {"breach", "违约责任 (liability for breach)", offsetof(struct contract, breach)},
    {"contract_no", "采购人合同号 (purchaser's contract no.)", offsetof(struct contract, contract_no)},
};
#define ELEMENTS ((int)COUNT_OF(elements))
const int contract_elements = ELEMENTS + 2; /* and: way of settlement, attestation */

bool contract_element_is_there(const struct contract *k, int i, struct refusal *why)
{
    PRE(i >= 0 && i < contract_elements);
    if (i < ELEMENTS) {
        const char *text;
        memcpy(&text, (const char *)k + elements[i].offset, sizeof text);
        return !text_is_blank(text) || refuse(why, "ELEMENT_MISSING", .field = elements[i].field,
                                              .rule = "H2", .what = k->id, .broke = elements[i].name);
    }
    if (i == ELEMENTS)
        return k->settlement || refuse(why, "ELEMENT_MISSING", .field = "settlement", .rule = "H2",
                                       .what = k->id, .broke = "资金结算方式 (settlement)");
    return k->is_attested || refuse(why, "NOT_ATTESTED", .field = "is_attested", .rule = "B4", .what = k->id);
}

bool contract_date_is_past(const char *field, struct day d, struct day from, struct day today,
                           struct refusal *why)
{
    if ((!day_is(from) || d.n >= from.n) && d.n <= today.n)
        return true;
    return refuse(why, "DATE_OUTSIDE", .field = field, .broke = say_day(why, d),
                  .passes = say_text(why, "%s … %s", say_day(why, from), say_day(why, today)));
}

bool contract_may_be_signed_on(const struct contract *k, struct day issued, struct day signed_date,
                               struct day today, struct refusal *why)
{
    bool is_issue_later = day_is(issued) && (!day_is(k->award_date) || k->award_date.n < issued.n);
    if (contract_date_is_past("signed_date", signed_date, is_issue_later ? issued : k->award_date, today,
                              why))
        return true;
    why->what = k->id;
    why->rule = is_issue_later && signed_date.n < issued.n ? "B1" : NULL;
    return false;
}

bool contract_is_signed_in_time(struct day signed_date, struct day due, const char *reason, bool *ret_late,
                                struct refusal *why)
{
    bool is_late = day_is(due) && signed_date.n > due.n;
    if (is_late && !*reason)
        return refuse(why, "SIGNED_LATE", .field = "overdue_reason", .rule = "H3",
                      .broke = say_day(why, signed_date), .passes = say_day(why, due));
    *ret_late = is_late;
    return true;
}

bool contract_may_start(const struct contract *k, struct day today, struct refusal *why)
{
    if (today.n >= k->start_date.n)
        return true;
    return refuse(why, "NOT_YET", .field = "start_date", .what = k->id, .broke = say_day(why, today),
                  .passes = say_day(why, k->start_date));
}

bool contract_may_be_resumed_by(const struct contract *k, uint32_t roles, struct refusal *why)
{
    if (!k->is_suspended_by_order || (roles & ROLE_REVIEWER_2))
        return true;
    return refuse(why, "SUSPENDED_BY_ORDER", .rule = "A11", .what = k->id);
}

bool supplements_fit(const struct contract *k, int64_t before_fen, int64_t amount_fen, int64_t cap_bp,
                     struct refusal *why)
{
    int64_t cap = money_share_bp(k->amount_fen, cap_bp), sum = 0;
    if (money_add(before_fen, amount_fen, &sum) && sum <= cap)
        return true;
    return refuse(why, "SUPPLEMENTS_OVER_CAP", .field = "amount_fen", .rule = "H9", .what = k->id,
                  .broke = say_fen(why, sum),
                  .passes = say_fen(why, cap > before_fen ? cap - before_fen : 0));
}

static bool amount_will_do(const struct supplement *s, const struct contract *k, struct refusal *why)
{
    bool has_amount = s->kind == SUPPLEMENT_INCREASE || s->kind == SUPPLEMENT_REDUCE;
    if (has_amount != (s->amount_fen > 0) || s->amount_fen < 0)
        return refuse(why, "SUPPLEMENT_FIELDS", .field = "amount_fen", .what = k->id,
                      .broke = say_fen(why, s->amount_fen), .passes = has_amount ? "> 0" : "0");
    /* Something must be left, and what is taken away must still stand on the line. */
    int64_t most = k->held_fen < k->amount_fen + k->supplements_fen ? k->held_fen : k->held_fen - 1;
    if (s->kind == SUPPLEMENT_REDUCE && s->amount_fen > most)
        return refuse(why, "SUPPLEMENT_FIELDS", .field = "amount_fen", .what = k->id,
                      .broke = say_fen(why, s->amount_fen),
                      .passes = say_text(why, "≤ %s", say_fen(why, most)));
    return true;
}

bool supplement_is_whole(const struct supplement *s, const struct contract *k, struct refusal *why)
{
    if (!amount_will_do(s, k, why))
        return false;
    if ((s->kind == SUPPLEMENT_TERM) != day_is(s->new_end_date))
        return refuse(why, "SUPPLEMENT_FIELDS", .field = "new_end_date", .what = k->id,
                      .broke = day_is(s->new_end_date) ? say_day(why, s->new_end_date) : "–",
                      .passes = day_is(s->new_end_date) ? "空 (empty)" : "yyyy-mm-dd");
    if (s->kind == SUPPLEMENT_CONTENT && text_is_blank(s->content))
        return refuse(why, "SUPPLEMENT_FIELDS", .field = "content", .rule = "H10", .what = k->id,
                      .broke = "–", .passes = "变更内容 (what is changed)");
    if (text_is_blank(s->reason))
        return refuse(why, "SUPPLEMENT_FIELDS", .field = "reason", .rule = "H10", .what = k->id, .broke = "–",
                      .passes = "理由 (a reason)");
    return true;
}

struct day supplement_end(const struct supplement *s, const struct contract *k)
{
    return day_is(s->new_end_date) ? s->new_end_date : k->end_date;
}

bool supplement_has_room(const struct contract *k, struct refusal *why)
{
    if (k->supplements_count < SUPPLEMENTS_MAX)
        return true;
    return refuse(why, "SUPPLEMENTS_MANY", .field = "contract_id", .what = k->id,
                  .broke = say_int(why, k->supplements_count + 1, ""),
                  .passes = say_int(why, SUPPLEMENTS_MAX, ""));
}

bool supplement_other_person_signs(const struct supplement *s, const char *person_id, struct refusal *why)
{
    return !same(person_id, s->drafter_id) || refuse_same_person(s->id, person_id, why);
}

bool duty_other_person_receives(const struct duty *d, const char *person_id, struct refusal *why)
{
    if (!same(person_id, d->sender_id))
        return true;
    return refuse(why, "SAME_PERSON", .rule = "G-b", .what = d->id, .broke = person_id,
                  .passes = "另一名初审 (another first reviewer)");
}

bool contract_settlement_is_lawful(const struct contract *k, int64_t settlement_fen, int64_t open_supplements,
                                   struct refusal *why)
{
    int64_t most = k->amount_fen + k->supplements_fen;
    if (open_supplements > 0)
        return refuse(why, "SUPPLEMENTS_OPEN", .what = k->id, .broke = say_int(why, open_supplements, ""));
    if (settlement_fen < 0 || settlement_fen > most)
        return refuse(why, "SETTLEMENT_TOO_MUCH", .field = "settlement_fen", .rule = "A10", .what = k->id,
                      .broke = say_fen(why, settlement_fen), .passes = say_fen(why, most));
    return true;
}

int64_t contract_given_back(int64_t held_fen, int64_t settlement_fen)
{
    return held_fen > settlement_fen ? held_fen - settlement_fen : 0;
}

bool contract_counts(const struct contract *k)
{
    return day_is(k->signed_date) && k->state != CONTRACT_DRAFT && k->state != CONTRACT_DEPT_REVIEW &&
           k->state != CONTRACT_WITHDRAWN;
}

int64_t contract_counted_fen(const struct contract *k)
{
    if (!contract_counts(k))
        return 0;
    return k->settlement_fen >= 0 ? k->settlement_fen : k->amount_fen + k->supplements_fen;
}

bool duty_is_of_kind(const struct duty *d, int kind, struct refusal *why)
{
    if (d->kind == kind)
        return true;
    return refuse(why, "BAD_FIELD", .field = "duty_id", .what = d->id,
                  .broke = say_text(why, "%s (%s)", names_of(&duty_kinds, d->kind),
                                    names_zh(&duty_kinds, d->kind)),
                  .passes = say_text(why, "%s (%s)", names_of(&duty_kinds, kind),
                                     names_zh(&duty_kinds, kind)));
}
