/* What bytes from outside must pass before a handler sees them. */
#include "common/wire.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "common/check.h"
#include "common/date.h"
#include "common/fields.h"
#include "common/text.h"

#define ROWS_MAX 500
#define TAGS_MAX 256 /* fields of one message type */

/* ---- the pre-scan ---- */

enum wire_type { WIRE_VARINT, WIRE_64BIT, WIRE_LENGTH, WIRE_GROUP, WIRE_GROUP_END, WIRE_32BIT };

/* Where the walk stands. The first fault wins. */
struct scan {
    int fields; /* seen so far, elements of packed fields among them */
    const char *why;
};

struct span {
    const uint8_t *at, *end;
};

static bool fault(struct scan *s, const char *why)
{
    if (!s->why)
        s->why = why;
    return false;
}

static bool read_varint(struct scan *s, struct span *in, uint64_t *ret)
{
    uint64_t value = 0;

    for (unsigned shift = 0; shift < 70; shift += 7) {
        if (in->at == in->end)
            return fault(s, "truncated");
        uint8_t byte = *in->at++;
        if (shift == 63 && byte > 1)
            return fault(s, "varint over 64 bits");
        value |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80) {
            *ret = value;
            return true;
        }
    }
    return fault(s, "varint over 64 bits");
}

static bool skip(struct scan *s, struct span *in, uint64_t len)
{
    if (len > (uint64_t)(in->end - in->at))
        return fault(s, "truncated");
    in->at += len;
    return true;
}

static enum wire_type wire_type_of(ProtobufCType type)
{
    switch (type) {
    case PROTOBUF_C_TYPE_STRING:
    case PROTOBUF_C_TYPE_BYTES:
    case PROTOBUF_C_TYPE_MESSAGE:
        return WIRE_LENGTH;
    case PROTOBUF_C_TYPE_SFIXED32:
    case PROTOBUF_C_TYPE_FIXED32:
    case PROTOBUF_C_TYPE_FLOAT:
        return WIRE_32BIT;
    case PROTOBUF_C_TYPE_SFIXED64:
    case PROTOBUF_C_TYPE_FIXED64:
    case PROTOBUF_C_TYPE_DOUBLE:
        return WIRE_64BIT;
    default:
        return WIRE_VARINT;
    }
}

/* protobuf-c would silently cut what does not fit. */
static bool varint_fits(ProtobufCType type, uint64_t value)
{
    switch (type) {
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_SINT32: /* zigzag */
        return value <= UINT32_MAX;
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_ENUM: /* a negative one is extended to 64 bits */
        return value <= INT32_MAX || value >= UINT64_MAX - INT32_MAX;
    case PROTOBUF_C_TYPE_BOOL:
        return value <= 1;
    default:
        return true;
    }
}

/* One number: a field of its own, or an element of a packed one. */
static bool scan_number(struct scan *s, struct span *in, ProtobufCType type)
{
    uint64_t value;

    switch (wire_type_of(type)) {
    case WIRE_32BIT:
        return skip(s, in, 4);
    case WIRE_64BIT:
        return skip(s, in, 8);
    default:
        return read_varint(s, in, &value) &&
               (varint_fits(type, value) || fault(s, "number too large for its field"));
    }
}

static bool count_field(struct scan *s)
{
    return ++s->fields <= WIRE_FIELDS_MAX || fault(s, "too many fields");
}

static bool scan_packed(struct scan *s, struct span in, ProtobufCType type)
{
    while (in.at < in.end)
        if (!count_field(s) || !scan_number(s, &in, type))
            return false;
    return true;
}

static bool scan_message(struct scan *s, struct span in, const ProtobufCMessageDescriptor *d, int depth);

