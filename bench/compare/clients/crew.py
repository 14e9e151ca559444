"""A crew of processes that do the same until the time is up; their figures are added up and printed as one line."""
import os
import pickle
import sys
import time


def run(members, seconds, work):
    """Forks `members` processes; `work(until)` returns (units, latencies in seconds, errors)."""
    begin = time.monotonic() + 0.1 + members * 0.002
    until = begin + seconds
    pipes = []
    for _ in range(members):
        reader, writer = os.pipe()
        if os.fork() == 0:
            os.close(reader)
            time.sleep(max(0, begin - time.monotonic()))
            result = work(until)
            with os.fdopen(writer, "wb") as out:
                pickle.dump(result, out)
            os._exit(0)
        os.close(writer)
        pipes.append(reader)
    units, latencies, errors = 0, [], 0
    for reader in pipes:
        with os.fdopen(reader, "rb") as source:
            some, took, wrong = pickle.load(source)
        units += some
        latencies += took
        errors += wrong
    while True:
        try:
            os.wait()
        except ChildProcessError:
            break
    duration = time.monotonic() - begin
    latencies.sort()

    def at(share):
        return f"{latencies[min(len(latencies) - 1, int(len(latencies) * share))] * 1e6:.0f}" if latencies else "-"

    print(f"RESULT {units} {duration:.6f} {at(0.5)} {at(0.99)} {at(0.999)} {errors}")
    sys.stdout.flush()
