-- One line of W2 as a plain server would do it: a clerk submits a drafted line, which is screened.
BEGIN;
SELECT answer FROM raw.request WHERE id = :request;
SELECT p.name, p.unit_id, p.state, k.public_key, k.revoked_us,
       (SELECT array_agg(r.role) FROM person_role r
         WHERE r.person_id = p.id AND r.state = 'CONFIRMED' AND r.valid_from <= :day
           AND (r.valid_to IS NULL OR r.valid_to >= :day))
  FROM person p JOIN person_key k ON k.person_id = p.id WHERE p.id = :person;
SELECT unit_id, department_id, year, version, state, round, project_code, name, content, catalogue_code, function_code,
       economic_code, quantity, unit_price_fen, requested_fen, provider_type, method, start_date, end_date, is_new, basis
  FROM budget_line WHERE id = :line AND unit_id = :unit FOR UPDATE;
SELECT source, amount_fen FROM budget_source WHERE line_id = :line;
SELECT c.state, s.open_date, s.due_date, r.state, r.reopened_to_date
  FROM budget_cycle c JOIN budget_step s ON s.year = c.year AND s.step = 'U1'
  LEFT JOIN budget_round r ON r.year = c.year AND r.round = 'U1' AND r.unit_id = :unit WHERE c.year = :year;
SELECT id, content, refused_basis FROM budget_line
 WHERE year = :year AND project_code = :project AND department_id = :unit AND state = 'REFUSED';
SELECT code, item, basis, keywords FROM negative_entry
 WHERE list_id = (SELECT id FROM negative_list WHERE state = 'CONFIRMED' AND valid_from <= make_date(:year::int, 1, 1)
                   ORDER BY valid_from DESC, id DESC LIMIT 1);
SELECT id, check_code, state, version FROM budget_hit WHERE line_id = :line;
UPDATE budget_line SET state = 'DEPT_REVIEW', version = version + 1, first_fen = requested_fen, clerk_id = :person,
       changed_us = :now WHERE id = :line AND version = 1;
INSERT INTO budget_event (line_id, seq, event, from_state, to_state, person_id, at_us, amount_fen)
 VALUES (:line, 2, 'SUBMIT', 'DRAFT', 'DEPT_REVIEW', :person, :now, 1);
INSERT INTO budget_line_version (line_id, version, state, project_code, name, content, catalogue_code, function_code,
       economic_code, quantity, unit_price_fen, requested_fen, control_fen, approved_fen, sources, provider_type, method,
       start_date, end_date, is_new, basis, person_id, at_us)
SELECT id, version, state, project_code, name, content, catalogue_code, function_code, economic_code, quantity,
       unit_price_fen, requested_fen, control_fen, approved_fen, 'GENERAL=' || requested_fen, provider_type, method,
       start_date, end_date, is_new, basis, :person, :now
  FROM budget_line WHERE id = :line;
INSERT INTO raw.journal_entry (idx, entry, leaf_hash, at_us, method, person_id, units)
 VALUES (:entry, convert_to(repeat('x', 330), 'UTF8'), sha256('x'), :now, 'SubmitBudget', :person, ARRAY[:unit]);
INSERT INTO raw.request (id, key_id, command_hash, method, idx, answer, at_us)
 VALUES (:request, sha256('k'), sha256('c'), 'SubmitBudget', :entry, convert_to(repeat('y', 900), 'UTF8'), :now);
COMMIT;
