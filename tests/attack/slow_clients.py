"""The four attacks of slowhttptest with more connections than a backend takes requests, while normal traffic goes on. `make slow` runs it.

For each: the attackers get in, normal requests neither fail nor wait, the attackers are ended by their deadline, memory stays bounded.
Needs slowhttptest and nginx; a minute. Options: bin/goaround [connections]."""
import http.client, os, resource, shutil, signal, subprocess, sys, threading, time
from kit import BINARY, Balancer, check, finish, free_port, scratch

CONNECTIONS = int(sys.argv[2]) if len(sys.argv) > 2 else 1000
RATE = 500                # attackers that come, a second
CLIENTS, PACE = 8, 0.05   # normal clients, and the pause of each between two requests
SLACK = 5                 # seconds that a busy machine may add
DEADLINES = {'-head-timeout': 4, '-idle-timeout': 4, '-body-timeout': 4, '-min-body-rate-grace': 2}
MIN_RATE = 2000           # bytes a second; what fits into an attacker's window, 2 KB, earns it a second more
MEMORY_EACH = 64 * 1024   # bytes an attacker may cost at most, all told: a receive buffer, and a response's piece on its way
LARGER_PIECES = 32        # MB of all pieces above 64 KiB together, of clients that were fast at first (decision 37)

# Name, what slowhttptest is given, what the attackers ask for, the seconds after which a connection must be over.
ATTACKS = [
    ('slow heads', ['-H', '-i', '1', '-x', '24'], '/small', DEADLINES['-head-timeout']),
    ('slow bodies', ['-B', '-i', '1', '-s', '8192', '-x', '8'], '/sink', DEADLINES['-min-body-rate-grace'] + 2),
    ('ranges', ['-R', '-t', 'GET', '-a', '10', '-b', '3000'], '/small', DEADLINES['-idle-timeout']),
    ('slow reads', ['-X', '-n', '1', '-w', '512', '-y', '1024', '-z', '32'], '/large', DEADLINES['-body-timeout']),
]

# sendfile_max_chunk: one process serves small and large. Without it nginx copies to a connection for as long as that takes more, and what is small
# waits in nginx: up to 0.1 s of processor time at a stretch were measured, with goaround, HAProxy and another nginx in front.
NGINX = '''
daemon off; master_process off; pid %(dir)s/pid; error_log /dev/null;
worker_rlimit_nofile 16384;
events { worker_connections 8192; }
http {
    access_log off; client_body_temp_path %(dir)s/body; proxy_temp_path %(dir)s/proxy; fastcgi_temp_path %(dir)s/f; uwsgi_temp_path %(dir)s/u; scgi_temp_path %(dir)s/s;
    large_client_header_buffers 4 64k; root %(dir)s; keepalive_requests 1000000;
    sendfile on; sendfile_max_chunk 128k;
    %(servers)s
}'''
# /sink reads the whole body before it answers: nginx buffers a request that it passes on.
SERVER = '''server { listen 127.0.0.1:%(port)d backlog=8192; location /health { return 200; } location /sink { proxy_pass http://127.0.0.1:%(port)d/health; } }'''


