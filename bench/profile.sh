#!/usr/bin/env bash
# Writes src/GoAround.Cli/goaround.mibc: what the compiler that makes ./bin/goaround is told about which way the code goes (docs/decisions/0040). The command runs on
# the framework's own compiler, with every branch counted, under the loads of `make bench`; a minute or two. bench/instructions.sh then says what it was worth.
set -euo pipefail
cd "$(dirname "$0")/.."
at=$(mktemp -d)
trap 'rm -rf "$at"' EXIT

dotnet build src/GoAround.Cli -c Release --nologo --verbosity quiet --tl:off -o "$at/bin"
dotnet build bench/GoAround.Profile -c Release --nologo --verbosity quiet --tl:off

# No code made before counts (ReadyToRun), and none that counts is replaced by one that does not (CallCounting).
cat > "$at/goaround" << END
#!/bin/sh
DOTNET_WritePGOData=1 DOTNET_PGODataPath=$at/\$\$.txt DOTNET_TieredPGO=1 DOTNET_TieredPGO_InstrumentOnlyHotCode=0 \\
DOTNET_TieredPGO_ScalableCountThreshold=30 DOTNET_TC_CallCounting=0 DOTNET_ReadyToRun=0 exec dotnet $at/bin/goaround.dll "\$@"
END
chmod +x "$at/goaround"

# The first counts as often as all others together: it is what most requests are like.
for load in "keepalive-64 6" "tls-64 3" "cached-small 2" "body-10k 2" "body-1m 1" "up-1m 1" "chunked-10k 1" "close-64 2" "handshake-full 1" "handshake-resumed 1"; do
    SCENARIOS=${load% *} SECONDS_EACH=${load#* } TURNS=1 PROXIES=goaround GOAROUND=$at/goaround RESULTS=$at/results bash bench/compare.sh > "$at/log" \
        || { cat "$at/log" >&2; exit 1; }
done

dotnet bench/GoAround.Profile/bin/Release/net10.0/GoAround.Profile.dll "$at/bin" src/GoAround.Cli/goaround.mibc "$at"/*.txt
