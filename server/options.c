/* The settings of purserd: one table with unit, limits, default and text, and where things lie in the data
 * folder. */
#define _GNU_SOURCE
#include "server/options.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/check.h"

static const struct setting table[] = {
    {"data", SETTING_TEXT, "", 0, 0, "./purser-data",
     "folder for keys, certificates, checkpoint and the private database", "数据目录"},
    {"database", SETTING_TEXT, "", 0, 0, "private",
     "\"private\": a cluster of our own under the data folder; else a libpq conninfo", "数据库"},
    {"as_user", SETTING_TEXT, "", 0, 0, "",
     "as root, the user that runs the private database (default: postgres)", "数据库用户"},
    {"listen", SETTING_TEXTS, "", 0, 0, "",
     "addresses: ipc:///path, tls+tcp://host:port, tcp://127.0.0.1:port; empty: ipc in the data folder",
     "监听地址"},
    {"tls_name", SETTING_TEXT, "", 0, 0, "", "the server's name in its certificate; empty: purser.<division>",
     "TLS 名称"},
    {"advertise", SETTING_TEXTS, "", 0, 0, "", "addresses written into invites; empty: those listened on",
     "邀请中的地址"},
    {"allow_plain", SETTING_BOOL, "", 0, 1, "false", "allow tcp:// elsewhere than on loopback", "允许明文"},
    {"division", SETTING_TEXT, "", 0, 0, "450600", "division code of the city", "行政区划"},
    {"city", SETTING_TEXT, "", 0, 0, "防城港市", "name of the city", "城市"},
    {"go_live_date", SETTING_TEXT, "", 0, 0, "2018-01-01", "history may only be dated before this day",
     "启用日期"},
    {"bureau_unit_id", SETTING_TEXT, "", 0, 0, "210", "unit code of the finance bureau", "财政局编码"},
    {"bureau_unit_name", SETTING_TEXT, "", 0, 0, "市财政局", "its name", "财政局名称"},
    {"civil_affairs_unit_id", SETTING_TEXT, "", 0, 0, "208", "unit code of the civil affairs bureau",
     "民政局编码"},
    {"staffing_unit_id", SETTING_TEXT, "", 0, 0, "107", "unit code of the staffing office", "编办编码"},
    {"audit_unit_id", SETTING_TEXT, "", 0, 0, "223", "unit code of the audit bureau", "审计局编码"},
    {"operator_name", SETTING_TEXT, "", 0, 0, "系统操作员", "name of the first operator", "操作员姓名"},
    {"leader_name", SETTING_TEXT, "", 0, 0, "财政局分管领导", "name of the bureau leader", "分管领导姓名"},
    {"invite_days", SETTING_INT, "days", 1, 365, "30", "how long the first two invites hold", "邀请有效期"},
    {"clock", SETTING_TEXT, "", 0, 0, "", "file that says what time it is (demo and dev only)", "时钟文件"},
    {"batch_max", SETTING_INT, "commands", 1, 256, "64", "commands in one transaction", "批大小"},
    {"queue_max", SETTING_INT, "calls", 1, 100000, "4096", "calls under way; more are answered BUSY",
     "队列长度"},
    {"calls_max_mib", SETTING_INT, "MiB", 16, 65536, "64",
     "memory of all calls under way; more are answered BUSY", "调用内存上限"},
    {"look_up_connections", SETTING_INT, "connections", 1, 16, "3",
     "to the database, for look-ups: while one waits, others ask and answer", "查询连接数"},
    {"list_connections", SETTING_INT, "connections", 1, 16, "2", "to the database, for lists", "列表连接数"},
    {"list_timeout_ms", SETTING_INT, "ms", 100, 600000, "10000", "statement_timeout of lists and reports",
     "列表超时"},
    {"connections_max", SETTING_INT, "connections", 1, 100000, "2000", "open connections", "连接数上限"},
    {"per_address_max", SETTING_INT, "connections", 1, 100000, "64", "open connections from one address",
     "每地址连接数"},
    {"unnegotiated_max", SETTING_INT, "connections", 1, 100000, "16",
     "connections of one address that have not said hello yet", "每地址未协商连接数"},
    {"exempt", SETTING_TEXT, "", 0, 0, "ipc",
     "addresses exempt from the limits for one address, comma separated", "免限地址"},
    {"frame_max_bytes", SETTING_INT, "bytes", 1024, 1048576, "1048576", "largest request", "请求上限"},
    {"idle_ms", SETTING_INT, "ms", 100, 86400000, "60000", "an idle connection is closed after", "空闲断开"},
    {"drain_ms", SETTING_INT, "ms", 0, 600000, "5000", "how long SIGTERM waits for calls under way",
     "停机等待"},
    {"log_json", SETTING_BOOL, "", 0, 1, "false", "log lines as JSON", "JSON 日志"},
    {"log_level", SETTING_TEXT, "", 0, 0, "info", "debug, info, warn or error", "日志级别"},
};

