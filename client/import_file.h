/* A file's rows as messages, and the parts of it that fit into requests. */
#pragma once

#include "client/args.h"
#include "client/client.h"
#include "client/refused.h"
#include "client/sheet.h"

#define IMPORT_ROWS_MAX 500

struct import_file {
    struct client *c;
    struct sheet sheet;
    const ProtobufCFieldDescriptor *rows;     /* the request's field */
    struct field_ref *refs;                   /* of each column; .field NULL: unknown */
    const ProtobufCFieldDescriptor **columns; /* the same, for telling problems */
    ProtobufCMessage **all;                   /* a message a row */
    bool *is_left_out;                        /* by --only-ok */
    int left_out;
};

/* Reads all rows, so that a wrong cell on the last line stops the first. False after saying what is wrong. */
bool import_read(struct client *c, const char *path, const ProtobufCFieldDescriptor *rows,
                 struct import_file *ret, int *ret_exit);

/* The next rows from `at` that go into one request: not too many, and not too long. */
struct chunk {
    int rows[IMPORT_ROWS_MAX];
    int lines[IMPORT_ROWS_MAX];
    int count, next;
};
void chunk_take(const struct import_file *f, int at, struct chunk *ret);
/* The rows of the chunk into a request; false when the arena is full. */
bool chunk_put(const struct import_file *f, const struct chunk *k, ProtobufCMessage *request);
/* Where its rows came from. */
struct source chunk_source(const struct import_file *f, const struct chunk *k);
/* Marks the rows that the answer complains of; how many there were. */
int chunk_leave_out(struct import_file *f, const struct chunk *k, const struct answer *a);

/* Does the answer complain of rows? */
bool blames_rows(const struct answer *a);
/* The request id of the part of that number, when one was given for the whole: the same at every try. */
bool part_id(struct client *c, int number, uint8_t ret[16]);
/* "3,500 / 10,000" on a terminal, a line that is written over. */
void progress(const struct client *c, int done, int all);
