-- The data of the benchmark, set by set, straight into the tables of a city that was founded by commands.
--
-- psql variables: year, others (contracts of five years), ours, raws, hots (drafts that purserd, PostgreSQL asked raw,
-- and everybody on one line will sign), and reviewer_1, reviewer_2, leader, operator (person ids).
-- load_unit and load_supplier are filled before. The formulas are those of rows.py: contract n of a year
-- belongs to department (n - 1) % 60 and to its line 1 + (n - 1) / 60 % 16.
\set ON_ERROR_STOP on
SET session_replication_role = replica; -- no foreign key is asked for each row: what is loaded refers to what is loaded
SET work_mem = '256MB';
SET maintenance_work_mem = '512MB';
SET max_parallel_maintenance_workers = 1;

CREATE FUNCTION load_us(day date) RETURNS bigint LANGUAGE sql IMMUTABLE AS -- nine o'clock in the city
$$ SELECT ((day - DATE '1970-01-01')::bigint * 86400 + 3600) * 1000000 $$;

-- Indexes that are no constraints are made anew at the end, which is much quicker than to keep them.
CREATE UNLOGGED TABLE load_index AS
SELECT indexname, indexdef
  FROM pg_indexes
 WHERE schemaname = 'public' AND tablename LIKE 'contract%'
   AND indexname NOT IN (SELECT conname FROM pg_constraint);
SELECT format('DROP INDEX %I', indexname) FROM load_index \gexec

CREATE UNLOGGED TABLE load_service AS
SELECT row_number() OVER (ORDER BY code) - 1 AS i, code, name
  FROM catalogue_entry
 WHERE version_id = 'CN-2020' AND level = 3;

-- ---- suppliers ----

INSERT INTO supplier (id, name, type, enterprise_size, note, state, banned_basis, version)
SELECT id, name, type, CASE WHEN type = '410' THEN (ARRAY['SMALL', 'MICRO', 'MEDIUM', 'LARGE'])[1 + i % 4] END, '',
       'REGISTERED', '', 1
  FROM load_supplier;
INSERT INTO supplier_event (supplier_id, seq, event, from_state, to_state, person_id, at_us, opinion)
SELECT id, 1, 'REGISTER', '', 'REGISTERED', :'operator', load_us(make_date(:year - 4, 1, 3)), ''
  FROM load_supplier;

-- ---- five budget years that were issued, sixteen or seventeen lines a department; the sixth is being drafted ----

INSERT INTO budget_cycle (year, state, version, catalogue_version, opened_us, opened_by, controls_us, controls_by,
                          congress_date, congress_document, recorded_by, confirmed_by, issue_due_date, issued_date,
                          issued_by)
SELECT y, 'ISSUED', 5, 'CN-2020', load_us(make_date(y - 1, 6, 1)), :'reviewer_1', load_us(make_date(y - 1, 10, 30)),
       :'leader', make_date(y, 1, 20), format('防人大〔%s〕1号', y), :'operator', :'leader', make_date(y, 2, 9),
       make_date(y, 2, 1), :'leader'
  FROM generate_series(:year - 4, :year) y;
INSERT INTO budget_step (year, step, open_date, due_date)
SELECT y, s.step, make_date(y - 1, s.opens, 1), make_date(y - s.due / 10000, s.due / 100 % 100, s.due % 100)
  FROM generate_series(:year - 4, :year) y,
       (VALUES ('U1', 6, 10915), ('F1', 7, 11020), ('D1', 10, 11031),
               ('U2', 11, 11125), ('F2', 11, 11231), ('D2', 12, 228)) s (step, opens, due);
INSERT INTO budget_round (id, year, unit_id, round, unit_name, state, version, person_id, changed_us)
SELECT format('%s-%s-%s', y, u.id, r), y, u.id, r, u.name, 'REVIEWED', 17, :'reviewer_2', load_us(make_date(y - 1, 12, 20))
  FROM generate_series(:year - 4, :year) y, load_unit u, unnest(ARRAY['U1', 'U2']) r;

