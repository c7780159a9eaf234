-- What stands around the contracts of the benchmark: journal, answers, people, history, screening, audit, old catalogues.
--
-- psql variables: year, entries (of the journal, and answers), reviewer_1, leader, operator. load_unit is filled before. The
-- other tables get a hundredth to a quarter of the entries, what some years of a large city would leave. Entries have no
-- commands that could be replayed, but their tree is whole: founding.py signs its head.
\set ON_ERROR_STOP on
SET session_replication_role = replica;
SET work_mem = '256MB';

CREATE FUNCTION load_bytes(salt text, n bigint, count int) RETURNS bytea LANGUAGE sql IMMUTABLE AS -- count times 16
$$ SELECT decode(repeat(md5(salt || n), count), 'hex') $$;

-- ---- the journal: entries of departments in turn, the tree over them, an answer for each ----

INSERT INTO journal_entry (idx, entry, leaf_hash, at_us, method, person_id, units)
SELECT idx, entry, sha256('\x00'::bytea || entry), at_us, method, clerk, ARRAY[unit_id]
  FROM (SELECT h.size + i AS idx, load_bytes('entry', i, 26) AS entry, h.last_us + i AS at_us, u.clerk, u.id AS unit_id,
               '/purser.v1.ContractService/SignContract' AS method
          FROM journal_head h, generate_series(0, :entries - 1) i
          JOIN load_unit u ON u.d = i % 60) e
 ORDER BY idx;
-- Level by level, what the head did not have yet.
SELECT format('INSERT INTO journal_node (level, at, hash)
SELECT %s, l.at / 2, sha256(''\x01''::bytea || l.hash || r.hash)
  FROM %s l
  JOIN %2$s r ON r.at = l.at + 1
 WHERE l.at %% 2 = 0 AND l.at / 2 >= (SELECT size >> %1$s FROM journal_head)', level,
              CASE level WHEN 1 THEN '(SELECT idx AS at, leaf_hash AS hash FROM journal_entry)'
                         ELSE format('(SELECT at, hash FROM journal_node WHERE level = %s)', level - 1) END)
  FROM generate_series(1, 40) level
 WHERE (SELECT max(idx) + 1 FROM journal_entry) >> level > 0
 ORDER BY level \gexec
INSERT INTO journal_checkpoint (size, note)
SELECT h.size + i * 8, repeat('purser', 40)
  FROM journal_head h, generate_series(1, :entries / 8 - 1) i;
INSERT INTO request (id, key_id, command_hash, method, idx, answer, at_us)
SELECT load_bytes('id', idx, 1), load_bytes('key', idx % 60, 2), load_bytes('hash', idx, 2), method, idx,
       load_bytes('answer', idx, 44), at_us
  FROM journal_entry e, journal_head h
 WHERE e.idx >= h.size;
UPDATE journal_head
   SET size = (SELECT max(idx) + 1 FROM journal_entry), last_us = (SELECT max(at_us) FROM journal_entry);

-- ---- units below the departments, and people who were proposed and never came ----

INSERT INTO unit (id, name, type, division, parent_id, level, valid_from, note)
SELECT u.id || 100 + i, u.name || '第' || i || '所', '110', '450600', u.id, 2, DATE '2014-01-01', ''
  FROM load_unit u, generate_series(1, 5) i;
INSERT INTO person (id, name, unit_id, state, proposed_by, version)
SELECT 'P' || 90000 + i, '待' || i, u.id || CASE i % 3 WHEN 0 THEN '' ELSE (101 + i % 5)::text END,
       CASE i % 4 WHEN 0 THEN 'REFUSED' ELSE 'PROPOSED' END, :'operator', 1
  FROM generate_series(0, :entries / 40) i
  JOIN load_unit u ON u.d = i % 60;
INSERT INTO person_event (person_id, seq, event, from_state, to_state, actor_id, at_us, opinion)
SELECT id, 1, 'PROPOSE', '', 'PROPOSED', proposed_by, 0, ''
  FROM person
 WHERE id >= 'P90000';
INSERT INTO person_role (id, person_id, role, state, valid_from, proposed_by, version)
SELECT id || '-1', id, 'CLERK', 'REFUSED', DATE '2026-01-01', proposed_by, 1
  FROM person
 WHERE id >= 'P90000';

