/* Servers and who one is there: a folder each, with context.json, the key and state.db. */
#include "client/contexts.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <jansson.h>

#include "client/grid.h"
#include "client/pin.h"
#include "client/store.h"
#include "common/text.h"

#define CLOCK_SLACK_US INT64_C(5000000)

static const char *home(const struct client *c)
{
    const char *own = getenv("PURSER_HOME"), *config = getenv("XDG_CONFIG_HOME"), *user = getenv("HOME");
    if (own && *own)
        return own;
    if (config && *config)
        return arena_printf(c->arena, "%s/purser", config);
    return arena_printf(c->arena, "%s/.config/purser", user ? user : ".");
}

static const char *dir_of(const struct client *c, const char *name)
{
    return arena_printf(c->arena, "%s/contexts/%s", home(c), name);
}

static const char *current_file(const struct client *c)
{
    return arena_printf(c->arena, "%s/current", home(c));
}

bool context_name_is_fit(const char *name)
{
    size_t len = strlen(name);
    return len > 0 && len <= 120 && !strchr(name, '/') && name[0] != '.' && !text_fault(name, len, 60);
}

static bool make_dirs(const char *path)
{
    char part[4096];
    size_t len = strlen(path);
    if (len >= sizeof(part)) {
        errno = ENAMETOOLONG;
        return false;
    }
    memcpy(part, path, len + 1);
    for (size_t i = 1; i <= len; i++) {
        if (part[i] != '/' && part[i])
            continue;
        char kept = part[i];
        part[i] = '\0';
        if (mkdir(part, 0700) != 0 && errno != EEXIST)
            return false;
        part[i] = kept;
    }
    return true;
}

const char *context_file(const struct client *c, const struct context *ctx, const char *name)
{
    return arena_printf(c->arena, "%s/%s", ctx->dir, name);
}

static const char *text_of(const struct client *c, const json_t *j, const char *key)
{
    const char *s = json_string_value(json_object_get(j, key));
    return arena_text(c->arena, s ? s : "");
}

struct context *context_read(const struct client *c, const char *name)
{
    struct context *ctx = arena_alloc(c->arena, sizeof(*ctx));
    struct bytes data;
    if (!ctx || !file_read(c->arena, arena_printf(c->arena, "%s/context.json", dir_of(c, name)), &data))
        return NULL;

    json_t *j = json_loadb((const char *)data.data, data.len, 0, NULL), *server;
    size_t i;
    if (!json_is_object(j)) {
        json_decref(j);
        errno = 0;
        return NULL;
    }
    ctx->name = arena_text(c->arena, name);
    ctx->dir = dir_of(c, name);
    json_array_foreach(json_object_get(j, "server"), i,
                       server) if (json_is_string(server) && ctx->servers_count < SERVERS_MAX)
        ctx->servers[ctx->servers_count++] = arena_text(c->arena, json_string_value(server));
    ctx->tls_name = text_of(c, j, "tls_name");
    ctx->ca = text_of(c, j, "ca");
    ctx->audience = text_of(c, j, "audience");
    ctx->vkey = text_of(c, j, "vkey");
    ctx->person = text_of(c, j, "person");
    ctx->public_key = text_of(c, j, "public_key");
    ctx->invite_code = text_of(c, j, "invite_code");
    ctx->clock_offset_us = json_integer_value(json_object_get(j, "clock_offset_us"));
    json_decref(j);
    return ctx;
}

bool context_write(const struct client *c, const struct context *ctx)
{
    json_t *servers = json_array();
    for (int i = 0; i < ctx->servers_count; i++)
        json_array_append_new(servers, json_string(ctx->servers[i]));
    json_t *j = json_pack("{s:o, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:I}", "server", servers, "tls_name",
                          ctx->tls_name, "ca", ctx->ca, "audience", ctx->audience, "vkey", ctx->vkey,
                          "person", ctx->person, "public_key", ctx->public_key, "invite_code",
                          ctx->invite_code ? ctx->invite_code : "", "clock_offset_us",
                          (json_int_t)ctx->clock_offset_us);
    char *text = j ? json_dumps(j, JSON_INDENT(2)) : NULL;
    bool ok = text && file_replace(c->arena, context_file(c, ctx, "context.json"), text);
    free(text);
    json_decref(j);
    return ok;
}

bool context_make(const struct client *c, struct context *ctx)
{
    ctx->dir = dir_of(c, ctx->name);
    return make_dirs(ctx->dir);
}

bool context_use(const struct client *c, const char *name)
{
    return file_replace(c->arena, current_file(c), arena_printf(c->arena, "%s\n", name));
}

static const char *current_name(const struct client *c)
{
    struct bytes data;
    if (!file_read(c->arena, current_file(c), &data))
        return "";
    return arena_textn(c->arena, (const char *)data.data, strcspn((const char *)data.data, "\r\n"));
}