CREATE UNLOGGED TABLE load_line AS
SELECT format('450600-%s-%s-%s', y, u.id, lpad(seq::text, 4, '0')) AS id, y AS year, u.d, seq,
       CASE WHEN u.d % 10 = 3 AND seq = 16 THEN u.id || '101' ELSE u.id END AS unit_id, -- some belong to a unit below
       u.clerk,
       u.approver, s.code, s.name, u.name AS unit_name, 0::bigint AS fen, 0::bigint AS reserved_fen,
       0::bigint AS committed_fen
  FROM load_unit u, generate_series(:year - 4, :year + 1) y, generate_series(1, 100) seq
  JOIN load_service s ON s.i = seq * 7 % (SELECT count(*) FROM load_service)
 WHERE CASE WHEN y <= :year THEN seq <= 16 OR (seq = 17 AND u.d < 40) -- 5,000 of them
            ELSE (seq - 1) / 20 * 60 + u.d < 256 END;               -- 256 budgets of twenty lines
ALTER TABLE load_line ADD PRIMARY KEY (year, d, seq);
ANALYZE load_line, load_service, load_unit, load_supplier;

-- ---- contracts: who, what, how far ----

CREATE UNLOGGED TABLE load_contract AS
WITH number AS (
    SELECT (:year - 4) + i / 60 % 5 AS year, 120001 + i / 300 * 60 + i % 60 AS n, false AS is_ready, false AS is_hot
      FROM generate_series(0, :others - 1) i
    UNION ALL SELECT :year, 600001 + i, true, false FROM generate_series(0, :ours - 1) i
    UNION ALL SELECT :year, 750001 + i, true, false FROM generate_series(0, :raws - 1) i
    UNION ALL SELECT :year, 900001 + i, true, true FROM generate_series(0, :hots - 1) i
), chance AS (
    SELECT *, format('450600-%s-C-%s', year, n) AS id, (hashint4(n * 8 + year % 8)::bigint + 2147483648) % 10000 AS dice,
           CASE WHEN is_hot THEN 0 ELSE (n - 1) % 60 END AS d,
           CASE WHEN is_hot THEN 17 ELSE 1 + (n - 1) / 60 % 16 END AS seq
      FROM number
), life AS (
    SELECT *, CASE WHEN is_ready THEN 'DEPT_REVIEW'
                   WHEN dice % 100 < 3 THEN 'WITHDRAWN'
                   WHEN dice % 100 < 9 THEN 'TERMINATED'
                   WHEN dice % 100 < 12 THEN 'SUSPENDED'
                   WHEN year < :year AND dice % 100 < 75 THEN 'CLOSED'
                   WHEN year < :year OR dice % 100 < 45 THEN 'PERFORMING'
                   WHEN dice % 100 < 88 THEN 'SIGNED'
                   WHEN dice % 100 < 95 THEN 'DEPT_REVIEW'
                   ELSE 'DRAFT' END AS state,
           (1 + n % 50) * CASE WHEN is_ready THEN 100000 ELSE 1000000 END::bigint AS amount_fen
      FROM chance
)
SELECT k.id, k.year, k.n, k.d, k.state, l.id AS line_id, l.unit_id, l.name AS line_name, l.code, l.clerk, l.approver, l.unit_name,
       CASE WHEN k.is_ready THEN k.n % 1600 / 4 * 5 + k.n % 4 + 1 ELSE dice % 2000 END AS supplier, amount_fen, dice,
       state IN ('SIGNED', 'PERFORMING', 'SUSPENDED', 'TERMINATED', 'CLOSED') AS is_signed,
       state IN ('PERFORMING', 'SUSPENDED', 'TERMINATED', 'CLOSED') OR (state = 'SIGNED' AND dice % 2 = 0) AS is_filed,
       state IN ('PERFORMING', 'CLOSED') AND dice / 100 % 50 = 7 AS is_supplemented,
       CASE state WHEN 'WITHDRAWN' THEN 0 WHEN 'TERMINATED' THEN amount_fen * 2 / 5 ELSE amount_fen END AS held_fen,
       CASE state WHEN 'DRAFT' THEN 1 WHEN 'DEPT_REVIEW' THEN 2 WHEN 'WITHDRAWN' THEN 2
                  WHEN 'SIGNED' THEN CASE WHEN dice % 2 = 0 THEN 6 ELSE 3 END
                  WHEN 'SUSPENDED' THEN 8 WHEN 'TERMINATED' THEN 8
                  ELSE CASE WHEN state IN ('PERFORMING', 'CLOSED') AND dice / 100 % 50 = 7 THEN 9 ELSE 7 END END AS version,
       make_date(k.year, 2, 2) + (dice % 10)::int AS made_date
  FROM life k
  JOIN load_line l ON l.year = k.year AND l.d = k.d AND l.seq = k.seq
 ORDER BY k.id;
