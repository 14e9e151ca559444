#!/usr/bin/env bash
# How many instructions in user mode a small GET over a kept connection takes, by valgrind's callgrind: nginx, HAProxy, and each goaround that is named
# (default ./bin/goaround). Unlike time it does not depend on what else the machine does; two runs differ by 1 %. What the kernel does is not in it.
# TOP=30 also lists the methods with the most of them, of an executable published with -p:StripSymbols=false.
set -euo pipefail
cd "$(dirname "$0")/.."
[ $# -gt 0 ] || set -- ./bin/goaround
for tool in valgrind wrk nginx haproxy curl; do
    command -v "$tool" > /dev/null || [ -x "/usr/sbin/$tool" ] || { echo "$tool is missing" >&2; exit 1; }
done

export PATH=$PATH:/usr/sbin
export DOTNET_GCHeapHardLimit=0x8000000 # valgrind cannot reserve what the runtime would like to
at=$(mktemp -d)
pids=()
trap 'kill "${pids[@]}" 2> /dev/null || true; wait; rm -rf "$at"' EXIT
backend=17100
port=17101

cat > "$at/backend.conf" << END
daemon off; worker_processes 1; pid $at/backend.pid; error_log $at/backend.err crit;
events { worker_connections 1024; }
http { access_log off; keepalive_requests 1000000000; server { listen 127.0.0.1:$backend; location / { return 200 "hello, world\n"; } } }
END
cat > "$at/nginx.conf" << END
daemon off; master_process off; pid $at/nginx.pid; error_log $at/nginx.err crit;
events { worker_connections 1024; }
http {
    access_log off; keepalive_requests 1000000000;
    upstream b { server 127.0.0.1:$backend; keepalive 256; keepalive_requests 1000000000; }
    server { listen 127.0.0.1:$port; location / {
        proxy_pass http://b; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_set_header Host \$host;
        proxy_set_header X-Forwarded-For \$proxy_add_x_forwarded_for; proxy_set_header X-Forwarded-Proto \$scheme;
    } }
}
END
cat > "$at/haproxy.cfg" << END
global
    nbthread 1
defaults
    mode http
    timeout client 60s
    timeout server 60s
    timeout connect 5s
    option forwardfor
    http-reuse always
listen f
    bind 127.0.0.1:$port
    http-request set-header X-Forwarded-Proto http
    server s 127.0.0.1:$backend
END

nginx -c "$at/backend.conf" & pids+=($!)

# name, command: prints instructions for each request
count() {
    local name=$1 out=$at/counts load=$at/load
    shift
    rm -f "$out" "$out".*
    valgrind --tool=callgrind --instr-atstart=no --callgrind-out-file="$out" "$@" > "$at/log" 2>&1 &
    local pid=$!
    for _ in $(seq 100); do
        if curl -sf -m 2 -o "$at/answer" "http://127.0.0.1:$port/"; then break; fi
        sleep 0.2
    done
    wrk -t1 -c16 -d3s "http://127.0.0.1:$port/" > "$load"
    callgrind_control -i on "$pid" > "$at/control" 2>&1
    wrk -t1 -c16 -d4s "http://127.0.0.1:$port/" > "$load"
    callgrind_control -d "$pid" > "$at/control" 2>&1 # not every program ends under valgrind when it is told to
    kill -KILL "$pid"
    wait "$pid" || true
    cat "$out".* > "$out"
    awk -v name="$name" '/^ +[0-9]+ requests in/ { requests = $1 } /^(summary|totals):/ { all = $2 }
        END { if (requests && all) printf "%-40s %7.0f instructions a request, %d requests\n", name, all / requests, requests; else print name ": not measured" }' "$load" "$out"
    if [[ $name != nginx && $name != haproxy && ${TOP:-0} -gt 0 ]]; then
        callgrind_annotate "$out" 2> /dev/null | grep -E '^ *[0-9,]+ \(' | head -"$((TOP + 1))" | cut -c1-150
    fi
}

count nginx nginx -c "$at/nginx.conf"
count haproxy haproxy -f "$at/haproxy.cfg"
for binary; do
    count "$binary" "$binary" -p "$port" -b "http://127.0.0.1:$backend" -n 256 -prometheus-port 0 -control-socket "$at/c.sock"
done