/* --config FILE or --config=FILE, taken out of argv. */
static const char *take_config(int *argc, char **argv)
{
    const char *file = getenv("PURSER_CONFIG");
    for (int i = 1; i < *argc; i++) {
        int took = 0;
        if (strcmp(argv[i], "--config") == 0 && i + 1 < *argc) {
            file = argv[i + 1];
            took = 2;
        } else if (strncmp(argv[i], "--config=", 9) == 0) {
            file = argv[i] + 9;
            took = 1;
        }
        if (took) {
            memmove(argv + i, argv + i + took, (size_t)(*argc - i - took + 1) * sizeof(*argv));
            *argc -= took;
            break;
        }
    }
    return file;
}

/* mkdir -p, readable by everybody on the way, since the private database runs as another user below it. */
static bool make_folder(const char *path)
{
    char part[4096];
    snprintf(part, sizeof(part), "%s", path);
    for (char *p = part + 1;; p++) {
        if (*p && *p != '/')
            continue;
        char was = *p;
        *p = 0;
        if (mkdir(part, 0755) != 0 && errno != EEXIST)
            return false;
        if (!was)
            return true;
        *p = was;
    }
}

enum status options_make_data(const struct options *o, char reterr[512])
{
    if (make_folder(o->data))
        return STATUS_OK;
    snprintf(reterr, 512, "data folder %s: %s", o->data, strerror(errno));
    return STATUS_UNAVAILABLE;
}

static const char *absolute(struct arena *a, const char *path)
{
    char here[4096];
    if (*path == '/' || !getcwd(here, sizeof(here)))
        return path;
    return arena_printf(a, "%s/%s", here, strncmp(path, "./", 2) == 0 ? path + 2 : path);
}

/* What the table cannot say about a value. */
static bool values_are_good(const struct settings *s, char reterr[512])
{
    static const char *const levels[] = {"debug", "info", "warn", "error"};
    const char *level = settings_text(s, "log_level");
    for (size_t i = 0; i < COUNT_OF(levels); i++)
        if (strcmp(level, levels[i]) == 0)
            return true;
    snprintf(reterr, 512, "log_level: \"%.200s\" is not debug, info, warn or error", level);
    return false;
}

enum status options_load(int *argc, char **argv, struct options *ret, char reterr[512])
{
    struct options o = {.arena = arena_new(4u << 20)};
    if (!o.arena)
        return STATUS_RESOURCE_EXHAUSTED;
    enum status s = settings_load(table, COUNT_OF(table), take_config(argc, argv), argc, argv, o.arena,
                                  &o.settings, reterr);
    if (s == STATUS_OK && !values_are_good(o.settings, reterr))
        s = STATUS_INVALID_ARGUMENT;
    if (s != STATUS_OK) {
        arena_free(o.arena);
        return s;
    }
    o.data = absolute(o.arena, settings_text(o.settings, "data"));
    o.checkpoint_path = arena_printf(o.arena, "%s/checkpoint", o.data);
    o.journal_key_path = arena_printf(o.arena, "%s/journal.key", o.data);
    o.system_key_path = arena_printf(o.arena, "%s/system.key", o.data);
    o.tls_dir = arena_printf(o.arena, "%s/tls", o.data);
    o.postgres_dir = arena_printf(o.arena, "%s/postgres", o.data);
    o.conninfo_path = arena_printf(o.arena, "%s/postgres.conninfo", o.data);
    o.city_path = arena_printf(o.arena, "%s/city", o.data);
    o.invites_path = arena_printf(o.arena, "%s/invites", o.data);
    *ret = o;
    return STATUS_OK;
}

void options_done(struct options *o)
{
    arena_free(o->arena);
    *o = (struct options){0};
}
