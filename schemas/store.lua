#!lua name=gentally_2
--[[
The counters' guard. One library for all namespaces; the version is part of every name, so that an old worker never
meets new rules.

All keys of a call belong to one input partition and share its hash tag, so one call is one step: it checks, then
writes. Redis keeps every step whole on any history that survives (a lost tail, a failover, a split brain), and so
`next` always says exactly which records are counted: in cells, and in entries of the journal that are not applied to
them yet. Cells and entries are opaque here: the owner reads them, adds entries to the cells of a window, and writes
these back only if nobody has done so meanwhile.

KEYS[1] meta     inc tok next anchor first wm idle nonce taint, counted duplicate filtered too_late dead_lettered
                 conflicting, floor:<kind>; decider deciders, the last owner that moved `next` and how many did;
                 stopped stopped_at stopped_why given_up, while the partition does not count; journal_first and
                 journal_last, the numbers of the entries that are there, all of them; pairs_first and pairs_last
KEYS[2] windows  "<kind>:<start>" -> records counted in the window
KEYS[3..]        one hash per window: row key -> cell, "__n" -> the records in the cells; then one hash per bucket of
                 ids: id -> what was counted for it, "__n" -> writes, the same number again in meta, under
                 "ids:<width>:<start>"
journal          number -> entry of the journal
behind           "<kind>:<start>" -> "<number> <records>": the cells lack what later entries have of the window, and
                 hold that many records; of other windows they hold all. If "__n" is another number, the window is torn
pairs            number -> which accounts used which models in which months, as a flush noted it, until it is merged

Over a cluster a call names these four as well, before all others: while their slot moves from one node to another, key
by key, Redis then refuses the call until all of them are there (see named() below).

Retention is the namespace's own, not a partition's: an account's events may be in any of them. It lies in shards, each
under a hash tag of its own. What a flush notes of it goes into the partition's pairs, in the same step that moves
`next`; whoever owns the partition, or tells a month, merges it into the shards, a union: see merge() below.

Offsets are compared as text: Lua's numbers end at 2^53. Every write phase runs after every check, that of the caller's
rights too, so that no write can fail half-way. Should one do so all the same, it leaves a taint, and a tainted
partition is never written again.
--]]

-- unpack() pushes its results on Lua's stack, which ends at 8,000; even, since HSET takes pairs.
local CHUNK = 6000

local STATE = {'inc', 'tok', 'first', 'next', 'wm', 'idle', 'anchor',
               'counted', 'duplicate', 'filtered', 'too_late', 'dead_lettered', 'conflicting',
               'floor:hour', 'floor:day', 'floor:week', 'floor:month',
               'taint', 'stopped', 'stopped_at', 'stopped_why', 'given_up', 'journal_first', 'journal_last',
               'pairs_first', 'pairs_last'}

local function state_of(meta)
  local values = redis.call('HMGET', meta, unpack(STATE))
  for i, value in ipairs(values) do
    if value == false then values[i] = '' end
  end
  return values
end

-- Beside meta: who decided which offsets, see new_decider(); the journal, and which windows are behind it; pairs.
local function deciders_of(meta)
  return string.sub(meta, 1, -5) .. 'deciders'
end

local function journal_of(meta)
  return string.sub(meta, 1, -5) .. 'journal'
end

local function behind_of(meta)
  return string.sub(meta, 1, -5) .. 'behind'
end

local function pairs_of(meta)
  return string.sub(meta, 1, -5) .. 'pairs'
end

-- What forbids any step, or nil.
local function refusal(meta)
  local state = redis.call('HMGET', meta, 'inc', 'taint')
  if not state[1] then return {'MISSING'} end
  if state[2] then return {'TAINTED', state[2]} end
  return nil
end

-- The same for what ends windows: of a tainted partition that was given up nothing more is awaited.
local function end_refusal(meta)
  local no = refusal(meta)
  if no and no[1] == 'TAINTED' and (redis.call('HGET', meta, 'given_up') or '') ~= '' then return nil end
  return no
end

-- A command that the caller's user may not run on a key, or nil. A right that lacks is found before anything is
-- written.
local function denied(command, key, ...)
  if redis.acl_check_cmd(command, key, ...) then return nil end
  return {'DENIED', command}
end

-- What the worker and its functions run, as the caller's user: the first it may not. KEYS: a key of ours
local function probe(KEYS)
  local key = KEYS[1]
  for _, words in ipairs{{'HGET', key, 'f'}, {'HMGET', key, 'f'}, {'HGETALL', key}, {'HLEN', key},
                         {'HSCAN', key, '0'}, {'EXISTS', key},
                         {'HSET', key, 'f', 'v'}, {'HDEL', key, 'f'}, {'UNLINK', key},
                         {'FCALL', 'f', '1', key}, {'FCALL_RO', 'f', '1', key}, {'INFO'}, {'TIME'}} do
    if not redis.acl_check_cmd(unpack(words)) then return {'DENIED', words[1]} end
  end
  return {'OK'}
end

-- Creates a partition's first state, once, with the floors below which its windows are over: one step, or what it
-- counts could end in windows that nobody reads any more. Windows without their state are no beginning: what is counted
-- again would be added to them. ARGV: inc, first, then the floors of hour, day, week, month
local function create(KEYS, ARGV)
  if redis.call('EXISTS', KEYS[1]) == 1 then return {'EXISTS'} end
  if redis.call('EXISTS', KEYS[2]) == 1 then return {'TORN', 'state'} end
  redis.call('UNLINK', deciders_of(KEYS[1]), pairs_of(KEYS[1])) -- those of a state that is gone
  redis.call('HSET', KEYS[1], 'inc', ARGV[1], 'tok', '', 'first', ARGV[2], 'next', ARGV[2],
             'wm', '', 'idle', '0', 'nonce', '', 'anchor', '',
             'counted', '0', 'duplicate', '0', 'filtered', '0', 'too_late', '0', 'dead_lettered', '0',
             'conflicting', '0', 'journal_first', '1', 'journal_last', '0', 'pairs_first', '1', 'pairs_last', '0',
             'floor:hour', ARGV[3], 'floor:day', ARGV[4], 'floor:week', ARGV[5], 'floor:month', ARGV[6])
  return {'OK'}
