//! `node --test`, which runs each file in a process of its own.

use bigfoot_tests::{Scene, tools};

use crate::is_no_alarm;

const TESTS: &str = r#"
const test = require('node:test');
const assert = require('node:assert');
const http = require('node:http');
const net = require('node:net');
const fs = require('node:fs');
const { Worker } = require('node:worker_threads');
const { fork } = require('node:child_process');

test('a server answers fetch', async () => {
  const server = http.createServer((request, response) => response.end('hello'));
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  const answer = await fetch(`http://127.0.0.1:${server.address().port}/`);
  assert.strictEqual(await answer.text(), 'hello');
  server.close();
});

test('a server is called by the name localhost', async () => {
  const server = net.createServer((socket) => socket.end());
  await new Promise((done) => server.listen(0, 'localhost', done));
  await new Promise((done) => net.connect(server.address().port, 'localhost').on('close', done).resume());
  server.close();
});

test('a worker thread works', async () => {
  const worker = new Worker("require('worker_threads').parentPort.postMessage(1)", { eval: true });
  assert.strictEqual(await new Promise((done) => worker.on('message', done)), 1);
});

test('a forked process answers', async () => {
  const child = fork('./child.js');
  assert.strictEqual(await new Promise((done) => child.on('message', done)), 'hello');
});

test('files are read', async () => {
  assert.ok((await fs.promises.readFile(__filename)).length > 0);
});
"#;

/// Servers, workers, forks and files of node's own.
#[test]
fn node_test_raises_no_alarm() {
    let _ = tools::needed("node", "nodejs");
    let scene =
        Scene::new().file("tiny.test.js", TESTS).file("child.js", "process.send('hello');\n");

    is_no_alarm(scene, &["node", "--test"]);
}
