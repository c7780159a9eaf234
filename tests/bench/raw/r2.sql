-- R2: a page of fifty of a department's contracts, from somewhere in the middle.
SELECT id, contract_no, name, unit_id, line_id, line_name, supplier_id, supplier_name, year, catalogue_code, amount_fen,
       supplements_fen, amount_fen + supplements_fen, held_fen, bond_fen, state, award_date, signed_date, start_date,
       end_date, is_signed_late, settlement_fen, version
  FROM contract WHERE unit_id = :unit AND id > :after ORDER BY id LIMIT 51;
