/* A table of texts: aligned for Chinese by libsmartcols, or as csv, json, or names alone. */
#include "client/grid.h"

#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <csv.h>
#include <jansson.h>
#include <libsmartcols.h>

#include "common/text.h"

#define COLUMNS_MAX  256
#define LONG_COLUMNS 24 /* a column wider than this may be cut to fit a terminal */

void grid_init(struct grid *g, struct arena *a) { *g = (struct grid){.arena = a}; }

void grid_column(struct grid *g, const char *key, const char *label, bool right, bool drop_empty)
{
    if (g->columns_count == g->columns_room) {
        int room = g->columns_room ? 2 * g->columns_room : 16;
        struct grid_column *more = arena_array(g->arena, (size_t)room, sizeof(*more));
        if (!more)
            return;
        if (g->columns)
            memcpy(more, g->columns, (size_t)g->columns_count * sizeof(*more));
        g->columns = more;
        g->columns_room = room;
    }
    g->columns[g->columns_count++] = (struct grid_column){key, label, right, drop_empty};
}

const char **grid_row(struct grid *g)
{
    size_t width = (size_t)g->columns_count;
    if (g->rows == g->rows_room) {
        int room = g->rows_room ? 2 * g->rows_room : 64;
        const char **more = arena_array(g->arena, (size_t)room * (width ? width : 1), sizeof(*more));
        if (!more)
            return NULL;
        if (g->cells)
            memcpy(more, g->cells, (size_t)g->rows * width * sizeof(*more));
        g->cells = more;
        g->rows_room = room;
    }
    const char **row = g->cells + (size_t)g->rows++ * width;
    for (size_t i = 0; i < width; i++)
        row[i] = "";
    return row;
}

const char *grid_cell(const struct grid *g, int row, int column)
{
    return g->cells[(size_t)row * (size_t)g->columns_count + (size_t)column];
}

static bool is_empty_column(const struct grid *g, int column)
{
    for (int r = 0; r < g->rows; r++)
        if (*grid_cell(g, r, column))
            return false;
    return true;
}

static size_t widest(const struct grid *g, int column)
{
    size_t most = text_columns(g->columns[column].label);
    for (int r = 0; r < g->rows; r++) {
        size_t n = text_columns(grid_cell(g, r, column));
        most = n > most ? n : most;
    }
    return most;
}

static bool says_nothing(const struct grid *g, int column)
{
    for (int r = 0; r < g->rows; r++) {
        const char *text = grid_cell(g, r, column);
        if (*text && strcmp(text, "0.00") != 0 && strcmp(text, "–") != 0 && strcmp(text, "0") != 0)
            return false;
    }
    return true;
}

static bool is_the_same_throughout(const struct grid *g, int column)
{
    for (int r = 1; r < g->rows; r++)
        if (strcmp(grid_cell(g, r, column), grid_cell(g, 0, column)) != 0)
            return false;
    return g->rows > 1;
}

static bool is_long(const struct grid *g, int column)
{
    return !g->columns[column].right && widest(g, column) > LONG_COLUMNS;
}

struct shown {
    int columns[COLUMNS_MAX];
    int count;
};

static size_t width_needed(const struct grid *g, const struct shown *s)
{
    size_t all = 0;
    for (int i = 0; i < s->count; i++)
        all += (is_long(g, s->columns[i]) ? LONG_COLUMNS : widest(g, s->columns[i])) + 2;
    return all;
}

/* The first amount that says something is what most lists are read for. */
static int main_amount(const struct grid *g, const struct shown *s)
{
    for (int i = 0; i < s->count; i++) {
        const struct grid_column *c = &g->columns[s->columns[i]];
        size_t len = strlen(c->key);
        if (c->right && len > 4 && strcmp(c->key + len - 4, "_fen") == 0 && !says_nothing(g, s->columns[i]))
            return i;
    }
    return -1;
}

static bool may_go(const struct grid *g, int column, int pass)
{
    return pass == 0   ? says_nothing(g, column)
           : pass == 1 ? is_the_same_throughout(g, column)
                       : !is_long(g, column);
}

/* The column that is missed least: one that says nothing, then one that says the same in every row, then the
 * rightmost; the first column stays. */
static int least(const struct grid *g, const struct shown *s)
{
    int kept = main_amount(g, s);
    for (int pass = 0; pass < 3; pass++)
        for (int i = s->count - 1; i > 0; i--)
            if (i != kept && may_go(g, s->columns[i], pass))
                return i;
    return s->count - 1;
}

