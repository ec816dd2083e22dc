/* The functions of schemas/store.lua in a real Lua 5.1, with what Redis 7 offers them. */
#include <assert.h>
#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>
#include <stdio.h>
#include <stdlib.h>

#include "oracle.h"

#define ARGUMENTS_MAX 4096

static lua_State *the_lua; /* functions have no state of their own: one for all runs */
static char *loaded_text;

/* Pushes what RESP says: of one value. */
static const char *push(lua_State *lua, const char *at)
{
    const char *end = strstr(at, "\r\n");
    long number = strtol(at + 1, NULL, 10);

    switch (*at) {
    case ':':
        lua_pushnumber(lua, (lua_Number)number);
        return end + 2;
    case '+':
    case '-':
        lua_newtable(lua);
        lua_pushlstring(lua, at + 1, (size_t)(end - at - 1));
        lua_setfield(lua, -2, *at == '+' ? "ok" : "err");
        return end + 2;
    case '$':
        if (number < 0) {
            lua_pushboolean(lua, 0);
            return end + 2;
        }
        lua_pushlstring(lua, end + 2, (size_t)number);
        return end + 2 + number + 2;
    default:
        assert(*at == '*');
        lua_createtable(lua, (int)number, 0);
        at = end + 2;
        for (int i = 1; i <= number; i++) {
            at = push(lua, at);
            lua_rawseti(lua, -2, i);
        }
        return at;
    }
}

static int call(lua_State *lua, bool is_protected)
{
    static struct span arguments[ARGUMENTS_MAX];
    struct reply reply = {0};
    int count = lua_gettop(lua);

    if (count > ARGUMENTS_MAX)
        return luaL_error(lua, "too many arguments for the simulated Redis");
    for (int i = 0; i < count; i++)
        arguments[i].bytes = lua_tolstring(lua, i + 1, &arguments[i].size);
    redis_command(sim_get(), count, arguments, &reply);
    reply_add(&reply, "", 1);
    push(lua, reply.bytes);
    bool is_error = reply.bytes[0] == '-';
    free(reply.bytes);
    if (is_error && !is_protected) {
        lua_getfield(lua, -1, "err");
        return lua_error(lua);
    }
    return 1;
}

static int redis_call(lua_State *lua)
{
    return call(lua, false);
}

static int redis_pcall(lua_State *lua)
{
    return call(lua, true);
}

/* Writes that lack a right are found by asking; what fails without a reason is found by failing. */
static int redis_check(lua_State *lua)
{
    const struct redis *redis = sim_get()->redis;
    size_t size = 0;
    const char *command = lua_tolstring(lua, 1, &size), *key = lua_tolstring(lua, 2, &size);
    bool is_write = strcmp(command, "HSET") == 0 || strcmp(command, "HDEL") == 0 || strcmp(command, "UNLINK") == 0;

    lua_pushboolean(lua, !(is_write && redis->refused != NULL && redis->is_right_asked && key != NULL &&
                           memmem(key, size, redis->refused, strlen(redis->refused)) != NULL));
    return 1;
}

/* register_function(name, callback), or of a table with function_name, callback, flags. */
static int redis_register(lua_State *lua)
{
    lua_getfield(lua, LUA_REGISTRYINDEX, "functions");
    if (lua_istable(lua, 1)) {
        lua_getfield(lua, 1, "function_name");
        lua_pushvalue(lua, 1);
    } else {
        lua_pushvalue(lua, 1);
        lua_newtable(lua);
        lua_pushvalue(lua, 2);
        lua_setfield(lua, -2, "callback");
    }
    lua_settable(lua, -3);
    return 0;
}

static void open_lua(void)
{
    static const luaL_Reg redis[] = {{"call", redis_call},
                                     {"pcall", redis_pcall},
                                     {"register_function", redis_register},
                                     {"acl_check_cmd", redis_check},
                                     {NULL, NULL}};

    if (the_lua != NULL)
        lua_close(the_lua);
    the_lua = luaL_newstate();
    luaL_openlibs(the_lua);
    lua_newtable(the_lua);
    lua_setfield(the_lua, LUA_REGISTRYINDEX, "functions");
    luaL_register(the_lua, "redis", redis);
    lua_settop(the_lua, 0);
}

