-- Contracts: drafted on a budget line, signed by a second person, supplemented, ended; with their dated duties.
CREATE TABLE contract (
    id                 text COLLATE "C" PRIMARY KEY,
    contract_no        text NOT NULL,
    name               text NOT NULL,
    unit_id            text COLLATE "C" NOT NULL,
    line_id            text COLLATE "C" NOT NULL,
    line_name          text NOT NULL,
    supplier_id        text COLLATE "C" NOT NULL,
    supplier_name      text NOT NULL,
    supplier_type      text NOT NULL,
    year               bigint NOT NULL CHECK (year BETWEEN 2000 AND 2300),
    catalogue_code     text COLLATE "C" NOT NULL,
    amount_fen         bigint NOT NULL CHECK (amount_fen > 0),
    supplements_fen    bigint NOT NULL DEFAULT 0 CHECK (amount_fen + supplements_fen >= 0),
    held_fen           bigint NOT NULL CHECK (held_fen >= 0),
    bond_fen           bigint NOT NULL CHECK (bond_fen >= 0),
    state              text NOT NULL CHECK (state IN ('DRAFT', 'DEPT_REVIEW', 'SIGNED', 'PERFORMING', 'SUSPENDED', 'ACCEPTING',
                           'ACCEPTED', 'REJECTED', 'SETTLED', 'CLOSED', 'TERMINATED', 'WITHDRAWN')),
    start_date         date NOT NULL,
    end_date           date NOT NULL CHECK (end_date >= start_date),
    signed_end_date    date,
    award_date         date,
    signed_date        date,
    is_signed_late     boolean NOT NULL DEFAULT false,
    overdue_reason     text NOT NULL DEFAULT '',
    content            text NOT NULL,
    quantity           text NOT NULL,
    quality            text NOT NULL,
    price_basis        text NOT NULL,
    settlement         text CHECK (settlement IN ('ONCE', 'MILESTONES', 'PERIODIC', 'BY_QUANTITY')),
    rights_duties      text NOT NULL,
    breach             text NOT NULL,
    content_is_fixed   boolean NOT NULL,
    need_is_lasting    boolean NOT NULL,
    funding_is_stable  boolean NOT NULL,
    price_is_stable    boolean NOT NULL,
    long_term_basis    text NOT NULL,
    is_attested        boolean NOT NULL,
    drafter_id         text NOT NULL,
    preparer_ids       text NOT NULL DEFAULT '',
    submitter_id       text NOT NULL DEFAULT '',
    signer_id          text NOT NULL DEFAULT '',
    is_suspended_by_order boolean NOT NULL DEFAULT false,
    terminated_date    date,
    ended_reason       text NOT NULL DEFAULT '',
    settlement_fen     bigint CHECK (settlement_fen >= 0),
    supplements_count  bigint NOT NULL DEFAULT 0,
    version            bigint NOT NULL CHECK (version > 0),
    created_us         bigint NOT NULL,
    changed_us         bigint NOT NULL
);
COMMENT ON TABLE contract IS 'A contract on one budget line, from its draft on.';
COMMENT ON COLUMN contract.id IS 'Division, year and number: 450600-2027-C-00001.';
COMMENT ON COLUMN contract.contract_no IS 'The number that the purchaser gave it.';
COMMENT ON COLUMN contract.line_name IS 'Name of the budget line when the contract was drafted.';
COMMENT ON COLUMN contract.supplier_name IS 'Name of the supplier when the contract was drafted or last edited.';
COMMENT ON COLUMN contract.supplier_type IS 'Its type of organisation then; signing refuses when it has changed since.';
COMMENT ON COLUMN contract.amount_fen IS 'The original amount, all years together; supplements never change it.';
COMMENT ON COLUMN contract.supplements_fen IS 'Signed supplements, additions less reductions.';
COMMENT ON COLUMN contract.held_fen IS
    'What this contract holds of its line: reserved until it is signed, committed after; without supplements.';
COMMENT ON COLUMN contract.end_date IS 'The last day as it stands now; moved by supplements.';
COMMENT ON COLUMN contract.signed_end_date IS 'The last day as it was signed.';
COMMENT ON COLUMN contract.is_signed_late IS 'Signed later than the period after the award allows (H3): flagged, not blocked.';
COMMENT ON COLUMN contract.is_attested IS
    'The purchaser confirms that the spending stands in the annual budget and the medium-term plan (B4).';
COMMENT ON COLUMN contract.preparer_ids IS 'Everybody who drafted or changed it, separated by blanks: none of them signs it (G-b).';
COMMENT ON COLUMN contract.is_suspended_by_order IS 'The finance bureau ordered the suspension and alone may lift it.';
COMMENT ON COLUMN contract.settlement_fen IS 'What is paid in all when the contract ended early.';
COMMENT ON COLUMN contract.version IS 'Grows with each change; the etag, and the number of its newest event.';
CREATE INDEX contract_by_unit ON contract (unit_id, id);
CREATE INDEX contract_by_unit_year ON contract (unit_id, year, id);
CREATE INDEX contract_by_unit_state ON contract (unit_id, state, id);
CREATE INDEX contract_by_year ON contract (year, id);
CREATE INDEX contract_by_state ON contract (state, id);
CREATE INDEX contract_by_line ON contract (line_id, id);
CREATE INDEX contract_by_supplier ON contract (supplier_id, id);

