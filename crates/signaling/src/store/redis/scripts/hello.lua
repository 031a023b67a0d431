-- hello <random name>: a node has a connection, and is about to tell of its rooms. Answers the name
-- of this data (another one after a loss of all), and the rooms in which the node has peers here.

redis.call('SET', key('born'), arg(1), 'NX')
local seen = tonumber(redis.call('GET', key('seen')) or text(now))
if now - seen > NODE_TTL / 2 then
  -- Nobody has been heard: Redis was away, and not the nodes. Each has its time to come back.
  for _, index in ipairs({'nodes', 'missing'}) do
    for _, node in ipairs(redis.call('ZRANGE', key(index), 0, -1)) do
      redis.call('ZADD', key(index), text(now + NODE_TTL), node)
    end
  end
end
redis.call('SET', key('seen'), text(now), 'EX', ROOM_TTL)
if not is_registered(ME) then
  redis.call('ZREM', key('nodes'), ME)
  redis.call('ZADD', key('missing'), text(now + NODE_TTL), ME)
end
redis.call('EXPIRE', key('missing'), ROOM_TTL)
local answer = redis.call('SMEMBERS', key('node', ME))
table.insert(answer, 1, redis.call('GET', key('born')))
return answer
