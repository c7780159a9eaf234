/* A CSV file as people keep it: any of the usual encodings, one header line, and the line number of each row.
 */
#pragma once

#include "client/client.h"

struct sheet {
    const char *file;
    const char **headers;
    int columns;
    const char ***rows; /* [row][column], always `columns` of them */
    int *lines;         /* line of each row in the file */
    int count;
};

/* False after saying what is wrong (exit code 10, or 2 for a file that is no table). */
bool sheet_read(const struct client *c, const char *path, struct sheet *ret, int *ret_exit);
