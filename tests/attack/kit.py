"""What the attack scripts share: the balancer as a process, scripted backends, raw clients, PASS and FAIL. Standard library only."""
import atexit, os, re, shutil, signal, socket, struct, subprocess, sys, tempfile, threading, time, urllib.request

BINARY = sys.argv[1] if len(sys.argv) > 1 else os.path.join(os.path.dirname(__file__), '../../bin/goaround')
HEALTHY = b'HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n'
_failed = 0
_folders = []


def check(name, passed, detail=''):
    global _failed
    _failed += not passed
    print(('PASS ' if passed else 'FAIL ') + name + (f': {detail}' if detail != '' and not passed else ''), flush=True)
    return passed


def scratch(prefix):
    """A folder that is gone when the script ends, unless something failed: its logs tell then."""
    path = tempfile.mkdtemp(prefix=prefix)
    _folders.append(path)
    return path


@atexit.register
def _clean():
    for path in [] if _failed else _folders:
        shutil.rmtree(path, ignore_errors=True)


def finish():
    sys.stdout.flush()
    _clean()
    os._exit(1 if _failed else 0)


def free_port():
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0))
        return s.getsockname()[1]


class Balancer:
    def __init__(self, backends, *flags, env=None, wait=True):
        self.port, self.metrics_port = free_port(), free_port()
        self.dir = scratch('attack')
        self.control = self.dir + '/ctl.sock'
        self.log = self.dir + '/log'
        args = [BINARY, '-bind', '127.0.0.1', '-p', str(self.port), '-prometheus-port', str(self.metrics_port), '-control-socket', self.control]
        for b in backends:
            args += ['-b', b if isinstance(b, str) else b.url]
        self.process = subprocess.Popen(args + list(flags), stderr=open(self.log, 'wb'), stdout=subprocess.DEVNULL, env={**os.environ, **(env or {})})
        self.pid = self.process.pid
        end = time.time() + 30
        while wait and time.time() < end:
            try:
                socket.create_connection(('127.0.0.1', self.port), 1).close()
                break
            except OSError:
                if self.process.poll() is not None:
                    raise SystemExit('goaround did not start: ' + open(self.log).read())
                time.sleep(0.05)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()

    def connect(self, timeout=10, rcvbuf=None):
        s = socket.socket()
        if rcvbuf:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, rcvbuf)
        s.settimeout(timeout)
        s.connect(('127.0.0.1', self.port))
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return s

    def ask(self, data, timeout=10, half_close=False):
        """Sends bytes, returns what comes until the end; an error's name stands behind it in angle brackets."""
        with self.connect(timeout) as s:
            s.sendall(data)
            if half_close:
                s.shutdown(socket.SHUT_WR)
            return read_all(s)

    def replace(self, *backends):
        with socket.socket(socket.AF_UNIX) as s:
            s.settimeout(10)
            s.connect(self.control)
            s.sendall((','.join(b if isinstance(b, str) else b.url for b in backends) + '\n').encode())
            return s.recv(4096).decode().strip()

    def metrics(self, pattern=''):
        text = urllib.request.urlopen(f'http://127.0.0.1:{self.metrics_port}/metrics', timeout=10).read().decode()
        return [line for line in text.splitlines() if re.search(pattern, line) and not line.startswith('#')]

    def in_flight(self):
        return sum(float(line.split()[-1]) for line in self.metrics('^goaround_backend_in_flight'))

    def fds(self):
        return len(os.listdir(f'/proc/{self.pid}/fd'))

    def rss(self):
        return int(re.search(r'VmRSS:\s+(\d+)', open(f'/proc/{self.pid}/status').read())[1]) // 1024

    def cpu(self, seconds=2.0):
        """CPU seconds per second now."""
        def ticks():
            f = open(f'/proc/{self.pid}/stat').read().rsplit(')', 1)[1].split()
            return int(f[11]) + int(f[12])
        before = ticks()
        time.sleep(seconds)
        return (ticks() - before) / os.sysconf('SC_CLK_TCK') / seconds

    def logged(self):
        return open(self.log, errors='replace').read()

    def is_clean(self, name, cpu=True):
        """After an attack: alive, nothing in flight, not busy, nothing logged that was not foreseen."""
        check(name + ': alive', self.process.poll() is None, self.process.poll())
        if self.process.poll() is None:
            for _ in range(100):
                if self.in_flight() == 0:
                    break
                time.sleep(0.1)
            check(name + ': no slot leaked', self.in_flight() == 0, self.in_flight())
            if cpu:
                use = self.cpu()
                check(name + ': idle', use < 0.15, use)
        bad = [line for line in self.logged().splitlines() if re.search(r'Exception|Unhandled|   at ', line)]
        check(name + ': log', not bad, bad[:6])


class Backend:
    """Calls a function for each request head: (socket, head, rest) -> bytes of the rest behind it to go on, None to close."""
    def __init__(self, serve, port=0):
        self.serve = serve
        self.heads, self.connections, self.lock = [], 0, threading.Lock()
        self.listener = socket.socket()
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.bind(('127.0.0.1', port))
        self.listener.listen(1024)
        self.port = self.listener.getsockname()[1]
        self.url = f'http://127.0.0.1:{self.port}'
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                s, _ = self.listener.accept()
            except OSError:
                return
            s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self.run, args=(s,), daemon=True).start()

    def run(self, s):
        rest = b''
        try:
            with s:
                while rest is not None:
                    while b'\r\n\r\n' not in rest:
                        got = s.recv(65536)
                        if not got:
                            return
                        rest += got
                    head, rest = rest.split(b'\r\n\r\n', 1)
                    if b' /health HTTP' in head:
                        s.sendall(HEALTHY)
                        return
                    with self.lock:
                        self.heads.append(head)
                    rest = self.serve(s, head, rest)
        except OSError:
            pass

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()


def ok(body=b'ok', extra=b''):
    return b'HTTP/1.1 200 OK\r\nContent-Length: %d\r\n%s\r\n' % (len(body), extra) + body


def body_of(s, head, rest):
    """Reads the request's body by its framing: the body, and what stands behind it."""
    low = head.lower()
    length = re.search(rb'content-length: *(\d+)', low)
    if b'transfer-encoding: chunked' in low:
        body = b''
        while True:
            while b'\r\n' not in rest:
                rest += need(s)
            line, rest = rest.split(b'\r\n', 1)
            size = int(line.split(b';')[0], 16)
            while size == 0:
                while b'\r\n' not in rest:
                    rest += need(s)
                trailer, rest = rest.split(b'\r\n', 1)
                if not trailer:
                    return body, rest
            while len(rest) < size + 2:
                rest += need(s)
            body, rest = body + rest[:size], rest[size + 2:]
    size = int(length[1]) if length else 0
    while len(rest) < size:
        rest += need(s)
    return rest[:size], rest[size:]


def need(s):
    got = s.recv(1 << 20)
    if not got:
        raise OSError('closed')
    return got


def echo_id(s, head, rest):
    """Answers with the id of the request and the length of its body."""
    body, rest = body_of(s, head, rest)
    found = re.search(rb'X-Id: (\S+)', head, re.I)
    s.sendall(ok(b'%s %d' % (found[1] if found else b'-', len(body))))
    return rest


def read_all(s):
    data = b''
    try:
        while got := s.recv(65536):
            data += got
    except socket.timeout:
        data += b'<timeout>'
    except ConnectionResetError:
        data += b'<reset>'
    except OSError as e:
        data += b'<%s>' % str(e).encode()
    return data


def reset(s):
    s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
    s.close()
