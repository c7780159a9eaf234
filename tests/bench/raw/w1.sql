-- W1 as a plain server would do it: one transaction a contract. No tree, no receipts, no signatures.
BEGIN;
SELECT answer FROM raw.request WHERE id = :request;
SELECT p.name, p.unit_id, p.state, k.public_key, k.revoked_us,
       (SELECT array_agg(r.role) FROM person_role r
         WHERE r.person_id = p.id AND r.state = 'CONFIRMED' AND r.valid_from <= :day
           AND (r.valid_to IS NULL OR r.valid_to >= :day))
  FROM person p JOIN person_key k ON k.person_id = p.id WHERE p.id = :person;
SELECT contract_no, name, unit_id, line_id, supplier_id, supplier_type, year, amount_fen, held_fen, bond_fen, state,
       start_date, end_date, award_date, is_attested, drafter_id, submitter_id, version
  FROM contract WHERE id = :contract AND unit_id = :unit;
SELECT year, amount_fen FROM contract_year WHERE contract_id = :contract;
SELECT unit_id, state, year, approved_fen, reserved_fen, committed_fen FROM budget_line WHERE id = :line FOR UPDATE;
SELECT name, type, banned_from, banned_to FROM supplier WHERE id = :supplier;
UPDATE budget_hold SET state = 'COMMITTED', committed_us = :now
 WHERE line_id = :line AND holder = :contract AND state = 'RESERVED';
UPDATE budget_line SET reserved_fen = reserved_fen - :fen, committed_fen = committed_fen + :fen WHERE id = :line;
UPDATE contract SET state = 'SIGNED', signed_date = :day, signed_end_date = end_date, signer_id = :person,
       version = version + 1, changed_us = :now WHERE id = :contract AND version = 2;
INSERT INTO contract_total (year, unit_id, catalogue_code, supplier_type, contracts, added_fen, taken_fen)
SELECT extract(year FROM signed_date), unit_id, catalogue_code, supplier_type, 1, amount_fen, 0
  FROM contract WHERE id = :contract
 ON CONFLICT (year, unit_id, catalogue_code, supplier_type) DO UPDATE
       SET contracts = contract_total.contracts + 1, added_fen = contract_total.added_fen + EXCLUDED.added_fen;
INSERT INTO contract_event (contract_id, seq, object_id, event, from_state, to_state, person_id, at_us, opinion)
 VALUES (:contract, 3, :contract, 'SIGN', 'DEPT_REVIEW', 'SIGNED', :person, :now, '');
INSERT INTO contract_duty (id, contract_id, object_id, unit_id, kind, state, since_date, due_date, is_weekends_only,
                           version)
 VALUES (:contract || '/PUBLISH', :contract, :contract, :unit, 'PUBLISH', 'OPEN', :day, :publish_due, false, 1),
        (:contract || '/FILE', :contract, :contract, :unit, 'FILE', 'OPEN', :day, :file_due, false, 1);
INSERT INTO raw.journal_entry (idx, entry, leaf_hash, at_us, method, person_id, units)
 VALUES (:entry, convert_to(repeat('x', 360), 'UTF8'), sha256('x'), :now, 'SignContract', :person, ARRAY[:unit]);
INSERT INTO raw.request (id, key_id, command_hash, method, idx, answer, at_us)
 VALUES (:request, sha256('k'), sha256('c'), 'SignContract', :entry, convert_to(repeat('y', 900), 'UTF8'), :now);
COMMIT;