end

-- Takes ownership. A missing state is never created here: that would silently begin again. What the last owner saw of
-- the log's end is old: until the new one has been there, the partition holds the watermark back, or windows could be
-- sealed over records nobody has read yet. ARGV: tok
local function claim(KEYS, ARGV)
  local no = refusal(KEYS[1])
  if no then return no end
  redis.call('HSET', KEYS[1], 'tok', ARGV[1], 'idle', '0')
  return {'OK', state_of(KEYS[1])}
end

-- Writes the settings of the namespace, whole, if those that are kept have the version that is expected ('' = none
-- are kept). KEYS: the record. ARGV: the version expected, then names and values
local function settle(KEYS, ARGV)
  local version = redis.call('HGET', KEYS[1], 'version') or ''
  if version ~= ARGV[1] then return {'CHANGED', version} end
  local no = denied('HDEL', KEYS[1], 'f') or denied('HSET', KEYS[1], 'f', 'v')
  if no then return no end
  local kept, gone, all = {}, {}, redis.call('HGETALL', KEYS[1])
  for i = 2, #ARGV, 2 do kept[ARGV[i]] = true end
  for i = 1, #all, 2 do
    if not kept[all[i]] then gone[#gone + 1] = all[i] end
  end
  -- In this order: a key that went while its slot moves to another node could not be written again here.
  redis.call('HSET', KEYS[1], unpack(ARGV, 2))
  if #gone > 0 then redis.call('HDEL', KEYS[1], unpack(gone)) end
  return {'OK'}
end

-- Who decided what, for a redrive.
local function deciders(KEYS)
  local state = redis.call('HMGET', KEYS[1], 'inc', 'next')
  if not state[1] then return {'MISSING'} end
  return {'OK', state[1], state[2], redis.call('HGETALL', deciders_of(KEYS[1]))}
end

local function look(KEYS)
  if redis.call('EXISTS', KEYS[1]) == 0 then return {'MISSING'} end
  return {'OK', state_of(KEYS[1])}
end

-- The owner says that the partition stopped, and why: whoever closes windows goes on without it. What an operator gave
-- up stays given up. ARGV: inc, tok, id of the reason, text
local function stop(KEYS, ARGV)
  local no = refusal(KEYS[1])
  if no then return no end
  local state = redis.call('HMGET', KEYS[1], 'inc', 'tok', 'next')
  if state[1] ~= ARGV[1] then return {'INCARNATION', state[1]} end
  if state[2] ~= ARGV[2] then return {'FENCED', state[3], 'token'} end
  redis.call('HSET', KEYS[1], 'stopped', ARGV[3], 'stopped_at', state[3], 'stopped_why', ARGV[4])
  return {'OK'}
end

-- An operator gives a partition up that stopped, or takes that back. ARGV: text, empty to take it back
local function give_up(KEYS, ARGV)
  local state = redis.call('HMGET', KEYS[1], 'inc', 'taint', 'stopped')
  if not state[1] then return {'MISSING'} end
  if not state[2] and (state[3] or '') == '' then return {'COUNTING'} end
  redis.call('HSET', KEYS[1], 'given_up', ARGV[1])
  return {'OK'}
end

-- Does the caller still stand where it believes to stand (`expect`), and own the partition? nil if so. Whoever does not
-- say where only owns it.
local function fence(meta, inc, tok, expect)
  local no = refusal(meta)
  if no then return no end
  local state = redis.call('HMGET', meta, 'inc', 'tok', 'next')
  if state[1] ~= inc then return {'INCARNATION', state[1]} end
  expect = expect or state[3]
  if state[2] ~= tok or state[3] ~= expect then return {'FENCED', state[3], state[2] == tok and 'offset' or 'token'} end
  return nil
end

-- The records of a window: all, and those in its cells; and the number of the entry up to which the cells hold all, ''
-- if they lack nothing. The last is false if the window is torn. KEYS: meta, windows; key and name of the window
local function records_of(KEYS, key, name)
  local n, behind = redis.call('HGET', KEYS[2], name), redis.call('HGET', behind_of(KEYS[1]), name)
  local number, held = '', n or '0'
  if behind then number, held = string.match(behind, '^(%d+) (%d+)$') end
  return n or '0', held, number, (n or not behind) and (redis.call('HGET', key, '__n') or '0') == held
end

-- A window that may not be touched: collected, or torn. nil if it may; then its records, and whether it is behind.
local function forbidden(KEYS, i, name, kind, start)
  local floor = redis.call('HGET', KEYS[1], 'floor:' .. kind)
  if floor and floor ~= '' and tonumber(start) < tonumber(floor) then return {'COLLECTED', name} end
  local n, _, number, is_whole = records_of(KEYS, KEYS[i], name)
  if not is_whole then return {'TORN', name} end
  return nil, n, number ~= ''
end

-- The numbers of the first and last entry of a hash; or nil if it is torn: some entries are gone.
local function range_of(meta, name, key)
  local range = redis.call('HMGET', meta, name .. '_first', name .. '_last')
  local first, last = tonumber(range[1] or ''), tonumber(range[2] or '')
  if not first or not last or redis.call('HLEN', key) ~= last - first + 1 then return nil end
  return first, last
end

local function journal_range(meta)
  return range_of(meta, 'journal', journal_of(meta))
end

local function pairs_range(meta)
  return range_of(meta, 'pairs', pairs_of(meta))
end

-- May ids be read at this offset? KEYS: meta, buckets. ARGV: inc, tok, next, then "<width>:<start>" of each bucket. As
-- with cells, the caller reads them by itself.
local function recall(KEYS, ARGV)
  local no = fence(KEYS[1], ARGV[1], ARGV[2], ARGV[3])
  if no then return no end
  for i = 2, #KEYS do
    local name = 'ids:' .. ARGV[i + 2]
    if (redis.call('HGET', KEYS[i], '__n') or '0') ~= (redis.call('HGET', KEYS[1], name) or '0') then
      return {'TORN', name}
    end
  end
  return {'OK'}
end

-- Does an offset come before another? They are texts of digits, without zeros before.
local function is_before(left, right)
  return #left < #right or (#left == #right and left < right)
end

-- Who decided which offsets: "<offset>" -> half of the token under which `next` was moved on from there. A dead letter
-- is written before the flush that passes its record, so it names its decider, and is final only if this is the same.
local DECIDERS = 4096

-- What a flush writes down of its owner, if that is another than the last one's: his token, how many entries there are
-- then, and which are too old to be kept; or nil.
local function new_decider(meta, tok)
  local state, over = redis.call('HMGET', meta, 'decider', 'deciders'), {}
  tok = string.sub(tok, 1, 16)
  if state[1] == tok then return nil end
  local count = tonumber(state[2] or '0') + 1
  if count > DECIDERS then
    local all, firsts = redis.call('HGETALL', deciders_of(meta)), {}
    for i = 1, #all, 2 do firsts[#firsts + 1] = all[i] end
    table.sort(firsts, is_before)
    over = {unpack(firsts, 1, DECIDERS / 4)}
    count = #firsts + 1 - #over
  end
  return tok, count, over
end

-- Number as text.
local function whole(number)
  return string.format('%.0f', number)
end

-- Writes after checks: a writer whose first failure ends all further writes, and what to answer at the end.
local function writer(meta)
  local failed
  local function call(...)
    if failed then return end
    local reply = redis.pcall(...)
    if type(reply) == 'table' and reply.err then failed = reply.err end
  end
  local function answer()
    if not failed then return {'OK'} end
    redis.pcall('HSET', meta, 'taint', failed)
    return {'TAINTED', failed}
  end
  return call, answer
end

-- HSET of pairs ARGV[first] to ARGV[last].
local function write_pairs(call, key, ARGV, first, last)
  for at = first, last, CHUNK do call('HSET', key, unpack(ARGV, at, math.min(at + CHUNK - 1, last))) end
end

-- Deletes the entries `first` to `last` of a hash of numbers.
local function drop_entries(call, key, first, last)
  for at = first, last, CHUNK do
    local numbers = {}
    for number = at, math.min(at + CHUNK - 1, last) do numbers[#numbers + 1] = whole(number) end
    call('HDEL', key, unpack(numbers))
  end
end

-- Drops all entries once no window is behind. Until then they stay, also those that no window lacks any more: to tell
-- them from the others would take a look at every window that is behind, for each window that is applied.
local function drop_applied(call, meta)
  if redis.call('HLEN', behind_of(meta)) > 0 then return end
  local range = redis.call('HMGET', meta, 'journal_first', 'journal_last')
  local first, last = tonumber(range[1]), tonumber(range[2])
  drop_entries(call, journal_of(meta), first, last)
  if last >= first then call('HSET', meta, 'journal_first', whole(last + 1)) end
end

-- What a flush may not do, or nil; then what it found of its windows and buckets. Those begin at ARGV[at].
local function flush_refusal(KEYS, ARGV, at)
  local found = {}
  for _, key in ipairs{KEYS[1], KEYS[2], deciders_of(KEYS[1]), journal_of(KEYS[1]), behind_of(KEYS[1]),
                       pairs_of(KEYS[1])} do
    local no = denied('HSET', key, 'f', 'v')
    if no then return no end
  end
  local no = denied('HDEL', deciders_of(KEYS[1]), 'f')
  if no then return no end
  for i = 3, #KEYS do
    local name = ARGV[at] .. ':' .. ARGV[at + 1]
    if ARGV[at] == 'ids' then
      local n = redis.call('HGET', KEYS[1], name) or '0'
      if (redis.call('HGET', KEYS[i], '__n') or '0') ~= n then return {'TORN', name} end
      no = denied('HSET', KEYS[i], 'f', 'v') or denied('UNLINK', KEYS[i]) or denied('HDEL', KEYS[1], 'f')
      found[i] = {n = n}
      at = at + 3 + tonumber(ARGV[at + 2])
    else
      local bad, n, is_behind = forbidden(KEYS, i, name, ARGV[at], ARGV[at + 1])
      if bad then return bad end
      found[i] = {n = n, is_behind = is_behind}
      at = at + 3
    end
    if no then return no end
  end
  return nil, found
end

-- Writes one change, once. ARGV: inc, tok, expect, next, nonce, wm, idle, anchor, six outcome counts, an entry of pairs
-- ('' = none), how many entries of the journal, these, then per window: kind, start, how many records more; then per
-- bucket of ids: "ids", "<width>:<start>", number of arguments, fields and values; without any it is dropped.
local function flush(KEYS, ARGV)
  local no = refusal(KEYS[1])
  if no then return no end
  local state = redis.call('HMGET', KEYS[1], 'inc', 'nonce', 'next', 'stopped')
  if state[1] == ARGV[1] and state[2] == ARGV[5] and state[3] == ARGV[4] then return {'ALREADY'} end
  no = fence(KEYS[1], ARGV[1], ARGV[2], ARGV[3])
  if no then return no end
  local first, last = journal_range(KEYS[1])
  if not first then return {'TORN', 'journal'} end
  local first_pairs, last_pairs = pairs_range(KEYS[1])
  if not first_pairs then return {'TORN', 'pairs'} end
  local at, found = 17 + tonumber(ARGV[16])
  no, found = flush_refusal(KEYS, ARGV, at)
  if no then return no end
  local decider, deciders, over
  if ARGV[4] ~= ARGV[3] then decider, deciders, over = new_decider(KEYS[1], ARGV[2]) end

  -- From here on only writes.
  local call, answer = writer(KEYS[1])
  local function write(...) call('HSET', ...) end
  for i = 17, at - 1 do write(journal_of(KEYS[1]), whole(last + i - 16), ARGV[i]) end
  if ARGV[15] ~= '' then
    last_pairs = last_pairs + 1
    write(pairs_of(KEYS[1]), whole(last_pairs), ARGV[15])
  end
  for i = 3, #KEYS do
    local name, n = ARGV[at] .. ':' .. ARGV[at + 1], found[i].n
    if ARGV[at] ~= 'ids' then
      if not found[i].is_behind then write(behind_of(KEYS[1]), name, whole(last) .. ' ' .. n) end
      write(KEYS[2], name, whole(tonumber(n) + tonumber(ARGV[at + 2])))
      at = at + 3
    else
      local count = tonumber(ARGV[at + 2])
      if count > 0 then
        write_pairs(call, KEYS[i], ARGV, at + 3, at + 2 + count)
        n = whole(tonumber(n) + count / 2)
        write(KEYS[i], '__n', n)
        write(KEYS[1], name, n)
      else
        call('UNLINK', KEYS[i])
        call('HDEL', KEYS[1], name)
      end
      at = at + 3 + count
    end
  end
  write(KEYS[1], 'next', ARGV[4], 'nonce', ARGV[5], 'wm', ARGV[6], 'idle', ARGV[7], 'anchor', ARGV[8],
        'counted', ARGV[9], 'duplicate', ARGV[10], 'filtered', ARGV[11], 'too_late', ARGV[12],
        'dead_lettered', ARGV[13], 'conflicting', ARGV[14], 'journal_last', whole(last + tonumber(ARGV[16])),
        'pairs_last', whole(last_pairs))
  if decider then
    if #over > 0 then call('HDEL', deciders_of(KEYS[1]), unpack(over)) end
    write(deciders_of(KEYS[1]), ARGV[3], decider)
    write(KEYS[1], 'decider', decider, 'deciders', deciders)
  end
  if (state[4] or '') ~= '' and (ARGV[4] ~= ARGV[3] or ARGV[7] == '1') then -- It counts again, or is at its log's end.
    write(KEYS[1], 'stopped', '', 'stopped_at', '', 'stopped_why', '', 'given_up', '')
  end
  return answer()
end

-- What an owner has to apply: the journal's range, and the windows that are behind. ARGV: inc, tok
local function behind(KEYS, ARGV)
  local no = fence(KEYS[1], ARGV[1], ARGV[2])
  if no then return no end
  local first, last = journal_range(KEYS[1])
  if not first then return {'TORN', 'journal'} end
  return {'OK', whole(first), whole(last), redis.call('HGETALL', behind_of(KEYS[1]))}
end

-- Which entries of pairs there are; whoever asks reads them by itself. They do not change, and go once they are merged.
local function pairs_there(KEYS)
  local inc = redis.call('HGET', KEYS[1], 'inc')
  if not inc then return {'MISSING'} end
  local first, last = pairs_range(KEYS[1])
  if not first then return {'TORN', 'pairs'} end
  return {'OK', inc, whole(first), whole(last)}
end

-- Drops entries of pairs that all shards have. The caller merged them over the connection that this comes by: a history
-- that holds this holds what was merged. ARGV: inc, tok, number of the last one
local function pairs_drop(KEYS, ARGV)
  local no = fence(KEYS[1], ARGV[1], ARGV[2])
  if no then return no end
  local first, last = pairs_range(KEYS[1])
  if not first then return {'TORN', 'pairs'} end
  no = denied('HDEL', pairs_of(KEYS[1]), 'f') or denied('HSET', KEYS[1], 'f', 'v')
  if no then return no end
  local upto = tonumber(ARGV[3])
  if upto > last then return {'CHANGED', 'pairs'} end
  if upto < first then return {'OK'} end
  local call, answer = writer(KEYS[1])
  drop_entries(call, pairs_of(KEYS[1]), first, upto)
  call('HSET', KEYS[1], 'pairs_first', whole(upto + 1))
  return answer()
end

-- Applies entries to the cells of some windows, and drops them if none is behind any more. What was read meanwhile is
-- of this history: cells of a window change with `behind` alone, entries do not change, and under one token there is
-- one history, since whoever saw a rollback claims anew before it counts on. KEYS: meta, windows, then the windows.
-- ARGV: inc, tok, number of the last entry that is applied, then per window: name, what `behind` says of it, records in
-- the cells then, number of arguments, pairs
local function apply(KEYS, ARGV)
  local no = fence(KEYS[1], ARGV[1], ARGV[2])
  if no then return no end
  local first, last = journal_range(KEYS[1])
  if not first then return {'TORN', 'journal'} end
  no = denied('HSET', KEYS[1], 'f', 'v') or denied('HSET', behind_of(KEYS[1]), 'f', 'v') or
       denied('HDEL', behind_of(KEYS[1]), 'f') or denied('HDEL', journal_of(KEYS[1]), 'f')
  local at = 4
  for i = 3, #KEYS do
    local name = ARGV[at]
    if redis.call('HGET', behind_of(KEYS[1]), name) ~= ARGV[at + 1] or tonumber(ARGV[3]) > last then
      return {'CHANGED', name}
    end
    local _, _, _, is_whole = records_of(KEYS, KEYS[i], name)
    if not is_whole then return {'TORN', name} end
    no = no or denied('HSET', KEYS[i], 'f', 'v')
    at = at + 4 + tonumber(ARGV[at + 3])
  end
  if no then return no end

  -- From here on only writes.
  local call, answer = writer(KEYS[1])
  at = 4
  for i = 3, #KEYS do
    local name, records, count = ARGV[at], ARGV[at + 2], tonumber(ARGV[at + 3])
    write_pairs(call, KEYS[i], ARGV, at + 4, at + 3 + count)
    call('HSET', KEYS[i], '__n', records)
    if tonumber(ARGV[3]) == last then
      call('HDEL', behind_of(KEYS[1]), name)
    else
      call('HSET', behind_of(KEYS[1]), name, ARGV[3] .. ' ' .. records)
    end
    at = at + 4 + count
  end
  drop_applied(call, KEYS[1])
  return answer()
end

-- Gives rows of one window other names, where the window is wholly in its cells: what is behind is applied first. A
-- cell whose new name another has is added to it by the caller, and then its rollup has a row less. KEYS: meta,
-- windows, the window. ARGV: inc, tok, name of the window, then per row: rollup, its key, its new key, the cell that is
-- there under that ('' = none), the cell to be there
local function rename(KEYS, ARGV)
  local no = fence(KEYS[1], ARGV[1], ARGV[2]) or denied('HSET', KEYS[3], 'f', 'v') or denied('HDEL', KEYS[3], 'f')
  if no then return no end
  local _, _, number, is_whole = records_of(KEYS, KEYS[3], ARGV[3])
  if not is_whole then return {'TORN', ARGV[3]} end
  if number ~= '' then return {'CHANGED', ARGV[3]} end
  for i = 4, #ARGV, 5 do
    local cells = redis.call('HMGET', KEYS[3], ARGV[i + 1], ARGV[i + 2])
    if not cells[1] or (cells[2] or '') ~= ARGV[i + 3] then return {'CHANGED', ARGV[i + 1]} end
  end

  -- From here on only writes.
  local call, answer = writer(KEYS[1])
  for i = 4, #ARGV, 5 do
    call('HSET', KEYS[3], ARGV[i + 2], ARGV[i + 4])
    call('HDEL', KEYS[3], ARGV[i + 1])
    local rows = '__rows:' .. ARGV[i]
    local count = redis.call('HGET', KEYS[3], rows)
    if ARGV[i + 3] ~= '' and count then call('HSET', KEYS[3], rows, whole(tonumber(count) - 1)) end
  end
  return answer()
end

-- One window together with the state it belongs to, its records, those in its cells, and the number of the entry behind
-- which the journal has the others, '' if there are none; then its cells, or, if it has more fields than are read at
-- once, how many it has: the caller then reads them in portions, and asks again. ARGV: name, how many fields are read
-- at once
local function snapshot(KEYS, ARGV)
  if redis.call('EXISTS', KEYS[1]) == 0 then return {'MISSING'} end
  local n, held, number, is_whole = records_of(KEYS, KEYS[3], ARGV[1])
  if not is_whole then return {'TORN', ARGV[1]} end
  if number ~= '' and not journal_range(KEYS[1]) then return {'TORN', 'journal'} end
  local size = redis.call('HLEN', KEYS[3])
  local cells = size > tonumber(ARGV[2]) and size or redis.call('HGETALL', KEYS[3])
  return {'OK', state_of(KEYS[1]), n, held, number, cells}
end

-- All windows of a partition at one moment, if so many of them are in the journal alone: then whoever reads the entries
-- once has them all. Else, or of a partition with few windows, the state only. ARGV: how many at least
local function view(KEYS, ARGV)
  if redis.call('EXISTS', KEYS[1]) == 0 then return {'MISSING'} end
  local least, alone, all = tonumber(ARGV[1]), 0, {}
  if redis.call('HLEN', behind_of(KEYS[1])) >= least then all = redis.call('HGETALL', behind_of(KEYS[1])) end
  for i = 2, #all, 2 do
    if string.sub(all[i], -2) == ' 0' then alone = alone + 1 end
  end
  if alone < least then return {'OK', state_of(KEYS[1])} end
  if not journal_range(KEYS[1]) then return {'TORN', 'journal'} end
  return {'OK', state_of(KEYS[1]), redis.call('HGETALL', KEYS[2]), all}
end

-- Ends a kind's windows that start before the floor: nothing is written to them any more, in this partition. ARGV:
-- kind, floor, the incarnation and next offset that were looked at, then names of windows and the records their last
-- summary was made of: if one has grown since, or one was not named, its summary comes first. A store that was rolled
-- back behind what was looked at has yet to count records again, even of windows that are over and gone: sealed now,
-- they would come too late.
local function seal(KEYS, ARGV)
  local no = end_refusal(KEYS[1])
  if no then return no end
  local kind, floor, known = ARGV[1], tonumber(ARGV[2]), {}
  for i = 5, #ARGV, 2 do known[ARGV[i]] = ARGV[i + 1] end
  local stored = redis.call('HGET', KEYS[1], 'floor:' .. kind)
  if stored and stored ~= '' and tonumber(stored) >= floor then return {'OK'} end
  local state = redis.call('HMGET', KEYS[1], 'inc', 'next')
  if state[1] ~= ARGV[3] or is_before(state[2], ARGV[4]) then return {'CHANGED', 'next:' .. state[2]} end
  local all = redis.call('HGETALL', KEYS[2])
  for i = 1, #all, 2 do
    local start = string.match(all[i], '^' .. kind .. ':(-?%d+)$')
    if start and tonumber(start) < floor and known[all[i]] ~= all[i + 1] then return {'CHANGED', all[i]} end
  end
  for i = 5, #ARGV, 2 do
    if redis.call('HGET', KEYS[2], ARGV[i]) ~= ARGV[i + 1] then return {'CHANGED', ARGV[i]} end
  end
  redis.call('HSET', KEYS[1], 'floor:' .. kind, ARGV[2])
  return {'OK'}
end

-- Deletes sealed windows, and what the journal has of them alone. ARGV: kind, then per window key its start.
local function collect(KEYS, ARGV)
  local no = end_refusal(KEYS[1])
  if no then return no end
  local floor = tonumber(redis.call('HGET', KEYS[1], 'floor:' .. ARGV[1]) or '') or -math.huge
  no = denied('HDEL', KEYS[2], 'f') or denied('HDEL', behind_of(KEYS[1]), 'f') or
       denied('HDEL', journal_of(KEYS[1]), 'f') or denied('HSET', KEYS[1], 'f', 'v')
  for i = 3, #KEYS do
    no = no or denied('UNLINK', KEYS[i])
    if no then return no end
    if tonumber(ARGV[i - 1]) >= floor then return {'CHANGED', ARGV[1] .. ':' .. ARGV[i - 1]} end
  end
  for i = 3, #KEYS do
    local start = ARGV[i - 1]
    redis.call('UNLINK', KEYS[i])
    redis.call('HDEL', KEYS[2], ARGV[1] .. ':' .. start)
    redis.call('HDEL', behind_of(KEYS[1]), ARGV[1] .. ':' .. start)
  end
  drop_applied(redis.call, KEYS[1])
  return {'OK'}
end

-- Which of the workers closes windows: liveness only, since what makes sure that there is one is Kafka's transaction. A
-- lease that ends later than any was given for is of another clock. Who finds it held leaves a look, counted; what the
-- holder repeats of that count with its next renewal says that it lives, whatever of a dead one arrives late. ARGV:
-- holder, ms to hold it (0: to give it back), looks that it knows of, '1' to take it from whoever has it
local function lease(KEYS, ARGV)
  local no = denied('HSET', KEYS[1], 'f', 'v')
  if no then return no end
  local time, held = redis.call('TIME'), redis.call('HMGET', KEYS[1], 'holder', 'until', 'ttl', 'looks', 'seen')
  local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
  local left, looks = tonumber(held[2] or '0') - now, held[4] or '0'
  if held[1] ~= ARGV[1] and ARGV[4] ~= '1' and left > 0 and left <= tonumber(held[3] or '0') then
    looks = string.format('%.0f', tonumber(looks) + 1)
    redis.call('HSET', KEYS[1], 'looks', looks)
    return {'HELD', string.format('%.0f', left), looks, held[5] or '0'}
  end
  local until_ms = ARGV[2] == '0' and 0 or now + tonumber(ARGV[2])
  -- More looks than there were are of a history that is lost: a late request, and no sign of life.
  local seen = tonumber(ARGV[3]) <= tonumber(looks) and ARGV[3] or '0'
  if until_ms > 0 or held[1] == ARGV[1] then
    redis.call('HSET', KEYS[1], 'holder', ARGV[1], 'until', string.format('%.0f', until_ms), 'ttl', ARGV[2],
               'seen', seen)
  end
  return {'OK', '0', looks, seen}
end

-- ---- retention ----
--
-- <shard>:state           inc taint ver buckets pairs models floor late, "rev:<month>" -> revision; months are counted
--                         from January 1970
-- <shard>:pairs           bucket -> accounts, each with its models and months of activity (core/bucket.h); "__v" -> ver
-- <shard>:models          model -> its number in the buckets; as many as `models` says
-- <shard>:counts:<month>  "<cohort>|<model>" -> accounts; "__n" -> revision, the same number again
--
-- Only <shard>:state is named by the caller; the others are under the same hash tag. A month's revision is the sum,
-- over the pairs active in it, of the months from their cohort to it, both counted: it follows from the pairs alone, in
-- whatever order they came, and rises whenever its counts change, since cohorts only get older.

-- What forbids any step of a shard, or nil. A state that went, but not its pairs, is no state that `setup` should make.
local function shard_refusal(state)
  local no = refusal(state)
  if no and no[1] == 'MISSING' and redis.call('EXISTS', string.sub(state, 1, -6) .. 'pairs') == 1 then
    return {'TORN', 'state'}
  end
  return no
end

-- ARGV: inc, late: 1 if events were counted before
local function retention_create(KEYS, ARGV)
  if redis.call('EXISTS', KEYS[1]) == 1 then return {'EXISTS'} end
  local no = shard_refusal(KEYS[1])
  if no[1] == 'TORN' then return no end
  redis.call('HSET', KEYS[1], 'inc', ARGV[1], 'late', ARGV[2], 'ver', '', 'buckets', '1', 'pairs', '0', 'models', '0',
             'floor', '0')
  return {'OK'}
end

-- What is to be written of one month's counts, and its revision then; or nil and what is torn. ARGV[at]: month, how its
-- revision rises, how many counts, then "<cohort>|<model>" and how it changes, of each
local function read_counts(state, stem, ARGV, at)
  local month, rise, count, writes = ARGV[at], tonumber(ARGV[at + 1]), tonumber(ARGV[at + 2]), {}
  local key = stem .. 'counts:' .. month
  local revision = redis.call('HGET', state, 'rev:' .. month) or '0'
  if (redis.call('HGET', key, '__n') or '0') ~= revision then return nil, 'counts:' .. month end
  for first = 1, count, CHUNK do
    local fields, last = {}, math.min(first + CHUNK - 1, count)
    for i = first, last do fields[#fields + 1] = ARGV[at + 1 + 2 * i] end
    for i, stored in ipairs(redis.call('HMGET', key, unpack(fields))) do
      local value = tonumber(stored or '0') + tonumber(ARGV[at + 2 + 2 * (first + i - 1)])
      if value < 0 or value >= 2 ^ 53 then return nil, 'counts:' .. month end
      writes[#writes + 1] = fields[i]
      writes[#writes + 1] = whole(value)
    end
  end
  revision = whole(tonumber(revision) + rise)
  writes[#writes + 1] = '__n'
  writes[#writes + 1] = revision
  return {key = key, writes = writes}, revision
end

-- May the caller write what merge() does? nil if so.
local function merge_denied(state, stem)
  return denied('HSET', state, 'f', 'v') or denied('HSET', stem .. 'pairs', 'f', 'v') or
         denied('HDEL', stem .. 'pairs', 'f') or denied('HSET', stem .. 'models', 'f', 'v') or
         denied('HSET', stem .. 'counts:0', 'f', 'v')
end

-- Writes buckets that the caller read, and merged activities into, with the counts that change by it: as one step, and
-- only if nobody wrote since the caller read `ver`. That is random: a number that rises would be the same in a history
-- that was lost. ARGV: inc, ver as it was read, the new one, floor as it was read, how many buckets, pairs and models
-- there are then; how many buckets are written, name and bytes of each ('' = it goes); how many models are new, name
-- and number of each; then the months as read_counts() takes them
local function merge(KEYS, ARGV)
  local no = shard_refusal(KEYS[1])
  if no then return no end
  local state = redis.call('HMGET', KEYS[1], 'inc', 'ver', 'floor', 'models')
  local stem = string.sub(KEYS[1], 1, -6)
  if state[1] ~= ARGV[1] then return {'INCARNATION', state[1]} end
  if state[2] ~= ARGV[2] or state[3] ~= ARGV[4] then return {'MOVED'} end
  if (redis.call('HGET', stem .. 'pairs', '__v') or '') ~= state[2] then return {'TORN', 'pairs'} end
  if whole(redis.call('HLEN', stem .. 'models')) ~= state[4] then return {'TORN', 'models'} end
  no = merge_denied(KEYS[1], stem)
  if no then return no end
  local written, gone = {'__v', ARGV[3]}, {}
  local at = 9 + 2 * tonumber(ARGV[8])
  for i = 9, at - 1, 2 do
    if ARGV[i + 1] == '' then
      gone[#gone + 1] = ARGV[i]
    else
      written[#written + 1] = ARGV[i]
      written[#written + 1] = ARGV[i + 1]
    end
  end
  local models_at, models = at + 1, 2 * tonumber(ARGV[at])
  at = models_at + models
  local months, fields = {}, {'ver', ARGV[3], 'buckets', ARGV[5], 'pairs', ARGV[6], 'models', ARGV[7]}
  while at <= #ARGV do
    local counts, revision = read_counts(KEYS[1], stem, ARGV, at)
    if not counts then return {'TORN', revision} end
    months[#months + 1] = counts
    fields[#fields + 1] = 'rev:' .. ARGV[at]
    fields[#fields + 1] = revision
    at = at + 3 + 2 * tonumber(ARGV[at + 2])
  end

  -- From here on only writes.
  local call, answer = writer(KEYS[1])
  if #gone > 0 then call('HDEL', stem .. 'pairs', unpack(gone)) end
  write_pairs(call, stem .. 'pairs', written, 1, #written)
  write_pairs(call, stem .. 'models', ARGV, models_at, models_at + models - 1)
  for _, month in ipairs(months) do write_pairs(call, month.key, month.writes, 1, #month.writes) end
  write_pairs(call, KEYS[1], fields, 1, #fields)
  return answer()
end

-- Takes an account out of its bucket; the counts stay, and stand for it without a name. The shard gets another
-- incarnation: who read entries of pairs before gives them up, or the account would be merged again. ARGV: inc, ver as
-- it was read, the new ones, how many pairs there are then; name and bytes of the bucket ('' = it goes)
local function retention_erase(KEYS, ARGV)
  local no = shard_refusal(KEYS[1])
  if no then return no end
  local state, stem = redis.call('HMGET', KEYS[1], 'inc', 'ver'), string.sub(KEYS[1], 1, -6)
  if state[1] ~= ARGV[1] then return {'INCARNATION', state[1]} end
  if state[2] ~= ARGV[2] then return {'MOVED'} end
  if (redis.call('HGET', stem .. 'pairs', '__v') or '') ~= state[2] then return {'TORN', 'pairs'} end
  no = merge_denied(KEYS[1], stem)
  if no then return no end
  local call, answer = writer(KEYS[1])
  call('HSET', stem .. 'pairs', '__v', ARGV[4])
  if ARGV[7] == '' then
    call('HDEL', stem .. 'pairs', ARGV[6])
  else
    call('HSET', stem .. 'pairs', ARGV[6], ARGV[7])
  end
  call('HSET', KEYS[1], 'inc', ARGV[3], 'ver', ARGV[4], 'pairs', ARGV[5])
  return answer()
end

-- Ends retention for good: what is counted from here on is not noted. ARGV: why
local function retention_stop(KEYS, ARGV)
  local no = shard_refusal(KEYS[1])
  if no then return no end
  redis.call('HSET', KEYS[1], 'taint', ARGV[1])
  return {'OK'}
end

-- A month's counts, with its revision. ARGV: month
local function retained(KEYS, ARGV)
  local no = shard_refusal(KEYS[1])
  if no then return no end
  local revision = redis.call('HGET', KEYS[1], 'rev:' .. ARGV[1]) or '0'
  local counts = string.sub(KEYS[1], 1, -6) .. 'counts:' .. ARGV[1]
  if (redis.call('HGET', counts, '__n') or '0') ~= revision then return {'TORN', 'counts:' .. ARGV[1]} end
  return {'OK', revision, redis.call('HGETALL', counts)}
end

-- Ends the months before the floor, which never falls. ARGV: floor
local function retention_seal(KEYS, ARGV)
  local no = shard_refusal(KEYS[1])
  if no then return no end
  if tonumber(redis.call('HGET', KEYS[1], 'floor')) < tonumber(ARGV[1]) then
    redis.call('HSET', KEYS[1], 'floor', ARGV[1])
  end
  return {'OK'}
end

-- Deletes the counts of months that are sealed. The pairs keep them: they are the cohorts of what follows. ARGV: months
local function retention_collect(KEYS, ARGV)
  local no = shard_refusal(KEYS[1]) or denied('HDEL', KEYS[1], 'f')
  if no then return no end
  local floor, stem = tonumber(redis.call('HGET', KEYS[1], 'floor')), string.sub(KEYS[1], 1, -6)
  for _, month in ipairs(ARGV) do
    no = denied('UNLINK', stem .. 'counts:' .. month)
    if no then return no end
    if tonumber(month) >= floor then return {'CHANGED', 'month:' .. month} end
  end
  for _, month in ipairs(ARGV) do
    redis.call('UNLINK', stem .. 'counts:' .. month)
    redis.call('HDEL', KEYS[1], 'rev:' .. month)
  end
  return {'OK'}
end

-- For people at redis-cli: FCALL_RO gentally_2_read 1 <window key> [row key]: names and numbers of the cells' sums (see
-- cell.h).
local MEASURES = {'requests', 'tokens_prompt', 'tokens_completion', 'tokens_reasoning', 'tokens_cached',
                  'cost_nano_usd', 'billed_tokens', 'billed_cost_nano_usd', 'free_tokens', 'tool_requests',
                  'tool_tokens', 'tools_offered', 'streamed', 'cancelled', 'failed', 'classified', 'mapped',
                  'classified_tokens', 'free_requests', 'tools_offered_tokens', 'mapped_tokens', 'one_label',
                  'two_labels', 'more_labels', 'split_tokens', 'tokens_squared', 'tokens_prompt_squared',
                  'tokens_cache_write', 'gateway_cache_hits', 'tokens_unknown', 'cost_unknown'}

-- A varint of any length as decimal digits, and where the next one begins. A Lua number ends at 2^53, so the digits are
-- kept seven at a time.
local function read_sum(packed, at)
  local last, limbs = at, {0}
  while string.byte(packed, last) >= 128 do last = last + 1 end
  for i = last, at, -1 do
    local carry = string.byte(packed, i) % 128
    for j = 1, #limbs do
      local value = limbs[j] * 128 + carry
      limbs[j], carry = value % 1e7, math.floor(value / 1e7)
    end
    if carry > 0 then limbs[#limbs + 1] = carry end
  end
  local text = string.format('%.0f', limbs[#limbs])
  for j = #limbs - 1, 1, -1 do text = text .. string.format('%07.0f', limbs[j]) end
  return text, last + 1
end

local function read_cell(packed)
  local words, at, count = {}, 3, string.byte(packed, 2)
  if string.byte(packed, 1) ~= 3 or not count or count > #MEASURES then return 'unknown cell version' end
  for index = 1, count do
    local sum
    sum, at = read_sum(packed, at)
    if sum ~= '0' then words[#words + 1] = MEASURES[index] .. '=' .. sum end
  end
  return table.concat(words, ' ')
end

local READ_MAX = 5000 -- so that Redis is not held for long

-- How much of a window's records is in the cells, if not all is: the rest is in the journal, and comes by the minute.
local function note_behind(key, reply)
  local stem, name = string.match(key, '^(.*}:)(.*)$')
  if not stem then return end
  local n, held, number = records_of({stem .. 'meta', stem .. 'windows'}, key, name)
  if number and number ~= '' then
    reply[1] = '__behind'
    reply[2] = held .. ' of ' .. n .. ' records; the others follow within apply_interval_ms'
  end
end

local function read(KEYS, ARGV)
  local reply = {}
  note_behind(KEYS[1], reply)
  if ARGV[1] then
    local packed = redis.call('HGET', KEYS[1], ARGV[1])
    if not packed then return reply end
    reply[#reply + 1] = ARGV[1]
    reply[#reply + 1] = read_cell(packed)
    return reply
  end
  local size = redis.call('HLEN', KEYS[1])
  if size > READ_MAX then return {size .. ' rows are too many to be read at once: name one, or find them by HSCAN'} end
  local all = redis.call('HGETALL', KEYS[1])
  for i = 1, #all, 2 do
    reply[#reply + 1] = all[i]
    reply[#reply + 1] = string.sub(all[i], 1, 2) == '__' and all[i + 1] or read_cell(all[i + 1])
  end
  return reply
end

-- A function of a partition, which finds the four keys beside meta by itself, and the caller named them all the same.
local function named(callback)
  return function(KEYS, ARGV)
    if string.sub(KEYS[1], -9) == ':deciders' then
      local others = {}
      for i = 5, #KEYS do others[i - 4] = KEYS[i] end
      KEYS = others
    end
    return callback(KEYS, ARGV)
  end
end

redis.register_function{function_name='gentally_2_probe', callback=probe, flags={'no-writes'}}
redis.register_function('gentally_2_create', named(create))
redis.register_function('gentally_2_settle', settle)
redis.register_function{function_name='gentally_2_claim', callback=claim, flags={'allow-oom'}}
redis.register_function{function_name='gentally_2_stop', callback=stop, flags={'allow-oom'}}
redis.register_function{function_name='gentally_2_give_up', callback=give_up, flags={'allow-oom'}}
redis.register_function{function_name='gentally_2_lease', callback=lease, flags={'allow-oom'}}
redis.register_function{function_name='gentally_2_look', callback=look, flags={'no-writes'}}
redis.register_function{function_name='gentally_2_deciders', callback=named(deciders), flags={'no-writes'}}
redis.register_function{function_name='gentally_2_behind', callback=named(behind), flags={'no-writes'}}
redis.register_function('gentally_2_apply', named(apply))
redis.register_function('gentally_2_rename', named(rename))
redis.register_function{function_name='gentally_2_pairs_there', callback=named(pairs_there), flags={'no-writes'}}
redis.register_function('gentally_2_pairs_drop', named(pairs_drop))
redis.register_function{function_name='gentally_2_recall', callback=recall, flags={'no-writes'}}
redis.register_function('gentally_2_flush', named(flush))
redis.register_function{function_name='gentally_2_snapshot', callback=named(snapshot), flags={'no-writes'}}
redis.register_function{function_name='gentally_2_view', callback=named(view), flags={'no-writes'}}
redis.register_function{function_name='gentally_2_seal', callback=seal, flags={'allow-oom'}}
redis.register_function{function_name='gentally_2_collect', callback=named(collect), flags={'allow-oom'}}
redis.register_function{function_name='gentally_2_read', callback=read, flags={'no-writes'}}
redis.register_function('gentally_2_retention_create', retention_create)
redis.register_function('gentally_2_merge', merge)
redis.register_function('gentally_2_retention_erase', retention_erase)
redis.register_function{function_name='gentally_2_retention_stop', callback=retention_stop, flags={'allow-oom'}}
redis.register_function{function_name='gentally_2_retained', callback=retained, flags={'no-writes'}}
redis.register_function{function_name='gentally_2_retention_seal', callback=retention_seal, flags={'allow-oom'}}
redis.register_function{function_name='gentally_2_retention_collect', callback=retention_collect, flags={'allow-oom'}}