CREATE TABLE contract_year (
    contract_id text COLLATE "C" NOT NULL REFERENCES contract,
    year        bigint NOT NULL CHECK (year BETWEEN 2000 AND 2300),
    amount_fen  bigint NOT NULL CHECK (amount_fen > 0),
    PRIMARY KEY (contract_id, year)
);
COMMENT ON TABLE contract_year IS 'How the original amount falls on the years (H8); only the year of the line is held on the line.';

CREATE TABLE contract_supplement (
    id                 text COLLATE "C" PRIMARY KEY,
    contract_id        text COLLATE "C" NOT NULL REFERENCES contract,
    unit_id            text COLLATE "C" NOT NULL,
    line_id            text COLLATE "C" NOT NULL,
    kind               text NOT NULL CHECK (kind IN ('INCREASE', 'REDUCE', 'TERM', 'PARTY_NAME', 'PAYMENT_PLAN', 'CONTENT')),
    state              text NOT NULL CHECK (state IN ('DRAFT', 'SIGNED', 'RETURNED', 'WITHDRAWN')),
    amount_fen         bigint NOT NULL CHECK (amount_fen >= 0),
    held_fen           bigint NOT NULL CHECK (held_fen >= 0),
    new_end_date       date,
    reason             text NOT NULL,
    content            text NOT NULL,
    signed_date        date,
    drafter_id         text NOT NULL,
    signer_id          text NOT NULL DEFAULT '',
    version            bigint NOT NULL CHECK (version > 0),
    created_us         bigint NOT NULL,
    changed_us         bigint NOT NULL
);
COMMENT ON TABLE contract_supplement IS 'Supplementary agreements: proposed by the clerk, signed by the approver.';
COMMENT ON COLUMN contract_supplement.id IS 'The contract''s number and its own: 450600-2027-C-00001-S01.';
COMMENT ON COLUMN contract_supplement.amount_fen IS 'What is added or taken away, always positive; the kind says which.';
COMMENT ON COLUMN contract_supplement.held_fen IS 'What it holds of the line: reserved while proposed, committed when signed.';
COMMENT ON COLUMN contract_supplement.new_end_date IS 'For a change of term: the new last day.';
CREATE INDEX contract_supplement_by_contract ON contract_supplement (contract_id, id);
CREATE INDEX contract_supplement_by_unit ON contract_supplement (unit_id, id);

CREATE TABLE contract_duty (
    id                 text COLLATE "C" PRIMARY KEY,
    contract_id        text COLLATE "C" NOT NULL REFERENCES contract,
    object_id          text COLLATE "C" NOT NULL,
    unit_id            text COLLATE "C" NOT NULL,
    kind               text NOT NULL CHECK (kind IN ('PUBLISH', 'FILE')),
    state              text NOT NULL CHECK (state IN ('OPEN', 'SENT', 'RETURNED', 'DONE')),
    since_date         date NOT NULL,
    due_date           date NOT NULL,
    is_weekends_only   boolean NOT NULL,
    sent_date          date,
    done_date          date,
    medium             text NOT NULL DEFAULT '',
    opinion            text NOT NULL DEFAULT '',
    sender_id          text NOT NULL DEFAULT '',
    version            bigint NOT NULL CHECK (version > 0)
);
COMMENT ON TABLE contract_duty IS
    'What must be done within a period after signing: publication and filing, beside each other. Overdue is flagged, never blocked.';
COMMENT ON COLUMN contract_duty.id IS 'The object''s number and the kind: 450600-2027-C-00001/FILE.';
COMMENT ON COLUMN contract_duty.object_id IS 'The contract or the supplement that it is about.';
COMMENT ON COLUMN contract_duty.due_date IS
    'The last day on which it is in time, by the rule values and the calendar of the day of signing.';
COMMENT ON COLUMN contract_duty.is_weekends_only IS
    'The calendar of that year was not maintained: only Saturdays and Sundays were counted as rest.';
COMMENT ON COLUMN contract_duty.sent_date IS 'The day that counts: published, or sent to the finance bureau.';
CREATE INDEX contract_duty_by_contract ON contract_duty (contract_id, id);
CREATE INDEX contract_duty_open_by_unit ON contract_duty (unit_id, id) WHERE state <> 'DONE';
CREATE INDEX contract_duty_open ON contract_duty (id) WHERE state <> 'DONE';

CREATE TABLE contract_event (
    contract_id text COLLATE "C" NOT NULL REFERENCES contract,
    seq         bigint NOT NULL,
    object_id   text COLLATE "C" NOT NULL,
    event       text NOT NULL,
    from_state  text,
    to_state    text,
    person_id   text NOT NULL,
    at_us       bigint NOT NULL,
    opinion     text NOT NULL,
    PRIMARY KEY (contract_id, seq)
);
COMMENT ON TABLE contract_event IS 'Who did what to a contract, its supplements and duties, when, and with which opinion (G-c).';
COMMENT ON COLUMN contract_event.seq IS 'The version of the contract that the event made.';
COMMENT ON COLUMN contract_event.object_id IS 'The contract, or the supplement or duty that it happened to.';
