/* Messages as JSON and back, by descriptor. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "common/check.h"
#include "common/fields.h"
#include "common/sign.h"

/* ---- to JSON ---- */

static json_t *bytes_to_json(const ProtobufCBinaryData *b)
{
    size_t room = sodium_base64_encoded_len(b->len, sodium_base64_VARIANT_ORIGINAL);
    char *text = malloc(room);

    if (!text)
        return NULL;
    sodium_bin2base64(text, room, b->data, b->len, sodium_base64_VARIANT_ORIGINAL);
    json_t *json = json_string(text);
    free(text);
    return json;
}

/* JSON integers are signed; what is beyond them goes as text, as protobuf does with all 64-bit numbers. */
static json_t *unsigned_to_json(uint64_t n)
{
    char text[24];

    if (n <= INT64_MAX)
        return json_integer((json_int_t)n);
    snprintf(text, sizeof(text), "%" PRIu64, n);
    return json_string(text);
}

static json_t *value_to_json(const ProtobufCFieldDescriptor *f, const void *at, bool sparse)
{
    switch (f->type) {
    case PROTOBUF_C_TYPE_STRING:
        return json_string(*(const char *const *)at ? *(const char *const *)at : "");
    case PROTOBUF_C_TYPE_BYTES:
        return bytes_to_json(at);
    case PROTOBUF_C_TYPE_BOOL:
        return json_boolean(*(const protobuf_c_boolean *)at);
    case PROTOBUF_C_TYPE_ENUM:
        return json_string(fields_enum_short(f->descriptor, *(const int *)at));
    case PROTOBUF_C_TYPE_MESSAGE: {
        const ProtobufCMessage *m = *(const ProtobufCMessage *const *)at;
        return m ? fields_to_json(m, sparse) : json_null();
    }
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_SINT32:
    case PROTOBUF_C_TYPE_SFIXED32:
        return json_integer(*(const int32_t *)at);
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_FIXED32:
        return json_integer(*(const uint32_t *)at);
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_SFIXED64:
        return json_integer(*(const int64_t *)at);
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_FIXED64:
        return unsigned_to_json(*(const uint64_t *)at);
    default:
        return json_null();
    }
}

static size_t row_size(ProtobufCType type)
{
    switch (type) {
    case PROTOBUF_C_TYPE_BYTES:
        return sizeof(ProtobufCBinaryData);
    case PROTOBUF_C_TYPE_BOOL:
        return sizeof(protobuf_c_boolean);
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_SINT32:
    case PROTOBUF_C_TYPE_SFIXED32:
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_FIXED32:
    case PROTOBUF_C_TYPE_FLOAT:
    case PROTOBUF_C_TYPE_ENUM:
        return 4;
    default:
        return 8;
    }
}

static json_t *rows_to_json(const ProtobufCMessage *m, const ProtobufCFieldDescriptor *f, bool sparse)
{
    json_t *list = json_array();
    const char *rows = *(const char *const *)fields_at(m, f);

    for (size_t i = 0; i < *fields_count(m, f); i++)
        json_array_append_new(list, value_to_json(f, rows + i * row_size(f->type), sparse));
    return list;
}

json_t *fields_to_json(const ProtobufCMessage *m, bool sparse)
{
    json_t *object = json_object();

    for (unsigned i = 0; i < m->descriptor->n_fields; i++) {
        const ProtobufCFieldDescriptor *f = &m->descriptor->fields[i];
        if (sparse && !fields_is_set(m, f))
            continue;
        json_object_set_new(object, f->name,
                            f->label == PROTOBUF_C_LABEL_REPEATED
                                ? rows_to_json(m, f, sparse)
                                : value_to_json(f, fields_at(m, f), sparse));
    }
    return object;
}

/* ---- from JSON ---- */

struct reading {
    struct arena *a;
    const char *why; /* the first thing that was wrong */
};

static bool wrong(struct reading *r, const char *path, const char *what)
{
    if (!r->why)
        r->why = arena_printf(r->a, "%s: %s", path[0] ? path : "the message", what);
    return false;
}

/* Text without a NUL inside, or NULL. */
static const char *json_text(const json_t *json)
{
    const char *text = json_string_value(json);

    return text && strlen(text) == json_string_length(json) ? text : NULL;
}

static bool number_from_json(struct reading *r, const char *path, ProtobufCMessage *holder,
                             const ProtobufCFieldDescriptor *f, const json_t *json)
{
    const char *text = json_is_integer(json)
                           ? arena_printf(r->a, "%" JSON_INTEGER_FORMAT, json_integer_value(json))
                           : json_text(json);

    if (!text || !fields_set_text(holder, f, r->a, text))
        return wrong(r, path, "a whole number that fits is wanted");
    return true;
}

