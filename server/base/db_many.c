/* A statement of one, rewritten for many; db_many.h shows the shapes. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/check.h"
#include "server/base/db_many.h"

/* ---- a text that grows ---- */

struct growing {
    FILE *f;
    char *text;
    size_t len;
};

/* From..till with $k replaced by _q._k; not inside quotes. */
static void put_inner(struct growing *g, const char *from, const char *till)
{
    char quote = 0;
    for (const char *p = from; p < till; p++) {
        if (quote ? *p == quote : *p == '\'' || *p == '"')
            quote = quote ? 0 : *p;
        if (!quote && *p == '$' && isdigit((unsigned char)p[1]))
            fputs("_q._", g->f);
        else
            fputc(*p, g->f);
    }
}

/* What stands in rows of its own, and the array that carries many of it. */
static const struct array_type {
    unsigned of, array;
    const char *name;
} array_types[] = {
    {OID_BOOL, OID_BOOL_ARRAY, "bool[]"},   {OID_BYTEA, OID_BYTEA_ARRAY, "bytea[]"},
    {OID_INT8, OID_INT8_ARRAY, "bigint[]"}, {OID_TEXT, OID_TEXT_ARRAY, "text[]"},
    {OID_DATE, OID_DATE_ARRAY, "date[]"},
};

static const struct array_type *array_type_of(unsigned oid)
{
    for (size_t i = 0; i < COUNT_OF(array_types); i++)
        if (array_types[i].of == oid)
            return &array_types[i];
    return NULL;
}

unsigned db_array_oid(unsigned of)
{
    const struct array_type *t = array_type_of(of);
    return t ? t->array : 0;
}

static void put_unnest(struct growing *g, int params, const unsigned *oids, bool is_numbered)
{
    fputs(" FROM unnest(", g->f);
    for (int i = 0; i < params; i++)
        fprintf(g->f, "%s$%d::%s", i ? ", " : "", i + 1, array_type_of(oids[i])->name);
    fputs(is_numbered ? ") WITH ORDINALITY AS _q (" : ") AS _q (", g->f);
    for (int i = 0; i < params; i++)
        fprintf(g->f, "%s_%d", i ? ", " : "", i + 1);
    fputs(is_numbered ? ", _n)" : ")", g->f);
}

/* ---- where the parts begin ---- */

static bool begins(const char *text, const char *word) { return strncmp(text, word, strlen(word)) == 0; }

/* The first `word` outside of parentheses and quotes, at or after `from`; NULL when there is none. */
static const char *find_word(const char *from, const char *word)
{
    int depth = 0;
    char quote = 0;
    for (const char *p = from; *p; p++) {
        if (quote) {
            quote = *p == quote ? 0 : quote;
            continue;
        }
        if (*p == '\'' || *p == '"')
            quote = *p;
        else if (*p == '(')
            depth++;
        else if (*p == ')')
            depth--;
        else if (depth == 0 && begins(p, word))
            return p;
    }
    return NULL;
}

/* The parenthesis that closes the one at `open`. */
static const char *find_close(const char *open)
{
    int depth = 0;
    char quote = 0;
    for (const char *p = open; *p; p++) {
        if (quote)
            quote = *p == quote ? 0 : quote;
        else if (*p == '\'' || *p == '"')
            quote = *p;
        else if (*p == '(')
            depth++;
        else if (*p == ')' && --depth == 0)
            return p;
    }
    return NULL;
}

/* ---- the shapes ---- */

struct source {
    const char *sql;
    int params;
    const unsigned *oids;
};

static bool put_select(struct growing *g, const struct source *s)
{
    if (!begins(s->sql, "SELECT ") || find_word(s->sql, " OFFSET ") || find_word(s->sql, " FOR UPDATE"))
        return false;
    fputs("SELECT _q._n, _s.*", g->f);
    put_unnest(g, s->params, s->oids, true);
    fputs(" CROSS JOIN LATERAL (", g->f);
    put_inner(g, s->sql, s->sql + strlen(s->sql));
    fputs(" OFFSET 0) AS _s", g->f);
    return true;
}

/* What stands behind the values cannot see _q. */
static bool put_values(struct growing *g, const struct source *s, const char *values)
{
    const char *open = strchr(values, '('), *close = open ? find_close(open) : NULL;
    if (!close || strchr(close, '$') || begins(close + 1, ","))
        return false;
    fwrite(s->sql, 1, (size_t)(values - s->sql), g->f);
    fputs(" SELECT ", g->f);
    put_inner(g, open + 1, close);
    put_unnest(g, s->params, s->oids, false);
    fputs(close + 1, g->f);
    return true;
}

static bool put_insert(struct growing *g, const struct source *s)
{
    const char *values = find_word(s->sql, " VALUES "), *select = find_word(s->sql, " SELECT ");
    if (!begins(s->sql, "INSERT INTO ") || find_word(s->sql, " RETURNING "))
        return false;
    if (values && (!select || values < select))
        return put_values(g, s, values);
    if (!select || find_word(s->sql, " ON CONFLICT "))
        return false;
    fwrite(s->sql, 1, (size_t)(select - s->sql), g->f);
    fputs(" SELECT ", g->f);
    fputs("_s.*", g->f);
    put_unnest(g, s->params, s->oids, false);
    fputs(" CROSS JOIN LATERAL (", g->f);
    put_inner(g, select + 1, s->sql + strlen(s->sql));
    fputs(") AS _s", g->f);
    return true;
}

static bool put_update(struct growing *g, const struct source *s)
{
    const char *where = find_word(s->sql, " WHERE "), *from = find_word(s->sql, " FROM ");
    if (!begins(s->sql, "UPDATE ") || !where || from || find_word(s->sql, " RETURNING "))
        return false;
    put_inner(g, s->sql, where);
    put_unnest(g, s->params, s->oids, false);
    put_inner(g, where, s->sql + strlen(s->sql));
    return true;
}

char *db_many_text(const char *sql, bool is_read, int params, const unsigned *oids)
{
    struct source s = {sql, params, oids};
    struct growing g = {0};
    if (params == 0)
        return NULL;
    for (int i = 0; i < params; i++)
        if (!array_type_of(oids[i]))
            return NULL;
    g.f = open_memstream(&g.text, &g.len);
    if (!g.f)
        return NULL;
    bool is_made = is_read ? put_select(&g, &s) : put_insert(&g, &s) || put_update(&g, &s);
    bool is_whole = fclose(g.f) == 0;
    if (is_made && is_whole)
        return g.text;
    free(g.text);
    return NULL;
}
