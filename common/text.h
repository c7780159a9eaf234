/* UTF-8 as it comes from people and files: is it sane, how wide is it, which encoding was it. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "common/arena.h"

/* NULL when the text is fit for storage: valid UTF-8, NFC, no NUL, no control characters (but \n and \t), no
 * bidirectional overrides, no private-use or unassigned characters, at most chars_max characters. Otherwise a
 * static English word for what is wrong ("not UTF-8", "control character", "not NFC", "too long" …). */
const char *text_fault(const char *text, size_t len, size_t chars_max);

/* Nothing but blanks, tabs, line ends and ideographic spaces: as good as empty. */
bool text_is_blank(const char *text);
/* The same words: equal but for such blanks. */
bool text_is_same(const char *a, const char *b);
size_t text_chars(const char *text);   /* characters, of valid UTF-8 */
size_t text_columns(const char *text); /* columns on a terminal: Han are two */
const char *text_nfc(struct arena *a, const char *text);
bool text_is_ascii_id(const char *text);                /* 1–64 of A-Z a-z 0-9 - _ . / */
bool text_contains(const char *text, const char *word); /* byte-wise; false for an empty word */

/* Which encoding a file's bytes are in: BOM, then strict UTF-8, then strict GB18030. */
enum text_encoding { TEXT_UTF8, TEXT_UTF8_BOM, TEXT_GB18030, TEXT_UNKNOWN };
enum text_encoding text_detect(const void *data, size_t len);
const char *text_encoding_name(enum text_encoding e);
/* The whole of data as NFC UTF-8 in the arena, NUL after it; NULL when it is not in that encoding. */
char *text_decode(struct arena *a, const void *data, size_t len, enum text_encoding e, size_t *ret_len);
