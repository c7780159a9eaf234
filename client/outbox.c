/* purser outbox list | flush | drop: writes that were signed and have no final answer yet. */
#include "client/outbox.h"

#include <inttypes.h>
#include <string.h>

#include "client/contexts.h"
#include "client/grid.h"
#include "client/refused.h"
#include "client/trip.h"
#include "client/values.h"

static const char *label_of(struct client *c, const struct sent *s)
{
    struct method m = method_find(s->method);
    return m.rpc ? verb_label(m, c->opt.zh) : s->method;
}

static const char *state_text(struct client *c, enum sent_state s)
{
    switch (s) {
    case SENT_PENDING:
        return T(c, "待发", "waiting");
    case SENT_REFUSED:
        return T(c, "被拒", "refused");
    case SENT_BLOCKED:
        return T(c, "受阻", "blocked");
    default:
        return T(c, "已办", "done");
    }
}

static int list(struct client *c)
{
    struct sent *all;
    struct grid g;
    int n = store_list(c, c->opt.all_pages ? STORE_UNDONE : STORE_PENDING, &all);

    grid_init(&g, c->arena);
    grid_column(&g, "request_id", T(c, "请求号", "request id"), false, false);
    grid_column(&g, "state", T(c, "状态", "state"), false, false);
    grid_column(&g, "made", T(c, "时间", "time"), false, false);
    grid_column(&g, "method", T(c, "事项", "what"), false, false);
    grid_column(&g, "object", T(c, "对象", "object"), false, true);
    grid_column(&g, "tries", T(c, "已试", "tries"), true, false);
    grid_column(&g, "last_error", T(c, "原因", "why"), false, true);
    for (int i = 0; i < n; i++) {
        const char **row = grid_row(&g);
        if (!row)
            break;
        row[0] = uuid_text(c->arena, all[i].request_id);
        row[1] = state_text(c, all[i].state);
        row[2] = time_show(c->arena, all[i].made_us);
        row[3] = label_of(c, &all[i]);
        row[4] = all[i].object;
        row[5] = arena_printf(c->arena, "%" PRId64, all[i].tries);
        row[6] = all[i].last_error;
    }
    if (n == 0 && c->opt.output == OUTPUT_TABLE) {
        remark(c, T(c, "待发箱是空的", "the outbox is empty"));
        return EXIT_DONE;
    }
    return grid_print(c, &g, stdout);
}

/* The first of the writes it refers to that was refused, blocked or dropped. */
static const char *broken_need(struct client *c, const struct sent *s)
{
    const char *at = s->needs;
    while (*at) {
        char text[40];
        uint8_t id[16];
        struct sent other;
        size_t len = strcspn(at, " ");
        if (len < sizeof(text)) {
            memcpy(text, at, len);
            text[len] = '\0';
            bool known = uuid_parse(text, id) && store_by_id(c, id, &other);
            if (known && (other.state == SENT_REFUSED || other.state == SENT_BLOCKED))
                return uuid_text(c->arena, id);
        }
        at += len + (at[len] == ' ');
    }
    return NULL;
}

bool outbox_is_blocked(struct client *c, const struct sent *s)
{
    const char *broken = broken_need(c, s);
    if (!broken)
        return false;
    store_answer(c, s, SENT_BLOCKED, (struct bytes){0}, -1);
    store_failed(c, s, arena_printf(c->arena, "needs %s", broken));
    fail(c, EXIT_SOME_ROWS,
         T(c, "%s %s 受阻：它所依赖的 %s 被拒", "%s %s is blocked: %s, which it needs, was refused"),
         label_of(c, s), uuid_text(c->arena, s->request_id), broken);
    return true;
}

static int flush_one(struct client *c, struct sent *s)
{
    struct method m = method_find(s->method);
    struct answer a;
    if (outbox_is_blocked(c, s))
        return EXIT_SOME_ROWS;
    int code = trip_finish(c, s);
    if (code == EXIT_QUEUED)
        return fail(c, EXIT_QUEUED,
                    T(c, "连不上服务器，%s 仍在待发箱", "the server is not reached, %s stays in the outbox"),
                    uuid_text(c->arena, s->request_id));
    if (code == EXIT_DONE)
        code = trip_send(c, s, &a);
    if (code != EXIT_DONE)
        return code;
    if (a.reached && a.status == STATUS_OK) {
        remark(c,
               T(c, "已办：%s %s（回执 %" PRId64 "，已核验）", "done: %s %s (receipt %" PRId64 ", verified)"),
               label_of(c, s), uuid_text(c->arena, s->request_id), s->entry);
        return EXIT_DONE;
    }
    code = refused_tell(c, m, &a, true, NULL);
    return code == EXIT_QUEUED ? code : EXIT_SOME_ROWS;
}

int outbox_flush(struct client *c, int64_t seq)
{
    struct sent *all;
    int n = store_list(c, STORE_PENDING, &all), worst = EXIT_DONE;
    for (int i = 0; i < n && (seq == 0 || all[i].seq < seq); i++) {
        int code = flush_one(c, &all[i]);
        if (code == EXIT_QUEUED || code == EXIT_FORGED)
            return code;
        worst = code ? code : worst;
    }
    return worst;
}

static int flush(struct client *c)
{
    struct sent *all;
    if (store_list(c, STORE_PENDING, &all) == 0)
        remark(c, T(c, "待发箱是空的", "the outbox is empty"));
    return outbox_flush(c, 0);
}

static int drop(struct client *c, int argc, char **argv)
{
    uint8_t id[16];
    int code = EXIT_DONE;
    if (argc == 0)
        return fail(c, EXIT_USAGE,
                    T(c, "用法：purser outbox drop REQUEST_ID…", "usage: purser outbox drop REQUEST_ID…"));
    for (int i = 0; i < argc; i++)
        if (!uuid_parse(argv[i], id) || !store_drop(c, id))
            code = fail(c, EXIT_NOT_FOUND, T(c, "待发箱里没有 %s", "%s is not in the outbox"), argv[i]);
    return code;
}

int command_outbox(struct client *c, int argc, char **argv)
{
    const char *verb = argc > 0 ? argv[0] : "list";
    if (!store_open(c))
        return c->ctx && c->ctx->dir ? EXIT_FILE : EXIT_NOT_ALLOWED;
    if (strcmp(verb, "list") == 0)
        return list(c);
    if (strcmp(verb, "flush") == 0)
        return flush(c);
    if (strcmp(verb, "drop") == 0)
        return drop(c, argc - 1, argv + 1);
    return fail(c, EXIT_USAGE,
                T(c, "用法：purser outbox list [--all] | flush | drop REQUEST_ID…",
                  "usage: purser outbox list [--all] | flush | drop REQUEST_ID…"));
}
