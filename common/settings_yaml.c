/* A YAML file of one level, read event by event: libcyaml's schemas do not tell where a bad value stands. */
#include "common/settings_yaml.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <yaml.h>

#define PAIRS_MAX 200
#define ERR_BYTES 512

/* What the next event may be. */
enum place { AT_START, AT_KEY, AT_VALUE, IN_LIST, AT_END };

struct reading {
    const char *file;
    struct arena *a;
    struct yaml_pair *pairs;
    int count;
    enum place place;
    char *err;
};

static enum status fault(struct reading *r, yaml_mark_t at, const char *what)
{
    snprintf(r->err, ERR_BYTES, "%s:%zu:%zu: %s", r->file, at.line + 1, at.column + 1, what);
    return STATUS_INVALID_ARGUMENT;
}

static enum status take_key(struct reading *r, const yaml_event_t *e)
{
    const char *key = (const char *)e->data.scalar.value;

    for (int i = 0; i < r->count; i++)
        if (strcmp(r->pairs[i].key, key) == 0)
            return fault(r, e->start_mark, "this key stands twice");
    if (r->count == PAIRS_MAX)
        return fault(r, e->start_mark, "too many keys");
    r->pairs[r->count++] = (struct yaml_pair){.key = arena_text(r->a, key),
                                              .text = "",
                                              .line = e->start_mark.line + 1,
                                              .column = e->start_mark.column + 1};
    r->place = AT_VALUE;
    return STATUS_OK;
}

static enum status take_scalar(struct reading *r, const yaml_event_t *e)
{
    const char *text = (const char *)e->data.scalar.value;
    struct yaml_pair *p = r->count > 0 ? &r->pairs[r->count - 1] : NULL;

    if (strlen(text) != e->data.scalar.length)
        return fault(r, e->start_mark, "NUL in a text");
    switch (r->place) {
    case AT_KEY:
        return take_key(r, e);
    case AT_VALUE:
        p->text = arena_text(r->a, text);
        r->place = AT_KEY;
        return STATUS_OK;
    case IN_LIST:
        if (strchr(text, ','))
            return fault(r, e->start_mark, "a comma within an element of a list");
        p->text = arena_printf(r->a, "%s%s%s", p->text, p->text[0] ? "," : "", text);
        return STATUS_OK;
    default:
        return fault(r, e->start_mark, "\"name: value\" lines are wanted");
    }
}

static enum status take(struct reading *r, const yaml_event_t *e)
{
    switch (e->type) {
    case YAML_SCALAR_EVENT:
        return take_scalar(r, e);
    case YAML_MAPPING_START_EVENT:
        if (r->place != AT_START)
            return fault(r, e->start_mark, "a value or a list is wanted, not a table");
        r->place = AT_KEY;
        return STATUS_OK;
    case YAML_SEQUENCE_START_EVENT:
        if (r->place != AT_VALUE)
            return fault(r, e->start_mark, "no list can stand here");
        r->pairs[r->count - 1].is_list = true;
        r->place = IN_LIST;
        return STATUS_OK;
    case YAML_SEQUENCE_END_EVENT:
        r->place = AT_KEY;
        return STATUS_OK;
    case YAML_MAPPING_END_EVENT:
        r->place = AT_END;
        return STATUS_OK;
    case YAML_ALIAS_EVENT:
        return fault(r, e->start_mark, "aliases are not known here");
    case YAML_DOCUMENT_START_EVENT:
        return r->place == AT_END ? fault(r, e->start_mark, "a second document") : STATUS_OK;
    default:
        return STATUS_OK;
    }
}

static enum status read_events(struct reading *r, yaml_parser_t *parser)
{
    for (bool is_done = false; !is_done;) {
        yaml_event_t e;
        if (!yaml_parser_parse(parser, &e))
            return fault(r, parser->problem_mark, parser->problem ? parser->problem : "not YAML");
        enum status status = take(r, &e);
        is_done = e.type == YAML_STREAM_END_EVENT;
        yaml_event_delete(&e);
        if (status)
            return status;
    }
    return STATUS_OK;
}

enum status settings_yaml(const char *file, struct arena *a, struct yaml_pair **ret, int *ret_count,
                          char reterr[ERR_BYTES])
{
    struct reading r = {.file = file, .a = a, .err = reterr};
    yaml_parser_t parser;

    FILE *in = fopen(file, "rbe");
    if (!in) {
        snprintf(reterr, ERR_BYTES, "%s: %s", file, strerror(errno));
        return STATUS_UNAVAILABLE;
    }
    r.pairs = arena_array(a, PAIRS_MAX, sizeof(*r.pairs));
    enum status status = STATUS_RESOURCE_EXHAUSTED;
    if (r.pairs && yaml_parser_initialize(&parser)) {
        yaml_parser_set_input_file(&parser, in);
        status = read_events(&r, &parser);
        yaml_parser_delete(&parser);
    } else {
        snprintf(reterr, ERR_BYTES, "%s: no memory to read it", file);
    }
    fclose(in);
    if (status)
        return status;
    *ret = r.pairs;
    *ret_count = r.count;
    return STATUS_OK;
}