static int no_context(const struct client *c, enum exit_code code, const char *name)
{
    const char *file = arena_printf(c->arena, "%s/context.json", dir_of(c, name));
    if (context_name_is_fit(name) && access(file, F_OK) == 0)
        return fail(c, EXIT_FILE, T(c, "%s 读不了，或已损坏", "%s cannot be read or is damaged"), file);
    fail(c, code, T(c, "没有身份“%s”", "there is no context “%s”"), name);
    advise(c, "purser context list");
    return code;
}

int context_open(struct client *c)
{
    const char *name = c->opt.context ? c->opt.context : current_name(c);
    if (*name && context_name_is_fit(name))
        c->ctx = context_read(c, name);
    if (*name && !c->ctx) {
        return no_context(c, c->opt.context ? EXIT_USAGE : EXIT_FILE, name);
    }
    if (!c->opt.server)
        return EXIT_DONE;
    if (!c->ctx) {
        c->ctx = arena_alloc(c->arena, sizeof(*c->ctx));
        if (!c->ctx)
            return EXIT_OTHER;
        *c->ctx = (struct context){
            .name = "", .tls_name = "", .ca = "", .audience = "", .vkey = "", .person = "", .public_key = ""};
    }
    c->ctx->servers[0] = c->opt.server;
    c->ctx->servers_count = 1;
    return EXIT_DONE;
}

void context_learn_clock(struct client *c, int64_t server_time_us)
{
    struct context *ctx = c->ctx;
    int64_t off = server_time_us - clock_us(), change = off - ctx->clock_offset_us;
    if (server_time_us == 0 || (change < CLOCK_SLACK_US && change > -CLOCK_SLACK_US))
        return;
    ctx->clock_offset_us = off > -CLOCK_SLACK_US && off < CLOCK_SLACK_US ? 0 : off;
    if (ctx->dir && !c->opt.server)
        (void)!context_write(c, ctx);
}

static int list_contexts(const struct client *c)
{
    const char *current = current_name(c);
    struct dirent **entries = NULL;
    int count = scandir(dir_of(c, ""), &entries, NULL, alphasort);
    struct grid g;

    grid_init(&g, c->arena);
    grid_column(&g, "name", T(c, "名称", "name"), false, false);
    grid_column(&g, "current", T(c, "当前", "current"), false, false);
    grid_column(&g, "person", T(c, "人员", "person"), false, false);
    grid_column(&g, "audience", T(c, "城市日志", "journal"), false, false);
    grid_column(&g, "server", T(c, "服务器", "server"), false, false);
    for (int i = 0; i < count; i++) {
        const char *name = entries[i]->d_name;
        struct context *ctx = name[0] == '.' ? NULL : context_read(c, name);
        const char **row = ctx ? grid_row(&g) : NULL;
        free(entries[i]);
        if (!row)
            continue;
        row[0] = ctx->name;
        row[1] = strcmp(ctx->name, current) == 0 ? "*" : "";
        row[2] = *ctx->invite_code ? T(c, "（未登记完）", "(not enrolled yet)") : ctx->person;
        row[3] = ctx->audience;
        row[4] = ctx->servers_count ? ctx->servers[0] : "";
    }
    free(entries);
    return grid_print(c, &g, stdout);
}

/* After a loss that officers have admitted by a new epoch: what was seen before is given up knowingly. */
static int repin(struct client *c)
{
    const char *note;
    int code = context_open(c);
    if (code != EXIT_DONE || !store_open(c))
        return code != EXIT_DONE ? code : EXIT_FILE;
    if (!pin_read(c, &note)) {
        remark(c, T(c, "没有已记的检查点", "no checkpoint is pinned"));
        return EXIT_DONE;
    }
    printf("%s", note);
    if (!pin_forget(c))
        return fail(c, EXIT_FILE, "%s: %s", context_file(c, c->ctx, "pin"), strerror(errno));
    remark(c, T(c, "以上检查点不再作准；下一份回执的检查点将被记为起点",
                "the checkpoint above is given up; the one of the next receipt is taken as the beginning"));
    return EXIT_DONE;
}

int command_context(struct client *c, int argc, char **argv)
{
    const char *verb = argc > 0 ? argv[0] : "list";
    if (strcmp(verb, "list") == 0)
        return list_contexts(c);
    if (strcmp(verb, "use") == 0 && argc == 2) {
        if (!context_name_is_fit(argv[1]) || !context_read(c, argv[1]))
            return no_context(c, EXIT_NOT_FOUND, argv[1]);
        if (!context_use(c, argv[1]))
            return fail(c, EXIT_FILE, "%s: %s", current_file(c), strerror(errno));
        return EXIT_DONE;
    }
    if (strcmp(verb, "repin") == 0)
        return repin(c);
    return fail(c, EXIT_USAGE,
                T(c, "用法：purser context list | use NAME | repin",
                  "usage: purser context list | use NAME | repin"));
}
