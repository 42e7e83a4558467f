//! The commands, as data: how many words each has, where its key stands, and what it answers.
//!
//! Numbers are those that servers tell of themselves (<https://redis.io/docs/latest/commands/command/>).

use super::form::*;
use super::shapes;
use crate::plugins::card::Shape;

/// A command.
#[derive(Debug)]
pub(super) struct Command {
    /// `GET`.
    pub(super) name: &'static str,
    /// `redis:GET`.
    pub(super) source: &'static str,
    /// How many words it has, its name too; if negative, at least as many.
    arity: i8,
    /// Which word is its first key, or its first channel; 0 if it has none, or none at a place of its own.
    key: u8,
    /// What it answers without options.
    form: Form,
}

macro_rules! commands {
    ($($name:literal $arity:literal $key:literal $form:ident;)*) => {
        /// All of them, by name.
        pub(super) static COMMANDS: &[Command] = &[$(Command {
            name: $name,
            source: concat!("redis:", $name),
            arity: $arity,
            key: $key,
            form: $form,
        }),*];

        /// What can be mocked: a connection, each command, and commands that are not in this table.
        pub(super) static SHAPES: &[Shape] = &[
            shapes::CONNECT,
            $(shapes::of_command(concat!("redis:", $name), $key != 0 || is_stream_read($name), $form),)*
            shapes::OTHER,
        ];
    };
}

