/* The SQL of imports: the rows of a file until they are committed, and the one step that makes lines of them.
 */
#pragma once

#include "server/domain/budget/budget_store.h"

struct import {
    bool is_found;
    const char *id;
    int state;
    int64_t year, rows;
    struct bytes digest;
};
/* The import, when that person opened it: to everybody else it is not there. */
void import_want(struct db *db, const char *id, const char *person_id, struct import *ret);
/* The one that he has open. */
void import_want_open(struct db *db, const char *person_id, struct import *ret);

/* A new one, of that clerk's unit. */
void import_insert(struct db *db, const struct import *m, const char *unit_id, const char *person_id,
                   int64_t now_us);
/* The end of one that is not committed: its rows go. */
void import_replace(struct db *db, const struct import *m, int to, int64_t now_us);

/* Rows by column; row i of all of them is one row. */
enum row_text {
    ROW_UNIT,
    ROW_PROJECT,
    ROW_NAME,
    ROW_CONTENT,
    ROW_CATALOGUE,
    ROW_FUNCTION,
    ROW_ECONOMIC,
    ROW_QUANTITY,
    ROW_PROVIDER,
    ROW_METHOD,
    ROW_START,
    ROW_END,
    ROW_BASIS,
    ROW_TEXTS
};
enum row_number { ROW_PRICE, ROW_REQUESTED, ROW_IS_NEW, ROW_SOURCES, ROW_NUMBERS = ROW_SOURCES + SHARES_MAX };
struct import_rows {
    size_t count;
    const char **text[ROW_TEXTS];
    int64_t
        *number[ROW_NUMBERS]; /* from ROW_SOURCES on: the amount of each fund source, in the enum's order */
};
/* Rows behind those that are there; `after` is the import with them. */
void import_append(struct db *db, const struct import *after, const struct import_rows *r, int64_t now_us);

/* What the rows of an import refer to: each value once, with the first row that has it. */
struct import_ref {
    const char *id;
    int64_t first_row, rows, requested_fen;
};
struct import_refs {
    struct import_ref *rows;
    int count;
};
void import_want_units(struct db *db, const char *import_id, struct import_refs *ret);
void import_want_entries(struct db *db, const char *import_id, struct import_refs *ret);
void import_want_providers(struct db *db, const char *import_id, struct import_refs *ret);

/* What lines are made with: facts by unit and by catalogue entry, in columns. */
struct import_making {
    const struct import *import;
    const struct line_step *step; /* the event that each line begins with */
    int state, round;
    size_t units, entries;
    const char **unit_id, **department_id, **prefix; /* "450600-2027-203-" */
    int64_t *first;                                  /* number of its first line */
    const char **code, **entry_name;
    int64_t *is_public_service;
};
/* All rows become lines with their sources, events and versions, in one statement; the rows go. */
void import_commit(struct db *db, const struct import_making *m);
