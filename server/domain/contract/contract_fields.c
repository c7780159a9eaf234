/* The fields of a draft: where they stand in the requests and in the contract, and what each will take. */
#include <assert.h>
#include <string.h>

#include "common/check.h"
#include "common/money.h"
#include "common/text.h"
#include "server/domain/contract/contract_door.h"

/* The fields of a draft, where they stand in the two requests and in the contract. */
enum field_type { FIELD_TEXT, FIELD_I64, FIELD_BOOL, FIELD_DAY, FIELD_ENUM };
struct draft_field {
    const char *name;
    enum field_type type;
    size_t in_create, in_update, in_contract;
    bool may_be_empty;
};
#define FIELD(name_, type_, may_be_empty_)                                                                   \
    {                                                                                                        \
#name_, FIELD_##type_, offsetof(PB(CreateContractRequest), name_),                                   \
            offsetof(PB(UpdateContractRequest), name_), offsetof(struct contract, name_), may_be_empty_      \
    }
static const struct draft_field draft_fields[] = {
    FIELD(supplier_id, TEXT, false),    FIELD(contract_no, TEXT, true),
    FIELD(name, TEXT, false),           FIELD(amount_fen, I64, false),
    FIELD(start_date, DAY, false),      FIELD(end_date, DAY, false),
    FIELD(award_date, DAY, true),       FIELD(bond_fen, I64, true),
    FIELD(content, TEXT, true),         FIELD(quantity, TEXT, true),
    FIELD(quality, TEXT, true),         FIELD(price_basis, TEXT, true),
    FIELD(settlement, ENUM, true),      FIELD(rights_duties, TEXT, true),
    FIELD(breach, TEXT, true),          FIELD(content_is_fixed, BOOL, true),
    FIELD(need_is_lasting, BOOL, true), FIELD(funding_is_stable, BOOL, true),
    FIELD(price_is_stable, BOOL, true), FIELD(long_term_basis, TEXT, true),
    FIELD(is_attested, BOOL, true),
};

static void take_text(struct call *c, const struct draft_field *d, const void *from, void *to)
{
    const char *text;
    memcpy(&text, from, sizeof text);
    memcpy(to, &text, sizeof text);
    if (!d->may_be_empty && text_is_blank(text))
        bad_field(c, d->name, "–", "须填写 (must be filled)");
}

static void take_i64(struct call *c, const struct draft_field *d, const void *from, void *to)
{
    int64_t n;
    memcpy(&n, from, sizeof n);
    memcpy(to, &n, sizeof n);
    if (n < (d->may_be_empty ? 0 : 1) || n > MONEY_MAX)
        bad_field(c, d->name, money_say(c->arena, n),
                  n > 0             ? arena_printf(c->arena, "≤ %s", money_say(c->arena, MONEY_MAX))
                  : d->may_be_empty ? "≥ 0"
                                    : "> 0");
}

/* One field of a request into the draft; what will not do is filed as a problem. */
static void take(struct call *c, const struct draft_field *d, const void *from, void *to)
{
    protobuf_c_boolean flag;
    const char *text;
    int number;
    bool truth;
    switch (d->type) {
    case FIELD_TEXT:
        take_text(c, d, from, to);
        break;
    case FIELD_I64:
        take_i64(c, d, from, to);
        break;
    case FIELD_BOOL:
        memcpy(&flag, from, sizeof flag);
        truth = flag != 0;
        memcpy(to, &truth, sizeof truth);
        break;
    case FIELD_DAY:
        memcpy(&text, from, sizeof text);
        day_field(c, d->name, text, d->may_be_empty, to);
        break;
    case FIELD_ENUM:
        static_assert(sizeof(PB(SettlementKind)) == sizeof number, "enums are ints");
        memcpy(&number, from, sizeof number);
        memcpy(to, &number, sizeof number);
        break;
    }
}

/* The amounts by year as the request has them; none means: all in the line's year. */
bool draft_take_years(struct call *c, PB(ContractYear) *const *rows, size_t count, const struct contract *k,
                      struct contract_year **ret, int *ret_count)
{
    struct contract_year *years = arena_array(c->arena, count ? count : 1, sizeof *years);
    if (!years || count > 20) {
        bad_field(c, "years", arena_printf(c->arena, "%zu", count), "≤ 20");
        return false;
    }
    for (size_t i = 0; i < count; i++)
        years[i] = (struct contract_year){.year = rows[i]->year, .amount_fen = rows[i]->amount_fen};
    if (count == 0)
        years[0] = (struct contract_year){.year = k->year, .amount_fen = k->amount_fen};
    *ret = years;
    *ret_count = count ? (int)count : 1;
    return true;
}

void draft_take_all(struct call *c, const PB(CreateContractRequest) *req, struct contract *k)
{
    for (size_t i = 0; i < COUNT_OF(draft_fields); i++)
        take(c, &draft_fields[i], (const char *)req + draft_fields[i].in_create,
             (char *)k + draft_fields[i].in_contract);
}

void draft_take_named(struct call *c, const PB(UpdateContractRequest) *req, struct contract *k)
{
    for (size_t i = 0; i < COUNT_OF(draft_fields); i++)
        if (draft_names(req, draft_fields[i].name))
            take(c, &draft_fields[i], (const char *)req + draft_fields[i].in_update,
                 (char *)k + draft_fields[i].in_contract);
}

bool draft_names(const PB(UpdateContractRequest) *req, const char *field)
{
    for (size_t i = 0; i < req->n_update_fields; i++)
        if (strcmp(req->update_fields[i], field) == 0)
            return true;
    return false;
}

bool draft_names_are_known(struct call *c, const PB(UpdateContractRequest) *req)
{
    if (req->n_update_fields == 0) {
        struct refusal *why = call_refusal(c);
        (void)refuse(why, "NO_UPDATE_FIELDS", .field = "update_fields");
        refuse_add(c, why);
    }
    for (size_t i = 0; i < req->n_update_fields; i++) {
        bool is_known = strcmp(req->update_fields[i], "years") == 0;
        for (size_t j = 0; j < COUNT_OF(draft_fields); j++)
            is_known = is_known || strcmp(req->update_fields[i], draft_fields[j].name) == 0;
        if (!is_known)
            bad_field(c, "update_fields", req->update_fields[i],
                      "supplier_id contract_no name amount_fen years …");
    }
    return !refuse_any(c);
}
