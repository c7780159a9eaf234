-- W1 as PostgreSQL would be asked by a plain server: statement by statement, one transaction a contract.
\set n :n + 1
\set k :first + :client_id * :each + :n
BEGIN;
SELECT answer FROM request WHERE id = decode(md5(:k::text), 'hex');
SELECT k.public_key, p.unit_id, p.state FROM person_key k JOIN person p ON p.id = k.person_id LIMIT 1;
SELECT line_id, supplier_id, held_fen, version FROM contract WHERE id = '450600-2027-C-' || lpad((:k)::text, 5, '0') \gset
SELECT state, approved_fen, reserved_fen, committed_fen FROM budget_line WHERE id = :line_id FOR UPDATE;
SELECT name, type, banned_from, banned_to FROM supplier WHERE id = :supplier_id;
UPDATE budget_hold SET state = 'COMMITTED' WHERE line_id = :line_id AND holder = '450600-2027-C-' || lpad((:k)::text, 5, '0');
UPDATE budget_line SET reserved_fen = reserved_fen - :held_fen, committed_fen = committed_fen + :held_fen WHERE id = :line_id;
UPDATE contract SET state = 'SIGNED', signed_date = '2027-02-22', version = version + 1 WHERE id = '450600-2027-C-' || lpad((:k)::text, 5, '0');
INSERT INTO contract_event (contract_id, seq, object_id, event, person_id, at_us, opinion)
 VALUES ('450600-2027-C-' || lpad((:k)::text, 5, '0'), 99, '', 'SIGN', 'P00001', 1, '');
INSERT INTO contract_duty (id, contract_id, object_id, unit_id, kind, state, since_date, due_date, is_weekends_only, version)
 VALUES ('raw/' || (:k)::text || '/P', '450600-2027-C-' || lpad((:k)::text, 5, '0'), '', '203', 'PUBLISH', 'OPEN', '2027-02-22', '2027-02-24', false, 1);
INSERT INTO contract_duty (id, contract_id, object_id, unit_id, kind, state, since_date, due_date, is_weekends_only, version)
 VALUES ('raw/' || (:k)::text || '/F', '450600-2027-C-' || lpad((:k)::text, 5, '0'), '', '203', 'FILE', 'OPEN', '2027-02-22', '2027-03-03', false, 1);
INSERT INTO journal_entry (idx, entry, leaf_hash, at_us, method, person_id, units)
 VALUES (100000000 + :k, convert_to(repeat('x', 400), 'UTF8'), sha256('x'), 1, 'SignContract', 'P00001', '{203}');
INSERT INTO request (id, key_id, command_hash, method, idx, answer, at_us)
 VALUES (decode(md5(:k::text), 'hex'), sha256('k'), sha256('c'), 'SignContract', NULL, convert_to(repeat('y', 900), 'UTF8'), 1);
COMMIT;
