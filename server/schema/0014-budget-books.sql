-- Rows of a line's book come with their line: they are not looked up in it again, one by one.

-- One writer makes them, after it has read or made the line in the same transaction, and verify compares every row with
-- the journal. Asking again for each row was a quarter of what PostgreSQL did for an import.
ALTER TABLE budget_line DROP CONSTRAINT budget_line_year_fkey;
ALTER TABLE budget_source DROP CONSTRAINT budget_source_line_id_fkey;
ALTER TABLE budget_line_version DROP CONSTRAINT budget_line_version_line_id_fkey;
ALTER TABLE budget_event DROP CONSTRAINT budget_event_line_id_fkey;
