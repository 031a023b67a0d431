-- What the scripts share: it stands in front of each of them.
--
-- The keys all begin with PREFIX, which stands before this text; docs/NODES.md says what each of them is for. Times are in
-- microseconds since 1970 by the clock of Redis, which a double holds exactly until 2255; a
-- room's birth, which its tickets carry, is in milliseconds.

local ME = ARGV[1]
local NODE_TTL = tonumber(ARGV[2]) * 1000
local ROOM_TTL = tonumber(ARGV[3])
local MAX_ROOMS = tonumber(ARGV[4])
local GRACE = tonumber(ARGV[5]) * 1000

local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]

local function arg(index)
  return ARGV[5 + index]
end

local function text(number)
  return string.format('%.0f', number)
end

local function key(...)
  return PREFIX .. table.concat({...}, ':')
end

local function lives_until(index, node)
  return tonumber(redis.call('ZSCORE', key(index), node) or 0)
end

local function is_registered(node)
  return lives_until('nodes', node) > now
end

-- Whether nobody has been heard: Redis was away or stood still, and not the nodes. Until they are
-- heard again nobody is given up for lost.
local seen = tonumber(redis.call('GET', key('seen')) or now)
local is_quiet = now - seen > NODE_TTL / 2

-- The caller is heard. After a silence of all, each node has its time to come back.
local function be_heard()
  for _, index in ipairs(is_quiet and {'nodes', 'missing'} or {}) do
    for _, node in ipairs(redis.call('ZRANGE', key(index), 0, -1)) do
      redis.call('ZADD', key(index), text(now + NODE_TTL), node)
    end
  end
  redis.call('SET', key('seen'), text(now), 'EX', ROOM_TTL)
end

local living = {}

local function is_alive(node)
  if living[node] == nil then
    living[node] = is_quiet or is_registered(node) or lives_until('missing', node) > now
  end
  return living[node]
end

local function by_rank(a, b)
  if a.rank ~= b.rank then
    return a.rank < b.rank
  end
  return a.peer < b.peer
end

local function find_member(room, peer)
  for place, member in ipairs(room.members) do
    if member.peer == peer then
      return member, place
    end
  end
end

-- What Redis keeps of a member under its peer's id, and in this order what the nodes are told.
local function member_text(member)
  return table.concat({text(member.rank), member.node, member.visit, text(member.order),
    text(member.entry)}, ' ')
end

local function parse_member(peer, value)
  local rank, node, visit, order, entry = value:match('^(%d+) (%S+) (%S+) (%d+) (%d+)$')
  return {peer = peer, rank = tonumber(rank), node = node, visit = visit,
    order = tonumber(order), entry = tonumber(entry)}
end

-- Every change of a room's members goes through the next three.
local function write_member(room, member)
  room.touched[member.node] = true
  redis.call('HSET', key('room', room.key), member.peer, member_text(member))
end

local function put_member(room, member)
  table.insert(room.members, member)
  table.sort(room.members, by_rank)
  write_member(room, member)
  redis.call('SET', key('place', member.peer), room.key, 'EX', ROOM_TTL)
end

local function drop_member(room, peer)
  local member, place = find_member(room, peer)
  table.remove(room.members, place)
  room.touched[member.node] = true
  redis.call('HDEL', key('room', room.key), peer)
  if redis.call('GET', key('place', peer)) == room.key then
    redis.call('DEL', key('place', peer))
  end
end

local function set_facts(room, facts)
  local kind, capacity, public, sealed, gathering, born, tag =
    facts:match('^(%a) (%d+) (%d) (%d) (%d) (%d+) (%S*)$')
  room.kind, room.capacity, room.tag = kind, tonumber(capacity), tag
  room.public, room.sealed, room.gathering = public == '1', sealed == '1', gathering == '1'
  room.born = tonumber(born)
end

local function facts_of(room)
  local function flag(value) return value and '1' or '0' end
  return table.concat({room.kind, text(room.capacity), flag(room.public), flag(room.sealed),
    flag(room.gathering), text(room.born), room.tag}, ' ')
end

-- Every room that the script has looked at: `finish` tells of those that were changed.
local loaded = {}

