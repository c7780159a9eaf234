/* Screening (DOMAIN 2.4) as pure functions: which classes mean a service, which never do, and the words. */
#pragma once

#include "common/lifecycle.h"
#include "common/refusal.h"

enum hit_check { CHECK_K1 = 1, CHECK_K2, CHECK_K3, CHECK_K4, CHECK_K5, CHECK_K6, CHECK_K7, CHECK_K8 };
enum hit_finding { FINDING_NOT_LISTED = 1, FINDING_WRONGLY_LISTED };
enum hit_grade { GRADE_HIGH = 1, GRADE_MEDIUM, GRADE_LOW };
enum hit_subject { SUBJECT_PROJECT = 1, SUBJECT_LINE };
enum hit_state { HIT_OPEN = 1, HIT_ANSWERED, HIT_CONFIRMED, HIT_CLEARED };
enum hit_event { HIT_FIND = 1, HIT_ANSWER, HIT_CONFIRM, HIT_RETURN, HIT_CLEAR };
enum disposition { DISPOSE_INCLUDE = 1, DISPOSE_EXCLUDE, DISPOSE_FALSE_ALARM };
enum notice_state { NOTICE_RAISED = 1, NOTICE_ANSWERED, NOTICE_CLOSED };
enum notice_event { NOTICE_RAISE = 1, NOTICE_ANSWER, NOTICE_CLOSE };

extern const struct names hit_checks, hit_findings, hit_grades, hit_subjects, hit_states, hit_events, dispositions,
    notice_states, notice_events;
extern const struct lifecycle hit_life, notice_life;

/* K2: the grade of a class that usually pays for a service (30203 咨询费 … 30227 委托业务费); 0 for others. *ret_name: its name. */
int class_is_service(const char *economic_code, const char **ret_name);
/* K6: a class on which no service is bought (30226 劳务费, 301xx 工资福利, 310xx 资本性支出): its name, otherwise NULL. */
const char *class_is_wrong(const char *economic_code);

/* An answer needs its reason, unless a project that was left out is included now. ANSWER_MISSING, BAD_FIELD. */
bool answer_is_sound(int disposition, int finding, const char *answer, const char *id, struct refusal *why);
