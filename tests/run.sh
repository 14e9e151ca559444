#!/bin/sh
# Restores, builds and runs every test project; the last line counts over all of them. Arguments go to `dotnet test`.
set -u
cd "$(dirname "$0")/.." || exit 1
log=$(mktemp)
trap 'rm -f "$log" "$log.first"' EXIT

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
suite="-c Release --no-build --nologo --tl:off -m:1 --blame-hang --blame-hang-timeout 4m --blame-hang-dump-type none"
# shellcheck disable=SC2086 # a list of arguments
run dotnet test GoAround.sln $suite "$@"
code=$?

# What touches a socket once more, on the engine that the executable uses and an embedding application does not (decision 7).
if [ "$#" = 0 ]; then
    mv "$log" "$log.first"
    export DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS=1
    # shellcheck disable=SC2086 # a list of arguments
    run dotnet test tests/GoAround.Core.Tests $suite \
        --filter "FullyQualifiedName~.Server.|FullyQualifiedName~.Sockets.|FullyQualifiedName~.Upstream.|FullyQualifiedName~.Outgoing.|FullyQualifiedName~.Load.|FullyQualifiedName~.Proof.|FullyQualifiedName~.CachedSocketTests"
    second=$?
    [ "$code" != 0 ] || code=$second
    cat "$log" >> "$log.first"
    mv "$log.first" "$log"
fi

# Once more at the end, where whoever reads only the last lines finds them: the name, the message and the first of the stack.
awk '
    /^ +Failed [A-Za-z]/ { left = ++tests <= 10 ? 16 : 1 }
    /^The active [Tt]est [Rr]un was aborted|^Data collector .*inactivity time|\[Long Running Test\]/ { print substr($0, 1, 300) } # a host that hung or died, and what ran long
    /^The tests? running when the crash occurred/ { left = 3 }
    /^$|^ +Standard Output Messages:|^\[xUnit/ { left = 0 }
    left-- > 0 { print substr($0, 1, 300) }
    left < 0 { left = 0 }' "$log"

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
        if (skipped) printf "%d skipped: those of the executable\x27s engine, which ran on it\n", skipped
        printf "%d passed, %d failed\n", passed, failed
        exit failed > 0
    }' "$log"
