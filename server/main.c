/* purserd: the bureau's server, and what its operators do with it. */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/check.h"
#include "common/lifecycle.h"
#include "common/log.h"
#include "server/base/migrate.h"
#include "server/front/registry.h"
#include "server/operate.h"
#include "server/reads.h"

enum { EXIT_USAGE = 2, EXIT_INTEGRITY = 9 };

struct command {
    const char *name, *args, *text;
    enum status (*run)(struct options *o, int argc, char **argv, char reterr[512]);
};

static enum status run_init(struct options *o, int argc, char **argv, char reterr[512])
{
    (void)argc;
    (void)argv;
    if (city_is_founded(o)) {
        snprintf(reterr, 512, "%s already holds a city; `purserd serve --data %s` starts it", o->data,
                 o->data);
        return STATUS_ALREADY_EXISTS;
    }
    return city_found(o, reterr);
}

static enum status refuse_no_city(const struct options *o, char reterr[512])
{
    snprintf(reterr, 512, "%.150s holds no city yet; `purserd init --data %.150s` founds it", o->data,
             o->data);
    return STATUS_FAILED_PRECONDITION;
}

static enum status run_serve(struct options *o, int argc, char **argv, char reterr[512])
{
    (void)argc;
    (void)argv;
    if (!city_is_founded(o))
        return refuse_no_city(o, reterr);
    if (*settings_text(o->settings, "clock")) {
        snprintf(reterr, 512,
                 "clock: a city that is served has the machine's time; only demo and dev set another");
        return STATUS_INVALID_ARGUMENT;
    }
    return city_serve(o, PURSER_VERSION, reterr);
}

static enum status run_dev(struct options *o, int argc, char **argv, char reterr[512])
{
    (void)argc;
    (void)argv;
    if (!city_is_founded(o)) {
        enum status s = city_found(o, reterr);
        if (s != STATUS_OK)
            return s;
        fflush(stdout);
    }
    return city_serve(o, PURSER_VERSION, reterr);
}

static enum status run_verify(struct options *o, int argc, char **argv, char reterr[512])
{
    (void)argv;
    if (!city_is_founded(o))
        return refuse_no_city(o, reterr);
    return city_verify(o, argc > 1, reterr);
}

static enum status run_migrate(struct options *o, int argc, char **argv, char reterr[512])
{
    const char *what = argc > 1 ? argv[1] : "status";
    struct database d;
    struct db *db = NULL;
    struct db_error err = {0};
    int have = 0, newest = 0, done = 0;
    if (!city_is_founded(o))
        return refuse_no_city(o, reterr);
    enum status s = database_open(o, false, &d, reterr);
    if (s != STATUS_OK)
        return s;
    s = db_open(d.conninfo, NULL, 10000, &db, &err);
    if (s == STATUS_OK && strcmp(what, "up") == 0)
        s = migrate_up(db, &done, &err);
    if (s == STATUS_OK)
        s = migrate_status(db, &have, &newest, &err);
    db_close(db);
    database_close(o, &d);
    printf("schema %d of %d, %d migrations run now\n", have, newest, done);
    if (s != STATUS_OK)
        snprintf(reterr, 512, "%s", err.text);
    return s;
}

static enum status run_lifecycles(struct options *o, int argc, char **argv, char reterr[512])
{
    bool as_dot = argc > 1 && strcmp(argv[1], "dot") == 0;
    (void)reterr;
    for (int i = 0; i < registry_nouns_count; i++)
        for (int k = 0; k < registry_nouns[i]->lives_count; k++) {
            const struct lifecycle *life = registry_nouns[i]->lives[k];
            printf("%s\n", as_dot ? lifecycle_dot(o->arena, life) : lifecycle_print(o->arena, life));
        }
    return STATUS_OK;
}

static enum status run_matrix(struct options *o, int argc, char **argv, char reterr[512])
{
    (void)argc;
    (void)argv;
    enum status s = registry_init(reterr);
    int count;
    const struct rpc *const *rows = registry_rows(&count);
    for (int i = 0; s == STATUS_OK && i < count; i++) {
        const struct rpc *r = rows[i];
        const char *who = r->flags & RPC_PUBLIC   ? "(everybody)"
                          : r->flags & RPC_ENROLL ? "(whoever holds an invite)"
                          : r->flags & RPC_SYSTEM ? "SYSTEM"
                                                  : roles_codes(o->arena, r->roles);
        printf("%-6s %-52s %-10s %s\n", r->kind == RPC_WRITE ? "write" : "read", r->path,
               r->key ? r->key : "", who);
    }
    return s;
}

static enum status run_reads(struct options *o, int argc, char **argv, char reterr[512])
{
    (void)argc;
    (void)argv;
    return reads_print(o->arena, reterr);
}

static enum status run_config(struct options *o, int argc, char **argv, char reterr[512])
{
    (void)reterr;
    if (argc > 1 && strcmp(argv[1], "check") == 0)
        printf("settings are good\n");
    else
        settings_show(o->settings, stdout);
    return STATUS_OK;
}

static enum status run_health(struct options *o, int argc, char **argv, char reterr[512])
{
    struct database d;
    struct db *db = NULL;
    struct db_error err = {0};
    int have, newest;
    (void)argc;
    (void)argv;
    if (!city_is_founded(o))
        return refuse_no_city(o, reterr);
    enum status s = database_open(o, false, &d, reterr);
    if (s != STATUS_OK)
        return s;
    s = db_open(d.conninfo, NULL, 5000, &db, &err);
    if (s == STATUS_OK)
        s = migrate_check_server(db, &err);
    if (s == STATUS_OK)
        s = migrate_status(db, &have, &newest, &err);
    db_close(db);
    database_close(o, &d);
    if (s == STATUS_OK)
        printf("database is good\n");
    else
        snprintf(reterr, 512, "database: %.480s", err.text);
    return s;
}

