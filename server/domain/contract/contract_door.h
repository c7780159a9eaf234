/* What the parts of the contract's door share: the facts of a step, and what every step does. The rows are in
 * contract.c. */
#pragma once

#include "purser/v1/contract.pb-c.h"
#include "server/domain/budget/budget.h"
#include "server/domain/contract/contract_store.h"
#include "server/domain/policy/policy.h"
#include "server/domain/supplier/supplier.h"
#include "server/domain/unit/unit.h"

/* The rule values that contracts ask for; each names its record. */
enum contract_value {
    VALUE_TERM_NORMAL,
    VALUE_TERM_MAX,
    VALUE_BOND_CAP,
    VALUE_SUPPLEMENT_CAP,
    VALUE_SIGN_WITHIN,
    VALUE_PUBLISH_WITHIN,
    VALUE_FILE_WITHIN,
    VALUES_COUNT,
};

/* A step loads the members it needs; the others stay zero. */
struct contract_facts {
    struct contract contract;
    struct contract_year *years;
    int years_count;
    struct line line;
    struct supplier supplier;
    struct type_rule type;
    struct unit unit;
    struct rule_value values[VALUES_COUNT];
    struct calendar calendar;
    struct number *number;
    struct supplement supplement, *supplements;
    int supplements_count;
    struct duty duty;
};

#define DOOR(verb, Request, Response)                                                                        \
    void verb##_load(struct call *c, const PB(Request) *req, struct contract_facts *f);                      \
    enum status verb(struct call *c, const PB(Request) *req, const struct contract_facts *f,                 \
                     PB(Response) *reply)
#define DOOR_FOLLOW(verb, Request, Response)                                                                 \
    void verb##_follow(struct call *c, const PB(Request) *req, struct contract_facts *f);                    \
    DOOR(verb, Request, Response)

DOOR_FOLLOW(contract_create, CreateContractRequest, CreateContractResponse);
DOOR_FOLLOW(contract_update, UpdateContractRequest, UpdateContractResponse);
DOOR(contract_submit, SubmitContractRequest, SubmitContractResponse);
DOOR(contract_return, ReturnContractRequest, ReturnContractResponse);
DOOR(contract_withdraw, WithdrawContractRequest, WithdrawContractResponse);
DOOR_FOLLOW(contract_sign, SignContractRequest, SignContractResponse);
DOOR(contract_start, StartContractRequest, StartContractResponse);
DOOR(contract_suspend, SuspendContractRequest, SuspendContractResponse);
DOOR(contract_resume, ResumeContractRequest, ResumeContractResponse);
DOOR(contract_terminate, TerminateContractRequest, TerminateContractResponse);
DOOR(contract_publish, PublishContractRequest, PublishContractResponse);
DOOR(contract_file, FileContractRequest, FileContractResponse);
DOOR_FOLLOW(duty_publish, PublishDutyRequest, PublishDutyResponse);
DOOR_FOLLOW(duty_file, FileDutyRequest, FileDutyResponse);
DOOR_FOLLOW(duty_receive, ReceiveDutyRequest, ReceiveDutyResponse);
DOOR_FOLLOW(duty_return, ReturnDutyRequest, ReturnDutyResponse);
DOOR(supplement_propose, ProposeSupplementRequest, ProposeSupplementResponse);
DOOR_FOLLOW(supplement_return, ReturnSupplementRequest, ReturnSupplementResponse);
DOOR_FOLLOW(supplement_withdraw, WithdrawSupplementRequest, WithdrawSupplementResponse);
DOOR_FOLLOW(supplement_sign, SignSupplementRequest, SignSupplementResponse);

/* ---- contract_fields.c ---- */

/* The request's fields into the draft; what will not do is filed, field by field. */
void draft_take_all(struct call *c, const PB(CreateContractRequest) *req, struct contract *k);
/* Only those that update_fields names. */
void draft_take_named(struct call *c, const PB(UpdateContractRequest) *req, struct contract *k);
bool draft_names(const PB(UpdateContractRequest) *req, const char *field);
/* False after filing NO_UPDATE_FIELDS, or BAD_FIELD for each name that is none. */
bool draft_names_are_known(struct call *c, const PB(UpdateContractRequest) *req);
/* The amounts by year as the request has them, in the arena; none means: all in the line's year. */
bool draft_take_years(struct call *c, PB(ContractYear) *const *rows, size_t count, const struct contract *k,
                      struct contract_year **ret, int *ret_count);

/* ---- contract_steps.c ---- */

/* The day of an ISO text, DAY_NONE when it is empty or none; for load, which cannot refuse. */
struct day day_or_none(const char *text);
/* Files BAD_FIELD and goes on, so that all of them are said at once. */
void bad_field(struct call *c, const char *field, const char *broke, const char *passes);
/* The same in decide: false after filing BAD_FIELD. An empty text is DAY_NONE when it may be. */
bool day_field(struct call *c, const char *field, const char *text, bool may_be_empty, struct day *ret);
/* A text that must be there, not of blanks alone; false after filing the reason ("BAD_FIELD",
 * "OPINION_MISSING", "ANSWER_MISSING"). */
bool text_field(struct call *c, const char *reason, const char *field, const char *text);

#define VALUE_BIT(v) (1u << (v))
void contract_want_values(struct call *c, struct contract_facts *f, struct day on, unsigned mask);
/* False after filing RULE_VALUE_MISSING for the first of the mask that no record gives. */
bool contract_values_are_there(struct call *c, const struct contract_facts *f, unsigned mask);
struct term_limits contract_term_limits(const struct contract_facts *f);

/* Found, etag as seen, event possible in its state for this actor. */
enum status contract_ready(struct call *c, const struct contract *k, const char *id, const char *etag,
                           int event, int *ret_to) MUST_CHECK;
/* Queues the contract's new state, version + 1, and its line of history. after->version is raised here. */
void contract_moved(struct call *c, const struct contract *before, struct contract *after, int event,
                    const char *opinion);
/* Something happened to a supplement or a duty: the contract's history grows. */
void contract_touched(struct call *c, const struct contract *before, struct contract *after, int event,
                      const char *object_id, const char *from, const char *to, const char *opinion);

/* Publication and filing begin, beside each other. */
struct duties_due {
    struct day publish, file;
    bool is_weekends_only;
};
struct duties_due duties_begin(struct call *c, const struct contract_facts *f, const char *object_id,
                               struct day since);
#define DUTY_VALUES (VALUE_BIT(VALUE_PUBLISH_WITHIN) | VALUE_BIT(VALUE_FILE_WITHIN))
#define TERM_VALUES (VALUE_BIT(VALUE_TERM_NORMAL) | VALUE_BIT(VALUE_TERM_MAX))
