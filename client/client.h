/* What every room of the client shares: the options of this run, the exit codes, and how things are said. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "common/arena.h"
#include "common/money.h"
#include "common/status.h"

enum exit_code {
    EXIT_DONE = 0,
    EXIT_OTHER = 1,
    EXIT_USAGE = 2,
    EXIT_REFUSED = 3,
    EXIT_NOT_ALLOWED = 4,
    EXIT_NOT_FOUND = 5,
    EXIT_CONFLICT = 6,
    EXIT_UNREACHED = 7,
    EXIT_SOME_ROWS = 8,
    EXIT_FORGED = 9,
    EXIT_FILE = 10,
    EXIT_QUEUED = 75,
    EXIT_INTERRUPTED = 130,
};

enum output { OUTPUT_TABLE, OUTPUT_WIDE, OUTPUT_CSV, OUTPUT_JSON, OUTPUT_JSONL, OUTPUT_NAME };

/* The options that every command knows; client/options.c has the table. */
struct options {
    enum output output;
    bool output_given;
    bool zh;
    enum money_unit unit;
    bool unit_given;
    const char *context, *server, *request_id, *encoding;
    int64_t timeout_ms;
    int64_t skip_rows;
    bool ascii, dry_run, offline, all_pages, chart, color, only_ok, help;
};

struct context;
struct sign_secret;
struct store;
struct link;

struct client {
    struct arena *arena; /* lives as long as the command */
    struct arena *kept;  /* as long as the process: connection, store and key serve a batch's next line too */
    struct options opt;
    struct context *ctx;     /* NULL: no server known yet */
    const char *last_error;  /* why nobody answered, last time */
    struct store *store;     /* opened when first needed; kept */
    struct link *link;       /* kept */
    struct sign_secret *key; /* once it has been read; kept */
    const char *key_path;    /* from where; kept */
    int line;                /* of the batch under way; 0: there is none */
};

/* Both languages stand side by side in the code; the user's is taken. */
#define T(c, zh_text, en_text) ((c)->opt.zh ? (zh_text) : (en_text))

/* An error of our own, on stderr ("错误：…", or JSON with -o json); returns the exit code. */
int fail(const struct client *c, enum exit_code code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* After an error: the command to type ("建议：…"); nothing with -o json. */
void advise(const struct client *c, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* A remark on stderr. */
void remark(const struct client *c, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Writes out what was printed. False when nobody can be told any more: *code says so when it was EXIT_DONE,
 * unless the reader has had enough (`| head -1`). */
bool output_flush(const struct client *c, int *code);

/* Text from outside as it may go to a terminal: control characters become '?'. */
const char *clean(struct arena *a, const char *text);
/* A copy that may be written to; never NULL (an empty one when the arena is full). */
char *text_new(struct arena *a, const char *text);
/* Bytes of a whole file ("-": stdin) in the arena; false with errno set. At most 64 MiB. */
bool file_read(struct arena *a, const char *path, struct bytes *ret);
/* Puts text in the place of a file, 0600, whole or not at all after a crash; false with errno set. */
bool file_replace(struct arena *a, const char *path, const char *text);

int64_t clock_us(void); /* this machine's wall clock */
/* The same with the context's offset: the client's idea of server time. */
int64_t server_clock_us(const struct client *c);

/* UUIDs: version 7 from the clock and randomness; text form with dashes; parsing takes both forms. */
void uuid_new(uint8_t ret[16]);
const char *uuid_text(struct arena *a, const uint8_t id[16]);
bool uuid_parse(const char *text, uint8_t ret[16]);
