"""redis-py: `redis_client.py HOST PORT PROTOCOL [tls]` says what a server answers to commands of every kind."""

import sys

import redis

host, port, protocol = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
secure = "tls" in sys.argv[4:]
client = redis.Redis(host=host, port=port, protocol=protocol, ssl=secure, decode_responses=True, socket_timeout=10)


def say(name, call):
    try:
        print(name, repr(call()))
    except redis.RedisError as error:
        print(name, type(error).__name__, error)


say("set", lambda: client.set("a", 1))
say("get", lambda: client.get("a"))
say("get none", lambda: client.get("none"))
say("incr", lambda: client.incr("a"))
say("mget", lambda: client.mget("a", "none"))
say("lpush", lambda: client.lpush("a", "x"))
say("expire", lambda: client.expire("a", 10))
say("ttl", lambda: client.ttl("none"))
say("hset", lambda: client.hset("h", mapping={"f": "v", "g": 2}))
say("hgetall", lambda: client.hgetall("h"))
say("hgetall none", lambda: client.hgetall("none"))
say("sadd", lambda: client.sadd("s", "m"))
say("smembers", lambda: client.smembers("s"))
say("zadd", lambda: client.zadd("z", {"m": 1.5}))
say("zscore", lambda: client.zscore("z", "m"))
say("zrange", lambda: client.zrange("z", 0, -1, withscores=True))
say("rpush", lambda: client.rpush("l", "x", "y"))
say("lrange", lambda: client.lrange("l", 0, -1))
say("blpop", lambda: client.blpop("l", 1))
say("blpop none", lambda: client.blpop("none", 0.05))
say("xadd", lambda: client.xadd("st", {"f": "v"}, id="1-1"))
say("xrange", lambda: client.xrange("st"))
say("xread", lambda: client.xread({"st": "0"}))
say("eval", lambda: client.eval("return {1, 'a', KEYS[1]}", 1, "k"))
say("scan", lambda: client.sscan("s"))
say("config", lambda: client.config_get("databases"))

with client.pipeline(transaction=False) as pipe:
    say("pipeline", lambda: pipe.set("p", "x").get("p").lpush("p", "y").execute(raise_on_error=False))
with client.pipeline() as pipe:
    say("transaction", lambda: pipe.set("t", 1).incr("t").execute())


def watched(pipe):
    pipe.multi()
    pipe.get("t")


say("watch", lambda: client.transaction(watched, "t"))

channel = client.pubsub()
channel.subscribe("news")
print("subscribe", channel.get_message(timeout=5))
say("publish", lambda: client.publish("news", "hello"))
print("message", channel.get_message(timeout=5))
channel.unsubscribe()
print("unsubscribe", channel.get_message(timeout=5))
