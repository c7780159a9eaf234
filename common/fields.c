/* Walking messages by descriptor: values as text. */
#include "common/fields.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/check.h"
#include "common/sign.h"

ProtobufCMessage *fields_new(const ProtobufCMessageDescriptor *d, struct arena *a)
{
    ProtobufCMessage *m = arena_alloc(a, d->sizeof_message);

    if (m)
        d->message_init(m);
    return m;
}

void *fields_at(const ProtobufCMessage *m, const ProtobufCFieldDescriptor *f)
{
    return (void *)((uintptr_t)m + f->offset); /* through a number: the caller knows whether it may write */
}

size_t *fields_count(const ProtobufCMessage *m, const ProtobufCFieldDescriptor *f)
{
    PRE(f->label == PROTOBUF_C_LABEL_REPEATED);
    return (size_t *)((uintptr_t)m + f->quantifier_offset);
}

static size_t size_of(ProtobufCType type)
{
    switch (type) {
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_SFIXED64:
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_FIXED64:
    case PROTOBUF_C_TYPE_DOUBLE:
        return 8;
    case PROTOBUF_C_TYPE_BOOL:
        return sizeof(protobuf_c_boolean);
    case PROTOBUF_C_TYPE_STRING:
    case PROTOBUF_C_TYPE_MESSAGE:
        return sizeof(void *);
    case PROTOBUF_C_TYPE_BYTES:
        return sizeof(ProtobufCBinaryData);
    default:
        return 4;
    }
}

bool fields_is_set(const ProtobufCMessage *m, const ProtobufCFieldDescriptor *f)
{
    static const uint8_t zeros[8];
    const void *at = fields_at(m, f);

    if (f->label == PROTOBUF_C_LABEL_REPEATED)
        return *fields_count(m, f) > 0;
    switch (f->type) {
    case PROTOBUF_C_TYPE_STRING:
        return *(const char *const *)at && **(const char *const *)at;
    case PROTOBUF_C_TYPE_BYTES:
        return ((const ProtobufCBinaryData *)at)->len > 0;
    case PROTOBUF_C_TYPE_MESSAGE:
        return *(const ProtobufCMessage *const *)at;
    default:
        return memcmp(at, zeros, size_of(f->type)) != 0;
    }
}

/* ---- enums ---- */

static char upper(char c) { return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c; }

/* "CONTRACT_STATE_SIGNED" of enum ContractState → "SIGNED"; the whole name where the prefix is another. */
static const char *without_prefix(const char *name, const char *enum_name)
{
    const char *rest = name;

    for (; *enum_name; rest++) {
        if (*rest == '_')
            continue;
        if (*rest != upper(*enum_name))
            return name;
        enum_name++;
    }
    return rest[0] == '_' && rest[1] ? rest + 1 : name;
}

const char *fields_enum_short(const ProtobufCEnumDescriptor *e, int value)
{
    const ProtobufCEnumValue *v = protobuf_c_enum_descriptor_get_value(e, value);

    if (!v)
        return "";
    const char *name = without_prefix(v->name, e->short_name);
    return strcmp(name, "UNSPECIFIED") == 0 ? "" : name;
}

static bool same_word(const char *a, const char *b)
{
    return tolower((unsigned char)*a) == tolower((unsigned char)*b) && strcasecmp(a, b) == 0;
}

bool fields_enum_parse(const ProtobufCEnumDescriptor *e, const char *name, int *ret)
{
    size_t prefix = (size_t)(without_prefix(e->values[0].name, e->short_name) - e->values[0].name);
    for (unsigned i = 0; i < e->n_values; i++) {
        const char *full = e->values[i].name;
        bool has_prefix = strncmp(full, e->values[0].name, prefix) == 0;
        if (!same_word(full + (has_prefix ? prefix : 0), name) && !same_word(full, name))
            continue;
        *ret = e->values[i].value;
        return true;
    }
    return false;
}

/* ---- numbers ---- */

/* Strictly decimal: no blanks, no plus, no leading zeros. */
static bool is_decimal(const char *text, bool may_be_negative)
{
    if (may_be_negative && text[0] == '-' && text[1] != '0')
        text++;
    if (!text[0] || (text[0] == '0' && text[1]))
        return false;
    return text[strspn(text, "0123456789")] == '\0';
}

static bool parse_signed(const char *text, int64_t min, int64_t max, int64_t *ret)
{
    if (!is_decimal(text, true))
        return false;
    errno = 0;
    long long n = strtoll(text, NULL, 10);
    if (errno != 0 || n < min || n > max)
        return false;
    *ret = n;
    return true;
}

static bool parse_unsigned(const char *text, uint64_t max, uint64_t *ret)
{
    if (!is_decimal(text, false))
        return false;
    errno = 0;
    unsigned long long n = strtoull(text, NULL, 10);
    if (errno != 0 || n > max)
        return false;
    *ret = n;
    return true;
}

