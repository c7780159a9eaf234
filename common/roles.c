/* The names of the roles. */
#include "common/roles.h"

#include <string.h>

#include "common/check.h"

#define ROLE_PREFIX "ROLE_"

static const char *const zh[] = {
    [PURSER__V1__ROLE__ROLE_UNSPECIFIED] = "",          [PURSER__V1__ROLE__ROLE_CLERK] = "部门经办",
    [PURSER__V1__ROLE__ROLE_APPROVER] = "部门负责人",   [PURSER__V1__ROLE__ROLE_REVIEWER_1] = "财政初审",
    [PURSER__V1__ROLE__ROLE_REVIEWER_2] = "财政复审",   [PURSER__V1__ROLE__ROLE_LEADER] = "财政分管领导",
    [PURSER__V1__ROLE__ROLE_OPERATOR] = "财政操作员",   [PURSER__V1__ROLE__ROLE_CIVIL_AFFAIRS] = "民政",
    [PURSER__V1__ROLE__ROLE_STAFFING] = "编办",         [PURSER__V1__ROLE__ROLE_AUDITOR] = "审计",
    [PURSER__V1__ROLE__ROLE_AUDIT_HEAD] = "审计负责人", [PURSER__V1__ROLE__ROLE_REGISTRAR] = "供应商库维护",
    [PURSER__V1__ROLE__ROLE_PUBLIC] = "公众",           [PURSER__V1__ROLE__ROLE_SYSTEM] = "系统",
};

const char *roles_codes(struct arena *a, uint32_t roles)
{
    const ProtobufCEnumDescriptor *d = &purser__v1__role__descriptor;
    const char *text = "";
    for (unsigned i = 1; i < d->n_values; i++)
        if (roles & ROLE_BIT(d->values[i].value))
            text = arena_printf(a, "%s%s%s", text, *text ? " " : "", d->values[i].name + strlen(ROLE_PREFIX));
    return text;
}

const char *roles_text(struct arena *a, uint32_t roles)
{
    const char *text = "";
    for (unsigned i = 1; i < COUNT_OF(zh); i++)
        if (roles & ROLE_BIT(i))
            text = arena_printf(a, "%s%s%s (%s)", text, *text ? ", " : "", roles_codes(a, ROLE_BIT(i)),
                                zh[i]);
    return text;
}
