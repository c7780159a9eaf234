/* purser: the thin client of the departments. Begins and ends the process. */
#include <signal.h>
#include <unistd.h>

#include "client/client.h"
#include "client/options.h"
#include "client/run.h"
#include "common/sign.h"

static void on_interrupt(int signal_number)
{
    (void)signal_number;
    _exit(EXIT_INTERRUPTED); /* what was signed is in the outbox */
}

int main(int argc, char **argv)
{
    struct client c = {.arena = arena_new(COMMAND_MAX_BYTES)};
    if (!c.arena)
        return EXIT_OTHER;
    c.kept = c.arena;
    signal(SIGINT, on_interrupt);
    signal(SIGPIPE, SIG_IGN);
    sign_init();
    options_init(&c);

    int code = options_take(&c, &argc, argv) ? command_run(&c, argc, argv) : EXIT_USAGE;
    (void)!output_flush(&c, &code);
    fflush(stderr);
    _exit(code); /* threads of nng may hang, and closing: nothing waits for them */
}
