"""The tables: one a scenario while a run goes on, and the page of ratios at its end."""
import datetime
import json
import os

from figures import Figures, median, read_rows, targets
from scenarios import BY_NAME, SCENARIOS

NAMES = {"nginx": "nginx", "haproxy": "HAProxy", "varnish": "Varnish", "yarp": "YARP", "goaround": "goaround", "before": "before", "haproxy-tcp": "HAProxy TCP"}


class Results:
    """A folder of raw figures: NAME.tsv for each scenario, what is missing in NAME.json, and the machine in about.json."""

    def __init__(self, folder):
        self.folder = folder
        self.figures = {}
        self.notes = {}
        with open(os.path.join(folder, "about.json"), encoding="utf-8") as about:
            self.about = json.load(about)
        order = [scenario.name for scenario in SCENARIOS] + ["ad-hoc"]
        for name in order:
            if os.path.exists(os.path.join(folder, name + ".json")):
                with open(os.path.join(folder, name + ".json"), encoding="utf-8") as notes:
                    self.notes[name] = json.load(notes)
                self.figures[name] = Figures(read_rows(os.path.join(folder, name + ".tsv")))

    def title(self, name):
        """In words."""
        return self.notes[name]["title"]


def _number(value, digits=1):
    return "-" if value is None else f"{value:,.{digits}f}"


def _ratio(value):
    return "-" if value is None else f"{value:.2f}"


def scenario_table(name, figures, notes):
    """Plain text, for who watches."""
    kind = notes["kind"]
    if kind == "idle":
        columns = [("RSS KiB/client", "rss_kib", 2), ("PSS KiB/client", "pss_kib", 2)]
        headline = "rss_kib"
    elif kind == "start":
        columns = [("ms to answer", "start_ms", 1), ("CPU us", "cpu_us", 0)]
        headline = "start_ms"
    else:
        columns = [("CPU us", "cpu_us", 1), ("user", "user_us", 1), ("system", "system_us", 1)]
        headline = "cpu_us"
    others = [peer for peer in ("nginx", "haproxy", "varnish", "before") if peer in figures.proxies]
    lines = [f"{name}: {notes['title']}, per {notes['unit']}" + (f" ({notes['note']})" if notes["note"] else "")]
    head = [f"{'proxy':<12}"] + [f"{title:>14}" if len(title) > 9 else f"{title:>9}" for title, _, _ in columns] + [f"{'spread':>8}"]
    head += [f"{'x ' + NAMES[peer]:>10}" for peer in others]
    loaded = kind not in ("idle", "start")
    if loaded:
        head += [f"{text:>9}" for text in ("rate/s", "p50 us", "p99 us", "p99.9 us", "RSS MiB", "PSS MiB")]
    head.append(f"{'errors':>7}")
    if loaded:
        head += [f"{'dials':>7}", f"{'fetches':>9}"]
    lines.append(" ".join(head))
    for proxy in figures.proxies:
        row = [f"{proxy:<12}"]
        for title, column, digits in columns:
            row.append(f"{_number(figures.median(proxy, column), digits):>{14 if len(title) > 9 else 9}}")
        row.append(f"{spread(figures, proxy, headline):>8}")
        row += [f"{_ratio(figures.ratio(proxy, peer, headline)):>10}" for peer in others]
        if loaded:
            row += [f"{_number(figures.median(proxy, column), 0):>9}" for column in ("rate", "p50_us", "p99_us", "p999_us")]
            row += [f"{_number(_mebibytes(figures.median(proxy, column)), 1):>9}" for column in ("rss_kib", "pss_kib")]
        row.append(f"{figures.total(proxy, 'errors'):>7.0f}")
        if loaded:
            row += [f"{figures.total(proxy, 'dials'):>7.0f}", f"{figures.total(proxy, 'fetches'):>9.0f}"]
        lines.append(" ".join(row))
    lines += [f"not measured: {proxy}: {why}" for proxy, why in notes["missing"].items()]
    return "\n".join(lines) + "\n"


def _mebibytes(kibibytes):
    return None if kibibytes is None else kibibytes / 1024


def spread(figures, proxy, column):
    """Half of what lies between the lowest and the highest turn, as a share of the median."""
    values = figures.values(proxy, column)
    middle = median(values) if values else 0
    return f"+-{(max(values) - min(values)) / 2 / middle * 100:.0f} %" if middle else "-"


def target_lines(results):
    """(target, what was reached, met) for each target; met is None where it was not measured."""
    found = []
    for target in targets():
        reached = target.reached(results.figures)
        found.append((target, reached, None if reached is None else reached <= target.limit))
    return found


def targets_text(results):
    """Plain text, of the scenarios that were measured."""
    lines = []
    for target, reached, met in target_lines(results):
        if target.scenario in results.figures and reached is not None:
            lines.append(f"{'met    ' if met else 'NOT met'} {target.scenario:<18} {reached:7.2f}, at most {target.limit:g}: {target.words}")
    return "\n".join(lines) + "\n" if lines else ""


