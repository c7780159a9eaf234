/* A write to its end: found or signed, kept, sent, its receipt verified. */
#include "client/write.h"

#include <inttypes.h>

#include "client/outbox.h"

/* What came before and touches the same thing must go first. */
static int flush_before(struct client *c, const struct sent *s)
{
    struct sent other;
    bool waits = *s->needs || (*s->object && store_pending_about(c, s->object, s->seq, &other));
    return waits ? outbox_flush(c, s->seq) : EXIT_DONE;
}

int keep_offline(const struct client *c, const struct sent *s)
{
    const char *id = uuid_text(c->arena, s->request_id);
    remark(c,
           T(c, "已存入待发箱：%s（之后的命令可用 @%s 指它）",
             "kept in the outbox: %s (later commands may refer to it as @%s)"),
           id, id);
    printf("@%s\n", id);
    return EXIT_QUEUED;
}

void receipt_remark(const struct client *c, const struct answer *a)
{
    fflush(stdout); /* what was done first, then its receipt */
    if (a->reply->replayed)
        remark(c, T(c, "这是已办过的请求，所答与当时相同",
                    "this had been done before; the answer is the one given then"));
    remark(c, T(c, "回执：日志第 %" PRIu64 " 条，已核验", "receipt: journal entry %" PRIu64 ", verified"),
           a->reply->receipt->index);
}

/* Found, or signed and kept. */
static int make_or_find(struct client *c, struct write *w)
{
    int code = EXIT_OTHER, found = trip_find(c, w);
    if (found < 0)
        return EXIT_CONFLICT;
    if (found > 0 && !w->request_id)
        remark(c,
               T(c, "同样的请求 %s 尚无结果，现在补发它",
                 "the same request %s has no answer yet: sending that one"),
               uuid_text(c->arena, w->sent.request_id));
    return found > 0 || trip_sign(c, w, &code) ? EXIT_DONE : code;
}

int write_through(struct client *c, struct write *w, const struct source *source, struct answer *ret)
{
    int code = store_open(c) ? make_or_find(c, w) : EXIT_FILE;
    if (code != EXIT_DONE)
        return code;
    if (c->opt.offline)
        return keep_offline(c, &w->sent);

    code = flush_before(c, &w->sent);
    if (code == EXIT_FORGED)
        return code;
    code = outbox_is_blocked(c, &w->sent) ? EXIT_SOME_ROWS : trip_finish(c, &w->sent);
    if (code == EXIT_QUEUED) {
        *ret = (struct answer){.why = c->last_error ? c->last_error : "",
                               .request_id = uuid_text(c->arena, w->sent.request_id)};
        return refused_tell(c, w->method, ret, true, source);
    }
    if (code == EXIT_DONE)
        code = trip_send(c, &w->sent, ret);
    if (code != EXIT_DONE)
        return code;
    if (!ret->reached || ret->status != STATUS_OK)
        return refused_tell(c, w->method, ret, true, source);
    return EXIT_DONE;
}
