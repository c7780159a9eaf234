/* Values of fields as people read them: money in the wanted unit, local times, words for enums. */
#include <inttypes.h>
#include <string.h>

#include "client/values.h"
#include "common/date.h"
#include "common/fields.h"
#include "common/sign.h"
#include "common/words.h"

#define HEX_SHOWN_BYTES 8

const char *time_show(struct arena *a, int64_t us)
{
    if (us == 0)
        return "";
    int64_t second = us / 1000000 + 8 * 3600, in_day = second % 86400;
    return arena_printf(a, "%s %02d:%02d:%02d", day_text(a, day_of_us(us)), (int)(in_day / 3600),
                        (int)(in_day / 60 % 60), (int)(in_day % 60));
}

static const char *show_money(const struct client *c, int64_t fen, enum value_style style)
{
    if (style == VALUE_LINE && !c->opt.unit_given)
        return money_say(c->arena, fen);
    const char *text = money_text(c->arena, fen, c->opt.unit,
                                  style != VALUE_FILE && c->opt.unit == MONEY_YUAN);
    return style == VALUE_LINE ? arena_printf(c->arena, "%s %s", text, money_unit_name(c->opt.unit)) : text;
}

static const char *show_int(const struct client *c, const ProtobufCFieldDescriptor *f, int64_t n,
                            enum value_style style)
{
    if (is_money(f))
        return show_money(c, n, style);
    if (name_ends(f->name, "_us"))
        return time_show(c->arena, n);
    if (name_ends(f->name, "_bp"))
        return arena_printf(c->arena, "%s%" PRId64 ".%02d%%", n < 0 ? "-" : "", (n < 0 ? -n : n) / 100,
                            (int)((n < 0 ? -n : n) % 100));
    return arena_printf(c->arena, "%" PRId64, n);
}

static const char *show_enum(const struct client *c, const ProtobufCEnumDescriptor *e, int value)
{
    const ProtobufCEnumValue *v = protobuf_c_enum_descriptor_get_value(e, value);
    const char *name = fields_enum_short(e, value);
    const struct word *w = v ? word_of_enum(e, v->name) : NULL;
    if (!*name)
        return value == 0 ? "" : arena_printf(c->arena, "%d", value);
    return w ? T(c, w->zh, w->en) : name;
}

static const char *show_bytes(const struct client *c, const ProtobufCBinaryData *b, enum value_style style)
{
    bool cut = style == VALUE_SCREEN && b->len > HEX_SHOWN_BYTES && c->opt.output != OUTPUT_WIDE;
    const char *hex = hex_text(c->arena, b->data, cut ? HEX_SHOWN_BYTES : b->len);
    return cut ? arena_printf(c->arena, "%s…", hex) : hex;
}

/* "CLERK APPROVER" in words, where the field says whose names it holds. */
static const char *show_codes(const struct client *c, const char *enums, const char *text)
{
    const char *all = "", *comma = strncmp(enums, "EVENT", 5) == 0 ? " " : T(c, "、", ", ");
    for (size_t n = 0; *text; text += n + (text[n] == ' ')) {
        n = strcspn(text, " ");
        const struct word *w = word_of_code(enums, text, n);
        all = arena_printf(c->arena, "%s%s%.*s%s", all, *all ? comma : "", w ? 0 : (int)n, text,
                           w ? T(c, w->zh, w->en) : "");
    }
    return all;
}

static const char *show_text(const struct client *c, const ProtobufCMessageDescriptor *d,
                             const ProtobufCFieldDescriptor *f, const char *text)
{
    const struct word *w = text && *text ? word_of_field(d, f) : NULL;
    return w && *w->enums ? show_codes(c, w->enums, clean(c->arena, text))
           : text         ? clean(c->arena, text)
                          : "";
}

const char *value_show(const struct client *c, const ProtobufCMessage *m, const ProtobufCFieldDescriptor *f,
                       size_t i, enum value_style style)
{
    const ProtobufCFieldDescriptor *known = known_field(m->descriptor, f);
    const char *at = fields_at(m, f);
    bool many = f->label == PROTOBUF_C_LABEL_REPEATED;

    if (known && !*(const protobuf_c_boolean *)fields_at(m, known))
        return style == VALUE_FILE ? "" : "–";
    if (many)
        at = *(const char *const *)(const void *)at;
    switch (f->type) {
    case PROTOBUF_C_TYPE_STRING:
        return show_text(c, m->descriptor, f, ((const char *const *)(const void *)at)[i]);
    case PROTOBUF_C_TYPE_BYTES:
        return show_bytes(c, (const ProtobufCBinaryData *)(const void *)at + i, style);
    case PROTOBUF_C_TYPE_BOOL:
        return ((const protobuf_c_boolean *)(const void *)at)[i] ? T(c, "是", "yes") : T(c, "否", "no");
    case PROTOBUF_C_TYPE_ENUM:
        return show_enum(c, f->descriptor, ((const int *)(const void *)at)[i]);
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_FIXED64:
    case PROTOBUF_C_TYPE_SFIXED64:
        return show_int(c, f, ((const int64_t *)(const void *)at)[i], style);
    case PROTOBUF_C_TYPE_MESSAGE:
        return "";
    default:
        return show_int(c, f, ((const int32_t *)(const void *)at)[i], style);
    }
}

const char *value_show_all(const struct client *c, const ProtobufCMessage *m,
                           const ProtobufCFieldDescriptor *f, enum value_style style)
{
    if (f->label != PROTOBUF_C_LABEL_REPEATED)
        return value_show(c, m, f, 0, style);

    const char *all = "";
    for (size_t i = 0; i < *fields_count(m, f); i++)
        all = arena_printf(c->arena, "%s%s%s", all, i ? T(c, "、", ", ") : "", value_show(c, m, f, i, style));
    return all;
}
