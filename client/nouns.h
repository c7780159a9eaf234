/* Nouns and verbs as they are typed, in English or Chinese. */
#pragma once

#include "common/commands.h"

/* "预算" or "budget". */
const char *noun_label(const ProtobufCServiceDescriptor *s, bool zh);
/* By noun, label or service name; NULL when there is none. */
const ProtobufCServiceDescriptor *noun_find(struct arena *a, const char *name);

const char *verb_label(struct method m, bool zh);
/* By verb, full method name (any case, with dashes) or Chinese label; .rpc NULL when there is none. */
struct method verb_find(struct arena *a, const ProtobufCServiceDescriptor *s, const char *name);

/* The import of a noun, in a service of its own; false when there is none. */
bool noun_import(struct arena *a, const ProtobufCServiceDescriptor *noun, struct long_import *ret);
/* The method that "noun verb" means when the words together name such an import: its Open; .rpc NULL
 * otherwise. */
struct method import_find(struct arena *a, const ProtobufCServiceDescriptor *noun, const char *verb);
/* The rows that a file fills: the request's own, or those of a long import's parts. NULL: it takes no file.
 */
const ProtobufCFieldDescriptor *file_rows(struct method m);

/* The one repeated message field of a reply or request named so (any when name is NULL); NULL when none or,
 * for any, several. */
const ProtobufCFieldDescriptor *rows_field(const ProtobufCMessageDescriptor *d, const char *name);
