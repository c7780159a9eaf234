/* The tables of suppliers. */
#pragma once

#include "server/base/call.h"
#include "server/domain/supplier/supplier.h"
#include "server/domain/supplier/supplier_rules.h"

/* A supplier as its own noun sees it. */
struct supplier_row {
    bool is_found;
    const char *id, *name, *type, *note, *banned_basis;
    int enterprise_size, state;
    struct day banned_from, banned_to;
    int64_t version;
};
void supplier_row_want(struct db *db, const char *id, struct supplier_row *ret);
/* Those of the ids that are there. */
void supplier_rows_want(struct db *db, const char *const *ids, size_t n, struct supplier_row **ret,
                        int *ret_count);

/* Writes rows as they shall stand, new or changed; `version` is the new one. */
void supplier_rows_write(struct db *db, struct arena *a, const struct supplier_row *rows, size_t n);

struct supplier_step {
    const char *id;
    int64_t seq;
    int event, from, to;
    const char *opinion;
};
void supplier_steps_write(struct db *db, struct arena *a, const struct supplier_step *steps, size_t n,
                          const char *person_id, int64_t at_us);

extern const struct read_sql supplier_get_sql[], suppliers_list_sql[];