-- ---- history, in batches of five hundred; catalogues and negative lists of other years ----

INSERT INTO history_batch (id, state, source, records, total_fen, noted, prepared_by, version)
SELECT 'H-' || 1001 + b, CASE b % 8 WHEN 0 THEN 'PREPARED' WHEN 1 THEN 'REFUSED' ELSE 'CONFIRMED' END, '历年台账', 500, 0, 0,
       :'operator', 2
  FROM generate_series(0, :entries / 2500) b;
INSERT INTO history_event (batch_id, seq, event, from_state, to_state, person_id, at_us, opinion)
SELECT id, 1, 'PREPARE', '', 'PREPARED', prepared_by, 0, ''
  FROM history_batch
 WHERE id >= 'H-1001';
INSERT INTO history_record (id, batch_id, period_start, period_end, unit_id, unit_name, catalogue_code, project_name, provider_type,
                            measure, amount_fen, rule_set, differences)
SELECT b.id || '-' || lpad(i::text, 3, '0'), b.id, make_date(2014 + i % 4, 1, 1), make_date(2014 + i % 4, 12, 31),
       u.id || CASE WHEN i % 7 = 0 THEN '101' ELSE '' END, u.name, 'A0101', '历史项目' || i, '企业',
       (ARRAY['BUDGET', 'ADJUSTED', 'CONTRACT', 'PAID'])[1 + i % 4], i * 10000, '96', ''
  FROM history_batch b, generate_series(1, 500) i
  JOIN load_unit u ON u.d = i % 60
 WHERE b.id >= 'H-1001';

INSERT INTO catalogue_version (id, title, kind, basis, valid_from, valid_to, state, prepared_by, version)
SELECT 'CN-' || 1900 + i, '旧目录', 'CITY', '旧', make_date(1900 + i, 1, 1), make_date(1900 + i, 12, 31), 'SUPERSEDED', :'operator', 4
  FROM generate_series(0, :entries / 5000) i;
INSERT INTO catalogue_event (version_id, seq, event, from_state, to_state, person_id, at_us, opinion)
SELECT id, 1, 'IMPORT', '', 'DRAFT', prepared_by, 0, ''
  FROM catalogue_version
 WHERE id < 'CN-2000';
INSERT INTO catalogue_entry (version_id, code, level, parent, name, class96, origin, seed_type, words, stopped_from)
SELECT v.id, e.code, e.level, e.parent, e.name, e.class96, e.origin, e.seed_type, e.words, NULL
  FROM catalogue_version v, catalogue_entry e
 WHERE v.id < 'CN-2000' AND e.version_id = 'CN-2020';
INSERT INTO negative_list (id, valid_from, state, proposed_by, proposed_us, version)
SELECT 'NL' || 901 + i, make_date(1900 + i, 1, 1), 'CONFIRMED', :'operator', 0, 2
  FROM generate_series(0, :entries / 1000 - 2) i;
INSERT INTO negative_entry (list_id, code, item, basis, keywords, note)
SELECT l.id, e.code, e.item, e.basis, e.keywords, e.note
  FROM negative_list l, negative_entry e
 WHERE l.id >= 'NL901' AND e.list_id < 'NL901';

-- ---- screening: the projects of five years, what was found among them, notices ----

INSERT INTO budget_project (year, project_code, unit_id, unit_name, project_name, content, function_code, economic_code, amount_fen,
                            is_purchase, may_purchase, type_name, note, list_name, imported_us, imported_by)
SELECT y, format('Q%s-%s-%s', y, u.id, lpad(i::text, 4, '0')), u.id || CASE WHEN i % 5 = 0 THEN '101' ELSE '' END, u.name, '项目' || i,
       '部门项目', '2050202', '30227', i * 100000, i % 2 = 0, 'yes', '行政机关', '', '项目库', 0, :'reviewer_1'
  FROM generate_series(:year - 4, :year) y, load_unit u, generate_series(1, :entries / 4000) i;
INSERT INTO budget_hit (id, year, unit_id, subject, project_code, line_id, name, check_code, finding, grade, evidence, catalogue_code,
                        negative_code, amount_fen, state, version, made_us)
