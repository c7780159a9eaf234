/* Roles as masks: the same numbers as the wire's enum Role. */
#pragma once

#include <stdint.h>

#include "common/arena.h"
#include "purser/v1/shared.pb-c.h"

#define ROLE_BIT(role)     (UINT32_C(1) << (role))
#define ROLE_CLERK         ROLE_BIT(PURSER__V1__ROLE__ROLE_CLERK)
#define ROLE_APPROVER      ROLE_BIT(PURSER__V1__ROLE__ROLE_APPROVER)
#define ROLE_REVIEWER_1    ROLE_BIT(PURSER__V1__ROLE__ROLE_REVIEWER_1)
#define ROLE_REVIEWER_2    ROLE_BIT(PURSER__V1__ROLE__ROLE_REVIEWER_2)
#define ROLE_LEADER        ROLE_BIT(PURSER__V1__ROLE__ROLE_LEADER)
#define ROLE_OPERATOR      ROLE_BIT(PURSER__V1__ROLE__ROLE_OPERATOR)
#define ROLE_CIVIL_AFFAIRS ROLE_BIT(PURSER__V1__ROLE__ROLE_CIVIL_AFFAIRS)
#define ROLE_STAFFING      ROLE_BIT(PURSER__V1__ROLE__ROLE_STAFFING)
#define ROLE_AUDITOR       ROLE_BIT(PURSER__V1__ROLE__ROLE_AUDITOR)
#define ROLE_AUDIT_HEAD    ROLE_BIT(PURSER__V1__ROLE__ROLE_AUDIT_HEAD)
#define ROLE_REGISTRAR     ROLE_BIT(PURSER__V1__ROLE__ROLE_REGISTRAR)
#define ROLE_PUBLIC        ROLE_BIT(PURSER__V1__ROLE__ROLE_PUBLIC)
#define ROLE_SYSTEM        ROLE_BIT(PURSER__V1__ROLE__ROLE_SYSTEM)

#define ROLE_DEPT   (ROLE_CLERK | ROLE_APPROVER)
#define ROLE_BUREAU (ROLE_REVIEWER_1 | ROLE_REVIEWER_2 | ROLE_LEADER)
#define ROLE_AUDIT  (ROLE_AUDITOR | ROLE_AUDIT_HEAD)
/* Who sees every department: the bureau, audit, the co-operating offices, and the operator who keeps the
 * books running. */
#define ROLE_SEES_ALL                                                                                        \
    (ROLE_BUREAU | ROLE_AUDIT | ROLE_OPERATOR | ROLE_CIVIL_AFFAIRS | ROLE_STAFFING | ROLE_REGISTRAR)
#define ROLE_ANY (ROLE_DEPT | ROLE_SEES_ALL)

/* "CLERK APPROVER", for tables. */
const char *roles_codes(struct arena *a, uint32_t roles);
/* "CLERK (部门经办), APPROVER (部门负责人)", for refusals: each sentence takes its own language. */
const char *roles_text(struct arena *a, uint32_t roles);
