/* Hits and notices: the department answers, the bureau confirms or asks again. */
#include "server/domain/budget/budget_door.h"

#include <stdlib.h>
#include <string.h>

#include "common/text.h"

/* ---- over what earlier screenings had ---- */

static const struct hit *hit_of(const struct hit *list, int count, const char *id)
{
    int low = 0, high = count; /* the store sorts them by id, bytewise */
    while (low < high) {
        int mid = low + (high - low) / 2, order = strcmp(list[mid].id, id);
        if (order == 0)
            return &list[mid];
        if (order < 0)
            low = mid + 1;
        else
            high = mid;
    }
    return NULL;
}

static int by_id(const void *a, const void *b)
{
    return strcmp(((const struct hit *)a)->id, ((const struct hit *)b)->id);
}

void hits_reconcile(struct call *c, const struct hit *old, int old_count, const struct hit *found,
                    int found_count)
{
    for (int i = 0; i < found_count; i++) {
        const struct hit *before = hit_of(old, old_count, found[i].id);
        if (!before)
            hit_insert(c->tx, &found[i], c->now_us);
        else if (before->state == HIT_CLEARED || strcmp(before->evidence, found[i].evidence) != 0)
            hit_refind(c->tx, &found[i], before->version, c->now_us);
    }

    struct hit *sorted = arena_array(c->arena, (size_t)found_count + 1, sizeof *sorted);
    if (!sorted)
        return; /* the arena is full: the call fails before its writes are sent */
    memcpy(sorted, found, (size_t)found_count * sizeof *sorted);
    qsort(sorted, (size_t)found_count, sizeof *sorted, by_id);
    for (int i = 0; i < old_count; i++)
        if (old[i].state == HIT_OPEN && !hit_of(sorted, found_count, old[i].id))
            hit_clear(c->tx, &old[i], c->now_us);
}

/* ---- answering ---- */

static enum status hit_opens(struct call *c, const struct hit *h, const char *id, const char *etag, int event,
                             int *ret_to)
{
    if (!h->is_found)
        return refuse_missing(c, "hit_id", id);
    if (!call_etag_is(c, etag, h->version, h->id))
        return refuse_all(c);
    struct refusal *why = call_refusal(c);
    if (!lifecycle_next(&hit_life, h->state, event, c->actor.roles, ret_to, why)) {
        why->what = h->id;
        return refuse_with(c, why);
    }
    if (event == HIT_ANSWER && !call_owns(c, h->unit_id, h->id, why))
        return refuse_with(c, why);
    call_concerns(c, h->unit_id);
    return STATUS_OK;
}

void hit_answer_load(struct call *c, const PB(AnswerHitRequest) *req, struct hit_facts *f)
{
    hit_want(c->tx, &c->scope, req->hit_id, &f->hit);
}

void hit_answer_follow(struct call *c, const PB(AnswerHitRequest) *req, struct hit_facts *f)
{
    if (f->hit.is_found && req->also_related)
        hits_want_related(c->tx, &f->hit, &f->related, &f->related_count);
}

enum status hit_answer(struct call *c, const PB(AnswerHitRequest) *req, const struct hit_facts *f,
                       PB(AnswerHitResponse) *reply)
{
    int to;
    enum status s = hit_opens(c, &f->hit, req->hit_id, req->etag, HIT_ANSWER, &to);
    if (s != STATUS_OK)
        return s;
    struct refusal *why = call_refusal(c);
    int disposition = (int)req->disposition;
    if (!answer_is_sound(disposition, f->hit.finding, req->answer, f->hit.id, why))
        return refuse_with(c, why);

    hit_save_answer(c->tx, &f->hit, to, disposition, req->answer, c->actor.person_id, c->now_us);
    for (int i = 0; i < f->related_count; i++)
        hit_save_answer(c->tx, &f->related[i], to, disposition, req->answer, c->actor.person_id, c->now_us);

    reply->id = reply_text(f->hit.id);
    reply->etag = reply_text(call_etag(c, f->hit.version + 1));
    reply->state = (PB(HitState))to;
    return STATUS_OK;
}

void hit_confirm_load(struct call *c, const PB(ConfirmHitRequest) *req, struct hit_facts *f)
{
    hit_want(c->tx, &c->scope, req->hit_id, &f->hit);
}

enum status hit_confirm(struct call *c, const PB(ConfirmHitRequest) *req, const struct hit_facts *f,
                        PB(ConfirmHitResponse) *reply)
{
    int to;
    enum status s = hit_opens(c, &f->hit, req->hit_id, req->etag, HIT_CONFIRM, &to);
    if (s != STATUS_OK)
        return s;
    struct refusal *why = call_refusal(c);
    if (!is_another_person(f->hit.answered_by, c->actor.person_id, f->hit.id, why))
        return refuse_with(c, why);

    hit_save_judgement(c->tx, &f->hit, to, req->opinion, c->actor.person_id, c->now_us);

    reply->id = reply_text(f->hit.id);
    reply->etag = reply_text(call_etag(c, f->hit.version + 1));
    reply->state = (PB(HitState))to;
    return STATUS_OK;
}

void hit_return_load(struct call *c, const PB(ReturnHitRequest) *req, struct hit_facts *f)
{
    hit_want(c->tx, &c->scope, req->hit_id, &f->hit);
}