ANALYZE load_contract;

BEGIN; -- tables emptied in the same transaction need no WAL
TRUNCATE contract, contract_year, contract_event, contract_duty, contract_supplement, budget_hold;
INSERT INTO contract (id, contract_no, name, unit_id, line_id, line_name, supplier_id, supplier_name, supplier_type, year,
                      catalogue_code, amount_fen, supplements_fen, held_fen, bond_fen, state, start_date, end_date,
                      signed_end_date, award_date, signed_date, content, quantity, quality, price_basis, settlement,
                      rights_duties, breach, content_is_fixed, need_is_lasting, funding_is_stable, price_is_stable,
                      long_term_basis, is_attested, drafter_id, submitter_id, signer_id, terminated_date, ended_reason,
                      settlement_fen, supplements_count, version, created_us, changed_us)
SELECT k.id, format('防采%s-%s', k.unit_id, k.n), k.unit_name || k.line_name || '合同', k.unit_id, k.line_id, k.line_name, s.id,
       s.name, s.type, k.year, k.code, k.amount_fen, CASE WHEN k.is_supplemented THEN k.amount_fen / 20 ELSE 0 END, k.held_fen,
       k.amount_fen / 20, k.state, make_date(k.year, 3, 1), make_date(k.year, 12, 31),
       CASE WHEN k.is_signed THEN make_date(k.year, 12, 31) END, NULL, CASE WHEN k.is_signed THEN k.made_date + 2 END,
       '按采购文件约定的范围、频次和标准提供' || k.line_name || '，接受购买主体的检查', '12 个月',
       '符合国家和行业标准，考核得分不低于九十分',
       '中标价，含税', (ARRAY['ONCE', 'MILESTONES', 'PERIODIC', 'BY_QUANTITY'])[1 + k.dice % 4],
       '双方的权利和义务见合同第五条至第八条；承接主体不得转包', '违约责任见合同第九条，每逾期一日按合同金额的万分之五计', k.dice % 3 = 0,
       k.dice % 3 = 1, true, k.dice % 5 <> 0, '', true, k.clerk,
       CASE WHEN k.version > 1 AND k.state <> 'WITHDRAWN' THEN k.clerk ELSE '' END,
       CASE WHEN k.is_signed THEN k.approver ELSE '' END,
       CASE WHEN k.state = 'TERMINATED' THEN k.made_date + 7 END,
       CASE k.state WHEN 'TERMINATED' THEN '承接主体不再具备履约条件' WHEN 'SUSPENDED' THEN '场地改造，暂停履行' ELSE '' END,
       CASE WHEN k.state = 'TERMINATED' THEN k.held_fen END, CASE WHEN k.is_supplemented THEN 1 ELSE 0 END, k.version,
       load_us(k.made_date), load_us(k.made_date + k.version - 1)
  FROM load_contract k
  JOIN load_supplier s ON s.i = k.supplier;

