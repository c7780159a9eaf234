/* The registry: every noun's rows joined with the services of the contract, found by method path. */
#include "server/front/registry.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/check.h"
#include "purser/v1/server.pb-c.h"
#include "server/domain/audit/audit.h"
#include "server/domain/budget/budget.h"
#include "server/domain/catalogue/catalogue.h"
#include "server/domain/contract/contract.h"
#include "server/domain/history/history.h"
#include "server/domain/journal/journal.h"
#include "server/domain/policy/policy.h"
#include "server/domain/report/report.h"
#include "server/domain/supplier/supplier.h"
#include "server/domain/unit/unit.h"

#define METHODS_MAX         400
#define SERVICE_METHODS_MAX 15

/* What the server itself answers, without any noun: health, descriptors, sessions. */
static const ProtobufCServiceDescriptor *const own_services[] = {
    &purser__v1__health_service__descriptor,
    &purser__v1__server_service__descriptor,
    &purser__v1__session_service__descriptor,
};
static struct rpc own_rows[] = {
    {.method = "Check", .kind = RPC_FRONT, .flags = RPC_PUBLIC},
    {.method = "GetDescriptorSet", .kind = RPC_FRONT, .flags = RPC_PUBLIC},
    {.method = "GetChallenge", .kind = RPC_FRONT, .flags = RPC_PUBLIC},
    {.method = "OpenSession", .kind = RPC_FRONT, .flags = RPC_PUBLIC},
    {.method = "CloseSession", .kind = RPC_FRONT, .flags = RPC_PUBLIC},
};
static const struct noun noun_server = {.name = "server",
                                        .services = own_services,
                                        .services_count = COUNT_OF(own_services),
                                        .rows = own_rows,
                                        .rows_count = COUNT_OF(own_rows)};

/* Lower nouns first: the order in which the schema and the tables stand on each other. */
const struct noun *const registry_nouns[] = {
    &noun_server,  &noun_journal, &noun_unit,     &noun_policy, &noun_catalogue, &noun_supplier,
    &noun_history, &noun_budget,  &noun_contract, &noun_audit,  &noun_report,
};
const int registry_nouns_count = COUNT_OF(registry_nouns);

static const struct rpc *by_path[METHODS_MAX];
static char paths[METHODS_MAX][128];
static int rows_count;

static bool complain(char reterr[256], const char *noun, const char *what, const char *which)
{
    snprintf(reterr, 256, "registry: noun %s: %s: %s", noun, which, what);
    return false;
}

/* The service and method of a row; false when the contract has no such rpc line. */
static bool find_method(const struct noun *n, const char *method,
                        const ProtobufCServiceDescriptor **ret_service,
                        const ProtobufCMethodDescriptor **ret_method)
{
    for (int i = 0; i < n->services_count; i++) {
        const ProtobufCMethodDescriptor *m = protobuf_c_service_descriptor_get_method_by_name(n->services[i],
                                                                                              method);
        if (m) {
            *ret_service = n->services[i];
            *ret_method = m;
            return true;
        }
    }
    return false;
}

static bool check_row(const struct noun *n, const struct rpc *row, char reterr[256])
{
    const ProtobufCServiceDescriptor *service;
    const ProtobufCMethodDescriptor *method;
    if (!find_method(n, row->method, &service, &method))
        return complain(reterr, n->name, "a row, but no rpc line in the .proto", row->method);
    if (row->kind == RPC_READ && (!row->reads || !row->reads[0].sql))
        return complain(reterr, n->name, "a read without a statement", row->method);
    if (row->kind == RPC_WRITE && (!row->load || !row->decide))
        return complain(reterr, n->name, "a write without its functions", row->method);
    if (row->key && !protobuf_c_message_descriptor_get_field_by_name(method->input, row->key))
        return complain(reterr, n->name, "its key is no field of the request", row->method);
    if (!(row->flags & (RPC_PUBLIC | RPC_ENROLL | RPC_SYSTEM)) && row->roles == 0)
        return complain(reterr, n->name, "nobody may call it", row->method);
    return true;
}

/* Every rpc line has exactly one row. */
static bool check_service(const struct noun *n, const ProtobufCServiceDescriptor *service, char reterr[256])
{
    if (service->n_methods > SERVICE_METHODS_MAX)
        return complain(reterr, n->name, "more than 15 methods", service->name);
    for (unsigned i = 0; i < service->n_methods; i++) {
        int rows = 0;
        for (int r = 0; r < n->rows_count; r++)
            rows += strcmp(n->rows[r].method, service->methods[i].name) == 0;
        if (rows != 1)
            return complain(reterr, n->name, rows ? "two rows" : "an rpc line, but no row",
                            service->methods[i].name);
    }
    return true;
}

bool registry_check(const struct noun *n, char reterr[256])
{
    for (int i = 0; i < n->services_count; i++)
        if (!check_service(n, n->services[i], reterr))
            return false;
    for (int i = 0; i < n->rows_count; i++)
        if (!check_row(n, &n->rows[i], reterr))
            return false;
    return true;
}

static bool join_row(const struct noun *n, struct rpc *row, char reterr[256])
{
    const ProtobufCServiceDescriptor *service;
    const ProtobufCMethodDescriptor *method;
    if (rows_count == METHODS_MAX)
        return complain(reterr, n->name, "more methods than METHODS_MAX", row->method);
    if (!find_method(n, row->method, &service, &method))
        return false;
    snprintf(paths[rows_count], sizeof(paths[0]), "/%s/%s", service->name, row->method);
    row->request = method->input;
    row->reply = method->output;
    row->path = paths[rows_count];
    by_path[rows_count++] = row;
    return true;
}

static int compare_paths(const void *a, const void *b)
{
    return strcmp((*(const struct rpc *const *)a)->path, (*(const struct rpc *const *)b)->path);
}

enum status registry_init(char reterr[256])
{
    static bool is_done;
    if (is_done)
        return STATUS_OK;
    rows_count = 0;
    for (int i = 0; i < registry_nouns_count; i++) {
        const struct noun *n = registry_nouns[i];
        if (!registry_check(n, reterr))
            return STATUS_INTERNAL;
        for (int r = 0; r < n->rows_count; r++)
            if (!join_row(n, &n->rows[r], reterr))
                return STATUS_INTERNAL;
    }
    qsort(by_path, (size_t)rows_count, sizeof(by_path[0]), compare_paths);
    is_done = true;
    return STATUS_OK;
}

static int compare_path_to(const void *path, const void *row)
{
    return strcmp(path, (*(const struct rpc *const *)row)->path);
}

const struct rpc *registry_find(const char *path)
{
    const struct rpc **found = bsearch(path, by_path, (size_t)rows_count, sizeof(by_path[0]),
                                       compare_path_to);
    return found ? *found : NULL;
}

const struct rpc *const *registry_rows(int *ret_count)
{
    *ret_count = rows_count;
    return by_path;
}
