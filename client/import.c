/* purser NOUN import FILE: rows of a CSV file into requests of at most 500 rows. */
#include "client/import.h"

#include "client/import_file.h"
#include "client/import_long.h"
#include "client/print.h"
#include "client/write.h"

struct importing {
    struct client *c;
    struct method method;
    struct filled *filled;
    struct import_file file;
    int done;
};

static int send_chunk(struct importing *im, const struct chunk *k, int number, struct answer *ret)
{
    struct client *c = im->c;
    struct source source = chunk_source(&im->file, k);
    uint8_t id[16];
    int code;
    if (c->opt.dry_run) {
        if (!trip_dry_run(c, im->method, im->filled->request, ret, &code))
            return code;
        return ret->reached && ret->status == STATUS_OK ? EXIT_DONE
                                                        : refused_tell(c, im->method, ret, false, &source);
    }
    struct write w = {.method = im->method,
                      .request = im->filled->request,
                      .request_id = part_id(c, number, id) ? id : NULL,
                      .typed = trip_typed(c, im->method, im->filled->request)};
    return write_through(c, &w, &source, ret);
}

static int stopped(const struct importing *im, const struct answer *a, int code)
{
    const struct client *c = im->c;
    if (im->done > c->opt.skip_rows)
        remark(c,
               T(c, "前 %d 行已导入；改正后加 --skip %d 续导其余",
                 "the first %d rows are in; --skip %d continues after them"),
               im->done, im->done);
    return blames_rows(a) && code != EXIT_QUEUED ? EXIT_SOME_ROWS : code;
}

static int run(struct importing *im)
{
    struct client *c = im->c;
    struct chunk k;
    struct answer a = {.why = ""};
    int number = 0;
    for (int at = (int)c->opt.skip_rows; at < im->file.sheet.count; at = k.next) {
        chunk_take(&im->file, at, &k);
        while (k.count > 0) {
            if (!chunk_put(&im->file, &k, im->filled->request))
                return EXIT_OTHER;
            int code = send_chunk(im, &k, number++, &a);
            if (code == EXIT_DONE)
                break;
            if (!c->opt.only_ok || !chunk_leave_out(&im->file, &k, &a))
                return stopped(im, &a, code);
            int end = k.next;
            chunk_take(&im->file, at, &k);
            k.next = k.next > end ? end : k.next;
            while (k.count > 0 && k.rows[k.count - 1] >= end)
                k.count--;
        }
        im->done = k.next;
        progress(c, im->done, im->file.sheet.count);
        if (k.count > 0 && !c->opt.dry_run && a.body) {
            print_replies(c, im->method, &a.body, 1);
            receipt_remark(c, &a);
        }
    }
    remark(c,
           c->opt.dry_run
               ? T(c, "%d 行可以导入（仅检查，未生效）", "%d rows would be accepted (checked only)")
               : T(c, "已导入 %d 行", "%d rows imported"),
           im->file.sheet.count - (int)c->opt.skip_rows - im->file.left_out);
    if (im->file.left_out)
        remark(c, T(c, "略过 %d 行", "%d rows were left out"), im->file.left_out);
    return im->file.left_out ? EXIT_SOME_ROWS : EXIT_DONE;
}

int import_file(struct client *c, struct method m, struct filled *f)
{
    struct importing im = {.c = c, .method = m, .filled = f};
    struct long_import all;
    int code;
    if (!import_read(c, f->file, file_rows(m), &im.file, &code))
        return code;
    return long_import_of(m.service, &all) ? import_long(&im.file, &all, f) : run(&im);
}
