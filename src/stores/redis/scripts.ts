/**
 * What runs inside Redis, each as one step. `KEYS[1]` is the store's life: a script that was sent under another epoch
 * than the one that counts now does nothing and answers `STALE`, so nobody ever writes into a log of another life.
 *
 * A room is three keys: `head` (a hash: the top, the oldest offset kept, when that one was sent, and after which offset
 * all has to stay), `log` (a stream whose ids are the offsets) and `sent` (a hash from idempotency key to offset). A
 * table is two: its rows as `version|expiresMs|value`, and when which of them expire. Redis's own clock is the one that
 * counts.
 */

/** What a script answers that was sent under an epoch that counts no more. */
export const STALE = "STALE";

/**
 * The last key and argument of each script are those of the connection it was sent on: which one of its node's that
 * was. What the kernel held back on one that was given up, and hands over when the network is there again, comes
 * after what was done on the next one, and must not undo it.
 */
const ALIVE = `
local last = redis.call('GET', KEYS[#KEYS])
if last and last ~= ARGV[#ARGV] then return redis.error_reply('LATE this connection was given up') end
if redis.call('HGET', KEYS[1], 'epoch') ~= ARGV[1] then return '${STALE}' end
`;

const CLOCK = `
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
`;

/**
 * From where to where a log reaches. When a key of the room is missing, evicted or deleted by hand, that is what is left
 * of the log, and never less than it was: a reader of what is gone is told so, as of what was trimmed. [R6]
 */
const BOUNDS = `
local function bounds(head, log)
  local state = redis.call('HMGET', head, 'top', 'oldest', 'oldestMs', 'retained')
  local top, oldest, oldestMs = tonumber(state[1] or 0), tonumber(state[2] or 1), tonumber(state[3] or 0)
  if redis.call('XLEN', log) ~= top - oldest + 1 then
    local info = redis.pcall('XINFO', 'STREAM', log)
    for i = 1, #info, 2 do
      if info[i] == 'last-generated-id' then top = math.max(top, tonumber(string.match(info[i + 1], '^%d+'))) end
    end
    local first = redis.call('XRANGE', log, '-', '+', 'COUNT', 1)[1]
    oldest = first and tonumber(string.match(first[1], '^%d+')) or top + 1
    oldestMs = first and tonumber(first[2][12]) or 0
  end
  return top, oldest, oldestMs, tonumber(state[4] or math.huge)
end
`;

/** What KEYS life, head, log, sent and ARGV epoch, newest kept, age kept in ms, maximum mean to the next two. */
const ROOM = `${BOUNDS}
local head, log, sent = KEYS[2], KEYS[3], KEYS[4]
local newest, age, max = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local top, oldest, oldestMs, retained = bounds(head, log)
local function trim(limit)
  local function goes(offset, ms)
    return offset <= retained and (offset <= top - max or (offset <= top - newest and ms <= now - age))
  end
  if not goes(oldest, oldestMs) then return end
  local kept = oldest
  for _, entry in ipairs(redis.call('XRANGE', log, '-', '+', 'COUNT', limit)) do
    local fields = entry[2]
    kept = tonumber(string.match(entry[1], '^%d+'))
    if not goes(kept, tonumber(fields[12])) then break end
    redis.call('HDEL', sent, fields[6] .. '\\n' .. fields[10])
    kept = kept + 1
  end
  oldest = kept
  redis.call('XTRIM', log, 'MINID', oldest .. '-0')
  local first = redis.call('XRANGE', log, '-', '+', 'COUNT', 1)[1]
  oldestMs = first and tonumber(first[2][12]) or 0
end
`;

/**
 * KEYS life, head, log, sent, all rooms; ARGV epoch, newest kept, age kept in ms, maximum, a channel or "", what is
 * said there before the new top and after it, the room, then of each draft id, type, userId, userName, messageId,
 * timestampMs, body. Answers the top, then for each draft its offset, or what came before it under its key: outcome,
 * id, offset.
 */
const APPEND = `${ALIVE}${CLOCK}${ROOM}
local answers = {}
local before = top
for i = 9, #ARGV - 1, 7 do
  local key = ARGV[i + 2] .. '\\n' .. ARGV[i + 4]
  local first = redis.call('HGET', sent, key)
  local twin = first and redis.call('XRANGE', log, first .. '-0', first .. '-0')[1]
  if twin then
    local fields = twin[2]
    local same = fields[4] == ARGV[i + 1] and fields[14] == ARGV[i + 6]
    answers[#answers + 1] = {same and 'duplicate' or 'conflict', fields[2], tonumber(first)}
  else
    top = top + 1
    redis.call('XADD', log, top .. '-0', 'i', ARGV[i], 't', ARGV[i + 1], 'u', ARGV[i + 2], 'n', ARGV[i + 3],
      'm', ARGV[i + 4], 's', ARGV[i + 5], 'b', ARGV[i + 6])
    redis.call('HSET', sent, key, top)
    if top == oldest then oldestMs = tonumber(ARGV[i + 5]) end
    answers[#answers + 1] = top
  end
end
if before == 0 and top > 0 then redis.call('SADD', KEYS[5], ARGV[8]) end
if top > before then
  -- more than came in, so that a log that is too long gets shorter, and never so many that others wait
  trim(4 * (top - before) + 1)
  redis.call('HSET', head, 'top', top, 'oldest', oldest, 'oldestMs', oldestMs)
  if ARGV[5] ~= '' then redis.call('PUBLISH', ARGV[5], ARGV[6] .. top .. ARGV[7]) end
end
return {top, answers}
`;

