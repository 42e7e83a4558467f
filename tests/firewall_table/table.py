#!/usr/bin/env python3
"""What bigfoot does to real clients, as a Markdown table: table.py [--bigfoot PATH].

Every client calls a loopback server outside its tree, as `localhost`, as 127.0.0.1, or by a name that does not
exist. A cell is made from two things that were seen: whether the server was reached, and what bigfoot reported.
"""

import argparse
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

import servers

TOP = pathlib.Path(__file__).resolve().parents[2]
NOWHERE = "shop.example"
COLUMNS = ["off", "warn", "error", "error, no such name", "allow by name", "allow by CIDR", "deny", "restrict"]


class Client:
    """A program, how it is called with a host, the scheme of its rules, and the server it calls."""

    def __init__(self, name, command, scheme, server):
        self.name, self.command, self.scheme, self.server = name, command, scheme, server

    def runs(self):
        """Flags and host of each column."""
        named = f"{self.scheme}://localhost:{self.server.port}"
        everything = ["--guard", "error", "--allow"]
        yield ["--guard", "off"], "localhost"
        yield ["--guard", "warn"], "localhost"
        yield ["--guard", "error"], "localhost"
        yield ["--guard", "error"], NOWHERE
        yield [*everything, named], "localhost"
        yield [*everything, f"{self.scheme}://127.0.0.0/8:{self.server.port}"], "127.0.0.1"
        yield ["--guard", "off", "--deny", named], "localhost"
        yield ["--guard", "off", "--restrict", f"{self.scheme}://{NOWHERE}"], "localhost"

    def words(self, host):
        return self.command(host, str(self.server.port))


class Resolver(Client):
    """A program that only looks up a name; nobody is reached."""

    def __init__(self, name, command):
        super().__init__(name, command, "dns", None)

    def runs(self):
        yield ["--guard", "off"], NOWHERE
        yield ["--guard", "warn"], NOWHERE
        yield ["--guard", "error"], NOWHERE
        yield ["--guard", "error"], NOWHERE
        yield ["--guard", "error", "--allow", f"dns:{NOWHERE}"], NOWHERE
        yield None, None
        yield ["--guard", "off", "--deny", "dns:*.example"], NOWHERE
        yield ["--guard", "off", "--restrict", "dns:*.invalid"], NOWHERE

    def words(self, host):
        return self.command(host)


class Reader(Client):
    """A program that only reads a file; the guard level is that of files."""

    def runs(self):
        rule = "file:/etc/hostname"
        for level in ("off", "warn", "error"):
            yield ["--config", f"file-{level}.toml"], ""
        yield None, None
        yield ["--config", "file-error.toml", "--allow", rule], ""
        yield None, None
        yield ["--guard", "off", "--deny", rule], ""
        yield ["--guard", "off", "--restrict", "file:/srv/**"], ""

    def words(self, host):
        return self.command


class Table:
    """Runs the clients in one folder."""

    def __init__(self, bigfoot, folder):
        self.bigfoot, self.folder = bigfoot, pathlib.Path(folder)
        for level in ("off", "warn", "error"):
            config = f'guard = {{ default = "off", file = "{level}" }}\n'
            (self.folder / f"file-{level}.toml").write_text(config)

    def row(self, client):
        return [self.cell(client, flags, host) for flags, host in client.runs()]

    def cell(self, client, flags, host):
        if flags is None:
            return "–"
        before = client.server.callers if client.server else 0
        code, report, told = self.run(flags, client.words(host))
        reached = client.server.callers > before if client.server else None
        refused, warned = report["refused"] > 0, report["warned"] > 0
        if refused and not reached and code != 0:
            return "refused"
        if not refused and reached is not False and host != NOWHERE or client.server is None and not refused:
            return "passes, warned" if warned else "passes"
        raise SystemExit(f"{client.name} {flags} {host}: exit {code}, reached {reached}, {report}\n{told}")

    def run(self, flags, words):
        report = self.folder / "report.json"
        report.unlink(missing_ok=True)
        command = [self.bigfoot, "run", *flags, "--format", "json", "--output", report, "--", *words]
        environment = dict(os.environ, HOME=str(self.folder), RES_OPTIONS="timeout:1 attempts:1", NO_PROXY="*")
        done = subprocess.run(
            command, cwd=self.folder, env=environment, stdin=subprocess.DEVNULL, capture_output=True, timeout=120
        )
        told = (done.stdout + done.stderr).decode(errors="replace")
        if not report.exists():
            raise SystemExit(f"{command}: exit {done.returncode}, no report\n{told}")
        return done.returncode, json.loads(report.read_text()), told


