"""The cases of tests/attack/cache: their format (cache/README.md), and dates and values in them. Standard library only."""
import glob, os, re, time

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'cache')
DAYS, MONTHS = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'], ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
VALUES = {'content-type': ('text/plain', 'text/css'), 'expires': ('{t+100}', '{t+200}'), 'set-cookie': ('a=1', 'a=2'), 'content-location': ('/one', '/two'),
          'strict-transport-security': ('max-age=1', 'max-age=2'), 'link': ('</one>; rel=x', '</two>; rel=x')}


class Case:
    def __init__(self, family, kind, section, title, lines):
        self.family, self.kind, self.section, self.title, self.lines = family, kind, section, title, lines

    def __str__(self):
        return f'{self.family}: {self.title} [{self.kind}, RFC {self.section}]'


def load():
    cases = []
    for path in sorted(glob.glob(FOLDER + '/*.cases')):
        family = rfc = None
        for block in re.split(r'\n(?=case |== )', '\n' + open(path, encoding='utf-8').read()):
            lines = [line.strip() for line in block.strip().split('\n') if line.strip()]
            if not lines:
                continue
            if lines[0].startswith('== '):
                family, rfc = lines[0][3:].split(' | ')
                continue
            kind, section, title = re.fullmatch(r'case (required|optional|check) (\S+): (.*)', lines[0]).groups()
            section = section if '/' in section else rfc + '/' + section
            each = [line for line in lines if line.startswith('each ')]
            body = [line for line in lines[1:] if not line.startswith('each ')]
            for values in expand(each):
                put = lambda text: re.sub(r'\$([A-Z]+)\b', lambda m: values.get(m[1], m[0]), text)
                name = put(title)
                if name == title and values:
                    name += ' (' + ', '.join(values.values()) + ')'
                cases.append(Case(family, kind, section, name, [put(line) for line in body]))
    titles = [str(case) for case in cases]
    doubled = {title for title in titles if titles.count(title) > 1}
    if doubled:
        raise SystemExit(f'named twice: {doubled}')
    return cases


def expand(each):
    if not each:
        return [{}]
    names, sets = each[0][5:].split(' = ', 1)
    names = names.split(' -> ')
    result = []
    for values in sets.split(' | '):
        values = [value.strip() for value in values.split(' -> ')]
        assert len(values) == len(names), each
        result.append(dict(zip(names, values)))
    return result


def date(form, seconds):
    t = time.gmtime(seconds)
    clock, day, month = time.strftime('%H:%M:%S', t), DAYS[t.tm_wday], MONTHS[t.tm_mon - 1]
    if form == 'rfc850':
        return f'{day}, {t.tm_mday:02}-{month}-{t.tm_year % 100:02} {clock} GMT'
    if form == 'asctime':
        return f'{day[:3]} {month} {t.tm_mday:2} {clock} {t.tm_year}'
    return f'{day[:3]}, {t.tm_mday:02} {month} {t.tm_year} {clock} GMT'


def fill(text, began, now, path, host):
    """The text with dates and values in the place of what stands in braces."""
    def value(m):
        word, sign, number = m[1], m[2], int(m[3] or 0)
        if word.startswith(('v1 ', 'v2 ')):
            field = word[3:].lower()
            return fill(VALUES.get(field, ('one', 'two'))[word[1] == '2'], began, now, path, host)
        if word in ('path', 'host'):
            return path if word == 'path' else host
        base = began if word == 't' else now
        return date(word, base - number if sign == '-' else base + number)
    return re.sub(r'\{(v[12] [^}]*|[a-z0-9]+)(?:([+-])(\d+))?\}', lambda m: m[0] if m[1].isdigit() else value(m), text)


def content(text):
    """A content: `{N}` is N bytes that differ from place to place."""
    m = re.fullmatch(r'\{(\d+)\}', text)
    if not m:
        return text.encode('latin-1')
    size = int(m[1])
    return b''.join(b'%07d ' % i for i in range(size // 8 + 1))[:size]