commands! {
    "ACL" -2 0 ANY;
    "APPEND" 3 1 INTEGER;
    "AUTH" -2 0 STATUS;
    "BGREWRITEAOF" 1 0 STATUS;
    "BGSAVE" -1 0 STATUS;
    "BITCOUNT" -2 1 INTEGER;
    "BITFIELD" -2 1 INTEGERS;
    "BITFIELD_RO" -2 1 INTEGERS;
    "BITOP" -4 2 INTEGER;
    "BITPOS" -3 1 INTEGER;
    "BLMOVE" 6 1 BULK;
    "BLMPOP" -5 3 FOUND_LIST;
    "BLPOP" -3 1 MAYBE_LIST;
    "BRPOP" -3 1 MAYBE_LIST;
    "BRPOPLPUSH" 4 1 BULK;
    "BZMPOP" -5 3 FOUND_MEMBERS;
    "BZPOPMAX" -3 1 FOUND_MEMBER;
    "BZPOPMIN" -3 1 FOUND_MEMBER;
    "CLIENT" -2 0 STATUS;
    "COMMAND" -1 0 ANY;
    "CONFIG" -2 0 STATUS;
    "COPY" -3 1 INTEGER;
    "DBSIZE" 1 0 INTEGER;
    "DEBUG" -2 0 ANY;
    "DECR" 2 1 INTEGER;
    "DECRBY" 3 1 INTEGER;
    "DEL" -2 1 INTEGER;
    "DISCARD" 1 0 STATUS;
    "DUMP" 2 1 BULK;
    "ECHO" 2 0 BULK;
    "EVAL" -3 3 ANY;
    "EVALSHA" -3 3 ANY;
    "EVALSHA_RO" -3 3 ANY;
    "EVAL_RO" -3 3 ANY;
    "EXEC" 1 0 MAYBE_LIST;
    "EXISTS" -2 1 INTEGER;
    "EXPIRE" -3 1 INTEGER;
    "EXPIREAT" -3 1 INTEGER;
    "EXPIRETIME" 2 1 INTEGER;
    "FAILOVER" -1 0 STATUS;
    "FCALL" -3 3 ANY;
    "FCALL_RO" -3 3 ANY;
    "FLUSHALL" -1 0 STATUS;
    "FLUSHDB" -1 0 STATUS;
    "FUNCTION" -2 0 STATUS;
    "GEOADD" -5 1 INTEGER;
    "GEODIST" -4 1 BULK;
    "GEOHASH" -2 1 LIST;
    "GEOPOS" -2 1 POSITIONS;
    "GEORADIUS" -6 1 LIST;
    "GEORADIUSBYMEMBER" -5 1 LIST;
    "GEORADIUSBYMEMBER_RO" -5 1 LIST;
    "GEORADIUS_RO" -6 1 LIST;
    "GEOSEARCH" -7 1 LIST;
    "GEOSEARCHSTORE" -8 1 INTEGER;
    "GET" 2 1 BULK;
    "GETBIT" 3 1 INTEGER;
    "GETDEL" 2 1 BULK;
    "GETEX" -2 1 BULK;
    "GETRANGE" 4 1 BULK;
    "GETSET" 3 1 BULK;
    "HDEL" -3 1 INTEGER;
    "HELLO" -1 0 ANY;
    "HEXISTS" 3 1 INTEGER;
    "HEXPIRE" -6 1 INTEGERS;
    "HEXPIREAT" -6 1 INTEGERS;
    "HEXPIRETIME" -5 1 INTEGERS;
    "HGET" 3 1 BULK;
    "HGETALL" 2 1 MAP;
    "HGETDEL" -5 1 LIST;
    "HGETEX" -5 1 LIST;
    "HINCRBY" 4 1 INTEGER;
    "HINCRBYFLOAT" 4 1 BULK;
    "HKEYS" 2 1 LIST;
    "HLEN" 2 1 INTEGER;
    "HMGET" -3 1 LIST;
    "HMSET" -4 1 STATUS;
    "HPERSIST" -5 1 INTEGERS;
    "HPEXPIRE" -6 1 INTEGERS;
    "HPEXPIREAT" -6 1 INTEGERS;
    "HPEXPIRETIME" -5 1 INTEGERS;
    "HPTTL" -5 1 INTEGERS;
    "HRANDFIELD" -2 1 BULK;
    "HSCAN" -3 1 SCAN_FLAT;
    "HSET" -4 1 INTEGER;
    "HSETEX" -6 1 INTEGER;
    "HSETNX" 4 1 INTEGER;
    "HSTRLEN" 3 1 INTEGER;
    "HTTL" -5 1 INTEGERS;
    "HVALS" 2 1 LIST;
    "INCR" 2 1 INTEGER;
    "INCRBY" 3 1 INTEGER;
    "INCRBYFLOAT" 3 1 BULK;
    "INFO" -1 0 VERBATIM;
    "KEYS" 2 0 LIST;
    "LASTSAVE" 1 0 INTEGER;
    "LATENCY" -2 0 ANY;
    "LCS" -3 1 BULK;
    "LINDEX" 3 1 BULK;
    "LINSERT" 5 1 INTEGER;
    "LLEN" 2 1 INTEGER;
    "LMOVE" 5 1 BULK;
    "LMPOP" -4 2 FOUND_LIST;
    "LOLWUT" -1 0 VERBATIM;
    "LPOP" -2 1 BULK;
    "LPOS" -3 1 MAYBE_INTEGER;
    "LPUSH" -3 1 INTEGER;
    "LPUSHX" -3 1 INTEGER;
    "LRANGE" 4 1 LIST;
    "LREM" 4 1 INTEGER;
    "LSET" 4 1 STATUS;
    "LTRIM" 4 1 STATUS;
    "MEMORY" -2 2 MAYBE_INTEGER;
    "MGET" -2 1 LIST;
    "MIGRATE" -6 3 STATUS;
    "MODULE" -2 0 ANY;
    "MOVE" 3 1 INTEGER;
    "MSET" -3 1 STATUS;
    "MSETNX" -3 1 INTEGER;
    "MULTI" 1 0 STATUS;
    "OBJECT" -2 2 INTEGER;
    "PERSIST" 2 1 INTEGER;
    "PEXPIRE" -3 1 INTEGER;
    "PEXPIREAT" -3 1 INTEGER;
    "PEXPIRETIME" 2 1 INTEGER;
    "PFADD" -2 1 INTEGER;
    "PFCOUNT" -2 1 INTEGER;
    "PFMERGE" -2 1 STATUS;
    "PING" -1 0 STATUS;
    "PSETEX" 4 1 STATUS;
    "PSUBSCRIBE" -2 1 NOTHING;
    "PTTL" 2 1 INTEGER;
    "PUBLISH" 3 1 INTEGER;
    "PUBSUB" -2 0 LIST;
    "PUNSUBSCRIBE" -1 0 NOTHING;
    "QUIT" -1 0 STATUS;
    "RANDOMKEY" 1 0 BULK;
    "RENAME" 3 1 STATUS;
    "RENAMENX" 3 1 INTEGER;
    "REPLICAOF" 3 0 STATUS;
    "RESET" 1 0 STATUS;
    "RESTORE" -4 1 STATUS;
    "ROLE" 1 0 ANY;
    "RPOP" -2 1 BULK;
    "RPOPLPUSH" 3 1 BULK;
    "RPUSH" -3 1 INTEGER;
    "RPUSHX" -3 1 INTEGER;
    "SADD" -3 1 INTEGER;
    "SAVE" 1 0 STATUS;
    "SCAN" -2 0 SCAN;
    "SCARD" 2 1 INTEGER;
    "SCRIPT" -2 0 STATUS;
    "SDIFF" -2 1 SET;
    "SDIFFSTORE" -3 1 INTEGER;
    "SELECT" 2 0 STATUS;
    "SET" -3 1 STATUS;
    "SETBIT" 4 1 INTEGER;
    "SETEX" 4 1 STATUS;
    "SETNX" 3 1 INTEGER;
    "SETRANGE" 4 1 INTEGER;
    "SHUTDOWN" -1 0 STATUS;
    "SINTER" -2 1 SET;
    "SINTERCARD" -3 2 INTEGER;
    "SINTERSTORE" -3 1 INTEGER;
    "SISMEMBER" 3 1 INTEGER;
    "SLAVEOF" 3 0 STATUS;
    "SLOWLOG" -2 0 STATUS;
    "SMEMBERS" 2 1 SET;
    "SMISMEMBER" -3 1 INTEGERS;
    "SMOVE" 4 1 INTEGER;
    "SORT" -2 1 LIST;
    "SORT_RO" -2 1 LIST;
    "SPOP" -2 1 BULK;
    "SPUBLISH" 3 1 INTEGER;
    "SRANDMEMBER" -2 1 BULK;
    "SREM" -3 1 INTEGER;
    "SSCAN" -3 1 SCAN;
    "SSUBSCRIBE" -2 1 NOTHING;
    "STRLEN" 2 1 INTEGER;
    "SUBSCRIBE" -2 1 NOTHING;
    "SUBSTR" 4 1 BULK;
    "SUNION" -2 1 SET;
    "SUNIONSTORE" -3 1 INTEGER;
    "SUNSUBSCRIBE" -1 1 NOTHING;
    "SWAPDB" 3 0 STATUS;
    "TIME" 1 0 LIST;
    "TOUCH" -2 1 INTEGER;
    "TTL" 2 1 INTEGER;
    "TYPE" 2 1 STATUS;
    "UNLINK" -2 1 INTEGER;
    "UNSUBSCRIBE" -1 0 NOTHING;
    "UNWATCH" 1 0 STATUS;
    "WAIT" 3 0 INTEGER;
    "WAITAOF" 4 0 INTEGERS;
    "WATCH" -2 1 STATUS;
    "XACK" -4 1 INTEGER;
    "XADD" -5 1 BULK;
    "XAUTOCLAIM" -6 1 CLAIMED;
    "XCLAIM" -6 1 ENTRIES;
    "XDEL" -3 1 INTEGER;
    "XGROUP" -2 2 STATUS;
    "XINFO" -2 2 ANY;
    "XLEN" 2 1 INTEGER;
    "XPENDING" -3 1 ANY;
    "XRANGE" -4 1 ENTRIES;
    "XREAD" -4 0 STREAMS;
    "XREADGROUP" -7 0 STREAMS;
    "XREVRANGE" -4 1 ENTRIES;
    "XSETID" -3 1 STATUS;
    "XTRIM" -4 1 INTEGER;
    "ZADD" -4 1 INTEGER;
    "ZCARD" 2 1 INTEGER;
    "ZCOUNT" 4 1 INTEGER;
    "ZDIFF" -3 2 LIST;
    "ZDIFFSTORE" -4 1 INTEGER;
    "ZINCRBY" 4 1 DOUBLE;
    "ZINTER" -3 2 LIST;
    "ZINTERCARD" -3 2 INTEGER;
    "ZINTERSTORE" -4 1 INTEGER;
    "ZLEXCOUNT" 4 1 INTEGER;
    "ZMPOP" -4 2 FOUND_MEMBERS;
    "ZMSCORE" -3 1 DOUBLES;
    "ZPOPMAX" -2 1 MEMBER;
    "ZPOPMIN" -2 1 MEMBER;
    "ZRANDMEMBER" -2 1 BULK;
    "ZRANGE" -4 1 LIST;
    "ZRANGEBYLEX" -4 1 LIST;
    "ZRANGEBYSCORE" -4 1 LIST;
    "ZRANGESTORE" -5 1 INTEGER;
    "ZRANK" -3 1 MAYBE_INTEGER;
    "ZREM" -3 1 INTEGER;
    "ZREMRANGEBYLEX" 4 1 INTEGER;
    "ZREMRANGEBYRANK" 4 1 INTEGER;
    "ZREMRANGEBYSCORE" 4 1 INTEGER;
    "ZREVRANGE" -4 1 LIST;
    "ZREVRANGEBYLEX" -4 1 LIST;
    "ZREVRANGEBYSCORE" -4 1 LIST;
    "ZREVRANK" -3 1 MAYBE_INTEGER;
    "ZSCAN" -3 1 SCAN_FLAT;
    "ZSCORE" 3 1 DOUBLE;
    "ZUNION" -3 2 LIST;
    "ZUNIONSTORE" -4 1 INTEGER;
}

