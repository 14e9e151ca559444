"""Clients of every kind at once, in front of backends that fail in every way, while the list of backends changes up to 20 times a second and one of them is killed and started again.
   Every whole answer must be the right one, no POST is executed twice, no backend has more than its cap; afterwards everything is free again.
   Larger: STORMS=3 SECONDS_EACH=20 CLIENTS=2000, and TLS=1; INLINE=0 is the framework's own sockets."""
from kit import *
import asyncio, atexit, collections, itertools, random, ssl, zlib

E_ = os.environ.get
STORMS, SECS, CLIENTS, TLS, N = int(E_('STORMS', 2)), float(E_('SECONDS_EACH', 8)), int(E_('CLIENTS', 500)), E_('TLS', '0') == '1', int(E_('N', 32))
SEED = int(E_('SEED', '1'))
folder = scratch('storm')
ports = [free_port() for _ in range(4)]
procs = {}
def start(p): procs[p] = subprocess.Popen([sys.executable, os.path.join(os.path.dirname(os.path.abspath(__file__)), 'kit_storm_backend.py'), str(p), str(N), folder, str(p + SEED)])
for p in ports: start(p)
atexit.register(lambda: [p.kill() for p in procs.values()])
time.sleep(1)
count, bad, stats = itertools.count(), [], collections.Counter()
BLOB = os.urandom(1 << 20)
stop_at, draining = 0, False
ctx = None
flags = ['-n', str(N), '-max-queue', '5000', '-queue-timeout', '8s', '-response-timeout', '3s', '-backend-body-timeout', '3s', '-dial-timeout', '1s', '-health-down-interval', '100ms',
         '-health-timeout', '3s', '-body-timeout', '10s', '-head-timeout', '15s', '-shutdown-timeout', '30s']
if TLS:
    subprocess.run(['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', folder + '/key', '-out', folder + '/cert', '-subj', '/CN=localhost', '-days', '2'], check=True, stderr=subprocess.DEVNULL)
    ctx = ssl.create_default_context(); ctx.check_hostname, ctx.verify_mode = False, ssl.CERT_NONE
    flags += ['-cacert', folder + '/cert', '-privkey', folder + '/key']
def content(id):
    n = zlib.crc32(id.encode())
    size = [30, 300, 3000, 40000][n % 4] if n % 37 else 400000
    if '/big' in id: size = 300000
    unit = (id + ';').encode()
    return unit * (size // len(unit) + 1) + b'.'

class Cut(Exception): pass
class C:
    async def open(self, rcvbuf=None):
        loop = asyncio.get_running_loop()
        s = socket.socket(); s.setblocking(False)
        if rcvbuf: s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, rcvbuf)
        await loop.sock_connect(s, ('127.0.0.1', g.port))
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.s = s
        self.r, self.w = await asyncio.open_connection(sock=s, ssl=ctx, server_hostname='localhost' if ctx else None, limit=1 << 17)
        return self
    async def send(self, b):
        self.w.write(b); await self.w.drain()
    def close(self): self.w.close()
    def reset(self):
        try: self.s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
        except OSError: pass
        self.w.transport.abort()
    async def line(self):
        l = await self.r.readline()
        if not l.endswith(b'\r\n'): raise Cut
        return l[:-2]
    async def head(self):
        while True:
            st = await self.line()
            f = {}
            while l := await self.line():
                k, v = l.split(b':', 1); f[k.lower()] = v.strip()
            code = int(st.split(b' ')[1])
            if code == 101 or code >= 200: return code, f
            stats['1xx'] += 1
    async def answer(self, expect, slow=False):
        """(status, keep); checks the body."""
        code, f = await self.head()
        try:
            if b'chunked' in f.get(b'transfer-encoding', b''):
                body = b''
                while size := int(await self.line(), 16):
                    body += await self.exact(size, slow)
                    if await self.line(): bad.append('bad chunk end')
                while await self.line(): pass
            elif b'content-length' in f: body = await self.exact(int(f[b'content-length']), slow)
            else: body = await self.r.read(-1); f[b'connection'] = b'close'
        except (asyncio.IncompleteReadError, Cut, ConnectionError):
            stats['cut'] += 1; raise Cut
        stats[code] += 1
        if b'poison' in body or f.get(b'x-id') == b'poison': bad.append(('poison', expect and expect[0]))
        if code == 200:
            if f.get(b'x-id', b'').decode() != expect[0]: bad.append(('wrong id', expect[0], f))
            ok = expect[1] is not None and body == expect[1] or body == b'early:' + expect[0].encode() and b'POST' in body
            if not ok and b'content-length' not in f and b'transfer-encoding' not in f: stats['cut10'] += 1
            elif not ok: bad.append(('wrong body', expect[0], len(body), body[:60], (expect[1] or b'')[:60], str(f)))
        elif b'proxy-status' not in f: bad.append(('no proxy-status', code, expect and expect[0]))
        return code, f.get(b'connection', b'').lower() != b'close'
    async def exact(self, n, slow):
        if not slow: return await self.r.readexactly(n)
        out = b''
        while len(out) < n:
            b = await self.r.read(min(16384, n - len(out)))
            if not b: raise Cut
            out += b
            await asyncio.sleep(0.02)
        return out

