/* Help, generated from descriptors and words. */
#pragma once

#include "client/client.h"
#include "client/nouns.h"

int help_all(const struct client *c, FILE *out);
int help_noun(const struct client *c, const ProtobufCServiceDescriptor *s);
int help_verb(const struct client *c, struct method m);
/* Of a command that is no noun ("outbox"); false when there is none of that name. */
bool help_own(const struct client *c, const char *name);
/* purser explain NOUN[.FIELD] */
int command_explain(struct client *c, int argc, char **argv);
