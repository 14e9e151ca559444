"""How each proxy is set up for a scenario: as its own documentation would have it for speed, without an access log."""
import os
import re
import shutil
import subprocess
from dataclasses import dataclass


@dataclass(frozen=True)
class Setup:
    """What a proxy is told."""

    name: str
    scratch: str
    port: int
    backend: int          # its port
    connections: int      # of clients that ask, and so to the backend
    clients: int          # connections of all, idle ones too
    cores: int
    descriptors: int      # this process may have
    settings: object
    ports: object
    certificate: str = ""  # of a PEM file; with its key in another, and both in a third, beside it
    cache: bool = False
    bulk: bool = False     # bodies of a megabyte and more

    def write(self, name, content):
        """A file of the scratch."""
        path = os.path.join(self.scratch, name)
        with open(path, "w", encoding="ascii") as out:
            out.write(content)
        return path


def _nginx(setup):
    at = setup.scratch
    tls = (f" ssl; ssl_certificate {setup.certificate}; ssl_certificate_key {setup.certificate}.key;"
           " ssl_protocols TLSv1.2 TLSv1.3; ssl_session_cache shared:s:20m") if setup.certificate else ""
    # Its cache is files, which the kernel keeps in memory; these keep them open, and send without a copy.
    store = (f"proxy_cache_path {at}/n6 keys_zone=c:10m; open_file_cache max=1000 inactive=1h; open_file_cache_valid 1h;"
             " sendfile on; tcp_nopush on;") if setup.cache else ""
    config = setup.write("nginx.conf", f"""
worker_processes {setup.cores};
worker_rlimit_nofile 65536;
daemon off;
pid {at}/nginx.pid;
error_log {at}/nginx.err crit;
events {{ worker_connections 16384; }}
http {{
    access_log off;
    keepalive_requests 1000000000;
    keepalive_timeout 1h;
    client_max_body_size 0;
    client_body_temp_path {at}/n1; proxy_temp_path {at}/n2; fastcgi_temp_path {at}/n3;
    uwsgi_temp_path {at}/n4; scgi_temp_path {at}/n5;
    {store}
    upstream backend {{
        server 127.0.0.1:{setup.backend};
        keepalive {setup.connections};
        keepalive_requests 1000000000;
        keepalive_timeout 1h;
    }}
    server {{
        listen 127.0.0.1:{setup.port} backlog=4096{tls};
        location / {{
            {'proxy_cache c;' if setup.cache else ''}
            proxy_pass http://backend;
            proxy_http_version 1.1;
            proxy_request_buffering off;
            proxy_max_temp_file_size 0;
            {'proxy_buffer_size 64k; proxy_buffers 8 64k; proxy_busy_buffers_size 128k;' if setup.bulk else ''}
            proxy_set_header Connection "";
            proxy_set_header Host $host;
            proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
            proxy_set_header X-Forwarded-Proto $scheme;
        }}
    }}
}}
""")
    return [_tool("nginx"), "-c", config]


# HAProxy drops idle connections to the backend when it holds too large a share of the descriptors it may have: hence a high maxconn
# and high ratios. With a maxconn near the load it dialled for every other request.
def _haproxy(setup, mode="http"):
    http = mode == "http"
    tls = f" ssl crt {setup.certificate}.both" if setup.certificate else ""
    scheme = "https" if setup.certificate else "http"
    config = setup.write(setup.name + ".cfg", f"""
global
    nbthread {setup.cores}
    no strict-limits
    maxconn {max((setup.descriptors - 1000) // 2, setup.clients * 11 // 10)}
    tune.pool-low-fd-ratio 90
    tune.pool-high-fd-ratio 95
defaults
    mode {mode}
    timeout connect 5s
    timeout client 1h
    timeout server 1h
    {'option splice-auto' if setup.bulk and not setup.certificate else ''}
{'''cache c
    total-max-size 256
    max-object-size 1048576
    max-age 3600''' if setup.cache else ''}
frontend in
    bind 127.0.0.1:{setup.port}{tls}
    {f'''option forwardfor
    option http-keep-alive
    http-request set-header X-Forwarded-Proto {scheme}''' if http else ''}
    {'''http-request cache-use c
    http-response cache-store c''' if setup.cache else ''}
    default_backend out
backend out
    {'http-reuse always' if http else ''}
    server one 127.0.0.1:{setup.backend} {'pool-max-conn -1 pool-purge-delay 1h' if http else ''}
""")
    return [_tool("haproxy"), "-db", "-f", config]


