/* Values of fields: what people type → the field, by name suffix and descriptor. */
#include "client/values.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/check.h"
#include "common/date.h"
#include "common/fields.h"
#include "common/sign.h"
#include "common/text.h"
#include "common/words.h"

static bool parse_int(const char *text, int64_t *ret)
{
    char *end;
    errno = 0;
    long long n = strtoll(text, &end, 10);
    if (errno || end == text || *end)
        return false;
    *ret = n;
    return true;
}

static bool one_of(const char *text, const char *const *list, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (strcasecmp(text, list[i]) == 0)
            return true;
    return false;
}

static bool parse_bool(const char *text, bool *ret)
{
    static const char *const yes[] = {"是", "true", "t", "yes", "y", "1", "√", "有"};
    static const char *const no[] = {"否", "false", "f", "no", "n", "0", "×", "无", ""};
    *ret = one_of(text, yes, COUNT_OF(yes));
    return *ret || one_of(text, no, COUNT_OF(no));
}

/* "2026-06-12 15:04:05", "2026-06-12T15:04", a day, or plain microseconds; local time is UTC+8. */
static bool parse_time(const char *text, int64_t *ret)
{
    char date[32];
    size_t len = strcspn(text, " T");
    struct day d;
    int h = 0, m = 0, s = 0;

    if (parse_int(text, ret) && *ret > 1000000000)
        return true;
    if (len >= sizeof(date))
        return false;
    memcpy(date, text, len);
    date[len] = '\0';
    if (!day_parse_loose(date, &d))
        return false;
    if (text[len] && sscanf(text + len + 1, "%2d:%2d:%2d", &h, &m, &s) < 2)
        return false;
    *ret = ((int64_t)d.n * 86400 - 8 * 3600 + h * 3600 + m * 60 + s) * 1000000;
    return h >= 0 && h < 24 && m >= 0 && m < 60 && s >= 0 && s < 60;
}

/* "525" basis points, or "5.25%". */
static bool parse_bp(const char *text, int64_t *ret)
{
    size_t len = strlen(text);
    if (len == 0 || text[len - 1] != '%')
        return parse_int(text, ret);

    int64_t whole = 0, part = 0;
    size_t i = 0, decimals = 0;
    for (; i < len - 1 && text[i] >= '0' && text[i] <= '9' && i < 12; i++)
        whole = whole * 10 + (text[i] - '0');
    if (i == 0)
        return false;
    if (text[i] == '.')
        for (i++; i < len - 1 && decimals < 2 && text[i] >= '0' && text[i] <= '9'; i++, decimals++)
            part = part * 10 + (text[i] - '0');
    *ret = whole * 100 + (decimals == 1 ? part * 10 : part);
    return i == len - 1;
}

static bool parse_bytes(struct arena *a, const char *text, ProtobufCBinaryData *ret)
{
    size_t len = strlen(text);
    if (strncmp(text, "base64:", 7) == 0) {
        struct bytes b;
        if (!base64_parse(a, text + 7, &b))
            return false;
        uint8_t *copy = arena_alloc(a, b.len + 1);
        if (copy)
            memcpy(copy, b.data, b.len);
        *ret = (ProtobufCBinaryData){copy ? b.len : 0, copy};
        return copy;
    }
    uint8_t *data = arena_alloc(a, len / 2 + 1);
    if (data && len == 36 && uuid_parse(text, data)) {
        *ret = (ProtobufCBinaryData){16, data};
        return true;
    }
    *ret = (ProtobufCBinaryData){len / 2, data};
    return data && len % 2 == 0 && hex_parse(text, data, len / 2);
}

static const char *enum_choices(const struct client *c, const ProtobufCEnumDescriptor *e)
{
    const char *all = "";
    for (unsigned i = 0; i < e->n_values; i++) {
        const char *name = fields_enum_short(e, e->values[i].value);
        const struct word *w = word_of_enum(e, e->values[i].name);
        if (*name)
            all = arena_printf(c->arena, "%s%s%s%s%s%s", all, *all ? ", " : "", name, w ? " (" : "",
                               w ? T(c, w->zh, w->en) : "", w ? ")" : "");
    }
    return all;
}

