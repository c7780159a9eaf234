-- Kept totals: each noun keeps the sums of its amounts by year, unit and category beside its rows, in the same
-- transaction. Statistics of whole years add these up, thousands of rows in place of millions.

-- ---- what statistics read row by row, with what is known of each period beforehand ----

CREATE FUNCTION report_provider(type text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN type LIKE '2%' THEN '事业单位'
            WHEN type LIKE '3%' THEN '社会组织'
            WHEN type = '410' THEN '企业'
            WHEN type = '420' THEN '农村集体经济组织'
            WHEN type = '430' THEN '基层群众性自治组织'
            WHEN type = '510' THEN '个人'
            ELSE type END;
COMMENT ON FUNCTION report_provider IS
    'Kind of provider (承接主体类型) of a type of organisation, in the words of the history records';

DROP VIEW IF EXISTS report_record;
CREATE VIEW report_record AS
SELECT r.id AS record_id, r.measure, r.period_start, r.period_end, r.unit_id, r.unit_name, r.catalogue_code,
       r.project_name, r.provider_type AS provider, r.amount_fen,
       r.period_start = r.period_end AS in_a_day,
       extract(year FROM r.period_start) = extract(year FROM r.period_end) AS in_a_year
  FROM history_record r
  JOIN history_batch b ON b.id = r.batch_id AND b.state = 'CONFIRMED'
UNION ALL
SELECT l.id, 'BUDGET'::text, make_date(l.year::integer, 1, 1), make_date(l.year::integer, 12, 31), l.unit_id,
       coalesce(u.name, ''), l.catalogue_code COLLATE "C", l.name, report_provider(l.provider_type), l.approved_fen,
       false, true
  FROM budget_line l
  LEFT JOIN unit u ON u.id = l.unit_id
 WHERE l.state IN ('ISSUED', 'ADJUSTING', 'CLOSED') AND l.approved_fen > 0
UNION ALL
SELECT c.id, 'CONTRACT'::text, c.signed_date, c.signed_date, c.unit_id, coalesce(u.name, ''), c.catalogue_code, c.name,
       report_provider(c.supplier_type), coalesce(c.settlement_fen, c.amount_fen + c.supplements_fen), true, true
  FROM contract c
  LEFT JOIN unit u ON u.id = c.unit_id
 WHERE c.signed_date IS NOT NULL AND c.state NOT IN ('DRAFT', 'DEPT_REVIEW', 'WITHDRAWN');
COMMENT ON VIEW report_record IS 'Confirmed history, budget lines that were issued (their year), contracts that were signed (the day)';
COMMENT ON COLUMN report_record.measure IS 'BUDGET, ADJUSTED, CONTRACT or PAID; never added to each other';
COMMENT ON COLUMN report_record.period_start IS 'The record''s own period; it counts where it lies within the one asked for';
COMMENT ON COLUMN report_record.amount_fen IS 'A contract with its signed supplements; one that ended early with what was settled';
COMMENT ON COLUMN report_record.in_a_day IS
    'Its period is one day, no edge can lie across it; for contracts a constant, so that they are not looked at';
COMMENT ON COLUMN report_record.in_a_year IS
    'Its period lies within one year, no edge of whole years can lie across it; for lines and contracts a constant';

CREATE INDEX history_record_over_years ON history_record (period_start)
 WHERE extract(year FROM period_start) <> extract(year FROM period_end);

-- ---- history: confirmed records ----

CREATE TABLE history_total (
    year_from      bigint NOT NULL,
    year_to        bigint NOT NULL CHECK (year_to >= year_from),
    unit_id        text COLLATE "C" NOT NULL,
    unit_name      text NOT NULL,
    catalogue_code text COLLATE "C" NOT NULL,
    provider_type  text NOT NULL,
    measure        text NOT NULL,
    records        bigint NOT NULL CHECK (records >= 0),
    amount_fen     bigint NOT NULL CHECK (amount_fen >= 0),
    words          text NOT NULL CHECK (words = md5(unit_name) || md5(provider_type)),
    PRIMARY KEY (year_from, year_to, unit_id, catalogue_code, measure, words)
);
COMMENT ON TABLE history_total IS 'Kept sums of confirmed history records by years, unit, category, provider and measure';
COMMENT ON COLUMN history_total.year_from IS 'Year of the first day of their periods';
COMMENT ON COLUMN history_total.year_to IS 'Year of the last day: a period of several years cannot be split';
COMMENT ON COLUMN history_total.unit_name IS 'As the imports named the unit';
COMMENT ON COLUMN history_total.words IS 'Unit name and provider type in the key: themselves they may be too long for an index';

CREATE VIEW history_total_added_up AS
SELECT extract(year FROM r.period_start)::bigint AS year_from, extract(year FROM r.period_end)::bigint AS year_to,
       r.unit_id, r.unit_name, r.catalogue_code, r.provider_type, r.measure, count(*) AS records,
       sum(r.amount_fen)::bigint AS amount_fen, md5(r.unit_name) || md5(r.provider_type) AS words
  FROM history_record r
  JOIN history_batch b ON b.id = r.batch_id AND b.state = 'CONFIRMED'
 GROUP BY 1, 2, r.unit_id, r.unit_name, r.catalogue_code, r.provider_type, r.measure;
COMMENT ON VIEW history_total_added_up IS 'What history_total must hold, from the rows';

INSERT INTO history_total (year_from, year_to, unit_id, unit_name, catalogue_code, provider_type, measure, records,
                           amount_fen, words)
SELECT year_from, year_to, unit_id, unit_name, catalogue_code, provider_type, measure, records, amount_fen, words
  FROM history_total_added_up;

-- ---- budget: lines that were issued ----

CREATE TABLE budget_total (
    year           bigint NOT NULL,
    unit_id        text COLLATE "C" NOT NULL,
    catalogue_code text COLLATE "C" NOT NULL,
    provider_type  text NOT NULL,
    lines          bigint NOT NULL CHECK (lines >= 0),
    amount_fen     bigint NOT NULL CHECK (amount_fen >= 0),
    PRIMARY KEY (year, unit_id, catalogue_code, provider_type)
);
COMMENT ON TABLE budget_total IS 'Kept sums of issued budget lines by year, unit, category and type of provider';
COMMENT ON COLUMN budget_total.amount_fen IS 'What was approved';

CREATE VIEW budget_total_added_up AS
SELECT l.year, l.unit_id, l.catalogue_code COLLATE "C" AS catalogue_code, l.provider_type, count(*) AS lines,
       sum(l.approved_fen)::bigint AS amount_fen
  FROM budget_line l
 WHERE l.state IN ('ISSUED', 'ADJUSTING', 'CLOSED') AND l.approved_fen > 0
 GROUP BY 1, 2, 3, 4;
COMMENT ON VIEW budget_total_added_up IS 'What budget_total must hold, from the rows';

INSERT INTO budget_total (year, unit_id, catalogue_code, provider_type, lines, amount_fen)
SELECT year, unit_id, catalogue_code, provider_type, lines, amount_fen
  FROM budget_total_added_up;

-- ---- contract: those that were signed ----

CREATE TABLE contract_total (
    year           bigint NOT NULL,
    unit_id        text COLLATE "C" NOT NULL,
    catalogue_code text COLLATE "C" NOT NULL,
    supplier_type  text NOT NULL,
    contracts      bigint NOT NULL CHECK (contracts >= 0),
    added_fen      bigint NOT NULL CHECK (added_fen >= 0),
    taken_fen      bigint NOT NULL CHECK (taken_fen >= 0),
    PRIMARY KEY (year, unit_id, catalogue_code, supplier_type)
) WITH (fillfactor = 70); -- sums change that no index knows: the new row stays on its page
COMMENT ON TABLE contract_total IS 'Kept sums of signed contracts by year of signing, unit, category and type of supplier';
COMMENT ON COLUMN contract_total.added_fen IS
    'Original amounts and signed additions; it only grows, as the next does, so that writers only add';
COMMENT ON COLUMN contract_total.taken_fen IS
    'Signed reductions, and what early ends left unpaid; the sum of the contracts is the difference';

CREATE VIEW contract_total_added_up AS
SELECT extract(year FROM c.signed_date)::bigint AS year, c.unit_id, c.catalogue_code, c.supplier_type,
       count(*) AS contracts,
       sum(c.amount_fen + coalesce(s.added_fen, 0))::bigint AS added_fen,
       sum(coalesce(s.taken_fen, 0) + coalesce(c.amount_fen + c.supplements_fen - c.settlement_fen, 0))::bigint
         AS taken_fen
  FROM contract c
  LEFT JOIN (SELECT contract_id, sum(amount_fen) FILTER (WHERE kind = 'INCREASE') AS added_fen,
                    sum(amount_fen) FILTER (WHERE kind = 'REDUCE') AS taken_fen
               FROM contract_supplement
              WHERE state = 'SIGNED'
              GROUP BY contract_id) s ON s.contract_id = c.id
 WHERE c.signed_date IS NOT NULL AND c.state NOT IN ('DRAFT', 'DEPT_REVIEW', 'WITHDRAWN')
 GROUP BY 1, 2, 3, 4;
COMMENT ON VIEW contract_total_added_up IS 'What contract_total must hold, from the rows';

INSERT INTO contract_total (year, unit_id, catalogue_code, supplier_type, contracts, added_fen, taken_fen)
SELECT year, unit_id, catalogue_code, supplier_type, contracts, added_fen, taken_fen
  FROM contract_total_added_up;

-- ---- what statistics of whole years read ----

CREATE VIEW report_total AS
SELECT t.measure, t.year_from, t.year_to, t.unit_id, t.unit_name, t.catalogue_code, t.provider_type AS provider,
       t.records, t.amount_fen
  FROM history_total t
UNION ALL
SELECT 'BUDGET'::text, t.year, t.year, t.unit_id, ''::text, t.catalogue_code, report_provider(t.provider_type), t.lines,
       t.amount_fen
  FROM budget_total t
UNION ALL
SELECT 'CONTRACT'::text, t.year, t.year, t.unit_id, ''::text, t.catalogue_code, report_provider(t.supplier_type),
       t.contracts, t.added_fen - t.taken_fen
  FROM contract_total t;
COMMENT ON VIEW report_total IS 'Records of report_record, added up that have years, unit, category, provider and measure in common';
COMMENT ON COLUMN report_total.unit_name IS
    'As history named it; lines and contracts are of units that have their names in table unit';
COMMENT ON COLUMN report_total.year_from IS 'Years of the records'' own periods; a record lies within whole years when both do';
COMMENT ON COLUMN report_total.records IS 'How many records; 0 says nothing, not nought';