INSERT INTO contract_year (contract_id, year, amount_fen)
SELECT id, year, amount_fen
  FROM load_contract;

INSERT INTO contract_event (contract_id, seq, object_id, event, from_state, to_state, person_id, at_us, opinion)
SELECT k.id, e.seq,
       k.id || CASE WHEN e.seq = 4 THEN '/PUBLISH' WHEN e.seq IN (5, 6) THEN '/FILE' WHEN e.seq = 8 AND k.is_supplemented THEN '-S01'
                    WHEN e.seq = 9 THEN '-S01' ELSE '' END,
       CASE WHEN e.seq = 2 AND k.state = 'WITHDRAWN' THEN 'WITHDRAW'
            WHEN e.seq = 8 AND k.state = 'SUSPENDED' THEN 'SUSPEND'
            WHEN e.seq = 8 AND k.state = 'TERMINATED' THEN 'TERMINATE'
            ELSE e.event END,
       e.was,
       CASE WHEN e.seq = 2 AND k.state = 'WITHDRAWN' THEN 'WITHDRAWN'
            WHEN e.seq = 8 AND NOT k.is_supplemented THEN k.state ELSE e.becomes END,
       CASE WHEN e.seq IN (3, 7, 9) THEN k.approver WHEN e.seq = 6 THEN :'reviewer_1' ELSE k.clerk END,
       load_us(k.made_date + e.seq - 1), CASE WHEN e.seq = 4 THEN '广西政府采购网' ELSE '' END
  FROM load_contract k,
       (VALUES (1, 'CREATE', NULL, 'DRAFT'), (2, 'SUBMIT', 'DRAFT', 'DEPT_REVIEW'), (3, 'SIGN', 'DEPT_REVIEW', 'SIGNED'),
               (4, 'PUBLISH', 'OPEN', 'DONE'), (5, 'FILE', 'OPEN', 'SENT'), (6, 'RECEIVE', 'SENT', 'DONE'),
               (7, 'START', 'SIGNED', 'PERFORMING'), (8, 'SUPPLEMENT', 'PERFORMING', 'DRAFT'),
               (9, 'SUPPLEMENT', 'DRAFT', 'SIGNED')) e (seq, event, was, becomes)
 WHERE e.seq <= k.version;

INSERT INTO contract_duty (id, contract_id, object_id, unit_id, kind, state, since_date, due_date, is_weekends_only, sent_date,
                           done_date, medium, sender_id, version)
SELECT k.id || '/' || kind, k.id, k.id, k.unit_id, kind, CASE WHEN k.is_filed THEN 'DONE' ELSE 'OPEN' END, k.made_date + 2,
       k.made_date + CASE kind WHEN 'FILE' THEN 11 ELSE 4 END, false,
       CASE WHEN k.is_filed THEN k.made_date + CASE kind WHEN 'FILE' THEN 4 ELSE 3 END END,
       CASE WHEN k.is_filed THEN k.made_date + CASE kind WHEN 'FILE' THEN 5 ELSE 3 END END,
       CASE WHEN k.is_filed AND kind = 'PUBLISH' THEN '广西政府采购网' ELSE '' END, CASE WHEN k.is_filed THEN k.clerk ELSE '' END,
       CASE WHEN NOT k.is_filed THEN 1 WHEN kind = 'FILE' THEN 3 ELSE 2 END
  FROM load_contract k, unnest(ARRAY['FILE', 'PUBLISH']) kind
 WHERE k.is_signed;

INSERT INTO contract_supplement (id, contract_id, unit_id, line_id, kind, state, amount_fen, held_fen, reason, content, signed_date,
                                 drafter_id, signer_id, version, created_us, changed_us)
SELECT id || '-S01', id, unit_id, line_id, 'INCREASE', 'SIGNED', amount_fen / 20, amount_fen / 20, '服务面积增加', '增加一处服务地点',
       made_date + 8, clerk, approver, 2, load_us(made_date + 7), load_us(made_date + 8)
  FROM load_contract
 WHERE is_supplemented;

