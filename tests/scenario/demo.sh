#!/bin/bash
# A year of the city, end to end, with the real programs: it prints each command it runs, so that it is also the tour.
set -euo pipefail
here=$(cd "$(dirname "$0")/../.." && pwd)
bin=${PURSER_BIN:-$here/build/release}
ref=$here/server/reference
lists=$here/tests/scenario
work=${PURSER_DEMO_WORK:-$(mktemp -d /tmp/purser-demo.XXXXXX)}
chmod 755 "$work"
began=$(date +%s)
export LANG=C.UTF-8 PURSER_LANG=zh
server=

finish() {
    local code=$?
    [ -z "$server" ] || { kill "$server" 2>/dev/null && wait "$server" 2>/dev/null || true; }
    if [ $code -eq 130 ] || [ $code -eq 143 ]; then
        echo "demo: interrupted; nothing is left behind" >&2
    elif [ $code -ne 0 ]; then
        echo "demo: failed (exit $code); the server's last lines:" >&2
        tail -5 "$work/server.log" >&2 || true
    fi
    # Interrupted while the cluster was being made, initdb may still write for a moment.
    [ -n "${PURSER_DEMO_WORK:-}" ] || rm -rf "$work" 2>/dev/null || { sleep 2 && rm -rf "$work"; }
    exit $code
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

chapter() { printf '\n\033[1m== %s\033[0m\n' "$*"; }
say() { printf '   %s\n' "$*"; }

# as WHO ARGUMENTS …: the purser of that person, with a key of his own.
as() {
    local who=$1
    shift
    printf '\n[%s]$ purser' "$who"
    printf ' %s' "${@@Q}" | sed "s/'\([^' ]*\)'/\1/g"
    printf '\n'
    PURSER_HOME=$work/people/$who "$bin/purser" --lang zh "$@"
}
# quiet WHO …: the same without the printing of what it answers.
quiet() {
    local who=$1
    shift
    PURSER_HOME=$work/people/$who "$bin/purser" --lang zh "$@" >"$work/out" 2>"$work/err" ||
        { echo "[$who] purser $*" >&2; cat "$work/out" "$work/err" >&2; exit 1; }
}
# refused CODE WHO …: this must be refused, with that exit code; the refusal is what we want to read.
refused() {
    local want=$1 who=$2 code=0
    shift 2
    as "$who" "$@" 2>&1 || code=$?
    [ "$code" = "$want" ] || { echo "demo: expected exit $want, got $code" >&2; exit 1; }
    say "（如期被拒绝，退出码 $code）"
}
# The clock of the city: a year is lived in a minute.
today() {
    echo "$1T09:00:00" >"$work/clock"
    printf '\n-- %s --\n' "$1"
}
# field NAME WHO …: one field of a JSON answer.
field() {
    local name=$1 who=$2
    shift 2
    PURSER_HOME=$work/people/$who "$bin/purser" -o json "$@" 2>/dev/null |
        /usr/bin/python3 -c 'import json,sys
def find(x, n):
    if isinstance(x, dict):
        if n in x: return x[n]
        x = list(x.values())
    if isinstance(x, list):
        for y in x:
            v = find(y, n)
            if v is not None: return v
print(find(json.load(sys.stdin), sys.argv[1]) or "")' "$name"
}

start_server() {
    "$bin/purserd" dev --data "$work/data" --listen "ipc://$work/purserd.ipc" --clock "$work/clock" --log-level warn \
        >>"$work/server.out" 2>>"$work/server.log" &
    server=$!
    for _ in $(seq 100); do
        PURSER_HOME=$work/people/nobody "$bin/purser" --server "ipc://$work/purserd.ipc" \
            rpc call HealthService/Check >/dev/null 2>&1 && return
        kill -0 "$server" 2>/dev/null || { cat "$work/server.log" >&2; exit 1; }
        sleep 0.1
    done
    echo "demo: the server does not answer" >&2
    exit 1
}

# person WHO NAME UNIT ROLES: the operator proposes, the leader confirms, the person makes his own key.
person() {
    local who=$1 name=$2 unit=$3 roles=$4 invite id
    invite=$(PURSER_HOME=$work/people/operator "$bin/purser" invite --name "$name" --unit "$unit" --role "$roles" \
        2>"$work/err" | grep -o 'purser1\.[A-Za-z0-9_-]*') ||
        { cat "$work/err" >&2; exit 1; }
    people=$((people + 1))
    id=$(printf 'P%05d' "$people")
    quiet leader person confirm "$id"
    quiet "$who" enroll "$invite"
    printf '   %-14s %-10s 单位 %-4s %s\n' "$who" "$name" "$unit" "$roles"
}

mkdir -p "$work/people"

chapter "1  从零开始：服务器、私有数据库、两张邀请"
today 2026-06-15
start_server
sed 's/\(purser1\.[A-Za-z0-9_-]\{24\}\)[A-Za-z0-9_-]*/\1…/' "$work/server.out"
quiet operator enroll "$(sed -n 1p "$work/data/invites")"
quiet leader enroll "$(sed -n 2p "$work/data/invites")"
as operator person get-me

chapter "2  装入城市：单位、规则、日历、目录、负面清单、承接主体"
as operator unit import-divisions "$ref/divisions.csv"
as operator unit import "$ref/units.csv"
as operator policy import-rule-values "$ref/rule_values.csv"
as operator policy import-type-rules "$ref/type_rules.csv"
as leader policy list-proposals
as leader policy confirm-proposal PP0001 --etag 1
as leader policy confirm-proposal PP0002 --etag 1
as operator policy import-calendar "$ref/calendar.csv"
say "工作日历 2014–2026 年已装入；2027 年尚未公布，只按周末推算，并会明说"
as operator catalogue import "$ref/catalogue.csv" --version-id CN-2020 --title '政府购买服务指导性目录（2020）' \
    --catalogue-kind CITY --basis '财综〔2020〕57号（文号待核）' --valid-from-date 2020-01-01
as operator catalogue open-consultation CN-2020
as leader catalogue approve CN-2020 --opinion 同意
as leader catalogue publish CN-2020
as operator catalogue import-negatives "$ref/negatives.csv" --valid-from-date 2015-01-01
as leader catalogue confirm-negatives NL001 --etag 1

chapter "3  人员：操作员提议，分管领导确认，各人自持密钥"
people=2
person review1 王初审 210 reviewer-1
person review2 李复审 210 reviewer-2
person registrar 周登记 210 registrar
for d in 203:教育 209:司法 234:城管 225:市场监管 235:机关事务 208:民政; do
    person "clerk${d%%:*}" "${d#*:}经办" "${d%%:*}" clerk
    person "head${d%%:*}" "${d#*:}负责人" "${d%%:*}" approver
done
person auditor 审计甲 223 auditor
person auditor2 审计乙 223 auditor
person audithead 审计负责人 223 audit-head
as operator person list --unit-id 203
as registrar supplier import "$ref/suppliers.csv"

chapter "4  历史：操作员导入，分管领导确认，按当年的规则"
as operator history import "$ref/history_2014_2017.csv" --source '2014—2017年政府购买服务统计'
as leader history confirm H-0001

chapter "5  布置 2027 年预算，导入部门项目清单（Excel 存的 GB18030），筛查漏报与违规"
today 2026-06-22
as review1 cycle open --year 2027 --catalogue-version CN-2020 \
    --steps step=U1,open_date=2026-07-01,due_date=2026-09-15 --steps step=F1,open_date=2026-09-16,due_date=2026-10-20 \
    --steps step=D1,open_date=2026-10-21,due_date=2026-10-31 --steps step=U2,open_date=2026-11-01,due_date=2026-11-25 \
    --steps step=F2,open_date=2026-11-26,due_date=2026-12-31 --steps step=D2,open_date=2027-01-01,due_date=2027-02-28
as review1 screening import-projects "$ref/department_projects_2027.csv" --year 2027 --list-name '2027年部门预算项目'
as review1 screening screen-projects 2027
as review1 screening list-hits 2027 --page-size 200
say "清单里的“是否政府购买服务”只是部门自己的说法；上表按 K1–K3、K5–K7 逐项给出疑点"

# declare UNIT CODE NAME CATALOGUE FUNCTION ECONOMIC AMOUNT SOURCE TYPE METHOD: the clerk drafts and submits, the approver sends it up.
declare_line() {
    local unit=$1 code=$2 name=$3 cat=$4 fun=$5 eco=$6 amount=$7 source=$8 type=$9 method=${10}
    as "clerk$unit" budget create --year 2027 --unit-id "$unit" --project-code "$code" --name "$name" --content "$name（按合同约定）" \
        --catalogue-code "$cat" --function-code "$fun" --economic-code "$eco" --quantity '12 个月' --unit-price-fen "$amount" \
        --requested-fen "$amount" --fund-sources "source=$source,amount_fen=$amount" --provider-type "$type" --method "$method" \
        --start-date 2027-03-01 --end-date 2028-02-29 --basis '部门职责（三定规定）'
}
send_up() {
    quiet "clerk$1" budget submit "$2"
    quiet "head$1" budget approve "$2"
    say "$2 已由经办人送审、负责人上报"
}

chapter "6  一上：六个部门各自申报（经办人与负责人两个人、两把钥匙）"
today 2026-09-07
P=450600-27
L=450600-2027
declare_line 203 $P-203-0001 中小学校园安保服务 A0291 2050202 30227 1204.00万 一般公共预算 410 公开招标
declare_line 203 $P-203-0002 课后服务质量评估 B0702 2050299 30227 38.60万 一般公共预算 410 竞争性磋商
declare_line 209 $P-209-0005 法律援助案件办理 A0407 2040607 30227 186.50万 一般公共预算 410 竞争性磋商
declare_line 209 $P-209-0008 临时聘用人员经费 A1091 2040601 30226 86.40万 一般公共预算 410 竞争性磋商
declare_line 234 $P-234-0011 公园广场养护管理 A1191 2120501 30213 2380.75万 一般公共预算 410 公开招标
declare_line 234 $P-234-0012 城市精细化管理巡查 A1192 2120104 30227 1460.00万 一般公共预算 410 公开招标
declare_line 225 $P-225-0015 食品安全抽检 A1791 2013816 30227 905.30万 一般公共预算 222 公开招标
declare_line 235 $P-235-0018 机关办公区物业管理 B1102 2010303 30209 1560.80万 一般公共预算 410 公开招标
declare_line 208 $P-208-0020 农村留守儿童关爱保护社会工作服务 A1092 2080299 30227 92.80万 一般公共预算 320 竞争性磋商
say "同一个人不能既经办又审核："
quiet clerk203 budget submit $L-203-0001
refused 4 clerk203 budget approve $L-203-0001
quiet head203 budget approve $L-203-0001
send_up 203 $L-203-0002
send_up 209 $L-209-0001
send_up 209 $L-209-0002
send_up 234 $L-234-0001
send_up 234 $L-234-0002
send_up 225 $L-225-0001
send_up 235 $L-235-0001
send_up 208 $L-208-0001
say "别的部门看不到它，连它是否存在也不知道："
refused 5 clerk209 budget get $L-203-0001
as review1 round list --year 2027 --page-size 100

chapter "7  财政初审、复审：同意、核减、退回、不予纳入"
today 2026-10-10
for line in 203-0001 203-0002 209-0001 209-0002 234-0001 234-0002 225-0001 235-0001 208-0001; do
    quiet review1 budget take $L-$line
done
# The reviewer settles what screening found on the line before it goes on.
settle_hits() {
    local hit
    PURSER_HOME=$work/people/review1 "$bin/purser" -o json screening list-hits 2027 --page-size 1000 2>/dev/null >"$work/hits.json"
    for hit in $(/usr/bin/python3 -c 'import json,sys
for h in json.load(open(sys.argv[1])).get("hits", []):
    if h.get("budget_id") == sys.argv[2] and h.get("state") == "OPEN": print(h["id"])' "$work/hits.json" "$2"); do
        quiet "clerk$1" screening answer-hit "$hit" --disposition "$3" --answer "$4"
        quiet review1 screening confirm-hit "$hit" --opinion 已核
    done
}
settle_hits 209 $L-209-0002 纳入 部门认为属于社区矫正辅助服务
for line in 203-0001 203-0002 209-0001 209-0002 234-0001 234-0002 225-0001 235-0001 208-0001; do
    settle_hits "${line%%-*}" $L-$line 误报 关键词误报，内容为服务
    quiet review1 budget review $L-$line --opinion '范围、口径已核'
done
as review2 budget decide $L-203-0001 --decision 同意 --control-fen 1204万
as review2 budget decide $L-234-0001 --decision 核减同意 --control-fen 2200万 --opinion '参考上年执行数，核减 180.75 万元'
as review2 budget decide $L-203-0002 --decision 退回修改 --opinion '请补充评估次数与单价依据' --due-date 2026-10-18
say "聘用人员不得作为政府购买服务（负面清单 N3）："
as review2 budget decide $L-209-0002 --decision 不予纳入 --legal-basis N3 --opinion '聘用人员、变相用工，改按其他方式实施'
for line in 209-0001:186.50万 234-0002:1460万 225-0001:905.30万 235-0001:1560.80万 208-0001:92.80万; do
    quiet review2 budget decide "$L-${line%%:*}" --decision 同意 --control-fen "${line#*:}"
done
today 2026-10-16
as clerk203 budget edit $L-203-0002 --update-fields quantity --quantity '评估 4 次，每次 9.65 万元'
send_up 203 $L-203-0002
quiet review1 budget take $L-203-0002
settle_hits 203 $L-203-0002 误报 内容为服务
quiet review1 budget review $L-203-0002 --opinion 依据已补
quiet review2 budget decide $L-203-0002 --decision 同意 --control-fen 38.60万

chapter "8  一下、二上、人大批准、二下"
today 2026-10-28
as leader cycle publish-controls 2027
today 2026-11-20
for line in 203-0001 203-0002 209-0001 234-0001 234-0002 225-0001 235-0001 208-0001; do
    send_up "${line%%-*}" $L-$line
    quiet review1 budget take $L-$line
    quiet review2 budget compile $L-$line --opinion 汇入
done
today 2027-01-22
as operator cycle record-congress 2027 --congress-date 2027-01-20 --congress-document '防人大〔2027〕1号（样例）'
as leader cycle confirm-congress 2027
today 2027-02-03
as leader cycle issue-budget 2027
as leader budget list --year 2027 --page-size 100 --unit 万元

chapter "9  合同：经办人拟订即预留预算，负责人签订即占用；四种拒绝"
today 2027-02-22
S_GUARD=91450600MA57000107
S_PARK=91450600MA5700758U
S_INSPECT=12450600MA5704820P
S_FIRST_CLASS=12450600MA57051961
S_SOCIAL=52450600MA57029726
# draft WHO LINE SUPPLIER NAME AMOUNT END …: the eight elements of Order 102 Art. 23 and the attestation of the budget.
draft() {
    local who=$1 line=$2 supplier=$3 name=$4 amount=$5 end=$6
    shift 6
    as "$who" contract create --line-id "$line" --supplier-id "$supplier" --contract-no "$name-2027" --name "$name" --amount-fen "$amount" \
        --start-date 2027-03-01 --end-date "$end" --content "$name" --quantity '12 个月' --quality '按采购文件' --price-basis '中标价' \
        --settlement 按期 --rights-duties '见合同第五条' --breach '见合同第九条' --is-attested "$@"
}
draft clerk203 $L-203-0001 $S_GUARD 校园安保服务合同 1000万 2028-02-29
C=450600-2027-C
quiet clerk203 contract submit $C-00001
say "拟订的人不能自己签订："
refused 4 clerk203 contract sign $C-00001 --signed-date 2027-02-22
as head203 contract sign $C-00001 --signed-date 2027-02-22
as clerk203 duty list --contract-id $C-00001
say "一、超预算：可用余额只剩 204 万元"
refused 3 clerk203 contract create --line-id $L-203-0001 --supplier-id $S_GUARD --contract-no X1 --name 加签安保 --amount-fen 204.01万 \
    --start-date 2027-03-01 --end-date 2028-02-29 --content 安保 --quantity 1 --quality 1 --price-basis 1 --settlement 按期 \
    --rights-duties 1 --breach 1 --is-attested
say "二、超过三年："
refused 3 clerk234 contract create --line-id $L-234-0001 --supplier-id $S_PARK --contract-no X2 --name 公园养护 --amount-fen 2000万 \
    --start-date 2027-03-01 --end-date 2030-03-02 --content 养护 --quantity 1 --quality 1 --price-basis 1 --settlement 按期 \
    --rights-duties 1 --breach 1 --is-attested --content-is-fixed --need-is-lasting --funding-is-stable \
    --price-is-stable --long-term-basis 四项条件
say "三、公益一类事业单位不得承接："
refused 3 clerk225 contract create --line-id $L-225-0001 --supplier-id $S_FIRST_CLASS --contract-no X3 --name 食品抽检 --amount-fen 800万 \
    --start-date 2027-03-01 --end-date 2028-02-29 --content 抽检 --quantity 1 --quality 1 --price-basis 1 --settlement 按期 \
    --rights-duties 1 --breach 1 --is-attested
draft clerk225 $L-225-0001 $S_INSPECT 食品安全抽检合同 880万 2028-02-29
draft clerk234 $L-234-0001 $S_PARK 公园广场养护合同 2000万 2028-02-29
draft clerk208 $L-208-0001 $S_SOCIAL 留守儿童社会工作合同 90万 2028-02-29
for c in 225:00002 234:00003 208:00004; do
    quiet "clerk${c%%:*}" contract submit "$C-${c#*:}"
    quiet "head${c%%:*}" contract sign "$C-${c#*:}" --signed-date 2027-02-22
done
today 2027-02-24
as clerk203 contract publish $C-00001 --published-date 2027-02-24 --medium 中国政府采购网广西分网
as clerk203 contract file $C-00001
as review1 duty list --unit-id 203

say "四、补充合同累计不得超过原合同的 10%：第一份 6% 可以，第二份 6% 不行"
as clerk203 supplement propose $C-00001 --line-id $L-203-0001 --kind 追加 --amount-fen 60万 --reason '新增两所学校' --content 增加点位
as head203 supplement sign $C-00001-S01 --signed-date 2027-02-24
refused 3 clerk203 supplement propose $C-00001 --line-id $L-203-0001 --kind 追加 --amount-fen 60万 \
    --reason '再增两所学校' --content 增加点位
as clerk203 budget get $L-203-0001 --unit 万元

chapter "10  审计：立项 → 通知 → 进点 → 问题 → 征求意见 → 反馈 → 报告 → 整改 → 核实 → 结案"
today 2027-06-01
as operator violation import "$ref/violations.csv"
as auditor audit plan-case --kind 审计 --unit-ids 203 --title '2027年政府购买服务专项审计' --year-from 2027 --year-to 2027 --head 审计甲
A=SJ2027-001
say "通知书须在实施三个工作日前送达："
refused 3 auditor audit notify-case $A --notice-date 2027-06-01 --start-date 2027-06-03
as auditor audit notify-case $A --notice-date 2027-06-01 --start-date 2027-06-08
today 2027-06-08
as auditor audit start-fieldwork $A --members 审计甲,审计乙
as auditor finding add $A --unit-id 203 --violation-code V21 --amount-fen 1000万 --line-id $L-203-0001 --contract-id $C-00001 \
    --facts '公共服务项目未征求服务对象意见' --evidence '采购文件第三章' --basis '政府采购法实施条例 第四十五条'
as auditor audit consult-case $A --opinion '请于规定期限内反馈'
as head203 audit reply-case $A --unit-id 203 --does-agree --reply-text '无异议，立即整改'
today 2027-06-20
as auditor2 audit review-case $A --opinion '事实清楚，定性准确'
as audithead audit report-case $A --report-text '问题一项，限期整改'
as head203 finding report-rectification $A-01 --measures '补征服务对象意见并公告' --corrected-fen 1000万 --evidence '征求意见汇总表'
as auditor finding verify $A-01 --is-accepted --opinion '整改到位'
as audithead audit close-case $A --opinion '全部整改，结案'
as head203 audit get-case $A

chapter "11  统计：预算、合同、支付分列；元、万元、亿元"
as leader report get-statistics --from-date 2014-01-01 --to-date 2015-12-31 --by 目录类别 --unit 万元 --chart
as leader report get-statistics --from-date 2017-01-01 --to-date 2017-08-31 --by 目录类别 --unit 万元 --chart
say "同一段时间按亿元：约 1 亿元"
as leader report get-statistics --from-date 2017-01-01 --to-date 2017-08-31 --by 年度 --unit 亿元
say "只问 2014 年：2014—2015 的记录期间更长，另列，不拆分"
as leader report get-statistics --from-date 2014-01-01 --to-date 2014-12-31 --by 目录类别 --unit 万元
as leader report get-statistics --from-date 2027-01-01 --to-date 2027-12-31 --by 部门 --unit 万元

chapter "12  kill -9：服务器与它的数据库同时消失，回来时一切都在"
before=$(field tree_size leader journal get-checkpoint)
kill -9 "$server"
wait "$server" 2>/dev/null || true
say "服务器已被 kill -9；此时部门仍可拟稿，命令已签名，存入发件箱（退出码 75）："
refused 75 clerk208 contract publish $C-00004 --published-date 2027-06-20 --medium 中国政府采购网
start_server
after=$(field tree_size leader journal get-checkpoint)
say "重启前 $before 条，重启后 $after 条"
[ "$before" = "$after" ] || { echo "demo: entries were lost" >&2; exit 1; }
as clerk208 outbox flush
as clerk203 contract get $C-00001

chapter "13  核验：日志逐条重放，业务表逐行比对；收据离线可验"
"$bin/purserd" verify --data "$work/data"
kill "$server"
wait "$server" || true
server=
say "服务器已停，收据仍可核验："
as clerk203 receipt verify

cat <<TEXT

完成，用时 $(($(date +%s) - began)) 秒。
接下来可以试：./run test；$bin/purser help（名词与动词）；$bin/purserd matrix（谁能做什么）
自己留一个服务器：$bin/purserd dev --data DIR
再凭它印出的邀请登记：$bin/purser enroll INVITE（README 里有装入一座城市的每一步）
TEXT
