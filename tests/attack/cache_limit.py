"""A cache of 62.7 MiB under a Zipf trace over ten times as much, a fifth of it a walk through what is asked for once: resident memory grows by the limit and no more than 5 %.
   REQUESTS=120000, eight times what fills it; 1000000 for the trace of decision 11."""
from kit import *
import bisect, itertools, math, random
from statistics import NormalDist

LIMIT_KIB, OBJECTS, CLIENTS, BATCH = 64204, 80_000, 4, 16
REQUESTS = int(os.environ.get('REQUESTS', 120_000))
SIZES = [int(math.exp(math.log(8192) - 0.5 + NormalDist().inv_cdf((i + 0.5) / 64))) for i in range(64)]  # log-normal, 8 KiB in the mean
WEIGHTS = list(itertools.accumulate(1 / i ** 0.9 for i in range(1, OBJECTS + 1)))
ANSWERS = [b'HTTP/1.1 200 OK\r\nContent-Length: %d\r\nCache-Control: %%s\r\n\r\n' % size for size in SIZES]
BODIES = [b'x' * size for size in SIZES]


def serve(s, head, rest):
    _, kind, size, _ = head.split(b' ')[1].split(b'/')
    s.sendall(ANSWERS[int(size)] % (b'no-store' if kind == b'no' else b'max-age=3600') + BODIES[int(size)])
    return rest


def ask(seed, kind, count):
    r, walk = random.Random(seed), itertools.count(OBJECTS * (seed + 1))
    with g.connect(30) as s:
        f = s.makefile('rb', 1 << 16)
        for _ in range(count // BATCH):
            ids = [next(walk) if r.random() < 0.2 else bisect.bisect(WEIGHTS, r.random() * WEIGHTS[-1]) for _ in range(BATCH)]
            s.sendall(b''.join(b'GET /%s/%d/%d HTTP/1.1\r\nHost: h\r\n\r\n' % (kind, (i * 2654435761 >> 26) % 64, i) for i in ids))
            for _ in ids:
                length = 0
                while (line := f.readline()) != b'\r\n':
                    if line.startswith(b'Content-Length'):
                        length = int(line[15:])
                f.read(length)


def run(kind, count):
    threads = [threading.Thread(target=ask, args=(i, kind, count // CLIENTS), daemon=True) for i in range(CLIENTS)]
    for t in threads: t.start()
    most = 0
    while any(t.is_alive() for t in threads):
        most = max(most, kib())
        time.sleep(0.2)
    return max(most, kib())


def kib(): return int(re.search(r'VmRSS:\s+(\d+)', open(f'/proc/{g.pid}/status').read())[1])


backend = Backend(serve)
g = Balancer([backend], '-cache', '-cache-size', f'{LIMIT_KIB}k', '-shutdown-timeout', '2s')
run(b'no', 4000)
before = kib()
most = run(b'yes', REQUESTS)
stored = float(g.metrics('^goaround_cache_bytes')[0].split()[-1]) / 1024
print(f'before {before} KiB, then at most {most}, at the end {kib()}: {(most - before) / LIMIT_KIB:.3f} and {(kib() - before) / LIMIT_KIB:.3f} of the limit; {stored / LIMIT_KIB:.3f} of it used')
check('the trace fills the cache', stored > 0.9 * LIMIT_KIB, stored)
check('resident memory grows by the limit and no more than 5 %', most - before <= 1.05 * LIMIT_KIB, (most - before) / LIMIT_KIB)
g.process.terminate()
check('stops', g.process.wait(20) == 0)
finish()
