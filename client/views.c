/* Which columns of a list are shown, and how each is headed. The default does for every message; a view is
 * optional. */
#include "client/views.h"

#include <string.h>

#include "client/values.h"
#include "common/check.h"
#include "common/words.h"

/* A message whose default columns will not do on a terminal; wide, csv and json always show everything. */
static const struct view {
    const char *message;
    const char *fields[16];
} views[] = {
    {"JournalEntry", {"index", "at_us", "method", "person_id", "leaf_hash"}},
};

const char *const *view_of(const ProtobufCMessageDescriptor *d, enum output output)
{
    for (size_t i = 0; output == OUTPUT_TABLE && i < COUNT_OF(views); i++)
        if (strcmp(views[i].message, d->short_name) == 0)
            return views[i].fields;
    return NULL;
}

bool view_shows(const ProtobufCMessageDescriptor *d, const ProtobufCFieldDescriptor *f, enum output output)
{
    if (f->type == PROTOBUF_C_TYPE_MESSAGE)
        return false;
    if (is_known_flag(d, f)) /* said by the amount beside it */
        return false;
    if (output != OUTPUT_TABLE)
        return true;
    return strcmp(f->name, "etag") != 0 && f->type != PROTOBUF_C_TYPE_BYTES;
}

const char *view_heading(const struct client *c, const ProtobufCMessageDescriptor *d,
                         const ProtobufCFieldDescriptor *f)
{
    const char *label = label_of_field(d, f, c->opt.zh), *unit = money_unit_name(c->opt.unit);
    if (!is_money(f))
        return label;
    return c->opt.output == OUTPUT_CSV ? arena_printf(c->arena, "%s(%s)", label, unit)
                                       : arena_printf(c->arena, T(c, "%s（%s）", "%s (%s)"), label, unit);
}
