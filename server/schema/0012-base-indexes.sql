-- Indexes for the pages that are asked for: each list goes along one index from its key on, at the start as at the end.

-- Contracts are listed by year and number, so that one index serves with the year and without: six where there were seven.
DROP INDEX contract_by_unit;
DROP INDEX contract_by_unit_year;
DROP INDEX contract_by_unit_state;
DROP INDEX contract_by_state;
DROP INDEX contract_by_line;
DROP INDEX contract_by_supplier;
CREATE INDEX contract_by_department ON contract (left(unit_id, 3), year, id);
CREATE INDEX contract_by_department_state ON contract (left(unit_id, 3), state, year, id);
CREATE INDEX contract_by_state ON contract (state, year, id);
CREATE INDEX contract_by_line ON contract (line_id, year, id);
CREATE INDEX contract_by_supplier ON contract (supplier_id, year, id);
-- Units below a department: the contracts of departments cost these nothing.
CREATE INDEX contract_below ON contract (unit_id, year, id) WHERE length(unit_id) > 3;
CREATE INDEX contract_below_state ON contract (unit_id, state, year, id) WHERE length(unit_id) > 3;

-- A duty's number begins with its contract's: the primary key finds them.
DROP INDEX contract_duty_by_contract;
DROP INDEX contract_duty_open_by_unit;
CREATE INDEX contract_duty_open_by_department ON contract_duty (left(unit_id, 3), id) WHERE state <> 'DONE';
CREATE INDEX contract_duty_open_below ON contract_duty (unit_id, id) WHERE state <> 'DONE' AND length(unit_id) > 3;
CREATE INDEX contract_supplement_by_department ON contract_supplement (left(unit_id, 3), id);

CREATE INDEX budget_line_below ON budget_line (unit_id, id) WHERE length(unit_id) > 3;
CREATE INDEX budget_line_by_department_state ON budget_line (department_id, state, id);
CREATE INDEX budget_project_by_department ON budget_project (year, left(unit_id, 3), project_code);
CREATE INDEX budget_project_by_unit ON budget_project (year, unit_id, project_code);
DROP INDEX budget_hit_by_line;
CREATE INDEX budget_hit_by_line ON budget_hit (line_id, id);
CREATE INDEX budget_hit_by_department ON budget_hit (left(unit_id, 3), id);
CREATE INDEX budget_notice_by_department ON budget_notice (left(unit_id, 3), id);
CREATE INDEX budget_notice_by_year ON budget_notice (year, id);

CREATE INDEX audit_case_by_kind ON audit_case (kind, id);
CREATE INDEX audit_case_by_kind_state ON audit_case (kind, state, id);
CREATE INDEX audit_case_unit_by_department ON audit_case_unit (left(unit_id, 3), case_id);
CREATE INDEX audit_finding_by_department ON audit_finding (left(unit_id, 3), id);
CREATE INDEX audit_finding_by_department_state ON audit_finding (left(unit_id, 3), state, id);
CREATE INDEX audit_finding_by_state ON audit_finding (state, id);

CREATE INDEX history_record_by_department ON history_record (left(unit_id, 3), id);
CREATE INDEX person_by_department ON person (left(unit_id, 3), id);
CREATE INDEX person_by_state ON person (state, id);
CREATE INDEX person_role_by_role ON person_role (role, person_id);
