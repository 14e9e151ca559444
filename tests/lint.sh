#!/bin/sh
# Shell syntax, the analyzers (warnings are errors), then the format: cheapest first, and the first fault ends it.
set -eu
cd "$(dirname "$0")/.."

for script in tests/*.sh bench/*.sh .ci/run; do
    case $(head -1 "$script") in
        *bash*) bash -n "$script" ;;
        *) sh -n "$script" ;;
    esac
done
if command -v shellcheck >/dev/null 2>&1; then
    shellcheck tests/*.sh bench/*.sh .ci/run
fi

if command -v python3 >/dev/null 2>&1; then
    python3 -c 'import ast, sys
for name in sys.argv[1:]: ast.parse(open(name, encoding="utf-8").read(), name)' bench/compare/*.py bench/compare/clients/*.py
fi

dotnet build GoAround.sln -c Release --nologo --verbosity quiet --tl:off
dotnet format GoAround.sln --no-restore --verify-no-changes --severity error
echo "lint: clean"
