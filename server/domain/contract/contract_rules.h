/* Contracts as rules see them: what they are, the states they pass through, and the limits of the law. Pure.
 */
#pragma once

#include "common/date.h"
#include "common/lifecycle.h"
#include "common/refusal.h"

/* The numbers equal those of the wire's enums. */
enum contract_state {
    CONTRACT_DRAFT = 1,
    CONTRACT_DEPT_REVIEW,
    CONTRACT_SIGNED,
    CONTRACT_PERFORMING,
    CONTRACT_SUSPENDED,
    CONTRACT_ACCEPTING,
    CONTRACT_ACCEPTED,
    CONTRACT_REJECTED,
    CONTRACT_SETTLED,
    CONTRACT_CLOSED,
    CONTRACT_TERMINATED,
    CONTRACT_WITHDRAWN,
};
enum contract_event {
    CONTRACT_CREATE = 1,
    CONTRACT_UPDATE,
    CONTRACT_SUBMIT,
    CONTRACT_RETURN,
    CONTRACT_WITHDRAW,
    CONTRACT_SIGN,
    CONTRACT_START,
    CONTRACT_SUSPEND,
    CONTRACT_RESUME,
    CONTRACT_TERMINATE,
    DUTY_PUBLISH, /* from here on: what happens to its duties and supplements */
    DUTY_FILE,
    DUTY_RECEIVE,
    DUTY_RETURN_FILING,
    CONTRACT_SUPPLEMENT,
};
enum supplement_kind {
    SUPPLEMENT_INCREASE = 1,
    SUPPLEMENT_REDUCE,
    SUPPLEMENT_TERM,
    SUPPLEMENT_PARTY_NAME,
    SUPPLEMENT_PAYMENT_PLAN,
    SUPPLEMENT_CONTENT,
};
enum supplement_state { SUPPLEMENT_DRAFT = 1, SUPPLEMENT_SIGNED, SUPPLEMENT_RETURNED, SUPPLEMENT_WITHDRAWN };
enum supplement_event { SUPPLEMENT_PROPOSE = 1, SUPPLEMENT_RETURN, SUPPLEMENT_WITHDRAW, SUPPLEMENT_SIGN };
enum duty_kind { DUTY_PUBLICATION = 1, DUTY_FILING };
enum duty_state { DUTY_OPEN = 1, DUTY_SENT, DUTY_RETURNED, DUTY_DONE };

extern const struct names contract_states, contract_events, settlement_kinds;
extern const struct names supplement_kinds, supplement_states, duty_kinds, duty_states;
extern const struct lifecycle contract_life, supplement_life, duty_life;

struct contract {
    bool is_found;
    const char *id, *contract_no, *name, *unit_id;
    const char *line_id, *line_name, *supplier_id, *supplier_name, *supplier_type;
    int64_t year;
    const char *catalogue_code;
    int64_t amount_fen;      /* the original amount */
    int64_t supplements_fen; /* signed supplements, additions less reductions */
    int64_t held_fen;        /* on the line, without supplements */
    int64_t bond_fen;
    int state;
    struct day start_date, end_date, signed_end_date, award_date, signed_date, terminated_date;
    bool is_signed_late;
    const char *overdue_reason;
    const char *content, *quantity, *quality, *price_basis, *rights_duties, *breach;
    int settlement;
    bool content_is_fixed, need_is_lasting, funding_is_stable, price_is_stable;
    const char *long_term_basis;
    bool is_attested;
    const char *drafter_id, *submitter_id, *signer_id;
    const char *preparers; /* ids of all who drafted or changed it, separated by blanks */
    bool is_suspended_by_order;
    const char *ended_reason;
    int64_t settlement_fen; /* −1: not settled */
    int64_t supplements_count;
    int64_t version, created_us;
};

struct contract_year {
    int64_t year, amount_fen;
};

struct supplement {
    bool is_found;
    const char *id, *contract_id, *unit_id, *line_id;
    int kind, state;
    int64_t amount_fen, held_fen;
    struct day new_end_date, signed_date;
    const char *reason, *content, *drafter_id, *signer_id;
    int64_t version, created_us;
};

struct duty {
    bool is_found;
    const char *id, *contract_id, *object_id, *unit_id;
    int kind, state;
    struct day since_date, due_date, sent_date, done_date;
    bool is_weekends_only;
    const char *medium, *opinion, *sender_id;
    int64_t version;
};

