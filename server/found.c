/* Founding a city: keys, certificates, schema, and the first entry of its journal, signed by the server's own
 * key. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/check.h"
#include "common/note.h"
#include "common/wire.h"
#include "purser/v1/unit.pb-c.h"
#include "server/base/ca.h"
#include "server/base/migrate.h"
#include "server/front/bind.h"
#include "server/front/clock.h"
#include "server/front/dispatch.h"
#include "server/front/registry.h"
#include "server/operate.h"

#define CODE_BYTES 20

struct invite {
    uint8_t code[CODE_BYTES];
    struct hash hash;
};

struct founding {
    struct options *o;
    struct sign_secret journal_key, system_key;
    struct invite operator_invite, leader_invite;
    struct writer *writer;
    pthread_mutex_t lock;
    pthread_cond_t ready;
    bool is_done;
    enum status status;
    const char *why;
};

static enum status make_key(const char *path, struct sign_secret *ret, char reterr[512])
{
    struct sign_public p;
    enum status s;
    if (access(path, F_OK) == 0) { /* one that cannot be read is not ours to replace */
        s = sign_key_load(path, ret);
    } else {
        sign_new_key(&p, ret);
        s = sign_key_save(path, ret);
    }
    if (s != STATUS_OK)
        snprintf(reterr, 512, "%s: %s", path, strerror(errno));
    return s;
}

static void make_invite(struct invite *ret)
{
    sign_random(ret->code, sizeof(ret->code));
    ret->hash = sha256(ret->code, sizeof(ret->code));
}

/* ---- the first command ---- */

static ProtobufCBinaryData bytes_of_hash(struct hash *h) { return (ProtobufCBinaryData){HASH_BYTES, h->b}; }

static struct bytes founding_body(struct founding *f, struct sign_public *system, struct sign_public *journal)
{
    struct settings *s = f->o->settings;
    PB(FoundCityRequest) q;
    purser__v1__found_city_request__init(&q);
    q.public_key = (ProtobufCBinaryData){sizeof(system->b), system->b};
    q.journal_public_key = (ProtobufCBinaryData){sizeof(journal->b), journal->b};
    q.division = reply_text(settings_text(s, "division"));
    q.city_name = reply_text(settings_text(s, "city"));
    q.audience = reply_text(city_audience(f->o));
    q.go_live_date = reply_text(settings_text(s, "go_live_date"));
    q.bureau_unit_id = reply_text(settings_text(s, "bureau_unit_id"));
    q.bureau_unit_name = reply_text(settings_text(s, "bureau_unit_name"));
    q.civil_affairs_unit_id = reply_text(settings_text(s, "civil_affairs_unit_id"));
    q.staffing_unit_id = reply_text(settings_text(s, "staffing_unit_id"));
    q.audit_unit_id = reply_text(settings_text(s, "audit_unit_id"));
    q.operator_name = reply_text(settings_text(s, "operator_name"));
    q.leader_name = reply_text(settings_text(s, "leader_name"));
    q.operator_invite_hash = bytes_of_hash(&f->operator_invite.hash);
    q.leader_invite_hash = bytes_of_hash(&f->leader_invite.hash);
    q.invite_expires_us = clock_now_us() + settings_int(s, "invite_days") * INT64_C(86400000000);
    return wire_pack(&q.base, f->o->arena);
}

static struct bytes founding_command(struct founding *f, struct sign_public *system,
                                     struct sign_public *journal)
{
    struct hash key_id = sign_key_id(system);
    uint8_t request_id[16];
    struct bytes body = founding_body(f, system, journal);
    sign_random(request_id, sizeof(request_id));
    PB(Command) c;
    purser__v1__command__init(&c);
    c.method = reply_text("/purser.v1.UnitService/FoundCity");
    c.request_id = (ProtobufCBinaryData){sizeof(request_id), request_id};
    c.key_id = bytes_of_hash(&key_id);
    c.issued_at_us = clock_now_us();
    c.audience = reply_text(city_audience(f->o));
    c.body = reply_bytes(body);
    return wire_pack(&c.base, f->o->arena);
}

static void on_founded(void *ctx, struct job *j)
{
    struct founding *f = ctx;
    pthread_mutex_lock(&f->lock);
    f->status = j->status;
    f->why = j->call.refusals_count ? arena_text(f->o->arena, refusal_text(&j->call.refusals[0], false)) : "";
    f->is_done = true;
    pthread_cond_signal(&f->ready);
    pthread_mutex_unlock(&f->lock);
    job_free(j);
}

