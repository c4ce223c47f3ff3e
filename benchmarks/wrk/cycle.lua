-- One device's cycle as the old fleets have it: GET presigned_urls, POST online, POST temperature; then another device's.
-- args[1]: how many devices there are; args[2]: an Authorization header to send, if any.
local devices, device, step = 0, 1, 0
local get, post = {}, { ["Content-Type"] = "application/json" }

function init(args)
  devices = tonumber(args[1])
  get["Authorization"], post["Authorization"] = args[2], args[2]
  math.randomseed(os.time())
end

function request()
  step = step % 3 + 1
  if step == 1 then
    device = math.random(devices)
    return wrk.format("GET", "/device/dev-" .. device .. "/presigned_urls", get)
  elseif step == 2 then
    return wrk.format("POST", "/device/dev-" .. device .. "/online", post, '{"is_online":true}')
  end
  return wrk.format("POST", "/device/dev-" .. device .. "/temperature", post, '{"temperature":41.5}')
end
