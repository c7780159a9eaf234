"""Plans of PostgreSQL, asked for over libpq: what a statement reads, and by which index."""
import ctypes
import ctypes.util
import json

_pq = ctypes.CDLL(ctypes.util.find_library("pq") or "libpq.so.5")
_pq.PQconnectdb.restype = _pq.PQexec.restype = ctypes.c_void_p
for _name in ("PQgetvalue", "PQerrorMessage", "PQresultErrorMessage"):
    getattr(_pq, _name).restype = ctypes.c_char_p
_pq.PQgetvalue.argtypes = (ctypes.c_void_p, ctypes.c_int, ctypes.c_int)
_pq.PQexec.argtypes = (ctypes.c_void_p, ctypes.c_char_p)
for _name in ("PQstatus", "PQfinish", "PQerrorMessage", "PQresultStatus", "PQresultErrorMessage", "PQntuples",
              "PQnfields", "PQclear"):
    getattr(_pq, _name).argtypes = (ctypes.c_void_p,)
COMMAND_OK, TUPLES_OK = 1, 2
# What the server says on its connections: server/base/db.c and reader.c; the cluster's own: cluster.c.
SESSION = ("SET plan_cache_mode = 'force_generic_plan'", "SET timezone = 'UTC'",
           "SET default_transaction_read_only = on")
SCANS = {"Seq Scan", "Index Scan", "Index Only Scan", "Bitmap Heap Scan", "Bitmap Index Scan"}


class Postgres:
    """A connection; errors raise ValueError with PostgreSQL's words."""

    def __init__(self, conninfo):
        self._conn = _pq.PQconnectdb(conninfo.encode())
        if _pq.PQstatus(self._conn) != 0:
            raise ValueError(_pq.PQerrorMessage(self._conn).decode())
        for sql in SESSION:
            self.rows(sql)

    def close(self):
        _pq.PQfinish(self._conn)

    def rows(self, sql):
        result = _pq.PQexec(self._conn, sql.encode())
        try:
            if _pq.PQresultStatus(result) not in (COMMAND_OK, TUPLES_OK):
                raise ValueError(_pq.PQresultErrorMessage(result).decode().strip())
            return [tuple(_pq.PQgetvalue(result, r, c).decode() for c in range(_pq.PQnfields(result)))
                    for r in range(_pq.PQntuples(result))]
        finally:
            _pq.PQclear(result)

    def value(self, sql):
        found = self.rows(sql)
        return found[0][0] if found else None

    def plan(self, execute, runs=True):
        """The plan of an EXECUTE; run, with what it touched, or only thought of."""
        how = "ANALYZE, BUFFERS, TIMING off, FORMAT json" if runs else "FORMAT json"
        said = "\n".join(row[0] for row in self.rows(f"EXPLAIN ({how}) {execute}"))
        return Plan(json.loads(said)[0]["Plan"])


class Plan:
    """A plan as a tree of nodes, each with what it was given by PostgreSQL."""

    def __init__(self, top):
        self.top = top
        self.nodes = list(self._walk(top))

    def _walk(self, node):
        yield node
        for child in node.get("Plans", ()):
            yield from self._walk(child)

    @property
    def pages(self):
        """Pages of tables and indexes that were looked at; one that is looked at twice counts twice."""
        return self.top["Shared Hit Blocks"] + self.top["Shared Read Blocks"]

    def rows_of(self, tables):
        """Rows that were taken from these tables, also those that a filter then threw away."""
        scans = [n for n in self.nodes if n.get("Relation Name") in tables]
        taken = (n["Actual Rows"] + sum(v for k, v in n.items() if "Rows Removed" in k) for n in scans)
        return sum(rows * n["Actual Loops"] for rows, n in zip(taken, scans))

    @property
    def sorted(self):
        """Rows that went into the largest sort."""
        return max([n["Plans"][0]["Actual Rows"] for n in self.nodes if n["Node Type"] == "Sort"], default=0)

    def scans(self):
        """Those that were run at all: (node type, table, index, its condition, rows expected)."""
        for n in self.nodes:
            if n["Node Type"] in SCANS - {"Bitmap Heap Scan"} and n.get("Actual Loops", 1):
                yield (n["Node Type"], n.get("Relation Name"), n.get("Index Name"), n.get("Index Cond"),
                       n["Plan Rows"])

    def served_by(self):
        """For people: the indexes that served, and tables without one."""
        return list(dict.fromkeys(index or f"{table} itself" for _, table, index, _, _ in self.scans()))
