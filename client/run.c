/* Finds the command that was typed and runs it. */
#include "client/run.h"

#include <string.h>

#include "client/batch.h"
#include "client/contexts.h"
#include "client/enroll.h"
#include "client/help.h"
#include "client/key_cmd.h"
#include "client/nearest.h"
#include "client/nouns.h"
#include "client/outbox.h"
#include "client/perform.h"
#include "client/receipts.h"
#include "client/rpc.h"
#include "common/check.h"

typedef int command_fn(struct client *c, int argc, char **argv);

static int command_version(struct client *c, int argc, char **argv)
{
    (void)c;
    (void)argc;
    (void)argv;
    puts("purser " PURSER_VERSION);
    return EXIT_DONE;
}

static int command_help(struct client *c, int argc, char **argv)
{
    (void)argc;
    (void)argv;
    return help_all(c, stdout);
}

static int ping(struct client *c, int argc, char **argv)
{
    (void)argc;
    (void)argv;
    return command_ping(c);
}

static const struct command {
    const char *name;
    command_fn *run;
    bool needs_context; /* enroll makes its own, a batch each line's; help needs none */
} commands[] = {
    {"help", command_help, false},       {"version", command_version, false},
    {"explain", command_explain, false}, {"enroll", command_enroll, false},
    {"context", command_context, false}, {"invite", command_invite, true},
    {"key", command_key, true},          {"outbox", command_outbox, true},
    {"receipt", command_receipt, true},  {"ping", ping, true},
    {"rpc", command_rpc, true},          {"batch", command_batch, false},
};

static int tell_unknown(const struct client *c, const char *typed)
{
    struct nearest n = {.typed = typed};
    for (size_t i = 0; i < COUNT_OF(commands); i++)
        nearest_offer(&n, commands[i].name);
    for (int i = 0; i < services_count(); i++)
        nearest_offer(&n, noun_of(c->arena, service_at(i)));
    fail(c, EXIT_USAGE, T(c, "没有名词或命令“%s”", "there is no noun or command “%s”"), typed);
    advise(c, n.best ? "purser %s help" : "purser help", n.best);
    return EXIT_USAGE;
}

int command_run(struct client *c, int argc, char **argv)
{
    if (argc < 2)
        return c->opt.help ? help_all(c, stdout) : (help_all(c, stderr), EXIT_USAGE);
    for (size_t i = 0; i < COUNT_OF(commands); i++) {
        if (strcmp(commands[i].name, argv[1]) != 0)
            continue;
        bool is_help = c->opt.help || (argc == 3 && strcmp(argv[2], "help") == 0);
        if (is_help && help_own(c, argv[1]))
            return EXIT_DONE;
        int code = commands[i].needs_context ? context_open(c) : EXIT_DONE;
        return code == EXIT_DONE ? commands[i].run(c, argc - 2, argv + 2) : code;
    }
    const ProtobufCServiceDescriptor *noun = noun_find(c->arena, argv[1]);
    if (!noun)
        return tell_unknown(c, argv[1]);
    bool is_help = argc == 2 || strcmp(argv[2], "help") == 0 || c->opt.help;
    int code = is_help ? EXIT_DONE : context_open(c);
    return code == EXIT_DONE ? command_noun(c, noun, argc - 2, argv + 2) : code;
}
