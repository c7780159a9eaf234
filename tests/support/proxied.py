"""A city whose PostgreSQL lies behind a proxy: a database of its own in another server's private cluster."""
import os
import re
import subprocess
import threading

from city import City
from harness import expect
from pgproxy import Proxy
from purser import Client, Connection
from server import Server


def psql(conninfo, sql):
    done = subprocess.run(["psql", "-X", "-q", "-At", "-v", "ON_ERROR_STOP=1", "-d", conninfo, "-c", sql],
                          capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr)
    return done.stdout.strip()


def conninfo_of(server):
    """The private cluster's, as the server wrote it down."""
    with open(os.path.join(server.folder, "data", "postgres.conninfo"), encoding="ascii") as f:
        return f.read().strip()


class Proxied:
    """host keeps the cluster; server is the city; proxy stands between; direct is the way around it."""

    def __init__(self, kind=City, **settings):
        self.host = Server()
        inside = conninfo_of(self.host)
        folder = re.search(r"host='([^']*)'", inside).group(1)
        psql(inside, "CREATE DATABASE proxied TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C.UTF-8'")
        self.direct = inside.replace("dbname=purser", "dbname=proxied")
        self.proxy = Proxy(os.path.join(folder, ".s.PGSQL.5432"))
        self.server = kind(database=self.proxy.conninfo("proxied"), **settings)

    def sql(self, text):
        return psql(self.direct, text)

    def close(self):
        try:
            self.server.close()
        finally:
            self.proxy.close()
            self.host.close()

    def together(self, *calls):
        """Sends commands [(client, command, signature)] so that they fall into one transaction; the answers.

        The writer is held at the beginning of a transaction of the first one's, and the others wait behind it
        in their order; so the first is alone and the rest are together.
        """
        trap = self.proxy.trap("BEGIN", "hold")
        answers = [None] * len(calls)

        def send(i, client, command, signature):
            conn = Connection(self.server.ipc)
            try:
                answers[i] = Client(conn, client.key, client.audience, client.vkey).call(command, signature)
            finally:
                conn.close()
        threads = []
        try:
            for i, call in enumerate(calls):
                threads.append(threading.Thread(target=send, args=(i, *call)))
                threads[-1].start()
                if i == 0:
                    expect(trap.sprung.wait(10), "no transaction began")
                else:
                    threads[-1].join(0.02)  # so that they queue in order
        finally:
            self.proxy.release()
        for t in threads:
            t.join(30)
        expect(all(answers), "a command was not answered")
        return answers
