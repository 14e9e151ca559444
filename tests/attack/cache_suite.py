"""Plays the cases of tests/attack/cache against a proxy: cache_suite.py [binary]; or, another's, which has this origin behind it:
cache_suite.py --url http://127.0.0.1:PORT --origin PORT. Then: --only REGEX, --verbose, --json FILE, --family (a table). Standard library only.

Prints what fails and, by kind, how many passed. Pauses are real; many cases run at once, each with a path of its own.
"""
import argparse, json, os, re, socket, sys, time
from concurrent.futures import ThreadPoolExecutor

import cache_cases, kit
from cache_origin import Origin, Record, Script

RUN = '%x' % (time.time_ns() // 1000 % (1 << 40))


class Failed(Exception):
    pass


class SetupFailed(Exception):
    pass


class Answer:
    status, reason, fields, body, complete, interim = 0, '', [], b'', False, []

    def values(self, name):
        return [v for n, v in self.fields if n.lower() == name.lower()]

    def get(self, name):
        values = self.values(name)
        return ', '.join(values) if values else None

    @property
    def origin_step(self):
        text = self.get('X-From')
        return int(text) if text and text.isdigit() else None


class Play:
    """One case being played."""
    def __init__(self, case, number, proxy, origin):
        self.case, self.proxy, self.origin = case, proxy, origin
        self.path, self.host = f'/{RUN}-{number}', f'{proxy[0]}:{proxy[1]}'
        self.began, self.step, self.answer, self.record = int(time.time()), 0, None, None
        self.scripts, self.record = {}, Record()
        self.log = []

    def run(self):
        self.origin.records[self.path[1:]] = self.record
        lines, i = self.case.lines, 0
        while i < len(lines):
            word, _, rest = lines[i].partition(' ')
            i += 1
            if word == 'wait':
                time.sleep(float(rest))
            elif word == 'settle':
                time.sleep(1)
            elif word in ('=', '?'):
                is_setup = rest.endswith(' setup')
                try:
                    (self.expect if word == '=' else self.expect_asked)(rest.removesuffix(' setup').strip())
                except Failed as e:
                    text = f'step {self.step}: {lines[i - 1]}: {e}'
                    raise (SetupFailed if is_setup else Failed)(text) from None
            else:
                start = i
                while i < len(lines) and lines[i][0] in '<>':
                    i += 1
                self.ask(word, rest, lines[start:i])

    def ask(self, method, suffix, lines):
        self.step += 1
        fill = lambda text: cache_cases.fill(text, self.began, int(time.time()), self.path, self.host)
        fields, body = [('Host', self.host), ('X-Request-Id', str(self.step)), ('Connection', 'close')], b''
        defaults = [('Pragma', 'foo'), ('Cache-Control', 'nothing-to-see-here')]
        script = Script(self.step, f'answer {self.step} of {self.path}\n'.encode())
        for line in lines:
            mark, text = line[0], line[2:]
            if mark == '<':
                script.add(text)
                continue
            if text.startswith('@body'):
                body = cache_cases.content(text[6:])
                continue
            if text.startswith('!'):
                defaults = [f for f in defaults if f[0].lower() != text[1:].lower()]
                continue
            name, _, value = fill(text).partition(':')
            name, value = name.strip(), value.strip()
            if name.lower() == 'host':
                fields = [f for f in fields if f[0] != 'Host']
            if name.lower() == 'connection':
                fields, value = [f for f in fields if f[0] != 'Connection'], value + ', close'
            defaults = [f for f in defaults if f[0].lower() != name.lower()]
            fields.append((name, value))
        script.fill = fill
        self.record.scripts[self.step] = script
        if body:
            fields.append(('Content-Length', str(len(body))))
        elif method in ('POST', 'PUT', 'PATCH'):
            fields.append(('Content-Length', '0'))
        head = f'{method} {self.path}{suffix} HTTP/1.1\r\n' + ''.join(f'{n}: {v}\r\n' for n, v in fields + defaults) + '\r\n'
        self.answer = exchange(self.proxy, head.encode('latin-1') + body, method == 'HEAD')
        self.method = method
        self.asked = self.record.of(self.step)  # at the time of the answer
        a = self.answer
        self.log.append(f'{method} {suffix} -> {a.status} X-From {a.get("X-From")} Age {a.get("Age")} {a.get("Cache-Status") or ""} asked {len(self.asked)}')

    # What is expected of the answer.
    def expect(self, text):
        a, n = self.answer, self.step
        fill = lambda t: cache_cases.fill(t, self.began, int(time.time()), self.path, self.host)
        need = lambda holds, why: None if holds else fail(why)
        seen = f'status {a.status}, from {a.get("X-From")}, the origin was asked {len(self.asked)} times'
        if text.endswith(' if stored'):
            if not self.asked:
                self.expect(text.removesuffix(' if stored'))
        elif text == 'stored':
            need(not self.asked and a.origin_step in range(1, n), seen)
            self.whole(a.origin_step)
        elif text == 'origin':
            need(self.asked and a.origin_step in (n, None) and a.status == self.record.scripts[n].status, seen)
            self.whole(n)
        elif text == 'validated':
            need(any(r.conditional for r in self.asked), seen + (', unconditionally' if self.asked else ''))
            if a.origin_step:
                self.whole(a.origin_step)
        elif text == 'asked':
            need(self.asked, seen)
        elif m := re.fullmatch(r'from (\d+)', text):
            need(a.origin_step == int(m[1]), seen)
            self.whole(int(m[1]))
        elif text == 'any':
            need(a.status, 'no answer')
        elif m := re.fullmatch(r'any ([\d ]+)', text):
            need(str(a.status) in m[1].split(), seen)
        elif text == 'gateway':
            need(a.status >= 500 and a.origin_step is None, seen)
        elif re.fullmatch(r'\d{3}', text):
            need(a.status == int(text), seen)
        elif text == 'incomplete':
            need(not a.complete or a.status >= 500, f'{seen}: the answer ended in order')
        elif m := re.fullmatch(r'interim (\d+)', text):
            need(int(m[1]) in a.interim, f'{a.interim}')
        elif m := re.fullmatch(r'reason (.*)', text):
            need(a.reason == m[1], a.reason)
        elif m := re.fullmatch(r'lines (\S+) (\d+)', text):
            need(len(a.values(m[1])) == int(m[2]), a.values(m[1]))
        elif text.startswith('@body'):
            want = cache_cases.content(text[6:])
            need(a.complete and a.body == want, f'{seen}, {len(a.body)} bytes: {a.body[:60]}')
        elif m := re.fullmatch(r'range (.*)', text):
            whole = self.record.scripts[a.origin_step or n].body
            need(a.status == 416 or a.complete and a.body == (m[1].encode() if a.status == 206 else whole), f'{seen}, {a.body[:60]}')
        elif m := re.fullmatch(r'multirange (.*)', text):
            self.multirange(m[1].encode())
        elif m := re.fullmatch(r'not 200 with (.*)', text):
            need(a.status != 200 or a.body != m[1].encode(), seen)
        elif m := re.fullmatch(r'absent ([^:]+): ?(.*)', fill(text)):
            need(m[2] not in a.values(m[1]), f'{m[1]}: {a.values(m[1])}')
        elif m := re.fullmatch(r'!(\S+)', text):
            need(a.get(m[1]) is None, f'{m[1]}: {a.get(m[1])}')
        elif m := re.fullmatch(r'(\S+) (>=|<=) (\d+)', text):
            value = a.get(m[1]) or ('0' if m[2] == '<=' else '')
            need(value.isdigit() and (int(value) >= int(m[3]) if m[2] == '>=' else int(value) <= int(m[3])), f'{m[1]}: {a.get(m[1])}')
        elif m := re.fullmatch(r'([^:\s]+): ?(.*)', fill(text)):
            need(matches(a.get(m[1]), m[2]) or m[2] in a.values(m[1]), f'{seen}, {m[1]}: {a.get(m[1])}')
        else:
            raise SystemExit(f'{self.case}: what is "{text}"?')

    def whole(self, step):
        """An answer as the origin wrote it, status and content."""
        a, script = self.answer, self.record.scripts.get(step)
        if script and a.status == script.status and a.status != 304 and not script.is_cut and self.method != 'HEAD' and script.has_body and (not a.complete or a.body != script.body):
            fail(f'the content is not that of answer {step}: {len(a.body)} of {len(script.body)} bytes, {a.body[:60]}')

    def multirange(self, whole):
        a = self.answer
        if a.status == 200 and a.body == whole and a.complete:
            return
        parts = re.findall(rb'content-range: bytes (\d+)-(\d+)/16\r\n(?:[^\r]+\r\n)*\r\n(.*?)\r\n--', a.body, re.I | re.S)
        if a.status != 206 or not parts or any(whole[int(first):int(last) + 1] != part for first, last, part in parts):
            fail(f'status {a.status}, {a.get("Content-Type")}, {a.body[:200]}')

    def expect_asked(self, text):
        asked = self.record.of(self.step)
        if text == 'unasked':
            if asked:
                fail(f'the origin was asked {len(asked)} times')
        elif not asked:
            fail('the origin was not asked')
        elif text.startswith('!'):
            if any(r.get(text[1:]) is not None for r in asked):
                fail(f'the origin saw {text[1:]}: {asked[0].get(text[1:])}')
        elif text != 'asked':
            name, _, value = cache_cases.fill(text, self.began, int(time.time()), self.path, self.host).partition(':')
            if not any(matches(r.get(name), value.strip()) for r in asked):
                fail(f'the origin saw {name}: {asked[0].get(name)}')


def fail(why):
    raise Failed(why)


def matches(value, wanted):
    if value is None:
        return False
    return value == wanted or '*' in wanted and re.fullmatch('.*'.join(map(re.escape, wanted.split('*'))), value) is not None


def exchange(proxy, request, is_head):
    a = Answer()
    a.fields, a.interim = [], []
    try:
        with socket.create_connection(proxy, 20) as s:
            s.sendall(request)
            data = b''
            while True:
                while b'\r\n\r\n' not in data:
                    got = s.recv(65536)
                    if not got:
                        return a
                    data += got
                head, data = data.split(b'\r\n\r\n', 1)
                lines = head.decode('latin-1').split('\r\n')
                _, status, *reason = lines[0].split(' ', 2)
                if status[0] == '1':
                    a.interim.append(int(status))
                    continue
                break
            a.status, a.reason = int(status), reason[0] if reason else ''
            a.fields = [(n, v.strip()) for n, _, v in (line.partition(':') for line in lines[1:])]
            if is_head or a.status in (204, 304):
                a.complete = True
                return a
            read_body(s, a, data)
    except (OSError, ValueError):
        pass
    return a


def read_body(s, a, data):
    length = a.get('Content-Length')
    if (a.get('Transfer-Encoding') or '').lower() == 'chunked':
        while not re.search(rb'(?:^|\r\n)0+\r\n(?:[^\r]+\r\n)*\r\n$', data):
            got = s.recv(65536)
            if not got:
                break
            data += got
        a.body = b''
        while m := re.match(rb'([0-9a-fA-F]+)[^\r]*\r\n', data):
            size = int(m[1], 16)
            if size == 0:
                a.complete = True
                return
            a.body += data[m.end():m.end() + size]
            data = data[m.end() + size + 2:]
        return
    while length is None or len(data) < int(length):
        got = s.recv(1 << 18)
        if not got:
            break
        data += got
    a.body, a.complete = data, length is None or len(data) == int(length)


def play(case, number, proxy, origin):
    p = Play(case, number, proxy, origin)
    try:
        p.run()
        return 'passed', '', p.log
    except SetupFailed as e:
        return 'setup', str(e), p.log
    except Failed as e:
        return 'failed', str(e), p.log


def main():
    args = argparse.ArgumentParser(usage=__doc__)
    args.add_argument('binary', nargs='?', default=os.path.join(os.path.dirname(__file__), '../../bin/goaround'))
    for flag in ('--url', '--only', '--json', '--flags'):
        args.add_argument(flag, default='')
    args.add_argument('--origin', type=int, default=0)
    args.add_argument('--jobs', type=int, default=48)
    args.add_argument('--verbose', action='store_true')
    args.add_argument('--family', action='store_true')
    args = args.parse_args()
    cases = [case for case in cache_cases.load() if re.search(args.only, str(case))]
    origin, balancer = Origin(args.origin), None
    if args.url:
        host, port = re.fullmatch(r'http://([^:/]+):(\d+)/?', args.url).groups()
        proxy = host, int(port)
    else:
        kit.BINARY = args.binary
        balancer = kit.Balancer([f'http://127.0.0.1:{origin.port}'], '-cache', *args.flags.split())
        proxy = '127.0.0.1', balancer.port
    with ThreadPoolExecutor(args.jobs) as pool:
        results = list(pool.map(lambda c: play(c[1], c[0], proxy, origin), enumerate(cases)))
    report(cases, results, args)
    if balancer:
        balancer.__exit__()
    bad = any(result[0] == 'failed' and case.kind == 'required' for case, result in zip(cases, results))
    sys.stdout.flush()
    os._exit(1 if bad else 0)


def report(cases, results, args):
    words = {'required': 'FAIL', 'optional': 'MISS', 'check': 'NOTE'}
    for case, (outcome, why, log) in zip(cases, results):
        if outcome != 'passed' and (case.kind == 'required' or outcome == 'failed'):
            print((words[case.kind] if outcome == 'failed' else 'SKIP'), case, '\n       ', why)
            if args.verbose:
                print('         ' + '\n         '.join(log))
    groups = ['required', 'optional', 'check']
    if args.family:
        for family in dict.fromkeys(case.family for case in cases):
            line = []
            for kind in groups:
                mine = [r[0] for c, r in zip(cases, results) if c.kind == kind and c.family == family]
                line.append(f'{kind} {mine.count("passed")}/{len(mine)}' if mine else '')
            print(f'{family:34}' + ''.join(f'{text:20}' for text in line))
    for kind in groups:
        mine = [r[0] for c, r in zip(cases, results) if c.kind == kind]
        print(f'{kind:9} {mine.count("passed"):4} of {len(mine)} passed, {mine.count("failed")} failed, {mine.count("setup")} could not be asked')
    if args.json:
        with open(args.json, 'w', encoding='utf-8') as f:
            json.dump({str(c): r[0] + (': ' + r[1] if r[1] else '') for c, r in zip(cases, results)}, f, indent=1)


if __name__ == '__main__':
    main()
