/* A bar chart in the terminal: the first money column over the first text column. */
#pragma once

#include <protobuf-c/protobuf-c.h>

#include "client/client.h"

/* Nothing when the rows have no money or no text. */
void chart_print(const struct client *c, const ProtobufCMessage *m, const ProtobufCFieldDescriptor *rows,
                 FILE *out);
