// Clients of Node: `http_client.mjs fetch|http|http2|http2-waits BASE` asks twice and prints the answers; the last
// sends a body only once the server tells it to.
import http from "node:http";
import http2 from "node:http2";
import https from "node:https";

const [library, base] = process.argv.slice(2);
const ada = JSON.stringify({ name: "Ada" });
const json = { "content-type": "application/json" };
const requests = [["GET", `${base}/users/42`], ["POST", `${base}/users`, ada]];

async function byFetch([method, url, body]) {
  const answer = await fetch(url, { method, body, headers: body ? json : {} });
  return [answer.status, await answer.text()];
}

const agent = new (base.startsWith("https:") ? https : http).Agent({ keepAlive: true });

function byHttp([method, url, body]) {
  const { request } = url.startsWith("https:") ? https : http;
  return new Promise((resolve, reject) => {
    const asked = request(url, { method, agent, headers: body ? json : {} }, async (answer) => {
      const chunks = await answer.toArray();
      resolve([answer.statusCode, Buffer.concat(chunks).toString()]);
    });
    asked.on("error", reject);
    asked.end(body);
  });
}

let session;

function byHttp2([method, url, body], waits) {
  session ??= http2.connect(base);
  const path = new URL(url).pathname;
  const headers = { ...(body ? json : {}), ...(waits ? { expect: "100-continue" } : {}) };
  const stream = session.request({ ":method": method, ":path": path, ...headers });
  return new Promise((resolve, reject) => {
    let status;
    stream.on("response", (headers) => (status = headers[":status"]));
    stream.on("error", reject);
    if (waits) {
      stream.setTimeout(20_000, () => stream.destroy(new Error("it was told nothing")));
      stream.on("continue", () => stream.end(body));
    } else {
      stream.end(body);
    }
    stream.toArray().then((chunks) => resolve([status, Buffer.concat(chunks).toString()]), reject);
  });
}

function byWaiting(request) {
  return byHttp2(request, request.length > 2);
}

const ask = { fetch: byFetch, http: byHttp, http2: byHttp2, "http2-waits": byWaiting }[library];
for (const request of requests) {
  console.log(...(await ask(request)));
}
agent.destroy();
session?.close();
