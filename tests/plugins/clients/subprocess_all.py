"""Starts mocked programs by every door that Python has, and says what came of each."""

import asyncio
import os
import select
import shutil
import signal
import subprocess
from subprocess import PIPE, run


def say(name, *words):
    print(f"{name}:", *words, flush=True)


def ran(name, *arguments, **options):
    done = run(*arguments, capture_output=True, text=True, **options)
    say(name, done.returncode, repr(done.stdout), repr(done.stderr))


ran("run", ["orderctl", "list"])
ran("fail", ["orderctl", "fail"])
ran("shell", "orderctl list | wc -l", shell=True)
ran("input", ["orderctl", "add", "-"], input="two\n")
ran("cwd", ["orderctl", "here"], cwd="/usr")
ran("env", ["orderctl", "stage"], env={**os.environ, "STAGE": "test"})
ran("crash", ["orderctl", "crash"])
ran("no-path", ["orderctl", "list"], env={"PATH": "/nowhere"})
say("output", subprocess.check_output(["orderctl", "list"]))
say("call", subprocess.call(["orderctl", "fail"], stderr=subprocess.DEVNULL))
say("which", shutil.which("orderctl") is not None)

try:
    run(["orderctl", "fail"], check=True, capture_output=True)
except subprocess.CalledProcessError as error:
    say("check", error.returncode, error.stderr)

try:
    run(["missing-tool"])
except FileNotFoundError as error:
    say("not-found", error.errno, error.filename)

try:
    run(["orderctl", "slow"], timeout=0.5, stdout=PIPE)
except subprocess.TimeoutExpired as error:
    say("timeout", error.stdout)

slow = subprocess.Popen(["orderctl", "slow"], stdout=PIPE, text=True, start_new_session=True)
say("popen", slow.stdout.readline().strip(), slow.poll(), os.getpgid(slow.pid) == slow.pid)
watched = os.pidfd_open(slow.pid)
say("pidfd", bool(select.select([watched], [], [], 0)[0]))
os.killpg(slow.pid, signal.SIGTERM)
say("killed", bool(select.select([watched], [], [], 10)[0]), slow.wait())

say("system", os.waitstatus_to_exitcode(os.system("orderctl fail 2>/dev/null")))
with os.popen("orderctl list") as pipe:
    say("os.popen", repr(pipe.read()))
pid = os.posix_spawnp("orderctl", ["orderctl", "fail"], os.environ, file_actions=[(os.POSIX_SPAWN_CLOSE, 2)])
say("posix_spawnp", os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))


async def main():
    one = await asyncio.create_subprocess_exec("orderctl", "add", "-", stdin=PIPE, stdout=PIPE)
    say("asyncio", await one.communicate(b"two\n"), one.returncode)
    many = [asyncio.create_subprocess_shell("orderctl list", stdout=PIPE) for _ in range(8)]
    told = [await one.communicate() for one in await asyncio.gather(*many)]
    say("gather", {output for output, _ in told})


asyncio.run(main())