static bool parse_bool(const char *text, protobuf_c_boolean *ret)
{
    bool is_true = !strcasecmp(text, "true") || !strcasecmp(text, "t") || !strcmp(text, "1");
    bool is_false = !strcasecmp(text, "false") || !strcasecmp(text, "f") || !strcmp(text, "0");

    if (!is_true && !is_false)
        return false;
    *ret = is_true;
    return true;
}

/* ---- one field as text ---- */

static bool set_number(void *at, ProtobufCType type, const char *text)
{
    int64_t i;
    uint64_t u;

    switch (type) {
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_SINT32:
    case PROTOBUF_C_TYPE_SFIXED32:
        return parse_signed(text, INT32_MIN, INT32_MAX, &i) && (*(int32_t *)at = (int32_t)i, true);
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_SFIXED64:
        return parse_signed(text, INT64_MIN, INT64_MAX, &i) && (*(int64_t *)at = i, true);
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_FIXED32:
        return parse_unsigned(text, UINT32_MAX, &u) && (*(uint32_t *)at = (uint32_t)u, true);
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_FIXED64:
        return parse_unsigned(text, UINT64_MAX, &u) && (*(uint64_t *)at = u, true);
    default:
        return false; /* there are no floats here */
    }
}

static bool set_bytes(ProtobufCBinaryData *at, struct arena *a, const char *text)
{
    if (text[0] == '\\' && text[1] == 'x') /* as PostgreSQL prints them */
        text += 2;
    size_t len = strlen(text) / 2;
    uint8_t *data = arena_alloc(a, len + 1);

    if (!data || !hex_parse(text, data, len))
        return false;
    *at = (ProtobufCBinaryData){.len = len, .data = data};
    return true;
}

bool fields_set_text(ProtobufCMessage *m, const ProtobufCFieldDescriptor *f, struct arena *a,
                     const char *text)
{
    void *at = fields_at(m, f);
    int value = 0;

    if (f->label == PROTOBUF_C_LABEL_REPEATED)
        return false;
    switch (f->type) {
    case PROTOBUF_C_TYPE_STRING:
        *(const char **)at = arena_text(a, text);
        return !arena_is_full(a);
    case PROTOBUF_C_TYPE_BYTES:
        return set_bytes(at, a, text);
    case PROTOBUF_C_TYPE_BOOL:
        return parse_bool(text, at);
    case PROTOBUF_C_TYPE_ENUM:
        if (text[0] && !fields_enum_parse(f->descriptor, text, &value))
            return false;
        *(int *)at = value;
        return true;
    case PROTOBUF_C_TYPE_MESSAGE:
        return false;
    default:
        return set_number(at, f->type, text);
    }
}

const char *fields_text(const ProtobufCMessage *m, const ProtobufCFieldDescriptor *f, size_t i,
                        struct arena *a)
{
    const char *at = fields_at(m, f);

    if (f->label == PROTOBUF_C_LABEL_REPEATED) {
        PRE(i < *fields_count(m, f));
        at = *(const char *const *)(const void *)at + i * size_of(f->type);
    }
    const void *value = at;
    const ProtobufCBinaryData *bytes = value;
    switch (f->type) {
    case PROTOBUF_C_TYPE_STRING:
        return *(const char *const *)value ? *(const char *const *)value : "";
    case PROTOBUF_C_TYPE_BYTES:
        return hex_text(a, bytes->data, bytes->len);
    case PROTOBUF_C_TYPE_BOOL:
        return *(const protobuf_c_boolean *)value ? "true" : "false";
    case PROTOBUF_C_TYPE_ENUM:
        return fields_enum_short(f->descriptor, *(const int *)value);
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_SINT32:
    case PROTOBUF_C_TYPE_SFIXED32:
        return arena_printf(a, "%" PRId32, *(const int32_t *)value);
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_FIXED32:
        return arena_printf(a, "%" PRIu32, *(const uint32_t *)value);
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_SFIXED64:
        return arena_printf(a, "%" PRId64, *(const int64_t *)value);
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_FIXED64:
        return arena_printf(a, "%" PRIu64, *(const uint64_t *)value);
    default:
        return ""; /* messages have no text, floats do not occur */
    }
}

bool fields_resize(ProtobufCMessage *m, const ProtobufCFieldDescriptor *f, struct arena *a, size_t n)
{
    size_t *count = fields_count(m, f), kept = *count < n ? *count : n, size = size_of(f->type);
    void **at = fields_at(m, f);
    char *rows = arena_array(a, n > 0 ? n : 1, size);

    if (!rows)
        return false;
    if (kept > 0)
        memcpy(rows, *at, kept * size);
    for (size_t i = kept; i < n; i++) {
        void *row = rows + i * size;
        if (f->type == PROTOBUF_C_TYPE_MESSAGE && !(*(ProtobufCMessage **)row = fields_new(f->descriptor, a)))
            return false;
        if (f->type == PROTOBUF_C_TYPE_STRING)
            *(const char **)row = "";
    }
    *at = rows;
    *count = n;
    return true;
}