static bool parse_enum(const ProtobufCEnumDescriptor *e, const char *text, int *ret)
{
    char name[96];
    size_t len = strlen(text);
    if (len < sizeof(name)) {
        for (size_t i = 0; i <= len; i++)
            name[i] = text[i] == '-' || text[i] == ' ' ? '_' : text[i];
        if (fields_enum_parse(e, name, ret))
            return true;
    }
    for (unsigned i = 0; i < e->n_values; i++) {
        const struct word *w = word_of_enum(e, e->values[i].name);
        if (w && (strcmp(w->zh, text) == 0 || strcasecmp(w->en, text) == 0)) {
            *ret = e->values[i].value;
            return true;
        }
    }
    return false;
}

static bool set_int64(const struct client *c, const ProtobufCFieldDescriptor *f, enum money_unit bare,
                      const char *text, int64_t *ret, const char **ret_why)
{
    if (is_money(f)) {
        if (money_parse(text, bare, ret, ret_why))
            return true;
        *ret_why = T(c, money_why_zh(*ret_why), *ret_why);
        return false;
    }
    if (name_ends(f->name, "_us")) {
        *ret_why = T(c, "应为时间，如 2026-06-12 15:04", "should be a time such as 2026-06-12 15:04");
        return parse_time(text, ret);
    }
    if (name_ends(f->name, "_bp")) {
        *ret_why = T(c, "应为百分数（5%）或万分数（500）",
                     "should be a percentage (5%) or basis points (500)");
        return parse_bp(text, ret);
    }
    *ret_why = T(c, "应为整数", "should be a whole number");
    return parse_int(text, ret);
}

static bool set_string(const struct client *c, const ProtobufCFieldDescriptor *f, const char *text,
                       char **ret, const char **ret_why)
{
    const char *fault = text_fault(text, strlen(text), SIZE_MAX), *kept = text_nfc(c->arena, text);
    *ret_why = T(c, "不是 UTF-8 文字（终端或脚本的编码？）",
                 "is no UTF-8 text (the encoding of the terminal or script?)");
    if (fault && strcmp(fault, "not UTF-8") == 0)
        return false;
    if (name_ends(f->name, "_date") && *text) {
        struct day d;
        *ret_why = T(c, "应为日期，如 2026-06-12、20260612、2026年6月12日",
                     "should be a date such as 2026-06-12");
        if (!day_parse_loose(text, &d))
            return false;
        kept = day_text(c->arena, d);
    }
    *ret = (char *)(uintptr_t)kept; /* in the arena, and nobody else's */
    return !arena_is_full(c->arena);
}

/* One value into its place. */
static bool put(const struct client *c, const ProtobufCFieldDescriptor *f, enum money_unit bare,
                const char *text, void *at, const char **ret_why)
{
    int64_t n;
    bool b;
    int e;
    switch (f->type) {
    case PROTOBUF_C_TYPE_STRING:
        return set_string(c, f, text, at, ret_why);
    case PROTOBUF_C_TYPE_BYTES:
        *ret_why = T(c, "应为十六进制，或 base64:…", "should be hex, or base64:…");
        return parse_bytes(c->arena, text, at);
    case PROTOBUF_C_TYPE_BOOL:
        *ret_why = T(c, "应为 是 或 否", "should be yes or no");
        if (!parse_bool(text, &b))
            return false;
        *(protobuf_c_boolean *)at = b;
        return true;
    case PROTOBUF_C_TYPE_ENUM:
        if (!parse_enum(f->descriptor, text, &e)) {
            *ret_why = arena_printf(c->arena, T(c, "可以是 %s", "may be %s"), enum_choices(c, f->descriptor));
            return false;
        }
        *(int *)at = e;
        return true;
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_FIXED64:
    case PROTOBUF_C_TYPE_SFIXED64:
        return set_int64(c, f, bare, text, at, ret_why);
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_SINT32:
    case PROTOBUF_C_TYPE_FIXED32:
    case PROTOBUF_C_TYPE_SFIXED32:
        *ret_why = T(c, "应为整数", "should be a whole number");
        if (!parse_int(text, &n) || n > INT32_MAX || n < INT32_MIN)
            return false;
        *(int32_t *)at = (int32_t)n;
        return true;
    default:
        *ret_why = T(c, "应为 键=值,… 或 JSON", "should be key=value,… or JSON");
        return false;
    }
}

