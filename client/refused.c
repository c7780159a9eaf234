/* How an answer that is not OK is told: the most important line first. */
#include "client/refused.h"

#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "client/values.h"
#include "common/fields.h"
#include "common/languages.h"
#include "common/words.h"

int problem_row(const char *field, const char **ret_field)
{
    char *end;
    *ret_field = field;
    if (strncmp(field, "rows[", 5) != 0)
        return -1;
    long row = strtol(field + 5, &end, 10);
    if (end == field + 5 || *end != ']' || row < 0 || row > 100000)
        return -1;
    *ret_field = end[1] == '.' ? end + 2 : "";
    return (int)row;
}

static void tell_place(const struct client *c, struct method m, const Purser__V1__Problem *p,
                       const struct source *source)
{
    const char *inner, *path = clean(c->arena, p->field);
    int row = problem_row(path, &inner);

    if (source && row >= 0 && row < source->rows) {
        const char *header = inner;
        for (int i = 0; i < source->columns_count; i++)
            if (source->columns[i] && strcmp(source->columns[i]->name, inner) == 0)
                header = source->headers[i];
        fprintf(stderr, T(c, "  位置   %s 第 %d 行  %s\n", "  place  %s line %d  %s\n"), source->file,
                source->lines[row], header);
        return;
    }
    const char *label = m.rpc ? label_of_path(m.rpc->input, path, c->opt.zh) : "";
    if (!*label && row < 0) /* of the envelope: nothing that was typed */
        return;
    if (*label && strcmp(label, path) != 0)
        fprintf(stderr, T(c, "  位置   %s（%s）\n", "  place  %s (%s)\n"), label, path);
    else
        fprintf(stderr, T(c, "  位置   %s\n", "  place  %s\n"), path);
}

static void tell_problem(const struct client *c, struct method m, const Purser__V1__Problem *p,
                         const struct source *source)
{
    const char *text = T(c, p->text_zh, p->text_en), *article = T(c, p->article_zh, p->article_en);

    fprintf(stderr, "%s%s%s%s\n", c->opt.color ? "\033[31m" : "", T(c, "错误：", "error: "),
            c->opt.color ? "\033[0m" : "", clean(c->arena, *text ? text : p->reason));
    if (*p->rule) {
        fprintf(stderr, T(c, "  规则   %s", "  rule   %s"), clean(c->arena, p->rule));
        if (*article)
            fprintf(stderr, T(c, "（%s）", " (%s)"), clean(c->arena, article));
        if (*p->rule_from_date)
            fprintf(stderr, T(c, "  %s 起", "  from %s"), clean(c->arena, p->rule_from_date));
        fputc('\n', stderr);
    }
    bool is_of_role = strcmp(p->reason, "ROLE_FORBIDS") ==
                      0; /* its "method" is the command, no field of it */
    if (*p->field && !is_of_role)
        tell_place(c, m, p, source);
    const char *broke = in_language(c->arena, p->broke, c->opt.zh);
    const char *passes = in_language(c->arena, p->passes, c->opt.zh);
    if (*broke && !strstr(text, broke))
        fprintf(stderr, T(c, "  现为   %s\n", "  it is  %s\n"), clean(c->arena, broke));
    if (*passes)
        fprintf(stderr, T(c, "  可改为 %s\n", "  passes %s\n"), clean(c->arena, passes));
}

static void tell_json(const struct client *c, const struct answer *a, int exit_code)
{
    json_t *j = json_object(), *status = fields_to_json(&a->reply->status->base, false);
    json_object_set_new(j, "code", json_string(status_name(a->status)));
    json_object_set(j, "problems", json_object_get(status, "problems"));
    json_object_set_new(j, "request_id", json_string(a->request_id));
    json_object_set_new(j, "server_time", json_string(time_show(c->arena, a->reply->server_time_us)));
    json_object_set_new(j, "exit", json_integer(exit_code));
    json_t *whole = json_pack("{s:o}", "error", j);
    json_dumpf(whole, stderr, JSON_INDENT(2));
    fputc('\n', stderr);
    json_decref(status);
    json_decref(whole);
}

static int tell_unreached(const struct client *c, const struct answer *a, bool is_write)
{
    if (is_write) {
        fail(c, EXIT_QUEUED,
             T(c, "服务器没有答复（%s）。请求 %s 已存入待发箱；重复原命令也不会办两次",
               "no answer from the server (%s). Request %s is kept in the outbox; the same command again is "
               "safe"),
             a->why, a->request_id);
        advise(c, "purser outbox flush");
        return EXIT_QUEUED;
    }
    fail(c, EXIT_UNREACHED,
         T(c, "连不上服务器，或没有及时答复：%s", "the server was not reached or was too late: %s"), a->why);
    advise(c, "purser ping --server URL");
    return EXIT_UNREACHED;
}

int refused_tell(const struct client *c, struct method m, const struct answer *a, bool is_write,
                 const struct source *source)
{
    int code = exit_of(a, is_write);
    if (!a->reached)
        return tell_unreached(c, a, is_write);
    if (c->opt.output == OUTPUT_JSON || c->opt.output == OUTPUT_JSONL) {
        tell_json(c, a, code);
        return code;
    }
    const Purser__V1__Status *s = a->reply->status;
    if (s->n_problems == 0)
        fail(c, (enum exit_code)code, "%s", status_name(a->status));
    for (size_t i = 0; i < s->n_problems; i++)
        tell_problem(c, m, s->problems[i], source);
    fprintf(stderr, T(c, "  请求号 %s   服务器 %s\n", "  request %s   server %s\n"), a->request_id,
            time_show(c->arena, a->reply->server_time_us));
    for (size_t i = 0; i < s->n_problems; i++)
        if (*s->problems[i]->hint) {
            advise(c, "%s", clean(c->arena, s->problems[i]->hint));
            break;
        }
    if (code == EXIT_QUEUED)
        remark(c, T(c, "请求已存入待发箱：purser outbox flush", "kept in the outbox: purser outbox flush"));
    return code;
}
