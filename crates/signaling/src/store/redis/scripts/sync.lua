-- sync <room> <facts> <revision> <fresh> <known> <first entry under way> <n> n * <peer> <member>
-- m * <peer> <member>: the peers that this node has in a room, and if `fresh` those of other nodes
-- that it remembers. Afterwards Redis has of this node's peers there exactly these, but for those
-- that are elsewhere by now.
--
-- `fresh`: Redis has lost its data since this node last told of the room. Then the peers have their
-- former ranks, and those of nodes that have not told of their rooms yet are kept for them.
-- Otherwise a peer that is missing was given up for lost, which the others were told: it comes last.
--
-- Peers whose entrance is under way are left alone: they are neither told of nor gone.

local name, facts, revision, fresh = arg(1), arg(2), tonumber(arg(3)), arg(4) == '1'
local known, under_way, count = arg(5), tonumber(arg(6)), tonumber(arg(7))

local mine, others = {}, {}
local position = 8
while arg(position) do
  local member = parse_member(arg(position), arg(position + 1))
  table.insert(#mine < count and mine or others, member)
  position = position + 2
end

local closed = redis.call('GET', key('closed', name))
if closed then
  redis.call('SREM', key('node', ME), name)
  return {'closed', closed}
end
local room = load(name)
if not room then
  if #mine == 0 then
    redis.call('SREM', key('node', ME), name)
    return {'none', name}
  end
  -- It was there before: no limit is exceeded by it.
  room = make(name, facts)
  for peer in known:gmatch('%S+') do
    table.insert(room.known, peer)
  end
end
room.rev = math.max(room.rev, revision)

local told = {}
for _, member in ipairs(mine) do
  told[member.peer] = true
end
local ghosts = {}
for _, member in ipairs(room.members) do
  if member.node == ME and not told[member.peer] and member.entry < under_way then
    table.insert(ghosts, member.peer)
  end
end
for _, peer in ipairs(ghosts) do
  drop_member(room, peer)
end

-- Whether there is a place for a peer that was there before and has none now.
local function may_return(peer)
  local place = redis.call('GET', key('place', peer))
  return (not place or place == name) and #room.members < room.capacity
end

for _, member in ipairs(mine) do
  local there = find_member(room, member.peer)
  if not there then
    if may_return(member.peer) then
      member.rank = fresh and member.rank or next_rank(room)
      put_member(room, member)
    end
  elseif there.node == ME and there.order < member.order then
    -- It has returned to its place while Redis was away.
    there.visit, there.order, there.entry = member.visit, member.order, member.entry
    write_member(room, there)
  end
end
if fresh then
  -- What a node has told of the room itself counts more than what others remember of it.
  room.tellers = room.tellers .. ' ' .. ME
  room.touched[ME] = true
  for _, member in ipairs(others) do
    if not find_member(room, member.peer) and not is_registered(member.node)
      and not room.tellers:find(member.node, 1, true) and may_return(member.peer) then
      redis.call('ZADD', key('missing'), 'NX', text(now + NODE_TTL), member.node)
      put_member(room, member)
    end
  end
end
if next(room.touched) == nil then
  -- Nothing is new: only the time to live begins anew.
  redis.call('EXPIRE', key('room', name), ROOM_TTL)
  redis.call('EXPIRE', key('node', ME), ROOM_TTL)
  local at = pointer(room)
  if at then
    redis.call('EXPIRE', at, ROOM_TTL)
  end
  for _, member in ipairs(mine) do
    redis.call('EXPIRE', key('place', member.peer), ROOM_TTL)
  end
  if room.kind == 'c' then
    list(room)
    offer(room)
  end
end
room.is_answer = true
return answer_room(room)
