/* A bar chart in the terminal: the first money column over the first text column. */
#include "client/charts.h"

#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "client/values.h"
#include "client/views.h"
#include "common/fields.h"
#include "common/text.h"

#define BAR_COLUMNS       40
#define BAR_COLUMNS_MIN   10
#define LABEL_COLUMNS_MAX 36

/* The name of what is measured: a text that reads like one rather than a code, when there is one. */
static const ProtobufCFieldDescriptor *text_column(const ProtobufCMessageDescriptor *d)
{
    const ProtobufCFieldDescriptor *first = NULL;
    for (unsigned i = 0; i < d->n_fields; i++) {
        const ProtobufCFieldDescriptor *f = &d->fields[i];
        if (f->type != PROTOBUF_C_TYPE_STRING || f->label == PROTOBUF_C_LABEL_REPEATED)
            continue;
        if (strcmp(f->name, "name") == 0 || name_ends(f->name, "_name"))
            return f;
        first = first ? first : f;
    }
    return first;
}

/* Of the amounts, the first that any row has. */
static const ProtobufCFieldDescriptor *money_column(const ProtobufCMessage *m,
                                                    const ProtobufCFieldDescriptor *rows)
{
    const ProtobufCMessageDescriptor *d = rows->descriptor;
    ProtobufCMessage *const *list = *(ProtobufCMessage *const **)fields_at(m, rows);
    for (unsigned i = 0; i < d->n_fields; i++)
        for (size_t r = 0; is_money(&d->fields[i]) && r < *fields_count(m, rows); r++)
            if (*(const int64_t *)fields_at(list[r], &d->fields[i]) != 0)
                return &d->fields[i];
    return NULL;
}

struct scale {
    size_t label_width, value_width, bar_width;
    int64_t most;
};

static void bar(const struct client *c, int64_t fen, const struct scale *s, FILE *out)
{
    static const char *const eighths[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
    int64_t parts = s->most > 0 && fen > 0 ? (int64_t)((__int128)fen * (int)s->bar_width * 8 / s->most) : 0;

    for (int64_t i = 0; i < parts / 8; i++)
        fputs(c->opt.ascii ? "#" : "█", out);
    if (!c->opt.ascii)
        fputs(eighths[parts % 8], out);
}

/* As many characters as fit into the columns, and blanks up to them. */
static void print_label(const char *label, size_t width, FILE *out)
{
    size_t used = 0;
    while (*label) {
        char one[5] = "";
        size_t n = 1;
        while (n < 4 && ((unsigned char)label[n] & 0xc0) == 0x80)
            n++;
        memcpy(one, label, n);
        if (used + text_columns(one) > width)
            break;
        used += text_columns(one);
        fputs(one, out);
        label += n;
    }
    for (; used < width; used++)
        fputc(' ', out);
}

static struct scale scale_of(const struct client *c, const ProtobufCMessage *m,
                             const ProtobufCFieldDescriptor *rows, const ProtobufCFieldDescriptor *text,
                             const ProtobufCFieldDescriptor *money)
{
    ProtobufCMessage *const *list = *(ProtobufCMessage *const **)fields_at(m, rows);
    struct scale s = {0, 0, BAR_COLUMNS, 0};
    for (size_t r = 0; r < *fields_count(m, rows); r++) {
        size_t label = text_columns(value_show(c, list[r], text, 0, VALUE_SCREEN));
        size_t value = text_columns(value_show(c, list[r], money, 0, VALUE_SCREEN));
        int64_t fen = *(const int64_t *)fields_at(list[r], money);
        s.label_width = label > s.label_width ? label : s.label_width;
        s.value_width = value > s.value_width ? value : s.value_width;
        s.most = fen > s.most ? fen : s.most;
    }
    if (s.label_width > LABEL_COLUMNS_MAX)
        s.label_width = LABEL_COLUMNS_MAX;

    struct winsize w;
    size_t used = s.label_width + s.value_width + 5;
    if (isatty(STDOUT_FILENO) && ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) == 0 && w.ws_col &&
        w.ws_col < used + BAR_COLUMNS)
        s.bar_width = w.ws_col > used + BAR_COLUMNS_MIN ? w.ws_col - used : BAR_COLUMNS_MIN;
    return s;
}

void chart_print(const struct client *c, const ProtobufCMessage *m, const ProtobufCFieldDescriptor *rows,
                 FILE *out)
{
    const ProtobufCFieldDescriptor *text = text_column(rows->descriptor), *money = money_column(m, rows);
    if (!text || !money)
        return;

    struct scale s = scale_of(c, m, rows, text, money);
    ProtobufCMessage *const *list = *(ProtobufCMessage *const **)fields_at(m, rows);
    fprintf(out, "\n%s\n", view_heading(c, rows->descriptor, money));
    for (size_t r = 0; r < *fields_count(m, rows); r++) {
        const char *value = value_show(c, list[r], money, 0, VALUE_SCREEN);
        const ProtobufCFieldDescriptor *known = known_field(rows->descriptor, money);
        bool is_there = !known || *(const protobuf_c_boolean *)fields_at(list[r], known);
        print_label(value_show(c, list[r], text, 0, VALUE_SCREEN), s.label_width, out);
        for (size_t i = text_columns(value); i < s.value_width + 2; i++)
            fputc(' ', out);
        fprintf(out, "%s %s", value, c->opt.ascii ? "|" : "▕");
        bar(c, is_there ? *(const int64_t *)fields_at(list[r], money) : 0, &s, out);
        fputc('\n', out);
    }
}
