#!/bin/bash
# What departments, bureau and audit see from their own machines: one phase after another, with restarts in between.
# Without a phase, as in `docker compose run --rm tests`, it goes as far as one run can.
set -uo pipefail
people=$HOME/people
ref=/usr/local/share/purser/reference
export LANG=C.UTF-8 PURSER_LANG=en
passed=0 failed=0
year=$(($(date +%Y) + 1))
line_a=450600-$year-203-0001 line_b=450600-$year-209-0001

as() { # who, arguments …
    local who=$1
    shift
    PURSER_HOME=$people/$who purser --timeout 40 "$@"
}

# ends CODE NAME COMMAND …: passes when the command ends with that code.
ends() {
    local want=$1 name=$2 code=0 out
    shift 2
    out=$("$@" 2>&1) || code=$?
    if [ "$code" = "$want" ]; then
        echo "passed  $name"
        passed=$((passed + 1))
    else
        echo "FAILED  $name: ended with $code, not $want"
        echo "$out" | tail -15
        failed=$((failed + 1))
    fi
}

# says WORD NAME COMMAND …: passes when the command succeeds and its output holds the word.
says() {
    local word=$1 name=$2 out
    shift 2
    if out=$("$@" 2>&1) && grep -q -- "$word" <<<"$out"; then
        echo "passed  $name"
        passed=$((passed + 1))
    else
        echo "FAILED  $name: no $word in"
        echo "$out" | tail -15
        failed=$((failed + 1))
    fi
}

count_people=2
person() { # who, name, unit, roles
    local invite
    invite=$(as operator invite --name "$2" --unit "$3" --role "$4" 2>/dev/null | grep -o 'purser1\.[A-Za-z0-9_-]*')
    count_people=$((count_people + 1))
    as leader person confirm "$(printf 'P%05d' $count_people)" >/dev/null 2>&1
    ends 0 "$1 enrols with an invite" as "$1" enroll "$invite"
}

found() {
    ends 0 "the first operator enrols" as operator enroll "$(sed -n 1p /invites/invites)"
    ends 0 "the leader enrols" as leader enroll "$(sed -n 2p /invites/invites)"
    ends 4 "nobody enrols with a used invite" as thief enroll "$(sed -n 2p /invites/invites)"
    load_city
    person clerk203 教育经办 203 clerk
    person head203 教育负责人 203 approver
    person clerk209 司法经办 209 clerk
    person head209 司法负责人 209 approver
    person review1 财政初审 210 reviewer-1
    person auditor 审计甲 223 auditor
    draft_and_send_up
}

load_city() {
    ends 0 "units are loaded" as operator unit import "$ref/units.csv"
    as operator policy import-rule-values "$ref/rule_values.csv" >/dev/null 2>&1
    as operator policy import-type-rules "$ref/type_rules.csv" >/dev/null 2>&1
    for proposal in $(as leader policy list-proposals -o csv 2>/dev/null | tail -n +2 | cut -d, -f1); do
        ends 0 "the leader confirms proposal $proposal" as leader policy confirm-proposal "$proposal" --etag 1
    done
    ends 0 "the calendar is loaded" as operator policy import-calendar "$ref/calendar.csv"
    ends 0 "the catalogue is loaded" as operator catalogue import "$ref/catalogue.csv" --version-id CN-2020 \
        --title 指导性目录 --catalogue-kind CITY --basis 样例 --valid-from-date 2020-01-01
    as operator catalogue open-consultation CN-2020 >/dev/null 2>&1
    as leader catalogue approve CN-2020 --opinion 同意 >/dev/null 2>&1
    ends 0 "the leader publishes the catalogue" as leader catalogue publish CN-2020
    as operator catalogue import-negatives "$ref/negatives.csv" --valid-from-date 2015-01-01 >/dev/null 2>&1
    as leader catalogue confirm-negatives NL001 --etag 1 >/dev/null 2>&1
}

day() { date -d "$1" +%F; }

