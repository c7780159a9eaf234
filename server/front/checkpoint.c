/* The checkpoint file: the newest signed checkpoint, kept outside the database and compared at start. */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "server/front/writer.h"

static bool write_all(int fd, const char *text)
{
    size_t left = strlen(text);
    while (left) {
        ssize_t n = write(fd, text, left);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        text += n;
        left -= (size_t)n;
    }
    return true;
}

/* The rename is durable only when the folder is. */
static bool sync_folder(const char *path)
{
    char folder[4096];
    snprintf(folder, sizeof(folder), "%s", path);
    int fd = open(dirname(folder), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return false;
    bool is_ok = fsync(fd) == 0;
    close(fd);
    return is_ok;
}

enum status checkpoint_save(const char *path, const char *note)
{
    char temporary[4096];
    if (snprintf(temporary, sizeof(temporary), "%s.new", path) >= (int)sizeof(temporary))
        return STATUS_INVALID_ARGUMENT;
    int fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (fd < 0)
        return STATUS_UNAVAILABLE;
    bool is_ok = write_all(fd, note) && fsync(fd) == 0;
    is_ok = close(fd) == 0 && is_ok;
    if (!is_ok || rename(temporary, path) != 0 || !sync_folder(path))
        return STATUS_UNAVAILABLE;
    return STATUS_OK;
}

enum status checkpoint_read(struct arena *a, const char *path, const char **ret_note)
{
    char text[8192];
    FILE *f = fopen(path, "re");
    if (!f)
        return errno == ENOENT ? STATUS_NOT_FOUND : STATUS_UNAVAILABLE;
    size_t n = fread(text, 1, sizeof(text) - 1, f);
    bool is_whole = !ferror(f);
    fclose(f);
    *ret_note = arena_textn(a, text, n);
    return is_whole ? STATUS_OK : STATUS_UNAVAILABLE;
}