def get(tag='g', extra='', v='1.1'):
    t = f'/GET/{tag}/{next(count)}-{SEED}'
    return t, f'GET {t} HTTP/{v}\r\nHost: h\r\n{extra}\r\n'.encode()
def post(n, chunked=False, extra='', tag=''):
    t = f'/POST{tag}/{next(count)}-{SEED}'
    off = random.randrange(1 << 20); body = (BLOB[off:] + BLOB)[:n]
    exp = b'%s %d %d' % (t.encode(), n, zlib.crc32(body))
    if chunked:
        out = b''
        for i in range(0, n, 50000): out += b'%x\r\n%s\r\n' % (len(body[i:i+50000]), body[i:i+50000])
        out += b'0\r\n\r\n'
        return t, f'POST {t} HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n{extra}\r\n'.encode(), out, exp
    return t, f'POST {t} HTTP/1.1\r\nHost: h\r\nContent-Length: {n}\r\n{extra}\r\n'.encode(), body, exp

async def keepalive(c):
    while time.time() < stop_at:
        t, q = get()
        mid = True
        await c.send(q)
        if not (await c.answer((t, content(t))))[1]: return
        await asyncio.sleep(random.random())
async def upload(c, chunked=False, n=None):
    n = n or random.choice([10, 5000, 70000, 70000, 1 << 20])
    while time.time() < stop_at:
        t, h, b, e = post(n, chunked)
        async def push():
            try: await c.send(h + b)
            except ConnectionError: pass
        p = asyncio.ensure_future(push())
        try:
            if not (await c.answer((t, e)))[1]: return
        finally: p.cancel()
        await asyncio.sleep(random.random() * 2)
async def chunked(c): await upload(c, True)
async def slow_reader(c):
    t, q = get('big'); await c.send(q); await c.answer((t, content(t)), slow=True)
