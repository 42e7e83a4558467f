"""Clients of Python: `http_client.py requests|httpx|httpx2|aiohttp|urllib BASE` asks twice and prints the answers."""

import asyncio
import sys
import urllib.request

library, base = sys.argv[1:]
user, users, ada = f"{base}/users/42", f"{base}/users", {"name": "Ada"}


def by_requests():
    import requests

    with requests.Session() as session:
        for answer in session.get(user), session.post(users, json=ada):
            yield answer.status_code, answer.text


def by_httpx(http2):
    import httpx

    with httpx.Client(http2=http2, http1=not http2) as client:
        for answer in client.get(user), client.post(users, json=ada):
            assert answer.http_version == ("HTTP/2" if http2 else "HTTP/1.1"), answer.http_version
            yield answer.status_code, answer.text


async def by_aiohttp():
    import aiohttp

    async with aiohttp.ClientSession(trust_env=True) as session:
        async with session.get(user) as first, session.post(users, json=ada) as second:
            return [(first.status, await first.text()), (second.status, await second.text())]


def by_urllib():
    kind = {"Content-Type": "application/json"}
    for request in user, urllib.request.Request(users, b'{"name": "Ada"}', kind):
        with urllib.request.urlopen(request) as answer:
            yield answer.status, answer.read().decode()


answers = {
    "requests": by_requests,
    "httpx": lambda: by_httpx(False),
    "httpx2": lambda: by_httpx(True),
    "aiohttp": lambda: asyncio.run(by_aiohttp()),
    "urllib": by_urllib,
}
for status, body in answers[library]():
    print(status, body)
