/* A CSV file as people keep it: any of the usual encodings, one header line, and the line number of each row.
 */
#include "client/sheet.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#include <csv.h>

#include "common/text.h"

#define COLUMNS_MAX 256

struct reading {
    const struct client *c;
    struct sheet *s;
    const char *cells[COLUMNS_MAX];
    int cells_count;
    int room;
    int start_line; /* of the row being read; 0 between rows */
    int too_long_line;
    bool is_full;
};

static void on_cell(void *data, size_t len, void *arg)
{
    struct reading *r = arg;
    if (r->cells_count < COLUMNS_MAX)
        r->cells[r->cells_count++] = arena_textn(r->c->arena, data, len);
}

static bool make_room(struct reading *r)
{
    struct sheet *s = r->s;
    if (s->count < r->room)
        return true;
    int room = r->room ? 2 * r->room : 256;
    const char ***rows = arena_array(r->c->arena, (size_t)room, sizeof(*rows));
    int *lines = arena_array(r->c->arena, (size_t)room, sizeof(*lines));
    if (!rows || !lines)
        return false;
    if (s->count) {
        memcpy(rows, s->rows, (size_t)s->count * sizeof(*rows));
        memcpy(lines, s->lines, (size_t)s->count * sizeof(*lines));
    }
    s->rows = rows;
    s->lines = lines;
    r->room = room;
    return true;
}

static void on_row(int end, void *arg)
{
    struct reading *r = arg;
    struct sheet *s = r->s;
    bool is_blank = true;
    (void)end;

    for (int i = 0; i < r->cells_count; i++)
        is_blank = is_blank && !*r->cells[i];
    if (s->columns == 0 && !is_blank) {
        s->headers = arena_array(r->c->arena, (size_t)r->cells_count, sizeof(*s->headers));
        for (int i = 0; s->headers && i < r->cells_count; i++)
            s->headers[i] = r->cells[i];
        s->columns = s->headers ? r->cells_count : 0;
    } else if (!is_blank) {
        if (r->cells_count > s->columns && !r->too_long_line)
            r->too_long_line = r->start_line;
        const char **row = make_room(r) ? arena_array(r->c->arena, (size_t)s->columns, sizeof(*row)) : NULL;
        r->is_full = r->is_full || !row;
        for (int i = 0; row && i < s->columns; i++)
            row[i] = i < r->cells_count ? r->cells[i] : "";
        if (row) {
            s->lines[s->count] = r->start_line;
            s->rows[s->count++] = row;
        }
    }
    r->cells_count = 0;
    r->start_line = 0;
}

/* Fed line by line, so that each row knows where it began. */
static bool parse(struct reading *r, const char *text, size_t len, int *ret_bad_line)
{
    struct csv_parser p;
    int line = 0;
    size_t at = 0;
    const char *first = memchr(text, '\n', len);
    size_t head = first ? (size_t)(first - text) : len;

    if (csv_init(&p, CSV_STRICT | CSV_STRICT_FINI) != 0)
        return false;
    if (memchr(text, '\t', head) && !memchr(text, ',', head))
        csv_set_delim(&p, '\t');
    bool ok = true;
    while (ok && at < len) {
        const char *nl = memchr(text + at, '\n', len - at);
        size_t n = nl ? (size_t)(nl - (text + at)) + 1 : len - at;
        line++;
        if (!r->start_line)
            r->start_line = line;
        ok = csv_parse(&p, text + at, n, on_cell, on_row, r) == n;
        if (r->start_line == line && r->cells_count == 0 && ok && n <= 2)
            r->start_line = 0; /* an empty line opens no row */
        at += n;
    }
    *ret_bad_line = r->start_line ? r->start_line : line;
    ok = ok && csv_fini(&p, on_cell, on_row, r) == 0;
    csv_free(&p);
    return ok;
}

static enum text_encoding encoding_of(const struct client *c, struct bytes data)
{
    const char *want = c->opt.encoding;
    enum text_encoding found = text_detect(data.data, data.len);
    if (!want)
        return found;
    if (strncasecmp(want, "gb", 2) == 0)
        return TEXT_GB18030;
    if (strncasecmp(want, "utf", 3) == 0)
        return found == TEXT_UTF8_BOM ? found : TEXT_UTF8;
    return TEXT_UNKNOWN;
}

static void tell_unreadable(const struct client *c, const char *path, bool is_binary)
{
    if (is_binary)
        fail(c, EXIT_FILE,
             T(c, "%s 不是文字文件；请在表格软件里另存为 CSV", "%s is no text: save the sheet as CSV"), path);
    else if (c->opt.encoding)
        fail(c, EXIT_FILE,
             T(c, "%s 不是 %s；去掉 --encoding 可自动辨认",
               "%s is not %s; without --encoding it is found out"),
             path, c->opt.encoding);
    else
        fail(c, EXIT_FILE, T(c, "%s 不是 UTF-8，也不是 GB18030", "%s is neither UTF-8 nor GB18030"), path);
}

bool sheet_read(const struct client *c, const char *path, struct sheet *ret, int *ret_exit)
{
    struct bytes data;
    struct reading r = {.c = c, .s = ret};
    size_t len = 0;
    int bad_line = 0;

    *ret = (struct sheet){.file = path};
    *ret_exit = EXIT_FILE;
    if (!file_read(c->arena, path, &data)) {
        fail(c, EXIT_FILE, T(c, "读不了 %s：%s", "cannot read %s: %s"), path, strerror(errno));
        return false;
    }
    enum text_encoding e = encoding_of(c, data);
    bool is_binary = memchr(data.data, 0, data.len);
    char *text = e == TEXT_UNKNOWN || is_binary ? NULL : text_decode(c->arena, data.data, data.len, e, &len);
    if (!text) {
        tell_unreadable(c, path, is_binary);
        return false;
    }
    if (e != TEXT_UTF8 || c->opt.encoding)
        remark(c, T(c, "%s 的编码按 %s 读", "%s was read as %s"), path, text_encoding_name(e));
    if (!parse(&r, text, len, &bad_line) || r.is_full || r.too_long_line) {
        *ret_exit = fail(c, EXIT_USAGE,
                         r.too_long_line
                             ? T(c, "%s 第 %d 行的列比表头多", "%s line %d has more columns than the header")
                             : T(c, "%s 第 %d 行的引号不成对", "%s line %d: quotes do not match"),
                         path, r.too_long_line ? r.too_long_line : bad_line);
        return false;
    }
    if (ret->columns == 0 || ret->count == 0) {
        *ret_exit = fail(c, EXIT_USAGE, T(c, "%s 里没有数据行", "there are no rows in %s"), path);
        return false;
    }
    return true;
}
