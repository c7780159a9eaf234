/* Declared reads, translated: :names to $numbers, columns to fields, and the choice among statements. */
#pragma once

#include "server/front/reader.h"

#define READ_PARAMS_MAX  24
#define READ_COLUMNS_MAX 128
#define READ_STMTS_MAX   16                  /* asked by one call */
#define UNIT_BIT         (UINT64_C(1) << 63) /* "unit_id" where the request has no such field */

enum read_source {
    READ_FIELD = 1,
    READ_SCOPE,
    READ_ACTOR,
    READ_UNIT,
    READ_NOW,
    READ_TODAY,
    READ_AFTER,
    READ_LIMIT
};

struct read_param {
    enum read_source source;
    const ProtobufCFieldDescriptor *field; /* of the request */
};

/* Where a column goes: field `inner`, inside message field `outer` when there is one. inner NULL: nowhere
 * (names that begin with an underscore are keys only). */
struct read_column {
    const ProtobufCFieldDescriptor *outer, *inner;
};

struct read_stmt {
    const struct read_sql *declared;
    const char *sql; /* with $1, $2, … */
    struct read_param params[READ_PARAMS_MAX];
    int params_count;
    struct read_column *columns;
    int columns_count;
    const ProtobufCFieldDescriptor
        *into;            /* repeated field of the reply; NULL: the reply itself, or its rows */
    uint64_t needs, uses; /* bits of request fields */
    bool uses_scope, uses_actor;
};

struct read_plan {
    const struct rpc *rpc;
    struct read_stmt *stmts;
    int stmts_count, mains_count; /* mains: those without `into` */
    bool is_list;
    const ProtobufCFieldDescriptor *rows;                   /* of a list: the repeated message field */
    const ProtobufCFieldDescriptor *next_token;             /* of the reply */
    const ProtobufCFieldDescriptor *page_size, *page_token; /* of the request */
    const ProtobufCFieldDescriptor *unit;                   /* the request's unit_id */
    const ProtobufCFieldDescriptor *alone;                  /* the row without the rows below it */
    uint64_t paging;                                        /* bits that are no filters: these, and alone's */
};

/* Translates one row. False with a sentence in reterr when the declaration itself will not do. */
bool plan_make(struct read_plan *p, const struct rpc *rpc, struct arena *a, char reterr[512]);
/* Compares the columns of statement i with the fields they fill, and keeps where they go. */
bool plan_columns(struct read_plan *p, int i, const struct db_table *described, struct arena *a,
                  char reterr[512]);
/* Parameters of the right types without values, for db_describe(). */
int plan_types(const struct read_stmt *s, struct db_in ret[READ_PARAMS_MAX]);
/* The statement for the filters that are set: the first whose needs are exactly these. For somebody who sees
 * one unit, then the first without need of unit_id that keeps to the scope by itself. NULL when there is
 * none. */
const struct read_stmt *plan_choose(const struct read_plan *p, const ProtobufCMessage *request,
                                    bool is_one_unit);
/* The bits of the filters that are set; UNIT_BIT or unit_id's own when one unit is looked at. */
uint64_t plan_filters(const struct read_plan *p, const ProtobufCMessage *request, bool is_one_unit);
uint64_t plan_bit(const ProtobufCMessageDescriptor *d, const ProtobufCFieldDescriptor *f);