-- The room without the peers of nodes that are gone; nothing if there is none. `touched` names
-- the nodes whose peers have changed: they are told too.
local function load(name)
  if loaded[name] then
    return loaded[name]
  end
  local fields = redis.call('HGETALL', key('room', name))
  if #fields == 0 then
    return nil
  end
  local room = {key = name, rev = 0, members = {}, known = {}, tellers = '', touched = {}}
  local gone = {}
  for index = 1, #fields, 2 do
    local field, value = fields[index], fields[index + 1]
    if field == 'facts' then
      set_facts(room, value)
    elseif field == 'rev' then
      room.rev = tonumber(value)
    elseif field == 'known' then
      for peer in value:gmatch('%S+') do
        table.insert(room.known, peer)
      end
    elseif field == 'tellers' then
      room.tellers = value
    else
      local member = parse_member(field, value)
      table.insert(room.members, member)
      if not is_alive(member.node) then
        table.insert(gone, field)
      end
    end
  end
  table.sort(room.members, by_rank)
  for _, peer in ipairs(gone) do
    drop_member(room, peer)
  end
  loaded[name] = room
  return room
end

-- Where newcomers find the key of a created room, or of the group that gathers; nothing for a bare
-- room, whose key is its name.
local function pointer(room)
  local kind, name = room.key:match('^(%a):(.-)#')
  if kind == 'c' then
    return key('code', name)
  elseif kind == 'g' and room.gathering then
    return key('group', name)
  end
end

-- The room that a pointer leads to.
local function follow(at)
  local name = redis.call('GET', at)
  local room = name and load(name)
  if name and not room then
    redis.call('DEL', at)
  end
  return room
end

-- An elder room of the same name keeps the pointer: after a loss of data there may be two.
local function point(at, room)
  redis.call('SET', at, room.key, 'NX')
  if redis.call('GET', at) == room.key then
    redis.call('EXPIRE', at, ROOM_TTL)
  end
end

local function unpoint(at, room)
  if redis.call('GET', at) == room.key then
    redis.call('DEL', at)
  end
end

-- How many of a room's places are taken in the eyes of quick match.
local function count_held(room)
  local holds = key('held', room.key)
  redis.call('ZREMRANGEBYSCORE', holds, '-inf', text(now))
  return #room.members + redis.call('ZCARD', holds)
end

local function is_open(room)
  return room.public and not room.sealed and #room.members < room.capacity
end

-- Where an open public room is listed, the newest first.
local function list(room)
  local listed = is_open(room) and #room.members > 0
  for _, at in ipairs({key('public'), key('public', room.tag)}) do
    if listed then
      redis.call('ZADD', at, text(-room.born), room.key)
      redis.call('EXPIRE', at, ROOM_TTL)
    else
      redis.call('ZREM', at, room.key)
    end
  end
end