class Nginx:
    """Two backends in one nginx: a small file, one that no kernel buffer holds, and a sink for bodies."""
    def __init__(self):
        self.dir = scratch('slow')
        os.chmod(self.dir, 0o755)
        self.ports = [free_port(), free_port()]
        with open(self.dir + '/small', 'w') as f:
            f.write('small\n')
        with open(self.dir + '/large', 'wb') as f:
            f.truncate(16 << 20)
        with open(self.dir + '/conf', 'w') as f:
            f.write(NGINX % {'dir': self.dir, 'servers': '\n'.join(SERVER % {'port': p} for p in self.ports)})
        self.process = subprocess.Popen([shutil.which('nginx') or '/usr/sbin/nginx', '-p', self.dir, '-c', self.dir + '/conf'], stderr=subprocess.DEVNULL)

    def close(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait()
        shutil.rmtree(self.dir, ignore_errors=True)


class Normal:
    """Clients that ask at a steady pace, three times over a kept connection and then over a new one; failures and latencies."""
    def __init__(self, port):
        self.port, self.running = port, True
        self.latencies, self.failures, self.lock = [], [], threading.Lock()
        self.threads = [threading.Thread(target=self.run) for _ in range(CLIENTS)]
        for t in self.threads:
            t.start()

    def run(self):
        connection, asked = None, 0
        while self.running:
            start = time.perf_counter()
            try:
                if connection is None:
                    connection = http.client.HTTPConnection('127.0.0.1', self.port, timeout=20)
                connection.request('GET', '/small')
                response = connection.getresponse()
                body = response.read()
                took = time.perf_counter() - start
                with self.lock:
                    self.latencies.append(took)
                    if (response.status, body) != (200, b'small\n'):
                        self.failures.append((response.status, body[:100]))
                asked += 1
                if asked % 4 == 0:
                    connection.close()
                    connection = None
            except Exception as e:
                with self.lock:
                    self.failures.append(repr(e))
                connection = None
            time.sleep(PACE)

    def take(self):
        """Latencies and failures since the last time."""
        with self.lock:
            taken = sorted(self.latencies), self.failures
            self.latencies, self.failures = [], []
        return taken

    def stop(self):
        self.running = False
        for t in self.threads:
            t.join()


def percentile(values, share):
    return values[min(len(values) - 1, int(len(values) * share))] * 1000 if values else float('inf')


def connected(port):
    """How many clients the balancer has: slowhttptest itself reads too slowly to learn that it was cut."""
    with open('/proc/net/tcp') as f:
        return sum(1 for line in f if line[14:19] == f':{port:04X}' and line[34:36] == '01')


def requests(balancer):
    return sum(float(line.split()[-1]) for line in balancer.metrics('^goaround_requests_total'))


def run(balancer, normal, name, flags, path, seconds):
    normal.take()
    time.sleep(4)
    latencies, failures = normal.take()
    quiet = percentile(latencies, 0.99)
    check(f'{name}: before it, no request fails', not failures and len(latencies) > 100, (len(latencies), failures[:3]))
    memory_before, memory_most, most, served = balancer.rss(), 0, 0, requests(balancer)
    coming = CONNECTIONS / RATE
    args = ['slowhttptest', *flags, '-c', str(CONNECTIONS), '-r', str(RATE), '-l', str(int(coming) + seconds + SLACK + 10), '-p', '3', '-v', '0']
    start = last = time.time()
    process = subprocess.Popen([*args, '-u', f'http://127.0.0.1:{balancer.port}{path}'], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while time.time() < start + coming + seconds + SLACK and time.time() < max(start + coming, last) + 2:
        now = connected(balancer.port) - CLIENTS
        if now > 2:  # slowhttptest's probes among them
            last = time.time()
        most, memory_most = max(most, now), max(memory_most, balancer.rss())
        time.sleep(0.2)
    left = connected(balancer.port) - CLIENTS
    process.kill()
    process.wait()
    latencies, failures = normal.take()
    came = max(most, int(requests(balancer) - served) - len(latencies))
    p50, p99, allowed = percentile(latencies, 0.5), percentile(latencies, 0.99), 5 * quiet + 50
    allowed_memory = memory_before + 16 + LARGER_PIECES + CONNECTIONS * MEMORY_EACH // (1 << 20)
    print(f'  {name}: {came} attackers, {most} at once, the last gone {max(0, last - start - coming):.1f} s after it came; {len(latencies)} normal requests,'
          f' p50 {p50:.1f} ms, p99 {p99:.1f} ms (quiet {quiet:.1f}); memory {memory_before} MB, at most {memory_most} MB', flush=True)
    check(f'{name}: attackers came', came >= CONNECTIONS * 0.9, came)
    check(f'{name}: every attacker was ended by the deadline', left <= 2, f'{left} are left')
    check(f'{name}: no normal request failed', not failures and len(latencies) > 100, (len(latencies), len(failures), failures[:3]))
    check(f'{name}: latency stays', p99 <= allowed, f'p99 {p99:.1f} ms, allowed {allowed:.1f}; the machine\'s load is {os.getloadavg()[0]:.0f} on {os.cpu_count()} processors')
    check(f'{name}: memory is bounded', memory_most <= allowed_memory, f'{memory_most} MB, allowed {allowed_memory}')
    check(f'{name}: alive', balancer.process.poll() is None, balancer.process.poll())


def in_a_net_of_its_own():
    """Loopback with the packets of an Ethernet: with its own of 64 KiB the kernel buffers 2.6 MB for each slow reader, and then has no memory left."""
    if os.environ.get('SLOW_NET') is None:
        own = ['unshare', *([] if os.geteuid() == 0 else ['-r']), '-n']
        if subprocess.run([*own, 'true'], stderr=subprocess.DEVNULL).returncode == 0:
            os.environ['SLOW_NET'] = 'own'
            os.execvp('unshare', [*own, 'sh', '-c', 'ip link set lo mtu 1500 up && exec "$0" "$@"', sys.executable, *sys.argv])
        print('no network namespace can be had: latency under slow reads will suffer from the kernel\'s buffers')


def main():
    for tool in ('slowhttptest', 'nginx', 'unshare', 'ip'):
        if not shutil.which(tool) and not os.path.exists('/usr/sbin/' + tool):
            raise SystemExit(f'{tool} is not there: sh tests/install-tools.sh slowhttptest nginx unshare ip')
    in_a_net_of_its_own()
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    nginx = Nginx()
    # A request whose body is on its way has a backend's slot; slots for more than all attackers, or normal requests wait for them.
    flags = ['-n', str(CONNECTIONS), '-min-body-rate', str(MIN_RATE), *(word for f, s in DEADLINES.items() for word in (f, f'{s}s'))]
    try:
        with Balancer([f'http://127.0.0.1:{port}' for port in nginx.ports], *flags) as balancer:
            normal = Normal(balancer.port)
            try:
                time.sleep(3)
                for name, given, path, seconds in ATTACKS:
                    run(balancer, normal, name, given, path, seconds)
            finally:
                normal.stop()
            balancer.is_clean('in the end')
    finally:
        nginx.close()
    finish()


main()
