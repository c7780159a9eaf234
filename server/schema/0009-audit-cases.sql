-- Audit: cases on units, their findings by the dictionary of violations, replies and rectification.
CREATE TABLE violation (
    code            text COLLATE "C" PRIMARY KEY,
    name            text NOT NULL,
    basis           text NOT NULL,
    automatic_check text NOT NULL
);
COMMENT ON TABLE violation IS 'Dictionary of violations that a finding can name (问题定性), with their legal basis.';
COMMENT ON COLUMN violation.automatic_check IS 'What a pre-check can look at; empty when there is none.';

CREATE TABLE audit_case (
    id                 text COLLATE "C" PRIMARY KEY,
    kind               text NOT NULL CHECK (kind IN ('AUDIT', 'INSPECTION')),
    title              text NOT NULL,
    state              text NOT NULL CHECK (state IN ('PLANNED', 'NOTIFIED', 'FIELDWORK', 'CONSULT', 'REPLIED', 'DEEMED_AGREED',
                           'REVIEWED', 'RECTIFYING', 'CLOSED', 'CANCELLED')),
    year_from          bigint NOT NULL,
    year_to            bigint NOT NULL CHECK (year_to >= year_from),
    head               text NOT NULL,
    owner_unit_id      text COLLATE "C" NOT NULL,
    planner_id         text NOT NULL,
    consulter_id       text NOT NULL DEFAULT '',
    reviewer_id        text NOT NULL DEFAULT '',
    notice_date        date,
    start_date         date,
    is_special         boolean NOT NULL DEFAULT false,
    special_basis      text NOT NULL DEFAULT '',
    team               text NOT NULL DEFAULT '',
    consult_date       date,
    reply_due_date     date,
    is_weekends_only   boolean NOT NULL DEFAULT false,
    report_date        date,
    report_text        text NOT NULL DEFAULT '',
    closed_date        date,
    findings_count     bigint NOT NULL DEFAULT 0 CHECK (findings_count >= 0),
    open_count         bigint NOT NULL DEFAULT 0 CHECK (open_count >= 0),
    version            bigint NOT NULL CHECK (version > 0),
    created_us         bigint NOT NULL,
    changed_us         bigint NOT NULL
);
COMMENT ON TABLE audit_case IS 'An audit of the audit office, or an inspection of the finance bureau, on one or more units.';
COMMENT ON COLUMN audit_case.id IS 'SJ2027-001; inspections of the bureau JC2027-001.';
COMMENT ON COLUMN audit_case.owner_unit_id IS 'The unit that conducts it; before the notice nobody else sees it.';
COMMENT ON COLUMN audit_case.is_special IS 'Notice given later than the law''s period, approved by the head of the audit office (SJF 42).';
COMMENT ON COLUMN audit_case.team IS 'Names of the team, separated by the ideographic comma; at least two.';
COMMENT ON COLUMN audit_case.findings_count IS 'Findings ever recorded: the next one''s number.';
COMMENT ON COLUMN audit_case.open_count IS 'Findings that are not yet verified, transferred or withdrawn.';
CREATE INDEX audit_case_by_state ON audit_case (state, id);

CREATE TABLE audit_case_unit (
    case_id       text COLLATE "C" NOT NULL REFERENCES audit_case,
    unit_id       text COLLATE "C" NOT NULL,
    unit_name     text NOT NULL,
    replied_date  date,
    replier_id    text NOT NULL DEFAULT '',
    does_agree    boolean,
    reply_text    text NOT NULL DEFAULT '',
    is_deemed     boolean NOT NULL DEFAULT false,
    PRIMARY KEY (case_id, unit_id)
);
COMMENT ON TABLE audit_case_unit IS 'The units that a case is about, and what each replied to the draft report.';
COMMENT ON COLUMN audit_case_unit.is_deemed IS 'It did not reply in time, which counts as no objection (SJT 39).';
CREATE INDEX audit_case_unit_by_unit ON audit_case_unit (unit_id, case_id);

CREATE TABLE audit_finding (
    id                 text COLLATE "C" PRIMARY KEY,
    case_id            text COLLATE "C" NOT NULL REFERENCES audit_case,
    unit_id            text COLLATE "C" NOT NULL,
    owner_unit_id      text COLLATE "C" NOT NULL,
    violation_code     text COLLATE "C" NOT NULL REFERENCES violation,
    violation_name     text NOT NULL,
    state              text NOT NULL CHECK (state IN ('RECORDED', 'CONSULTED', 'WITHDRAWN', 'TRANSFERRED', 'RECTIFYING',
                           'REPORTED_BACK', 'NOT_ACCEPTED', 'VERIFIED')),
    is_consulted       boolean NOT NULL DEFAULT false,
    amount_fen         bigint NOT NULL CHECK (amount_fen >= 0),
    line_id            text COLLATE "C" NOT NULL,
    contract_id        text COLLATE "C" NOT NULL,
    facts              text NOT NULL,
    evidence           text NOT NULL,
    basis              text NOT NULL,
    auditor_id         text NOT NULL,
    rectify_due_date   date,
    measures           text NOT NULL DEFAULT '',
    corrected_fen      bigint NOT NULL DEFAULT 0 CHECK (corrected_fen >= 0),
    rectify_evidence   text NOT NULL DEFAULT '',
    reporter_id        text NOT NULL DEFAULT '',
    reported_date      date,
    opinion            text NOT NULL DEFAULT '',
    verifier_id        text NOT NULL DEFAULT '',
    verified_date      date,
    transferred_to     text NOT NULL DEFAULT '',
    version            bigint NOT NULL CHECK (version > 0),
    created_us         bigint NOT NULL,
    changed_us         bigint NOT NULL
);
COMMENT ON TABLE audit_finding IS 'One violation found in a case, from the record to its verified rectification.';
COMMENT ON COLUMN audit_finding.id IS 'The case''s number and its own: SJ2027-001-01.';
COMMENT ON COLUMN audit_finding.is_consulted IS 'It was sent to the unit; before that nobody but the conducting unit sees it.';
COMMENT ON COLUMN audit_finding.line_id IS 'The budget line it is about; empty when none.';
COMMENT ON COLUMN audit_finding.contract_id IS 'The contract it is about; empty when none.';
COMMENT ON COLUMN audit_finding.rectify_due_date IS 'Set when the report is issued; overdue is flagged.';
CREATE INDEX audit_finding_by_case ON audit_finding (case_id, id);
CREATE INDEX audit_finding_by_unit ON audit_finding (unit_id, id);

CREATE TABLE audit_event (
    case_id     text COLLATE "C" NOT NULL REFERENCES audit_case,
    seq         bigint NOT NULL,
    object_id   text COLLATE "C" NOT NULL,
    event       text NOT NULL,
    from_state  text,
    to_state    text,
    person_id   text NOT NULL,
    at_us       bigint NOT NULL,
    opinion     text NOT NULL,
    PRIMARY KEY (case_id, seq)
);
COMMENT ON TABLE audit_event IS 'Who did what to a case and its findings, when, and with which opinion (G-c).';
COMMENT ON COLUMN audit_event.seq IS 'The version of the case that the event made.';
