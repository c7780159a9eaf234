/* How the methods of the services are said on the command line: BudgetService → budget,
 * SubmitBudget → submit, UpdateLine → edit-line. */
#pragma once

#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>

#include "common/arena.h"

struct method {
    const ProtobufCServiceDescriptor *service;
    const ProtobufCMethodDescriptor *rpc;
};

int services_count(void);
const ProtobufCServiceDescriptor *service_at(int i);

/* "budget", from the service's name. */
const char *noun_of(struct arena *a, const ProtobufCServiceDescriptor *s);
/* "submit", "edit-line". */
const char *verb_of(struct arena *a, struct method m);
/* A file that is too long for one request: its rows are appended between Open and Commit. Known by the names:
 * a service NounImport with methods that begin so, all of which are one command, "purser noun import". */
struct long_import {
    struct method open, append, commit;
};
bool long_import_of(const ProtobufCServiceDescriptor *s, struct long_import *ret);
/* "purser budget submit"; "" when there is no such method. */
const char *command_of(struct arena *a, struct method m);

/* "/purser.v1.BudgetService/SubmitBudget", or "BudgetService/SubmitBudget", or "SubmitBudget". */
struct method method_find(const char *path);
const char *method_path(struct arena *a, struct method m);

/* Get, List, Check and Search read, and sessions are not journalled; everything else writes. */
bool method_reads(struct method m);
/* The method that fetches what field 1 of this request names, for etag and the like; .rpc NULL when there is
 * none. */
struct method method_that_gets(struct method m);
/* The method of the same noun that lists such things; .rpc NULL when there is none. */
struct method method_that_lists(struct method m);

const ProtobufCFieldDescriptor *
first_field(const ProtobufCMessageDescriptor *d); /* NULL: the message is empty */