static enum status send_command(struct founding *f, char reterr[512])
{
    struct sign_public system = sign_public_of(&f->system_key), journal = sign_public_of(&f->journal_key);
    struct bytes command = founding_command(f, &system, &journal);
    struct signature sig = sign_data(&f->system_key, SIGN_COMMAND_CONTEXT, command.data, command.len);
    struct job *j = job_new(JOB_ARENA_MAX_BYTES);
    if (!j)
        return STATUS_RESOURCE_EXHAUSTED;
    enum status s = dispatch_open_command(j, command, arena_bytes(j->arena, sig.b, sizeof(sig.b)),
                                          city_audience(f->o));
    if (s != STATUS_OK || !writer_submit(f->writer, j)) {
        snprintf(reterr, 512, "founding: %.480s",
                 j->call.refusals_count ? refusal_text(&j->call.refusals[0], false) : "the writer is busy");
        job_free(j);
        return s != STATUS_OK ? s : STATUS_UNAVAILABLE;
    }
    pthread_mutex_lock(&f->lock);
    while (!f->is_done)
        pthread_cond_wait(&f->ready, &f->lock);
    pthread_mutex_unlock(&f->lock);
    if (f->status != STATUS_OK)
        snprintf(reterr, 512, "founding: %.480s", f->why);
    return f->status;
}

/* ---- invites ---- */

static const char *base64url(struct arena *a, const char *text)
{
    char *b = (char *)(uintptr_t)base64_text(a, text, strlen(text));
    for (char *p = b; *p; p++)
        *p = *p == '+' ? '-' : *p == '/' ? '_' : *p == '=' ? 0 : *p;
    return b;
}

/* purser1.<base64url of JSON>: where the server is, its name and authority, the journal's key, and a one-time
 * code. */
static const char *invite_text(struct founding *f, const struct invite *invite, const char *ca_pem)
{
    struct arena *a = f->o->arena;
    const char *const *urls;
    int count = settings_texts(f->o->settings, "advertise", &urls);
    if (count == 0)
        count = city_urls(f->o, &urls);
    json_t *servers = json_array();
    for (int i = 0; i < count; i++)
        json_array_append_new(servers, json_string(urls[i]));
    struct sign_public journal = sign_public_of(&f->journal_key);
    json_t *j = json_pack("{s:o, s:s, s:s, s:s, s:s, s:s}", "server", servers, "tls_name",
                          city_tls_name(f->o), "ca", ca_pem, "audience", city_audience(f->o), "vkey",
                          note_vkey(a, city_audience(f->o), &journal), "code",
                          base64_text(a, invite->code, sizeof(invite->code)));
    char *text = json_dumps(j, JSON_COMPACT);
    const char *token = arena_printf(a, "purser1.%s", base64url(a, text));
    free(text);
    json_decref(j);
    return token;
}

static enum status save_text(const char *path, mode_t mode, const char *text, char reterr[512])
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
    size_t len = strlen(text);
    bool is_ok = fd >= 0 && write(fd, text, len) == (ssize_t)len && fsync(fd) == 0;
    if (!is_ok)
        snprintf(reterr, 512, "%s: %s", path, strerror(errno));
    if (fd >= 0)
        close(fd);
    return is_ok ? STATUS_OK : STATUS_UNAVAILABLE;
}

static enum status read_text(struct options *o, const char *path, const char **ret, char reterr[512])
{
    char text[32768] = "";
    FILE *f = fopen(path, "re");
    size_t n = f ? fread(text, 1, sizeof(text) - 1, f) : 0;
    if (n == 0)
        snprintf(reterr, 512, "%s: %s", path, f ? "it is empty" : strerror(errno));
    if (f)
        fclose(f);
    *ret = arena_textn(o->arena, text, n);
    return n ? STATUS_OK : STATUS_UNAVAILABLE;
}

/* Before the first entry, so that whoever is interrupted between them still has them. */
static enum status save_invites(struct founding *f, char reterr[512])
{
    struct arena *a = f->o->arena;
    const char *pem;
    make_invite(&f->operator_invite);
    make_invite(&f->leader_invite);
    enum status s = read_text(f->o, arena_printf(a, "%s/ca.pem", f->o->tls_dir), &pem, reterr);
    if (s != STATUS_OK)
        return s;
    const char *both = arena_printf(a, "%s\n%s\n", invite_text(f, &f->operator_invite, pem),
                                    invite_text(f, &f->leader_invite, pem));
    return save_text(f->o->invites_path, 0600, both, reterr);
}

