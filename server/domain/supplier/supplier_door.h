/* What the two halves of the suppliers' door share. */
#pragma once

#include "purser/v1/supplier.pb-c.h"
#include "server/base/call.h"
#include "server/domain/supplier/supplier.h"
#include "server/domain/supplier/supplier_rules.h"
#include "server/domain/supplier/supplier_store.h"

#define SUPPLIER_TYPES_MAX 64

/* The type rules of today for the types that a request names. */
struct supplier_types {
    struct type_rule rules[SUPPLIER_TYPES_MAX];
    const char *names[SUPPLIER_TYPES_MAX];
    int count;
};
void supplier_types_want(struct call *c, const char *type, struct supplier_types *ret);
/* Refuses TYPE_UNKNOWN. Anything in the matrix may be registered, also what may not provide: it exists. */
bool supplier_type_is_known(const struct supplier_types *types, const char *type, const char *what,
                            struct refusal *why);

/* "2026-01-01 … 2028-12-31 <basis>" */
const char *supplier_ban_text(struct arena *a, const struct supplier_row *r);

struct supplier_import_facts {
    struct supplier_row *known;
    int known_count;
    struct supplier_types types;
};

void supplier_import_load(struct call *c, const PB(ImportSuppliersRequest) *req,
                          struct supplier_import_facts *f);
enum status supplier_import(struct call *c, const PB(ImportSuppliersRequest) *req,
                            const struct supplier_import_facts *f,
                            PB(ImportSuppliersResponse) *reply) MUST_CHECK;
