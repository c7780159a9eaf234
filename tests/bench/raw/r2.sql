-- R2: the first page of fifty of a department's contracts, along the index that is meant for it.
SELECT id, contract_no, name, unit_id, line_id, line_name, supplier_id, supplier_name, year, catalogue_code, amount_fen,
       supplements_fen, amount_fen + supplements_fen, held_fen, bond_fen, state, award_date, signed_date, start_date,
       end_date, is_signed_late, settlement_fen, version
  FROM contract WHERE left(unit_id, 3) = :unit AND (year, id) > (0, :after) ORDER BY year, id LIMIT 51;