def rust_test(folder):
    """The sample's test of its exchange rate, built; it is told the URL by a variable."""
    target = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", TOP / "target")) / "sample"
    build = ["cargo", "test", "--no-run", "--message-format=json", "--test", "shop", "--target-dir", target]
    done = subprocess.run(build, cwd=TOP / "tests/sample", stdout=subprocess.PIPE, check=True)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    program = next(line["executable"] for line in lines if line.get("executable"))
    return lambda host, port: [
        "env", f"RATES_URL=http://{host}:{port}/", program, "--exact", "the_exchange_rate_is_plausible"
    ]


def urllib(host, port):
    return ["python3", "-c", f"import urllib.request as u; print(u.urlopen('http://{host}:{port}/').status)"]


def requests(host, port):
    python = TOP / "target/venv/bin/python3"
    return [python, "-c", f"import requests; print(requests.get('http://{host}:{port}/').status_code)"]


def node(host, port):
    return ["node", "-e", f"fetch('http://{host}:{port}/').then(a => a.text()).then(console.log)"]


def psql(host, port):
    return ["psql", f"host={host} port={port} user=ada dbname=shop sslmode=prefer", "-c", "select 1"]


def ssh(host, port):
    options = ["-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null"]
    return ["ssh", *options, "-p", port, host, "true"]


def clients(folder):
    subprocess.run(["javac", "-d", folder, TOP / "tests/firewall_table/Get.java"], check=True)
    plain, secure = servers.Server(servers.http), servers.Server(servers.https(folder))
    redis, postgres = servers.Server(servers.redis), servers.Server(servers.postgres)
    unsafe = ["-c", "http.sslVerify=false"]
    return [
        Client("curl", lambda h, p: ["curl", "-sf", f"http://{h}:{p}/"], "http", plain),
        Client("python3, urllib", urllib, "http", plain),
        Client("python3, requests", requests, "http", plain),
        Client("node, fetch", node, "http", plain),
        Client("java, HttpClient", lambda h, p: ["java", "-cp", folder, "Get", f"http://{h}:{p}/"], "http", plain),
        Client("git, http", lambda h, p: ["git", "ls-remote", f"http://{h}:{p}/a.git"], "http", plain),
        Client("git, https", lambda h, p: ["git", *unsafe, "ls-remote", f"https://{h}:{p}/a.git"], "https", secure),
        Client("Rust test, ureq", rust_test(folder), "http", plain),
        Client("psql", psql, "postgres", postgres),
        Client("redis-cli", lambda h, p: ["redis-cli", "-h", h, "-p", p, "ping"], "redis", redis),
        Client("ssh", ssh, "ssh", servers.Server(servers.ssh)),
        Dig("dig @server", lambda h, p: ["dig", f"@{h}", "-p", p, "+tries=1", "+time=2", NOWHERE]),
        Resolver("getent hosts", lambda h: ["getent", "hosts", h]),
        Reader("cat /etc/hostname", ["cat", "/etc/hostname"], "file", None),
        Reader("sh -c 'cat </etc/hostname' (sh is a tool)", ["sh", "-c", "cat </etc/hostname"], "file", None),
    ]


class Dig(Client):
    """dig asks a server of its own choice, by datagram."""

    def __init__(self, name, command):
        super().__init__(name, command, "socket", servers.Server(servers.dns, servers.socket.SOCK_DGRAM))


def main():
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--bigfoot", default=str(TOP / "target/debug/bigfoot"))
    words.add_argument("names", nargs="*", help="only these clients")
    words = words.parse_args()
    folder = tempfile.mkdtemp()
    try:
        table = Table(os.path.abspath(words.bigfoot), folder)
        print("| client |" + "".join(f" {column} |" for column in COLUMNS))
        print("|---|" + "---|" * len(COLUMNS))
        for client in clients(folder):
            if not words.names or client.name in words.names:
                print(f"| {client.name} | " + " | ".join(table.row(client)) + " |", flush=True)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
