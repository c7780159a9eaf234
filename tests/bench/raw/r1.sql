-- R1 raw: one prepared select by primary key.
\set n :n + 1
\set k 1 + (:client_id * :each + :n) % 256
SELECT id, contract_no, name, unit_id, line_id, line_name, supplier_id, supplier_name, year, catalogue_code, amount_fen, state,
       start_date, end_date, signed_date, version
  FROM contract WHERE id = '450600-2027-C-' || lpad((:k)::text, 5, '0');
