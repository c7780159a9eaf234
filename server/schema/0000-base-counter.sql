-- Counters: identifiers are served from here by the writer, in the order of decisions.
CREATE TABLE counter (
    name  text COLLATE "C" PRIMARY KEY,
    value bigint NOT NULL CHECK (value > 0)
);
COMMENT ON TABLE counter IS 'the last number given out per series; a pure function of the journal';
COMMENT ON COLUMN counter.name IS 'series, e.g. contract/2027';
COMMENT ON COLUMN counter.value IS 'the last number given out; the next is one more';
