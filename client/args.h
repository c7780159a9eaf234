/* argv → request, by descriptor. */
#pragma once

#include "client/client.h"
#include "client/nouns.h"

struct filled {
    ProtobufCMessage *request;
    const char *file;      /* the positional FILE of an import, or NULL */
    const char *given[64]; /* names of the fields that were typed */
    int given_count;
};

/* `--field value`, `--field=value`, a bool alone, `--no-flag`, `--json FILE|-`; a positional OBJECT fills
 * field 1 (or is the FILE where the request has `rows`). False after saying what is wrong (ret_exit). */
bool args_fill(const struct client *c, struct method m, int argc, char **argv, struct filled *ret,
               int *ret_exit);
bool was_given(const struct filled *f, const char *name);
/* Names the typed fields in update_fields when the request has that and it was not typed itself. */
bool args_name_updates(const struct client *c, struct filled *f);
