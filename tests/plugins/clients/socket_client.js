// A client of raw sockets, as socket_client.py: tcp, udp (connected), udpto and unix.
const net = require('node:net');
const dgram = require('node:dgram');

const PATIENCE_MS = 1000;
const [kind, host, port, ...operations] = process.argv.slice(2);

// What happened and nobody has waited for yet, and who waits.
const happened = [];
let waiting = null;
const tell = (word) => (waiting ? waiting(word) : happened.push(word));
const next = () => new Promise((done) => {
  if (happened.length) return done(happened.shift());
  const timer = setTimeout(() => { waiting = null; done('timeout'); }, PATIENCE_MS);
  waiting = (word) => { waiting = null; clearTimeout(timer); done(word); };
});

const failed = (error) => ({ ECONNREFUSED: 'refused', ECONNRESET: 'reset' })[error.code] ?? error.code;

function stream() {
  const socket = net.connect(kind === 'unix' ? { path: host } : { host, port: Number(port), allowHalfOpen: true });
  socket.on('data', (data) => tell(`heard ${data}`));
  socket.on('end', () => tell('end'));
  socket.on('error', (error) => tell(failed(error)));
  socket.on('connect', () => tell('connected'));
  return {
    opened: next,
    send: (text) => socket.write(text),
    shut: () => socket.end(),
    peer: () => `${socket.remoteAddress} ${socket.remotePort}`,
    close: () => socket.destroy(),
  };
}

function datagrams() {
  const socket = dgram.createSocket(host.includes(':') ? 'udp6' : 'udp4');
  const connected = kind === 'udp';
  socket.on('error', (error) => tell(failed(error)));
  socket.on('message', (data, from) =>
    tell(`heard ${data}${connected ? '' : ` from ${from.address} ${from.port}`}`));
  if (connected) socket.connect(Number(port), host, () => tell('connected'));
  return {
    opened: () => (connected ? next() : 'connected'),
    send: (text) => (connected ? socket.send(text) : socket.send(text, Number(port), host)),
    peer: () => { const { address, port: at } = socket.remoteAddress(); return `${address} ${at}`; },
    close: () => socket.close(),
  };
}

async function main() {
  const client = kind.startsWith('udp') ? datagrams() : stream();
  const word = await client.opened();
  if (word !== 'connected') return console.log(word);
  for (const operation of operations) {
    if (operation.startsWith('send:')) client.send(operation.slice(5));
    else if (operation === 'hear') console.log(await next());
    else if (operation === 'shut') client.shut();
    else if (operation === 'peer') console.log(`peer ${client.peer()}`);
  }
  client.close();
}

main();