/* H6: the normal term and the longest, in months, as the rule values of the day say. */
struct term_limits {
    int64_t normal_months, max_months;
};

/* G-b: whoever drafted, changed or submitted it may not sign it. */
bool contract_other_person_signs(const struct contract *k, const char *person_id, struct refusal *why);
bool contract_is_on_line(const struct contract *k, const char *line_id, struct refusal *why);

/* H6: the term counts from the original start by the corresponding-day rule. Over the normal term all four
 * conditions and their basis are needed; over the maximum nothing helps. Refuses TERM_BACKWARDS,
 * TERM_NEEDS_CONDITIONS, TERM_TOO_LONG. */
bool contract_term_is_lawful(const struct contract *k, const struct term_limits *limits, struct refusal *why);
/* H8: the amounts by year sum to the contract's amount; the line's year is among them and touches the term;
 * none lies before it or more than a year after the end. */
bool contract_years_add_up(const struct contract *k, const struct contract_year *years, int count,
                           struct refusal *why);
/* What of the amount falls on that year. */
int64_t contract_fen_of_year(const struct contract_year *years, int count, int64_t year);
/* H12: the bond is at most cap_bp of the amount. */
bool contract_bond_is_lawful(const struct contract *k, int64_t cap_bp, struct refusal *why);
/* H2 and B4: the elements that must be filled before a contract is submitted, one after another; i <
 * contract_elements. */
extern const int contract_elements;
bool contract_element_is_there(const struct contract *k, int i, struct refusal *why);

/* All who prepared it, with this person. */
const char *contract_preparers_and(struct arena *a, const struct contract *k, const char *person_id);
/* The day of signing: not in the future, not before the award, and not before the budget was issued (B1): a
 * day of the past would choose the rules, and the bans, of the past. */
bool contract_may_be_signed_on(const struct contract *k, struct day issued, struct day signed_date,
                               struct day today, struct refusal *why);
/* H3: after `due` a reason is needed; it is then flagged, not blocked. `due` is DAY_NONE when there was no
 * award. */
bool contract_is_signed_in_time(struct day signed_date, struct day due, const char *reason, bool *ret_late,
                                struct refusal *why);
/* A date that tells what has happened: between `from` and today. */
bool contract_date_is_past(const char *field, struct day d, struct day from, struct day today,
                           struct refusal *why);
bool contract_may_start(const struct contract *k, struct day today, struct refusal *why);
/* A suspension by order of the finance bureau is lifted by the finance bureau. */
bool contract_may_be_resumed_by(const struct contract *k, uint32_t roles, struct refusal *why);

/* H9: additions, those before (proposed or signed) and this one, stay within cap_bp of the original amount.
 */
bool supplements_fit(const struct contract *k, int64_t before_fen, int64_t amount_fen, int64_t cap_bp,
                     struct refusal *why);
/* Each kind needs its own fields: additions and reductions an amount, a change of term a new end, all a
 * reason; the others must leave both empty. A reduction takes at most what the contract still holds. */
bool supplement_is_whole(const struct supplement *s, const struct contract *k, struct refusal *why);
/* One contract has at most SUPPLEMENTS_MAX of them, dropped ones too. SUPPLEMENTS_MANY. */
#define SUPPLEMENTS_MAX 99
bool supplement_has_room(const struct contract *k, struct refusal *why);
/* The end after this supplement. */
struct day supplement_end(const struct supplement *s, const struct contract *k);
bool supplement_other_person_signs(const struct supplement *s, const char *person_id, struct refusal *why);
/* Early end: at most the current amount is settled, and no supplement is left open. */
bool contract_settlement_is_lawful(const struct contract *k, int64_t settlement_fen, int64_t open_supplements,
                                   struct refusal *why);
/* What is given back of `held` when `settlement` is paid in all. */
int64_t contract_given_back(int64_t held_fen, int64_t settlement_fen);

/* What statistics count: a contract once it is signed, with its signed supplements; one that ended early,
 * what was settled. 0 fen of one that does not count. */
bool contract_counts(const struct contract *k);
int64_t contract_counted_fen(const struct contract *k);

/* G-b: whoever sent the copy does not receive it for the bureau. */
bool duty_other_person_receives(const struct duty *d, const char *person_id, struct refusal *why);
bool duty_is_of_kind(const struct duty *d, int kind, struct refusal *why);
