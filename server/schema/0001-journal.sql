-- The journal: entries, the Merkle tree over them, checkpoints, and the answers to every request id.

CREATE TABLE journal_entry (
    idx       bigint PRIMARY KEY CHECK (idx >= 0),
    entry     bytea  NOT NULL,
    leaf_hash bytea  NOT NULL CHECK (length(leaf_hash) = 32),
    at_us     bigint NOT NULL,
    method    text   NOT NULL,
    person_id text   NOT NULL,
    units     text[] NOT NULL
);
COMMENT ON TABLE journal_entry IS 'every accepted command, in the order in which it took effect';
COMMENT ON COLUMN journal_entry.entry IS 'serialized purser.v1.Entry; leaf_hash = SHA-256(0x00 || entry)';
COMMENT ON COLUMN journal_entry.method IS 'copy of the command''s method, for the feed';
COMMENT ON COLUMN journal_entry.units IS 'copy of the units whom the entry concerns';

CREATE TABLE journal_node (
    level int    NOT NULL CHECK (level BETWEEN 1 AND 63),
    at    bigint NOT NULL CHECK (at >= 0),
    hash  bytea  NOT NULL CHECK (length(hash) = 32),
    PRIMARY KEY (level, at)
);
COMMENT ON TABLE journal_node IS 'perfect subtrees of the RFC 6962 tree; level 0 are the leaf hashes of journal_entry';

CREATE TABLE journal_head (
    is_head boolean PRIMARY KEY CHECK (is_head),
    size    bigint NOT NULL CHECK (size >= 0),
    root    bytea  NOT NULL CHECK (length(root) = 32),
    epoch   bigint NOT NULL CHECK (epoch >= 1),
    last_us bigint NOT NULL,
    note    text   NOT NULL
);
COMMENT ON TABLE journal_head IS 'the one newest checkpoint; a writer moves it only from the size and root that it knows';

CREATE TABLE journal_checkpoint (
    size bigint PRIMARY KEY,
    note text   NOT NULL
);
COMMENT ON TABLE journal_checkpoint IS 'every signed checkpoint that was given out';

CREATE TABLE request (
    id           bytea  PRIMARY KEY CHECK (length(id) = 16),
    key_id       bytea  NOT NULL,
    command_hash bytea  NOT NULL CHECK (length(command_hash) = 32),
    method       text   NOT NULL,
    idx          bigint REFERENCES journal_entry,
    answer       bytea  NOT NULL,
    at_us        bigint NOT NULL
);
COMMENT ON TABLE request IS 'the answer to every request id, for ever: accepted (idx) or refused by a rule (idx null)';
COMMENT ON COLUMN request.answer IS 'serialized purser.v1.Reply: status, body, request_id, receipt; sent again byte for byte';
