-- create <code> <facts>: makes an empty room.

local code, facts = arg(1), arg(2)
forget_expired()
if follow(key('code', code)) or load('b:' .. code) then
  return refuse('taken')
end
if not has_space() then
  return refuse('server-full')
end
local born = facts:match('^%a %d+ %d %d %d (%d+)')
local room = make('c:' .. code .. '#' .. born, facts)
return answer_room(room)