static bool enum_from_json(struct reading *r, const char *path, int *at, const ProtobufCEnumDescriptor *e,
                           const json_t *json)
{
    const char *name = json_text(json);

    if (json_is_integer(json) && json_integer_value(json) >= 0 && json_integer_value(json) <= INT32_MAX &&
        protobuf_c_enum_descriptor_get_value(e, (int)json_integer_value(json))) {
        *at = (int)json_integer_value(json);
        return true;
    }
    if (name && !name[0]) {
        *at = 0;
        return true;
    }
    return (name && fields_enum_parse(e, name, at)) ||
           wrong(r, path, arena_printf(r->a, "a value of %s is wanted", e->short_name));
}

static ProtobufCMessage *message_from_json(struct reading *r, const char *path,
                                           const ProtobufCMessageDescriptor *d, const json_t *json);

/* One value to `at`. Numbers go through `holder`, whose field f lies at `at`. */
static bool value_from_json(struct reading *r, const char *path, ProtobufCMessage *holder,
                            const ProtobufCFieldDescriptor *f, void *at, const json_t *json)
{
    struct bytes data;

    switch (f->type) {
    case PROTOBUF_C_TYPE_STRING:
        if (!json_text(json))
            return wrong(r, path, "a text is wanted");
        *(const char **)at = arena_text(r->a, json_text(json));
        return true;
    case PROTOBUF_C_TYPE_BYTES:
        if (!json_text(json) || !base64_parse(r->a, json_text(json), &data))
            return wrong(r, path, "base64 is wanted");
        *(ProtobufCBinaryData *)at = (ProtobufCBinaryData){data.len, (uint8_t *)(uintptr_t)data.data};
        return true;
    case PROTOBUF_C_TYPE_BOOL:
        if (!json_is_boolean(json))
            return wrong(r, path, "true or false is wanted");
        *(protobuf_c_boolean *)at = json_is_true(json);
        return true;
    case PROTOBUF_C_TYPE_ENUM:
        return enum_from_json(r, path, at, f->descriptor, json);
    case PROTOBUF_C_TYPE_MESSAGE:
        return (*(ProtobufCMessage **)at = message_from_json(r, path, f->descriptor, json));
    default:
        return number_from_json(r, path, holder, f, json);
    }
}

static bool rows_from_json(struct reading *r, const char *path, ProtobufCMessage *m,
                           const ProtobufCFieldDescriptor *f, const json_t *json)
{
    if (!json_is_array(json))
        return wrong(r, path, "a list is wanted");
    if (!fields_resize(m, f, r->a, json_array_size(json)))
        return wrong(r, path, "too large");

    /* A number is set through a singular twin of its field in a message of one value. */
    struct {
        ProtobufCMessage base;
        uint64_t value;
    } one = {.base = {.descriptor = m->descriptor}};
    ProtobufCFieldDescriptor twin = *f;
    twin.label = PROTOBUF_C_LABEL_NONE;
    twin.offset = (unsigned)((const char *)&one.value - (const char *)&one);
    bool is_number = f->type < PROTOBUF_C_TYPE_BOOL;
    char *rows = *(char **)fields_at(m, f);
    for (size_t i = 0; i < json_array_size(json); i++) {
        void *at = rows + i * row_size(f->type);
        const char *row = arena_printf(r->a, "%s[%zu]", path, i);
        if (!value_from_json(r, row, &one.base, &twin, at, json_array_get(json, i)))
            return false;
        if (is_number)
            memcpy(at, &one.value, row_size(f->type));
    }
    return true;
}

static ProtobufCMessage *message_from_json(struct reading *r, const char *path,
                                           const ProtobufCMessageDescriptor *d, const json_t *json)
{
    ProtobufCMessage *m = json_is_object(json) ? fields_new(d, r->a) : NULL;

    if (!m) {
        wrong(r, path, json_is_object(json) ? "too large" : "an object is wanted");
        return NULL;
    }
    for (void *at = json_object_iter((json_t *)(uintptr_t)json); at;
         at = json_object_iter_next((json_t *)(uintptr_t)json, at)) {
        const char *name = json_object_iter_key(at);
        const ProtobufCFieldDescriptor *f = protobuf_c_message_descriptor_get_field_by_name(d, name);
        const char *here = arena_printf(r->a, "%s%s%s", path, path[0] ? "." : "", name);
        const json_t *value = json_object_iter_value(at);
        if (!f) {
            wrong(r, here, "there is no such field");
            return NULL;
        }
        if (json_is_null(value))
            continue;
        bool is_good = f->label == PROTOBUF_C_LABEL_REPEATED
                           ? rows_from_json(r, here, m, f, value)
                           : value_from_json(r, here, m, f, fields_at(m, f), value);
        if (!is_good)
            return NULL;
    }
    return m;
}

ProtobufCMessage *fields_from_json(const ProtobufCMessageDescriptor *d, struct arena *a, const json_t *json,
                                   const char **ret_why)
{
    struct reading r = {.a = a};
    ProtobufCMessage *m = message_from_json(&r, "", d, json);

    if (m && arena_is_full(a)) {
        m = NULL;
        r.why = "too large";
    }
    if (!m)
        *ret_why = r.why;
    return m;
}
