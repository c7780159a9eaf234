-- Budget cycles (二上二下), lines with all their versions and events, screening, and the hold ledger.

CREATE TABLE budget_cycle (
    year              bigint PRIMARY KEY CHECK (year BETWEEN 2000 AND 2199),
    state             text NOT NULL CHECK (state IN ('OPEN', 'CONTROLLED', 'CONGRESS', 'CONFIRMED', 'ISSUED')),
    version           bigint NOT NULL,
    catalogue_version text NOT NULL,
    opened_us         bigint NOT NULL,
    opened_by         text NOT NULL,
    controls_us       bigint,
    controls_by       text,
    congress_date     date,
    congress_document text NOT NULL DEFAULT '',
    recorded_by       text,
    confirmed_by      text,
    issue_due_date    date,
    is_weekends_only  boolean NOT NULL DEFAULT false,
    issued_date       date,
    issued_by         text,
    is_issued_late    boolean NOT NULL DEFAULT false
);
COMMENT ON TABLE budget_cycle IS 'One budget year: opened by the bureau, controlled (一下), approved by the congress, issued (二下)';
COMMENT ON COLUMN budget_cycle.catalogue_version IS 'The version of the guidance catalogue named in the deployment notice (R0)';
COMMENT ON COLUMN budget_cycle.recorded_by IS 'The operator who entered the date of the congress; somebody else confirms it (G-b)';
COMMENT ON COLUMN budget_cycle.issue_due_date IS '20 days after the congress approved (预算法 52), by the rule value of that day';
COMMENT ON COLUMN budget_cycle.is_weekends_only IS 'The calendar did not reach the due date: only weekends were counted as days of rest';
COMMENT ON COLUMN budget_cycle.is_issued_late IS 'Flagged, never blocked: the true date is recorded';

CREATE TABLE budget_step (
    year      bigint NOT NULL REFERENCES budget_cycle (year),
    step      text NOT NULL CHECK (step IN ('U1', 'F1', 'D1', 'U2', 'F2', 'D2')),
    open_date date NOT NULL,
    due_date  date NOT NULL CHECK (due_date >= open_date),
    PRIMARY KEY (year, step)
);
COMMENT ON TABLE budget_step IS 'The calendar of a cycle: which step of 二上二下 is open when';

CREATE TABLE budget_round (
    id               text COLLATE "C" PRIMARY KEY,
    year             bigint NOT NULL REFERENCES budget_cycle (year),
    unit_id          text COLLATE "C" NOT NULL,
    round            text NOT NULL CHECK (round IN ('U1', 'U2')),
    unit_name        text NOT NULL,
    state            text NOT NULL CHECK (state IN ('NONE', 'REPORTED', 'ZERO', 'RETURNED', 'REVIEWED')),
    version          bigint NOT NULL,
    reopened_to_date date,
    reopened_why     text NOT NULL DEFAULT '',
    declared_why     text NOT NULL DEFAULT '',
    person_id        text NOT NULL,
    changed_us       bigint NOT NULL,
    UNIQUE (year, unit_id, round)
);
COMMENT ON TABLE budget_round IS 'What a department has sent in a round: 未报, 已报, 零申报, 退回, 已审 (ROUND_SUBMISSION)';
COMMENT ON COLUMN budget_round.id IS '2027-203-U1';
COMMENT ON COLUMN budget_round.unit_name IS 'As it was when the round was opened';
COMMENT ON COLUMN budget_round.reopened_to_date IS 'The bureau let this department in again until that day, after the round was due';
COMMENT ON COLUMN budget_round.declared_why IS 'Why there is nothing to purchase (零申报)';
COMMENT ON COLUMN budget_round.person_id IS 'Who moved it last';

CREATE TABLE budget_control (
    year        bigint NOT NULL REFERENCES budget_cycle (year),
    unit_id     text COLLATE "C" NOT NULL,
    control_fen bigint NOT NULL CHECK (control_fen BETWEEN 0 AND 1000000000000000),
    lines       bigint NOT NULL CHECK (lines >= 0),
    set_us      bigint NOT NULL,
    set_by      text NOT NULL,
    PRIMARY KEY (year, unit_id)
);
COMMENT ON TABLE budget_control IS 'Control totals by department (一下控制数): the real limit of the second round';

