/* The door of contracts: which verbs there are and who may use them. The handlers stand in contract_draft.c,
 * contract_sign.c, contract_duty.c and contract_supplement.c, in the order of a contract's life. */
#include "server/domain/contract/contract.h"

#include <assert.h>

#include "common/check.h"
#include "server/domain/contract/contract_door.h"

/* The words of the wire and of the rules are the same numbers. */
#define SAME(rule, Enum, NAME) static_assert((int)(rule) == (int)PURSER__V1__##Enum##__##NAME, #rule)
SAME(CONTRACT_WITHDRAWN, CONTRACT_STATE, CONTRACT_STATE_WITHDRAWN);
SAME(CONTRACT_SUPPLEMENT, CONTRACT_EVENT_KIND, CONTRACT_EVENT_KIND_SUPPLEMENT);
SAME(SUPPLEMENT_CONTENT, SUPPLEMENT_KIND, SUPPLEMENT_KIND_CONTENT);
SAME(SUPPLEMENT_WITHDRAWN, SUPPLEMENT_STATE, SUPPLEMENT_STATE_WITHDRAWN);
SAME(DUTY_FILING, DUTY_KIND, DUTY_KIND_FILE);
SAME(DUTY_DONE, DUTY_STATE, DUTY_STATE_DONE);

#define DOOR_WRITES(verb, Method) WRITES(verb, Method##Request, struct contract_facts, Method##Response)
#define DOOR_FOLLOWS(verb, Method)                                                                           \
    WRITES_FOLLOW(verb, Method##Request, struct contract_facts, Method##Response)
DOOR_FOLLOWS(contract_create, CreateContract);
DOOR_FOLLOWS(contract_update, UpdateContract);
DOOR_WRITES(contract_submit, SubmitContract);
DOOR_WRITES(contract_return, ReturnContract);
DOOR_WRITES(contract_withdraw, WithdrawContract);
DOOR_FOLLOWS(contract_sign, SignContract);
DOOR_WRITES(contract_publish, PublishContract);
DOOR_WRITES(contract_file, FileContract);
DOOR_WRITES(contract_start, StartContract);
DOOR_WRITES(contract_suspend, SuspendContract);
DOOR_WRITES(contract_resume, ResumeContract);
DOOR_WRITES(contract_terminate, TerminateContract);
DOOR_WRITES(supplement_propose, ProposeSupplement);
DOOR_FOLLOWS(supplement_return, ReturnSupplement);
DOOR_FOLLOWS(supplement_withdraw, WithdrawSupplement);
DOOR_FOLLOWS(supplement_sign, SignSupplement);
DOOR_FOLLOWS(duty_publish, PublishDuty);
DOOR_FOLLOWS(duty_file, FileDuty);
DOOR_FOLLOWS(duty_receive, ReceiveDuty);
DOOR_FOLLOWS(duty_return, ReturnDuty);

/* clang-format off */
static struct rpc rows[] = {
    /*            verb                                        who may                          key */
    WRITE_FOLLOW(CreateContract,     contract_create,     ROLE_CLERK,                      "line_id"),
    WRITE_FOLLOW(UpdateContract,     contract_update,     ROLE_CLERK,                      "line_id"),
    WRITE       (SubmitContract,     contract_submit,     ROLE_CLERK,                      "contract_id"),
    WRITE       (ReturnContract,     contract_return,     ROLE_APPROVER,                   "contract_id"),
    WRITE       (WithdrawContract,   contract_withdraw,   ROLE_CLERK,                      "line_id"),
    WRITE_FOLLOW(SignContract,       contract_sign,       ROLE_APPROVER,                   "contract_id"),
    WRITE       (PublishContract,    contract_publish,    ROLE_CLERK,                      ALONE),
    WRITE       (FileContract,       contract_file,       ROLE_CLERK,                      ALONE),
    WRITE       (StartContract,      contract_start,      ROLE_CLERK | ROLE_SYSTEM,        ALONE),
    WRITE       (SuspendContract,    contract_suspend,    ROLE_APPROVER | ROLE_REVIEWER_2, ALONE),
    WRITE       (ResumeContract,     contract_resume,     ROLE_APPROVER | ROLE_REVIEWER_2, ALONE),
    WRITE       (TerminateContract,  contract_terminate,  ROLE_APPROVER,                   "line_id"),
    READ        (GetContract,        ROLE_ANY,            0,                               contract_get_sql),
    READ        (ListContracts,      ROLE_ANY,            RPC_LIST,                        contract_list_sql),

    WRITE       (ProposeSupplement,  supplement_propose,  ROLE_CLERK,                      "line_id"),
    WRITE_FOLLOW(ReturnSupplement,   supplement_return,   ROLE_APPROVER,                   "line_id"),
    WRITE_FOLLOW(WithdrawSupplement, supplement_withdraw, ROLE_CLERK,                      "line_id"),
    WRITE_FOLLOW(SignSupplement,     supplement_sign,     ROLE_APPROVER,                   "line_id"),
    READ        (GetSupplement,      ROLE_ANY,            0,                               supplement_get_sql),
    READ        (ListSupplements,    ROLE_ANY,            RPC_LIST,                        supplement_list_sql),

    WRITE_FOLLOW(PublishDuty,        duty_publish,        ROLE_CLERK,                      ALONE),
    WRITE_FOLLOW(FileDuty,           duty_file,           ROLE_CLERK,                      ALONE),
    WRITE_FOLLOW(ReceiveDuty,        duty_receive,        ROLE_REVIEWER_1,                 ALONE),
    WRITE_FOLLOW(ReturnDuty,         duty_return,         ROLE_REVIEWER_1,                 ALONE),
    READ        (GetDuty,            ROLE_ANY,            0,                               duty_get_sql),
    READ        (ListDuties,         ROLE_ANY,            RPC_LIST,                        duty_list_sql),
};
/* clang-format on */

static const ProtobufCServiceDescriptor *const services[] = {
    &purser__v1__contract_service__descriptor,
    &purser__v1__supplement_service__descriptor,
    &purser__v1__duty_service__descriptor,
};
static const struct lifecycle *const lives[] = {&contract_life, &supplement_life, &duty_life};
static const char *const tables[] = {"contract",      "contract_year",  "contract_supplement",
                                     "contract_duty", "contract_event", "contract_total"};
static const struct kept_sum sums[] = {{"contract_total", "contract_total_added_up"}};

const struct noun noun_contract = {
    .name = "contract",
    .services = services,
    .services_count = (int)COUNT_OF(services),
    .rows = rows,
    .rows_count = (int)COUNT_OF(rows),
    .lives = lives,
    .lives_count = (int)COUNT_OF(lives),
    .tables = tables,
    .tables_count = (int)COUNT_OF(tables),
    .sums = sums,
    .sums_count = (int)COUNT_OF(sums),
};
