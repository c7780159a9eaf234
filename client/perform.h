/* Doing what was asked: purser NOUN VERB … from request to printed reply. */
#pragma once

#include "client/args.h"
#include "client/client.h"
#include "client/refused.h"
#include "client/trip.h"

/* purser NOUN VERB ARGS. Exit code. */
int command_noun(struct client *c, const ProtobufCServiceDescriptor *s, int argc, char **argv);
/* Sends a request that is complete and prints the reply. */
int perform(struct client *c, struct method m, struct filled *f);
