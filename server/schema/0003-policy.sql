-- Dated rule values, the type matrix and the calendar: whatever has a number or a list and may change by law.

CREATE TABLE policy_proposal (
    id           text COLLATE "C" NOT NULL,
    kind         text NOT NULL CHECK (kind IN ('RULE_VALUES', 'TYPE_RULES')),
    state        text NOT NULL CHECK (state IN ('PROPOSED', 'CONFIRMED', 'REFUSED')),
    row_count    bigint NOT NULL CHECK (row_count > 0),
    proposed_by  text COLLATE "C" NOT NULL,
    proposed_us  bigint NOT NULL,
    settled_by   text COLLATE "C" NOT NULL DEFAULT '',
    settled_us   bigint NOT NULL DEFAULT 0,
    opinion      text NOT NULL DEFAULT '',
    version      bigint NOT NULL CHECK (version > 0),
    PRIMARY KEY (id)
);
COMMENT ON TABLE policy_proposal IS 'A batch of records loaded by an operator; none holds before a leader has confirmed the batch';
COMMENT ON COLUMN policy_proposal.settled_by IS 'Who confirmed or refused it; never the proposer';

CREATE TABLE rule_value (
    id           text COLLATE "C" NOT NULL,
    rule_id      text COLLATE "C" NOT NULL,
    name         text NOT NULL,
    value        bigint NOT NULL CHECK (value >= 0),
    unit         text NOT NULL CHECK (unit IN ('fen', 'bp', 'days', 'workdays', 'months', 'years', 'score', 'count')),
    valid_from   date NOT NULL,
    valid_to     date CHECK (valid_to >= valid_from),
    source       text NOT NULL,
    state        text NOT NULL CHECK (state IN ('PROPOSED', 'CONFIRMED', 'REFUSED', 'REPLACED')),
    proposal_id  text COLLATE "C" NOT NULL REFERENCES policy_proposal (id),
    PRIMARY KEY (id)
);
CREATE INDEX rule_value_in_force ON rule_value (rule_id, valid_from) WHERE state = 'CONFIRMED';
CREATE INDEX rule_value_proposal ON rule_value (proposal_id, id);
COMMENT ON TABLE rule_value IS 'Numbers of the law, each with the days on which it holds; by the date of the business';
COMMENT ON COLUMN rule_value.id IS 'rule/first day/proposal';
COMMENT ON COLUMN rule_value.valid_to IS 'Last day; NULL while it holds. Of two that hold the later begun one counts';
COMMENT ON COLUMN rule_value.state IS 'REPLACED: a later confirmed record corrects this one for the same first day';

CREATE TABLE type_rule (
    id            text COLLATE "C" NOT NULL,
    type          text COLLATE "C" NOT NULL CHECK (type ~ '^[0-9]{3}$'),
    name          text NOT NULL,
    rule_set      text NOT NULL,
    may_purchase  text NOT NULL CHECK (may_purchase IN ('yes', 'no', 'ask', 'unsure', 'restricted')),
    may_provide   text NOT NULL CHECK (may_provide IN ('yes', 'no', 'ask', 'unsure', 'restricted')),
    valid_from    date NOT NULL,
    valid_to      date CHECK (valid_to >= valid_from),
    state         text NOT NULL CHECK (state IN ('PROPOSED', 'CONFIRMED', 'REFUSED', 'REPLACED')),
    proposal_id   text COLLATE "C" NOT NULL REFERENCES policy_proposal (id),
    PRIMARY KEY (id)
);
CREATE INDEX type_rule_in_force ON type_rule (type, valid_from) WHERE state = 'CONFIRMED';
CREATE INDEX type_rule_proposal ON type_rule (proposal_id, id);
COMMENT ON TABLE type_rule IS 'Which type of organisation may purchase and which may provide, by rule set and date';
COMMENT ON COLUMN type_rule.may_purchase IS 'ask: the staffing office decides; unsure: the text of the old rule is not at hand';

CREATE TABLE calendar_day (
    day      date NOT NULL,
    kind     text NOT NULL CHECK (kind IN ('REST', 'MAKE_UP', 'REGIONAL')),
    holiday  text NOT NULL,
    PRIMARY KEY (day)
);
COMMENT ON TABLE calendar_day IS 'Days that differ from the week: rest on a workday, work on a weekend';
COMMENT ON COLUMN calendar_day.kind IS 'REGIONAL: a holiday of the region, for information until it is settled that it moves deadlines';

CREATE TABLE calendar_year (
    year       bigint NOT NULL CHECK (year BETWEEN 2000 AND 2199),
    loaded_by  text COLLATE "C" NOT NULL,
    loaded_us  bigint NOT NULL,
    PRIMARY KEY (year)
);
COMMENT ON TABLE calendar_year IS 'Years whose days were announced and loaded; beyond the last only weekends are known';
