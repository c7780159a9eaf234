/* The lives of a budget cycle, a department's round and a line: one table each, executed, printed and tested.
 */
#include "server/domain/budget/budget_rules.h"

#include "common/check.h"
#include "common/roles.h"

/* clang-format off */
#define NAMES(var, ...)                                                                                            \
    static const char *const var##_of[] = {NULL, __VA_ARGS__};
#define NAMES_ZH(var, ...)                                                                                         \
    static const char *const var##_zh[] = {NULL, __VA_ARGS__};                                                     \
    static_assert(COUNT_OF(var##_of) == COUNT_OF(var##_zh), "each name has its words");                            \
    const struct names var = {var##_of, var##_zh, (int)COUNT_OF(var##_of)};

NAMES(cycle_states, "OPEN", "CONTROLLED", "CONGRESS", "CONFIRMED", "ISSUED")
NAMES_ZH(cycle_states, "编制中", "一下已下达", "人大日期已录", "人大已批", "二下已批复")
NAMES(cycle_steps, "U1", "F1", "D1", "U2", "F2", "D2")
NAMES_ZH(cycle_steps, "一上", "一上审核", "一下", "二上", "二上审核", "二下")
NAMES(budget_rounds, "U1", "U2")
NAMES_ZH(budget_rounds, "一上", "二上")
NAMES(round_states, "NONE", "REPORTED", "ZERO", "RETURNED", "REVIEWED")
NAMES_ZH(round_states, "未报", "已报", "零申报", "退回", "已审")
NAMES(line_states, "DRAFT", "DEPT_REVIEW", "UP1", "FIN1", "FIN2", "RETURNED", "REFUSED", "CONTROL", "UP2_DRAFT",
      "UP2_REVIEW", "UP2", "FIN_FINAL", "COMPILED", "APPROVED", "ISSUED", "ADJUSTING", "CLOSED", "WITHDRAWN")
NAMES_ZH(line_states, "草稿", "单位审核", "一上已报", "财政初审", "财政复审", "退回", "不予纳入", "一下控制数", "二上编制",
         "二上单位审核", "二上已报", "财政终审", "已汇入草案", "人大已批", "二下已批复", "调整中", "年度关闭", "撤回")
NAMES(decisions, "AGREE", "REDUCE", "RETURN", "REFUSE")
NAMES_ZH(decisions, "同意", "核减同意", "退回修改", "不予纳入")
NAMES(fund_sources, "GENERAL", "GOVERNMENT_FUND", "STATE_CAPITAL", "SOCIAL_INSURANCE", "TRANSFER", "CARRY_OVER",
      "SPECIAL_ACCOUNT", "OWN")
NAMES_ZH(fund_sources, "一般公共预算", "政府性基金", "国有资本经营", "社会保险基金", "上级转移支付", "上年结转",
         "财政专户管理资金", "单位自有资金")
NAMES(purchase_methods, "OPEN_TENDER", "INVITED_TENDER", "NEGOTIATION", "CONSULTATION", "SINGLE_SOURCE", "INQUIRY",
      "FRAMEWORK", "INNOVATION", "BELOW_LIMIT")
NAMES_ZH(purchase_methods, "公开招标", "邀请招标", "竞争性谈判", "竞争性磋商", "单一来源", "询价", "框架协议采购",
         "合作创新采购", "限额以下自行采购")
NAMES(line_events, "CREATE", "CREATE_LATE", "EDIT", "SUBMIT", "APPROVE", "RETURN", "WITHDRAW", "TAKE", "REVIEW", "AGREE",
      "REDUCE", "SEND_BACK", "REFUSE", "PUBLISH", "CONSENT", "COMPILE", "CONFIRM", "ISSUE")
NAMES_ZH(line_events, "新建", "二上新增", "修改", "送审", "单位审核", "退回", "撤回", "受理", "初审", "同意", "核减同意",
         "退回修改", "不予纳入", "下达控制数", "同意新增", "汇入草案", "确认人大批准", "批复")
NAMES(cycle_events, "DEPLOY", "PUBLISH", "RECORD", "CONFIRM", "ISSUE")
NAMES_ZH(cycle_events, "布置", "下达控制数", "录入人大批准", "确认人大批准", "批复")
NAMES(round_events, "REPORT", "DECLARE", "RETURN", "REVIEW", "REOPEN")
NAMES_ZH(round_events, "上报", "零申报", "退回", "审毕", "重新开放")

static const struct step cycle_table[] = {
    {0,                CYCLE_DEPLOY,  CYCLE_OPEN,       ROLE_REVIEWER_1 | ROLE_LEADER, "the bureau deploys the year's compilation"},
    {CYCLE_OPEN,       CYCLE_PUBLISH, CYCLE_CONTROLLED, ROLE_LEADER,   "control figures go down (一下)"},
    {CYCLE_CONTROLLED, CYCLE_RECORD,  CYCLE_CONGRESS,   ROLE_OPERATOR, "the operator enters the day the congress approved"},
    {CYCLE_CONGRESS,   CYCLE_RECORD,  CYCLE_CONGRESS,   ROLE_OPERATOR, "and may correct it until it is confirmed"},
    {CYCLE_CONGRESS,   CYCLE_CONFIRM, CYCLE_CONFIRMED,  ROLE_LEADER,   "another person confirms it"},
    {CYCLE_CONFIRMED,  CYCLE_ISSUE,   CYCLE_ISSUED,     ROLE_LEADER,   "the budget is issued (二下), within 20 days"},
};

static const struct step round_table[] = {
    {ROUND_NONE,     ROUND_REPORT,  ROUND_REPORTED, ROLE_APPROVER, "the first line goes up"},
    {ROUND_ZERO,     ROUND_REPORT,  ROUND_REPORTED, ROLE_APPROVER, "there is something after all"},
    {ROUND_RETURNED, ROUND_REPORT,  ROUND_REPORTED, ROLE_APPROVER, "a corrected line goes up again"},
    {ROUND_REPORTED, ROUND_REPORT,  ROUND_REPORTED, ROLE_APPROVER, "one more line goes up"},
    {ROUND_REVIEWED, ROUND_REPORT,  ROUND_REPORTED, ROLE_APPROVER, "a line after the review, when let in again"},
    {ROUND_NONE,     ROUND_DECLARE, ROUND_ZERO,     ROLE_APPROVER, "there is nothing to purchase (零申报)"},
    {ROUND_RETURNED, ROUND_DECLARE, ROUND_ZERO,     ROLE_APPROVER, "nothing is left to purchase"},
    {ROUND_REPORTED, ROUND_RETURN,  ROUND_RETURNED, ROLE_REVIEWER_1 | ROLE_REVIEWER_2, "a line goes back to the department"},
    {ROUND_RETURNED, ROUND_RETURN,  ROUND_RETURNED, ROLE_REVIEWER_1 | ROLE_REVIEWER_2, "another line goes back"},
    {ROUND_REVIEWED, ROUND_RETURN,  ROUND_RETURNED, ROLE_REVIEWER_1 | ROLE_REVIEWER_2, "a line goes back after all"},
    {ROUND_REPORTED, ROUND_REVIEW,  ROUND_REVIEWED, ROLE_REVIEWER_2, "nothing of it waits at the bureau any more"},
    {ROUND_RETURNED, ROUND_REVIEW,  ROUND_REVIEWED, ROLE_REVIEWER_2, "nothing of it is open any more"},
    {ROUND_NONE,     ROUND_REOPEN,  ROUND_NONE,     ROLE_REVIEWER_1 | ROLE_REVIEWER_2, "let in after the round was due"},
    {ROUND_REPORTED, ROUND_REOPEN,  ROUND_REPORTED, ROLE_REVIEWER_1 | ROLE_REVIEWER_2, "let in after the round was due"},
    {ROUND_ZERO,     ROUND_REOPEN,  ROUND_ZERO,     ROLE_REVIEWER_1 | ROLE_REVIEWER_2, "let in after the round was due"},
    {ROUND_RETURNED, ROUND_REOPEN,  ROUND_RETURNED, ROLE_REVIEWER_1 | ROLE_REVIEWER_2, "let in after the round was due"},
    {ROUND_REVIEWED, ROUND_REOPEN,  ROUND_REVIEWED, ROLE_REVIEWER_1 | ROLE_REVIEWER_2, "let in after the round was due"},
};

static const struct step line_table[] = {
    {0,                LINE_CREATE,      LINE_DRAFT,       ROLE_CLERK,      "the clerk drafts a line"},
    {0,                LINE_CREATE_LATE, LINE_UP2_DRAFT,   ROLE_CLERK,      "a line that was not in the first round"},
    {LINE_DRAFT,       LINE_EDIT,        LINE_DRAFT,       ROLE_CLERK,      "and changes it"},
    {LINE_RETURNED,    LINE_EDIT,        LINE_RETURNED,    ROLE_CLERK,      "corrections by the bureau's opinion"},
    {LINE_UP2_DRAFT,   LINE_EDIT,        LINE_UP2_DRAFT,   ROLE_CLERK,      "the draft within the control figures"},
    {LINE_DRAFT,       LINE_SUBMIT,      LINE_DEPT_REVIEW, ROLE_CLERK,      "complete: it goes to the approver"},
    {LINE_RETURNED,    LINE_SUBMIT,      LINE_DEPT_REVIEW, ROLE_CLERK,      "corrected: it goes to the approver again"},
    {LINE_UP2_DRAFT,   LINE_SUBMIT,      LINE_UP2_REVIEW,  ROLE_CLERK,      "complete: it goes to the approver"},
    {LINE_DEPT_REVIEW, LINE_APPROVE,     LINE_UP1,         ROLE_APPROVER,   "another person sends it up (一上)"},
    {LINE_UP2_REVIEW,  LINE_APPROVE,     LINE_UP2,         ROLE_APPROVER,   "another person sends it up (二上)"},
    {LINE_DEPT_REVIEW, LINE_RETURN,      LINE_DRAFT,       ROLE_APPROVER,   "the approver wants changes"},
    {LINE_UP2_REVIEW,  LINE_RETURN,      LINE_UP2_DRAFT,   ROLE_APPROVER,   "the approver wants changes"},
    {LINE_FIN1,        LINE_RETURN,      LINE_RETURNED,    ROLE_REVIEWER_1, "the bureau wants changes, by a day"},
    {LINE_FIN_FINAL,   LINE_RETURN,      LINE_UP2_DRAFT,   ROLE_REVIEWER_1, "the bureau wants changes, by a day"},
    {LINE_DRAFT,       LINE_WITHDRAW,    LINE_WITHDRAWN,   ROLE_CLERK,      "the department gives it up"},
    {LINE_DEPT_REVIEW, LINE_WITHDRAW,    LINE_WITHDRAWN,   ROLE_CLERK,      "the department gives it up"},
    {LINE_RETURNED,    LINE_WITHDRAW,    LINE_WITHDRAWN,   ROLE_CLERK,      "the department gives it up"},
    {LINE_UP2_DRAFT,   LINE_WITHDRAW,    LINE_WITHDRAWN,   ROLE_CLERK,      "the department gives it up"},
    {LINE_UP1,         LINE_TAKE,        LINE_FIN1,        ROLE_REVIEWER_1, "first review takes it"},
    {LINE_UP2,         LINE_TAKE,        LINE_FIN_FINAL,   ROLE_REVIEWER_1, "final review takes it"},
    {LINE_FIN1,        LINE_REVIEW,      LINE_FIN2,        ROLE_REVIEWER_1, "every hit has a disposition"},
    {LINE_FIN2,        LINE_AGREE,       LINE_CONTROL,     ROLE_REVIEWER_2, "granted as asked for"},
    {LINE_FIN2,        LINE_REDUCE,      LINE_CONTROL,     ROLE_REVIEWER_2, "granted with less"},
    {LINE_FIN2,        LINE_SEND_BACK,   LINE_RETURNED,    ROLE_REVIEWER_2, "the bureau wants changes"},
    {LINE_FIN_FINAL,   LINE_SEND_BACK,   LINE_UP2_DRAFT,   ROLE_REVIEWER_2, "the bureau wants changes"},
    {LINE_FIN2,        LINE_REFUSE,      LINE_REFUSED,     ROLE_REVIEWER_2, "no purchase of services, by law (按其他方式实施)"},
    {LINE_FIN_FINAL,   LINE_REFUSE,      LINE_REFUSED,     ROLE_REVIEWER_2, "no purchase of services, by law (按其他方式实施)"},
    {LINE_CONTROL,     LINE_PUBLISH,     LINE_UP2_DRAFT,   ROLE_LEADER,     "control figures go down (一下)"},
    {LINE_UP2_DRAFT,   LINE_CONSENT,     LINE_UP2_DRAFT,   ROLE_REVIEWER_2, "consent to a line that was not in the first round"},
    {LINE_UP2_REVIEW,  LINE_CONSENT,     LINE_UP2_REVIEW,  ROLE_REVIEWER_2, "consent to a line that was not in the first round"},
    {LINE_FIN_FINAL,   LINE_COMPILE,     LINE_COMPILED,    ROLE_REVIEWER_2, "into the city's draft"},
    {LINE_COMPILED,    LINE_CONFIRM,     LINE_APPROVED,    ROLE_LEADER,     "the congress has approved"},
    {LINE_APPROVED,    LINE_ISSUE,       LINE_ISSUED,      ROLE_LEADER,     "issued (二下): it may be held by contracts"},
};
/* clang-format on */

const struct lifecycle cycle_life = {"cycle", &cycle_states, &cycle_events, cycle_table,
                                     (int)COUNT_OF(cycle_table)};
const struct lifecycle round_life = {"round", &round_states, &round_events, round_table,
                                     (int)COUNT_OF(round_table)};
const struct lifecycle line_life = {"budget", &line_states, &line_events, line_table,
                                    (int)COUNT_OF(line_table)};
