/* A table of texts: aligned for Chinese by libsmartcols, or as csv, json, or names alone. */
#include "client/grid.h"

#include <string.h>
#include <unistd.h>

#include <csv.h>
#include <jansson.h>
#include <libsmartcols.h>

#include "common/text.h"

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

void grid_print_table(const struct client *c, const struct grid *g, FILE *out)
{
    struct libscols_table *t = scols_new_table();
    bool wide = c->opt.output == OUTPUT_WIDE;
    int shown[256], n = 0;

    if (!t)
        return;
    for (int i = 0; i < g->columns_count && n < 256; i++) {
        if (!wide && g->columns[i].drop_empty && is_empty_column(g, i))
            continue;
        int flags = g->columns[i].right ? SCOLS_FL_RIGHT : 0;
        if (!wide && !g->columns[i].right && widest(g, i) > LONG_COLUMNS)
            flags |= SCOLS_FL_TRUNC;
        if (scols_table_new_column(t, g->columns[i].label, 0, flags))
            shown[n++] = i;
    }
    for (int r = 0; r < g->rows; r++) {
        struct libscols_line *line = scols_table_new_line(t, NULL);
        for (int i = 0; line && i < n; i++)
            scols_line_set_data(line, (size_t)i, grid_cell(g, r, shown[i]));
    }
    scols_table_set_column_separator(t, "  ");
    scols_table_enable_ascii(t, c->opt.ascii);
    scols_table_set_stream(t, out);
    scols_print_table(t);
    scols_unref_table(t);
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