-- ---- the hold ledger, and lines that are large enough for what they hold ----

INSERT INTO budget_hold (line_id, holder, state, amount_fen, reserved_us, committed_us, released_us)
SELECT line_id, holder, state, fen, load_us(since), CASE WHEN state = 'COMMITTED' THEN load_us(since + 2) END,
       CASE WHEN is_released THEN load_us(since + 7) END
  FROM (SELECT line_id, id AS holder, held_fen AS fen, made_date AS since, state IN ('WITHDRAWN', 'TERMINATED') AS is_released,
               CASE WHEN is_signed THEN 'COMMITTED' WHEN state = 'WITHDRAWN' THEN 'RELEASED' ELSE 'RESERVED' END AS state
          FROM load_contract
        UNION ALL
        SELECT line_id, id || '-S01', amount_fen / 20, made_date + 6, false, 'COMMITTED'
          FROM load_contract
         WHERE is_supplemented) h
 ORDER BY line_id, holder;
COMMIT;
UPDATE load_line l
   SET fen = (h.fen * 5 / 4 / 1000000 + 1) * 1000000, reserved_fen = h.reserved_fen, committed_fen = h.committed_fen
  FROM (SELECT line_id, sum(amount_fen) AS fen, coalesce(sum(amount_fen) FILTER (WHERE state = 'RESERVED'), 0) AS reserved_fen,
               coalesce(sum(amount_fen) FILTER (WHERE state = 'COMMITTED'), 0) AS committed_fen
          FROM budget_hold
         GROUP BY line_id) h
 WHERE h.line_id = l.id;
UPDATE load_line SET fen = (1 + seq % 50) * 10000000 WHERE fen = 0;

INSERT INTO budget_line (id, year, unit_id, department_id, state, version, round, project_code, name, content, catalogue_code,
                         catalogue_name, is_public_service, function_code, economic_code, quantity, unit_price_fen,
                         requested_fen, provider_type, method, start_date, end_date, is_new, basis, first_fen, control_fen,
                         approved_fen, reserved_fen, committed_fen, clerk_id, approver_id, reviewer_1_id, reviewer_2_id,
                         created_us, changed_us)
SELECT id, year, unit_id, left(unit_id, 3), CASE WHEN year < :year THEN 'CLOSED' WHEN year = :year THEN 'ISSUED' ELSE 'DRAFT' END,
       CASE WHEN year <= :year THEN 13 ELSE 1 END, 'U1', format('P%s-%s-%s', year, unit_id, seq), name, '按部门职责购买' || name, code,
       name, true, '2050202', '30227', '12 个月', fen, fen, '410', 'OPEN_TENDER', make_date(year, 3, 1), make_date(year, 12, 31),
       year = :year - 4, '部门职责', CASE WHEN year <= :year THEN fen ELSE 0 END, CASE WHEN year <= :year THEN fen ELSE 0 END,
       CASE WHEN year <= :year THEN fen ELSE 0 END, reserved_fen, committed_fen, clerk,
       CASE WHEN year <= :year THEN approver END, CASE WHEN year <= :year THEN :'reviewer_1' END,
       CASE WHEN year <= :year THEN :'reviewer_2' END, load_us(least(make_date(year - 1, 6, 22), make_date(:year, 2, 20))),
       load_us(least(make_date(year, 2, 1), make_date(:year, 2, 20)))
  FROM load_line;
INSERT INTO budget_source (line_id, source, amount_fen)
SELECT id, 'GENERAL', fen
  FROM load_line;
