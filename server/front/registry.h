/* The registry: every noun's rows joined with the services of the contract, found by method path. */
#pragma once

#include "server/base/call.h"

/* Joins rows and descriptors, once, at start. Anything that does not fit (a row without its rpc line, an rpc
 * line without its row, a key that is no field, a read without statements) is written to reterr and INTERNAL
 * is returned. */
enum status registry_init(char reterr[256]) MUST_CHECK;

/* What registry_init() demands of one noun: every rpc line has exactly one row, every row its rpc line, its
 * functions, and somebody who may call it. False with a sentence in reterr. */
bool registry_check(const struct noun *n, char reterr[256]);

/* NULL when there is no such method. */
const struct rpc *registry_find(const char *path);
/* All rows in a fixed order, for the matrix, the reader and the tests. */
const struct rpc *const *registry_rows(int *ret_count);
extern const struct noun *const registry_nouns[];
extern const int registry_nouns_count;