const fn is_stream_read(name: &str) -> bool {
    matches!(name.as_bytes(), b"XREAD" | b"XREADGROUP")
}

/// The command of this name, in capitals.
pub(super) fn command(name: &str) -> Option<&'static Command> {
    let at = COMMANDS.binary_search_by(|command| command.name.cmp(name)).ok()?;
    COMMANDS.get(at)
}

impl Command {
    /// Whether it can have so many words, with its name.
    pub(super) fn takes(&self, words: usize) -> bool {
        let least = usize::from(self.arity.unsigned_abs());
        if self.arity < 0 { words >= least } else { words == least }
    }

    /// The first key among its words, or the first channel.
    pub(super) fn key<'a>(&self, words: &'a [Vec<u8>]) -> Option<&'a Vec<u8>> {
        match self.key {
            0 if is_stream_read(self.name) => {
                let streams =
                    words.iter().position(|word| word.eq_ignore_ascii_case(b"STREAMS"))?;
                words.get(streams + 1)
            }
            0 => None,
            3 if is_numbered(self.name) && words.get(2).is_some_and(|count| count == b"0") => None,
            at => words.get(usize::from(at)),
        }
    }

    /// What it answers to these words, its name first.
    pub(super) fn form(&self, words: &[Vec<u8>]) -> Form {
        let arguments = words.get(1..).unwrap_or_default();
        let first = arguments.first();
        let is = |word: &Vec<u8>, name: &str| word.eq_ignore_ascii_case(name.as_bytes());
        let own = BY_WORD.iter().filter(|(command, _, _)| *command == self.name);
        let mut found = own.filter(|(_, place, _)| match place {
            First(name) => first.is_some_and(|word| is(word, name)),
            Among(name) => arguments.iter().skip(1).any(|word| is(word, name)),
            Count => arguments.len() > 1,
        });
        found.next().map_or(self.form, |(_, _, form)| *form)
    }

    /// All that it may answer, with one option or another.
    pub(super) fn forms(&self) -> impl Iterator<Item = Form> {
        let own = BY_WORD.iter().filter(|(command, _, _)| *command == self.name);
        std::iter::once(self.form).chain(own.map(|(_, _, form)| *form))
    }
}

