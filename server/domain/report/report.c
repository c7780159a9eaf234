/* The door of statistics: reads alone. */
#include "server/domain/report/report.h"

#include "common/check.h"
#include "purser/v1/report.pb-c.h"
#include "server/domain/report/report_store.h"

/* clang-format off */
static struct rpc rows[] = {
    /*    verb           who may    flags */
    READ(GetStatistics,  ROLE_ANY,  RPC_REPORT,  report_statistics_sql),
};
/* clang-format on */

static const ProtobufCServiceDescriptor *const services[] = {&purser__v1__report_service__descriptor};

const struct noun noun_report = {.name = "report",
                                 .services = services,
                                 .services_count = COUNT_OF(services),
                                 .rows = rows,
                                 .rows_count = COUNT_OF(rows)};
