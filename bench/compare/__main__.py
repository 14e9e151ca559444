"""nginx, HAProxy, Varnish, YARP and goaround side by side on this machine. What it is told stands in bench/README.md.

`python3 bench/compare` measures; `python3 bench/compare report FOLDER` writes bench/results.md and bench/results.svg from a folder of raw figures.
"""
import json
import os
import platform
import signal
import sys
import time

import chart
import report
from figures import Figures, write_rows
from proxies import versions
from processes import raise_descriptor_limit
from scenarios import chosen
from settings import Settings
from turns import COLUMNS, Turns

BENCH = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def main():
    """Measures what was asked for, and says what came of it."""
    os.chdir(os.path.dirname(BENCH))
    if sys.argv[1:2] == ["report"]:
        return write_page(report.Results(sys.argv[2]))
    settings = Settings()
    if not os.path.exists("/proc/self/smaps_rollup"):
        raise SystemExit("bench: CPU times and memory are read from /proc, which this system has not")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(130))
    descriptors = raise_descriptor_limit()
    scenarios = chosen(settings)
    folder = settings.results or os.path.join("bench", "results", time.strftime("%Y%m%dT%H%M%SZ", time.gmtime()))
    os.makedirs(folder, exist_ok=True)
    about = load_about(folder, settings)
    say(f"{about['machine']}\n{about['versions']}\n{settings.rounds} turns, {len(scenarios)} scenarios, about {minutes(scenarios, settings)} minutes\n")
    for scenario in scenarios:
        outcome = Turns(scenario, settings, descriptors).run()
        notes = {"title": scenario.title, "unit": scenario.unit, "kind": scenario.kind, "missing": outcome.missing, "note": outcome.note}
        write_rows(os.path.join(folder, scenario.name + ".tsv"), COLUMNS, outcome.rows)
        with open(os.path.join(folder, scenario.name + ".json"), "w", encoding="utf-8") as out:
            json.dump(notes, out)
        about["ended"] = report.now()
        with open(os.path.join(folder, "about.json"), "w", encoding="utf-8") as out:
            json.dump(about, out)
        say(report.scenario_table(scenario.name, Figures(outcome.rows), notes))
    results = report.Results(folder)
    say(report.targets_text(results))
    with open(os.path.join(folder, "results.md"), "w", encoding="utf-8") as out:
        out.write(report.page(results))
    say(f"raw figures: {folder}")
    if report.is_whole(results):
        write_page(results)
    return 0


def say(text):
    """Printed at once, whoever reads."""
    print(text, flush=True)


def write_page(results):
    """The page and the picture that are checked in."""
    with open(os.path.join(BENCH, "results.md"), "w", encoding="utf-8") as out:
        out.write(report.page(results))
    with open(os.path.join(BENCH, "results.svg"), "w", encoding="utf-8") as out:
        out.write(chart.draw(results))
    say("written: bench/results.md, bench/results.svg")
    return 0


def load_about(folder, settings):
    """What the folder's run knows of itself: several calls with one RESULTS are one run."""
    path = os.path.join(folder, "about.json")
    begun = report.now()
    full = not (settings.quick or settings.turns or settings.seconds or settings.proxies or settings.ad_hoc or settings.before)
    if os.path.exists(path):
        with open(path, encoding="utf-8") as old:
            about = json.load(old)
        begun, full = about["begun"], full and about["full"]
    with open("/proc/cpuinfo", encoding="utf-8") as cpus:
        model = next((line.partition(":")[2].strip() for line in cpus if line.startswith("model name")), platform.machine())
    return {"begun": begun, "ended": report.now(), "full": full, "rounds": settings.rounds,
            "machine": f"{model}, {os.cpu_count()} cores, Linux {platform.release()}, load before {os.getloadavg()[0]:.1f}",
            "versions": versions(("nginx", "haproxy", "varnish", "yarp", "goaround"), settings)}


def minutes(scenarios, settings):
    """How long it will take, roughly."""
    seconds = 0
    for scenario in scenarios:
        each = {"idle": 7, "start": 1, "window": scenario.seconds + 2.6}.get(scenario.kind, scenario.seconds + 1.6)
        seconds += 6 + len(scenario.proxies) * (settings.rounds + 1) * each
    return max(1, round(seconds / 60))


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