/// Whether a number of keys stands before the keys.
fn is_numbered(name: &str) -> bool {
    name.starts_with("EVAL") || name.starts_with("FCALL")
}

/// Where a word stands by which a command answers otherwise.
#[derive(Debug)]
enum Place {
    /// It is a command of its own: `CONFIG GET`.
    First(&'static str),
    /// It is an option.
    Among(&'static str),
    /// Any word behind the key: how many are wanted.
    Count,
}
use Place::{Among, Count, First};

/// Commands that answer otherwise with some words. The first that fits holds.
static BY_WORD: &[(&str, Place, Form)] = &[
    ("CLIENT", First("GETNAME"), BULK),
    ("CLIENT", First("ID"), INTEGER),
    ("CLIENT", First("INFO"), VERBATIM),
    ("CLIENT", First("KILL"), ANY),
    ("CLIENT", First("LIST"), VERBATIM),
    ("CLIENT", First("TRACKINGINFO"), ANY),
    ("CLIENT", First("UNBLOCK"), INTEGER),
    ("CONFIG", First("GET"), MAP),
    ("FUNCTION", First("DUMP"), BULK),
    ("FUNCTION", First("LIST"), ANY),
    ("FUNCTION", First("LOAD"), BULK),
    ("FUNCTION", First("STATS"), ANY),
    ("GEORADIUS", Among("STORE"), INTEGER),
    ("GEORADIUS", Among("STOREDIST"), INTEGER),
    ("GEORADIUS", Among("WITHCOORD"), ANY),
    ("GEORADIUS", Among("WITHDIST"), ANY),
    ("GEOSEARCH", Among("WITHCOORD"), ANY),
    ("GEOSEARCH", Among("WITHDIST"), ANY),
    ("GEOSEARCH", Among("WITHHASH"), ANY),
    ("HRANDFIELD", Among("WITHVALUES"), PAIRS),
    ("HRANDFIELD", Count, LIST),
    ("LCS", Among("IDX"), ANY),
    ("LCS", Among("LEN"), INTEGER),
    ("LPOP", Count, MAYBE_LIST),
    ("LPOS", Among("COUNT"), INTEGERS),
    ("MEMORY", First("DOCTOR"), VERBATIM),
    ("MEMORY", First("MALLOC-STATS"), VERBATIM),
    ("MEMORY", First("PURGE"), STATUS),
    ("MEMORY", First("STATS"), ANY),
    ("OBJECT", First("ENCODING"), BULK),
    ("PUBSUB", First("NUMPAT"), INTEGER),
    ("PUBSUB", First("NUMSUB"), ANY),
    ("PUBSUB", First("SHARDNUMSUB"), ANY),
    ("RPOP", Count, MAYBE_LIST),
    ("SCRIPT", First("EXISTS"), INTEGERS),
    ("SCRIPT", First("LOAD"), BULK),
    ("SET", Among("GET"), BULK),
    ("SLOWLOG", First("GET"), ANY),
    ("SLOWLOG", First("LEN"), INTEGER),
    ("SORT", Among("STORE"), INTEGER),
    ("SPOP", Count, SET),
    ("SRANDMEMBER", Count, LIST),
    ("XAUTOCLAIM", Among("JUSTID"), ANY),
    ("XCLAIM", Among("JUSTID"), LIST),
    ("XGROUP", First("CREATECONSUMER"), INTEGER),
    ("XGROUP", First("DELCONSUMER"), INTEGER),
    ("XGROUP", First("DESTROY"), INTEGER),
    ("ZADD", Among("INCR"), DOUBLE),
    ("ZDIFF", Among("WITHSCORES"), SCORES),
    ("ZINTER", Among("WITHSCORES"), SCORES),
    ("ZPOPMAX", Count, SCORES),
    ("ZPOPMIN", Count, SCORES),
    ("ZRANDMEMBER", Among("WITHSCORES"), SCORES),
    ("ZRANDMEMBER", Count, LIST),
    ("ZRANGE", Among("WITHSCORES"), SCORES),
    ("ZRANGEBYSCORE", Among("WITHSCORES"), SCORES),
    ("ZRANK", Among("WITHSCORE"), RANK),
    ("ZREVRANGE", Among("WITHSCORES"), SCORES),
    ("ZREVRANGEBYSCORE", Among("WITHSCORES"), SCORES),
    ("ZREVRANK", Among("WITHSCORE"), RANK),
    ("ZUNION", Among("WITHSCORES"), SCORES),
];
