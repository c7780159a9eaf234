/* purser NOUN import FILE: rows of a CSV file into requests of at most 500 rows. */
#pragma once

#include "client/args.h"
#include "client/client.h"

int import_file(struct client *c, struct method m, struct filled *f);
