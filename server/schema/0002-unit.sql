-- The city, its units, and who may sign for them.

CREATE TABLE city (
    id                     text NOT NULL CHECK (id = 'city'),
    division               text NOT NULL CHECK (division ~ '^[0-9]{6}$'),
    name                   text NOT NULL,
    audience               text NOT NULL,
    go_live_date           date NOT NULL,
    bureau_unit_id         text NOT NULL,
    civil_affairs_unit_id  text NOT NULL,
    staffing_unit_id       text NOT NULL,
    audit_unit_id          text NOT NULL,
    system_key_id          bytea NOT NULL CHECK (length(system_key_id) = 32),
    journal_public_key     bytea NOT NULL CHECK (length(journal_public_key) = 32),
    PRIMARY KEY (id)
);
COMMENT ON TABLE city IS 'The one city this database serves; written by the first command of its journal';
COMMENT ON COLUMN city.audience IS 'Name of the journal, "purser/450600"; commands name it so that none can be replayed at another city';
COMMENT ON COLUMN city.go_live_date IS 'Historical data may only be dated before this day';
COMMENT ON COLUMN city.civil_affairs_unit_id IS 'The only unit whose people may hold CIVIL_AFFAIRS; the next two columns likewise';
COMMENT ON COLUMN city.journal_public_key IS 'Ed25519 key under which checkpoints are signed';

CREATE TABLE division (
    id    text COLLATE "C" NOT NULL CHECK (id ~ '^[0-9]{6}$'),
    name  text NOT NULL,
    PRIMARY KEY (id)
);
COMMENT ON TABLE division IS 'Administrative divisions (行政区划)';

CREATE TABLE unit (
    id            text COLLATE "C" NOT NULL CHECK (id ~ '^[0-9]{3}([0-9]{3})?$'),
    name          text NOT NULL,
    type          text NOT NULL CHECK (type ~ '^[0-9]{3}$'),
    division      text NOT NULL,
    parent_id     text COLLATE "C" REFERENCES unit (id),
    level         bigint NOT NULL CHECK (level IN (1, 2)),
    valid_from    date NOT NULL,
    valid_to      date CHECK (valid_to >= valid_from),
    successor_id  text COLLATE "C" REFERENCES unit (id),
    note          text NOT NULL,
    PRIMARY KEY (id),
    CHECK ((level = 1) = (parent_id IS NULL))
);
COMMENT ON TABLE unit IS 'Departments (three digits) and the units below them (six digits)';
COMMENT ON COLUMN unit.type IS 'Code of the type matrix (policy): 110 行政机关, 221 公益一类事业单位 …';
COMMENT ON COLUMN unit.valid_to IS 'Last day of its existence; NULL while it stands';
COMMENT ON COLUMN unit.successor_id IS 'Who took its duties over, when a reform ended it';

CREATE TABLE person (
    id              text COLLATE "C" NOT NULL,
    name            text NOT NULL,
    unit_id         text COLLATE "C" NOT NULL REFERENCES unit (id),
    state           text NOT NULL CHECK (state IN ('PROPOSED', 'ACTIVE', 'SUSPENDED', 'REFUSED')),
    proposed_by     text COLLATE "C" NOT NULL,
    version         bigint NOT NULL CHECK (version >= 0),
    PRIMARY KEY (id)
);
CREATE INDEX person_unit ON person (unit_id, id);
COMMENT ON TABLE person IS 'Whoever may sign; proposed by an operator, confirmed by a leader of the bureau';
COMMENT ON COLUMN person.proposed_by IS 'Person id of the proposer, who may not confirm';
COMMENT ON COLUMN person.version IS 'The etag; also the seq of the newest row in person_event';

CREATE TABLE person_event (
    person_id   text COLLATE "C" NOT NULL REFERENCES person (id),
    seq         bigint NOT NULL CHECK (seq > 0),
    event       text NOT NULL,
    from_state  text NOT NULL,
    to_state    text NOT NULL,
    actor_id    text COLLATE "C" NOT NULL,
    at_us       bigint NOT NULL,
    opinion     text NOT NULL,
    PRIMARY KEY (person_id, seq)
);
COMMENT ON TABLE person_event IS 'Everything that happened to a person''s account: who did it, when, with what words';

CREATE TABLE person_role (
    id           text COLLATE "C" NOT NULL,
    person_id    text COLLATE "C" NOT NULL REFERENCES person (id),
    role         text NOT NULL CHECK (role IN ('CLERK', 'APPROVER', 'REVIEWER_1', 'REVIEWER_2', 'LEADER', 'OPERATOR',
                     'CIVIL_AFFAIRS', 'STAFFING', 'AUDITOR', 'AUDIT_HEAD', 'REGISTRAR', 'SYSTEM')),
    state        text NOT NULL CHECK (state IN ('PROPOSED', 'CONFIRMED', 'REVOKED', 'REFUSED')),
    valid_from   date NOT NULL,
    valid_to     date CHECK (valid_to >= valid_from),
    proposed_by  text COLLATE "C" NOT NULL,
    version      bigint NOT NULL CHECK (version > 0),
    PRIMARY KEY (id)
);
CREATE INDEX person_role_person ON person_role (person_id);
COMMENT ON TABLE person_role IS 'Roles granted to people; one authorises from its confirmation on, between the two days, both included';

CREATE TABLE person_key (
    key_id          bytea NOT NULL CHECK (length(key_id) = 32),
    person_id       text COLLATE "C" NOT NULL REFERENCES person (id),
    public_key      bytea NOT NULL CHECK (length(public_key) = 32),
    label           text NOT NULL,
    valid_from_us   bigint NOT NULL,
    rotated_us      bigint NOT NULL DEFAULT 0,
    revoked_us      bigint NOT NULL DEFAULT 0,
    is_compromised  boolean NOT NULL DEFAULT false,
    PRIMARY KEY (key_id)
);
CREATE INDEX person_key_person ON person_key (person_id);
COMMENT ON TABLE person_key IS 'Ed25519 keys of people; key_id is SHA-256 of the public key';
COMMENT ON COLUMN person_key.rotated_us IS 'Commands issued before this moment are still good; 0: never rotated';
COMMENT ON COLUMN person_key.revoked_us IS 'From here on the key authorises nothing, whenever the command was issued; 0: not revoked';

CREATE TABLE invite (
    hash         bytea NOT NULL CHECK (length(hash) = 32),
    person_id    text COLLATE "C" NOT NULL REFERENCES person (id),
    state        text NOT NULL CHECK (state IN ('PROPOSED', 'OPEN', 'USED', 'CLOSED')),
    proposed_by  text COLLATE "C" NOT NULL,
    expires_us   bigint NOT NULL,
    used_us      bigint NOT NULL DEFAULT 0,
    used_key_id  bytea,
    PRIMARY KEY (hash)
);
CREATE INDEX invite_person ON invite (person_id);
COMMENT ON TABLE invite IS 'One-time codes, kept as SHA-256 only; each turns one key into a person''s key';

CREATE TABLE people_version (
    id       text NOT NULL CHECK (id = 'people'),
    version  bigint NOT NULL,
    PRIMARY KEY (id)
);
COMMENT ON TABLE people_version IS 'Raised by every command that touches people, roles or keys, so that caches know when to reload';
