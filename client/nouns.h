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

/* The one repeated message field of a reply or request named so (any when name is NULL); NULL when none or,
 * for any, several. */
const ProtobufCFieldDescriptor *rows_field(const ProtobufCMessageDescriptor *d, const char *name);
