/* Fills what a change needs and nobody likes to type: the etag, and ids that the object itself knows. */
#include "client/complete.h"

#include <string.h>

#include "client/refused.h"
#include "client/store.h"
#include "client/trip.h"
#include "client/values.h"
#include "common/fields.h"

static bool is_text(const ProtobufCFieldDescriptor *f)
{
    return f->type == PROTOBUF_C_TYPE_STRING && f->label != PROTOBUF_C_LABEL_REPEATED;
}

static char **text_at(const ProtobufCMessage *m, const ProtobufCFieldDescriptor *f)
{
    return fields_at(m, f);
}

static bool is_missing(const ProtobufCMessage *m, const ProtobufCFieldDescriptor *f)
{
    return is_text(f) && (strcmp(f->name, "etag") == 0 || name_ends(f->name, "_id")) && f->id != 1 &&
           !**text_at(m, f);
}

static const ProtobufCFieldDescriptor *etag_field(const ProtobufCMessageDescriptor *d)
{
    return protobuf_c_message_descriptor_get_field_by_name(d, "etag");
}

/* A text field of that name in the reply or in a group of it; NULL when there is none or it is empty. */
static const char *text_in(const ProtobufCMessage *m, const char *name)
{
    const ProtobufCFieldDescriptor *f = protobuf_c_message_descriptor_get_field_by_name(m->descriptor, name);
    if (f && is_text(f) && **text_at(m, f))
        return *text_at(m, f);
    for (unsigned i = 0; i < m->descriptor->n_fields; i++) {
        f = &m->descriptor->fields[i];
        if (f->type != PROTOBUF_C_TYPE_MESSAGE || f->label == PROTOBUF_C_LABEL_REPEATED)
            continue;
        const ProtobufCMessage *inner = *(ProtobufCMessage *const *)fields_at(m, f);
        const char *found = inner ? text_in(inner, name) : NULL;
        if (found)
            return found;
    }
    return NULL;
}

/* The fields that the Get's request shares with ours, by name. */
static ProtobufCMessage *question(struct client *c, struct method get, const ProtobufCMessage *m)
{
    ProtobufCMessage *q = fields_new(get.rpc->input, c->arena);
    const char *why;
    for (unsigned i = 0; q && i < q->descriptor->n_fields; i++) {
        const ProtobufCFieldDescriptor *to = &q->descriptor->fields[i];
        const ProtobufCFieldDescriptor *from = protobuf_c_message_descriptor_get_field_by_name(m->descriptor,
                                                                                               to->name);
        if (from && from->type == to->type && from->label != PROTOBUF_C_LABEL_REPEATED &&
            from->type != PROTOBUF_C_TYPE_MESSAGE && fields_is_set(m, from) &&
            !value_set(c, q, to, MONEY_FEN, fields_text(m, from, 0, c->arena), &why))
            return NULL;
    }
    return q;
}

/* "@<id>" of the write in the outbox that touched the object last: its answer will bring the etag. */
static bool etag_from_outbox(struct client *c, const ProtobufCMessage *m, int64_t seq)
{
    const ProtobufCFieldDescriptor *key = first_field(m->descriptor), *etag = etag_field(m->descriptor);
    const char *object = key ? fields_text(m, key, 0, c->arena) : "";
    const char *why, *ref = NULL;
    struct sent last;

    if (!*object || !etag)
        return false;
    if (store_pending_about(c, object, seq, &last))
        ref = arena_printf(c->arena, "@%s", uuid_text(c->arena, last.request_id));
    else if (*object == '@')
        ref = object;
    return ref && value_set(c, (ProtobufCMessage *)(uintptr_t)m, etag, MONEY_FEN, ref, &why);
}

static bool fill(struct client *c, ProtobufCMessage *request, const ProtobufCMessage *object)
{
    const ProtobufCMessageDescriptor *d = request->descriptor;
    for (unsigned i = 0; i < d->n_fields; i++) {
        const char *why,
            *text = is_missing(request, &d->fields[i]) ? text_in(object, d->fields[i].name) : NULL;
        if (text && !value_set(c, request, &d->fields[i], MONEY_FEN, text, &why))
            return false;
    }
    return true;
}

static bool lacks_anything(struct method m, struct method get, const ProtobufCMessage *request)
{
    const ProtobufCMessageDescriptor *d = m.rpc->input;
    bool lacks = etag_field(d) && is_missing(request, etag_field(d));
    bool same_noun = m.service == get.service && strncmp(m.rpc->name, "Create", 6) != 0;
    for (unsigned i = 0; i < d->n_fields && same_noun; i++)
        lacks = lacks || is_missing(request, &d->fields[i]);
    return lacks && get.rpc && first_field(d) && fields_is_set(request, first_field(d));
}

enum completion complete_request(struct client *c, struct method m, ProtobufCMessage *request, int64_t seq,
                                 int *ret_exit)
{
    const ProtobufCMessageDescriptor *d = m.rpc->input;
    struct method get = method_that_gets(m);
    struct answer a;

    *ret_exit = EXIT_OTHER;
    if (!lacks_anything(m, get, request))
        return COMPLETE_DONE;
    bool lacks_etag = etag_field(d) && is_missing(request, etag_field(d));
    if (c->opt.offline || *fields_text(request, first_field(d), 0, c->arena) == '@')
        return !lacks_etag || (store_open(c) && etag_from_outbox(c, request, seq)) ? COMPLETE_DONE
                                                                                   : COMPLETE_LATER;

    ProtobufCMessage *q = question(c, get, request);
    if (!q || !trip_read(c, get, q, &a, ret_exit))
        return COMPLETE_FAILED;
    if (!a.reached || is_transient(a.status)) {
        bool known = !lacks_etag || (store_open(c) && etag_from_outbox(c, request, seq));
        return known ? COMPLETE_DONE : COMPLETE_LATER;
    }
    if (a.status != STATUS_OK) {
        *ret_exit = refused_tell(c, get, &a, false, NULL);
        return COMPLETE_FAILED;
    }
    return fill(c, request, a.body) ? COMPLETE_DONE : COMPLETE_FAILED;
}
