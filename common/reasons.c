/* Why something is refused: one row a reason, sorted by noun. Everybody adds the rows of his own noun here.
 */
#include "common/refusal.h"

#include "common/check.h"

/* clang-format off */
const struct reason reasons[] = {
    /* the request itself */
    {"BAD_FIELD", STATUS_INVALID_ARGUMENT,
     "[{what}：]字段 {field} 不符合要求[：{broke}][，应为：{passes}]", "[{what}: ]field {field} will not do[: {broke}][; expected: {passes}]", "{this} --help"},
    {"FRAME_BAD", STATUS_INVALID_ARGUMENT, "收到的数据不是有效的请求[：{broke}]", "the bytes received are no valid request[: {broke}]", "purser rpc list"},
    {"TOO_LARGE", STATUS_INVALID_ARGUMENT, "请求过大[：{broke}][，上限 {passes}]", "the request is too large[: {broke}][; at most {passes}]", "{this} --help"},
    {"METHOD_UNKNOWN", STATUS_UNIMPLEMENTED, "服务器没有这个方法[：{what}]", "the server has no such method[: {what}]", "purser rpc list"},
    {"NOT_A_WRITE", STATUS_INVALID_ARGUMENT, "[{what} ]不是写入方法，不能只作校验", "[{what} ]is no writing method and cannot be checked only", "{this}"},
    {"NO_UPDATE_FIELDS", STATUS_INVALID_ARGUMENT, "没有指明要修改的字段", "no field to change was named", "{this} --help"},
    {"TOO_MANY_ROWS", STATUS_INVALID_ARGUMENT, "行数过多[：{broke}][，一次最多 {passes}]", "too many rows[: {broke}][; at most {passes} at once]", "{this} --help"},
    {"REFERENCE_UNKNOWN", STATUS_FAILED_PRECONDITION, "引用的请求 {broke} 尚未被接受", "the request {broke} that is referred to has not been accepted", "purser outbox list"},

    /* objects in general */
    {"NOT_FOUND", STATUS_NOT_FOUND, "没有找到[ {what}]", "not found[: {what}]", "{list}"},
    {"ALREADY_EXISTS", STATUS_ALREADY_EXISTS, "[{what} ]已经存在", "[{what} ]exists already", "{list}"},
    {"ETAG_STALE", STATUS_ABORTED, "[{what} ]已被他人修改：您看到的是第 {broke} 版，现在是第 {passes} 版", "[{what} ]has been changed by somebody: you saw version {broke}, it is now {passes}", "{get}"},
    {"ETAG_MISSING", STATUS_INVALID_ARGUMENT, "修改[ {what} ]时必须给出所见的版本号 etag[，现在是 {passes}]", "a change[ of {what}] must name the version that was seen (etag)[; it is now {passes}]", "{this}[ {what}][ --etag {passes}]"},
    {"STATE_FORBIDS", STATUS_FAILED_PRECONDITION, "[{what} ]现在的状态是 {broke}，不能这样办理[；可以办理的状态：{passes}]", "[{what} ]is in the state {broke}, which does not allow this[; possible from: {passes}]", "{get}"},
    {"ROLE_FORBIDS", STATUS_PERMISSION_DENIED, "您的角色[（{broke}）]无权办理[；可以办理的角色：{passes}]", "your role[ ({broke})] may not do this[; these may: {passes}]", "purser person get-me"},
    {"NOT_OWN_UNIT", STATUS_PERMISSION_DENIED, "[{what} ]属于单位 {passes}，您的单位 {broke} 不能办理", "[{what} ]belongs to the unit {passes}; yours, {broke}, may not do this", "purser person get-me"},
    {"SAME_PERSON", STATUS_PERMISSION_DENIED, "[{what}：]同一人不得在同一事项上办理不相容的两个环节[；其中之一已由 {broke} 办理][，应由 {passes} 办理]", "[{what}: ]one person may not do two incompatible steps on one object[; one of them was done by {broke}][; needed: {passes}]", "{get}"},
    {"OPINION_MISSING", STATUS_INVALID_ARGUMENT, "[{what}：]核减、退回或不予同意必须写明意见", "[{what}: ]a reduction, return or refusal needs an opinion", "{this}[ {what}] --opinion TEXT"},
    {"ALREADY_DONE", STATUS_FAILED_PRECONDITION, "[{what} ]已经办理过[：{broke}]", "[{what} ]has been done already[: {broke}]", "{get}"},
    {"IN_USE", STATUS_FAILED_PRECONDITION, "[{what} ]正在使用，不能删除[：{broke}]", "[{what} ]is in use and cannot be removed[: {broke}]", "{get}"},

    /* signing, sessions, the server */
    {"NOT_SIGNED_IN", STATUS_UNAUTHENTICATED, "尚未登录，或会话已失效", "not signed in, or the session has ended", "purser context list"},
    {"SIGNATURE_BAD", STATUS_UNAUTHENTICATED, "签名不正确", "the signature is not valid", "purser key show"},
    {"SIGNATURE_MISSING", STATUS_UNAUTHENTICATED, "写入必须签名", "a write must be signed", "{this}"},
    {"KEY_UNKNOWN", STATUS_UNAUTHENTICATED, "服务器不认识这个密钥", "the server does not know this key", "purser enroll INVITE"},
    {"KEY_REVOKED", STATUS_UNAUTHENTICATED, "密钥已吊销或已更换[：{broke}]", "the key has been revoked or replaced[: {broke}]", "purser enroll INVITE"},
    {"PERSON_INACTIVE", STATUS_PERMISSION_DENIED, "[{what} ]的账号已停用[：{broke}]", "the account[ of {what}] is not active[: {broke}]", "purser person get-me"},
    {"AUDIENCE_WRONG", STATUS_UNAUTHENTICATED, "命令是给 {broke} 的，这里是 {passes}", "the command is meant for {broke}, this is {passes}", "purser context list"},
    {"EXPIRED", STATUS_FAILED_PRECONDITION, "命令已过有效时间[：{broke}][，服务器时间 {passes}]", "the command's time is over[: {broke}][; server time {passes}]", "{this}"},
    {"CLOCK_OFF", STATUS_UNAUTHENTICATED, "本机时间与服务器相差过大[：{broke}][，服务器时间 {passes}]", "your clock is too far from the server's[: {broke}][; server time {passes}]", "purser ping"},
    {"REPLAYED_READ", STATUS_UNAUTHENTICATED, "同一个已签名的查询只能使用一次", "a signed read may be used once only", "{this}"},
    {"REQUEST_ID_BAD", STATUS_INVALID_ARGUMENT, "请求号必须是 16 个字节", "a request id has 16 bytes", "{this}"},
    {"REQUEST_ID_REUSED", STATUS_ALREADY_EXISTS, "请求号已用于内容不同的另一个请求", "the request id was used for another request", "purser outbox list"},
    {"BUSY", STATUS_RESOURCE_EXHAUSTED, "服务器繁忙，请稍后重试", "the server is busy, try again", "{this}"},
    {"UNAVAILABLE", STATUS_UNAVAILABLE, "服务器暂不能办理[：{broke}]", "the server cannot do this now[: {broke}]", "purser ping"},
    {"NO_DATABASE", STATUS_UNAVAILABLE, "服务器与数据库的连接中断，请稍后重试", "the server has lost its database; try again", "purser ping"},
    {"NOT_LEADER", STATUS_UNAVAILABLE, "这台服务器不是主服务器，只能查询[；办理请连接 {passes}]", "another server writes to this database; this one answers reads only[; to write ask {passes}]", "purser ping[ --server {passes}]"},
    {"CHECKPOINT_UNWRITABLE", STATUS_UNAVAILABLE, "服务器不能保存检查点文件，办理暂停，查询照常", "the server cannot write its checkpoint file: writes wait, reads go on", "purser ping"},
    {"WRITES_ENDED", STATUS_UNAVAILABLE, "数据库与服务器的检查点不符，办理已停止，等待操作员处理", "the database does not fit the server's checkpoint: writes have ended until an operator looks at it", "purser ping"},
    {"TIMED_OUT", STATUS_DEADLINE_EXCEEDED, "未能在规定时间内完成", "it could not be done in time", "{this}"},
    {"OUTCOME_UNKNOWN", STATUS_UNKNOWN, "结果未知；用同一请求号重发是安全的", "the outcome is unknown; sending the same request again is safe", "purser outbox flush"},
    {"INTERNAL", STATUS_INTERNAL, "服务器内部错误[：{broke}]", "internal error[: {broke}]", "purser ping"},
    {"CLOCK_JUMPED", STATUS_UNAVAILABLE, "服务器时钟跳变，写入已暂停，等待操作员确认[：{broke}]", "the server's clock jumped; writes wait for an operator[: {broke}]", "purser ping"},

    /* lists */
    {"FILTERS_NOT_OFFERED", STATUS_INVALID_ARGUMENT, "不支持这种查询条件组合[：{broke}][；可用：{passes}]", "this set of filters is not offered[: {broke}][; offered: {passes}]", "{this} --help"},
    {"PAGE_TOKEN_BAD", STATUS_INVALID_ARGUMENT, "翻页标记无效，或与查询条件不符", "the page token is not valid for these filters", "{this} --all"},
    {"PAGE_SIZE_BAD", STATUS_INVALID_ARGUMENT, "每页行数不能为负数[：{broke}]", "a page size cannot be negative[: {broke}]", "{this} --all"},
    {"RESULT_TOO_LARGE", STATUS_RESOURCE_EXHAUSTED, "结果过大，请缩小范围", "the result is too large; ask for less", "{this} --page-size 50"},

    /* unit */
    {"CITY_EXISTS", STATUS_ALREADY_EXISTS, "城市[ {what} ]已经建立[：{broke}]", "the city[ {what}] has been founded already[: {broke}]", "purser unit get-city"},
    {"UNIT_UNKNOWN", STATUS_FAILED_PRECONDITION, "[{what}：]没有单位[ {broke}]", "[{what}: ]there is no unit[ {broke}]", "purser unit list"},
    {"ROW_TWICE", STATUS_INVALID_ARGUMENT, "[{what} ]在同一批中重复出现[：{broke}]", "[{what} ]stands twice in the same batch[: {broke}]", "{this} --help"},
    {"ROLE_NOT_GRANTABLE", STATUS_PERMISSION_DENIED, "角色[ {broke} ]不能授予、撤销或吊销[；可授予：{passes}]", "the role[ {broke}] can be neither granted nor taken away[; grantable: {passes}]", "purser person propose-role --help"},
    {"ROLE_WRONG_UNIT", STATUS_FAILED_PRECONDITION, "角色[ {what} ]只能由单位 {passes} 的人员担任[，不能是 {broke}]", "the role[ {what}] belongs to people of the unit {passes}[, not {broke}]", "purser person list --unit-id {passes}"},
    {"LAST_OFFICER", STATUS_FAILED_PRECONDITION, "[{what} ]是最后一名 {broke}，须先另有他人[（{passes}）]", "[{what} ]is the last {broke}; somebody else must hold the office first[ ({passes})]", "purser person list"},
    {"INVITE_BAD", STATUS_UNAUTHENTICATED, "邀请无效：尚未经分管领导确认、已使用、已过期或不完整", "the invite is not valid: the leader has not confirmed it yet, or it was used, has expired or is not whole", "purser invite PERSON_ID"},
    {"SELF_GRANT", STATUS_PERMISSION_DENIED, "任何人不得给自己授权", "nobody may grant rights to himself", "purser person list"},
    {"ROLES_CLASH", STATUS_FAILED_PRECONDITION, "[{what} ]不得同时担任不相容的岗位[：{broke}]", "[{what} ]may not hold incompatible roles[: {broke}]", "purser person get[ {what}]"},
    {"UNIT_CLOSED", STATUS_FAILED_PRECONDITION, "单位[ {what} ]在该日不存在[：{broke}]", "the unit[ {what}] does not exist on that day[: {broke}]", "purser unit get[ {what}]"},

    /* policy */
    {"TYPE_UNKNOWN", STATUS_FAILED_PRECONDITION, "[{what} ]的单位类型[“{broke}”]不在该日施行的类型表中", "the organisation type[ “{broke}”][ of {what}] is not in the table in force that day", "purser policy list-type-rules"},
    {"TYPE_MAY_NOT_PURCHASE", STATUS_FAILED_PRECONDITION, "[{what} ]不得作为购买主体：单位类型“{broke}”[；可作为购买主体的类型：{passes}]", "[{what} ]may not purchase: its type is “{broke}”[; types that may: {passes}]", "purser policy list-type-rules"},
    {"TYPE_ASK_STAFFING", STATUS_FAILED_PRECONDITION, "[{what} ]的类型“{broke}”须先由编办认定", "the type “{broke}”[ of {what}] must first be settled by the staffing office", "purser policy list-type-rules"},
    {"CALENDAR_INCOMPLETE", STATUS_INVALID_ARGUMENT, "{what} 年的日历不完整：缺少{broke}；一个年度须一次载入", "the calendar of {what} is not whole: {broke} is missing; a year is loaded at once", "purser policy list-calendar-years"},
    {"RULE_VALUE_MISSING", STATUS_FAILED_PRECONDITION, "该日没有已确认的规则数值[ {what}]", "no confirmed rule value[ {what}] holds on that day", "purser policy list-rule-values"},

    /* catalogue */
    {"NOT_IN_CATALOGUE", STATUS_FAILED_PRECONDITION, "目录代码[ {broke} ]不在现行政府购买服务指导性目录中[；可用：{passes}]", "the code[ {broke}] is not in the guidance catalogue in force[; possible: {passes}]", "purser catalogue search-entries --text 安保"},
    {"CATALOGUE_LEVEL", STATUS_FAILED_PRECONDITION, "目录条目[ {broke} ]不是三级条目[；应选用 {passes}]", "the catalogue entry[ {broke}] is not of the third level[; choose {passes}]", "purser catalogue search-entries --text 安保"},
    {"CATALOGUE_DATE", STATUS_FAILED_PRECONDITION, "目录版本 {what} 的生效日期 {broke} 不可行：同一日只能有一个版本施行[，应 {passes}]", "the version {what} cannot begin on {broke}: one version is in force on a day[; it must be {passes}]", "purser catalogue list-versions"},
    {"NEGATIVE_LIST", STATUS_FAILED_PRECONDITION, "[{what}：]属于负面清单[（{broke}）]，不得作为政府购买服务内容", "[{what}: ]stands on the negative list[ ({broke})] and may not be purchased as a service", "purser catalogue list-negatives"},

    /* supplier */
    {"SUPPLIER_UNKNOWN", STATUS_FAILED_PRECONDITION, "供应商库中没有[ {what}]", "the supplier[ {what}] is not registered", "purser supplier register --help"},
    {"SUPPLIER_TYPE", STATUS_FAILED_PRECONDITION, "[{what}：]承接主体类型“{broke}”不得承接政府购买服务[；可为：{passes}]", "[{what}: ]an organisation of the type “{broke}” may not provide[; possible: {passes}]", "purser policy list-type-rules"},
    {"SUPPLIER_BANNED", STATUS_FAILED_PRECONDITION, "供应商[ {what} ]在禁止参加期内[：{broke}][；可在 {passes} 之后承接]", "the supplier[ {what}] is banned[: {broke}][; possible after {passes}]", "purser supplier list"},
    {"PERSONAL_DATA", STATUS_FAILED_PRECONDITION, "自然人（类型 {broke}）暂不能登记：公民身份号码属于个人信息，不得明文写入日志", "individuals (type {broke}) cannot be registered yet: their identity number is personal data and may not stand in the journal", "purser supplier register --help"},

    /* history */
    {"PERIOD_NOT_PAST", STATUS_FAILED_PRECONDITION, "[{what}：]期间截止 {broke}，历史数据须早于启用日期 {passes}", "[{what}: ]the period ends {broke}; history ends before the city went live on {passes}", "purser unit get-city"},
    {"HISTORY_TWICE", STATUS_ALREADY_EXISTS, "[{what}：]同一期间、单位、目录、项目和口径的记录已在批次 {broke} 中", "[{what}: ]the same period, unit, category, project and measure stands in {broke} already", "purser history list --batch-id {broke}"},

    /* budget */
    {"LINE_NOT_ISSUED", STATUS_FAILED_PRECONDITION, "预算项目[ {what} ]尚未批复下达（{broke}）[，须为 {passes}]：无预算不得购买", "the budget line[ {what}] has not been issued ({broke})[; it must be {passes}]: no budget, no purchase", "purser budget get[ {what}]"},
    {"OVER_LINE", STATUS_FAILED_PRECONDITION, "[{what}：]金额 {broke} 超过可用预算 {passes}", "[{what}: ]the amount {broke} exceeds what is free, {passes}", "purser budget get {what}"},
    {"CYCLE_UNKNOWN", STATUS_FAILED_PRECONDITION, "年度[ {broke} ]的预算编制尚未布置", "the compilation of the year[ {broke}] has not been deployed", "purser cycle list"},
    {"CYCLE_CLOSED", STATUS_FAILED_PRECONDITION, "年度[ {what} ]的预算已到“{broke}”[，须在 {passes} 时办理]", "the budget of the year[ {what}] is {broke}[; possible while {passes}]", "purser cycle get[ {what}]"},
    {"BUDGET_INCOMPLETE", STATUS_FAILED_PRECONDITION, "[{what} ]还不能上报：{field} 现为 {broke}，应为 {passes}", "[{what} ]cannot go up yet: {field} is {broke}, expected {passes}", "purser budget edit {what} --help"},
    {"ROUND_NOT_OPEN", STATUS_FAILED_PRECONDITION, "[{what}：]本轮报送尚未开始：今天 {broke}，{passes} 开始", "[{what}: ]the round is not open yet: today is {broke}, it opens {passes}", "purser round list"},
    {"ROUND_CLOSED", STATUS_FAILED_PRECONDITION, "[{what}：]本轮报送已截止：今天 {broke}，截止日期 {passes}；须由财政部门重新开放", "[{what}: ]the round is over: today is {broke}, it was due {passes}; the bureau may reopen it", "purser round list"},
    {"LINES_EXIST", STATUS_FAILED_PRECONDITION, "[{what} ]有 {broke} 个项目[（{passes}）]，不能零申报", "[{what} ]has {broke} lines[ ({passes})] and cannot declare nothing", "purser budget list"},
    {"LINES_UNFINISHED", STATUS_FAILED_PRECONDITION, "年度[ {what} ]还有 {broke} 个项目未审完[（{passes}）]", "the year[ {what}] still has {broke} lines under review[ ({passes})]", "purser budget list"},
    {"OVER_CONTROL", STATUS_FAILED_PRECONDITION, "[{what}：]部门合计 {broke} 超过控制数 {passes}", "[{what}: ]the department's sum {broke} exceeds its control total {passes}", "purser cycle get"},
    {"CONSENT_MISSING", STATUS_FAILED_PRECONDITION, "[{what} ]未在一上申报，须先经财政部门同意方可列入二上", "[{what} ]was not in the first round; the bureau must consent before it goes up", "purser budget get[ {what}]"},
    {"HITS_OPEN", STATUS_FAILED_PRECONDITION, "[{what} ]还有 {broke} 个筛查疑点未处理[（{passes}）]", "[{what} ]still has {broke} hits of the screening without a disposition[ ({passes})]", "purser screening list-hits"},
    {"ROWS_OUT_OF_ORDER", STATUS_FAILED_PRECONDITION, "导入[ {what} ]的下一行应为第 {passes} 行，这一批从第 {broke} 行开始", "the next row of the import[ {what}] is number {passes}, these begin with number {broke}", "purser budget import --help"},
    {"ROWS_DIFFER", STATUS_FAILED_PRECONDITION, "导入[ {what} ]收到 {passes} 行，本机有 {broke} 行", "{passes} rows came for the import[ {what}], {broke} were sent", "purser budget import --help"},
    {"DIGEST_DIFFERS", STATUS_FAILED_PRECONDITION, "导入[ {what} ]收到的各行与本机的不同：本机摘要 {broke}，收到的 {passes}", "the rows that came for the import[ {what}] are not those that were sent: digest {broke} here, {passes} there", "purser budget import --help"},
    {"REFUSED_BEFORE", STATUS_FAILED_PRECONDITION, "[{what} ]与已不予纳入的 {broke} 内容相同，不得原样再报[（依据 {passes}）]", "[{what} ]is the same as {broke}, which was refused[ (by {passes})], and may not be sent again unchanged", "purser budget get {broke}"},
    {"LEGAL_BASIS_MISSING", STATUS_INVALID_ARGUMENT, "不予纳入必须写明法律依据[，“{broke}”不是][：{passes}]", "a refusal needs its legal basis[; “{broke}” is none][: {passes}]", "purser catalogue list-negatives"},
    {"ANSWER_MISSING", STATUS_INVALID_ARGUMENT, "[{what}：]必须写明理由", "[{what}: ]a reason must be given", "{this} --help"},

    /* contract */
    {"WRONG_LINE", STATUS_INVALID_ARGUMENT, "[{what} ]不属于预算项目 {broke}[，应为 {passes}]", "[{what} ]does not stand on the budget line {broke}[; it is {passes}]", "purser contract get[ {what}]"},
    {"ELEMENT_MISSING", STATUS_FAILED_PRECONDITION, "[{what}：]合同要素不全，缺少[ {broke}]", "[{what}: ]the contract lacks an element[: {broke}]", "purser contract edit[ {what}] --help"},
    {"NOT_ATTESTED", STATUS_FAILED_PRECONDITION, "[{what}：]购买主体尚未确认支出已列入年度预算和中期财政规划", "[{what}: ]the purchaser has not confirmed that the spending stands in the annual budget and the medium-term plan", "purser contract edit[ {what}] --is-attested"},
    {"TERM_BACKWARDS", STATUS_INVALID_ARGUMENT, "[{what}：]结束日期 {broke} 早于开始日期 {passes}", "[{what}: ]the end {broke} lies before the start {passes}", "{this} --help"},
    {"TERM_TOO_LONG", STATUS_FAILED_PRECONDITION, "[{what}：]履行期限超过上限：结束日期 {broke}[，最迟 {passes}]", "[{what}: ]the term is too long: it ends {broke}[; at the latest {passes}]", "{this} --end-date {passes}"},
    {"TERM_NEEDS_CONDITIONS", STATUS_FAILED_PRECONDITION, "[{what}：]期限超过一年（结束日期 {broke}）必须同时满足四项条件并写明依据[；否则最迟 {passes}]", "[{what}: ]a term over a year (it ends {broke}) needs all four conditions and their basis[; without them at the latest {passes}]", "{this} --end-date {passes}"},
    {"YEARS_DIFFER", STATUS_FAILED_PRECONDITION, "[{what}：]分年度金额合计 {broke} 不等于合同金额 {passes}", "[{what}: ]the amounts by year sum to {broke}, the contract is over {passes}", "{this} --help"},
    {"YEAR_OUTSIDE", STATUS_FAILED_PRECONDITION, "[{what}：]年度 {broke} 不合要求[，应为 {passes}]", "[{what}: ]the year {broke} will not do[; expected: {passes}]", "{this} --help"},
    {"BOND_OVER_CAP", STATUS_FAILED_PRECONDITION, "[{what}：]履约保证金 {broke} 超过上限 {passes}", "[{what}: ]the performance bond {broke} is over the cap of {passes}", "{this} --help"},
    {"SUPPLIER_CHANGED", STATUS_FAILED_PRECONDITION, "承接主体[ {what} ]的类型已由 {broke} 变为 {passes}，请先修改合同草稿", "the type of the supplier[ {what}] has changed from {broke} to {passes}; edit the draft first", "purser contract edit --help"},
    {"DATE_OUTSIDE", STATUS_INVALID_ARGUMENT, "[{what}：]{field} 不合要求：{broke}[，应在 {passes}]", "[{what}: ]the {field} will not do: {broke}[; expected: {passes}]", "{this} --help"},
    {"SIGNED_LATE", STATUS_FAILED_PRECONDITION, "[{what}：]签订日期 {broke} 晚于中标通知后的期限 {passes}，必须写明原因", "[{what}: ]signed on {broke}, after the period that ended {passes}: a reason is needed", "{this}[ {what}] --overdue-reason TEXT"},
    {"NOT_YET", STATUS_FAILED_PRECONDITION, "[{what}：]现在 {broke}，须到 {passes} 才能办理", "[{what}: ]it is {broke}; possible from {passes} on", "{get}"},
    {"SUSPENDED_BY_ORDER", STATUS_PERMISSION_DENIED, "[{what} ]是财政部门责令中止的，只能由财政复审恢复", "[{what} ]was suspended by order of the finance bureau, which alone may lift it", "{get}"},
    {"SUPPLEMENTS_OVER_CAP", STATUS_FAILED_PRECONDITION, "[{what}：]补充合同累计 {broke}，超过原合同金额的上限[；本次最多 {passes}]", "[{what}: ]the supplements together would be {broke}, over the cap on the original amount[; this one may be at most {passes}]", "purser supplement list"},
    {"SUPPLEMENT_FIELDS", STATUS_INVALID_ARGUMENT, "[{what}：]这类补充合同的 {field} 不合要求[：{broke}][，应为 {passes}]", "[{what}: ]the field {field} will not do for this kind of supplement[: {broke}][; expected: {passes}]", "purser supplement propose --help"},
    {"SUPPLEMENTS_OPEN", STATUS_FAILED_PRECONDITION, "[{what} ]还有 {broke} 份补充合同未签订或撤销", "[{what} ]still has {broke} supplements that are neither signed nor withdrawn", "purser supplement list"},
    {"SUPPLEMENTS_MANY", STATUS_FAILED_PRECONDITION, "[{what}：]一份合同最多 {passes} 份补充合同，这是第 {broke} 份", "[{what}: ]a contract has at most {passes} supplements, this would be number {broke}", "purser supplement list"},
    {"SETTLEMENT_TOO_MUCH", STATUS_FAILED_PRECONDITION, "[{what}：]结算金额 {broke} 超过合同金额 {passes}", "[{what}: ]the settlement {broke} exceeds the contract's {passes}", "{get}"},

    /* audit */
    {"NOTICE_TOO_LATE", STATUS_FAILED_PRECONDITION, "[{what}：]审计通知书最迟应在 {passes} 送达[，实际 {broke}]；特殊情况须经负责人批准", "[{what}: ]the notice must be delivered by {passes}[, not {broke}]; a special case needs the head's approval", "{this}[ {what}] --notice-date {passes}"},
    {"TEAM_TOO_SMALL", STATUS_FAILED_PRECONDITION, "[{what}：]审计组只有 {broke} 人[，至少 {passes}]", "[{what}: ]the team has {broke}[; at least {passes}]", "{this}[ {what}] --help"},
    {"NOT_IN_CASE", STATUS_FAILED_PRECONDITION, "单位 {broke} 不在审计范围内[；范围：{passes}]", "the unit {broke} is not in the case[; it covers {passes}]", "purser audit get-case[ {what}]"},
    {"VIOLATION_UNKNOWN", STATUS_FAILED_PRECONDITION, "问题定性代码[ {broke} ]不在字典中", "the violation[ {broke}] is not in the dictionary", "purser violation list"},
    {"FINDINGS_OPEN", STATUS_FAILED_PRECONDITION, "[{what} ]还有 {broke} 个问题未整改核实或移送", "[{what} ]still has {broke} findings that are neither verified nor transferred", "purser finding list"},
    {"CASE_KIND", STATUS_PERMISSION_DENIED, "[{what} ]是{broke}，由 {passes} 办理", "[{what} ]is of the kind {broke}, conducted by {passes}", "purser audit get-case[ {what}]"},
};
/* clang-format on */

const int reasons_count = (int)COUNT_OF(reasons);
