-- The request that the environment describes; the last line printed is a summary in JSON.
wrk.method = os.getenv("LOAD_METHOD")
local file = io.open(os.getenv("LOAD_BODY"), "rb")
local body = file:read("*a")
file:close()
if body ~= "" then
  wrk.body = body
  wrk.headers["Content-Type"] = "application/json"
end

function done(summary, latency, _)
  local errors = summary.errors
  print(string.format(
    '{"requests": %d, "seconds": %.6f, "refused": %d, "broken": %d, "p50": %.3f, "p99": %.3f}',
    summary.requests, summary.duration / 1e6, errors.status,
    errors.connect + errors.read + errors.write + errors.timeout,
    latency:percentile(50) / 1e3, latency:percentile(99) / 1e3))
end
