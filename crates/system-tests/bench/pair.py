"""`pair`, `fan-in`, `fan-out`: big files over loopback, beside the other clients and a web server that verifies nothing."""

import resource
import subprocess
import time

import clients
import exchange
import install
import network
from measure import Process, fresh, in_turn, until
from places import DATA, RUNS
from table import row

CLIENTS = ["peerpool", "peerpool members", "libtorrent-2.1", "libtorrent-2.0", "aria2", "rqbit"]
NGINX = """daemon off; pid nginx.pid; error_log stderr; worker_processes 1; user root;
events {{}} http {{ access_log off; sendfile on; tcp_nopush on; sendfile_max_chunk 2m;
server {{ listen {address}:8080; root {root}; }} }}
"""


def web_server(content):
    """nginx to `curl -o`: the floor."""
    with network.loopback(1) as [host]:
        folder = fresh(RUNS / "nginx")
        (folder / "nginx.conf").write_text(NGINX.format(address=host.address, root=DATA))
        exchange.warm(content)
        server = Process(["nginx", "-p", folder, "-c", folder / "nginx.conf"], folder, host.prefix)
        try:
            until("nginx", lambda: server.alive() and exchange.listens(host, f"{host.address}:8080"), 10)
            children = subprocess.run(["pgrep", "-P", str(server.child.pid)], capture_output=True, text=True).stdout.split()
            before, used = cpu_of(children), resource.getrusage(resource.RUSAGE_CHILDREN)
            exchange.prime(content, 1)
            begin = time.monotonic()
            url = f"http://{host.address}:8080/{content.name}"
            subprocess.run([*host.prefix, "curl", "-s", "-o", folder / "got", url], check=True)
            seconds, after = time.monotonic() - begin, resource.getrusage(resource.RUSAGE_CHILDREN)
            curl = after.ru_utime + after.ru_stime - used.ru_utime - used.ru_stime
            return {"seconds": round(seconds, 3), "cpu_seed": round(cpu_of(children) - before, 3), "cpu_get": round(curl, 3)}
        finally:
            server.finish()


def cpu_of(processes):
    total = 0
    for process in processes:
        with open(f"/proc/{process}/stat") as stat:
            total += sum(map(int, stat.read().rsplit(")", 1)[1].split()[11:13]))
    return total / 100


def exchanges(name, options, content, seeders, downloaders, names=CLIENTS, floor=None, piece=1024,
              run=exchange.run, **how):
    """Every client in turn; gives the rows. `how` is for `run`."""
    chosen = clients.installed(options.clients or names)

    def once(client):
        with network.loopback(seeders + downloaders + 1) as hosts:
            return run(client, content, hosts, seeders, piece, **how)

    variants = {client.name: lambda client=client: once(client) for client in chosen}
    variants |= floor or {}
    results = in_turn(variants, options.runs)
    versions = {client.name: clients.version(client) for client in chosen}
    settings = f"{seeders} seeders, {downloaders} downloaders, {exchange.size(content) >> 20} MiB, loopback, cubic"
    return [row(name, who, versions.get(who, ""), settings, runs) for who, runs in results.items()]


def pair(options):
    content = exchange.random_file(options.mebibytes or 2048)
    version = f"{install.version('nginx')}, curl {install.version('curl')}"
    return exchanges("pair", options, content, 1, 1, floor={f"nginx {version}": lambda: web_server(content)})


def fan_in(options):
    return exchanges("fan-in", options, exchange.random_file(options.mebibytes or 1024), 4, 1)


def fan_out(options):
    return exchanges("fan-out", options, exchange.random_file(options.mebibytes or 256), 1, 8)
