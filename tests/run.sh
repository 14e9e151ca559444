#!/bin/sh
# Restores, builds and runs every test project; the last line counts over all of them. Arguments go to `dotnet test`.
set -u
cd "$(dirname "$0")/.." || exit 1
log=$(mktemp)
trap 'rm -f "$log"' EXIT

# A pipe hides the exit code of its first command, so that is written down.
run() {
    { "$@" 2>&1; echo "$?" > "$log.code"; } | tee "$log"
    code=$(cat "$log.code")
    rm -f "$log.code"
    return "$code"
}

if ! run dotnet build GoAround.sln -c Release --nologo --verbosity quiet --tl:off; then
    echo "the build failed, no test ran"
    echo "0 passed, 1 failed"
    exit 1
fi

# One project after the other (-m:1): on two cores two at once disturb each other's deadlines.
run dotnet test GoAround.sln -c Release --no-build --nologo --tl:off -m:1 \
    --blame-hang --blame-hang-timeout 4m --blame-hang-dump-type none "$@"
code=$?

# Passed!  - Failed:     0, Passed:    12, Skipped:     0, Total:    12, Duration: 1 s - X.dll (net10.0)
awk -v code="$code" '
    /^(Passed!|Failed!) +- Failed: / {
        gsub(",", "")
        for (i = 1; i < NF; i++) {
            if ($i == "Failed:") failed += $(i + 1)
            if ($i == "Passed:") passed += $(i + 1)
            if ($i == "Skipped:") skipped += $(i + 1)
        }
    }
    /^Test Run Aborted/ { failed++ }   # a host that died counts no test
    END {
        if (code != 0 && failed == 0) failed = 1
        if (passed + failed == 0) { print "no test ran"; failed = 1 }
        printf "%d passed, %d failed%s\n", passed, failed, skipped ? sprintf(", %d skipped", skipped) : ""
        exit failed > 0
    }' "$log"
