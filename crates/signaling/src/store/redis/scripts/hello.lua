-- hello <random name>: a node has a connection, and is about to tell of its rooms. Answers the name
-- of this data (another one after a loss of all), and the rooms in which the node has peers here.

redis.call('SET', key('born'), arg(1), 'NX')
be_heard()
if not is_registered(ME) then
  redis.call('ZREM', key('nodes'), ME)
  redis.call('ZADD', key('missing'), text(now + NODE_TTL), ME)
end
redis.call('EXPIRE', key('missing'), ROOM_TTL)
local answer = redis.call('SMEMBERS', key('node', ME))
table.insert(answer, 1, redis.call('GET', key('born')))
return answer
