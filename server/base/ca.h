/* The server's own certificate authority: makes the CA, and a server certificate for a name (ECDSA P-256,
 * mbedTLS). */
#pragma once

#include "common/arena.h"
#include "common/status.h"

/* Writes ca.pem, ca.key, server.pem, server.key into dir (keys 0600) unless they are there. `name` is the TLS
 * name
 * ("purser.450600"): DNS name only, since a certificate with an IP address among its names is refused by
 * mbedTLS 2.28. */
enum status ca_make(const char *dir, const char *name, char reterr[256]) MUST_CHECK;
/* Makes another server certificate of the same CA for another name into PEM texts (tests, rotation). */
enum status ca_issue(const char *dir, const char *name, struct arena *a, const char **ret_cert_pem,
                     const char **ret_key_pem, char reterr[256]) MUST_CHECK;