async def slow_writer(c):
    t, h, b, e = post(random.choice([400, 2000]), random.random() < .5)
    for d in (h, b):
        step = max(1, len(d) // 6)
        for i in range(0, len(d), step): await c.send(d[i:i+step]); await asyncio.sleep(random.random() * .3)
    await c.answer((t, e))
async def leaver(c):
    phase = random.randrange(8)
    if phase == 0: pass
    elif phase == 1: await c.send(get('lv')[1][:random.randrange(1, 25)])
    elif phase == 2: await c.send(get('lv')[1])
    elif phase == 3: await c.send(post(50000)[1])
    elif phase == 4:
        _, h, b, _ = post(200000, random.random() < .5); await c.send(h + b[:random.randrange(150000)])
    elif phase == 5: await c.send(get('big')[1]); await c.r.read(random.randrange(1, 5000))
    elif phase == 6: await c.send(b''.join(get('lv')[1] for _ in range(4)))
    elif phase == 7:
        _, h, b, _ = post(3000); await c.send(h + b)
    await asyncio.sleep(random.random() * random.choice([0, .05, 1]))
    stats['left'] += 1
    if random.random() < .5: c.reset()
async def pipeline(c):
    while time.time() < stop_at:
        qs = [get('p') for _ in range(6)]
        await c.send(b''.join(q for _, q in qs))
        for t, _ in qs:
            if not (await c.answer((t, content(t))))[1]: return
async def websocket(c):
    t, q = get('ws', 'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n')
    await c.send(q)
    code, f = await c.head()
    if code != 101: stats['ws%d' % code] += 1; return
    for _ in range(random.randrange(1, 20)):
        m = (t.encode() + b'|') * random.randrange(1, 300)
        await c.send(m)
        try: got = await c.r.readexactly(len(m))
        except asyncio.IncompleteReadError: raise Cut
        if got != m: bad.append(('ws', t, got[:80])); return
        stats['ws'] += 1
        await asyncio.sleep(random.random() * .3)
async def expecter(c):
    wait = random.random() < .5
    t, h, b, e = post(20000, random.random() < .5, 'Expect: 100-continue\r\n')
    await c.send(h)
    if wait:
        st = await c.line()
        while await c.line(): pass
        if b' 100 ' not in st: stats['no100'] += 1; return
    await c.send(b)
    await c.answer((t, e))
async def http10(c):
    t, q = get('old', v='1.0'); await c.send(q); await c.answer((t, content(t)))
MIX = [keepalive] * 6 + [upload] * 2 + [chunked] * 2 + [slow_reader] * 2 + [slow_writer] * 2 + [leaver] * 4 + [pipeline] * 2 + [websocket] * 2 + [expecter] * 2 + [http10]
async def client(i):
    while time.time() < stop_at:
        f = MIX[i % len(MIX)] if random.random() < .7 else random.choice(MIX)
        c = C()
        try:
            async with asyncio.timeout(60):
                await c.open(8192 if f is slow_reader else None)
                await f(c)
        except TimeoutError: bad.append(('hung', f.__name__, time.time()))
        except Cut: stats['Cut'] += 1
        except (ConnectionError, ssl.SSLError): stats['conn'] += 1
        except asyncio.IncompleteReadError: stats['inc'] += 1
        except OSError as e: stats[str(e)] += 1
        except Exception as e: bad.append(('client', f.__name__, repr(e)))
        finally:
            if hasattr(c, 'w'): c.close()
        await asyncio.sleep(random.random() * .2)
def url(p): return f'http://127.0.0.1:{p}'
async def swapper():
    while time.time() < stop_at:
        some = random.sample(ports, random.choice([1, 2, 3, 3, 4, 4]))
        try:
            r, w = await asyncio.open_unix_connection(g.control)
            w.write((','.join(map(url, some)) + '\n').encode()); 
            a = await asyncio.wait_for(r.readline(), 10)
            if not a.startswith(b'ok'): bad.append(('control', a))
            stats['swap'] += 1
            w.close()
        except Exception as e: bad.append(('control', repr(e)))
        await asyncio.sleep(.05)
async def killer():
    while time.time() < stop_at - 2:
        await asyncio.sleep(2)
        p = ports[0]; procs[p].kill(); procs[p].wait(); await asyncio.sleep(.3); start(p); stats['kill'] += 1
async def scraper():
    while time.time() < stop_at:
        r, w = await asyncio.open_connection('127.0.0.1', g.metrics_port)
        w.write(b'GET /metrics HTTP/1.0\r\n\r\n'); b = await asyncio.wait_for(r.read(-1), 20); w.close()
        if b'200 OK' not in b[:20]: bad.append(('scrape', b[:100]))
        stats['scrape'] += 1
        await asyncio.sleep(.5)
async def storm():
    jobs = [asyncio.ensure_future(x) for x in (swapper(), killer(), scraper())]
    jobs += [asyncio.ensure_future(client(i)) for i in range(CLIENTS)]
    await asyncio.gather(*jobs)
async def round_of(n, tag):
    """n requests at once, which the backends hold."""
    async def one():
        try:
            c = await C().open(); t, q = get('calm/hold' + tag); await c.send(q)
            async with asyncio.timeout(12): r = (await c.answer((t, content(t))))[0]
            c.close(); return r
        except Exception as e: return repr(e)
    return collections.Counter(await asyncio.gather(*[one() for _ in range(n)]))
def threads(): return len(os.listdir(f'/proc/{g.pid}/task'))
def gauges(): return {l.split()[0]: float(l.split()[1]) for l in g.metrics(r'client_connections|in_flight|queue_length|open_connections')}
def state(): return f'fds {g.fds()} threads {threads()} rss {g.rss()}'

g = Balancer([url(p) for p in ports], *flags, env={'DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS': E_('INLINE')} if E_('INLINE') else None)
random.seed(SEED)
time.sleep(1.5)
idle_fds, idle_threads = g.fds(), threads()
print('     idle:', state())
rsss = []
for k in range(STORMS):
    stats.clear(); stop_at = time.time() + SECS; t0 = time.time()
    asyncio.run(storm())
    print(f'storm {k + 1}: {time.time() - t0:.0f} s', dict(stats), flush=True)
    print('  after', state())
    check('answers', not bad, (len(bad), bad[:8])); bad.clear()
    g.replace(*map(url, ports))
    end = time.time() + 45
    while time.time() < end and any(gauges().values()): time.sleep(.2)
    check('gauges back to 0', not any(gauges().values()), {k: v for k, v in gauges().items() if v})
    print(f'  {time.time() - end + 45:.1f} s until quiet', state())
    time.sleep(1)
    r = asyncio.run(round_of(4 * N, str(k)))
    check('a full round of -n at once', r == {200: 4 * N}, r)
    time.sleep(.5)
    t0 = time.time(); r = asyncio.run(round_of(4 * N, 'b' + str(k))); took = time.time() - t0
    check('all slots free: one wave', r == {200: 4 * N} and took < 2.9, (r, took))
    bad.clear()
    rsss.append(g.rss()); print('  ', state(), f'cpu {g.cpu():.3f}')
    check('cpu idle', g.cpu() < .1)
seen = collections.Counter()
for p in ports:
    if os.path.exists(f'{folder}/posts.{p}'): seen.update(open(f'{folder}/posts.{p}').read().split())
twice = [t for t, c in seen.items() if c > 1]
check(f'no POST twice (of {len(seen)})', not twice, twice[:5])
over = [l for p in ports if os.path.exists(f'{folder}/over.{p}') for l in open(f'{folder}/over.{p}')]
check('in flight never over -n for longer than 0.3 s', not over, (len(over), over[:5]))
# idle sockets to backends are kept: empty the list
time.sleep(5 if STORMS else 0)
g.replace(url(ports[0])); time.sleep(1); g.replace(*map(url, ports)); time.sleep(2)
print('before sweep', state(), 'idle was', idle_fds, idle_threads)
check('file descriptors', g.fds() <= idle_fds + 4 * N, (g.fds(), idle_fds)); 
for p in ports: procs[p].kill(); procs[p].wait()
time.sleep(2)
check('file descriptors after the backends left', g.fds() <= idle_fds + 16, (g.fds(), idle_fds))
check('threads', threads() <= idle_threads + 12, (threads(), idle_threads))
print('rss', rsss, state())
logs = [l for l in g.logged().splitlines() if re.search(r' ERROR |Exception|Unhandled|   at |fail:', l)]
check('log', not logs, (len(logs), logs[:6]))
check('alive', g.process.poll() is None)
g.process.send_signal(signal.SIGTERM)
t0 = time.time()
try: code = g.process.wait(40)
except subprocess.TimeoutExpired: code = 'none'
check('exit 0', code == 0, code); print(f'stopped in {time.time() - t0:.1f} s')
for p in procs.values(): p.kill()
finish()
