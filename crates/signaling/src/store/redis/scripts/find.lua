-- find <code>: the created room of that code.

forget_expired()
local room = follow(key('code', arg(1)))
if not room then
  return {'no-such-room'}
end
commit(room)
return {'room', state(room)}
