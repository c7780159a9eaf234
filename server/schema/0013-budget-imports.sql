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

CREATE TABLE budget_import_part (
    import_id            text COLLATE "C" NOT NULL REFERENCES budget_import (id),
    first_row            bigint NOT NULL,
    unit_id              text[] NOT NULL,
    project_code         text[] NOT NULL,
    name                 text[] NOT NULL,
    content              text[] NOT NULL,
    catalogue_code       text[] NOT NULL,
    function_code        text[] NOT NULL,
    economic_code        text[] NOT NULL,
    quantity             text[] NOT NULL,
    provider_type        text[] NOT NULL,
    method               text[] NOT NULL,
    start_date           text[] NOT NULL,
    end_date             text[] NOT NULL,
    basis                text[] NOT NULL,
    unit_price_fen       bigint[] NOT NULL,
    requested_fen        bigint[] NOT NULL,
    is_new               bigint[] NOT NULL,
    general_fen          bigint[] NOT NULL,
    government_fund_fen  bigint[] NOT NULL,
    state_capital_fen    bigint[] NOT NULL,
    social_insurance_fen bigint[] NOT NULL,
    transfer_fen         bigint[] NOT NULL,
    carry_over_fen       bigint[] NOT NULL,
    special_account_fen  bigint[] NOT NULL,
    own_fen              bigint[] NOT NULL,
    PRIMARY KEY (import_id, first_row)
);
ALTER TABLE budget_import_part -- it lives for a moment: packing it would cost more than it saves
    ALTER COLUMN unit_id SET STORAGE EXTERNAL,
    ALTER COLUMN project_code SET STORAGE EXTERNAL,
    ALTER COLUMN name SET STORAGE EXTERNAL,
    ALTER COLUMN content SET STORAGE EXTERNAL,
    ALTER COLUMN catalogue_code SET STORAGE EXTERNAL,
    ALTER COLUMN function_code SET STORAGE EXTERNAL,
    ALTER COLUMN economic_code SET STORAGE EXTERNAL,
    ALTER COLUMN quantity SET STORAGE EXTERNAL,
    ALTER COLUMN provider_type SET STORAGE EXTERNAL,
    ALTER COLUMN method SET STORAGE EXTERNAL,
    ALTER COLUMN start_date SET STORAGE EXTERNAL,
    ALTER COLUMN end_date SET STORAGE EXTERNAL,
    ALTER COLUMN basis SET STORAGE EXTERNAL,
    ALTER COLUMN unit_price_fen SET STORAGE EXTERNAL,
    ALTER COLUMN requested_fen SET STORAGE EXTERNAL,
    ALTER COLUMN is_new SET STORAGE EXTERNAL,
    ALTER COLUMN general_fen SET STORAGE EXTERNAL,
    ALTER COLUMN government_fund_fen SET STORAGE EXTERNAL,
    ALTER COLUMN state_capital_fen SET STORAGE EXTERNAL,
    ALTER COLUMN social_insurance_fen SET STORAGE EXTERNAL,
    ALTER COLUMN transfer_fen SET STORAGE EXTERNAL,
    ALTER COLUMN carry_over_fen SET STORAGE EXTERNAL,
    ALTER COLUMN special_account_fen SET STORAGE EXTERNAL,
    ALTER COLUMN own_fen SET STORAGE EXTERNAL;
COMMENT ON TABLE budget_import_part IS 'Rows of imports still open, one part as it came in each: element i of all columns is a line to be';
COMMENT ON COLUMN budget_import_part.first_row IS 'Place of the first of them in the file, from 1: lines are numbered in this order';
COMMENT ON COLUMN budget_import_part.method IS 'Empty for none, like the dates';
COMMENT ON COLUMN budget_import_part.is_new IS '1 or 0';