/* On a terminal a row should be a line. How many columns were left out. */
static int fit(const struct client *c, const struct grid *g, struct shown *s, FILE *out)
{
    struct winsize w;
    int left_out = 0;
    if (c->opt.output == OUTPUT_WIDE || !isatty(fileno(out)) || ioctl(fileno(out), TIOCGWINSZ, &w) != 0 ||
        w.ws_col == 0)
        return 0;
    while (s->count > 3 && width_needed(g, s) > (size_t)w.ws_col + 2) {
        int i = least(g, s);
        memmove(s->columns + i, s->columns + i + 1, (size_t)(s->count - i - 1) * sizeof(s->columns[0]));
        s->count--;
        left_out++;
    }
    return left_out;
}

static void add_lines(struct libscols_table *t, const struct grid *g, const struct shown *s)
{
    for (int i = 0; i < s->count; i++) {
        int flags = g->columns[s->columns[i]].right ? SCOLS_FL_RIGHT
                    : is_long(g, s->columns[i])     ? SCOLS_FL_TRUNC
                                                    : 0;
        (void)!scols_table_new_column(t, g->columns[s->columns[i]].label, 0, flags);
    }
    for (int r = 0; r < g->rows; r++) {
        struct libscols_line *line = scols_table_new_line(t, NULL);
        for (int i = 0; line && i < s->count; i++)
            scols_line_set_data(line, (size_t)i, grid_cell(g, r, s->columns[i]));
    }
}

void grid_print_table(const struct client *c, const struct grid *g, FILE *out)
{
    struct libscols_table *t = scols_new_table();
    struct shown s = {.count = 0};
    bool wide = c->opt.output == OUTPUT_WIDE;

    if (!t)
        return;
    for (int i = 0; i < g->columns_count && s.count < COLUMNS_MAX; i++)
        if (wide || !g->columns[i].drop_empty || !is_empty_column(g, i))
            s.columns[s.count++] = i;
    int left_out = fit(c, g, &s, out);
    add_lines(t, g, &s);
    scols_table_set_column_separator(t, "  ");
    scols_table_enable_ascii(t, c->opt.ascii);
    scols_table_set_stream(t, out);
    if (wide)
        scols_table_set_termforce(t, SCOLS_TERMFORCE_NEVER);
    scols_print_table(t);
    scols_unref_table(t);
    fflush(out);
    if (left_out)
        remark(c,
               T(c, "（屏幕不够宽，略去 %d 列；-o wide 全显示）",
                 "(%d columns left out for want of room; -o wide shows all)"),
               left_out);
}

void grid_print_csv(const struct grid *g, FILE *out)
{
    fputs("\xef\xbb\xbf", out); /* Excel takes a file without it for GB18030 */
    for (int r = -1; r < g->rows; r++) {
        for (int i = 0; i < g->columns_count; i++) {
            const char *text = r < 0 ? g->columns[i].label : grid_cell(g, r, i);
            if (i)
                fputc(',', out);
            if (strpbrk(text, ",\"\r\n"))
                csv_fwrite(out, text, strlen(text));
            else
                fputs(text, out);
        }
        fputs("\r\n", out);
    }
}

static void print_json(const struct grid *g, FILE *out, bool lines)
{
    json_t *all = json_array();
    for (int r = 0; r < g->rows; r++) {
        json_t *row = json_object();
        for (int i = 0; i < g->columns_count; i++)
            json_object_set_new(row, g->columns[i].key, json_string(grid_cell(g, r, i)));
        if (lines) {
            json_dumpf(row, out, JSON_COMPACT);
            fputc('\n', out);
        }
        json_array_append_new(all, row);
    }
    if (!lines) {
        json_dumpf(all, out, JSON_INDENT(2));
        fputc('\n', out);
    }
    json_decref(all);
}

int grid_print(const struct client *c, const struct grid *g, FILE *out)
{
    switch (c->opt.output) {
    case OUTPUT_CSV:
        grid_print_csv(g, out);
        break;
    case OUTPUT_JSON:
    case OUTPUT_JSONL:
        print_json(g, out, c->opt.output == OUTPUT_JSONL);
        break;
    case OUTPUT_NAME:
        for (int r = 0; r < g->rows; r++)
            fprintf(out, "%s\n", g->columns_count ? grid_cell(g, r, 0) : "");
        break;
    default:
        grid_print_table(c, g, out);
    }
    return EXIT_DONE;
}
