-- close <code> <peer>: ends a room, if the peer owns it.

local code, peer = arg(1), arg(2)
local room = follow(key('code', code))
if not room then
  return refuse('no-such-room')
end
if room.members[1] == nil or room.members[1].peer ~= peer then
  return refuse('not-owner')
end
while room.members[1] do
  drop_member(room, room.members[1].peer)
end
list_by_node(room)
forget(room)
-- A node that is away now learns of it when it tells its rooms again.
local rev = text(math.max(room.rev + 1, now))
redis.call('SET', key('closed', room.key), rev, 'EX', ROOM_TTL)
tell(room, 'closed ' .. room.key .. ' ' .. rev)
return {'closed'}