CREATE TABLE budget_line (
    id                text COLLATE "C" PRIMARY KEY,
    year              bigint NOT NULL REFERENCES budget_cycle (year),
    unit_id           text COLLATE "C" NOT NULL,
    department_id     text COLLATE "C" NOT NULL,
    state             text NOT NULL CHECK (state IN ('DRAFT', 'DEPT_REVIEW', 'UP1', 'FIN1', 'FIN2', 'RETURNED', 'REFUSED',
                          'CONTROL', 'UP2_DRAFT', 'UP2_REVIEW', 'UP2', 'FIN_FINAL', 'COMPILED', 'APPROVED', 'ISSUED',
                          'ADJUSTING', 'CLOSED', 'WITHDRAWN')),
    version           bigint NOT NULL,
    round             text NOT NULL CHECK (round IN ('U1', 'U2')),
    project_code      text NOT NULL,
    name              text NOT NULL,
    content           text NOT NULL,
    catalogue_code    text NOT NULL,
    catalogue_name    text NOT NULL,
    is_public_service boolean NOT NULL,
    function_code     text NOT NULL,
    economic_code     text NOT NULL,
    quantity          text NOT NULL,
    unit_price_fen    bigint NOT NULL CHECK (unit_price_fen BETWEEN 0 AND 1000000000000000),
    requested_fen     bigint NOT NULL CHECK (requested_fen BETWEEN 0 AND 1000000000000000),
    provider_type     text NOT NULL,
    method            text,
    start_date        date,
    end_date          date,
    is_new            boolean NOT NULL,
    basis             text NOT NULL,
    first_fen         bigint NOT NULL DEFAULT 0 CHECK (first_fen BETWEEN 0 AND 1000000000000000),
    control_fen       bigint NOT NULL DEFAULT 0 CHECK (control_fen BETWEEN 0 AND 1000000000000000),
    approved_fen      bigint NOT NULL DEFAULT 0 CHECK (approved_fen BETWEEN 0 AND 1000000000000000),
    reserved_fen      bigint NOT NULL DEFAULT 0 CHECK (reserved_fen >= 0),
    committed_fen     bigint NOT NULL DEFAULT 0 CHECK (committed_fen >= 0),
    clerk_id          text NOT NULL,
    approver_id       text,
    reviewer_1_id     text,
    reviewer_2_id     text,
    has_consent       boolean NOT NULL DEFAULT false,
    return_due_date   date,
    refused_basis     text NOT NULL DEFAULT '',
    created_us        bigint NOT NULL,
    changed_us        bigint NOT NULL,
    CHECK (reserved_fen + committed_fen <= approved_fen),
    CHECK (end_date IS NULL OR start_date IS NULL OR end_date >= start_date)
) WITH (fillfactor = 80); -- holds change sums that no index knows: the new row stays on its page
CREATE INDEX budget_line_by_department ON budget_line (department_id, id);
CREATE INDEX budget_line_by_year ON budget_line (year, department_id, id);
CREATE INDEX budget_line_by_year_id ON budget_line (year, id);
CREATE INDEX budget_line_by_year_state ON budget_line (year, state, id);
CREATE INDEX budget_line_by_state ON budget_line (state, id);
CREATE INDEX budget_line_by_project ON budget_line (year, project_code);
COMMENT ON TABLE budget_line IS 'One purchase of services in one budget year (购买服务预算项目), DOMAIN 4.1';
COMMENT ON COLUMN budget_line.id IS 'division-year-unit-sequence: 450600-2027-203-0001';
COMMENT ON COLUMN budget_line.department_id IS 'The department that answers for the unit: the unit itself or its parent';
COMMENT ON COLUMN budget_line.version IS 'Grows with each change but holds; the etag';
COMMENT ON COLUMN budget_line.round IS 'The round it entered: a line that was not in U1 needs consent for U2';
COMMENT ON COLUMN budget_line.project_code IS 'The project of the departmental budget it belongs to (部门预算项目编码)';
COMMENT ON COLUMN budget_line.first_fen IS 'What was asked for when the department first sent it (一上); never overwritten';
COMMENT ON COLUMN budget_line.control_fen IS 'What second review granted, binding as control figure when 一下 is published';
COMMENT ON COLUMN budget_line.approved_fen IS 'What was issued (二下); 0 before';
COMMENT ON COLUMN budget_line.reserved_fen IS 'Kept sum of holds RESERVED in budget_hold';
COMMENT ON COLUMN budget_line.committed_fen IS 'Kept sum of holds COMMITTED in budget_hold';
COMMENT ON COLUMN budget_line.clerk_id IS 'Who drafted or changed it last: may not approve it';
COMMENT ON COLUMN budget_line.has_consent IS 'The bureau consented to a line that was not in U1';
COMMENT ON COLUMN budget_line.refused_basis IS 'Negative list code or article; the expenditure goes on as 按其他方式实施';