static enum status run_version(struct options *o, int argc, char **argv, char reterr[512])
{
    (void)o;
    (void)argc;
    (void)argv;
    (void)reterr;
    printf("purserd %s\n", PURSER_VERSION);
    return STATUS_OK;
}

static const struct command commands[] = {
    {"init", "", "found a city: keys, certificates, schema; prints the operator's and the leader's invite",
     run_init},
    {"serve", "", "serve departments until SIGTERM", run_serve},
    {"dev", "", "init if needed, then serve, all in one folder (--data DIR)", run_dev},
    {"verify", "[--serial]",
     "replay the journal, in waves or one by one, and compare every row; exit 9 when something differs",
     run_verify},
    {"migrate", "status|up", "the schema of the database", run_migrate},
    {"lifecycles", "[dot]", "the lifecycles that the code executes", run_lifecycles},
    {"matrix", "", "every method and who may call it", run_matrix},
    {"reads", "", "every declared statement of a read as PostgreSQL gets it, JSON by line", run_reads},
    {"config", "show|check", "every setting, its value and where it came from", run_config},
    {"health", "", "is the database good", run_health},
    {"version", "", "the version", run_version},
};

static int usage(FILE *out)
{
    fprintf(out, "purserd – the server of 政府购买服务管理系统\n\nusage: purserd COMMAND [--config FILE] "
                 "[--setting value …]\n\n");
    for (size_t i = 0; i < COUNT_OF(commands); i++)
        fprintf(out, "  %-10s %-12s %s\n", commands[i].name, commands[i].args, commands[i].text);
    fprintf(out, "\n`purserd config show` lists the settings; each is a flag (--log-level warn), a variable\n"
                 "(PURSER_LOG_LEVEL=warn) or a line of the YAML file (log_level: warn).\n"
                 "Exit codes: 0 done, 1 it did not work, 2 usage or settings, 9 the database is not what the "
                 "journal says.\n");
    return out == stdout ? 0 : EXIT_USAGE;
}

/* `purserd verify --help`, in place of running it. */
static bool wants_help(int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
            return true;
    return false;
}

static int tell(const struct command *c)
{
    printf("usage: purserd %s %s%s[--config FILE] [--setting value …]\n\n%s\n\n", c->name, c->args,
           *c->args ? " " : "", c->text);
    printf("The settings, with their values and where these came from: purserd config show\n");
    return 0;
}

/* Is it one of "status|up", "[dot]"? */
static bool takes_word(const struct command *c, const char *word)
{
    const char *at = c->args + strspn(c->args, "[]|");
    while (*at) {
        size_t n = strcspn(at, "[]|");
        if (n == strlen(word) && strncmp(at, word, n) == 0)
            return true;
        at += n + strspn(at + n, "[]|");
    }
    return false;
}

/* What is left when the settings have been taken: at most one word, and one that the command knows. */
static enum status check_words(const struct command *c, int argc, char **argv, char reterr[512])
{
    if (argc < 2 || (argc == 2 && takes_word(c, argv[1])))
        return STATUS_OK;
    const char *odd = takes_word(c, argv[1]) ? argv[2] : argv[1];
    if (odd[0] == '-')
        snprintf(reterr, 512, "%.300s is no setting; `purserd config show` lists them", odd);
    else
        snprintf(reterr, 512, "what is %.300s? `purserd %s --help`", odd, c->name);
    return STATUS_INVALID_ARGUMENT;
}

static int exit_code(enum status s)
{
    switch (s) {
    case STATUS_OK:
        return 0;
    case STATUS_INVALID_ARGUMENT:
        return EXIT_USAGE;
    case STATUS_DATA_LOSS:
        return EXIT_INTEGRITY;
    default:
        return 1;
    }
}

static const struct command *find_command(const char *name)
{
    for (size_t i = 0; i < COUNT_OF(commands); i++)
        if (strcmp(commands[i].name, name) == 0)
            return &commands[i];
    return NULL;
}

static enum log_level level_of(const char *text)
{
    return *text == 'd' ? LOG_DEBUG : *text == 'w' ? LOG_WARN : *text == 'e' ? LOG_ERROR : LOG_INFO;
}

/* What large calls held goes back to the machine when they end. */
static void settle_malloc(void)
{
    (void)mallopt(M_ARENA_MAX, 2);
    (void)mallopt(M_MMAP_THRESHOLD, 128 << 10);
    (void)mallopt(M_TRIM_THRESHOLD, 1 << 20);
}

int main(int argc, char **argv)
{
    if (argc < 2 || strcmp(argv[1], "help") == 0 || strcmp(argv[1], "--help") == 0)
        return usage(argc < 2 ? stderr : stdout);
    const struct command *command = find_command(argv[1]);
    if (!command) {
        fprintf(stderr, "purserd: no command %s\n", argv[1]);
        return usage(stderr);
    }
    argc--;
    argv++;
    if (wants_help(argc, argv))
        return tell(command);
    char why[512] = "";
    struct options o = {0};
    settle_malloc();
    sign_init();
    enum status s = options_load(&argc, argv, &o, why);
    if (s == STATUS_OK)
        s = check_words(command, argc, argv, why);
    if (s == STATUS_OK) {
        log_setup(level_of(settings_text(o.settings, "log_level")),
                  settings_bool(o.settings, "log_json") || !isatty(STDERR_FILENO));
        s = command->run(&o, argc, argv, why);
    }
    if (s != STATUS_OK)
        fprintf(stderr, "purserd %s: %s\n", command->name, *why ? why : status_name(s));
    if (o.arena)
        options_done(&o);
    return exit_code(s);
}
