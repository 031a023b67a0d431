-- quick <peer> <code> <facts> <hold in ms>: the fullest open public room of the version in
-- `facts`, of those the eldest; or a new one. A place in it is held for the peer.

local peer, code, facts, hold = arg(1), arg(2), arg(3), tonumber(arg(4)) * 1000
local born, tag = facts:match('^%a %d+ %d %d %d (%d+) (%S*)$')
local MAX_LOOKS = 16

forget_expired()
-- Where the peer was sent before, and until when a place is held for it there: that place is free
-- for itself.
local sent = key('sent', peer)
local before = redis.call('GET', sent)
before = before and load(before)
local held_until = before and redis.call('ZSCORE', key('held', before.key), peer)
if held_until then
  redis.call('ZREM', key('held', before.key), peer)
  offer(before)
end

local function hold_place(room)
  if held_until and before.key ~= room.key then
    redis.call('ZADD', key('held', before.key), held_until, peer)
    offer(before)
  end
  redis.call('ZADD', key('held', room.key), text(now + hold), peer)
  redis.call('PEXPIRE', key('held', room.key), text(hold / 1000))
  redis.call('SET', sent, room.key, 'PX', text(hold / 1000))
  offer(room)
  return answer_room(room)
end

local due = redis.call('ZRANGEBYSCORE', key('recheck', tag), '-inf', text(now), 'LIMIT', 0, MAX_LOOKS)
for _, name in ipairs(due) do
  local room = load(name)
  if room then
    offer(room)
  else
    redis.call('ZREM', key('recheck', tag), name)
  end
end
for _, name in ipairs(redis.call('ZRANGE', key('quick', tag), 0, MAX_LOOKS - 1)) do
  local room = load(name)
  if room then
    if is_open(room) and count_held(room) < room.capacity then
      return hold_place(room)
    end
    offer(room)
  else
    redis.call('ZREM', key('quick', tag), name)
  end
end
if follow(key('code', code)) or load('b:' .. code) then
  return refuse('taken')
end
if not has_space() then
  return refuse('server-full')
end
return hold_place(make('c:' .. code .. '#' .. born, facts))
