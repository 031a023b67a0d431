-- beat <name of the data>: the node is here, and has told of its rooms. Answers whether Redis still
-- has this data, or must be told of all rooms again.

if redis.call('GET', key('born')) ~= arg(1) then
  return 0
end
be_heard()
redis.call('ZADD', key('nodes'), text(now + NODE_TTL), ME)
redis.call('ZREM', key('missing'), ME)
for _, name in ipairs({'born', 'nodes', 'missing', 'rooms', 'empty'}) do
  redis.call('EXPIRE', key(name), ROOM_TTL)
end
redis.call('EXPIRE', key('node', ME), ROOM_TTL)
return 1