/* The functions to be loaded instead: GENTALLY_SIM_FUNCTIONS names a file, for the mutation check. */
static struct span instead_of(struct span text)
{
    static char *bytes;
    static size_t size;
    const char *path = getenv("GENTALLY_SIM_FUNCTIONS");

    if (path != NULL && bytes == NULL) {
        FILE *file = fopen(path, "re");
        bytes = file == NULL ? NULL : malloc((size_t)1 << 20);
        if (bytes == NULL)
            abort();
        size = fread(bytes, 1, (size_t)1 << 20, file);
        fclose(file);
    }
    return bytes == NULL ? text : (struct span){bytes, size};
}

void script_load(struct sim *sim, struct span text, struct reply *reply)
{
    text = instead_of(text);
    const char *line = memchr(text.bytes, '\n', text.size);

    if (the_lua == NULL || !span_equal(text, span_of(loaded_text))) {
        assert(line != NULL); /* the first line names the library, and is no Lua */
        open_lua();
        size_t skipped = (size_t)(line - text.bytes);
        if (luaL_loadbuffer(the_lua, line, text.size - skipped, "store.lua") != 0 || lua_pcall(the_lua, 0, 0, 0) != 0) {
            sim_fail(sim, "store.lua does not load: %s", lua_tostring(the_lua, -1));
            reply_format(reply, "-ERR %s\r\n", lua_tostring(the_lua, -1));
            return;
        }
        free(loaded_text);
        loaded_text = strndup(text.bytes, text.size);
        assert(loaded_text != NULL);
    }
    reply_bulk(reply, span_of("gentally"));
}

/* ---- calling ---- */

static void answer(lua_State *lua, struct reply *reply)
{
    size_t size;

    switch (lua_type(lua, -1)) {
    case LUA_TSTRING: {
        const char *bytes = lua_tolstring(lua, -1, &size);
        reply_bulk(reply, (struct span){bytes, size});
        return;
    }
    case LUA_TNUMBER:
        reply_format(reply, ":%lld\r\n", (long long)lua_tonumber(lua, -1));
        return;
    case LUA_TBOOLEAN:
        if (lua_toboolean(lua, -1))
            reply_format(reply, ":1\r\n");
        else
            reply_nil(reply);
        return;
    case LUA_TTABLE:
        break;
    default:
        reply_nil(reply);
        return;
    }
    lua_getfield(lua, -1, "err");
    if (lua_isstring(lua, -1)) {
        reply_format(reply, "-%s\r\n", lua_tostring(lua, -1));
        lua_pop(lua, 1);
        return;
    }
    lua_pop(lua, 1);
    int count = 0; /* up to the first hole, as Redis has it */
    for (;; count++) {
        lua_rawgeti(lua, -1, count + 1);
        bool is_end = lua_isnil(lua, -1);
        lua_pop(lua, 1);
        if (is_end)
            break;
    }
    reply_format(reply, "*%d\r\n", count);
    for (int i = 1; i <= count; i++) {
        lua_rawgeti(lua, -1, i);
        answer(lua, reply);
        lua_pop(lua, 1);
    }
}

static bool has_flag(lua_State *lua, const char *flag)
{
    bool has = false;

    lua_getfield(lua, -1, "flags");
    for (int i = 1; lua_istable(lua, -1); i++) {
        lua_rawgeti(lua, -1, i);
        bool is_end = lua_isnil(lua, -1);
        has = has || (!is_end && strcmp(lua_tostring(lua, -1), flag) == 0);
        lua_pop(lua, 1);
        if (is_end)
            break;
    }
    lua_pop(lua, 1);
    return has;
}

static void push_list(lua_State *lua, const struct span items[], int count)
{
    lua_createtable(lua, count, 0);
    for (int i = 0; i < count; i++) {
        lua_pushlstring(lua, items[i].bytes, items[i].size);
        lua_rawseti(lua, -2, i + 1);
    }
}

