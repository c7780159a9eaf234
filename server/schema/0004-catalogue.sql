-- The guidance catalogue by versions, and the negative list.

CREATE TABLE catalogue_version (
    id            text COLLATE "C" NOT NULL,
    title         text NOT NULL,
    kind          text NOT NULL CHECK (kind IN ('CITY', 'REGIONAL')),
    basis         text NOT NULL,
    valid_from    date NOT NULL,
    valid_to      date CHECK (valid_to >= valid_from),
    state         text NOT NULL CHECK (state IN ('DRAFT', 'CONSULTING', 'EXPERT_REVIEW', 'APPROVED', 'PUBLISHED', 'SUPERSEDED')),
    prepared_by   text COLLATE "C" NOT NULL,
    version       bigint NOT NULL CHECK (version >= 0),
    PRIMARY KEY (id)
);
COMMENT ON TABLE catalogue_version IS 'Versions of the guidance catalogue (指导性目录); on one day one is in force';
COMMENT ON COLUMN catalogue_version.kind IS 'Whose it is, as the province decides (财政部令第102号 12): the city''s, or the region''s';
COMMENT ON COLUMN catalogue_version.valid_to IS 'Last day; set when the next version is published';
COMMENT ON COLUMN catalogue_version.state IS 'SUPERSEDED: its last day is known; in force until then, and for business dated before';
COMMENT ON COLUMN catalogue_version.prepared_by IS 'Who loaded it last; somebody else approves';

CREATE TABLE catalogue_event (
    version_id  text COLLATE "C" NOT NULL REFERENCES catalogue_version (id),
    seq         bigint NOT NULL,
    event       text NOT NULL,
    from_state  text NOT NULL,
    to_state    text NOT NULL,
    person_id   text COLLATE "C" NOT NULL,
    at_us       bigint NOT NULL,
    opinion     text NOT NULL,
    PRIMARY KEY (version_id, seq)
);
COMMENT ON TABLE catalogue_event IS 'Who moved a version, when, with what opinion';

CREATE TABLE catalogue_entry (
    version_id    text COLLATE "C" NOT NULL REFERENCES catalogue_version (id),
    code          text COLLATE "C" NOT NULL CHECK (code ~ '^[AB]([0-9]{2}([0-9]{2})?)?$'),
    level         bigint NOT NULL CHECK (level BETWEEN 1 AND 3),
    parent        text COLLATE "C" NOT NULL,
    name          text NOT NULL,
    class96       bigint NOT NULL CHECK (class96 BETWEEN 0 AND 6),
    origin        text NOT NULL CHECK (origin IN ('', 'C', 'R', 'L')),
    seed_type     text NOT NULL,
    words         text NOT NULL,
    stopped_from  date,
    PRIMARY KEY (version_id, code),
    CHECK (length(code) = level * 2 - 1)
);
COMMENT ON TABLE catalogue_entry IS 'Entries; A public services, B services that help the government do its work';
COMMENT ON COLUMN catalogue_entry.class96 IS 'Class of 财综〔2014〕96号 Art. 14, for historic statistics; 0 none';
COMMENT ON COLUMN catalogue_entry.origin IS 'C central, R region, L local';
COMMENT ON COLUMN catalogue_entry.words IS 'Keywords, separated by spaces, by which screening (K3) finds what should be listed';
COMMENT ON COLUMN catalogue_entry.stopped_from IS '停用: from this day on it may not be chosen; never deleted';

CREATE TABLE negative_list (
    id            text COLLATE "C" NOT NULL,
    valid_from    date NOT NULL,
    state         text NOT NULL CHECK (state IN ('PROPOSED', 'CONFIRMED')),
    proposed_by   text COLLATE "C" NOT NULL,
    proposed_us   bigint NOT NULL,
    confirmed_by  text COLLATE "C" NOT NULL DEFAULT '',
    confirmed_us  bigint NOT NULL DEFAULT 0,
    version       bigint NOT NULL CHECK (version > 0),
    PRIMARY KEY (id)
);
COMMENT ON TABLE negative_list IS 'Versions of the negative list; on a day the confirmed one that began last holds';

CREATE TABLE negative_entry (
    list_id   text COLLATE "C" NOT NULL REFERENCES negative_list (id),
    code      text COLLATE "C" NOT NULL,
    item      text NOT NULL,
    basis     text NOT NULL,
    keywords  text NOT NULL,
    note      text NOT NULL,
    PRIMARY KEY (list_id, code)
);
COMMENT ON TABLE negative_entry IS 'What may not be purchased; a keyword raises a warning, a person decides';
COMMENT ON COLUMN negative_entry.keywords IS 'Separated by spaces; empty: no automatic warning';
