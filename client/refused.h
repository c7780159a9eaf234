/* How an answer that is not OK is told: the most important line first. */
#pragma once

#include "client/client.h"
#include "client/nouns.h"
#include "client/trip.h"

/* Where the rows of an import came from, so that a problem can name line and column. */
struct source {
    const char *file;
    const int *lines; /* line of each row of this request */
    int rows;
    const ProtobufCFieldDescriptor *const *columns;
    const char *const *headers;
    int columns_count;
};
/* Row number of a problem's field "rows[3].name", −1 when it is none; *ret_field: what comes after the dot.
 */
int problem_row(const char *field, const char **ret_field);

/* Tells a refusal, or that nobody answered. `source` may be NULL. Exit code. */
int refused_tell(const struct client *c, struct method m, const struct answer *a, bool is_write,
                 const struct source *source);
