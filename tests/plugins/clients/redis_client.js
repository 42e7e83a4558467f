// ioredis: `redis_client.js HOST PORT` says what a server answers to commands of every kind.
const Redis = require("ioredis");

const [host, port] = process.argv.slice(2);
const options = { host, port: Number(port), retryStrategy: null, maxRetriesPerRequest: 0 };
const client = new Redis(options);
client.on("error", (error) => console.log("error", error.message));

const commands = [
  ["set", "a", "1"],
  ["get", "a"],
  ["get", "none"],
  ["getBuffer", "a"],
  ["incr", "a"],
  ["mget", "a", "none"],
  ["lpush", "a", "x"],
  ["hset", "h", "f", "v"],
  ["hgetall", "h"],
  ["smembers", "none"],
  ["zscore", "none", "m"],
  ["blpop", "none", "0.05"],
  ["eval", "return {1, 'a'}", "0"],
];

async function main() {
  for (const [name, ...args] of commands) {
    try {
      console.log(name, JSON.stringify(await client[name](...args)));
    } catch (error) {
      console.log(name, error.message);
    }
  }
  console.log("pipeline", JSON.stringify(await client.pipeline().set("p", "x").get("p").exec()));
  console.log("multi", JSON.stringify(await client.multi().set("t", "1").incr("t").exec()));
  const subscriber = new Redis(options);
  const heard = new Promise((resolve) => subscriber.on("message", (...words) => resolve(words)));
  console.log("subscribe", await subscriber.subscribe("news"));
  console.log("publish", await client.publish("news", "hello"));
  console.log("message", ...(await heard));
  await subscriber.quit();
  console.log("quit", await client.quit());
}

main();
