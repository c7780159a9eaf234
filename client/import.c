/* purser NOUN import FILE: rows of a CSV file into requests of at most 500 rows. */
#include "client/import.h"

#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "client/perform.h"
#include "client/print.h"
#include "client/sheet.h"
#include "client/values.h"
#include "common/fields.h"
#include "common/sign.h"
#include "common/text.h"
#include "common/words.h"

#define ROWS_MAX    500
#define FAULTS_TOLD 16

struct importing {
    struct client *c;
    struct method method;
    struct filled *filled;
    struct sheet sheet;
    const ProtobufCFieldDescriptor *rows;     /* the request's field */
    struct field_ref *refs;                   /* of each column; .field NULL: unknown */
    const ProtobufCFieldDescriptor **columns; /* the same, for telling problems */
    ProtobufCMessage **all;                   /* a message a row */
    bool *is_left_out;                        /* by --only-ok */
    int left_out, done;
};

static bool match_headers(struct importing *im)
{
    const struct client *c = im->c;
    int known = 0;
    im->refs = arena_array(c->arena, (size_t)im->sheet.columns, sizeof(*im->refs));
    im->columns = arena_array(c->arena, (size_t)im->sheet.columns, sizeof(*im->columns));
    for (int i = 0; im->refs && im->columns && i < im->sheet.columns; i++) {
        im->refs[i] = field_find(im->rows->descriptor, im->sheet.headers[i]);
        im->columns[i] = im->refs[i].field;
        known += im->refs[i].field != NULL;
        if (!im->refs[i].field && *im->sheet.headers[i])
            remark(c, T(c, "%s 第 %d 列“%s”不认识，不导入", "%s column %d “%s” is not known and is left out"),
                   im->sheet.file, i + 1, im->sheet.headers[i]);
    }
    if (known > 0)
        return true;
    const char *all = "";
    for (unsigned i = 0; i < ((const ProtobufCMessageDescriptor *)im->rows->descriptor)->n_fields; i++) {
        const ProtobufCFieldDescriptor *f = &((const ProtobufCMessageDescriptor *)im->rows->descriptor)
                                                 ->fields[i];
        all = arena_printf(c->arena, "%s%s%s", all, i ? ", " : "",
                           label_of_field(im->rows->descriptor, f, c->opt.zh));
    }
    fail(c, EXIT_USAGE, T(c, "%s 的表头一个也不认识；可用：%s", "no header of %s is known; there are: %s"),
         im->sheet.file, all);
    return false;
}

/* All rows are read before any is sent, so that a wrong cell on the last line stops the first. */
static bool make_rows(struct importing *im)
{
    const struct client *c = im->c;
    int faults = 0;
    im->all = arena_array(c->arena, (size_t)im->sheet.count, sizeof(ProtobufCMessage *));
    im->is_left_out = arena_array(c->arena, (size_t)im->sheet.count, sizeof(bool));
    for (int r = 0; im->all && im->is_left_out && r < im->sheet.count; r++) {
        im->all[r] = fields_new(im->rows->descriptor, c->arena);
        for (int i = 0; im->all[r] && i < im->sheet.columns; i++) {
            const char *cell = im->sheet.rows[r][i], *why = "";
            if (!im->refs[i].field || im->refs[i].outer || !*cell ||
                value_set_all(c, im->all[r], &im->refs[i], cell, &why))
                continue;
            if (faults++ < FAULTS_TOLD)
                fail(c, EXIT_USAGE, T(c, "%s 第 %d 行  %s：“%s”%s", "%s line %d  %s: “%s” %s"),
                     im->sheet.file, im->sheet.lines[r], im->sheet.headers[i], cell, why);
            if (c->opt.only_ok && !im->is_left_out[r]) {
                im->is_left_out[r] = true;
                im->left_out++;
            }
        }
    }
    return im->all && im->is_left_out && (faults == 0 || c->opt.only_ok);
}

/* The next rows from `at` that go into one request. */
struct chunk {
    int rows[ROWS_MAX];
    int lines[ROWS_MAX];
    int count, next;
};

static void take_chunk(const struct importing *im, int at, struct chunk *ret)
{
    ret->count = 0;
    for (; at < im->sheet.count && ret->count < ROWS_MAX; at++) {
        if (im->is_left_out[at])
            continue;
        ret->rows[ret->count] = at;
        ret->lines[ret->count++] = im->sheet.lines[at];
    }
    ret->next = at;
}

static bool put_rows(struct importing *im, const struct chunk *k)
{
    ProtobufCMessage *m = im->filled->request;
    if (!fields_resize(m, im->rows, im->c->arena, (size_t)k->count))
        return false;
    ProtobufCMessage **list = *(ProtobufCMessage ***)fields_at(m, im->rows);
    for (int i = 0; i < k->count; i++)
        list[i] = im->all[k->rows[i]];
    return true;
}