SELECT format('%s-K%s-%s', year, k, project_code), year, unit_id, CASE k WHEN 1 THEN 'PROJECT' ELSE 'LINE' END, project_code,
       CASE k WHEN 1 THEN '' ELSE format('450600-%s-%s', year, project_code) END, project_name, 'K' || k, 'NOT_LISTED',
       (ARRAY['HIGH', 'MEDIUM', 'LOW'])[1 + amount_fen / 100000 % 3], '物业', '', '', amount_fen,
       (ARRAY['OPEN', 'ANSWERED', 'CONFIRMED', 'CLEARED'])[1 + amount_fen / 100000 % 4], 1, 0
  FROM budget_project, generate_series(1, 2) k;
INSERT INTO budget_notice (id, year, unit_id, project_code, notice, due_date, state, version, raised_by, raised_us)
SELECT 'N' || project_code, year, unit_id, project_code, '应纳入', make_date(year::int - 1, 9, 30),
       (ARRAY['RAISED', 'ANSWERED', 'CLOSED'])[1 + amount_fen / 100000 % 3], 1, :'reviewer_1', 0
  FROM budget_project
 WHERE amount_fen % 200000 = 0;

-- ---- audit: cases of two departments each, eight findings a case ----

INSERT INTO audit_case (id, kind, title, state, year_from, year_to, head, team, owner_unit_id, planner_id, notice_date, version,
                        created_us, changed_us)
SELECT format('%s%s-%s', CASE i % 3 WHEN 0 THEN 'JC' ELSE 'SJ' END, :year - 10 + i / 300, lpad((i % 300)::text, 3, '0')),
       CASE i % 3 WHEN 0 THEN 'INSPECTION' ELSE 'AUDIT' END, '政府购买服务专项审计',
       (ARRAY['PLANNED', 'NOTIFIED', 'FIELDWORK', 'CONSULT', 'REPLIED', 'REVIEWED', 'RECTIFYING', 'CANCELLED'])[1 + i % 8],
       :year - 1, :year, '甲', '甲、乙', CASE i % 3 WHEN 0 THEN '210' ELSE '223' END, :'leader',
       CASE WHEN i % 8 > 0 THEN DATE '2026-01-05' END, 12, 0, 0
  FROM generate_series(1, :entries / 33) i;
CREATE UNLOGGED TABLE load_case AS SELECT id, owner_unit_id, row_number() OVER (ORDER BY id) AS i FROM audit_case;
INSERT INTO audit_case_unit (case_id, unit_id, unit_name)
SELECT c.id, u.id || CASE WHEN c.i % 9 = 0 THEN '101' ELSE '' END, u.name
  FROM load_case c
  JOIN load_unit u ON u.d IN (c.i % 60, (c.i + 7) % 60);
INSERT INTO audit_finding (id, case_id, unit_id, owner_unit_id, violation_code, violation_name, state, is_consulted, amount_fen,
                           line_id, contract_id, facts, evidence, basis, auditor_id, version, created_us, changed_us)
SELECT format('%s-%s', u.case_id, lpad((f + CASE WHEN u.first THEN 0 ELSE 4 END)::text, 2, '0')), u.case_id, u.unit_id, c.owner_unit_id,
       'V01', '应采未采', (ARRAY['RECORDED', 'CONSULTED', 'RECTIFYING', 'VERIFIED'])[f], f > 1, f * 1000000, '', '', '合同未备案',
       '合同', '政府采购法', :'reviewer_1', 1, 0, 0
  FROM (SELECT case_id, unit_id, row_number() OVER (PARTITION BY case_id ORDER BY unit_id) = 1 AS first FROM audit_case_unit) u
  JOIN load_case c ON c.id = u.case_id, generate_series(1, 4) f;
INSERT INTO audit_event (case_id, seq, object_id, event, from_state, to_state, person_id, at_us, opinion)
SELECT id, seq, id, 'RECORD', NULL, 'PLANNED', :'reviewer_1', 0, ''
  FROM load_case, generate_series(1, 12) seq;

DROP TABLE load_case;
DROP FUNCTION load_bytes;
