"""A backend of storm.py, a process of its own: answers right, or fails in one of all the ways there are, by a seeded dice. Arguments: port, the cap it is promised, a folder, a seed.
   It writes down each POST it has wholly received, and whether it ever carried more requests than the cap for longer than a reset takes."""
import asyncio, os, random, sys, zlib
port, N, folder, seed = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], int(sys.argv[4])
dice = random.Random(seed)
log = os.open(f'{folder}/posts.{port}', os.O_WRONLY | os.O_APPEND | os.O_CREAT)
alog = os.open(f'{folder}/over.{port}', os.O_WRONLY | os.O_APPEND | os.O_CREAT)
inflight = {}

def content(id):
    n = zlib.crc32(id.encode())
    size = [30, 300, 3000, 40000][n % 4] if n % 37 else 400000
    if '/big' in id: size = 300000
    unit = (id + ';').encode()
    return unit * (size // len(unit) + 1) + b'.'

class Gone(Exception): pass

class Link(asyncio.Protocol):
    def connection_made(self, t):
        self.t, self.buf, self.more, self.drain, self.eof = t, bytearray(), asyncio.Event(), asyncio.Event(), False
        self.drain.set()
        self.busy = False
        self.task = asyncio.ensure_future(self.run())
    def connection_lost(self, e):
        inflight.pop(id(self), None)
        self.eof = True; self.more.set(); self.drain.set()
        self.task.cancel()
    def eof_received(self):
        self.eof = True; self.more.set()
        return False
    def data_received(self, d):
        self.buf += d; self.more.set()
        if len(self.buf) > 1 << 20: self.t.pause_reading()
    def pause_writing(self): self.drain.clear()
    def resume_writing(self): self.drain.set()
    async def need(self):
        while True:
            self.more.clear()
            self.t.resume_reading()
            if self.eof: raise Gone
            n = len(self.buf)
            await self.more.wait()
            if len(self.buf) > n: return
            if self.eof: raise Gone
    async def until(self, mark):
        while (i := self.buf.find(mark)) < 0: await self.need()
        r = bytes(self.buf[:i]); del self.buf[:i + len(mark)]
        return r
    async def exact(self, n):
        while len(self.buf) < n: await self.need()
        r = bytes(self.buf[:n]); del self.buf[:n]
        return r
    async def put(self, d):
        for i in range(0, len(d), 65536):
            self.t.write(d[i:i+65536])
            await self.drain.wait()
            if self.t.is_closing(): raise Gone
    async def run(self):
        try:
            while True:
                head = (await self.until(b'\r\n\r\n')).decode('latin1')
                lines = head.split('\r\n')
                method, target, _ = lines[0].split(' ')
                f = {k.lower(): v.strip() for k, v in (l.split(':', 1) for l in lines[1:])}
                if target == '/health':
                    self.t.write(b'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'); continue
                inflight[id(self)] = target
                if len(inflight) > N: asyncio.get_running_loop().call_later(0.3, self.sustained, set(inflight))
                keep = await self.serve(method, target, f)
                inflight.pop(id(self), None)
                if not keep:
                    self.t.close(); return
        except (Gone, asyncio.CancelledError, ConnectionError):
            pass
        except Exception as e:
            os.write(alog, f'backend error {e!r}\n'.encode())
        finally:
            inflight.pop(id(self), None); self.t.close()
    def sustained(self, then):
        still = then & set(inflight)
        if len(still) > N: os.write(alog, f'{len(still)} in flight\n'.encode())
    async def serve(self, method, target, f):
        p = target
        d = dice.randrange(100) if '/calm' not in target else 99
        if d == 0: return False                      # close at once, request partly unread
        if d == 1: self.t.abort(); return False
        if 'upgrade' in f:
            await self.put(b'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: ' + f['upgrade'].encode() + b'\r\n\r\n')
            while True:
                await self.need() if not self.buf else None
                b = bytes(self.buf); self.buf.clear()
                await self.put(b)
        early = d in (2, 3)
        if early and method == 'POST':
            c = b'early:' + p.encode()
            await self.put(b'HTTP/1.1 200 OK\r\nX-Id: ' + p.encode() + b'\r\nContent-Length: %d\r\n\r\n' % len(c) + c)
            if d == 2: return False
        elif f.get('expect'):
            await self.put(b'HTTP/1.1 100 Continue\r\n\r\n')
        crc, n = 0, 0
        if 'chunked' in f.get('transfer-encoding', ''):
            while True:
                size = int((await self.until(b'\r\n')).split(b';')[0], 16)
                if size == 0:
                    while await self.until(b'\r\n'): pass
                    break
                b = await self.exact(size); await self.exact(2)
                crc = zlib.crc32(b, crc); n += size
        else:
            left = int(f.get('content-length', '0'))
            while left:
                if not self.buf: await self.need()
                b = bytes(self.buf[:left]); del self.buf[:left]
                left -= len(b); crc = zlib.crc32(b, crc); n += len(b)
        if method == 'POST': os.write(log, (p + '\n').encode())
        if early and method == 'POST': return True
        if '/hold' in p: await asyncio.sleep(1.5)
        c = content(p) if method == 'GET' else b'%s %d %d' % (p.encode(), n, crc)
        id_ = b'X-Id: ' + p.encode() + b'\r\n'
        ok = b'HTTP/1.1 200 OK\r\n' + id_
        sized = ok + b'Content-Length: %d\r\n\r\n' % len(c)
        chunk = lambda x: b'%x\r\n%s\r\n' % (len(x), x)
        ch = ok + b'Transfer-Encoding: chunked\r\n\r\n'
        half = c[:len(c) // 2]
        if d == 4: self.t.abort(); return False
        if d == 5: return False
        if d == 6: await self.put(sized + half); return False
        if d == 7: await self.put(ch + chunk(half)); return False
        if d == 8: await self.put(ch + chunk(half) + b'zz\r\npoison'); return False
        if d == 9: await self.put(ch + chunk(c)[:-1] + b'x0\r\n\r\n'); return False
        if d == 10: await self.put(sized + half); self.t.abort(); return False
        if d == 11: await asyncio.sleep(5); return False
        if d == 12: await self.put(sized + half); await asyncio.sleep(5); return False
        if d == 13: await self.put(b'HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n' * 50); await self.put(sized + c); return True
        if d == 14: await self.put(b'HTTP/1.1 102 Processing\r\n\r\n' * 300); return False
        if d == 15 and len(c) < 4000: await self.put(sized + c + b'HTTP/1.1 200 OK\r\nX-Id: poison\r\nContent-Length: 6\r\n\r\npoison'); return True
        if d == 16: await self.put(b'SSH-2.0-x\r\n\r\n'); return False
        if d == 17: await self.put(ok + b'Content-Length: 1\r\nContent-Length: %d\r\n\r\n' % len(c) + c); return False
        if d == 18: await self.put(sized + c); return False
        if d == 19: await self.put(sized + c); self.t.abort() if len(c) < 4000 else None; return False
        if d == 20: await self.put(ok + b'Connection: close\r\n\r\n' + c); return False
        if d < 50: await self.put(ch + chunk(half) + chunk(c[len(half):]) + b'0\r\nX-T: t\r\n\r\n') if half else await self.put(sized + c)
        else: await self.put(sized + c)
        return True

async def main():
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Link, '127.0.0.1', port, reuse_address=True, backlog=4096)
    await server.serve_forever()


asyncio.run(main())