/* Marks the rows that the answer complains of; how many there were. */
static int leave_out(struct importing *im, const struct chunk *k, const struct answer *a)
{
    const char *inner;
    int n = 0;
    for (size_t i = 0; a->reached && i < a->reply->status->n_problems; i++) {
        int row = problem_row(a->reply->status->problems[i]->field, &inner);
        if (row < 0 || row >= k->count || im->is_left_out[k->rows[row]])
            continue;
        im->is_left_out[k->rows[row]] = true;
        im->left_out++;
        n++;
    }
    return n;
}

static bool blames_rows(const struct answer *a)
{
    const char *inner;
    return a->reached && a->reply && a->reply->status->n_problems > 0 &&
           problem_row(a->reply->status->problems[0]->field, &inner) >= 0;
}

static int send_chunk(struct importing *im, const struct chunk *k, int number, struct answer *ret)
{
    struct client *c = im->c;
    struct source source = {im->sheet.file, k->lines,          k->count,
                            im->columns,    im->sheet.headers, im->sheet.columns};
    uint8_t id[16];
    int code;
    if (c->opt.dry_run) {
        if (!trip_dry_run(c, im->method, im->filled->request, ret, &code))
            return code;
        return ret->reached && ret->status == STATUS_OK ? EXIT_DONE
                                                        : refused_tell(c, im->method, ret, false, &source);
    }
    bool has_id = c->opt.request_id && uuid_parse(c->opt.request_id, id);
    if (has_id && number > 0) { /* each part needs an id of its own, the same at every try */
        const char *part = arena_printf(c->arena, "%s/%d", uuid_text(c->arena, id), number);
        struct hash h = sha256(part, strlen(part));
        memcpy(id, h.b, sizeof(id));
    }
    struct write w = {.method = im->method,
                      .request = im->filled->request,
                      .request_id = has_id ? id : NULL,
                      .typed = trip_typed(c, im->method, im->filled->request)};
    return perform_write(c, &w, &source, ret);
}

static void progress(const struct importing *im)
{
    if (im->sheet.count > ROWS_MAX && isatty(STDERR_FILENO))
        fprintf(stderr, T(im->c, "\r已处理 %d / %d 行", "\r%d / %d rows"), im->done, im->sheet.count);
}

static int stopped(const struct importing *im, const struct answer *a, int code)
{
    const struct client *c = im->c;
    if (im->done > c->opt.skip_rows)
        remark(c,
               T(c, "前 %d 行已导入；改正后加 --skip %d 续导其余",
                 "the first %d rows are in; --skip %d continues after them"),
               im->done, im->done);
    return blames_rows(a) && code != EXIT_QUEUED ? EXIT_SOME_ROWS : code;
}

static int run(struct importing *im)
{
    struct client *c = im->c;
    struct chunk k;
    struct answer a = {.why = ""};
    int number = 0;
    for (int at = (int)c->opt.skip_rows; at < im->sheet.count; at = k.next) {
        take_chunk(im, at, &k);
        while (k.count > 0) {
            if (!put_rows(im, &k))
                return EXIT_OTHER;
            int code = send_chunk(im, &k, number++, &a);
            if (code == EXIT_DONE)
                break;
            if (!c->opt.only_ok || !leave_out(im, &k, &a))
                return stopped(im, &a, code);
            int end = k.next;
            take_chunk(im, at, &k);
            k.next = k.next > end ? end : k.next;
            while (k.count > 0 && k.rows[k.count - 1] >= end)
                k.count--;
        }
        im->done = k.next;
        progress(im);
        if (k.count > 0 && !c->opt.dry_run && a.body) {
            print_replies(c, im->method, &a.body, 1);
            receipt_remark(c, &a);
        }
    }
    remark(c,
           c->opt.dry_run
               ? T(c, "%d 行可以导入（仅检查，未生效）", "%d rows would be accepted (checked only)")
               : T(c, "已导入 %d 行", "%d rows imported"),
           im->sheet.count - (int)c->opt.skip_rows - im->left_out);
    if (im->left_out)
        remark(c, T(c, "略过 %d 行", "%d rows were left out"), im->left_out);
    return im->left_out ? EXIT_SOME_ROWS : EXIT_DONE;
}

int import_file(struct client *c, struct method m, struct filled *f)
{
    struct importing im = {.c = c, .method = m, .filled = f, .rows = rows_field(m.rpc->input, "rows")};
    int code;
    if (!sheet_read(c, f->file, &im.sheet, &code))
        return code;
    if (!match_headers(&im))
        return EXIT_USAGE;
    if (!make_rows(&im))
        return EXIT_SOME_ROWS;
    if (c->opt.skip_rows > im.sheet.count)
        return fail(c, EXIT_USAGE, T(c, "--skip 超过了 %d 行", "--skip goes beyond %d rows"), im.sheet.count);
    return run(&im);
}
