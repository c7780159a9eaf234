-- R3 without kept totals: the year's contracts by department, added up from the rows.
SELECT unit_id, count(*), sum(coalesce(settlement_fen, amount_fen + supplements_fen))
  FROM contract
 WHERE year = :year AND signed_date IS NOT NULL AND state NOT IN ('DRAFT', 'DEPT_REVIEW', 'WITHDRAWN')
 GROUP BY unit_id ORDER BY unit_id;
