/* A reply as people or programs want it: tables, label and value, csv, json, names. */
#pragma once

#include "client/client.h"
#include "client/nouns.h"

/* Prints the replies of one method (several: the pages of a list) on stdout. Exit code. */
int print_replies(const struct client *c, struct method m, ProtobufCMessage *const *replies, int count);
/* Is the reply a page of a list? */
bool is_list(struct method m);
