"""The picture of the README: CPU for each unit, three bars a scenario, in colours that a light page and a dark one both take."""
from xml.sax.saxutils import escape

SHOWN = ("keepalive-64", "keepalive-1000", "keepalive-5000", "tls-64", "handshake-full", "close-64", "body-10k", "body-1m", "cached-small")
BARS = (("goaround", "goaround"), ("nginx", "nginx"), ("haproxy", "HAProxy"))
WIDTH, LABELS, BAR, GAP, TOP, MOST = 760, 236, 11, 9, 62, 440

STYLE = """
  text { font: 12px system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; fill: #24292f }
  .title { font-size: 15px; font-weight: 600 } .small { font-size: 10.5px; fill: #57606a } .value { font-size: 10px; fill: #57606a }
  .goaround { fill: #1a7f5a } .nginx { fill: #b8c0c8 } .haproxy { fill: #8c96a0 } .line { stroke: #d0d7de } .ground { fill: #ffffff }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 } .small, .value { fill: #9da7b1 }
    .goaround { fill: #3fb98a } .nginx { fill: #4a535d } .haproxy { fill: #6e7883 } .line { stroke: #30363d } .ground { fill: #0d1117 }
  }
"""


def draw(results):
    """SVG 1.1, with no font and no image from elsewhere. In each scenario the longest bar has the full length."""
    names = [name for name in SHOWN if name in results.figures and results.figures[name].proxies]
    row = len(BARS) * BAR + GAP
    height = TOP + len(names) * row + 22
    about = results.about
    lines = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" viewBox="0 0 {WIDTH} {height}" role="img" aria-label="CPU time per request">',
             f"<style>{STYLE}</style>",
             f'<rect class="ground" width="{WIDTH}" height="{height}" rx="6"/>',  # so that it can be read where nobody asks for the page's colours
             '<text class="title" x="8" y="22">CPU time per request, microseconds: shorter is cheaper</text>']
    x = 8
    for name, words in BARS:
        lines += [f'<rect class="{name}" x="{x}" y="34" width="10" height="10" rx="2"/>', f'<text class="small" x="{x + 15}" y="43">{words}</text>']
        x += 30 + 7 * len(words)
    for index, name in enumerate(names):
        lines += _row(results, name, TOP + index * row)
    lines += [f'<line class="line" x1="{LABELS}" x2="{LABELS}" y1="{TOP - 4}" y2="{TOP + len(names) * row - GAP + 4}"/>',
              f'<text class="small" x="8" y="{height - 8}">{escape(_footer(about))}</text>', "</svg>"]
    return "\n".join(lines) + "\n"


def _footer(about):
    machine = about["machine"].partition(", Linux")[0]
    drawn = [version.partition("-")[0] for version in about["versions"].split(", ") if version.split()[0] in ("nginx", "HAProxy", "goaround")]
    return f"{about['ended'][:10]}, {machine}; {', '.join(drawn)}; medians of {about['rounds']} turns, all in one run: make bench"


def _row(results, name, y):
    figures = results.figures[name]
    unit = results.notes[name]["unit"]
    label = results.title(name) + (f" (per {unit})" if unit == "MB" else "")
    lines = [f'<text x="{LABELS - 10}" y="{y + len(BARS) * BAR / 2 + 4:.0f}" text-anchor="end">{escape(label)}</text>']
    values = {bar: figures.median(bar, "cpu_us") for bar, _ in BARS}
    most = max((value for value in values.values() if value is not None), default=1)
    for index, (bar, _) in enumerate(BARS):
        value = values[bar]
        if value is None:
            continue
        length = value / most * MOST
        at = y + index * BAR
        lines += [f'<rect class="{bar}" x="{LABELS}" y="{at}" width="{length:.1f}" height="{BAR - 1}" rx="1.5"/>',
                  f'<text class="value" x="{LABELS + length + 5:.1f}" y="{at + BAR - 2}">{value:,.1f}</text>']
    return lines
