/* The one place that walks a table of steps: to execute it, to print it, to draw it. */
#include "common/lifecycle.h"

#include <string.h>

#include "common/check.h"
#include "common/roles.h"

const char *names_of(const struct names *n, int value)
{
    return value > 0 && value < n->count && n->of[value] ? n->of[value] : "";
}

const char *names_zh(const struct names *n, int value)
{
    return n->zh && value > 0 && value < n->count && n->zh[value] ? n->zh[value] : names_of(n, value);
}

int names_find(const struct names *n, const char *name)
{
    for (int i = 1; name && i < n->count; i++)
        if (n->of[i] && strcmp(n->of[i], name) == 0)
            return i;
    return 0;
}

const char *names_said(struct arena *a, const struct names *n, int value)
{
    if (value == 0)
        return "– (尚无)";
    const char *name = names_of(n, value), *zh = names_zh(n, value);
    return strcmp(name, zh) == 0 ? name : arena_printf(a, "%s (%s)", name, zh);
}

static bool is_said_before(const struct lifecycle *life, int at)
{
    for (int i = 0; i < at; i++)
        if (life->steps[i].event == life->steps[at].event && life->steps[i].from == life->steps[at].from)
            return true;
    return false;
}

static const char *say_states_before(struct arena *a, const struct lifecycle *life, int event)
{
    const char *text = "";
    for (int i = 0; i < life->count; i++)
        if (life->steps[i].event == event && !is_said_before(life, i))
            text = arena_printf(a, "%s%s%s", text, *text ? ", " : "",
                                names_said(a, life->states, life->steps[i].from));
    return text;
}

bool lifecycle_next(const struct lifecycle *life, int from, int event, uint32_t roles, int *ret_to,
                    struct refusal *why)
{
    uint32_t may = 0;
    for (int i = 0; i < life->count; i++) {
        const struct step *s = &life->steps[i];
        if (s->from != from || s->event != event)
            continue;
        if (s->roles & roles) {
            *ret_to = s->to;
            return true;
        }
        may |= s->roles;
    }

    if (may)
        return refuse(why, "ROLE_FORBIDS", .field = "state", .rule = "G-a",
                      .broke = roles_text(why->arena, roles), .passes = roles_text(why->arena, may));
    return refuse(why, "STATE_FORBIDS", .field = "state", .broke = names_said(why->arena, life->states, from),
                  .passes = say_states_before(why->arena, life, event));
}

static int longest(const struct names *n)
{
    size_t most = 1;
    for (int i = 1; i < n->count; i++)
        if (strlen(names_of(n, i)) > most)
            most = strlen(names_of(n, i));
    return (int)most;
}

static const char *print_names(struct arena *a, const char *text, const char *title, const struct names *n)
{
    text = arena_printf(a, "%s\n%s\n", text, title);
    for (int i = 1; i < n->count; i++)
        if (*names_of(n, i))
            text = arena_printf(a, "%s  %-*s  %s\n", text, longest(n), names_of(n, i), names_zh(n, i));
    return text;
}

const char *lifecycle_print(struct arena *a, const struct lifecycle *life)
{
    int wide = longest(life->states), wide_event = longest(life->events);
    if (wide < 4)
        wide = 4;
    if (wide_event < 5)
        wide_event = 5;
    const char *text = arena_printf(a, "%s\n\n  %-*s  %-*s  %-*s  %s\n", life->noun, wide, "from", wide_event,
                                    "event", wide, "to", "who: why");
    for (int i = 0; i < life->count; i++) {
        const struct step *s = &life->steps[i];
        const char *from = s->from ? names_of(life->states, s->from) : "-";
        text = arena_printf(a, "%s  %-*s  %-*s  %-*s  %s: %s\n", text, wide, from, wide_event,
                            names_of(life->events, s->event), wide, names_of(life->states, s->to),
                            roles_codes(a, s->roles), s->why ? s->why : "");
    }
    text = print_names(a, text, "states", life->states);
    return print_names(a, text, "events", life->events);
}

const char *lifecycle_dot(struct arena *a, const struct lifecycle *life)
{
    const char *text = arena_printf(a,
                                    "digraph \"%s\" {\n    rankdir=LR;\n    node [shape=box];\n"
                                    "    \"\" [shape=point];\n",
                                    life->noun);
    for (int i = 1; i < life->states->count; i++)
        if (*names_of(life->states, i))
            text = arena_printf(a, "%s    \"%s\" [label=\"%s\\n%s\"];\n", text, names_of(life->states, i),
                                names_of(life->states, i), names_zh(life->states, i));
    for (int i = 0; i < life->count; i++) {
        const struct step *s = &life->steps[i];
        text = arena_printf(a, "%s    \"%s\" -> \"%s\" [label=\"%s\\n%s\"];\n", text,
                            names_of(life->states, s->from), names_of(life->states, s->to),
                            names_of(life->events, s->event), roles_codes(a, s->roles));
    }
    return arena_printf(a, "%s}\n", text);
}
