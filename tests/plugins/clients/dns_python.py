"""Asks name servers by dnspython: `TYPE NAME`, as many as wanted; `tcp` in front for TCP."""
import sys

import dns.exception
import dns.resolver

words = sys.argv[1:]
tcp = words[0] == "tcp"
words = words[1:] if tcp else words
for kind, name in zip(words[::2], words[1::2]):
    try:
        answer = dns.resolver.resolve(name, kind, tcp=tcp, lifetime=3)
        print(kind, *sorted(str(record) for record in answer), sep=" | ")
    except (dns.exception.DNSException, OSError) as error:
        print(kind, type(error).__name__)
