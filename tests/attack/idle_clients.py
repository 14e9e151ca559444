"""Many idle clients: what one costs in memory, of those that said nothing, those that made a request, and those that stopped in the middle of a head or a body; plain and over TLS.
   The bounds are for the balancer's whole resident memory, so with the runtime's slack."""
from kit import *
import resource, shutil, ssl

COUNT = int(os.environ.get('CLIENTS', '10000'))
TLS_COUNT = int(os.environ.get('TLS_CLIENTS', '2000'))
soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
COUNT = min(COUNT, hard * 3 // 4 - 500)
GET = b'GET / HTTP/1.1\r\nHost: h\r\nUser-Agent: idle\r\nAccept: */*\r\n\r\n'


def serve(s, head, rest):
    s.sendall(ok())
    return rest


def rss_kb(g):
    return int(re.search(r'VmRSS:\s+(\d+)', open(f'/proc/{g.pid}/status').read())[1])


def settled(g):
    """Lowest resident memory over a while."""
    low = rss_kb(g)
    for _ in range(6):
        time.sleep(0.5)
        low = min(low, rss_kb(g))
    return low


def open_all(g, count, data, answer, context=None):
    clients = []
    for i in range(count):
        s = g.connect(timeout=20)
        if context:
            s = context.wrap_socket(s, server_hostname='localhost')
        if data:
            s.sendall(data)
        if answer:
            got = b''
            while not got.endswith(b'ok'):
                piece = s.recv(4096)
                if not piece:
                    raise SystemExit('closed: ' + repr(got))
                got += piece
        clients.append(s)
    return clients


def measure(name, bound_kb, count, data, answer, flags=(), context=None, backends=()):
    with Balancer(backends, '-n', '100', *flags) as g:
        for s in open_all(g, 200, GET, True, context):  # what the runtime takes once
            s.close()
        time.sleep(0.5)
        before = settled(g)
        clients = open_all(g, count, data, answer, context)
        after = settled(g)
        each = (after - before) / count
        print(f'     {name}: {count} clients, {before // 1024} MiB before, {after // 1024} MiB after, {each:.2f} KiB a client')
        check(f'{name}: under {bound_kb} KiB a client', each < bound_kb, f'{each:.2f} KiB')
        alive = 0
        for s in (clients[0], clients[len(clients) // 2], clients[-1]):
            if not answer and data:
                continue
            s.sendall(GET)
            alive += s.recv(4096).startswith(b'HTTP/1.1 200')
        check(f'{name}: they are still served', alive == 3 or (data and not answer), alive)
        check(f'{name}: no busy loop', g.cpu() < 0.2)
        for s in clients:
            s.close()


backend = Backend(serve)
measure('silent', 5, COUNT, b'', False, backends=[backend])
measure('after a request', 5, COUNT, GET, True, backends=[backend])
measure('in the middle of a head', 9, COUNT // 2, GET[:-2], False, backends=[backend])
folder = scratch('idle')
if shutil.which('openssl'):
    subprocess.run(['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', folder + '/key', '-out', folder + '/cert',
                    '-subj', '/CN=localhost', '-days', '2'], check=True, stderr=subprocess.DEVNULL)
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    flags = ('-cacert', folder + '/cert', '-privkey', folder + '/key')
    try:
        measure('TLS, after a request', 40, TLS_COUNT, GET, True, flags, context, [backend])
    except OSError as e:
        check('TLS clients', False, e)
finish()