enum status hit_return(struct call *c, const PB(ReturnHitRequest) *req, const struct hit_facts *f,
                       PB(ReturnHitResponse) *reply)
{
    int to;
    enum status s = hit_opens(c, &f->hit, req->hit_id, req->etag, HIT_RETURN, &to);
    if (s != STATUS_OK)
        return s;
    struct refusal *why = call_refusal(c);
    if (text_is_blank(req->opinion)) {
        refuse(why, "OPINION_MISSING", .what = f->hit.id, .field = "opinion", .rule = "G-d");
        return refuse_with(c, why);
    }

    hit_save_judgement(c->tx, &f->hit, to, req->opinion, c->actor.person_id, c->now_us);

    reply->id = reply_text(f->hit.id);
    reply->etag = reply_text(call_etag(c, f->hit.version + 1));
    reply->state = (PB(HitState))to;
    return STATUS_OK;
}

/* ---- 应纳入 notices (S25) ---- */

void notice_raise_load(struct call *c, const PB(RaiseNoticeRequest) *req, struct notice_facts *f)
{
    unit_want(c->tx, req->unit_id, &f->unit);
    f->numbers = call_want_number(c, arena_printf(c->arena, "notice/%lld", (long long)req->year));
}

enum status notice_raise(struct call *c, const PB(RaiseNoticeRequest) *req, const struct notice_facts *f,
                         PB(RaiseNoticeResponse) *reply)
{
    struct refusal *why = call_refusal(c);
    struct notice n = {.unit_id = req->unit_id,
                       .project_code = req->project_code,
                       .text = req->notice,
                       .year = req->year,
                       .raised_by = c->actor.person_id};
    if (!f->unit.is_found)
        return refuse_missing(c, "unit_id", req->unit_id);
    if (!day_is(year_start(req->year)))
        return refuse_field(c, "year", arena_printf(c->arena, "%lld", (long long)req->year), "2000–2199");
    if (!lifecycle_next(&notice_life, 0, NOTICE_RAISE, c->actor.roles, &n.state, why))
        return refuse_with(c, why);
    if (text_is_blank(req->notice))
        return refuse_field(c, "notice", "–", "哪个项目、为什么应当纳入 / which project, and why");
    if (!take_day(c, "due_date", req->due_date, &n.due))
        return refuse_all(c);
    if (!day_is(n.due) || n.due.n < c->today.n)
        return refuse_field(c, "due_date", *req->due_date ? req->due_date : "–",
                            arena_printf(c->arena, "≥ %s", day_text(c->arena, c->today)));

    n.id = arena_printf(c->arena, "YN%lld-%04lld", (long long)req->year,
                        (long long)call_take_number(c, f->numbers));
    notice_insert(c->tx, &n, c->now_us);
    call_concerns(c, req->unit_id);

    reply->id = reply_text(n.id);
    reply->etag = reply_text(call_etag(c, 1));
    reply->state = (PB(NoticeState))n.state;
    return STATUS_OK;
}

static enum status notice_opens(struct call *c, const struct notice *n, const char *id, const char *etag,
                                int event, int *ret_to)
{
    if (!n->is_found)
        return refuse_missing(c, "notice_id", id);
    if (!call_etag_is(c, etag, n->version, n->id))
        return refuse_all(c);
    struct refusal *why = call_refusal(c);
    if (!lifecycle_next(&notice_life, n->state, event, c->actor.roles, ret_to, why)) {
        why->what = n->id;
        return refuse_with(c, why);
    }
    call_concerns(c, n->unit_id);
    return STATUS_OK;
}

void notice_answer_load(struct call *c, const PB(AnswerNoticeRequest) *req, struct notice_facts *f)
{
    notice_want(c->tx, &c->scope, req->notice_id, &f->notice);
}

enum status notice_answer(struct call *c, const PB(AnswerNoticeRequest) *req, const struct notice_facts *f,
                          PB(AnswerNoticeResponse) *reply)
{
    int to;
    enum status s = notice_opens(c, &f->notice, req->notice_id, req->etag, NOTICE_ANSWER, &to);
    if (s != STATUS_OK)
        return s;
    struct refusal *why = call_refusal(c);
    if (!call_owns(c, f->notice.unit_id, f->notice.id, why))
        return refuse_with(c, why);
    if (!answer_is_sound((int)req->disposition, FINDING_NOT_LISTED, req->answer, f->notice.id, why))
        return refuse_with(c, why);

    notice_save_answer(c->tx, &f->notice, to, (int)req->disposition, req->answer, c->actor.person_id,
                       c->now_us);

    reply->id = reply_text(f->notice.id);
    reply->etag = reply_text(call_etag(c, f->notice.version + 1));
    reply->state = (PB(NoticeState))to;
    return STATUS_OK;
}

void notice_close_load(struct call *c, const PB(CloseNoticeRequest) *req, struct notice_facts *f)
{
    notice_want(c->tx, &c->scope, req->notice_id, &f->notice);
}

enum status notice_close(struct call *c, const PB(CloseNoticeRequest) *req, const struct notice_facts *f,
                         PB(CloseNoticeResponse) *reply)
{
    int to;
    enum status s = notice_opens(c, &f->notice, req->notice_id, req->etag, NOTICE_CLOSE, &to);
    if (s != STATUS_OK)
        return s;
    struct refusal *why = call_refusal(c);
    if (!is_another_person(f->notice.raised_by, c->actor.person_id, f->notice.id, why) ||
        !is_another_person(f->notice.answered_by, c->actor.person_id, f->notice.id, why))
        return refuse_with(c, why);

    notice_save_closing(c->tx, &f->notice, to, req->opinion, c->actor.person_id, c->now_us);

    reply->id = reply_text(f->notice.id);
    reply->etag = reply_text(call_etag(c, f->notice.version + 1));
    reply->state = (PB(NoticeState))to;
    return STATUS_OK;
}
