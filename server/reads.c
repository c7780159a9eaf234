/* Prints the declared reads, translated as the reader translates them, for tests of their plans. */
#include "server/reads.h"

#include <stdio.h>
#include <stdlib.h>

#include <jansson.h>

#include "common/check.h"
#include "server/front/reader_plan.h"
#include "server/front/registry.h"

static const char *const type_names[] =
    {[DB_I64] = "bigint", [DB_BOOL] = "boolean", [DB_TEXT] = "text",    [DB_BYTES] = "bytea",
     [DB_DAY] = "date",   [DB_TEXTS] = "text[]", [DB_I64S] = "bigint[]"};
static const char *const source_names[] =
    {[READ_SCOPE] = "_scope", [READ_ACTOR] = "_actor", [READ_UNIT] = "_unit",  [READ_NOW] = "_now",
     [READ_TODAY] = "_today", [READ_AFTER] = "_after", [READ_LIMIT] = "_limit"};

static json_t *params_of(const struct read_stmt *s)
{
    struct db_in types[READ_PARAMS_MAX];
    json_t *params = json_array();
    int count = plan_types(s, types);
    for (int i = 0; i < count; i++) {
        const struct read_param *p = &s->params[i];
        const char *name = p->source == READ_FIELD ? p->field->name : source_names[p->source];
        json_array_append_new(params,
                              json_pack("{s:s, s:s}", "name", name, "type", type_names[types[i].type]));
    }
    return params;
}

static bool print_stmt(const struct read_plan *p, const struct read_stmt *s)
{
    json_t *o = json_pack("{s:s, s:b, s:s?, s:s?, s:o, s:s}", "method", p->rpc->path, "list", p->is_list,
                          "needs", s->declared->needs, "into", s->declared->into, "params", params_of(s),
                          "sql", s->sql);
    char *line = o ? json_dumps(o, JSON_COMPACT) : NULL;
    if (line)
        printf("%s\n", line);
    free(line);
    json_decref(o);
    return line;
}

enum status reads_print(struct arena *a, char reterr[512])
{
    char why[256] = "";
    int count = 0;
    enum status s = registry_init(why);
    snprintf(reterr, 512, "%s", why);
    const struct rpc *const *rows = registry_rows(&count);
    for (int i = 0; s == STATUS_OK && i < count; i++) {
        struct read_plan p;
        if (rows[i]->kind != RPC_READ)
            continue;
        if (!plan_make(&p, rows[i], a, reterr))
            return STATUS_INTERNAL;
        for (int k = 0; k < p.stmts_count; k++)
            if (!print_stmt(&p, &p.stmts[k]))
                return STATUS_RESOURCE_EXHAUSTED;
    }
    return s;
}
