-- Budget lines from a file: what a clerk has sent until he commits it, and which imports there were.

CREATE TABLE budget_import (
    id           text COLLATE "C" PRIMARY KEY,
    year         bigint NOT NULL REFERENCES budget_cycle (year),
    unit_id      text COLLATE "C" NOT NULL,
    person_id    text NOT NULL,
    state        text NOT NULL CHECK (state IN ('OPEN', 'COMMITTED', 'REPLACED')),
    row_count    bigint NOT NULL CHECK (row_count >= 0),
    digest       bytea NOT NULL CHECK (length(digest) = 32),
    opened_us    bigint NOT NULL,
    changed_us   bigint NOT NULL
);
CREATE UNIQUE INDEX budget_import_open ON budget_import (person_id) WHERE state = 'OPEN';
COMMENT ON TABLE budget_import IS 'Imports of budget lines: open, committed, or replaced by the same clerk''s next one';
COMMENT ON COLUMN budget_import.id IS 'IM-2027-0001';
COMMENT ON COLUMN budget_import.unit_id IS 'The unit of the clerk who opened it; nobody else may append or commit';
COMMENT ON COLUMN budget_import.row_count IS 'Rows appended so far';
COMMENT ON COLUMN budget_import.digest IS 'SHA-256(digest ‖ row) over all rows so far, 32 zero bytes at first';

CREATE TABLE budget_import_row (
    import_id            text COLLATE "C" NOT NULL,
    row_no               bigint NOT NULL,
    unit_id              text COLLATE "C" NOT NULL,
    project_code         text NOT NULL,
    name                 text NOT NULL,
    content              text NOT NULL,
    catalogue_code       text COLLATE "C" NOT NULL,
    function_code        text NOT NULL,
    economic_code        text NOT NULL,
    quantity             text NOT NULL,
    unit_price_fen       bigint NOT NULL,
    requested_fen        bigint NOT NULL,
    provider_type        text COLLATE "C" NOT NULL,
    method               text,
    start_date           date,
    end_date             date,
    is_new               boolean NOT NULL,
    basis                text NOT NULL,
    general_fen          bigint NOT NULL,
    government_fund_fen  bigint NOT NULL,
    state_capital_fen    bigint NOT NULL,
    social_insurance_fen bigint NOT NULL,
    transfer_fen         bigint NOT NULL,
    carry_over_fen       bigint NOT NULL,
    special_account_fen  bigint NOT NULL,
    own_fen              bigint NOT NULL,
    PRIMARY KEY (import_id, row_no)
);
COMMENT ON TABLE budget_import_row IS 'Rows of imports that are still open; committing or replacing takes them away';
COMMENT ON COLUMN budget_import_row.row_no IS 'Place in the file, from 1: lines are numbered in this order';
