-- R1 with the rows below the contract: years, supplements, duties, events. A duty's number begins with its contract's.
SELECT id, contract_no, name, unit_id, line_id, line_name, supplier_id, supplier_name, year, catalogue_code, amount_fen,
       supplements_fen, amount_fen + supplements_fen, held_fen, bond_fen, state, award_date, signed_date, start_date,
       end_date, is_signed_late, settlement_fen, version, overdue_reason, content, quantity, quality, price_basis,
       settlement, rights_duties, breach, content_is_fixed, need_is_lasting, funding_is_stable, price_is_stable,
       long_term_basis, is_attested, drafter_id, signer_id, terminated_date, ended_reason
  FROM contract WHERE id = :contract AND unit_id ^@ :unit;
SELECT year, amount_fen FROM contract_year WHERE contract_id = :contract ORDER BY year;
SELECT id, contract_id, unit_id, line_id, kind, state, amount_fen, new_end_date, reason, content, signed_date, drafter_id,
       signer_id, version
  FROM contract_supplement WHERE contract_id = :contract ORDER BY id;
SELECT id, contract_id, object_id, unit_id, kind, state, since_date, due_date, is_weekends_only, sent_date, medium,
       opinion, version
  FROM contract_duty WHERE id > :contract || '-' AND id < :contract || '0' ORDER BY id;
SELECT seq, object_id, event, from_state, to_state, person_id, at_us, opinion
  FROM contract_event WHERE contract_id = :contract ORDER BY seq;
