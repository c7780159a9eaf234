-- R1 as one prepared select by primary key: the contract with its supplier's and its project's name.
SELECT id, contract_no, name, unit_id, line_id, line_name, supplier_id, supplier_name, year, catalogue_code, amount_fen,
       supplements_fen, amount_fen + supplements_fen, held_fen, bond_fen, state, award_date, signed_date, start_date,
       end_date, is_signed_late, settlement_fen, version, overdue_reason, content, quantity, quality, price_basis,
       settlement, rights_duties, breach, content_is_fixed, need_is_lasting, funding_is_stable, price_is_stable,
       long_term_basis, is_attested, drafter_id, signer_id, terminated_date, ended_reason
  FROM contract WHERE id = :contract AND unit_id ^@ :unit;
