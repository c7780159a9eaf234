/* purser batch: command lines from a file or stdin, one after the other over one connection. */
#include "client/batch.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/options.h"
#include "client/run.h"
#include "common/check.h"

struct batch {
    const char *name; /* as it is called in messages */
    FILE *in;
    bool keep_going;
    struct options options; /* given with batch itself: every line begins with them */
    int worst;
};

/* The later, the worse: what --keep-going ends with. */
static const enum exit_code gravity[] = {EXIT_DONE,     EXIT_QUEUED,  EXIT_UNREACHED,   EXIT_SOME_ROWS,
                                         EXIT_CONFLICT, EXIT_REFUSED, EXIT_NOT_FOUND,   EXIT_NOT_ALLOWED,
                                         EXIT_USAGE,    EXIT_OTHER,   EXIT_INTERRUPTED, EXIT_FILE,
                                         EXIT_FORGED};

static size_t gravity_of(int code)
{
    size_t i = 0;
    while (i < COUNT_OF(gravity) - 1 && (int)gravity[i] != code)
        i++;
    return i;
}

/* ---- a line's words ---- */

static bool is_blank(char ch) { return ch == ' ' || ch == '\t'; }

/* Copies the word at *at without its quotes to *to and goes past it. False: a quote is open. */
static bool take_word(const char **at, char **to)
{
    char quote = '\0';
    for (; **at && (quote || !is_blank(**at)); ++*at) {
        bool is_escape = **at == '\\' && quote != '\'' && (!quote || (*at)[1] == '"' || (*at)[1] == '\\');
        if (is_escape && !*++*at)
            return false;
        if (is_escape || (quote ? **at != quote : **at != '\'' && **at != '"'))
            *(*to)++ = **at;
        else
            quote = quote ? '\0' : **at;
    }
    *(*to)++ = '\0';
    return !quote;
}

bool batch_split(struct client *c, const char *program, const char *line, int *ret_argc, char ***ret_argv,
                 const char **ret_why)
{
    size_t len = strlen(line);
    char *to = arena_alloc(c->arena, len + 2);
    char **argv = arena_array(c->arena, len / 2 + 4, sizeof(*argv));
    int argc = 0;

    *ret_why = T(c, "这一行太长", "the line is too long");
    if (!to || !argv)
        return false;
    argv[argc++] = text_new(c->arena, program);
    for (;;) {
        while (is_blank(*line))
            line++;
        if (!*line || *line == '#')
            break;
        argv[argc++] = to;
        *ret_why = T(c, "引号或反斜杠没有结束", "a quote or a backslash is left open");
        if (!take_word(&line, &to))
            return false;
    }
    *ret_argc = argc;
    *ret_argv = argv;
    return true;
}

/* ---- lines ---- */

/* One command, as if it had been typed by itself; EXIT_DONE for a line that says nothing. */
static int run_line(struct client *c, const char *line)
{
    const char *why;
    char **argv;
    int argc;
    if (!batch_split(c, "purser", line, &argc, &argv, &why))
        return fail(c, EXIT_USAGE, "%s", why);
    if (argc > 1 && strcmp(argv[1], "purser") == 0) { /* copied from a terminal */
        argc--;
        argv++;
    }
    if (argc == 1)
        return EXIT_DONE;
    return options_take(c, &argc, argv) ? command_run(c, argc, argv) : EXIT_USAGE;
}

/* In an arena of its own; what the client keeps stays. */
static int perform_line(struct client *c, const struct batch *b, const char *line, bool *ret_is_meant)
{
    struct arena *outer = c->arena, *own = arena_new(COMMAND_MAX_BYTES);
    if (!own)
        return fail(c, EXIT_OTHER, "%s", strerror(ENOMEM));
    c->arena = own;
    int code = run_line(c, line);
    *ret_is_meant = code == EXIT_DONE || (code == EXIT_QUEUED && c->opt.offline);
    arena_free(own);
    c->arena = outer;
    c->opt = b->options;
    c->ctx = NULL;
    c->last_error = NULL;
    return code;
}

static void tell_failed(const struct client *c, const struct batch *b, int code, bool goes_on)
{
    fail(c, (enum exit_code)code,
         goes_on ? T(c, "%s 第 %d 行没有办成（退出码 %d）", "%s line %d failed (exit code %d)")
                 : T(c, "%s 第 %d 行没有办成（退出码 %d），后面的不再办",
                     "%s line %d failed (exit code %d); what comes after it was not run"),
         b->name, c->line, code);
}

/* The line without its end; false when it holds what no command line can. */
static bool trim(char *line, size_t len)
{
    bool is_text = strlen(line) == len;
    while (len > 0 && (line[len - 1] == '\n' || line[len - 1] == '\r'))
        line[--len] = '\0';
    return is_text;
}

static const char *without_bom(const char *line)
{
    return strncmp(line, "\xef\xbb\xbf", 3) == 0 ? line + 3 : line;
}

static int perform_lines(struct client *c, struct batch *b)
{
    char *line = NULL;
    size_t room = 0;
    ssize_t len;
    errno = 0;
    for (c->line = 1; (len = getline(&line, &room, b->in)) >= 0; c->line++) {
        bool is_meant = false;
        int code = trim(line, (size_t)len)
                       ? perform_line(c, b, c->line == 1 ? without_bom(line) : line, &is_meant)
                       : fail(c, EXIT_USAGE, T(c, "这一行不是文字", "the line is no text"));
        bool goes_on = is_meant || (b->keep_going && code != EXIT_FORGED);
        if (!output_flush(c, &code))
            goes_on = false;
        else if (!is_meant)
            tell_failed(c, b, code, goes_on);
        b->worst = gravity_of(code) > gravity_of(b->worst) ? code : b->worst;
        errno = 0;
        if (!goes_on)
            break;
    }
    if (len < 0 && ferror(b->in))
        b->worst = fail(c, EXIT_FILE, "%s: %s", b->name, strerror(errno));
    free(line);
    c->line = 0;
    return b->worst;
}

static int usage(const struct client *c)
{
    return fail(c, EXIT_USAGE,
                T(c, "用法：purser [选项] batch [FILE|-] [--keep-going]",
                  "usage: purser [options] batch [FILE|-] [--keep-going]"));
}

/* A line that reads from "-" finds nothing there: it must not swallow the lines after it. */
static FILE *stdin_taken(void)
{
    int fd = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
    FILE *in = fd >= 0 && nothing >= 0 && dup2(nothing, STDIN_FILENO) >= 0 ? fdopen(fd, "r") : NULL;
    if (nothing >= 0)
        close(nothing);
    if (!in && fd >= 0)
        close(fd);
    return in;
}

int command_batch(struct client *c, int argc, char **argv)
{
    struct batch b = {.options = c->opt, .name = "-"};
    int files = 0;
    for (int i = 0; i < argc; i++) {
        if (strcmp(argv[i], "--keep-going") == 0)
            b.keep_going = true;
        else if ((argv[i][0] == '-' && argv[i][1]) || files++ > 0)
            return usage(c);
        else
            b.name = argv[i];
    }
    if (c->line > 0 || c->opt.request_id) /* a batch in a batch, or one id for many requests */
        return usage(c);

    bool is_stdin = strcmp(b.name, "-") == 0;
    b.in = is_stdin ? stdin_taken() : fopen(b.name, "re");
    if (!b.in)
        return fail(c, EXIT_FILE, "%s: %s", b.name, strerror(errno));
    if (is_stdin)
        b.name = T(c, "标准输入", "stdin");
    int code = perform_lines(c, &b);
    fclose(b.in);
    return code;
}
