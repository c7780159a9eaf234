/* Fills what a change needs and nobody likes to type: the etag, and ids that the object itself knows. */
#pragma once

#include "client/args.h"
#include "client/client.h"

enum completion {
    COMPLETE_DONE,
    COMPLETE_LATER,  /* the server is not reached and the outbox does not know: finish it when it is sent */
    COMPLETE_FAILED, /* it has been said, *ret_exit */
};
/* Asks the server for the object that field 1 names (or, offline, the outbox for the write that touched it
 * last) and fills etag and unset _id fields by the same name. `seq`: the request's own place in the outbox,
 * 0 when it has none. */
enum completion complete_request(struct client *c, struct method m, ProtobufCMessage *request, int64_t seq,
                                 int *ret_exit);
