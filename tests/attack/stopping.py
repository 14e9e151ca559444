"""SIGTERM in the middle of traffic of every kind, plain and over TLS: every answer that has begun comes whole, every request that a backend has received is answered, nobody who
   connects afterwards is served, and the process ends with 0 in time.
   ROUNDS=5 of each, CLIENTS=300; TLS=0 or 1 is one of the two; INLINE=0 is the framework's own sockets."""
from kit import *
import asyncio, collections, itertools, random, ssl

E_ = os.environ.get
ROUNDS, CLIENTS, SEED = int(E_('ROUNDS', 2)), int(E_('CLIENTS', 300)), int(E_('SEED', 1))
GRACE = 10
random.seed(SEED)
folder = scratch('stopping')
subprocess.run(['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', folder + '/key', '-out', folder + '/cert', '-subj', '/CN=localhost', '-days', '2'], check=True, stderr=subprocess.DEVNULL)
insecure = ssl.create_default_context(); insecure.check_hostname, insecure.verify_mode = False, ssl.CERT_NONE
numbers = itertools.count()


class Server:
    """The backend: a body of a size and a slowness that the target tells, in this process."""
    def __init__(self): self.received = set()
    async def start(self):
        self.server = await asyncio.start_server(self.serve, '127.0.0.1', 0, backlog=4096, limit=1 << 20)
        self.url = f'http://127.0.0.1:{self.server.sockets[0].getsockname()[1]}'
        return self
    async def serve(self, r, w):
        try:
            while True:
                head = (await r.readuntil(b'\r\n\r\n')).decode()
                target = head.split(' ', 2)[1]
                if target == '/health': w.write(b'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'); continue
                _, kind, size, _ = target.split('/')
                length = re.search(r'content-length: *(\d+)', head, re.I)
                if length: await r.readexactly(int(length[1]))
                self.received.add(target)
                body = content(target, int(size))
                if kind == 'late': await asyncio.sleep(random.random() * 2)
                if kind == 'chunked':
                    w.write(b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n')
                    for i in range(0, len(body), 4000): w.write(b'%x\r\n%s\r\n' % (len(body[i:i + 4000]), body[i:i + 4000])); await asyncio.sleep(random.random() * .3)
                    w.write(b'0\r\n\r\n')
                else:
                    w.write(b'HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n' % len(body))
                    for i in range(0, len(body), 30000): w.write(body[i:i + 30000]); await asyncio.sleep(random.random() * .2 if kind == 'slow' else 0)
                await w.drain()
        except (asyncio.IncompleteReadError, ConnectionError): pass
        finally: w.close()


def content(target, size): return (target + ';').encode() * (size // (len(target) + 1) + 1)


class Round:
    def __init__(self, tls): self.tls, self.stats, self.bad, self.sigterm = tls, collections.Counter(), [], None
    async def run(self):
        backends = [await Server().start() for _ in range(2)]
        flags = ['-n', '512', '-shutdown-timeout', f'{GRACE}s'] + (['-cacert', folder + '/cert', '-privkey', folder + '/key'] if self.tls else [])
        env = {'DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS': E_('INLINE')} if E_('INLINE') else None
        self.g = await asyncio.to_thread(lambda: Balancer([b.url for b in backends], *flags, env=env))
        with self.g as g:
            await asyncio.sleep(.5)
            clients = [asyncio.ensure_future(self.client()) for _ in range(CLIENTS)]
            end = time.time() + 30
            while self.stats['before'] < CLIENTS and time.time() < end: await asyncio.sleep(.05) # in the middle of traffic, however slow the machine
            await asyncio.sleep(random.random() * 2)
            g.process.send_signal(signal.SIGTERM); self.sigterm = time.time()
            self.stats['open'] = sum(1 for c in clients if not c.done())
            code = await asyncio.to_thread(lambda: wait(g.process, GRACE + 10))
            took = time.time() - self.sigterm
            await asyncio.wait(clients, timeout=10)
            self.bad += [('client did not end',) for c in clients if not c.done()]
            name = f'{"TLS" if self.tls else "plain"}'
            print('    ', dict(self.stats), f'stopped in {took:.1f} s', flush=True)
            check(name + ': every answer that had begun came whole, every request a backend had was answered', not self.bad, (len(self.bad), self.bad[:5]))
            check(name + ': it ended with 0 within its timeout', code == 0 and took < GRACE + 1, (code, took))
            check(name + ': answers came after the signal', self.stats['after'] > 0, self.stats)
            lines = [l for l in g.logged().splitlines() if re.search(r' ERROR |Exception|Unhandled|   at |fail:|cut', l)]
            check(name + ': log', not lines, lines[:5])
        for b in backends: b.server.close()
        self.received = set().union(*(b.received for b in backends))
    async def client(self):
        while True:
            begun = time.time()
            try: r, w = await asyncio.open_connection('127.0.0.1', self.g.port, ssl=insecure if self.tls else None)
            except (ConnectionError, ssl.SSLError, asyncio.IncompleteReadError) as e:
                if self.sigterm: self.stats['refused' if isinstance(e, ConnectionRefusedError) else 'not opened'] += 1; return
                self.bad.append(('connect', repr(e))); return
            try:
                for _ in range(random.randrange(1, 6)):
                    if not await self.ask(r, w, begun): break
                    await asyncio.sleep(random.choice([0, 0, .05, .5]) * random.random())
            finally: w.close()
    async def ask(self, r, w, connected):
        """True: the connection stays."""
        kind, size = random.choice([('plain', 20), ('plain', 20), ('plain', 30000), ('slow', 200000), ('chunked', 20000), ('late', 300)])
        target = f'/{kind}/{size}/{next(numbers)}'
        body = b'x' * random.choice([0, 0, 100, 50000])
        sent = time.time()
        got = b''
        try:
            w.write(b'%s %s HTTP/1.1\r\nHost: h\r\n' % (b'POST' if body else b'GET', target.encode()) + (b'Content-Length: %d\r\n' % len(body) if body else b'') + b'\r\n' + body)
            await w.drain()
            got = await r.readuntil(b'\r\n\r\n')
            head = got.lower()
            if b'chunked' in head:
                answer = b''
                while size_ := int((await r.readuntil(b'\r\n')), 16):
                    answer += await r.readexactly(size_); await r.readexactly(2)
                await r.readexactly(2)
            else: answer = await r.readexactly(int(re.search(rb'content-length: *(\d+)', head)[1]))
        except (asyncio.IncompleteReadError, ConnectionError, ssl.SSLError) as e:
            began = bool(got) or bool(getattr(e, 'partial', b''))
            if not self.sigterm or began: self.bad.append(('cut', target, repr(e)[:80], got[:40], began)); return False
            self.unanswered.append(target)
            self.stats['closed before an answer: ' + ('opened after the signal' if connected > self.sigterm else 'sent after it' if sent > self.sigterm else 'sent before it')] += 1
            return False
        if not got.startswith(b'HTTP/1.1 200 ') or answer != content(target, size): self.bad.append(('wrong', target, got[:100])); return False
        self.stats['after' if self.sigterm else 'before'] += 1
        return b'connection: close' not in head


def wait(process, seconds):
    try: return process.wait(seconds)
    except subprocess.TimeoutExpired: return 'none'


for tls in [E_('TLS') == '1'] if E_('TLS') else [False, True]:
    for _ in range(ROUNDS):
        round_ = Round(tls)
        round_.unanswered = []
        asyncio.run(round_.run())
        lost = set(round_.unanswered) & round_.received
        check('no request that a backend had received went without an answer', not lost, (len(lost), sorted(lost)[:5]))
finish()
