/* Publication and filing: dated duties beside each other. What is late is flagged, never blocked (H4, H5). */
#include "common/check.h"
#include "server/domain/contract/contract_door.h"

static enum status duty_ready(struct call *c, const struct contract_facts *f, const char *id, int kind,
                              int event, int *ret_to)
{
    struct refusal *why = call_refusal(c);
    if (!f->duty.is_found || !f->contract.is_found)
        return refuse_missing(c, "duty_id", id);
    bool is_bureaus = event == DUTY_RECEIVE || event == DUTY_RETURN_FILING;
    if ((is_bureaus || call_owns(c, f->duty.unit_id, f->duty.id, why)) &&
        duty_is_of_kind(&f->duty, kind, why) &&
        lifecycle_next(&duty_life, f->duty.state, event, c->actor.roles, ret_to, why))
        return STATUS_OK;
    why->what = f->duty.id;
    return refuse_with(c, why);
}

/* Queues the duty's new state and the contract's history; *ret_after is the duty as it is then. */
static void duty_moved(struct call *c, const struct contract_facts *f, struct duty *after, int event,
                       const char *opinion, struct contract *ret_contract)
{
    *ret_contract = f->contract;
    after->version++;
    duty_save(c->tx, after);
    contract_touched(c, &f->contract, ret_contract, event, f->duty.id, names_of(&duty_states, f->duty.state),
                     names_of(&duty_states, after->state), opinion);
}

static bool is_overdue(const struct duty *d) { return d->sent_date.n > d->due_date.n; }

static enum status publish(struct call *c, const struct contract_facts *f, const char *id, const char *date,
                           const char *medium, struct duty *ret, struct contract *ret_contract)
{
    struct refusal *why = call_refusal(c);
    *ret = f->duty;
    enum status s = duty_ready(c, f, id, DUTY_PUBLICATION, DUTY_PUBLISH, &ret->state);
    if (s != STATUS_OK)
        return s;
    if (!day_field(c, "published_date", date, false, &ret->sent_date) ||
        !text_field(c, "BAD_FIELD", "medium", medium))
        return refuse_all(c);
    if (!contract_date_is_past("published_date", ret->sent_date, ret->since_date, c->today, why))
        return refuse_with(c, why);

    ret->done_date = ret->sent_date;
    ret->medium = medium;
    ret->sender_id = c->actor.person_id;
    duty_moved(c, f, ret, DUTY_PUBLISH, medium, ret_contract);
    return STATUS_OK;
}

/* The day that counts is the day on which it was sent first; a correction of data does not make it late. */
static enum status file_copy(struct call *c, const struct contract_facts *f, const char *id,
                             const char *opinion, struct duty *ret, struct contract *ret_contract)
{
    *ret = f->duty;
    enum status s = duty_ready(c, f, id, DUTY_FILING, DUTY_FILE, &ret->state);
    if (s != STATUS_OK)
        return s;

    if (!day_is(ret->sent_date))
        ret->sent_date = c->today;
    ret->sender_id = c->actor.person_id;
    duty_moved(c, f, ret, DUTY_FILE, opinion, ret_contract);
    return STATUS_OK;
}

/* ---- of a contract, named by the contract ---- */

static void load_of_contract(struct call *c, const char *id, const char *kind, struct contract_facts *f)
{
    contract_want(c->tx, &c->scope, id, &f->contract);
    duty_want(c->tx, &c->scope, arena_printf(c->arena, "%s/%s", id, kind), &f->duty);
}

/* A contract that is not signed has no duties yet. */
static enum status has_duty(struct call *c, const struct contract_facts *f, const char *id, const char *etag)
{
    if (!f->contract.is_found)
        return refuse_missing(c, "contract_id", id);
    if (!call_etag_is(c, etag, f->contract.version, id))
        return refuse_all(c);
    if (f->duty.is_found)
        return STATUS_OK;
    struct refusal *why = call_refusal(c);
    if (!call_owns(c, f->contract.unit_id, id, why))
        return refuse_with(c, why);
    (void)refuse(why, "STATE_FORBIDS", .field = "state", .what = f->contract.id,
                 .broke = names_said(c->arena, &contract_states, f->contract.state),
                 .passes = "SIGNED (已签订)");
    return refuse_with(c, why);
}

void contract_publish_load(struct call *c, const PB(PublishContractRequest) *req, struct contract_facts *f)
{
    load_of_contract(c, req->contract_id, "PUBLISH", f);
}

enum status contract_publish(struct call *c, const PB(PublishContractRequest) *req,
                             const struct contract_facts *f, PB(PublishContractResponse) *reply)
{
    struct contract after;
    struct duty d;
    enum status s = has_duty(c, f, req->contract_id, req->etag);
    if (s == STATUS_OK)
        s = publish(c, f, f->duty.id, req->published_date, req->medium, &d, &after);
    if (s != STATUS_OK)
        return s;

    reply->contract_id = reply_text(after.id);
    reply->etag = reply_text(call_etag(c, after.version));
    reply->due_date = reply_text(day_text(c->arena, d.due_date));
    reply->is_overdue = is_overdue(&d);
    return STATUS_OK;
}

void contract_file_load(struct call *c, const PB(FileContractRequest) *req, struct contract_facts *f)
{
    load_of_contract(c, req->contract_id, "FILE", f);
}

enum status contract_file(struct call *c, const PB(FileContractRequest) *req, const struct contract_facts *f,
                          PB(FileContractResponse) *reply)
{
    struct contract after;
    struct duty d;
    enum status s = has_duty(c, f, req->contract_id, req->etag);
    if (s == STATUS_OK)
        s = file_copy(c, f, f->duty.id, req->opinion, &d, &after);
    if (s != STATUS_OK)
        return s;

    reply->contract_id = reply_text(after.id);
    reply->etag = reply_text(call_etag(c, after.version));
    reply->due_date = reply_text(day_text(c->arena, d.due_date));
    reply->is_overdue = is_overdue(&d);
    return STATUS_OK;
}

