"""Elasticsearch's own client for Python: `elasticsearch_client.py BASE` does one of each and prints what came."""

import sys

from elasticsearch import Elasticsearch

users = {"index": "users"}
alice = {"match": {"name": "Alice"}}

with Elasticsearch(sys.argv[1]) as client:
    print("index", client.index(**users, id="42", document={"name": "Alice"})["result"])
    print("get", client.get(**users, id="a/b c")["_source"]["name"])
    print("exists", "yes" if client.exists(**users, id="43") else "no")
    print("update", client.update(**users, id="42", doc={"age": 30})["result"])
    print("search", client.search(index="users-*", query=alice)["hits"]["total"]["value"])
    print("bulk", len(client.bulk(operations=[{"index": {"_index": "users"}}, {"name": "Bob"}])["items"]))
    print("count", client.count(index="users,groups")["count"])
    print("mget", len(client.mget(**users, ids=["1", "2"])["docs"]))
    print("msearch", len(client.msearch(searches=[users, {"query": alice}])["responses"]))
    print("delete", client.delete(**users, id="42")["result"])
    print("health", client.cluster.health()["status"])
    print("cat", client.cat.count(format="text", h="count").body.strip())
