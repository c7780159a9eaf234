/* A table of texts, before it is known how it will be printed. */
#pragma once

#include "client/client.h"

struct grid_column {
    const char *key;   /* "budget_fen" */
    const char *label; /* "预算金额（元）" */
    bool right;        /* numbers */
    bool drop_empty;   /* leave out of a table when no row has anything here */
};

struct grid {
    struct arena *arena;
    struct grid_column *columns;
    int columns_count, columns_room;
    const char **cells; /* row by row */
    int rows, rows_room;
};

void grid_init(struct grid *g, struct arena *a);
void grid_column(struct grid *g, const char *key, const char *label, bool right,
                 bool drop_empty); /* before any row */
/* A new row of empty texts; its cells, columns_count of them. */
const char **grid_row(struct grid *g);
const char *grid_cell(const struct grid *g, int row, int column);

/* As the options want it: table (wide), csv, json, jsonl, name. Exit code. */
int grid_print(const struct client *c, const struct grid *g, FILE *out);
void grid_print_table(const struct client *c, const struct grid *g, FILE *out);
void grid_print_csv(const struct grid *g, FILE *out);
