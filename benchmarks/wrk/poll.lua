-- Polls of random devices, each a report of its own.
-- args[1]: file of "token<TAB>tag" lines; args[2]: first seq; args[3]: log entries a poll; args[4]: "have" to say that the
-- device holds its manifest, else the whole manifest is asked for.
local tokens, tags, seqs, first, entries, holds = {}, {}, {}, 0, 1, true
local headers = { ["Content-Type"] = "application/json" }

function init(args)
  for line in io.lines(args[1]) do
    local token, tag = line:match("^(%S+)\t(%S+)$")
    tokens[#tokens + 1], tags[#tags + 1] = token, tag
  end
  first, entries, holds = tonumber(args[2]), tonumber(args[3]), args[4] == "have"
  math.randomseed(os.time())
end

local function logs(now)
  local list = {}
  for n = 1, entries do
    list[n] = '{"log_type":"temperature","value":' .. (20 + n % 30) .. '.5,"logged_at":"' .. now .. '"}'
  end
  return table.concat(list, ",")
end

local made, text = "", ""

function request()
  local n, now = math.random(#tokens), os.date("!%Y-%m-%dT%H:%M:%SZ")
  if now ~= made then made, text = now, logs(now) end
  seqs[n] = (seqs[n] or first) + 1
  headers["Authorization"] = "Device " .. tokens[n]
  local have = holds and ('"have":"' .. tags[n] .. '",') or ""
  local body = '{"boot_id":"bench","seq":' .. string.format("%d", seqs[n]) .. ',"sent_at":"' .. now .. '",' .. have
    .. '"logs":[' .. text .. ']}'
  return wrk.format("POST", "/api/v1/device/poll", headers, body)
end
