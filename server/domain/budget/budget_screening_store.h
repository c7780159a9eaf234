/* The SQL of screening: the departments' project list, hits and notices. */
#pragma once

#include "server/base/call.h"
#include "server/domain/budget/budget_rules.h"

struct project {
    int64_t year;
    const char *project_code, *unit_id, *unit_name, *project_name, *content, *function_code, *economic_code;
    int64_t amount_fen;
    int fund_source;
    bool is_purchase; /* the department's claim */
    const char *note, *list_name;
    const char *may_purchase, *type_name;
    bool has_line; /* a line that was not withdrawn */
};
/* All projects of a year, by code; at most 5000. */
void projects_want(struct db *db, int64_t year, struct project **ret, int *ret_count);
/* Writes one, over an earlier list's row of the same code. */
void project_put(struct db *db, const struct project *p, const char *person_id, int64_t now_us);

struct hit {
    bool is_found;
    const char *id, *unit_id, *project_code, *line_id, *name, *evidence, *catalogue_code, *negative_code;
    int64_t year, amount_fen, version;
    int subject, check, finding, grade, state, disposition;
    const char *answer, *answered_by, *opinion;
};
void hit_want(struct db *db, const struct scope *scope, const char *id, struct hit *ret);
void hits_want_of_line(struct db *db, const char *line_id, struct hit **ret, int *ret_count);
void hits_want_of_projects(struct db *db, int64_t year, struct hit **ret, int *ret_count);
/* Other open hits of the same finding on the same project or line. */
void hits_want_related(struct db *db, const struct hit *h, struct hit **ret, int *ret_count);
void hit_insert(struct db *db, const struct hit *h, int64_t now_us);
/* Evidence and state of a hit that an earlier screening made; the answer goes when it is asked again. */
void hit_refind(struct db *db, const struct hit *h, int64_t version, int64_t now_us);
void hit_clear(struct db *db, const struct hit *h, int64_t now_us);
void hit_save_answer(struct db *db, const struct hit *h, int to, int disposition, const char *answer,
                     const char *person_id, int64_t now_us);
void hit_save_judgement(struct db *db, const struct hit *h, int to, const char *opinion,
                        const char *person_id, int64_t now_us);

struct notice {
    bool is_found;
    const char *id, *unit_id, *project_code, *text, *raised_by, *answered_by;
    int64_t year, version;
    int state;
    struct day due;
};
void notice_want(struct db *db, const struct scope *scope, const char *id, struct notice *ret);
void notice_insert(struct db *db, const struct notice *n, int64_t now_us);
void notice_save_answer(struct db *db, const struct notice *n, int to, int disposition, const char *answer,
                        const char *person_id, int64_t now_us);
void notice_save_closing(struct db *db, const struct notice *n, int to, const char *opinion,
                         const char *person_id, int64_t now_us);
