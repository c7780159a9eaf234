/* purser key show | passphrase | rotate */
#include "client/key_cmd.h"

#include <string.h>

#include "client/contexts.h"
#include "client/enroll.h"
#include "client/keys.h"

int command_key(struct client *c, int argc, char **argv)
{
    const char *verb = argc > 0 ? argv[0] : "show";
    struct sign_secret secret;
    struct sign_public public;
    int code;

    if (!c->ctx || !c->ctx->dir)
        return fail(c, EXIT_NOT_ALLOWED,
                    T(c, "尚未登记：请先 purser enroll INVITE", "not enrolled: purser enroll INVITE first"));
    if (strcmp(verb, "show") == 0) {
        if (!hex_parse(c->ctx->public_key, public.b, sizeof(public.b)))
            return fail(c, EXIT_FILE, T(c, "没有密钥", "there is no key"));
        struct hash id = sign_key_id(&public);
        printf("%s %s\n%s %s\n", T(c, "公钥", "public key"), c->ctx->public_key, T(c, "指纹", "key id"),
               hex_text(c->arena, id.b, sizeof(id.b)));
        return EXIT_DONE;
    }
    if (strcmp(verb, "rotate") == 0)
        return key_rotate(c);
    if (strcmp(verb, "passphrase") != 0)
        return fail(c, EXIT_USAGE,
                    T(c, "用法：purser key show | passphrase | rotate",
                      "usage: purser key show | passphrase | rotate"));
    if (!key_load(c, &secret, &code))
        return code;
    remark(c, T(c, "新口令（空：不用口令）", "The new passphrase (empty: none)"));
    const char *passphrase = passphrase_ask(c, true);
    if (!passphrase)
        return EXIT_USAGE;
    return key_store(c, c->ctx, "key", &secret, passphrase) ? EXIT_DONE : EXIT_FILE;
}