def page(results):
    """bench/results.md."""
    about = results.about
    lines = ["# The comparison, measured", "",
             "Written by `make bench`; how it measures, and what the columns mean, stands in [README.md](README.md), why the figures are what they are in",
             "[docs/performance.md](../docs/performance.md).", "",
             f"* {about['begun']} to {about['ended']} UTC, {about['machine']}",
             f"* {about['versions']}",
             f"* {about['rounds']} turns each, medians; ± is half of what lies between the lowest turn and the highest", "",
             "![CPU per request](results.svg)", "", "## Targets", "",
             "| scenario | goaround's | at most | reached | |", "|---|---|---|---|---|"]
    for target, reached, met in target_lines(results):
        word = "not measured" if met is None else "met" if met else "**not met**"
        lines.append(f"| {target.scenario} | {target.words} | {target.limit:g} | {_ratio(reached)} | {word} |")
    lines += ["", "## CPU", "", "CPU microseconds of the whole process tree, user and system, for each unit. Ratios are goaround's to the other's: below 1 goaround is cheaper.", "",
              "| scenario | unit | goaround | nginx | HAProxy | Varnish | HAProxy TCP | YARP | to nginx | to HAProxy | to the best of them |", "|---|---|---|---|---|---|---|---|---|---|---|"]
    for name, figures in results.figures.items():
        if results.notes[name]["kind"] in ("idle", "start"):
            continue
        cells = [f"{_number(figures.median(proxy, 'cpu_us'))} {spread(figures, proxy, 'cpu_us').replace('+-', '±')}" if proxy in figures.proxies else "" for proxy in
                 ("goaround", "nginx", "haproxy", "varnish", "haproxy-tcp", "yarp")]
        best, mine = figures.best("cpu_us"), figures.median("goaround", "cpu_us")
        ratios = [_ratio(figures.ratio("goaround", peer, "cpu_us")) for peer in ("nginx", "haproxy")] + [_ratio(mine / best if mine and best else None)]
        lines.append(f"| {results.title(name)} | {results.notes[name]['unit']} | " + " | ".join(cells + ratios) + " |")
    lines += ["", "## Throughput, latency and memory", "",
              "On a machine with few cores the load generator and the backend take their share of it, so a rate says what is left for the proxy. Latency as the clients saw it.", "",
              "| scenario | proxy | units/s | p50 µs | p99 µs | p99.9 µs | RSS MiB | PSS MiB | errors |", "|---|---|---|---|---|---|---|---|---|"]
    for name, figures in results.figures.items():
        if results.notes[name]["kind"] in ("idle", "start"):
            continue
        for index, proxy in enumerate(figures.proxies):
            cells = [_number(figures.median(proxy, column), 0) for column in ("rate", "p50_us", "p99_us", "p999_us")]
            cells += [_number(_mebibytes(figures.median(proxy, column))) for column in ("rss_kib", "pss_kib")]
            lines.append(f"| {results.title(name) if index == 0 else ''} | {NAMES[proxy]} | " + " | ".join(cells) + f" | {figures.total(proxy, 'errors'):,.0f} |")
    lines += _idle_and_start(results) + _missing(results)
    return "\n".join(lines) + "\n"


def _idle_and_start(results):
    lines = []
    for name, head, columns in (("idle-10000", "| proxy | RSS KiB a client | PSS KiB a client | errors |", (("rss_kib", 2), ("pss_kib", 2))),
                                ("start", "| proxy | ms to the first answer | CPU ms till then | errors |", (("start_ms", 1), ("cpu_ms", 0)))):
        if name not in results.figures:
            continue
        figures = results.figures[name]
        lines += ["", f"## {results.title(name)[0].upper()}{results.title(name)[1:]}", "", head, "|---|---|---|---|"]
        for proxy in figures.proxies:
            cells = []
            for column, digits in columns:
                value = figures.median(proxy, "cpu_us") / 1000 if column == "cpu_ms" else figures.median(proxy, column)
                cells.append(_number(value, digits) + ("" if column == "cpu_ms" else " " + spread(figures, proxy, column).replace("+-", "±")))
            lines.append(f"| {NAMES[proxy]} | " + " | ".join(cells) + f" | {figures.total(proxy, 'errors'):,.0f} |")
    return lines


def _missing(results):
    lines = []
    for name, notes in results.notes.items():
        lines += [f"* {notes['title']}: {NAMES.get(proxy, proxy)}: {why}" for proxy, why in notes["missing"].items()]
        if notes["note"]:
            lines.append(f"* {notes['title']}: {notes['note']}")
    lines += [f"* {scenario.title}: not in this run" for scenario in SCENARIOS if scenario.name not in results.notes]
    return ["", "## Not measured, and notes", "", *lines] if lines else []


def now():
    """To the minute, UTC."""
    return datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M")


def is_whole(results):
    """Whether every scenario was run at full length by everybody."""
    return set(BY_NAME) <= set(results.figures) and results.about["full"]
