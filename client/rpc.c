/* purser rpc list | describe | call: anything, with JSON. */
#include "client/rpc.h"

#include <string.h>

#include <jansson.h>

#include "client/nouns.h"
#include "client/perform.h"
#include "common/fields.h"
#include "common/words.h"

static int list(const struct client *c)
{
    for (int i = 0; i < services_count(); i++) {
        const ProtobufCServiceDescriptor *s = service_at(i);
        for (unsigned j = 0; j < s->n_methods; j++) {
            struct method m = {s, &s->methods[j]};
            printf("/%s/%s\t%s\t%s\n", s->name, s->methods[j].name, method_reads(m) ? "read" : "write",
                   verb_label(m, c->opt.zh));
        }
    }
    return EXIT_DONE;
}

static const char *type_name(const ProtobufCFieldDescriptor *f)
{
    switch (f->type) {
    case PROTOBUF_C_TYPE_STRING:
        return "string";
    case PROTOBUF_C_TYPE_BYTES:
        return "bytes (base64)";
    case PROTOBUF_C_TYPE_BOOL:
        return "bool";
    case PROTOBUF_C_TYPE_ENUM:
        return ((const ProtobufCEnumDescriptor *)f->descriptor)->short_name;
    case PROTOBUF_C_TYPE_MESSAGE:
        return ((const ProtobufCMessageDescriptor *)f->descriptor)->short_name;
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_UINT64:
        return "int64";
    default:
        return "int32";
    }
}

static void describe_message(const struct client *c, const ProtobufCMessageDescriptor *d, int depth)
{
    printf("%*s%s\n", depth * 2, "", d->short_name);
    for (unsigned i = 0; i < d->n_fields; i++) {
        const ProtobufCFieldDescriptor *f = &d->fields[i];
        printf("%*s  %s%s %s  // %s\n", depth * 2, "",
               f->label == PROTOBUF_C_LABEL_REPEATED ? "repeated " : "", type_name(f), f->name,
               label_of_field(d, f, c->opt.zh));
        if (f->type == PROTOBUF_C_TYPE_MESSAGE && depth < 6)
            describe_message(c, f->descriptor, depth + 2);
    }
}

static struct method method_or_verb(struct client *c, int argc, char **argv)
{
    if (argc == 0)
        return (struct method){NULL, NULL};
    return method_find(argv[0][0] == '/' || strchr(argv[0], '/') ? argv[0] : arena_text(c->arena, argv[0]));
}

static int call(struct client *c, struct method m, const char *text)
{
    struct filled f = {0};
    struct bytes data;
    const char *why = "";
    json_error_t error;

    if (strcmp(text, "-") == 0)
        text = file_read(c->arena, "-", &data) ? arena_textn(c->arena, (const char *)data.data, data.len)
                                               : "";
    json_t *j = json_loads(text, JSON_REJECT_DUPLICATES, &error);
    if (!j)
        return fail(c, EXIT_USAGE, "JSON: %s", error.text);
    f.request = fields_from_json(m.rpc->input, c->arena, j, &why);
    json_decref(j);
    if (!f.request)
        return fail(c, EXIT_USAGE, "JSON: %s", why);
    if (!c->opt.output_given)
        c->opt.output = OUTPUT_JSON;
    return perform(c, m, &f);
}

int command_rpc(struct client *c, int argc, char **argv)
{
    const char *verb = argc > 0 ? argv[0] : "list";
    if (strcmp(verb, "list") == 0)
        return list(c);

    struct method m = method_or_verb(c, argc - 1, argv + 1);
    bool is_call = strcmp(verb, "call") == 0;
    if ((!is_call && strcmp(verb, "describe") != 0) || argc < 2 || argc > 3)
        return fail(c, EXIT_USAGE,
                    T(c, "用法：purser rpc list | describe METHOD | call METHOD [JSON|-]",
                      "usage: purser rpc list | describe METHOD | call METHOD [JSON|-]"));
    if (!m.rpc)
        return fail(c, EXIT_USAGE,
                    T(c, "没有方法“%s”（purser rpc list）", "there is no method “%s” (purser rpc list)"),
                    argv[1]);
    if (is_call)
        return call(c, m, argc == 3 ? argv[2] : "{}");
    describe_message(c, m.rpc->input, 0);
    describe_message(c, m.rpc->output, 0);
    return EXIT_DONE;
}
