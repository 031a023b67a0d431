-- find <code>: the created room of that code.

forget_expired()
local room = follow(key('code', arg(1)))
if not room then
  return refuse('no-such-room')
end
return answer_room(room)
