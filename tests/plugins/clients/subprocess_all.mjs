// Starts mocked programs by every door that Node has, and says what came of each.
import { exec, execFile, execFileSync, spawn, spawnSync } from "node:child_process";
import { promisify } from "node:util";

const say = (name, ...words) => console.log(`${name}:`, ...words.map((word) => JSON.stringify(word)));
const ended = (child) =>
  new Promise((resolve) => {
    let output = "";
    child.stdout.on("data", (data) => (output += data));
    child.on("error", (error) => resolve([error.code]));
    child.on("close", (code, signal) => resolve([output, code, signal]));
  });

say("exec", (await promisify(exec)("orderctl list")).stdout);
say("execFile", (await promisify(execFile)("orderctl", ["list"])).stdout);
say("execFileSync", execFileSync("orderctl", ["list"], { encoding: "utf8" }));
const failed = spawnSync("orderctl", ["fail"], { encoding: "utf8" });
say("spawnSync", failed.status, failed.stderr);
say("spawn", ...(await ended(spawn("orderctl", ["list"]))));
say("crash", ...(await ended(spawn("orderctl", ["crash"]))));
say("cwd", ...(await ended(spawn("orderctl", ["here"], { cwd: "/usr" }))));
say("env", ...(await ended(spawn("orderctl", ["stage"], { env: { ...process.env, STAGE: "test" } }))));
say("not-found", ...(await ended(spawn("missing-tool"))));
const reader = spawn("orderctl", ["add", "-"]);
reader.stdin.end("two\n");
say("stdin", ...(await ended(reader)));
const slow = spawn("orderctl", ["slow"]);
slow.stdout.once("data", () => slow.kill());
say("kill", ...(await ended(slow)));