static bool scan_length(struct scan *s, struct span *in, const ProtobufCFieldDescriptor *f, int depth)
{
    uint64_t len;

    if (!read_varint(s, in, &len))
        return false;
    struct span inner = {in->at, in->at};
    if (!skip(s, in, len))
        return false;
    inner.end = in->at;

    switch (f->type) {
    case PROTOBUF_C_TYPE_MESSAGE:
        return scan_message(s, inner, f->descriptor, depth + 1);
    case PROTOBUF_C_TYPE_STRING: /* behind a NUL C would see nothing */
        return !memchr(inner.at, 0, (size_t)len) || fault(s, "NUL in a text");
    case PROTOBUF_C_TYPE_BYTES:
        return true;
    default:
        return f->label == PROTOBUF_C_LABEL_REPEATED ? scan_packed(s, inner, f->type)
                                                     : fault(s, "wrong wire type");
    }
}

static bool scan_message(struct scan *s, struct span in, const ProtobufCMessageDescriptor *d, int depth)
{
    uint8_t seen[TAGS_MAX / 8] = {0};
    uint64_t tag;

    if (depth > WIRE_DEPTH_MAX)
        return fault(s, "too deep");
    while (in.at < in.end) {
        if (!count_field(s) || !read_varint(s, &in, &tag))
            return false;
        const ProtobufCFieldDescriptor *f = tag <= UINT32_MAX
                                                ? protobuf_c_message_descriptor_get_field(d, (unsigned)(tag >>
                                                                                                        3))
                                                : NULL;
        if (!f)
            return fault(s, "unknown field");

        size_t at = (size_t)(f - d->fields);
        PRE(at < TAGS_MAX);
        uint8_t bit = (uint8_t)(1U << at % 8);
        if (f->label != PROTOBUF_C_LABEL_REPEATED && (seen[at / 8] & bit))
            return fault(s, "field twice");
        seen[at / 8] |= bit;

        enum wire_type type = (enum wire_type)(tag & 7);
        bool is_good = type == WIRE_LENGTH             ? scan_length(s, &in, f, depth)
                       : type == wire_type_of(f->type) ? scan_number(s, &in, f->type)
                                                       : fault(s, "wrong wire type");
        if (!is_good)
            return false;
    }
    return true;
}

bool wire_prescan(const ProtobufCMessageDescriptor *d, const void *data, size_t len, const char **ret_why)
{
    struct scan s = {0};
    const uint8_t *bytes = len > 0 ? data : (const uint8_t *)"";

    if (scan_message(&s, (struct span){bytes, bytes + len}, d, 1))
        return true;
    *ret_why = s.why;
    return false;
}

ProtobufCMessage *wire_unpack(const ProtobufCMessageDescriptor *d, struct arena *a, const void *data,
                              size_t len, const char **ret_why)
{
    if (!wire_prescan(d, data, len, ret_why))
        return NULL;
    ProtobufCMessage *m = protobuf_c_message_unpack(d, arena_allocator(a), len,
                                                    len > 0 ? data : (const uint8_t *)"");
    if (!m)
        *ret_why = arena_is_full(a) ? "too large" : "not a message";
    return m;
}

/* ---- validation by descriptor ---- */

/* How the walk came here; becomes text only when something is wrong. */
struct path {
    const struct path *up;
    const char *name;
    long row; /* −1: not repeated */
};

static const char *path_text(struct arena *a, const struct path *p)
{
    const char *up = p->up ? path_text(a, p->up) : "", *dot = p->up ? "." : "";

    if (p->row < 0)
        return arena_printf(a, "%s%s%s", up, dot, p->name);
    return arena_printf(a, "%s%s%s[%ld]", up, dot, p->name, p->row);
}

static bool bad(struct refusal *why, const struct path *p, const char *broke, const char *passes)
{
    return refuse(why, "BAD_FIELD", .field = path_text(why->arena, p), .broke = broke, .passes = passes);
}

/* Every field whose name ends in _date is a civil day, ISO, or empty. */
static bool is_date_field(const char *name)
{
    static const char suffix[] = "_date";
    size_t len = strlen(name);

    return len >= sizeof(suffix) - 1 && strcmp(name + len - (sizeof(suffix) - 1), suffix) == 0;
}

