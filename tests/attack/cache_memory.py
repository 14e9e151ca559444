"""-cache-size 64m under objects of 1 byte to 40 MB: resident memory stays near the limit and does not grow; 1,000 slow readers that hold what is evicted; endless variants; 100,000 tags; purge all gives everything back.
   SECONDS_EACH=60 for longer."""
from kit import *
import random

SECS = float(os.environ.get('SECONDS_EACH', 25))
random.seed(1)
MANY = b'x' * (1 << 20)


def serve(s, head, rest):
    path = head.split(b' ')[1].decode()
    size = int(re.search(r'/(\d+)', path)[1])
    extra = b'Vary: X-V\r\n' if '/vary' in path else b''
    if '/tags' in path:
        extra = b'Surrogate-Key: ' + b' '.join(b't%s-%d' % (path.split('?')[1].encode(), i) for i in range(100)) + b'\r\n'
    s.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: %d\r\nCache-Control: max-age=3600\r\n%s\r\n' % (size, extra))
    while size > 0:
        size -= s.send(MANY[:size])
    return rest


def control(line):
    with socket.socket(socket.AF_UNIX) as s:
        s.settimeout(20)
        s.connect(g.control)
        s.sendall(line + b'\n')
        return s.recv(4096).decode().strip()


def stored(): return float(g.metrics('^goaround_cache_bytes')[0].split()[-1])


def drain(s, path, extra=b''):
    s.sendall(b'GET ' + path.encode() + b' HTTP/1.1\r\nHost: h\r\n' + extra + b'\r\n')
    data = b''
    while b'\r\n\r\n' not in data:
        data += need(s)
    head, body = data.split(b'\r\n\r\n', 1)
    left = int(re.search(rb'Content-Length: (\d+)', head)[1]) - len(body)
    while left > 0:
        left -= len(need(s))
    return head


backend = Backend(serve)
g = Balancer([backend], '-cache', '-cache-size', '64m', '-n', '32', '-shutdown-timeout', '2s')
start, empty = g.rss(), stored()
rss = []


def mixed(seed, until):
    r = random.Random(seed)
    with g.connect(30) as s:
        while time.time() < until:
            size = int(10 ** (r.random() * 7.6)) if r.random() < 0.3 else r.choice([1, 100, 3000, 20000])
            drain(s, f'/{size}?{int(r.paretovariate(0.7)) % 20000}')


def run(target, *args, count=8):
    threads = [threading.Thread(target=target, args=(i, *args), daemon=True) for i in range(count)]
    for t in threads: t.start()
    while any(t.is_alive() for t in threads):
        rss.append(g.rss())
        time.sleep(0.5)


run(mixed, time.time() + SECS)
half = max(rss[:len(rss) // 2])
print('start', start, 'MiB; mixed: first half', half, 'MiB, second half', max(rss[len(rss) // 2:]), 'MiB;', control(b'cache'))
check('mixed: the store keeps to its limit', stored() <= 64 << 20, stored())
check('mixed: resident memory does not grow', max(rss[len(rss) // 2:]) <= half + 12, (half, max(rss[len(rss) // 2:])))
check('mixed: resident memory is the limit and a fixed sum', max(rss) <= start + 64 + 60, max(rss))

# Slow readers hold what others push out.
slow = []
for i in range(1000):
    s = g.connect(10, rcvbuf=4096)
    s.sendall(b'GET /900000?%d HTTP/1.1\r\nHost: h\r\n\r\n' % (i % 60))
    slow.append(s)
    if i % 100 == 0:
        rss.append(g.rss())
time.sleep(2)
run(mixed, time.time() + SECS / 3, count=4)
rss.append(g.rss())
print('1000 slow readers:', g.rss(), 'MiB, peak', max(rss), 'MiB;', control(b'cache'))
check('slow readers: what they hold counts', stored() <= 64 << 20, stored())
check('slow readers: resident memory stays bounded', max(rss) <= start + 64 + 220, max(rss))
with g.connect(10) as s:
    check('slow readers: others are served', b'200' in drain(s, '/77'))
for s in slow:
    reset(s)
for _ in range(100):
    if g.in_flight() == 0: break
    time.sleep(0.1)
print('after purge all:', control(b'purge all'), stored(), 'bytes')
for _ in range(50):
    if stored() <= empty: break
    time.sleep(0.1)
check('purge all gives back what was stored', stored() <= empty, (stored(), empty))

with g.connect(30) as s:
    for i in range(3000):
        drain(s, '/3000/vary', b'X-V: %d\r\n' % i)
    said = control(b'cache')
    check('variants: no more than 100 of one thing', int(said.split()[1]) <= 101, said)
    for i in range(1000):
        drain(s, f'/10/tags?{i}')
    said = control(b'cache')
    print('100,000 tags:', said, g.rss(), 'MiB')
    check('tags: 1,000 responses with 100 each are stored or not, within the limit', stored() <= 64 << 20, said)
    check('tags: each removes its own', control(b'purge tag t7-3').startswith('ok 1 '))
control(b'purge all')
check('purge all gives it back again', stored() <= empty, (stored(), empty))
for n in range(12):
    with g.connect(30) as s:
        for i in range(1000):
            drain(s, f'/10/tags?{n}x{i}')
    control(b'purge all')
    rss.append(g.rss())
check('tags: no growth over rounds', rss[-1] <= rss[-5] + 10, rss[-12:])
g.is_clean('after all')
print('fds', g.fds(), 'rss', g.rss(), 'MiB')
began = time.time()
g.process.terminate()
check('stops at once', g.process.wait(20) == 0 and time.time() - began < 1.5, time.time() - began)
finish()
