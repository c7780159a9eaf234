/* Doing what was asked: purser NOUN VERB … from request to printed reply. */
#include "client/perform.h"

#include <string.h>

#include "client/complete.h"
#include "client/contexts.h"
#include "client/help.h"
#include "client/import.h"
#include "client/nearest.h"
#include "client/print.h"
#include "client/values.h"
#include "client/write.h"
#include "common/fields.h"
#include "common/words.h"

#define PAGES_MAX 10000
#define PAGE_SIZE 500

/* ---- reads ---- */

static void set_text(struct client *c, ProtobufCMessage *m, const char *name, const char *text)
{
    const ProtobufCFieldDescriptor *f = protobuf_c_message_descriptor_get_field_by_name(m->descriptor, name);
    const char *why;
    if (f)
        (void)!value_set(c, m, f, MONEY_FEN, text, &why);
}

static const char *next_page(const ProtobufCMessage *reply)
{
    const ProtobufCFieldDescriptor *f = protobuf_c_message_descriptor_get_field_by_name(reply->descriptor,
                                                                                        "next_page_token");
    return f && f->type == PROTOBUF_C_TYPE_STRING ? *(const char *const *)fields_at(reply, f) : "";
}

static int read_pages(struct client *c, struct method m, struct filled *f, ProtobufCMessage **pages,
                      int *ret_count)
{
    struct answer a;
    int code, n = 0;
    if (c->opt.all_pages && is_list(m) && !was_given(f, "page_size"))
        set_text(c, f->request, "page_size", arena_printf(c->arena, "%d", PAGE_SIZE));
    do {
        if (!trip_read(c, m, f->request, &a, &code))
            return code;
        if (!a.reached || a.status != STATUS_OK)
            return refused_tell(c, m, &a, false, NULL);
        pages[n++] = a.body;
        if (!c->opt.all_pages)
            break;
        set_text(c, f->request, "page_token", next_page(a.body));
    } while (n < PAGES_MAX && *next_page(a.body));
    *ret_count = n;
    return EXIT_DONE;
}

static int perform_read(struct client *c, struct method m, struct filled *f)
{
    ProtobufCMessage **pages = arena_array(c->arena, c->opt.all_pages ? PAGES_MAX : 1, sizeof(*pages));
    int count = 0;
    int code = pages ? read_pages(c, m, f, pages, &count) : EXIT_OTHER;
    if (code != EXIT_DONE)
        return code;
    code = print_replies(c, m, pages, count);
    const char *more = next_page(pages[count - 1]);
    if (*more && c->opt.output <= OUTPUT_CSV)
        remark(c, T(c, "还有下一页：--page-token %s，或加 --all", "there is more: --page-token %s, or --all"),
               clean(c->arena, more));
    return code;
}

/* ---- writes ---- */

static int dry_run(struct client *c, struct method m, struct filled *f)
{
    struct answer a;
    int code;
    if (!trip_dry_run(c, m, f->request, &a, &code))
        return code;
    if (!a.reached || a.status != STATUS_OK)
        return refused_tell(c, m, &a, false, NULL);
    remark(c, T(c, "可以办理（仅检查，未生效）", "it would be accepted (checked only, nothing done)"));
    return EXIT_DONE;
}

static int perform_change(struct client *c, struct method m, struct filled *f)
{
    uint8_t id[16];
    struct answer a;
    struct write w = {.method = m,
                      .request = f->request,
                      .typed = trip_typed(c, m, f->request),
                      .request_id = c->opt.request_id && uuid_parse(c->opt.request_id, id) ? id : NULL};
    int code;

    if (!store_open(c))
        return c->ctx && c->ctx->dir ? EXIT_FILE : EXIT_NOT_ALLOWED;
    bool is_again = !c->opt.dry_run && !c->opt.offline && trip_find(c, &w) > 0;
    if (!is_again) { /* what was signed before is sent as it was */
        enum completion done = complete_request(c, m, f->request, 0, &code);
        if (done == COMPLETE_FAILED)
            return code;
        w.is_unfinished = done == COMPLETE_LATER;
    }
    if (c->opt.dry_run)
        return dry_run(c, m, f);
    code = write_through(c, &w, NULL, &a);
    if (code != EXIT_DONE)
        return code;
    if (m.rpc->output->n_fields > 0)
        code = print_replies(c, m, &a.body, 1);
    receipt_remark(c, &a);
    return code;
}

int perform(struct client *c, struct method m, struct filled *f)
{
    return method_reads(m) ? perform_read(c, m, f) : perform_change(c, m, f);
}

static int tell_unknown_verb(const struct client *c, const ProtobufCServiceDescriptor *s, const char *typed)
{
    struct nearest n = {.typed = typed};
    for (unsigned i = 0; i < s->n_methods; i++)
        nearest_offer(&n, verb_of(c->arena, (struct method){s, &s->methods[i]}));
    fail(c, EXIT_USAGE, T(c, "%s 没有动词“%s”", "%s has no verb “%s”"), noun_of(c->arena, s), typed);
    advise(c, "purser %s %s", noun_of(c->arena, s), n.best ? n.best : "help");
    return EXIT_USAGE;
}

/* What asks or changes one object must name it, and an import its file: said before anything is signed. */
static bool is_complete(const struct client *c, struct method m, const struct filled *f)
{
    const ProtobufCMessageDescriptor *d = m.rpc->input;
    const ProtobufCFieldDescriptor *key = first_field(d), *rows = file_rows(m);
    bool is_of_one = protobuf_c_message_descriptor_get_field_by_name(d, "etag") ||
                     strncmp(m.rpc->name, "Get", 3) == 0;
    bool is_named = !key || !is_of_one || key->type != PROTOBUF_C_TYPE_STRING ||
                    !name_ends(key->name, "_id") || fields_is_set(f->request, key);

    if (rows && !f->file && !was_given(f, "rows"))
        fail(c, EXIT_USAGE, T(c, "没有给出要导入的文件", "no file to import was named"));
    else if (!is_named)
        fail(c, EXIT_USAGE, T(c, "没有给出%s（%s）", "no %s was named (%s)"),
             label_of_field(d, key, c->opt.zh), key->name);
    else
        return true;
    advise(c, "%s --help", command_of(c->arena, m));
    return false;
}

int command_noun(struct client *c, const ProtobufCServiceDescriptor *s, int argc, char **argv)
{
    struct filled f;
    int code;
    if (argc == 0 || strcmp(argv[0], "help") == 0)
        return help_noun(c, s);
    struct method m = verb_find(c->arena, s, argv[0]);
    if (!m.rpc)
        m = import_find(c->arena, s, argv[0]);
    if (!m.rpc)
        return tell_unknown_verb(c, s, argv[0]);
    if (c->opt.help)
        return help_verb(c, m);
    if (!args_fill(c, m, argc - 1, argv + 1, &f, &code))
        return code;
    if (!is_complete(c, m, &f))
        return EXIT_USAGE;
    if (!args_name_updates(c, &f))
        return EXIT_OTHER;
    return f.file ? import_file(c, m, &f) : perform(c, m, &f);
}
