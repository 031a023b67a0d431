-- sweep <rooms>: gives up the peers of a node that is gone, in at most so many rooms. Answers
-- whether there is more to do.

local limit = tonumber(arg(1))

local function find_dead()
  for _, index in ipairs({'nodes', 'missing'}) do
    for _, node in ipairs(redis.call('ZRANGEBYSCORE', key(index), '-inf', text(now), 'LIMIT', 0, 8)) do
      if not is_alive(node) then
        return node
      elseif not is_quiet then
        redis.call('ZREM', key(index), node)
      end
    end
  end
end

forget_expired()
-- A room whose time to live was over has left its name behind.
for _, name in ipairs(redis.call('SRANDMEMBER', key('rooms'), limit)) do
  if redis.call('EXISTS', key('room', name)) == 0 then
    redis.call('SREM', key('rooms'), name)
  end
end
local dead = find_dead()
if not dead then
  return 0
end
for _, name in ipairs(redis.call('SRANDMEMBER', key('node', dead), limit)) do
  local room = load(name)
  if not room then
    redis.call('SREM', key('rooms'), name)
  end
  redis.call('SREM', key('node', dead), name)
end
if redis.call('SCARD', key('node', dead)) == 0 then
  redis.call('ZREM', key('nodes'), dead)
  redis.call('ZREM', key('missing'), dead)
end
return finish(function() return 1 end)
