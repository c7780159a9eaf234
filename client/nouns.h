/* Nouns and verbs of the command line, found in the descriptors of the services: BudgetService → budget,
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

/* "budget"; from the service's name. And its label ("预算"). */
const char *noun_of(struct arena *a, const ProtobufCServiceDescriptor *s);
const char *noun_label(const ProtobufCServiceDescriptor *s, bool zh);
/* By noun, label or service name; NULL when there is none. */
const ProtobufCServiceDescriptor *noun_find(struct arena *a, const char *name);

/* "submit", "edit-line"; and its label ("上报预算"). */
const char *verb_of(struct arena *a, struct method m);
const char *verb_label(struct method m, bool zh);
/* By verb, full method name (any case, with dashes) or Chinese label; .rpc NULL when there is none. */
struct method verb_find(struct arena *a, const ProtobufCServiceDescriptor *s, const char *name);

/* "/purser.v1.BudgetService/SubmitBudget", or "BudgetService/SubmitBudget", or "SubmitBudget". */
struct method method_find(const char *path);
const char *method_path(struct arena *a, struct method m);

/* Get, List, Check and Search read, and sessions are not journalled; everything else writes. */
bool method_reads(struct method m);
/* The method that fetches what field 1 of this request names, for etag and the like; .rpc NULL when there is
 * none. */
struct method method_that_gets(struct method m);

const ProtobufCFieldDescriptor *
first_field(const ProtobufCMessageDescriptor *d); /* NULL: the message is empty */
/* The one repeated message field of a reply or request named so (any when name is NULL); NULL when none or,
 * for any, several. */
const ProtobufCFieldDescriptor *rows_field(const ProtobufCMessageDescriptor *d, const char *name);
