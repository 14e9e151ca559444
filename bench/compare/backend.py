"""The backend that all proxies share: nginx with one worker, which answers without a disk and writes no log."""
import os
import socket
import urllib.request

from processes import wait_for

ECHO_MODULE = "/usr/lib/nginx/modules/ngx_http_echo_module.so"  # only a delay needs it
SIZES = {"10k": 10 * 1024, "1m": 1024 * 1024, "100m": 100 * 1024 * 1024}


class Backend:
    """Started once a scenario. `dials` and `fetches` of `seen` tell how a proxy treats it."""

    def __init__(self, processes, ports, cache, body=13):
        self.port = ports.take()
        self._status = ports.take()
        self._processes = processes
        self._scratch = processes.scratch
        self.small = b"x" * body
        self._write_bodies()
        config = os.path.join(self._scratch, "backend.conf")
        with open(config, "w", encoding="ascii") as out:
            out.write(self._config(cache))
        self.pid = processes.start("backend", ["nginx", "-c", config])
        if not wait_for(self._answers, lambda: processes.alive("backend")):
            raise SystemExit("bench: the backend did not start: " + processes.last_words("backend"))

    @property
    def can_delay(self):
        """Whether this machine's nginx can wait before it answers."""
        return os.path.exists(ECHO_MODULE)

    def body(self, path):
        """What is answered to a GET of a path."""
        name = {"/chunked": "10k"}.get(path, path.lstrip("/"))
        if name not in SIZES:
            return self.small
        with open(os.path.join(self._scratch, "www", name), "rb") as file:
            return file.read()

    def seen(self):
        """Connections accepted and requests answered so far, but for those of this question."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self._status}/", timeout=10) as answer:
            accepted, _, requests = answer.read().splitlines()[2].split()
        return int(accepted), int(requests)

    def _answers(self):
        try:
            with socket.create_connection(("127.0.0.1", self.port), 1), socket.create_connection(("127.0.0.1", self._status), 1):
                return True
        except OSError:
            return False

    def _write_bodies(self):
        folder = os.path.join(self._scratch, "www")
        os.makedirs(folder, exist_ok=True)
        line = b"".join(b"%062d\n\n" % number for number in range(16384))  # 1 MiB in which every 64 bytes differ
        bodies = dict(SIZES) if len(self.small) <= 2048 else {**SIZES, "small": len(self.small)}
        for name, size in bodies.items():
            if name == "small":
                content = self.small
            else:
                content = (line * (size // len(line) + 1))[:size]
            with open(os.path.join(folder, name), "wb") as file:
                file.write(content)

    def _config(self, cache):
        scratch = self._scratch
        small = f'return 200 "{self.small.decode()}";' if len(self.small) <= 2048 else "try_files /small =404;"
        files = "\n".join(f"        location = /{name} {{ try_files /{name} =404; }}" for name in SIZES)
        delay = "location = /slow { echo_sleep 0.05; echo_exec /; }" if self.can_delay else ""
        # What comes up is read to its end before it is answered, in memory; how much it was is the answer.
        sink = ("proxy_http_version 1.1; proxy_set_header Connection ''; proxy_set_header Content-Length ''; proxy_method GET;"
                " proxy_pass_request_body off; proxy_buffer_size 16k; proxy_buffers 8 16k; proxy_set_header X-Length $request_length;")
        return f"""{f'load_module {ECHO_MODULE};' if self.can_delay else ''}
worker_processes 1;
worker_rlimit_nofile 65536;
daemon off;
pid {scratch}/backend.pid;
error_log {scratch}/backend.err crit;
events {{ worker_connections 16384; }}
http {{
    access_log off;
    keepalive_requests 1000000000;
    keepalive_timeout 1h;
    client_max_body_size 0;
    client_body_temp_path {scratch}/b1; proxy_temp_path {scratch}/b2; fastcgi_temp_path {scratch}/b3;
    uwsgi_temp_path {scratch}/b4; scgi_temp_path {scratch}/b5;
    sendfile on; tcp_nopush on; open_file_cache max=10 inactive=1h; open_file_cache_valid 1h;
    default_type text/plain;
    upstream sink {{ server unix:{scratch}/sink.sock; keepalive 256; keepalive_requests 1000000000; keepalive_timeout 1h; }}
    server {{
        listen 127.0.0.1:{self.port} backlog=4096;
        root {scratch}/www;
        {'add_header Cache-Control max-age=3600;' if cache else ''}
        location / {{ {small} }}
{files}
        {delay}
        location = /seen {{ return 200 "$http_x_forwarded_for $http_x_forwarded_proto"; }}
        location = /up {{ client_body_buffer_size 1m; {sink} proxy_pass http://sink; }}
        location = /chunked {{ client_body_buffer_size 32k; {sink} proxy_pass http://sink; }}
    }}
    server {{
        listen unix:{scratch}/sink.sock;
        root {scratch}/www;
        location = /up {{ return 200 $http_x_length; }}
        location = /chunked {{ ssi on; ssi_types text/plain; try_files /10k =404; }}
    }}
    server {{
        listen 127.0.0.1:{self._status};
        location / {{ stub_status; }}
    }}
}}
"""
