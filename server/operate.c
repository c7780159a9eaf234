/* The database as the options name it, addresses and names of the city, serving and verifying. */
#define _GNU_SOURCE
#include "server/operate.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/check.h"
#include "common/log.h"
#include "common/note.h"
#include "server/base/migrate.h"
#include "server/front/clock.h"
#include "server/front/registry.h"
#include "server/front/verify.h"

#define CLUSTER_STOP_MS 10000

const char *city_audience(struct options *o)
{
    return arena_printf(o->arena, "purser/%s", settings_text(o->settings, "division"));
}

const char *city_tls_name(struct options *o)
{
    const char *name = settings_text(o->settings, "tls_name");
    return *name ? name : arena_printf(o->arena, "purser.%s", settings_text(o->settings, "division"));
}

int city_urls(struct options *o, const char *const **ret)
{
    int count = settings_texts(o->settings, "listen", ret);
    if (count)
        return count;
    const char **own = arena_array(o->arena, 1, sizeof(*own));
    own[0] = arena_printf(o->arena, "ipc://%s/purserd.ipc", o->data);
    *ret = own;
    return 1;
}

bool city_is_founded(const struct options *o) { return access(o->city_path, F_OK) == 0; }

/* ---- the database ---- */

static const char *as_user(struct options *o)
{
    const char *user = settings_text(o->settings, "as_user");
    return *user ? user : "postgres";
}

static const char *read_line(struct options *o, const char *path)
{
    char line[1024] = "";
    FILE *f = fopen(path, "re");
    if (!f)
        return NULL;
    const char *got = fgets(line, sizeof(line), f);
    fclose(f);
    line[strcspn(line, "\n")] = 0;
    return got && *line ? arena_text(o->arena, line) : NULL;
}

static bool answers(const char *conninfo)
{
    struct db *db = NULL;
    struct db_error err;
    bool is_there = db_open(conninfo, NULL, 2000, &db, &err) == STATUS_OK;
    db_close(db);
    return is_there;
}

enum status database_open(struct options *o, bool may_start, struct database *ret, char reterr[512])
{
    *ret = (struct database){0};
    const char *setting = settings_text(o->settings, "database");
    if (strcmp(setting, "private") != 0) {
        ret->conninfo = setting;
        return STATUS_OK;
    }
    const char *running = read_line(o, o->conninfo_path);
    if (!may_start && running && answers(running)) { /* under a server that is up */
        ret->conninfo = running;
        return STATUS_OK;
    }
    enum status s = cluster_start(o->postgres_dir, as_user(o), &ret->cluster, &ret->conninfo, reterr);
    if (s != STATUS_OK)
        return s;
    FILE *f = fopen(o->conninfo_path, "we");
    if (f) {
        fprintf(f, "%s\n", ret->conninfo);
        fclose(f);
    }
    return STATUS_OK;
}

void database_close(struct options *o, struct database *d)
{
    if (d->cluster) {
        cluster_stop(d->cluster, CLUSTER_STOP_MS);
        unlink(o->conninfo_path);
    }
    *d = (struct database){0};
}

/* ---- serving ---- */

static enum status check_schema(const char *conninfo, char reterr[512])
{
    struct db *db = NULL;
    struct db_error err = {0};
    int have, newest;
    enum status s = db_open(conninfo, NULL, 10000, &db, &err);
    if (s == STATUS_OK)
        s = migrate_check_server(db, &err);
    if (s == STATUS_OK)
        s = migrate_status(db, &have, &newest, &err);
    db_close(db);
    if (s != STATUS_OK)
        snprintf(reterr, 512, "database: %.480s", err.text);
    return s;
}

static const char *read_file(struct options *o, const char *path)
{
    FILE *f = fopen(path, "re");
    if (!f)
        return NULL;
    char text[16384];
    size_t n = fread(text, 1, sizeof(text) - 1, f);
    fclose(f);
    return arena_textn(o->arena, text, n);
}