/** KEYS life, head, log, sent; ARGV epoch, newest kept, age kept in ms, maximum, how many may go at once. */
const TRIM = `${ALIVE}${CLOCK}${ROOM}
trim(tonumber(ARGV[5]))
if top > 0 then redis.call('HSET', head, 'oldest', oldest, 'oldestMs', oldestMs) end
return {}
`;

/** KEYS life, head, log; ARGV epoch, "after" or "before", the offset next to it, limit. Answers top, oldest, entries. */
const READ = `${ALIVE}${BOUNDS}
local top, oldest = bounds(KEYS[2], KEYS[3])
local entries = {}
if ARGV[4] ~= '0' and ARGV[3] ~= '0' then
  if ARGV[2] == 'after' then entries = redis.call('XRANGE', KEYS[3], ARGV[3] .. '-0', '+', 'COUNT', ARGV[4])
  else entries = redis.call('XREVRANGE', KEYS[3], ARGV[3] .. '-0', '-', 'COUNT', ARGV[4]) end
end
return {top, oldest, entries}
`;

/** KEYS life, then of each room head and log; ARGV epoch. Answers top and oldest of each. */
const HEADS = `${ALIVE}${BOUNDS}
local heads = {}
for i = 2, #KEYS - 1, 2 do
  local top, oldest = bounds(KEYS[i], KEYS[i + 1])
  heads[#heads + 1] = top
  heads[#heads + 1] = oldest
end
return heads
`;

/** KEYS life, head; ARGV epoch, the offset after which all stays. */
const RETAIN = `${ALIVE}
local retained = redis.call('HGET', KEYS[2], 'retained')
if not retained or tonumber(retained) < tonumber(ARGV[2]) then redis.call('HSET', KEYS[2], 'retained', ARGV[2]) end
return {}
`;

const ROW = `${CLOCK}
local function row(raw)
  if not raw then return nil end
  local _, last, version, expires = string.find(raw, '^(%d+)|(%d*)|')
  if expires ~= '' and tonumber(expires) <= now then return nil end
  return tonumber(version), string.sub(raw, last + 1)
end
`;

/** KEYS life, rows, expiries; ARGV epoch, key. Answers version and value, or nothing. */
const GET = `${ALIVE}${ROW}
local version, value = row(redis.call('HGET', KEYS[2], ARGV[2]))
return version and {version, value} or {}
`;

/** KEYS life, rows, expiries; ARGV epoch. Answers key, version and value of each row. */
const LIST = `${ALIVE}${ROW}
local all, rows = redis.call('HGETALL', KEYS[2]), {}
for i = 1, #all, 2 do
  local version, value = row(all[i + 1])
  if version then
    rows[#rows + 1] = {all[i], version, value}
  end
end
return rows
`;

/** KEYS life, rows, expiries; ARGV epoch, key, value, version to replace or "", life in ms or "". */
const PUT = `${ALIVE}${ROW}
local rows, expiries = KEYS[2], KEYS[3]
local version = row(redis.call('HGET', rows, ARGV[2])) or 0
if ARGV[4] ~= '' and tonumber(ARGV[4]) ~= version then return {0, version} end
version = version + 1
if ARGV[5] == '' then
  redis.call('HSET', rows, ARGV[2], version .. '||' .. ARGV[3])
  redis.call('ZREM', expiries, ARGV[2])
else
  local expires = now + tonumber(ARGV[5])
  redis.call('HSET', rows, ARGV[2], version .. '|' .. expires .. '|' .. ARGV[3])
  redis.call('ZADD', expiries, expires, ARGV[2])
end
for _, gone in ipairs(redis.call('ZRANGEBYSCORE', expiries, '-inf', now, 'LIMIT', 0, 10)) do
  redis.call('HDEL', rows, gone)
  redis.call('ZREM', expiries, gone)
end
-- a table whose rows all expire goes with the last of them, also when nobody writes into it any more
local last = redis.call('ZREVRANGE', expiries, 0, 0, 'WITHSCORES')[2]
if last and redis.call('ZCARD', expiries) == redis.call('HLEN', rows) then
  redis.call('PEXPIREAT', rows, last)
  redis.call('PEXPIREAT', expiries, last)
else
  redis.call('PERSIST', rows)
  redis.call('PERSIST', expiries)
end
return {1, version}
`;

/** KEYS life, rows, expiries; ARGV epoch, key. */
const DELETE = `${ALIVE}
redis.call('HDEL', KEYS[2], ARGV[2])
redis.call('ZREM', KEYS[3], ARGV[2])
return {}
`;

/** KEYS life, a key to write; ARGV epoch. */
const READY = `${ALIVE}
redis.call('SET', KEYS[2], '1', 'PX', 60000)
return {}
`;

/** KEYS life; ARGV the epoch and the run of the server it was last seen with, then what to replace it with. */
const SETTLE = `
local known = redis.call('HMGET', KEYS[1], 'epoch', 'run')
if (known[1] or '') ~= ARGV[1] or (known[2] or '') ~= ARGV[2] then return 0 end
redis.call('HSET', KEYS[1], 'epoch', ARGV[3], 'run', ARGV[4], 'durable', ARGV[5])
return 1
`;

export const SCRIPTS = {
  append: APPEND,
  trim: TRIM,
  read: READ,
  heads: HEADS,
  retain: RETAIN,
  get: GET,
  list: LIST,
  put: PUT,
  delete: DELETE,
  ready: READY,
  settle: SETTLE,
} as const;

export type ScriptName = keyof typeof SCRIPTS;