draft() { # who, unit, name, catalogue, function, amount
    as "$1" budget create --year "$year" --unit-id "$2" --project-code "P-$2-0001" --name "$3" --content "$3" \
        --catalogue-code "$4" --function-code "$5" --economic-code 30227 --quantity '12 个月' --unit-price-fen "$6" \
        --requested-fen "$6" --fund-sources "source=GENERAL,amount_fen=$6" --provider-type 410 --method OPEN_TENDER \
        --start-date "$year-03-01" --end-date "$((year + 1))-02-27" --basis 部门职责
}

draft_and_send_up() {
    ends 0 "the bureau opens the cycle" as review1 cycle open --year "$year" --catalogue-version CN-2020 \
        --steps "step=U1,open_date=$(day -2days),due_date=$(day +30days)" \
        --steps "step=F1,open_date=$(day +31days),due_date=$(day +40days)" \
        --steps "step=D1,open_date=$(day +41days),due_date=$(day +42days)" \
        --steps "step=U2,open_date=$(day +43days),due_date=$(day +50days)" \
        --steps "step=F2,open_date=$(day +51days),due_date=$(day +60days)" \
        --steps "step=D2,open_date=$(day +61days),due_date=$(day +90days)"
    ends 0 "education drafts a line" draft clerk203 203 校园安保服务 A0291 2050202 1204.00万
    ends 0 "justice drafts a line" draft clerk209 209 法律援助服务 A0407 2040607 186.50万
    ends 0 "education's clerk submits" as clerk203 budget submit "$line_a"
    ends 4 "education's clerk may not approve what he drafted" as clerk203 budget approve "$line_a"
    ends 0 "education's approver sends it up" as head203 budget approve "$line_a"
    ends 5 "justice cannot tell that education's line exists" as clerk209 budget get "$line_a"
    ends 5 "justice cannot submit education's line" as clerk209 budget submit "$line_a"
    says 1204.00 "the bureau sees the amount" as review1 budget get "$line_a" --unit 万元
    ends 0 "an audit is planned" as auditor audit plan-case --kind 审计 --unit-ids 203 --title 专项审计 \
        --year-from "$year" --year-to "$year" --head 审计甲
}

writable_within() { # seconds
    local until=$((SECONDS + $1))
    while [ $SECONDS -lt $until ]; do
        as operator ping 2>/dev/null | grep -q 'writable: *yes' && return 0
        sleep 0.5
    done
    return 1
}

# Everything is where it was, receipts hold, and life goes on. $1: an id for what this phase writes.
still_there() {
    ends 0 "within 20 s the server takes writes again" writable_within 20
    says 1204.00 "education reads its line" as clerk203 budget get "$line_a" --unit 万元
    says 186.50 "justice reads its line" as clerk209 budget get "$line_b" --unit 万元
    ends 5 "justice still cannot see education's line" as clerk209 budget get "$line_a"
    says "$line_b" "the auditor sees justice's line" as auditor budget list --year "$year" --all
    says "$line_a" "the auditor sees education's line" as auditor budget list --year "$year" --all
    ends 0 "education's receipts hold" as clerk203 receipt verify
    ends 0 "justice writes" as clerk209 budget edit "$line_b" --update-fields basis --basis "依据 $1"
    says "依据 $1" "and reads what it wrote" as clerk209 budget get "$line_b"
    local id
    id=$(cat /proc/sys/kernel/random/uuid)
    ends 0 "an invite is proposed" as operator unit propose-person --person-name "新人 $1" --unit-id 203 \
        --roles CLERK --invite-hash "$(head -c 32 /dev/urandom | od -An -v -tx1 | tr -d ' \n')" \
        --invite-expires-us "$(day +30days)T12:00:00" --request-id "$id"
}

case ${1:-all} in
all)
    [ -d "$people/leader" ] || found
    still_there "$(date +%s)"
    ;;
found) found ;;
after-*) still_there "$1" ;;
*)
    echo "unknown phase $1" >&2
    failed=1
    ;;
esac
echo "$passed passed, $failed failed, 0 skipped"
[ "$failed" -eq 0 ]
