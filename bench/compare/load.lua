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

done = function(summary, latency)
    local e = summary.errors
    io.write(string.format("RESULT %d %d %d %.0f %.0f %.0f %d\n", summary.requests, summary.bytes, summary.duration,
        latency:percentile(50), latency:percentile(99), latency:percentile(99.9), e.connect + e.read + e.write + e.status + e.timeout))
end
