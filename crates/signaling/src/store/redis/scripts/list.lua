-- list <version, or * for all> <born> <code> <limit>: rooms that anyone may join, the newest first,
-- after the one of that birth and code; one more than the limit, if there is one.

local version, born, code, limit = arg(1), tonumber(arg(2)), arg(3), tonumber(arg(4))
-- Rooms that turn out to be closed by the death of a node are looked at and left out. So that no
-- script takes long, a page that would need more than this is shorter.
local MAX_LOOKS = 256
local at = version == '*' and key('public') or key('public', version)
local names = redis.call('ZRANGEBYSCORE', at, text(-born), '+inf', 'LIMIT', 0, MAX_LOOKS)
local rooms = {}
for _, name in ipairs(names) do
  local room_code, room_born = name:match('^c:(.-)#(%d+)$')
  if tonumber(room_born) < born or room_code > code then
    local room = load(name)
    if not room then
      redis.call('ZREM', at, name)
    elseif is_open(room) and #room.members > 0 then
      table.insert(rooms, room)
    end
    if #rooms > limit then
      break
    end
  end
end
return finish(function()
  local answer = {'rooms'}
  for _, room in ipairs(rooms) do
    table.insert(answer, state(room))
  end
  return answer
end)
