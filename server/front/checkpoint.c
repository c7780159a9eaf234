/* Two slots, written in turn. */
#include "server/front/checkpoint.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define SLOT_BYTES 4096

static bool write_all(int fd, const char *bytes, size_t len, off_t at)
{
    while (len) {
        ssize_t n = pwrite(fd, bytes, len, at);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        bytes += n;
        len -= (size_t)n;
        at += n;
    }
    return true;
}

static bool slot_fill(char slot[SLOT_BYTES], const char *note)
{
    size_t len = strlen(note);
    if (len >= SLOT_BYTES)
        return false;
    memset(slot, '\n', SLOT_BYTES);
    memcpy(slot, note, len);
    return true;
}

/* ---- writing ---- */

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

/* Both slots, the note in the first. */
static bool lay(struct checkpoint_file *f, const char *note)
{
    char temporary[4096], both[2 * SLOT_BYTES];
    memset(both, '\n', sizeof(both));
    if (!slot_fill(both, note) ||
        snprintf(temporary, sizeof(temporary), "%s.new", f->path) >= (int)sizeof(temporary)) {
        errno = ENAMETOOLONG;
        return false;
    }
    int fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (fd < 0)
        return false;
    bool is_ok = write_all(fd, both, sizeof(both), 0) && fsync(fd) == 0;
    is_ok = close(fd) == 0 && is_ok;
    f->is_laid = is_ok && rename(temporary, f->path) == 0 && sync_folder(f->path);
    f->next = 1;
    return f->is_laid;
}

static bool write_slot(const struct checkpoint_file *f, const char *note)
{
    char slot[SLOT_BYTES];
    if (!slot_fill(slot, note)) {
        errno = ENAMETOOLONG;
        return false;
    }
    int fd = open(f->path, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    bool is_ok = write_all(fd, slot, sizeof(slot), (off_t)f->next * SLOT_BYTES) && fdatasync(fd) == 0;
    int why = errno;
    is_ok = close(fd) == 0 && is_ok;
    errno = why;
    return is_ok;
}

enum status checkpoint_save(struct checkpoint_file *f, const char *note)
{
    if (!f->is_laid)
        return lay(f, note) ? STATUS_OK : STATUS_UNAVAILABLE;
    if (write_slot(f, note)) {
        f->next = 1 - f->next;
        return STATUS_OK;
    }
    f->is_laid = false; /* gone, or not to be trusted any more */
    return errno == ENOENT && lay(f, note) ? STATUS_OK : STATUS_UNAVAILABLE;
}

/* ---- reading ---- */

static bool slot_is_blank(const char *text) { return !text[strspn(text, "\n")]; }

/* The slot's text with one newline at its end. */
static const char *slot_text(struct arena *a, const char *slot, size_t len)
{
    while (len > 1 && slot[len - 1] == '\n' && slot[len - 2] == '\n')
        len--;
    return arena_textn(a, slot, len);
}

enum status checkpoint_read(struct arena *a, const char *path, const struct sign_public *key,
                            struct checkpoint_found *ret)
{
    char text[2 * SLOT_BYTES];
    bool is_found = false, is_damaged = false;
    FILE *f = fopen(path, "re");
    if (!f)
        return errno == ENOENT ? STATUS_NOT_FOUND : STATUS_UNAVAILABLE;
    size_t n = fread(text, 1, sizeof(text), f);
    bool is_whole = !ferror(f);
    fclose(f);
    if (!is_whole)
        return STATUS_UNAVAILABLE;
    for (int i = 0; i < 2 && n > (size_t)i * SLOT_BYTES; i++) {
        size_t left = n - (size_t)i * SLOT_BYTES;
        const char *note = slot_text(a, text + i * SLOT_BYTES, left < SLOT_BYTES ? left : SLOT_BYTES);
        struct checkpoint c;
        if (!note_open(a, note, key, &c))
            is_damaged = is_damaged || !slot_is_blank(note);
        else if (!is_found || c.size > ret->newest.size) {
            is_found = true;
            *ret = (struct checkpoint_found){.newest = c, .slot = i};
        }
    }
    ret->is_laid = n == sizeof(text);
    ret->is_damaged = is_damaged;
    return is_found ? STATUS_OK : STATUS_DATA_LOSS;
}