static bool ends_with(struct span text, const char *end)
{
    size_t size = strlen(end);

    return text.size >= size && memcmp(text.bytes + text.size - size, end, size) == 0;
}

/* The first word of a reply that is an array of texts. */
static bool is_status(const struct reply *reply, size_t begin, const char *status)
{
    const char *at = memmem(reply->bytes + begin, reply->size - begin, "\r\n$", 3);
    const char *word = at == NULL ? NULL : memchr(at + 3, '\n', reply->size - (size_t)(at + 3 - reply->bytes));
    size_t size = strlen(status);

    return word != NULL && (size_t)(reply->bytes + reply->size - word) > size + 2 &&
           memcmp(word + 1, status, size) == 0 && word[1 + size] == '\r';
}

/* Tells the oracle of what took effect, and of what did not. */
static void tell(struct sim *sim, int count, const struct span arguments[], const struct reply *reply, size_t begin)
{
    struct database *database = sim->redis->current;
    bool is_flush = ends_with(arguments[1], "_flush");
    bool is_fence = is_flush || ends_with(arguments[1], "_recall");

    if (is_fence && is_status(reply, begin, "FENCED"))
        oracle_fenced(sim, database, count, arguments);
    if (!is_status(reply, begin, "OK"))
        return;
    if (is_flush)
        oracle_flushed(sim, database, count, arguments);
    if (ends_with(arguments[1], "_apply"))
        oracle_applied(sim, database, count, arguments);
    if (ends_with(arguments[1], "_look"))
        oracle_looked(sim, database, arguments);
    if (ends_with(arguments[1], "_create"))
        oracle_created(sim, database, count, arguments);
    if (ends_with(arguments[1], "_snapshot"))
        oracle_read(sim, database, count, arguments);
    if (ends_with(arguments[1], "_view") && reply->bytes[begin + 1] == '4') /* else it has no windows */
        oracle_viewed(sim, database, arguments);
    if (ends_with(arguments[1], "_seal"))
        oracle_sealed(sim, database, count, arguments);
}

/* What refuses a function before it runs; `reply` says so. Its table is on top of the stack. */
static bool is_fit(struct sim *sim, lua_State *lua, bool is_reading, struct reply *reply)
{
    bool is_reader = has_flag(lua, "no-writes");

    if (is_reading && !is_reader)
        reply_format(reply, "-ERR Can not execute a script with write flag using *_ro command.\r\n");
    else if (sim->now_ms < sim->redis->oom_until_ms && !is_reader && !has_flag(lua, "allow-oom"))
        reply_format(reply, "-OOM command not allowed when used memory > 'maxmemory'.\r\n");
    else
        return true;
    return false;
}

void script_call(struct sim *sim, int count, const struct span arguments[], bool is_reading, struct reply *reply)
{
    lua_State *lua = the_lua;
    size_t begin = reply->size;
    int keys = (int)strtol(arguments[2].bytes, NULL, 10);

    if (lua == NULL || !sim->redis->current->has_functions) {
        reply_format(reply, "-ERR Function not found\r\n");
        return;
    }
    lua_settop(lua, 0);
    lua_getfield(lua, LUA_REGISTRYINDEX, "functions");
    lua_pushlstring(lua, arguments[1].bytes, arguments[1].size);
    lua_gettable(lua, -2);
    if (!lua_istable(lua, -1)) {
        reply_format(reply, "-ERR Function not found\r\n");
        return;
    }
    if (!is_fit(sim, lua, is_reading, reply))
        return;
    sim->redis->is_reading = is_reading || has_flag(lua, "no-writes");
    lua_getfield(lua, -1, "callback");
    push_list(lua, arguments + 3, keys);
    push_list(lua, arguments + 3 + keys, count - 3 - keys);
    if (lua_pcall(lua, 2, 1, 0) != 0) {
        const char *text = lua_isstring(lua, -1) ? lua_tostring(lua, -1) : "a function failed";
        reply_format(reply, strncmp(text, "NOPERM", 6) == 0 ? "-%s\r\n" : "-ERR %s\r\n", text);
        return;
    }
    answer(lua, reply);
    tell(sim, count, arguments, reply, begin);
}
