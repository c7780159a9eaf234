/* The newest checkpoint that this machine has seen. */
#include "client/pin.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "client/contexts.h"

bool pin_read(const struct client *c, const char **ret_note)
{
    struct bytes data;
    if (!c->ctx || !c->ctx->dir || !file_read(c->arena, context_file(c, c->ctx, "pin"), &data))
        return false;
    *ret_note = arena_textn(c->arena, (const char *)data.data, data.len);
    return true;
}

uint64_t pin_size(const struct client *c)
{
    const char *note;
    uint64_t size = 0;
    const char *line = pin_read(c, &note) ? strchr(note, '\n') : NULL;
    return line && sscanf(line + 1, "%" SCNu64, &size) == 1 ? size : 0;
}

bool pin_move(const struct client *c, const char *note, uint64_t size)
{
    const char *path = context_file(c, c->ctx, "pin");
    int lock = open(c->ctx->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool ok = lock >= 0 && flock(lock, LOCK_EX) == 0 &&
              (pin_size(c) >= size || file_replace(c->arena, path, note));
    if (!ok)
        fail(c, EXIT_FILE, "%s: %s", path, strerror(errno));
    if (lock >= 0)
        close(lock);
    return ok;
}

bool pin_forget(const struct client *c)
{
    return unlink(context_file(c, c->ctx, "pin")) == 0 || errno == ENOENT;
}