INSERT INTO budget_event (line_id, seq, event, from_state, to_state, person_id, at_us, decision, amount_fen)
SELECT l.id, e.seq, e.event, e.was, e.becomes,
       CASE e.who WHEN 'c' THEN l.clerk WHEN 'a' THEN l.approver WHEN '1' THEN :'reviewer_1' WHEN '2' THEN :'reviewer_2' ELSE :'leader' END,
       load_us(least(make_date(l.year - 1, 6, 22), make_date(:year, 2, 20))
               + CASE WHEN l.year > :year THEN 0 ELSE e.seq * 17 END), e.decision, l.fen
  FROM load_line l,
       (VALUES (1, 'CREATE', NULL, 'DRAFT', 'c', NULL), (2, 'SUBMIT', 'DRAFT', 'DEPT_REVIEW', 'c', NULL),
               (3, 'APPROVE', 'DEPT_REVIEW', 'UP1', 'a', NULL), (4, 'TAKE', 'UP1', 'FIN1', '1', NULL),
               (5, 'REVIEW', 'FIN1', 'FIN2', '1', NULL), (6, 'AGREE', 'FIN2', 'CONTROL', '2', 'AGREE'),
               (7, 'PUBLISH', 'CONTROL', 'UP2_DRAFT', 'l', NULL), (8, 'SUBMIT', 'UP2_DRAFT', 'UP2_REVIEW', 'c', NULL),
               (9, 'APPROVE', 'UP2_REVIEW', 'UP2', 'a', NULL), (10, 'TAKE', 'UP2', 'FIN_FINAL', '1', NULL),
               (11, 'COMPILE', 'FIN_FINAL', 'COMPILED', '2', NULL), (12, 'CONFIRM', 'COMPILED', 'APPROVED', 'l', NULL),
               (13, 'ISSUE', 'APPROVED', 'ISSUED', 'l', NULL)) e (seq, event, was, becomes, who, decision)
 WHERE l.year <= :year OR e.seq = 1;
INSERT INTO budget_line_version (line_id, version, state, project_code, name, content, catalogue_code, function_code,
                                 economic_code, quantity, unit_price_fen, requested_fen, control_fen, approved_fen, sources,
                                 provider_type, method, start_date, end_date, is_new, basis, person_id, at_us)
SELECT l.id, e.seq, e.to_state, l.project_code, l.name, l.content, l.catalogue_code, l.function_code, l.economic_code, l.quantity,
       l.unit_price_fen, l.requested_fen, CASE WHEN e.seq > 5 THEN l.control_fen ELSE 0 END,
       CASE WHEN e.seq > 12 THEN l.approved_fen ELSE 0 END, 'GENERAL=' || l.requested_fen, l.provider_type, l.method, l.start_date,
       l.end_date, l.is_new, l.basis, e.person_id, e.at_us
  FROM budget_event e
  JOIN budget_line l ON l.id = e.line_id;
INSERT INTO budget_control (year, unit_id, control_fen, lines, set_us, set_by)
SELECT year, left(unit_id, 3), sum(fen), count(*), load_us(make_date(year - 1, 10, 30)), :'leader'
  FROM load_line
 WHERE year <= :year
 GROUP BY 1, 2;

-- ---- numbers go on behind what was loaded ----

INSERT INTO counter (name, value)
SELECT 'contract/' || year, max(n)
  FROM load_contract
 GROUP BY year
UNION ALL
SELECT format('line/%s/%s', year, left(unit_id, 3)), max(seq)
  FROM load_line
 GROUP BY year, left(unit_id, 3);

-- ---- kept totals, from the rows ----

INSERT INTO budget_total (year, unit_id, catalogue_code, provider_type, lines, amount_fen)
SELECT year, unit_id, catalogue_code, provider_type, lines, amount_fen
  FROM budget_total_added_up;
INSERT INTO contract_total (year, unit_id, catalogue_code, supplier_type, contracts, added_fen, taken_fen)
SELECT year, unit_id, catalogue_code, supplier_type, contracts, added_fen, taken_fen
  FROM contract_total_added_up;

SELECT indexdef FROM load_index \gexec
DROP TABLE load_contract, load_line, load_service, load_index, load_unit, load_supplier;
DROP FUNCTION load_us;
VACUUM (FREEZE, ANALYZE);
