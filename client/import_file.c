/* A file's rows as messages, and the parts of it that fit into requests. */
#include "client/import_file.h"

#include <string.h>
#include <unistd.h>

#include "client/values.h"
#include "common/fields.h"
#include "common/sign.h"
#include "common/words.h"

#define FAULTS_TOLD     16
#define PART_BYTES_MAX  ((size_t)700 << 10) /* a frame is at most 1 MiB */
#define PART_FIELDS_MAX 19000               /* and at most 20,000 fields */

static bool match_headers(struct import_file *f)
{
    const struct client *c = f->c;
    int known = 0;
    f->refs = arena_array(c->arena, (size_t)f->sheet.columns, sizeof(*f->refs));
    f->columns = arena_array(c->arena, (size_t)f->sheet.columns, sizeof(*f->columns));
    for (int i = 0; f->refs && f->columns && i < f->sheet.columns; i++) {
        f->refs[i] = field_find(f->rows->descriptor, f->sheet.headers[i]);
        f->columns[i] = f->refs[i].field;
        known += f->refs[i].field != NULL;
        if (!f->refs[i].field && *f->sheet.headers[i])
            remark(c, T(c, "%s 第 %d 列“%s”不认识，不导入", "%s column %d “%s” is not known and is left out"),
                   f->sheet.file, i + 1, f->sheet.headers[i]);
    }
    if (known > 0)
        return true;
    const char *all = "";
    for (unsigned i = 0; i < ((const ProtobufCMessageDescriptor *)f->rows->descriptor)->n_fields; i++) {
        const ProtobufCFieldDescriptor *one = &((const ProtobufCMessageDescriptor *)f->rows->descriptor)
                                                   ->fields[i];
        all = arena_printf(c->arena, "%s%s%s", all, i ? ", " : "",
                           label_of_field(f->rows->descriptor, one, c->opt.zh));
    }
    fail(c, EXIT_USAGE, T(c, "%s 的表头一个也不认识；可用：%s", "no header of %s is known; there are: %s"),
         f->sheet.file, all);
    return false;
}

/* All rows are read before any is sent, so that a wrong cell on the last line stops the first. */
static bool make_rows(struct import_file *f)
{
    const struct client *c = f->c;
    int faults = 0;
    f->all = arena_array(c->arena, (size_t)f->sheet.count, sizeof(ProtobufCMessage *));
    f->is_left_out = arena_array(c->arena, (size_t)f->sheet.count, sizeof(bool));
    for (int r = 0; f->all && f->is_left_out && r < f->sheet.count; r++) {
        f->all[r] = fields_new(f->rows->descriptor, c->arena);
        for (int i = 0; f->all[r] && i < f->sheet.columns; i++) {
            const char *cell = f->sheet.rows[r][i], *why = "";
            if (!f->refs[i].field || f->refs[i].outer || !*cell ||
                value_set_all(c, f->all[r], &f->refs[i], cell, &why))
                continue;
            if (faults++ < FAULTS_TOLD)
                fail(c, EXIT_USAGE, T(c, "%s 第 %d 行  %s：“%s”%s", "%s line %d  %s: “%s” %s"), f->sheet.file,
                     f->sheet.lines[r], f->sheet.headers[i], cell, why);
            if (c->opt.only_ok && !f->is_left_out[r]) {
                f->is_left_out[r] = true;
                f->left_out++;
            }
        }
    }
    return f->all && f->is_left_out && (faults == 0 || c->opt.only_ok);
}

bool import_read(struct client *c, const char *path, const ProtobufCFieldDescriptor *rows,
                 struct import_file *ret, int *ret_exit)
{
    *ret = (struct import_file){.c = c, .rows = rows};
    if (!sheet_read(c, path, &ret->sheet, ret_exit))
        return false;
    *ret_exit = EXIT_USAGE;
    if (!match_headers(ret))
        return false;
    *ret_exit = EXIT_SOME_ROWS;
    if (!make_rows(ret))
        return false;
    if (c->opt.skip_rows <= ret->sheet.count)
        return true;
    *ret_exit = fail(c, EXIT_USAGE, T(c, "--skip 超过了 %d 行", "--skip goes beyond %d rows"),
                     ret->sheet.count);
    return false;
}

/* ---- parts ---- */

void chunk_take(const struct import_file *f, int at, struct chunk *ret)
{
    const ProtobufCMessageDescriptor *d = f->rows->descriptor;
    int most = PART_FIELDS_MAX / ((int)d->n_fields + 1);
    size_t bytes = 0;
    ret->count = 0;
    for (; at < f->sheet.count && ret->count < IMPORT_ROWS_MAX && ret->count < most; at++) {
        if (f->is_left_out[at])
            continue;
        bytes += protobuf_c_message_get_packed_size(f->all[at]);
        if (ret->count > 0 && bytes > PART_BYTES_MAX)
            break;
        ret->rows[ret->count] = at;
        ret->lines[ret->count++] = f->sheet.lines[at];
    }
    ret->next = at;
}

bool chunk_put(const struct import_file *f, const struct chunk *k, ProtobufCMessage *request)
{
    const ProtobufCFieldDescriptor
        *rows = protobuf_c_message_descriptor_get_field_by_name(request->descriptor, f->rows->name);
    if (!fields_resize(request, rows, f->c->arena, (size_t)k->count))
        return false;
    ProtobufCMessage **list = *(ProtobufCMessage ***)fields_at(request, rows);
    for (int i = 0; i < k->count; i++)
        list[i] = f->all[k->rows[i]];
    return true;
}

struct source chunk_source(const struct import_file *f, const struct chunk *k)
{
    return (struct source){f->sheet.file, k->lines, k->count, f->columns, f->sheet.headers, f->sheet.columns};
}

int chunk_leave_out(struct import_file *f, const struct chunk *k, const struct answer *a)
{
    const char *inner;
    int n = 0;
    for (size_t i = 0; a->reached && i < a->reply->status->n_problems; i++) {
        int row = problem_row(a->reply->status->problems[i]->field, &inner);
        if (row < 0 || row >= k->count || f->is_left_out[k->rows[row]])
            continue;
        f->is_left_out[k->rows[row]] = true;
        f->left_out++;
        n++;
    }
    return n;
}

bool blames_rows(const struct answer *a)
{
    const char *inner;
    return a->reached && a->reply && a->reply->status->n_problems > 0 &&
           problem_row(a->reply->status->problems[0]->field, &inner) >= 0;
}

bool part_id(struct client *c, int number, uint8_t ret[16])
{
    if (!c->opt.request_id || !uuid_parse(c->opt.request_id, ret))
        return false;
    if (number > 0) {
        const char *part = arena_printf(c->arena, "%s/%d", uuid_text(c->arena, ret), number);
        struct hash h = sha256(part, strlen(part));
        memcpy(ret, h.b, 16);
    }
    return true;
}

/* "12,345" */
static const char *grouped(struct arena *a, int n)
{
    return n < 1000 ? arena_printf(a, "%d", n) : arena_printf(a, "%s,%03d", grouped(a, n / 1000), n % 1000);
}

void progress(const struct client *c, int done, int all)
{
    if (all > IMPORT_ROWS_MAX && isatty(STDERR_FILENO))
        fprintf(stderr, T(c, "\r已处理 %s / %s 行%s", "\r%s / %s rows%s"), grouped(c->arena, done),
                grouped(c->arena, all), done == all ? "\n" : "");
}