static bool text_is_good(const char *text, const struct path *p, struct refusal *why)
{
    const char *wrong = text_fault(text, strlen(text), WIRE_TEXT_CHARS_MAX);
    struct day ignored;

    if (wrong)
        return bad(why, p, wrong, say_text(why, "NFC UTF-8, at most %d characters", WIRE_TEXT_CHARS_MAX));
    if (text[0] && is_date_field(p->name) && !day_parse_iso(text, &ignored))
        return bad(why, p, text, "2026-06-12");
    return true;
}

static bool enum_is_good(const ProtobufCEnumDescriptor *e, int value, const struct path *p,
                         struct refusal *why)
{
    return protobuf_c_enum_descriptor_get_value(e, value) ||
           bad(why, p, say_text(why, "%d", value), say_text(why, "a value of %s", e->short_name));
}

static bool message_is_good(const ProtobufCMessage *m, const struct path *up, struct refusal *why);

/* One value: `at` is the address of the field's value or of an element. */
static bool value_is_good(const ProtobufCFieldDescriptor *f, const void *at, const struct path *p,
                          struct refusal *why)
{
    switch (f->type) {
    case PROTOBUF_C_TYPE_STRING:
        return text_is_good(*(const char *const *)at, p, why);
    case PROTOBUF_C_TYPE_ENUM:
        return enum_is_good(f->descriptor, *(const int *)at, p, why);
    case PROTOBUF_C_TYPE_MESSAGE: {
        const ProtobufCMessage *m = *(const ProtobufCMessage *const *)at;
        return !m || message_is_good(m, p, why);
    }
    default:
        return true;
    }
}

static size_t element_size(ProtobufCType type)
{
    return type == PROTOBUF_C_TYPE_STRING    ? sizeof(char *)
           : type == PROTOBUF_C_TYPE_MESSAGE ? sizeof(ProtobufCMessage *)
                                             : sizeof(int);
}

static bool rows_are_good(const ProtobufCMessage *m, const ProtobufCFieldDescriptor *f, const struct path *up,
                          struct refusal *why)
{
    size_t count = *fields_count(m, f);
    struct path p = {up, f->name, -1};

    if (count > ROWS_MAX)
        return bad(why, &p, say_text(why, "%zu rows", count), say_text(why, "at most %d rows", ROWS_MAX));
    if (f->type != PROTOBUF_C_TYPE_STRING && f->type != PROTOBUF_C_TYPE_ENUM &&
        f->type != PROTOBUF_C_TYPE_MESSAGE)
        return true;
    const char *rows = *(const char *const *)fields_at(m, f);
    for (size_t i = 0; i < count; i++) {
        p.row = (long)i;
        if (!value_is_good(f, rows + i * element_size(f->type), &p, why))
            return false;
    }
    return true;
}

static bool message_is_good(const ProtobufCMessage *m, const struct path *up, struct refusal *why)
{
    for (unsigned i = 0; i < m->descriptor->n_fields; i++) {
        const ProtobufCFieldDescriptor *f = &m->descriptor->fields[i];
        struct path p = {up, f->name, -1};
        bool is_good = f->label == PROTOBUF_C_LABEL_REPEATED ? rows_are_good(m, f, up, why)
                                                             : value_is_good(f, fields_at(m, f), &p, why);
        if (!is_good)
            return false;
    }
    return true;
}

bool wire_validate(const ProtobufCMessage *m, struct refusal *why) { return message_is_good(m, NULL, why); }

struct bytes wire_pack(const ProtobufCMessage *m, struct arena *a)
{
    size_t len = protobuf_c_message_get_packed_size(m);
    uint8_t *data = arena_alloc(a, len > 0 ? len : 1);

    if (!data)
        return (struct bytes){0};
    protobuf_c_message_pack(m, data);
    return (struct bytes){data, len};
}
