-- seal <code> <peer> <1 or 0>: keeps newcomers out, or lets them in, if the peer owns the room.

local code, peer, sealed = arg(1), arg(2), arg(3) == '1'
local room = follow(key('code', code))
if not room then
  return refuse('no-such-room')
end
if room.members[1] == nil or room.members[1].peer ~= peer then
  return refuse('not-owner')
end
if room.sealed ~= sealed then
  room.sealed = sealed
  room.touched[ME] = true
end
return answer_room(room)