# It logs every request into shared memory, as it always does; nothing reads that here.
def _varnish(setup):
    return [_tool("varnishd"), "-F", "-n", os.path.join(setup.scratch, "varnish"), "-a", f"127.0.0.1:{setup.port}",
            "-b", f"127.0.0.1:{setup.backend}", "-s", "malloc,256m"]


# Its defaults: metrics, health checks, limits and deadlines on. Only its bound on connections to a backend follows the load, as the peers have none.
def _goaround(setup, executable):
    command = [executable, "-p", str(setup.port), "-b", f"http://127.0.0.1:{setup.backend}", "-prometheus-port", str(setup.ports.take()),
               "-control-socket", os.path.join(setup.scratch, setup.name + ".sock"), "-n", str(max(setup.connections, 256))]
    if setup.certificate:
        command += ["-cacert", setup.certificate, "-privkey", setup.certificate + ".key"]
    if setup.cache:
        command.append("-cache")
    return command + setup.settings.goaround_args


def _yarp(setup):
    project = "bench/Yarp"
    program = f"{project}/bin/Release/net10.0/Yarp.dll"
    if not os.path.exists(program):
        build = subprocess.run(["dotnet", "build", project, "-c", "Release", "--nologo", "--verbosity", "quiet", "--tl:off"],
                               stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        if build.returncode != 0:
            raise FileNotFoundError("bench/Yarp could not be built: " + build.stdout.decode(errors="replace").strip().partition("\n")[0])
    command = ["dotnet", program, str(setup.port), str(setup.backend)]
    return command + [setup.certificate, setup.certificate + ".key"] if setup.certificate else command


def _tool(name):
    path = shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")
    if path is None:
        raise FileNotFoundError(f"{name} is not installed")
    return path


def _executable(path):
    if not os.access(path, os.X_OK):
        raise FileNotFoundError(f"{path} is not there, or no executable")
    return path


COMMANDS = {
    "nginx": _nginx,
    "haproxy": _haproxy,
    "haproxy-tcp": lambda setup: _haproxy(setup, "tcp"),
    "varnish": _varnish,
    "yarp": _yarp,
    "goaround": lambda setup: _goaround(setup, _executable(setup.settings.goaround)),
    "before": lambda setup: _goaround(setup, _executable(setup.settings.before)),
}

READS_NO_HTTP = ("haproxy-tcp",)


def versions(names, settings):
    """What each is, in a few words."""
    found = []
    for name in names:
        text = {"nginx": ["nginx", "-v"], "haproxy": ["haproxy", "-v"], "varnish": ["varnishd", "-V"],
                "goaround": [settings.goaround, "-version"]}.get(name)
        if name == "yarp":
            found.append("YARP 2.3.0")
        if text is None:
            continue
        try:
            text[0] = _executable(text[0]) if "/" in text[0] else _tool(text[0])
        except FileNotFoundError:
            continue
        said = subprocess.run(text, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False).stdout.decode(errors="replace")
        number = re.search(r"\d+\.\d+\.\d+(?:[-+][\w.+-]*)?", said)
        found.append({"nginx": "nginx", "haproxy": "HAProxy", "varnish": "Varnish", "goaround": "goaround"}[name] + " " + (number.group(0) if number else "?"))
    return ", ".join(found)