static size_t element_size(const ProtobufCFieldDescriptor *f)
{
    switch (f->type) {
    case PROTOBUF_C_TYPE_STRING:
    case PROTOBUF_C_TYPE_MESSAGE:
        return sizeof(void *);
    case PROTOBUF_C_TYPE_BYTES:
        return sizeof(ProtobufCBinaryData);
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_FIXED64:
    case PROTOBUF_C_TYPE_SFIXED64:
        return 8;
    default:
        return 4;
    }
}

bool value_set(const struct client *c, ProtobufCMessage *m, const ProtobufCFieldDescriptor *f,
               enum money_unit bare, const char *text, const char **ret_why)
{
    *ret_why = "";
    if (f->label != PROTOBUF_C_LABEL_REPEATED)
        return put(c, f, bare, text, fields_at(m, f), ret_why);

    size_t n = *fields_count(m, f);
    if (!fields_resize(m, f, c->arena, n + 1))
        return false;
    char *array = *(char **)fields_at(m, f);
    if (put(c, f, bare, text, array + n * element_size(f), ret_why))
        return true;
    *fields_count(m, f) = n;
    return false;
}

bool value_set_all(const struct client *c, ProtobufCMessage *m, const struct field_ref *ref, const char *text,
                   const char **ret_why)
{
    if (ref->field->label != PROTOBUF_C_LABEL_REPEATED)
        return value_set(c, m, ref->field, ref->bare, text, ret_why);

    char *piece = arena_alloc(c->arena, strlen(text) + 1);
    size_t n = 0;
    for (; piece; text++) {
        if (*text == '\\' && text[1] == ',') {
            piece[n++] = *++text;
            continue;
        }
        if (*text && *text != ',') {
            piece[n++] = *text;
            continue;
        }
        piece[n] = '\0';
        if (n > 0 && !value_set(c, m, ref->field, ref->bare, piece, ret_why))
            return false;
        n = 0;
        if (!*text)
            return true;
    }
    return false;
}

const char *value_type(const struct client *c, const ProtobufCFieldDescriptor *f)
{
    if (is_money(f))
        return T(c, "金额，如 198.6万、1986000元", "amount: 198.6万, 1986000元");
    if (name_ends(f->name, "_date"))
        return T(c, "日期，如 2026-06-12", "date, 2026-06-12");
    if (name_ends(f->name, "_us"))
        return T(c, "时间，如 2026-06-12 15:04", "time, 2026-06-12 15:04");
    if (name_ends(f->name, "_bp"))
        return T(c, "百分数，如 5%", "percentage, 5%");
    switch (f->type) {
    case PROTOBUF_C_TYPE_STRING:
        return T(c, "文字", "text");
    case PROTOBUF_C_TYPE_BOOL:
        return T(c, "是、否", "yes or no");
    case PROTOBUF_C_TYPE_ENUM:
        return enum_choices(c, f->descriptor);
    case PROTOBUF_C_TYPE_BYTES:
        return T(c, "字节（十六进制）", "bytes (hex)");
    case PROTOBUF_C_TYPE_MESSAGE:
        return f->label == PROTOBUF_C_LABEL_REPEATED
                   ? T(c, "键=值,…（可重复）", "key=value,… (may be repeated)")
                   : T(c, "一组字段", "a group of fields");
    default:
        return T(c, "整数", "whole number");
    }
}
