/* purser receipt list | verify | export: what was answered, without the network. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "client/contexts.h"
#include "client/grid.h"
#include "client/nouns.h"
#include "client/receipts.h"
#include "client/values.h"
#include "common/wire.h"

static const Purser__V1__Reply *reply_of(struct client *c, const struct sent *s)
{
    const Purser__V1__Reply *r = (const Purser__V1__Reply *)
        protobuf_c_message_unpack(&purser__v1__reply__descriptor, arena_allocator(c->arena), s->reply.len,
                                  s->reply.data);
    if (r && !r->status) {
        static Purser__V1__Status fine = PURSER__V1__STATUS__INIT;
        ((Purser__V1__Reply *)(uintptr_t)r)->status = &fine;
    }
    return r;
}

static bool holds(struct client *c, const struct sent *s, const char **ret_why)
{
    const Purser__V1__Reply *r = reply_of(c, s);
    struct checkpoint cp;
    *ret_why = "the stored reply cannot be read";
    return r && receipt_holds(c, s, r, &cp, ret_why);
}

static const char *label_of(struct client *c, const struct sent *s)
{
    struct method m = method_find(s->method);
    return m.rpc ? verb_label(m, c->opt.zh) : s->method;
}

/* By journal index ("12") or request id; all when nothing is named. */
static int pick(struct client *c, int argc, char **argv, struct sent **ret)
{
    uint8_t id[16];
    char *end;
    if (argc == 0)
        return store_list(c, STORE_RECEIPTS, ret);
    *ret = arena_array(c->arena, (size_t)argc, sizeof(**ret));
    int n = 0;
    for (int i = 0; *ret && i < argc; i++) {
        long long entry = strtoll(argv[i], &end, 10);
        bool found = (uuid_parse(argv[i], id) && store_by_id(c, id, *ret + n)) ||
                     (!*end && store_by_entry(c, entry, *ret + n));
        if (!found || (*ret)[n].state != SENT_DONE) {
            fail(c, EXIT_NOT_FOUND, T(c, "没有回执 %s", "there is no receipt %s"), argv[i]);
            return -1;
        }
        n++;
    }
    return n;
}

static int list(struct client *c)
{
    struct sent *all;
    struct grid g;
    int n = store_list(c, STORE_RECEIPTS, &all);

    grid_init(&g, c->arena);
    grid_column(&g, "index", T(c, "序号", "index"), true, false);
    grid_column(&g, "made", T(c, "时间", "time"), false, false);
    grid_column(&g, "method", T(c, "事项", "what"), false, false);
    grid_column(&g, "object", T(c, "对象", "object"), false, true);
    grid_column(&g, "request_id", T(c, "请求号", "request id"), false, false);
    for (int i = 0; i < n; i++) {
        const char **row = grid_row(&g);
        if (!row)
            break;
        row[0] = arena_printf(c->arena, "%" PRId64, all[i].entry);
        row[1] = time_show(c->arena, all[i].made_us);
        row[2] = label_of(c, &all[i]);
        row[3] = all[i].object;
        row[4] = uuid_text(c->arena, all[i].request_id);
    }
    if (n == 0 && c->opt.output == OUTPUT_TABLE)
        remark(c, T(c, "还没有回执", "there are no receipts yet"));
    return grid_print(c, &g, stdout);
}

static int verify(struct client *c, int argc, char **argv)
{
    struct sent *all;
    int n = pick(c, argc, argv, &all), bad = 0;
    if (n < 0)
        return EXIT_NOT_FOUND;
    for (int i = 0; i < n; i++) {
        const char *why;
        if (holds(c, &all[i], &why)) {
            printf("%" PRId64 "  %s  %s\n", all[i].entry, T(c, "属实", "holds"), label_of(c, &all[i]));
            continue;
        }
        bad++;
        fail(c, EXIT_FORGED, T(c, "回执 %" PRId64 " 核验失败：%s", "receipt %" PRId64 " does not hold: %s"),
             all[i].entry, why);
    }
    printf(T(c, "%d 份回执属实，%d 份不符\n", "%d receipts hold, %d do not\n"), n - bad, bad);
    return bad ? EXIT_FORGED : EXIT_DONE;
}

/* The C2SP tlog-proof form; `extra` carries the entry, whose leaf hash is proved. */
static int export(struct client *c, int argc, char **argv)
{
    struct sent *one;
    const char *why;
    if (argc != 1)
        return fail(c, EXIT_USAGE,
                    T(c, "用法：purser receipt export INDEX|REQUEST_ID",
                      "usage: purser receipt export INDEX|REQUEST_ID"));
    if (pick(c, argc, argv, &one) != 1)
        return EXIT_NOT_FOUND;
    if (!holds(c, one, &why))
        return fail(c, EXIT_FORGED,
                    T(c, "回执 %" PRId64 " 核验失败：%s", "receipt %" PRId64 " does not hold: %s"),
                    one->entry, why);

    const Purser__V1__Receipt *r = reply_of(c, one)->receipt;
    struct bytes entry = receipt_entry(c, one, reply_of(c, one));
    printf("c2sp.org/tlog-proof@v1\nextra %s\nindex %" PRIu64 "\n",
           base64_text(c->arena, entry.data, entry.len), r->index);
    for (size_t i = 0; i < r->n_proof; i++)
        printf("%s\n", base64_text(c->arena, r->proof[i].data, r->proof[i].len));
    printf("\n%s", r->checkpoint);
    return EXIT_DONE;
}

int command_receipt(struct client *c, int argc, char **argv)
{
    const char *verb = argc > 0 ? argv[0] : "list";
    if (!store_open(c))
        return c->ctx && c->ctx->dir ? EXIT_FILE : EXIT_NOT_ALLOWED;
    if (strcmp(verb, "list") == 0)
        return list(c);
    if (strcmp(verb, "verify") == 0)
        return verify(c, argc - 1, argv + 1);
    if (strcmp(verb, "export") == 0)
        return export(c, argc - 1, argv + 1);
    return fail(c, EXIT_USAGE,
                T(c, "用法：purser receipt list | verify [INDEX…] | export INDEX",
                  "usage: purser receipt list | verify [INDEX…] | export INDEX"));
}
