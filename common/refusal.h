/* A refusal: which reason, which rule, the number that broke it and the number that would pass. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/arena.h"
#include "common/status.h"

/* All of it is text that lives at least as long as the call. Numbers are said with their unit
 * ("1,204.00 万元"). */
struct refusal {
    struct arena *arena; /* where texts are made; set by call_refusal() or by the test */
    const char *reason;  /* name in the table of reasons, "OVER_LINE" */
    const char *field;   /* "amount_fen" */
    const char *rule;    /* id in the table of law, "H9"; NULL when no law stands behind it */
    const char *what;    /* the thing it is about: "450600-2027-203-0017" */
    const char *broke;
    const char *passes;
    const char *method; /* "/purser.v1.ContractService/SignContract", for the hint; NULL when not known */
};

/* One row of the table of reasons (common/reasons.c). Templates, hints too, know {what} {field} {broke}
 * {passes}; a part in [square brackets] is left out when a placeholder in it is empty. A value that says
 * both languages ("SIGNED (已签订)", "数量 / how much") is said in the sentence's own; a field by its label.
 * Hints know {this} {get} {list} too: the command itself, the one that shows {what}, the one that lists such.
 */
struct reason {
    const char *name;
    enum status status;
    const char *zh;
    const char *en;
    const char *hint; /* the command to type */
};
const struct reason *reason_find(const char *name); /* NULL when there is none */
extern const struct reason reasons[];
extern const int reasons_count;

/* The law behind a rule (common/law.c). */
struct law {
    const char *rule;       /* "H9" */
    const char *article_zh; /* "政府采购法 第四十九条" */
    const char *article_en; /* "Government Procurement Law, Art. 49" */
    const char *from_date;  /* the date from which it holds */
};
const struct law *law_find(const char *rule); /* NULL when there is none */
extern const struct law laws[];
extern const int laws_count;

/* Fills *why (keeping its arena) and returns false, so that a rule reads: return refuse(why, …).
 * Usage: return refuse(why, "OVER_LINE", .field = "amount_fen", .rule = "H8", .broke = say_fen(why, n),
 * .passes = …); */
bool refuse_as(struct refusal *why, struct refusal as);
#define refuse(why, name, ...) refuse_as((why), (struct refusal){.reason = (name), __VA_ARGS__})

/* Texts for broke and passes, in the refusal's arena. */
const char *say_fen(const struct refusal *why, int64_t fen);
const char *say_int(const struct refusal *why, int64_t n, const char *unit);
const char *say_text(const struct refusal *why, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The sentence of a refusal, zh or en, with the placeholders filled. */
const char *refusal_text(const struct refusal *why, bool zh);
/* The command to type, placeholders filled; "" when there is none. */
const char *refusal_hint(const struct refusal *why);
