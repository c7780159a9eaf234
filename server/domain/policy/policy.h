/* Dated rule values, the type matrix and the calendar, as other nouns may ask. Confirmed records only. */
#pragma once

#include "server/base/call.h"

struct rule_value {
    bool is_found;
    const char *id; /* "term_normal" */
    int64_t value;
    const char *unit; /* fen bp days workdays months years score */
    const char *source;
    struct day valid_from;
};
void policy_want_value(struct db *db, const char *id, struct day on, struct rule_value *ret);

/* What a type of organisation may do on a day. may_*: "yes" "no" "ask" "unsure" "restricted". */
struct type_rule {
    bool is_found;
    const char *type, *name, *rule_set, *may_purchase, *may_provide;
    struct day valid_from;
};
void policy_want_type(struct db *db, const char *type, struct day on, struct type_rule *ret);
/* The rules of all types on a day, each type once; at most 500. */
void policy_want_types(struct db *db, struct day on, struct type_rule **ret, int *ret_count);
/* P3/P4: refuses TYPE_MAY_NOT_PURCHASE / TYPE_ASK_STAFFING / TYPE_UNKNOWN; `what` is whom it is about. */
bool type_may_purchase(const struct type_rule *t, const char *what, struct refusal *why);
bool type_may_provide(const struct type_rule *t, const char *what, struct refusal *why);

/* The days from..to that differ from the week, sorted, and the years of that time whose calendar was loaded.
 */
struct calendar_day {
    struct day day;
    bool rests;
};
struct calendar {
    struct calendar_day *days;
    int count;
    struct maintained_year {
        int64_t year;
    } * years;
    int years_count;
};
void policy_want_calendar(struct db *db, struct day from, struct day to, struct calendar *ret);
/* A day_rests_fn; ctx is a struct calendar. In a year that was not loaded: weekends only. */
bool calendar_rests(const void *ctx, struct day d);
/* Were the calendars of all these years loaded? */
bool calendar_covers(const struct calendar *cal, struct day from, struct day to);
/* The end of a period of rule `v` (unit days or workdays) from a day; *ret_weekends_only when the calendar
 * of a year that it touches was not loaded. */
struct day calendar_due(const struct calendar *cal, const struct rule_value *v, struct day from,
                        bool *ret_weekends_only);

extern const struct noun noun_policy;
