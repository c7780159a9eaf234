/* The order in which a call is looked at; nothing else in the program knows it:
 * frame → pre-scan → envelope → row → signature or session → body → text sane → (writer: id known? → who, may
 * he) → handler → pack. */
#pragma once

#include "server/front/job.h"

/* Decodes envelope and command, finds the row, checks audience, signature or session, unpacks and validates
 * the body. STATUS_OK: the job is ready for the writer, the reader, or the front's own methods. Otherwise
 * j->call holds the refusal and j->status the same status. Safe on any thread; asks no database. */
enum status dispatch_open(struct job *j, struct bytes frame, const char *audience) MUST_CHECK;

/* The same for a command that stands in the journal (verify) or that the server signed itself: no clock is
 * asked. */
enum status dispatch_open_command(struct job *j, struct bytes command, struct bytes signature,
                                  const char *audience) MUST_CHECK;

/* Checks roles of a read against the actor that the cache knows; sets actor and scope. */
enum status dispatch_admit(struct job *j) MUST_CHECK;

/* The reply's stable part (status, body, request id, receipt) into j->answer. receipt may be NULL. */
void dispatch_pack(struct job *j, const PB(Receipt) *receipt);
/* What goes on the wire: the stable part, then replayed and the server's time. */
struct bytes dispatch_frame(struct job *j);
/* Refuses with the named reason; returns the reason's status. */
enum status dispatch_refuse(struct job *j, const char *reason, const char *field, const char *broke,
                            const char *passes);
/* SHA-256 of serialized Status ‖ body. */
struct hash dispatch_outcome(struct job *j);
