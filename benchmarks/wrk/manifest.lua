-- Whole manifests of random devices. args[1]: file of "token<TAB>tag" lines.
local tokens, headers = {}, {}

function init(args)
  for line in io.lines(args[1]) do tokens[#tokens + 1] = line:match("^(%S+)\t") end
  math.randomseed(os.time())
end

function request()
  headers["Authorization"] = "Device " .. tokens[math.random(#tokens)]
  return wrk.format("GET", "/api/v1/device/manifest", headers)
end
