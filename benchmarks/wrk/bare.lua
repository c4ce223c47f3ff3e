-- The bare views: args[1] is the address (/nothing, /select or /write), args[2] how many devices there are, 0 for none.
local address, devices

function init(args)
  address, devices = args[1], tonumber(args[2])
  math.randomseed(os.time())
end

function request()
  if devices == 0 then return wrk.format("GET", address) end
  return wrk.format("GET", address .. "/" .. math.random(devices))
end
