-- take <bucket> <burst> <microseconds for each>: one from a token bucket, as its theoretical arrival
-- time (the generic cell rate algorithm). Answers how many microseconds to wait, if it is empty.

local at, burst, each = key('rate', arg(1)), tonumber(arg(2)), tonumber(arg(3))
local full = math.max(tonumber(redis.call('GET', at) or 0), now)
local wait = full + each - burst * each - now
if wait > 0 then
  return text(wait)
end
redis.call('SET', at, text(full + each), 'PX', text(math.ceil((full + each - now) / 1000)))
return '0'
