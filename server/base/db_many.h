/* The text that does for many sets of parameters what a statement does for one: its parameters become the
 * columns of an unnest().
 *
 *   SELECT … $1 …                →  SELECT _q._n, _s.* FROM unnest($1::text[]) WITH ORDINALITY AS _q (_1, _n)
 *                                   CROSS JOIN LATERAL (SELECT … _q._1 … OFFSET 0) AS _s
 *   INSERT … VALUES ($1, …) …    →  INSERT … SELECT _q._1, … FROM unnest(…) AS _q (_1, …) …
 *   INSERT … SELECT … $1 …       →  INSERT … SELECT _s.* FROM unnest(…) … LATERAL (SELECT … _q._1 …) AS _s
 *   UPDATE … WHERE id = $1 …     →  UPDATE … FROM unnest(…) AS _q (_1, …) WHERE id = _q._1 …
 *
 * OFFSET 0 keeps the inner statement as it is: each set is looked up by the index that serves one. What has
 * none of these shapes is asked one by one. */
#pragma once

#include <stdbool.h>

/* Oids of pg_type that will never change. */
enum {
    OID_BOOL = 16,
    OID_BYTEA = 17,
    OID_INT8 = 20,
    OID_TEXT = 25,
    OID_BOOL_ARRAY = 1000,
    OID_BYTEA_ARRAY = 1001,
    OID_TEXT_ARRAY = 1009,
    OID_INT8_ARRAY = 1016,
    OID_DATE = 1082,
    OID_DATE_ARRAY = 1182
};

/* The parameters' types are PostgreSQL's oids. NULL when the statement has none of the shapes, or there is no
 * memory; the caller frees it. A read gives the number of the set, from 1, in its first column. */
char *db_many_text(const char *sql, bool is_read, int params, const unsigned *oids);
/* The array type whose elements are of that type; 0 when a parameter of it cannot be one of many. */
unsigned db_array_oid(unsigned of);
