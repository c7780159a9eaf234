-- Suppliers (承接主体), their bans, and everything that happened to them.
CREATE TABLE supplier (
    id              text COLLATE "C" NOT NULL CHECK (id ~ '^[0-9A-HJ-NPQRTUWXY]{18}$'),
    name            text NOT NULL CHECK (name <> ''),
    type            text NOT NULL CHECK (type ~ '^[0-9]{3}$'),
    enterprise_size text CHECK (enterprise_size IN ('LARGE', 'MEDIUM', 'SMALL', 'MICRO')),
    note            text NOT NULL,
    state           text NOT NULL CHECK (state IN ('REGISTERED', 'BANNED')),
    banned_from     date,
    banned_to       date CHECK (banned_to >= banned_from),
    banned_basis    text NOT NULL,
    version         bigint NOT NULL CHECK (version > 0),
    PRIMARY KEY (id),
    CHECK ((state = 'BANNED') = (banned_from IS NOT NULL)),
    CHECK ((state = 'BANNED') = (banned_basis <> ''))
);
CREATE INDEX supplier_by_type ON supplier (type, id);
CREATE INDEX supplier_by_state ON supplier (state, id);
COMMENT ON TABLE supplier IS 'Whoever may be contracted; those who may not provide can stand here too, and are refused when it matters';
COMMENT ON COLUMN supplier.id IS 'Unified social credit code (GB 32100-2015)';
COMMENT ON COLUMN supplier.type IS 'Code of the type matrix (policy): 410 企业, 310 社会团体 …';
COMMENT ON COLUMN supplier.enterprise_size IS 'Enterprises only; NULL where it was not told';
COMMENT ON COLUMN supplier.state IS 'BANNED says that a ban was pronounced; whether it holds on a day, its two days say';
COMMENT ON COLUMN supplier.banned_to IS 'Last day of the ban; NULL: no end was set';
COMMENT ON COLUMN supplier.version IS 'The etag; also the seq of the newest row in supplier_event';

CREATE TABLE supplier_event (
    supplier_id  text COLLATE "C" NOT NULL REFERENCES supplier (id),
    seq          bigint NOT NULL CHECK (seq > 0),
    event        text NOT NULL,
    from_state   text NOT NULL,
    to_state     text NOT NULL,
    person_id    text COLLATE "C" NOT NULL,
    at_us        bigint NOT NULL,
    opinion      text NOT NULL,
    PRIMARY KEY (supplier_id, seq)
);
COMMENT ON TABLE supplier_event IS 'Everything that happened to a supplier: who did it, when, with what words';
COMMENT ON COLUMN supplier_event.opinion IS 'For a ban its days and basis, for a change what it was before';