CREATE TABLE budget_source (
    line_id    text COLLATE "C" NOT NULL REFERENCES budget_line (id),
    source     text NOT NULL CHECK (source IN ('GENERAL', 'GOVERNMENT_FUND', 'STATE_CAPITAL', 'SOCIAL_INSURANCE', 'TRANSFER',
                   'CARRY_OVER', 'SPECIAL_ACCOUNT', 'OWN')),
    amount_fen bigint NOT NULL CHECK (amount_fen BETWEEN 1 AND 1000000000000000),
    PRIMARY KEY (line_id, source)
);
COMMENT ON TABLE budget_source IS 'Fund sources of a line as it stands; together they are the amount asked for';

CREATE TABLE budget_line_version (
    line_id        text COLLATE "C" NOT NULL REFERENCES budget_line (id),
    version        bigint NOT NULL,
    state          text NOT NULL,
    project_code   text NOT NULL,
    name           text NOT NULL,
    content        text NOT NULL,
    catalogue_code text NOT NULL,
    function_code  text NOT NULL,
    economic_code  text NOT NULL,
    quantity       text NOT NULL,
    unit_price_fen bigint NOT NULL,
    requested_fen  bigint NOT NULL,
    control_fen    bigint NOT NULL,
    approved_fen   bigint NOT NULL,
    sources        text NOT NULL,
    provider_type  text NOT NULL,
    method         text,
    start_date     date,
    end_date       date,
    is_new         boolean NOT NULL,
    basis          text NOT NULL,
    person_id      text NOT NULL,
    at_us          bigint NOT NULL,
    PRIMARY KEY (line_id, version)
);
COMMENT ON TABLE budget_line_version IS 'Every version of every line as it stood after the change; old values are never overwritten';
COMMENT ON COLUMN budget_line_version.sources IS 'GENERAL=120000 OWN=300, sorted by source';

CREATE TABLE budget_event (
    line_id    text COLLATE "C" NOT NULL REFERENCES budget_line (id),
    seq        bigint NOT NULL,
    event      text NOT NULL,
    from_state text,
    to_state   text NOT NULL,
    person_id  text NOT NULL,
    at_us      bigint NOT NULL,
    opinion    text NOT NULL DEFAULT '',
    decision   text CHECK (decision IN ('AGREE', 'REDUCE', 'RETURN', 'REFUSE')),
    amount_fen bigint NOT NULL DEFAULT 0,
    basis      text NOT NULL DEFAULT '',
    due_date   date,
    PRIMARY KEY (line_id, seq)
);
COMMENT ON TABLE budget_event IS 'Each transition of a line: who, when, opinion (guard G-c)';
COMMENT ON COLUMN budget_event.seq IS 'The version of the line after the transition';

CREATE TABLE budget_hold (
    line_id      text COLLATE "C" NOT NULL REFERENCES budget_line (id),
    holder       text COLLATE "C" NOT NULL,
    state        text NOT NULL CHECK (state IN ('RESERVED', 'COMMITTED', 'RELEASED')),
    amount_fen   bigint NOT NULL CHECK (amount_fen >= 0),
    reserved_us  bigint NOT NULL,
    committed_us bigint,
    released_us  bigint,
    PRIMARY KEY (line_id, holder)
);
COMMENT ON TABLE budget_hold IS 'The hold ledger: one row for each contract or supplement that holds money of a line';
COMMENT ON COLUMN budget_hold.amount_fen IS 'What it holds now; 0 when released';

