/* Screening rules: classes and words, and the lives of hits and notices. */
#include "server/domain/budget/budget_rules.h"

#include <string.h>

#include "common/check.h"
#include "common/roles.h"
#include "common/text.h"

/* clang-format off */
static const char *const checks_of[]      = {NULL, "K1", "K2", "K3", "K4", "K5", "K6", "K7", "K8"};
static const char *const checks_zh[]      = {NULL, "已标识未申报", "经济科目", "目录关键词", "上年延续", "负面清单词", "经济科目不符", "购买主体类型", "化整为零"};
static const char *const findings_of[]    = {NULL, "NOT_LISTED", "WRONGLY_LISTED"};
static const char *const findings_zh[]    = {NULL, "疑似漏报", "疑似违规"};
static const char *const grades_of[]      = {NULL, "HIGH", "MEDIUM", "LOW"};
static const char *const grades_zh[]      = {NULL, "高", "中", "低"};
static const char *const subjects_of[]    = {NULL, "PROJECT", "LINE"};
static const char *const subjects_zh[]    = {NULL, "部门项目", "购买服务预算"};
static const char *const hit_states_of[]  = {NULL, "OPEN", "ANSWERED", "CONFIRMED", "CLEARED"};
static const char *const hit_states_zh[]  = {NULL, "待答复", "已答复", "已确认", "已消除"};
static const char *const hit_events_of[]  = {NULL, "FIND", "ANSWER", "CONFIRM", "RETURN", "CLEAR"};
static const char *const hit_events_zh[]  = {NULL, "发现", "答复", "确认", "退回", "消除"};
static const char *const disposes_of[]    = {NULL, "INCLUDE", "EXCLUDE", "FALSE_ALARM"};
static const char *const disposes_zh[]    = {NULL, "纳入", "不纳入", "误报"};
static const char *const notices_of[]     = {NULL, "RAISED", "ANSWERED", "CLOSED"};
static const char *const notices_zh[]     = {NULL, "已提出", "部门已回复", "已关闭"};
static const char *const notice_ev_of[]   = {NULL, "RAISE", "ANSWER", "CLOSE"};
static const char *const notice_ev_zh[]   = {NULL, "提出", "回复", "确认关闭"};

const struct names hit_checks    = {checks_of, checks_zh, (int)COUNT_OF(checks_of)};
const struct names hit_findings  = {findings_of, findings_zh, (int)COUNT_OF(findings_of)};
const struct names hit_grades    = {grades_of, grades_zh, (int)COUNT_OF(grades_of)};
const struct names hit_subjects  = {subjects_of, subjects_zh, (int)COUNT_OF(subjects_of)};
const struct names hit_states    = {hit_states_of, hit_states_zh, (int)COUNT_OF(hit_states_of)};
const struct names hit_events    = {hit_events_of, hit_events_zh, (int)COUNT_OF(hit_events_of)};
const struct names dispositions  = {disposes_of, disposes_zh, (int)COUNT_OF(disposes_of)};
const struct names notice_states = {notices_of, notices_zh, (int)COUNT_OF(notices_of)};
const struct names notice_events = {notice_ev_of, notice_ev_zh, (int)COUNT_OF(notice_ev_of)};

/* A submission finds hits on its own line; screening finds and clears those of the whole list. */
#define FINDERS (ROLE_REVIEWER_1 | ROLE_CLERK)
#define JUDGES  (ROLE_REVIEWER_1 | ROLE_REVIEWER_2)

static const struct step hit_table[] = {
    {0,             HIT_FIND,    HIT_OPEN,      FINDERS,   "a screening finds it"},
    {HIT_OPEN,      HIT_FIND,    HIT_OPEN,      FINDERS,   "found again, with other evidence"},
    {HIT_ANSWERED,  HIT_FIND,    HIT_OPEN,      FINDERS,   "the evidence has changed: asked again"},
    {HIT_CONFIRMED, HIT_FIND,    HIT_OPEN,      FINDERS,   "the evidence has changed: asked again"},
    {HIT_CLEARED,   HIT_FIND,    HIT_OPEN,      FINDERS,   "it is back"},
    {HIT_OPEN,      HIT_ANSWER,  HIT_ANSWERED,  ROLE_DEPT, "the department says: include, leave out (why), false alarm"},
    {HIT_ANSWERED,  HIT_CONFIRM, HIT_CONFIRMED, JUDGES,    "the bureau accepts the answer"},
    {HIT_ANSWERED,  HIT_RETURN,  HIT_OPEN,      JUDGES,    "the bureau does not, with an opinion"},
    {HIT_OPEN,      HIT_CLEAR,   HIT_CLEARED,   FINDERS,   "a later screening does not find it any more"},
};
static const struct step notice_table[] = {
    {0,               NOTICE_RAISE,  NOTICE_RAISED,   ROLE_REVIEWER_1, "the bureau says that it should be included"},
    {NOTICE_RAISED,   NOTICE_ANSWER, NOTICE_ANSWERED, ROLE_DEPT,       "the department includes it or explains"},
    {NOTICE_ANSWERED, NOTICE_CLOSE,  NOTICE_CLOSED,   ROLE_REVIEWER_2, "another person of the bureau accepts the answer"},
};
const struct lifecycle hit_life    = {"hit", &hit_states, &hit_events, hit_table, (int)COUNT_OF(hit_table)};
const struct lifecycle notice_life = {"notice", &notice_states, &notice_events, notice_table, (int)COUNT_OF(notice_table)};

static const struct {
    const char *code, *name;
    int grade;
} services[] = {
    {"30203", "咨询费", GRADE_MEDIUM},   {"30209", "物业管理费", GRADE_MEDIUM}, {"30213", "维修(护)费", GRADE_MEDIUM},
    {"30214", "租赁费", GRADE_LOW},      {"30215", "会议费", GRADE_LOW},        {"30216", "培训费", GRADE_LOW},
    {"30227", "委托业务费", GRADE_MEDIUM},
};
static const struct {
    const char *prefix, *name;
} wrong[] = {{"30226", "劳务费"}, {"301", "工资福利支出"}, {"310", "资本性支出"}};
/* clang-format on */

int class_is_service(const char *economic_code, const char **ret_name)
{
    for (size_t i = 0; i < COUNT_OF(services); i++)
        if (strcmp(services[i].code, economic_code) == 0) {
            *ret_name = services[i].name;
            return services[i].grade;
        }
    return 0;
}

const char *class_is_wrong(const char *economic_code)
{
    for (size_t i = 0; i < COUNT_OF(wrong); i++)
        if (strncmp(economic_code, wrong[i].prefix, strlen(wrong[i].prefix)) == 0)
            return wrong[i].name;
    return NULL;
}

bool answer_is_sound(int disposition, int finding, const char *answer, const char *id, struct refusal *why)
{
    if (disposition < DISPOSE_INCLUDE || disposition > DISPOSE_FALSE_ALARM)
        return refuse(why, "BAD_FIELD", .what = id, .field = "disposition", .broke = "–",
                      .passes = "INCLUDE, EXCLUDE, FALSE_ALARM");
    if (disposition == DISPOSE_INCLUDE && finding == FINDING_NOT_LISTED)
        return true;
    if (!text_is_blank(answer))
        return true;
    return refuse(why, "ANSWER_MISSING", .what = id, .field = "answer", .rule = "G-d");
}
