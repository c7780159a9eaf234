/* A file too long for one request: opened, appended part by part, and committed at once. */
#pragma once

#include "client/import_file.h"

/* `f`: what was typed for Open. Exit code. */
int import_long(struct import_file *file, const struct long_import *all, struct filled *f);
