/* Help, generated from descriptors and words. */
#pragma once

#include "client/client.h"
#include "client/nouns.h"

int help_all(const struct client *c, FILE *out);
int help_noun(const struct client *c, const ProtobufCServiceDescriptor *s);
int help_verb(const struct client *c, struct method m);
/* purser explain NOUN.FIELD */
int command_explain(struct client *c, int argc, char **argv);
