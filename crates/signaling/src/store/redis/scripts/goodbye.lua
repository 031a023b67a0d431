-- goodbye <ms>: the node goes down. Those of its peers that have not left may come to another node
-- for so long; then `sweep` gives them up.

redis.call('ZADD', key('nodes'), text(now + tonumber(arg(1)) * 1000), ME)
redis.call('ZREM', key('missing'), ME)
return 1
