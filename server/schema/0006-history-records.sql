-- Records of the years before the city went live (历史数据), in batches that somebody else confirms.
CREATE TABLE history_batch (
    id            text COLLATE "C" NOT NULL,
    state         text NOT NULL CHECK (state IN ('PREPARED', 'CONFIRMED', 'REFUSED')),
    source        text NOT NULL,
    records       bigint NOT NULL CHECK (records > 0),
    total_fen     bigint NOT NULL CHECK (total_fen >= 0),
    noted         bigint NOT NULL CHECK (noted BETWEEN 0 AND records),
    prepared_by   text COLLATE "C" NOT NULL,
    version       bigint NOT NULL CHECK (version > 0),
    PRIMARY KEY (id)
);
CREATE INDEX history_batch_by_state ON history_batch (state, id);
COMMENT ON TABLE history_batch IS 'One import; nothing of it counts before it is CONFIRMED';
COMMENT ON COLUMN history_batch.total_fen IS 'Sum of its records, whatever their measure: a control total, not a statistic';
COMMENT ON COLUMN history_batch.noted IS 'How many of its records differ from rules of their day or of the day of import';
COMMENT ON COLUMN history_batch.prepared_by IS 'Person id; somebody else confirms';
COMMENT ON COLUMN history_batch.version IS 'The etag; also the seq of the newest row in history_event';

CREATE TABLE history_event (
    batch_id    text COLLATE "C" NOT NULL REFERENCES history_batch (id),
    seq         bigint NOT NULL CHECK (seq > 0),
    event       text NOT NULL,
    from_state  text NOT NULL,
    to_state    text NOT NULL,
    person_id   text COLLATE "C" NOT NULL,
    at_us       bigint NOT NULL,
    opinion     text NOT NULL,
    PRIMARY KEY (batch_id, seq)
);
COMMENT ON TABLE history_event IS 'Who imported, confirmed or refused a batch, when, with what words';

CREATE TABLE history_record (
    id              text COLLATE "C" NOT NULL,
    batch_id        text COLLATE "C" NOT NULL REFERENCES history_batch (id),
    period_start    date NOT NULL,
    period_end      date NOT NULL CHECK (period_end >= period_start),
    unit_id         text COLLATE "C" NOT NULL CHECK (unit_id ~ '^[0-9]{3}([0-9]{3})?$'),
    unit_name       text NOT NULL,
    catalogue_code  text COLLATE "C" NOT NULL,
    project_name    text NOT NULL,
    provider_type   text NOT NULL,
    measure         text NOT NULL CHECK (measure IN ('BUDGET', 'ADJUSTED', 'CONTRACT', 'PAID')),
    amount_fen      bigint NOT NULL CHECK (amount_fen BETWEEN 1 AND 1000000000000000),
    rule_set        text NOT NULL,
    differences     text NOT NULL,
    PRIMARY KEY (id)
);
CREATE INDEX history_record_by_batch ON history_record (batch_id, id);
CREATE INDEX history_record_by_unit ON history_record (unit_id, id);
COMMENT ON TABLE history_record IS 'What was budgeted, contracted or paid in a period that ended before the city went live';
COMMENT ON COLUMN history_record.id IS 'Batch and line: H-0001-003';
COMMENT ON COLUMN history_record.unit_name IS 'As the import named it; the unit may have another name today';
COMMENT ON COLUMN history_record.rule_set IS 'The rules in force when its period ended; empty when there were none';
COMMENT ON COLUMN history_record.differences IS 'Where it differs from rules of its day or of today: information, no reason to refuse';
