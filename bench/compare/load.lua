-- What wrk sends beyond a plain GET, by the variable BENCH_SENDS, and one line of figures at the end.
local sends = os.getenv("BENCH_SENDS")
local size = tonumber(os.getenv("BENCH_SIZE") or "0")

if sends == "body" then
    wrk.method = "POST"
    wrk.body = string.rep("x", size)
elseif sends == "chunks" then -- of 4 KiB
    local raw
    request = function()
        if raw == nil then
            local parts = { "POST " .. wrk.path .. " HTTP/1.1\r\nHost: " .. wrk.host .. "\r\nTransfer-Encoding: chunked\r\n\r\n" }
            local left = size
            while left > 0 do
                local chunk = math.min(left, 4096)
                parts[#parts + 1] = string.format("%x\r\n", chunk) .. string.rep("x", chunk) .. "\r\n"
                left = left - chunk
            end
            parts[#parts + 1] = "0\r\n\r\n"
            raw = table.concat(parts)
        end
        return raw
    end
elseif sends == "pipeline" then
    local raw
    request = function()
        if raw == nil then
            raw = string.rep(wrk.format(), size)
        end
        return raw
    end
end

-- So many requests a second whatever the answers take: each connection that is free is given the next moment of one schedule, on which
-- the gaps are random as those between strangers are. wrk's timers tick in milliseconds.
local rate = tonumber(os.getenv("BENCH_RATE") or "0")
if rate > 0 then
    local ffi = require("ffi")
    ffi.cdef("typedef struct { long seconds, nanoseconds; } bench_moment; int clock_gettime(int, bench_moment *);")
    local moment = ffi.new("bench_moment")
    local due
    delay = function()
        ffi.C.clock_gettime(1, moment)
        local now = tonumber(moment.seconds) * 1000 + tonumber(moment.nanoseconds) / 1e6
        due = (due or now) - math.log(1 - math.random()) * 1000 / rate
        return math.max(0, math.floor(due - now + 0.5))
    end
end

done = function(summary, latency)
    local e = summary.errors
    io.write(string.format("RESULT %d %d %d %.0f %.0f %.0f %d\n", summary.requests, summary.bytes, summary.duration,
        latency:percentile(50), latency:percentile(99), latency:percentile(99.9), e.connect + e.read + e.write + e.status + e.timeout))
end
