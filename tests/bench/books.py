"""The books after each round: what was answered is there once, and every sum is the sum of its rows."""
import rows


def _between(first, after):
    return (
        f"id >= '{rows.contract_id(rows.YEAR, first)}' COLLATE \"C\""
        f" AND id < '{rows.contract_id(rows.YEAR, after)}' COLLATE \"C\""
    )


class Books:
    """Looks with psql, behind the server's back."""

    def __init__(self, town, plain):
        self.town, self.plain = town, plain
        self.began = int(plain.sql("SELECT size FROM journal_head"))
        self.answers = int(plain.sql("SELECT count(*) FROM request"))

    def _is(self, what, got, wanted):
        if got != wanted:
            raise SystemExit(f"bench: the books are wrong: {what}: {got}, must be {wanted}")

    def _count(self, sql):
        return int(self.plain.sql(sql))

    def check(self):
        """Raises SystemExit with what is wrong; returns one line for people."""
        signed = self.town.signed
        for name, first, after, wanted in (
            ("contracts signed by purserd", rows.FIRST_OURS, rows.FIRST_RAW, signed["ours"]),
            ("contracts signed raw", rows.FIRST_RAW, rows.FIRST_HOT, signed["raws"]),
            (
                "contracts signed on the hot line",
                rows.FIRST_HOT,
                999999,
                signed["hots"] + signed["hot raws"],
            ),
        ):
            self._is(
                name,
                self._count(
                    "SELECT count(*) FROM contract WHERE state = 'SIGNED' AND" f" {_between(first, after)}"
                ),
                wanted,
            )
        self._is(
            "lines whose sums are not those of the hold ledger",
            self._count(
                "SELECT count(*) FROM budget_line l LEFT JOIN (SELECT line_id,"
                " sum(amount_fen) FILTER (WHERE state = 'RESERVED') AS reserved,"
                " sum(amount_fen) FILTER (WHERE state = 'COMMITTED') AS committed"
                " FROM budget_hold GROUP BY line_id) h"
                " ON h.line_id = l.id WHERE l.reserved_fen <> coalesce(h.reserved, 0)"
                " OR l.committed_fen <> coalesce(h.committed, 0)"
            ),
            0,
        )
        self._is(
            "this year's holds that are not their contract's",
            self._count(
                "SELECT count(*) FROM contract c"
                " JOIN budget_hold h ON h.line_id = c.line_id AND h.holder = c.id"
                f" WHERE c.year = {rows.YEAR} AND (h.amount_fen <> c.held_fen OR (h.state = 'RESERVED') <>"
                " (c.state IN ('DRAFT', 'DEPT_REVIEW')))"
            ),
            0,
        )
        self._is(
            "kept totals that are not the sums of their contracts",
            self._count(
                "SELECT count(*) FROM contract_total t FULL JOIN contract_total_added_up r"
                " USING (year, unit_id, catalogue_code, supplier_type)"
                " WHERE (t.contracts, t.added_fen, t.taken_fen)"
                " IS DISTINCT FROM (r.contracts, r.added_fen, r.taken_fen)"
            ),
            0,
        )
        size = self._count("SELECT size FROM journal_head")
        self._is("entries", size - self.began, self.town.accepted)
        self._is("rows of the journal", self._count("SELECT count(*) FROM journal_entry"), size)
        self._is(
            "kept answers", self._count("SELECT count(*) FROM request") - self.answers, self.town.accepted
        )
        return (
            f"books: {signed['ours'] + signed['hots']:,} signed = answered, {self.town.accepted:,} entries ="
            " accepted, every line's sums are its holds', every total its contracts', receipts proved"
        )

    def submitted(self, budgets):
        """After W2: every line went to its department; then all are drafts again."""
        year = rows.YEAR + 1
        self._is(
            "lines submitted",
            self._count(
                f"SELECT count(*) FROM budget_line WHERE year = {year} AND version = 2"
                " AND state = 'DEPT_REVIEW'"
            ),
            budgets * rows.BUDGET_LINES,
        )
        for sql in (
            f"DELETE FROM budget_event WHERE seq = 2 AND line_id LIKE '450600-{year}-%'",
            f"DELETE FROM budget_line_version WHERE version = 2 AND line_id LIKE '450600-{year}-%'",
            f"DELETE FROM budget_hit WHERE year = {year}",
            "UPDATE budget_line SET state = 'DRAFT', version = 1, first_fen = 0"
            f" WHERE year = {year} AND version = 2",
            "VACUUM budget_line, budget_event, budget_line_version, budget_hit",
        ):
            self.plain.sql(sql)
