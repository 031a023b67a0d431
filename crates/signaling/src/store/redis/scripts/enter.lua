-- enter <peer> <visit> <entry> <bare rooms' capacity> <ids to know> <door> ...: lets a peer in, or back to its place.
--   door `bare` <name> <code, if the name is one>
--   door `group` <name> <size>
--   door `ticket` <code> <facts> <id by which the player was known, or an empty text>
-- Answers the room's key, the order of this entrance, the room, and the one that the peer has left.

local MAX_BARE, MAX_KNOWN = tonumber(arg(4)), tonumber(arg(5))
local peer, visit, entry, door = arg(1), arg(2), tonumber(arg(3)), arg(6)

-- The room behind the door, and if there is none its key and facts; or a refusal.
local function behind_door()
  if door == 'ticket' then
    local code, facts = arg(7), arg(8)
    local born = facts:match('^%a %d+ %d %d %d (%d+)')
    local room = follow(key('code', code))
    if room and text(room.born) ~= born then
      return nil, 'bad-ticket'
    end
    return room, 'c:' .. code .. '#' .. born, facts
  elseif door == 'group' then
    local name = arg(8) .. ':' .. arg(7)
    local facts = table.concat({'g', arg(8), '0', '0', '1', text(now / 1000), ''}, ' ')
    return follow(key('group', name)), 'g:' .. name .. '#' .. text(now), facts
  end
  local name, code = arg(7), arg(8)
  if code ~= '' and follow(key('code', code)) then
    return nil, 'ticket-required'
  end
  local facts = table.concat({'b', text(MAX_BARE), '0', '0', '0', text(now / 1000), ''}, ' ')
  return load('b:' .. name), 'b:' .. name, facts
end

local function find_known(room, id)
  for place, known in ipairs(room.known) do
    if known == id then
      return place
    end
  end
end

-- The latest last.
local function remember(room, id)
  if room.kind ~= 'c' then
    return
  end
  local place = find_known(room, id) or (#room.known >= MAX_KNOWN and 1)
  if place then
    table.remove(room.known, place)
  end
  table.insert(room.known, id)
end

forget_expired()
-- Who returns to a group that is complete finds it by its place.
local place = redis.call('GET', key('place', peer))
local former = place and load(place)
local room, name, facts = behind_door()
if not room and not facts then
  return refuse(name)
end
if door == 'group' and former and former.key:find('g:' .. arg(8) .. ':' .. arg(7) .. '#', 1, true) == 1 then
  room = former
end
if room == former then
  former = nil
end
local member = room and find_member(room, peer)
if member then
  -- An order may not fall behind, whatever the clock does.
  room.touched[member.node] = true
  member.node, member.visit, member.entry = ME, visit, entry
  member.order = math.max(now, member.order + 1)
  write_member(room, member)
else
  if room and room.sealed and not find_known(room, peer) and not find_known(room, arg(9)) then
    return refuse('room-sealed')
  elseif room and #room.members >= room.capacity then
    return refuse('room-full', text(room.capacity))
  elseif not room then
    if not has_space() then
      return refuse('server-full')
    end
    room = make(name, facts)
  end
  local rank, order = next_rank(room), now
  -- A peer has one place.
  if former then
    local last = find_member(former, peer)
    order = math.max(now, last and last.order + 1 or 0)
    if last then
      drop_member(former, peer)
    end
  end
  redis.call('ZREM', key('held', room.key), peer)
  remember(room, peer)
  put_member(room,
    {peer = peer, rank = rank, node = ME, visit = visit, order = order, entry = entry})
end
room.is_answer = true
if former then
  former.is_answer = true
end
return finish(function()
  local order = text(find_member(room, peer).order)
  local answer = {'entered', room.key, order, state(room)}
  if former then
    table.insert(answer, state(former))
  end
  return answer
end)
