#include "session/redis/command_table.hpp"

#include <algorithm>
#include <array>

#include "common/ascii.hpp"

namespace weir::session::redis {

namespace {

using common::equals_ignoring_case;

struct row {
    std::string_view name;
    meaning means;
};

// clang-format off
constexpr std::array table{std::to_array<row>({
    {"ACL", meaning::acl},
    {"APPEND", meaning::plain},
    {"ASKING", meaning::plain},
    {"AUTH", meaning::auth},
    {"BGREWRITEAOF", meaning::plain},
    {"BGSAVE", meaning::plain},
    {"BITCOUNT", meaning::plain},
    {"BITFIELD", meaning::plain},
    {"BITFIELD_RO", meaning::plain},
    {"BITOP", meaning::plain},
    {"BITPOS", meaning::plain},
    {"BLMOVE", meaning::blocking},
    {"BLMPOP", meaning::blocking},
    {"BLPOP", meaning::blocking},
    {"BRPOP", meaning::blocking},
    {"BRPOPLPUSH", meaning::blocking},
    {"BZMPOP", meaning::blocking},
    {"BZPOPMAX", meaning::blocking},
    {"BZPOPMIN", meaning::blocking},
    {"CLIENT", meaning::client},
    {"CLUSTER", meaning::plain},
    {"COMMAND", meaning::plain},
    {"CONFIG", meaning::config},
    {"COPY", meaning::plain},
    {"DBSIZE", meaning::plain},
    {"DEBUG", meaning::plain},
    {"DECR", meaning::plain},
    {"DECRBY", meaning::plain},
    {"DEL", meaning::plain},
    {"DISCARD", meaning::end_multi},
    {"DUMP", meaning::plain},
    {"ECHO", meaning::plain},
    {"EVAL", meaning::plain},
    {"EVALSHA", meaning::plain},
    {"EVALSHA_RO", meaning::plain},
    {"EVAL_RO", meaning::plain},
    {"EXEC", meaning::end_multi},
    {"EXISTS", meaning::plain},
    {"EXPIRE", meaning::plain},
    {"EXPIREAT", meaning::plain},
    {"EXPIRETIME", meaning::plain},
    {"FAILOVER", meaning::plain},
    {"FCALL", meaning::plain},
    {"FCALL_RO", meaning::plain},
    {"FLUSHALL", meaning::plain},
    {"FLUSHDB", meaning::plain},
    {"FUNCTION", meaning::plain},
    {"GEOADD", meaning::plain},
    {"GEODIST", meaning::plain},
    {"GEOHASH", meaning::plain},
    {"GEOPOS", meaning::plain},
    {"GEORADIUS", meaning::plain},
    {"GEORADIUSBYMEMBER", meaning::plain},
    {"GEORADIUSBYMEMBER_RO", meaning::plain},
    {"GEORADIUS_RO", meaning::plain},
    {"GEOSEARCH", meaning::plain},
    {"GEOSEARCHSTORE", meaning::plain},
    {"GET", meaning::plain},
    {"GETBIT", meaning::plain},
    {"GETDEL", meaning::plain},
    {"GETEX", meaning::plain},
    {"GETRANGE", meaning::plain},
    {"GETSET", meaning::plain},
    {"HDEL", meaning::plain},
    {"HELLO", meaning::hello},
    {"HEXISTS", meaning::plain},
    {"HEXPIRE", meaning::plain},
    {"HGET", meaning::plain},
    {"HGETALL", meaning::plain},
    {"HINCRBY", meaning::plain},
    {"HINCRBYFLOAT", meaning::plain},
    {"HKEYS", meaning::plain},
    {"HLEN", meaning::plain},
    {"HMGET", meaning::plain},
    {"HMSET", meaning::plain},
    {"HPEXPIRE", meaning::plain},
    {"HRANDFIELD", meaning::plain},
    {"HSCAN", meaning::plain},
    {"HSET", meaning::plain},
    {"HSETNX", meaning::plain},
    {"HSTRLEN", meaning::plain},
    {"HTTL", meaning::plain},
    {"HVALS", meaning::plain},
    {"INCR", meaning::plain},
    {"INCRBY", meaning::plain},
    {"INCRBYFLOAT", meaning::plain},
    {"INFO", meaning::plain},
    {"KEYS", meaning::plain},
    {"LASTSAVE", meaning::plain},
    {"LATENCY", meaning::plain},
    {"LCS", meaning::plain},
    {"LINDEX", meaning::plain},
    {"LINSERT", meaning::plain},
    {"LLEN", meaning::plain},
    {"LMOVE", meaning::plain},
    {"LMPOP", meaning::plain},
    {"LOLWUT", meaning::plain},
    {"LPOP", meaning::plain},
    {"LPOS", meaning::plain},
    {"LPUSH", meaning::plain},
    {"LPUSHX", meaning::plain},
    {"LRANGE", meaning::plain},
    {"LREM", meaning::plain},
    {"LSET", meaning::plain},
    {"LTRIM", meaning::plain},
    {"MEMORY", meaning::plain},
    {"MGET", meaning::plain},
    {"MIGRATE", meaning::migrate},
    {"MODULE", meaning::plain},
    {"MONITOR", meaning::monitor},
    {"MOVE", meaning::plain},
    {"MSET", meaning::plain},
    {"MSETNX", meaning::plain},
    {"MULTI", meaning::multi},
    {"OBJECT", meaning::plain},
    {"PERSIST", meaning::plain},
    {"PEXPIRE", meaning::plain},
    {"PEXPIREAT", meaning::plain},
    {"PEXPIRETIME", meaning::plain},
    {"PFADD", meaning::plain},
    {"PFCOUNT", meaning::plain},
    {"PFDEBUG", meaning::plain},
    {"PFMERGE", meaning::plain},
    {"PFSELFTEST", meaning::plain},
    {"PING", meaning::plain},
    {"PSETEX", meaning::plain},
    {"PSUBSCRIBE", meaning::subscribe},
    {"PSYNC", meaning::psync},
    {"PTTL", meaning::plain},
    {"PUBLISH", meaning::plain},
    {"PUBSUB", meaning::plain},
    {"PUNSUBSCRIBE", meaning::unsubscribe},
    {"QUIT", meaning::plain},
    {"RANDOMKEY", meaning::plain},
    {"READONLY", meaning::plain},
    {"READWRITE", meaning::plain},
    {"RENAME", meaning::plain},
    {"RENAMENX", meaning::plain},
    {"REPLCONF", meaning::replconf},
    {"REPLICAOF", meaning::plain},
    {"RESET", meaning::reset},
    {"RESTORE", meaning::plain},
    {"RESTORE-ASKING", meaning::plain},
    {"ROLE", meaning::plain},
    {"RPOP", meaning::plain},
    {"RPOPLPUSH", meaning::plain},
    {"RPUSH", meaning::plain},
    {"RPUSHX", meaning::plain},
    {"SADD", meaning::plain},
    {"SAVE", meaning::plain},
    {"SCAN", meaning::plain},
    {"SCARD", meaning::plain},
    {"SCRIPT", meaning::plain},
    {"SDIFF", meaning::plain},
    {"SDIFFSTORE", meaning::plain},
    {"SELECT", meaning::plain},
    {"SENTINEL", meaning::sentinel},
    {"SET", meaning::plain},
    {"SETBIT", meaning::plain},
    {"SETEX", meaning::plain},
    {"SETNX", meaning::plain},
    {"SETRANGE", meaning::plain},
    {"SHUTDOWN", meaning::plain},
    {"SINTER", meaning::plain},
    {"SINTERCARD", meaning::plain},
    {"SINTERSTORE", meaning::plain},
    {"SISMEMBER", meaning::plain},
    {"SLAVEOF", meaning::plain},
    {"SLOWLOG", meaning::plain},
    {"SMEMBERS", meaning::plain},
    {"SMISMEMBER", meaning::plain},
    {"SMOVE", meaning::plain},
    {"SORT", meaning::plain},
    {"SORT_RO", meaning::plain},
    {"SPOP", meaning::plain},
    {"SPUBLISH", meaning::plain},
    {"SRANDMEMBER", meaning::plain},
    {"SREM", meaning::plain},
    {"SSCAN", meaning::plain},
    {"SSUBSCRIBE", meaning::subscribe},
    {"STRLEN", meaning::plain},
    {"SUBSCRIBE", meaning::subscribe},
    {"SUBSTR", meaning::plain},
    {"SUNION", meaning::plain},
    {"SUNIONSTORE", meaning::plain},
    {"SUNSUBSCRIBE", meaning::unsubscribe},
    {"SWAPDB", meaning::plain},
    {"SYNC", meaning::sync},
    {"TIME", meaning::plain},
    {"TOUCH", meaning::plain},
    {"TTL", meaning::plain},
    {"TYPE", meaning::plain},
    {"UNLINK", meaning::plain},
    {"UNSUBSCRIBE", meaning::unsubscribe},
    {"UNWATCH", meaning::plain},
    {"WAIT", meaning::blocking},
    {"WAITAOF", meaning::blocking},
    {"WATCH", meaning::plain},
    {"XACK", meaning::plain},
    {"XADD", meaning::plain},
    {"XAUTOCLAIM", meaning::plain},
    {"XCLAIM", meaning::plain},
    {"XDEL", meaning::plain},
    {"XGROUP", meaning::plain},
    {"XINFO", meaning::plain},
    {"XLEN", meaning::plain},
    {"XPENDING", meaning::plain},
    {"XRANGE", meaning::plain},
    {"XREAD", meaning::may_block},
    {"XREADGROUP", meaning::may_block},
    {"XREVRANGE", meaning::plain},
    {"XSETID", meaning::plain},
    {"XTRIM", meaning::plain},
    {"ZADD", meaning::plain},
    {"ZCARD", meaning::plain},
    {"ZCOUNT", meaning::plain},
    {"ZDIFF", meaning::plain},
    {"ZDIFFSTORE", meaning::plain},
    {"ZINCRBY", meaning::plain},
    {"ZINTER", meaning::plain},
    {"ZINTERCARD", meaning::plain},
    {"ZINTERSTORE", meaning::plain},
    {"ZLEXCOUNT", meaning::plain},
    {"ZMPOP", meaning::plain},
    {"ZMSCORE", meaning::plain},
    {"ZPOPMAX", meaning::plain},
    {"ZPOPMIN", meaning::plain},
    {"ZRANDMEMBER", meaning::plain},
    {"ZRANGE", meaning::plain},
    {"ZRANGEBYLEX", meaning::plain},
    {"ZRANGEBYSCORE", meaning::plain},
    {"ZRANGESTORE", meaning::plain},
    {"ZRANK", meaning::plain},
    {"ZREM", meaning::plain},
    {"ZREMRANGEBYLEX", meaning::plain},
    {"ZREMRANGEBYRANK", meaning::plain},
    {"ZREMRANGEBYSCORE", meaning::plain},
    {"ZREVRANGE", meaning::plain},
    {"ZREVRANGEBYLEX", meaning::plain},
    {"ZREVRANGEBYSCORE", meaning::plain},
    {"ZREVRANK", meaning::plain},
    {"ZSCAN", meaning::plain},
    {"ZSCORE", meaning::plain},
    {"ZUNION", meaning::plain},
    {"ZUNIONSTORE", meaning::plain},
})};
// clang-format on

static_assert(std::is_sorted(table.begin(), table.end(),
                             [](const row& a, const row& b) { return a.name < b.name; }));

auto find_row(std::string_view name) noexcept {
    return std::lower_bound(table.begin(), table.end(), name,
                            [](const row& r, std::string_view n) { return r.name < n; });
}

constexpr std::array<std::string_view, 7> secret_parameters{
    "requirepass", "masterauth",   "primaryauth", "tls-key-file-pass", "tls-client-key-file-pass",
    "auth-pass",   "sentinel-pass"};

bool may_be(const argument& a, std::string_view lower) noexcept {
    return !a.is_whole || equals_ignoring_case(a.text, lower);
}

void mark(std::span<argument> arguments, std::size_t from, std::size_t count) noexcept {
    for (std::size_t i = from; i < arguments.size() && i - from < count; ++i) arguments[i].is_secret = true;
}

/// What stands behind a word: HELLO 3 AUTH user password.
void mark_behind(std::span<argument> arguments, std::string_view word, std::size_t count) noexcept {
    for (std::size_t i = 0; i < arguments.size(); ++i)
        if (may_be(arguments[i], word)) mark(arguments, i + 1, count);
}

} // namespace

bool begins_command(std::string_view letters) noexcept {
    const auto at = find_row(letters);
    return at != table.end() && at->name.starts_with(letters);
}

meaning meaning_of(std::string_view name) noexcept {
    const auto at = find_row(name);
    return at != table.end() && at->name == name ? at->means : meaning::unknown;
}

bool is_secret_parameter(std::string_view name) noexcept {
    return std::any_of(secret_parameters.begin(), secret_parameters.end(),
                       [name](std::string_view p) { return equals_ignoring_case(name, p); });
}

bool begins_secret_parameter(std::string_view letters) noexcept {
    return std::any_of(secret_parameters.begin(), secret_parameters.end(), [letters](std::string_view p) {
        return equals_ignoring_case(letters, p.substr(0, letters.size()));
    });
}

void mark_secrets(std::string_view name, std::span<argument> arguments) noexcept {
    constexpr std::size_t all = static_cast<std::size_t>(-1);
    if (name.empty()) return mark(arguments, 0, all);
    if (arguments.empty()) return;
    switch (meaning_of(name)) {
    case meaning::auth:
        return mark(arguments, 0, all);
    case meaning::hello:
        return mark_behind(arguments, "auth", 2);
    case meaning::migrate:
        mark_behind(arguments, "auth", 1);
        return mark_behind(arguments, "auth2", 2);
    case meaning::acl:
        if (may_be(arguments[0], "setuser")) mark(arguments, 2, all);
        return;
    case meaning::config:
    case meaning::sentinel:
        for (std::size_t i = 0; i + 1 < arguments.size(); ++i)
            if (!arguments[i].is_whole || is_secret_parameter(arguments[i].text)) mark(arguments, i + 1, 1);
        return;
    default:
        return;
    }
}

bool has_secret_reply(std::string_view name, std::span<const argument> arguments) noexcept {
    if (meaning_of(name) != meaning::acl || arguments.empty()) return false;
    return may_be(arguments[0], "getuser") || may_be(arguments[0], "list") || may_be(arguments[0], "genpass");
}

} // namespace weir::session::redis