/* ---- any duty, named by itself ---- */

static void contract_of_duty(struct call *c, struct contract_facts *f)
{
    if (f->duty.is_found)
        contract_want(c->tx, &c->scope, f->duty.contract_id, &f->contract);
}

static enum status seen(struct call *c, const struct contract_facts *f, const char *id, const char *etag)
{
    if (!f->duty.is_found)
        return refuse_missing(c, "duty_id", id);
    return call_etag_is(c, etag, f->duty.version, id) ? STATUS_OK : refuse_all(c);
}

void duty_publish_load(struct call *c, const PB(PublishDutyRequest) *req, struct contract_facts *f)
{
    duty_want(c->tx, &c->scope, req->duty_id, &f->duty);
}

void duty_publish_follow(struct call *c, const PB(PublishDutyRequest) *req, struct contract_facts *f)
{
    (void)req;
    contract_of_duty(c, f);
}

enum status duty_publish(struct call *c, const PB(PublishDutyRequest) *req, const struct contract_facts *f,
                         PB(PublishDutyResponse) *reply)
{
    struct contract after;
    struct duty d;
    enum status s = seen(c, f, req->duty_id, req->etag);
    if (s == STATUS_OK)
        s = publish(c, f, req->duty_id, req->published_date, req->medium, &d, &after);
    if (s != STATUS_OK)
        return s;

    reply->duty_id = reply_text(d.id);
    reply->etag = reply_text(call_etag(c, d.version));
    reply->state = (PB(DutyState))d.state;
    reply->is_overdue = is_overdue(&d);
    return STATUS_OK;
}

void duty_file_load(struct call *c, const PB(FileDutyRequest) *req, struct contract_facts *f)
{
    duty_want(c->tx, &c->scope, req->duty_id, &f->duty);
}

void duty_file_follow(struct call *c, const PB(FileDutyRequest) *req, struct contract_facts *f)
{
    (void)req;
    contract_of_duty(c, f);
}

enum status duty_file(struct call *c, const PB(FileDutyRequest) *req, const struct contract_facts *f,
                      PB(FileDutyResponse) *reply)
{
    struct contract after;
    struct duty d;
    enum status s = seen(c, f, req->duty_id, req->etag);
    if (s == STATUS_OK)
        s = file_copy(c, f, req->duty_id, req->opinion, &d, &after);
    if (s != STATUS_OK)
        return s;

    reply->duty_id = reply_text(d.id);
    reply->etag = reply_text(call_etag(c, d.version));
    reply->state = (PB(DutyState))d.state;
    reply->is_overdue = is_overdue(&d);
    return STATUS_OK;
}

/* ---- the bureau receives the copy, or returns it for correction of the data ---- */

void duty_receive_load(struct call *c, const PB(ReceiveDutyRequest) *req, struct contract_facts *f)
{
    duty_want(c->tx, &c->scope, req->duty_id, &f->duty);
}

void duty_receive_follow(struct call *c, const PB(ReceiveDutyRequest) *req, struct contract_facts *f)
{
    (void)req;
    contract_of_duty(c, f);
}

enum status duty_receive(struct call *c, const PB(ReceiveDutyRequest) *req, const struct contract_facts *f,
                         PB(ReceiveDutyResponse) *reply)
{
    struct contract after;
    struct duty d = f->duty;
    enum status s = seen(c, f, req->duty_id, req->etag);
    if (s == STATUS_OK)
        s = duty_ready(c, f, req->duty_id, DUTY_FILING, DUTY_RECEIVE, &d.state);
    if (s != STATUS_OK)
        return s;

    struct refusal *why = call_refusal(c);
    if (!duty_other_person_receives(&f->duty, c->actor.person_id, why))
        return refuse_with(c, why);

    d.done_date = c->today;
    d.opinion = "";
    duty_moved(c, f, &d, DUTY_RECEIVE, "", &after);
    reply->duty_id = reply_text(d.id);
    reply->etag = reply_text(call_etag(c, d.version));
    reply->state = (PB(DutyState))d.state;
    return STATUS_OK;
}

void duty_return_load(struct call *c, const PB(ReturnDutyRequest) *req, struct contract_facts *f)
{
    duty_want(c->tx, &c->scope, req->duty_id, &f->duty);
}

void duty_return_follow(struct call *c, const PB(ReturnDutyRequest) *req, struct contract_facts *f)
{
    (void)req;
    contract_of_duty(c, f);
}

enum status duty_return(struct call *c, const PB(ReturnDutyRequest) *req, const struct contract_facts *f,
                        PB(ReturnDutyResponse) *reply)
{
    struct contract after;
    struct duty d = f->duty;
    enum status s = seen(c, f, req->duty_id, req->etag);
    if (s == STATUS_OK)
        s = duty_ready(c, f, req->duty_id, DUTY_FILING, DUTY_RETURN_FILING, &d.state);
    if (s != STATUS_OK)
        return s;
    if (!text_field(c, "OPINION_MISSING", "opinion", req->opinion))
        return refuse_all(c);

    d.opinion = req->opinion;
    duty_moved(c, f, &d, DUTY_RETURN_FILING, req->opinion, &after);
    reply->duty_id = reply_text(d.id);
    reply->etag = reply_text(call_etag(c, d.version));
    reply->state = (PB(DutyState))d.state;
    return STATUS_OK;
}
