/* Between the parts of the door: versions and all rows (catalogue.c), the negative list
 * (catalogue_negative.c). */
#pragma once

#include "purser/v1/catalogue.pb-c.h"
#include "server/domain/catalogue/catalogue.h"
#include "server/domain/catalogue/catalogue_rules.h"
#include "server/domain/catalogue/catalogue_store.h"

/* Prototypes of a write whose row stands in catalogue.c. */
#define DECLARES(verb, Request, Facts, Response)                                                             \
    void verb##_load(struct call *c, const PB(Request) *req, Facts *f);                                      \
    enum status verb(struct call *c, const PB(Request) *req, const Facts *f, PB(Response) *reply)

struct negatives_facts {
    struct negative_version list;
    struct number *numbers;
};
DECLARES(negatives_import, ImportNegativesRequest, struct negatives_facts, ImportNegativesResponse);
DECLARES(negatives_confirm, ConfirmNegativesRequest, struct negatives_facts, ConfirmNegativesResponse);
