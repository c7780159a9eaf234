/* A broken promise of ours ends the program at once: going on would write nonsense into the books. */
#include "common/check.h"

#include <stdio.h>
#include <stdlib.h>

_Noreturn void check_failed(const char *kind, const char *what, const char *file, int line)
{
    fprintf(stderr, "%s:%d: %s does not hold: %s\n", file, line, kind, what);
    fflush(stderr);
    abort();
}
