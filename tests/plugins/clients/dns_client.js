// Looks up by libc (`lookup NAME`) and by c-ares (`TYPE NAME`), as many as wanted, one after the other.
const { Resolver, lookup } = require("dns").promises;

const resolver = new Resolver({ timeout: 500, tries: 2 });

function lookUp(kind, name) {
  if (kind === "lookup") return lookup(name, { all: true, order: "verbatim" });
  if (kind === "PTR") return resolver.reverse(name);
  return resolver.resolve(name, kind);
}

async function main(words) {
  for (let at = 0; at < words.length; at += 2) {
    try {
      console.log(words[at], JSON.stringify(await lookUp(words[at], words[at + 1])));
    } catch (error) {
      console.log(words[at], error.code);
    }
  }
}

main(process.argv.slice(2));