-- Where quick match finds a room: the fullest first, among equals the eldest. A room whose free
-- places are all held for somebody is looked at again when the first of the holds is over.
local function offer(room)
  local offers, later = key('quick', room.tag), key('recheck', room.tag)
  redis.call('ZREM', offers, room.key)
  redis.call('ZREM', later, room.key)
  if not is_open(room) then
    return
  end
  if count_held(room) < room.capacity then
    -- Births take 43 bits until 2248.
    redis.call('ZADD', offers, text(room.born - #room.members * 2 ^ 43), room.key)
    redis.call('EXPIRE', offers, ROOM_TTL)
  else
    local first = redis.call('ZRANGE', key('held', room.key), 0, 0, 'WITHSCORES')
    redis.call('ZADD', later, first[2], room.key)
    redis.call('EXPIRE', later, ROOM_TTL)
  end
end

local function forget(room)
  loaded[room.key] = nil
  redis.call('DEL', key('room', room.key), key('held', room.key))
  redis.call('SREM', key('rooms'), room.key)
  redis.call('ZREM', key('empty'), room.key)
  redis.call('ZREM', key('public'), room.key)
  redis.call('ZREM', key('public', room.tag), room.key)
  redis.call('ZREM', key('quick', room.tag), room.key)
  redis.call('ZREM', key('recheck', room.tag), room.key)
  local at = pointer(room)
  if at then
    unpoint(at, room)
  end
end

-- The room in the words of the nodes: its key, revision and facts; the ids that it knows; then a
-- line for each member, in order.
local function state(room)
  local lines = {
    'room ' .. room.key .. ' ' .. text(room.rev) .. ' ' .. facts_of(room),
    table.concat(room.known, ' '),
  }
  for _, member in ipairs(room.members) do
    table.insert(lines, member.peer .. ' ' .. member_text(member))
  end
  return table.concat(lines, '\n')
end

-- Tells all nodes that the room is for, but the caller if it has the room as its answer.
local function tell(room, message)
  local nodes = {}
  for node in pairs(room.touched) do
    nodes[node] = true
  end
  for _, member in ipairs(room.members) do
    nodes[member.node] = true
  end
  if room.is_answer then
    nodes[ME] = nil
  end
  for node in pairs(nodes) do
    redis.call('PUBLISH', key('to', node), message)
  end
end

local function list_by_node(room)
  for node in pairs(room.touched) do
    local has = false
    for _, member in ipairs(room.members) do
      has = has or member.node == node
    end
    redis.call(has and 'SADD' or 'SREM', key('node', node), room.key)
    if has then
      redis.call('EXPIRE', key('node', node), ROOM_TTL)
    end
  end
end

-- Writes a changed room with a new revision, and tells of it.
local function commit(room)
  room.rev = math.max(room.rev + 1, now)
  list_by_node(room)
  if #room.members == 0 and room.kind ~= 'c' then
    forget(room)
    tell(room, state(room))
    return
  end
  local at = pointer(room)
  if room.gathering and #room.members >= room.capacity then
    -- The next who comes to this name begins another group.
    room.gathering = false
    unpoint(at, room)
  elseif at then
    point(at, room)
  end
  redis.call('HSET', key('room', room.key), 'facts', facts_of(room), 'rev', text(room.rev),
    'known', table.concat(room.known, ' '), 'tellers', room.tellers)
  redis.call('EXPIRE', key('room', room.key), ROOM_TTL)
  if room.kind == 'c' then
    list(room)
    offer(room)
    if #room.members > 0 then
      redis.call('ZREM', key('empty'), room.key)
    else
      redis.call('ZADD', key('empty'), 'NX', text(now + GRACE), room.key)
    end
  end
  tell(room, state(room))
end

-- Ends a script. Its answer is made of the rooms as they are then.
local function finish(answer)
  for _, room in pairs(loaded) do
    if next(room.touched) ~= nil then
      commit(room)
    end
  end
  return answer()
end

local function refuse(...)
  local words = {...}
  return finish(function() return words end)
end

local function answer_room(room)
  return finish(function() return {'room', state(room)} end)
end

-- Forgets rooms that have been empty for their grace: some, so that no script takes long.
local function forget_expired()
  local expired = redis.call('ZRANGEBYSCORE', key('empty'), '-inf', text(now), 'LIMIT', 0, 16)
  for _, name in ipairs(expired) do
    local room = load(name)
    if room then
      forget(room)
    else
      redis.call('ZREM', key('empty'), name)
      redis.call('SREM', key('rooms'), name)
    end
  end
end

-- Whether there is, or was made, a place for one more room. The longest empty one gives way.
local function has_space()
  if redis.call('SCARD', key('rooms')) < MAX_ROOMS then
    return true
  end
  local longest = redis.call('ZRANGE', key('empty'), 0, 0)[1]
  local room = longest and load(longest)
  if room then
    forget(room)
  end
  return room ~= nil
end

-- An empty room. It is there for others when the script is finished. Its revisions go on from those
-- of the room of this key that was closed, if one was.
local function make(name, facts)
  redis.call('SADD', key('rooms'), name)
  local rev = tonumber(redis.call('GET', key('closed', name)) or 0)
  redis.call('DEL', key('closed', name))
  local room =
    {key = name, rev = rev, members = {}, known = {}, tellers = '', touched = {[ME] = true}}
  set_facts(room, facts)
  loaded[name] = room
  return room
end

-- The rank of whoever comes last.
local function next_rank(room)
  local last = room.members[#room.members]
  return math.max(now, last and last.rank + 1 or 0)
end
