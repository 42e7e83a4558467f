// Elasticsearch's own client for Node: `elasticsearch_client.js BASE` does one of each and prints what came.
const { Client } = require("@elastic/elasticsearch");

const users = { index: "users" };
const alice = { match: { name: "Alice" } };

async function main(node) {
  const client = new Client({ node });
  console.log("index", (await client.index({ ...users, id: "42", document: { name: "Alice" } })).result);
  console.log("get", (await client.get({ ...users, id: "a/b c" }))._source.name);
  console.log("exists", (await client.exists({ ...users, id: "43" })) ? "yes" : "no");
  console.log("update", (await client.update({ ...users, id: "42", doc: { age: 30 } })).result);
  console.log("search", (await client.search({ index: "users-*", query: alice })).hits.total.value);
  const operations = [{ index: { _index: "users" } }, { name: "Bob" }];
  console.log("bulk", (await client.bulk({ operations })).items.length);
  console.log("count", (await client.count({ index: "users,groups" })).count);
  console.log("mget", (await client.mget({ ...users, ids: ["1", "2"] })).docs.length);
  console.log("msearch", (await client.msearch({ searches: [users, { query: alice }] })).responses.length);
  console.log("delete", (await client.delete({ ...users, id: "42" })).result);
  console.log("health", (await client.cluster.health()).status);
  console.log("cat", (await client.cat.count({ h: "count" })).trim());
  await client.close();
}

main(process.argv[2]);