static enum status tell_invites(struct founding *f, char reterr[512])
{
    const char *text;
    enum status s = read_text(f->o, f->o->invites_path, &text, reterr);
    if (s != STATUS_OK)
        return s;
    int len = (int)strcspn(text, "\n");
    const char *second = text[len] ? text + len + 1 : "";
    printf("Invite for the operator (%s):\n%.*s\n\nInvite for the bureau leader (%s):\n%s\n"
           "Each is good for one `purser enroll INVITE`, for %lld days. No password exists.\n",
           settings_text(f->o->settings, "operator_name"), len, text,
           settings_text(f->o->settings, "leader_name"), second,
           (long long)settings_int(f->o->settings, "invite_days"));
    return STATUS_OK;
}

/* ---- all of it ---- */

static enum status prepare_database(const char *conninfo, char reterr[512])
{
    struct db *db = NULL;
    struct db_error err = {0};
    int done = 0;
    enum status s = db_open(conninfo, NULL, 10000, &db, &err);
    if (s == STATUS_OK)
        s = migrate_check_server(db, &err);
    if (s == STATUS_OK)
        s = migrate_up(db, &done, &err);
    db_close(db);
    if (s != STATUS_OK)
        snprintf(reterr, 512, "database: %.480s", err.text);
    return s;
}

/* A journal that has begun is one whose founding was interrupted here: the invites tell. */
static enum status begin_journal(struct founding *f, char reterr[512])
{
    struct arena *a = f->o->arena;
    const char *note;
    uint64_t size;
    int64_t epoch;
    writer_head(f->writer, a, &note, &size, &epoch);
    if (size == 0) {
        enum status s = save_invites(f, reterr);
        return s == STATUS_OK ? send_command(f, reterr) : s;
    }
    if (access(f->o->invites_path, R_OK) == 0)
        return STATUS_OK;
    snprintf(reterr, 512, "the database holds a city already, and %s is not there: it was founded elsewhere",
             f->o->invites_path);
    return STATUS_ALREADY_EXISTS;
}

static enum status write_first_entry(struct founding *f, const char *conninfo, char reterr[512])
{
    struct writer_setup setup = {.conninfo = conninfo,
                                 .audience = city_audience(f->o),
                                 .checkpoint_path = f->o->checkpoint_path,
                                 .journal_key = &f->journal_key,
                                 .batch_max = 1,
                                 .queue_max = 1};
    enum status s = writer_start(&setup, on_founded, f, &f->writer, reterr);
    if (s != STATUS_OK)
        return s;
    s = begin_journal(f, reterr);
    writer_stop(f->writer);
    return s;
}

static enum status make_keys(struct founding *f, char reterr[512])
{
    struct options *o = f->o;
    enum status s = options_make_data(o, reterr);
    if (s == STATUS_OK && mkdir(o->tls_dir, 0755) != 0 && errno != EEXIST) {
        snprintf(reterr, 512, "%s: %s", o->tls_dir, strerror(errno));
        return STATUS_UNAVAILABLE;
    }
    if (s == STATUS_OK)
        s = ca_make(o->tls_dir, city_tls_name(o), reterr);
    if (s == STATUS_OK)
        s = make_key(o->journal_key_path, &f->journal_key, reterr);
    if (s == STATUS_OK)
        s = make_key(o->system_key_path, &f->system_key, reterr);
    return s;
}

/* The invites name these addresses, so they are looked at before anything is made. */
static enum status check_urls(struct options *o, char reterr[512])
{
    const char *const *urls;
    bool is_ipc, may_be_plain = settings_bool(o->settings, "allow_plain");
    int count = city_urls(o, &urls);
    enum status s = STATUS_OK;
    for (int i = 0; i < count && s == STATUS_OK; i++)
        s = bind_check(urls[i], true, may_be_plain, &is_ipc, reterr);
    return s;
}

enum status city_found(struct options *o, char reterr[512])
{
    struct founding f = {.o = o};
    struct database d;
    pthread_mutex_init(&f.lock, NULL);
    pthread_cond_init(&f.ready, NULL);
    clock_setup(settings_text(o->settings, "clock"));
    enum status s = registry_init(reterr);
    if (s == STATUS_OK)
        s = check_urls(o, reterr);
    if (s == STATUS_OK)
        s = make_keys(&f, reterr);
    if (s == STATUS_OK)
        s = database_open(o, true, &d, reterr);
    if (s != STATUS_OK)
        return s;

    s = prepare_database(d.conninfo, reterr);
    if (s == STATUS_OK)
        s = write_first_entry(&f, d.conninfo, reterr);
    database_close(o, &d);
    if (s == STATUS_OK)
        s = save_text(o->city_path, 0644, arena_printf(o->arena, "%s\n", city_audience(o)), reterr);
    return s == STATUS_OK ? tell_invites(&f, reterr) : s;
}
