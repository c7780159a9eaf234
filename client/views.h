/* Which columns of a list are shown, and how each is headed. The default does for every message; a view is
 * optional. */
#pragma once

#include <protobuf-c/protobuf-c.h>

#include "client/client.h"

/* Names of the fields to show as columns, in order, ending in NULL; NULL when the default will do. */
const char *const *view_of(const ProtobufCMessageDescriptor *d, enum output output);
/* Is this field a column by default? */
bool view_shows(const ProtobufCMessageDescriptor *d, const ProtobufCFieldDescriptor *f, enum output output);
/* "预算金额（万元）": the label and, for money, the unit it is shown in. */
const char *view_heading(const struct client *c, const ProtobufCMessageDescriptor *d,
                         const ProtobufCFieldDescriptor *f);