CREATE TABLE budget_project (
    year          bigint NOT NULL,
    project_code  text COLLATE "C" NOT NULL,
    unit_id       text COLLATE "C" NOT NULL,
    unit_name     text NOT NULL,
    project_name  text NOT NULL,
    content       text NOT NULL,
    function_code text NOT NULL,
    economic_code text NOT NULL,
    amount_fen    bigint NOT NULL CHECK (amount_fen BETWEEN 0 AND 1000000000000000),
    fund_source   text CHECK (fund_source IN ('GENERAL', 'GOVERNMENT_FUND', 'STATE_CAPITAL', 'SOCIAL_INSURANCE', 'TRANSFER',
                      'CARRY_OVER', 'SPECIAL_ACCOUNT', 'OWN')),
    is_purchase   boolean NOT NULL,
    may_purchase  text NOT NULL,
    type_name     text NOT NULL,
    note          text NOT NULL,
    list_name     text NOT NULL,
    imported_us   bigint NOT NULL,
    imported_by   text NOT NULL,
    PRIMARY KEY (year, project_code)
);
COMMENT ON TABLE budget_project IS 'The departmental project list as the departments sent it, for screening';
COMMENT ON COLUMN budget_project.may_purchase IS 'What the type matrix said of the unit on the first day of the year: yes, no, ask, unsure';
COMMENT ON COLUMN budget_project.is_purchase IS 'The department''s own claim (是否政府购买服务): right or wrong';

CREATE TABLE budget_hit (
    id             text COLLATE "C" PRIMARY KEY,
    year           bigint NOT NULL,
    unit_id        text COLLATE "C" NOT NULL,
    subject        text NOT NULL CHECK (subject IN ('PROJECT', 'LINE')),
    project_code   text NOT NULL,
    line_id        text COLLATE "C" NOT NULL,
    name           text NOT NULL,
    check_code     text NOT NULL CHECK (check_code IN ('K1', 'K2', 'K3', 'K5', 'K6', 'K7')),
    finding        text NOT NULL CHECK (finding IN ('NOT_LISTED', 'WRONGLY_LISTED')),
    grade          text NOT NULL CHECK (grade IN ('HIGH', 'MEDIUM', 'LOW')),
    evidence       text NOT NULL,
    catalogue_code text NOT NULL,
    negative_code  text NOT NULL,
    amount_fen     bigint NOT NULL,
    state          text NOT NULL CHECK (state IN ('OPEN', 'ANSWERED', 'CONFIRMED', 'CLEARED')),
    version        bigint NOT NULL,
    disposition    text CHECK (disposition IN ('INCLUDE', 'EXCLUDE', 'FALSE_ALARM')),
    answer         text NOT NULL DEFAULT '',
    answered_by    text,
    answered_us    bigint,
    opinion        text NOT NULL DEFAULT '',
    confirmed_by   text,
    confirmed_us   bigint,
    made_us        bigint NOT NULL
);
CREATE INDEX budget_hit_by_unit ON budget_hit (unit_id, id);
CREATE INDEX budget_hit_by_line ON budget_hit (line_id);
CREATE INDEX budget_hit_by_year ON budget_hit (year, id);
COMMENT ON TABLE budget_hit IS 'What screening found (疑似漏报, 疑似违规); the department answers, the bureau confirms';
COMMENT ON COLUMN budget_hit.id IS 'check and subject: 2027-K5-450600-27-203-0003, so that screening twice makes nothing new';
COMMENT ON COLUMN budget_hit.state IS 'CLEARED: a later screening did not find it any more';
COMMENT ON COLUMN budget_hit.evidence IS 'The words or codes that made the hit';

CREATE TABLE budget_notice (
    id           text COLLATE "C" PRIMARY KEY,
    year         bigint NOT NULL,
    unit_id      text COLLATE "C" NOT NULL,
    project_code text NOT NULL,
    notice       text NOT NULL,
    due_date     date NOT NULL,
    state        text NOT NULL CHECK (state IN ('RAISED', 'ANSWERED', 'CLOSED')),
    version      bigint NOT NULL,
    disposition  text CHECK (disposition IN ('INCLUDE', 'EXCLUDE', 'FALSE_ALARM')),
    answer       text NOT NULL DEFAULT '',
    opinion      text NOT NULL DEFAULT '',
    raised_by    text NOT NULL,
    raised_us    bigint NOT NULL,
    answered_by  text,
    answered_us  bigint,
    closed_by    text,
    closed_us    bigint
);
CREATE INDEX budget_notice_by_unit ON budget_notice (unit_id, id);
COMMENT ON TABLE budget_notice IS 'The bureau says that a project should be purchased as a service (应纳入, MISSING_NOTICE)';