static enum status start_service(struct options *o, const char *conninfo, const char *version,
                                 struct service **ret, char reterr[512])
{
    static struct sign_secret journal_key; /* lives as long as the service */
    struct settings *s = o->settings;
    if (sign_key_load(o->journal_key_path, &journal_key) != STATUS_OK) {
        snprintf(reterr, 512, "%s: the journal's key cannot be read", o->journal_key_path);
        return STATUS_FAILED_PRECONDITION;
    }
    struct listener_tls tls = {read_file(o, arena_printf(o->arena, "%s/server.pem", o->tls_dir)),
                               read_file(o, arena_printf(o->arena, "%s/server.key", o->tls_dir))};
    struct listener_limits limits = {.connections_max = (int)settings_int(s, "connections_max"),
                                     .per_address_max = (int)settings_int(s, "per_address_max"),
                                     .unnegotiated_max = (int)settings_int(s, "unnegotiated_max"),
                                     .frame_max_bytes = (size_t)settings_int(s, "frame_max_bytes"),
                                     .idle_ms = (int)settings_int(s, "idle_ms"),
                                     .exempt = settings_text(s, "exempt")};
    struct service_setup setup = {.conninfo = conninfo,
                                  .audience = city_audience(o),
                                  .version = version,
                                  .tls = tls.cert_pem && tls.key_pem ? &tls : NULL,
                                  .limits = &limits,
                                  .allow_plain = settings_bool(s, "allow_plain"),
                                  .checkpoint_path = o->checkpoint_path,
                                  .journal_key = &journal_key,
                                  .batch_max = (int)settings_int(s, "batch_max"),
                                  .queue_max = (int)settings_int(s, "queue_max"),
                                  .calls_max_mib = (int)settings_int(s, "calls_max_mib"),
                                  .look_up_connections = (int)settings_int(s, "look_up_connections"),
                                  .list_connections = (int)settings_int(s, "list_connections"),
                                  .list_timeout_ms = (int)settings_int(s, "list_timeout_ms")};
    setup.urls_count = city_urls(o, &setup.urls);
    enum status status = service_start(&setup, ret, reterr);
    for (int i = 0; status == STATUS_OK && i < setup.urls_count; i++)
        log_info("listening on %s", service_url(*ret, i));
    return status;
}

/* Waits for a signal to end; meanwhile the private database is tended. */
static void wait_for_end(const sigset_t *signals, struct database *d)
{
    char err[512];
    for (;;) {
        int got = sigtimedwait(signals, NULL, &(struct timespec){.tv_sec = 1});
        if (got == SIGTERM || got == SIGINT)
            return;
        if (got == SIGHUP)
            log_info("SIGHUP: no setting can be changed while the server runs; restart it");
        if (d->cluster && cluster_tend(d->cluster, err) != STATUS_OK)
            log_error("private database: %s", err);
    }
}

enum status city_serve(struct options *o, const char *version, char reterr[512])
{
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGHUP);
    pthread_sigmask(SIG_BLOCK, &signals, NULL); /* before any thread is made: all of them inherit it */
    signal(SIGPIPE, SIG_IGN);

    struct database d;
    struct service *service = NULL;
    clock_setup(settings_text(o->settings, "clock"));
    enum status s = registry_init(reterr);
    if (s != STATUS_OK)
        return s;
    s = database_open(o, true, &d, reterr);
    if (s != STATUS_OK)
        return s;
    s = check_schema(d.conninfo, reterr);
    if (s == STATUS_OK)
        s = start_service(o, d.conninfo, version, &service, reterr);
    if (s == STATUS_OK) {
        log_info("serving %s", city_audience(o));
        wait_for_end(&signals, &d);
        log_info("stopping");
        service_stop(service, (int)settings_int(o->settings, "drain_ms"));
    }
    database_close(o, &d);
    return s;
}

/* ---- verifying ---- */

enum status city_verify(struct options *o, bool is_serial, char reterr[512])
{
    struct database d;
    struct db_error err = {0};
    struct verify_result r;
    struct sign_secret key;
    enum status s = registry_init(reterr);
    if (s == STATUS_OK && sign_key_load(o->journal_key_path, &key) != STATUS_OK) {
        snprintf(reterr, 512, "%s: the journal's key cannot be read", o->journal_key_path);
        return STATUS_FAILED_PRECONDITION;
    }
    if (s == STATUS_OK)
        s = database_open(o, false, &d, reterr);
    if (s != STATUS_OK)
        return s;
    struct sign_public public_key = sign_public_of(&key);
    struct verify_setup setup = {d.conninfo, city_audience(o), o->checkpoint_path, &public_key, is_serial};
    s = verify_run(&setup, &r, &err);
    database_close(o, &d);
    if (s == STATUS_OK) {
        printf("verify: %llu entries replayed, signatures and hashes hold (%llu waves)\n",
               (unsigned long long)r.entries, (unsigned long long)r.waves);
        printf("verify: %d tables, %lld rows equal; %llu stored answers equal\n", r.tables, (long long)r.rows,
               (unsigned long long)r.answers);
        printf("verify: not compared: sessions (memory), answers to refused commands (not journalled)\n");
    } else if (s == STATUS_DATA_LOSS && *r.first) {
        printf("verify: %llu entries replayed, then a difference:\nverify: %s\n",
               (unsigned long long)r.entries, r.first);
        snprintf(reterr, 512, "the database is not what the journal says");
    } else {
        snprintf(reterr, 512, "%s: %.200s %.200s", status_name(s), err.text, err.sql ? err.sql : "");
    }
    return s;
}
