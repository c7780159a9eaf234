-- What statistics read: every amount that was recorded, with its measure and its own period.

CREATE VIEW report_department AS
SELECT u.id, u.name
  FROM unit u
 WHERE u.level = 1;
COMMENT ON VIEW report_department IS 'Departments by their names of today';

CREATE VIEW report_category AS
SELECT DISTINCT ON (e.code) e.code, e.name
  FROM catalogue_entry e
  JOIN catalogue_version v ON v.id = e.version_id AND v.state IN ('PUBLISHED', 'SUPERSEDED')
 ORDER BY e.code, v.valid_from DESC, v.id DESC;
COMMENT ON VIEW report_category IS 'Names of catalogue codes as the newest published version has them';

CREATE VIEW report_record AS
SELECT r.id AS record_id, r.measure, r.period_start, r.period_end, r.unit_id, r.unit_name, r.catalogue_code,
       r.project_name, r.provider_type AS provider, r.amount_fen
  FROM history_record r
  JOIN history_batch b ON b.id = r.batch_id AND b.state = 'CONFIRMED'
UNION ALL
SELECT l.id, 'BUDGET', make_date(l.year::integer, 1, 1), make_date(l.year::integer, 12, 31), l.unit_id,
       coalesce(u.name, ''), l.catalogue_code, l.name,
       CASE WHEN l.provider_type LIKE '2%' THEN '事业单位'
            WHEN l.provider_type LIKE '3%' THEN '社会组织'
            WHEN l.provider_type = '410' THEN '企业'
            WHEN l.provider_type = '420' THEN '农村集体经济组织'
            WHEN l.provider_type = '430' THEN '基层群众性自治组织'
            WHEN l.provider_type = '510' THEN '个人'
            ELSE l.provider_type END,
       l.approved_fen
  FROM budget_line l
  LEFT JOIN unit u ON u.id = l.unit_id
 WHERE l.state IN ('ISSUED', 'ADJUSTING', 'CLOSED') AND l.approved_fen > 0
UNION ALL
SELECT c.id, 'CONTRACT', c.signed_date, c.signed_date, c.unit_id, coalesce(u.name, ''), c.catalogue_code, c.name,
       CASE WHEN c.supplier_type LIKE '2%' THEN '事业单位'
            WHEN c.supplier_type LIKE '3%' THEN '社会组织'
            WHEN c.supplier_type = '410' THEN '企业'
            WHEN c.supplier_type = '420' THEN '农村集体经济组织'
            WHEN c.supplier_type = '430' THEN '基层群众性自治组织'
            WHEN c.supplier_type = '510' THEN '个人'
            ELSE c.supplier_type END,
       coalesce(c.settlement_fen, c.amount_fen + c.supplements_fen)
  FROM contract c
  LEFT JOIN unit u ON u.id = c.unit_id
 WHERE c.signed_date IS NOT NULL AND c.state NOT IN ('DRAFT', 'DEPT_REVIEW', 'WITHDRAWN');
COMMENT ON VIEW report_record IS 'Confirmed history, budget lines that were issued (their year), contracts that were signed (the day)';
COMMENT ON COLUMN report_record.measure IS 'BUDGET, ADJUSTED, CONTRACT or PAID; never added to each other';
COMMENT ON COLUMN report_record.period_start IS 'The record''s own period; it counts where it lies within the one asked for';
COMMENT ON COLUMN report_record.amount_fen IS 'A contract with its signed supplements; one that ended early with what was settled';
