#!/usr/bin/env python3
"""The adapter for services on asyncio, in the idiom of its documentation: loop.add_signal_handler sets an event, an
AsyncExitStack starts the services in order and stops them in reverse, background work is a task that is cancelled.

The host is the function run; everything else speaks the protocol (docs/protocol.md) and plays the scripts of the plan.
It needs Python 3.11 and nothing else."""
import asyncio, contextlib, json, os, signal, sys, threading, time

FEATURES = ["background", "shutdownTimeout", "stopRequest", "signals", "runReturns", "exitCode"]


# The host.

async def run(app):
    stop = app.stop_requested
    loop = asyncio.get_running_loop()
    for sig in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(sig, stop.set)
    async with contextlib.AsyncExitStack() as stack:
        for service in app.services:
            await service.start()
            stack.push_async_callback(app.within_limit, service.stop)
        app.started()
        await stop.wait()
    for service in app.services:  # a task that failed tells whoever waits for it
        if service.task and service.task.done() and not service.task.cancelled():
            service.task.result()


# The scripted application.

class AppError(Exception):
    """What the step throw throws."""


class Service:
    def __init__(self, app, script):
        self.app, self.name, self.script, self.task = app, script["name"], script, None
        self.background = script.get("kind") == "background"
        emit(self.name, "new")
        for step in script.get("new", []):
            sync_step(self.app, self.name, step)

    async def start(self):
        if self.background:
            with hook(self.name, "start"):
                self.task = asyncio.create_task(self.execute())
        else:
            await self.play("start")

    async def stop(self):
        if not self.background:
            await self.play("stop")
            return
        with hook(self.name, "stop"):
            self.task.cancel()
            await asyncio.wait([self.task])

    async def execute(self):
        try:
            await self.play("execute")
        except AppError:
            self.app.stop_requested.set()
            raise

    async def play(self, what):
        with hook(self.name, what):
            await steps(self.app, self.name, self.script.get(what, []))


class App:
    def __init__(self, plan):
        self.plan, self.services, self.exit_code, self.stop_requested = plan, [], 0, asyncio.Event()
        limit = plan.get("options", {}).get("shutdownTimeout")
        self.limit = seconds(limit) if limit else None

    def build(self):
        self.services = [Service(self, s) for s in self.plan.get("services", [])]

    def started(self):
        emit("lifetime", "applicationStarted")
        write({"ready": True})

    async def within_limit(self, stop):
        """Stops one service, within what is left of the limit that all share."""
        if self.limit is None:
            return await stop()
        if not hasattr(self, "deadline"):
            self.deadline = asyncio.get_running_loop().time() + self.limit
        async with asyncio.timeout_at(self.deadline):
            await stop()

    async def main(self):
        code = None
        try:
            for step in self.plan.get("main") or [{"build": True}, {"run": True}]:
                (name, arg), = step.items()
                if name == "build":
                    with call("build"):
                        self.build()
                elif name in ("run", "runSync"):
                    with call("run"):
                        await run(self)
                elif name == "return":
                    code = arg
                else:
                    await steps(self, "main", [step])
        except Exception as e:
            emit("main", "threw", outcome=outcome(e))
            if not self.plan.get("mainCatches"):
                raise
        code = self.exit_code if code is None else code
        emit("main", "return", detail=code)
        return code


async def deaf(length):
    """Sleeps and takes no notice of being cancelled."""
    now = asyncio.get_running_loop().time
    end = now() + length
    while now() < end:
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.sleep(end - now())


async def steps(app, who, script):
    fired = False
    for step in script:
        (name, arg), = step.items()
        if fired and name in ("delay", "hang"):
            raise asyncio.CancelledError
        if name == "sleep":
            await deaf(seconds(arg))
        elif name == "delay" or name == "hang":
            await asyncio.sleep(seconds(arg) if name != "hang" else 1e9)
        elif name == "yield":
            await asyncio.sleep(0)
        elif name == "untilCancelled":
            try:
                await asyncio.sleep(1e9)
            except asyncio.CancelledError:
                emit(who, "tokenFired")
                fired = True
                if arg == "throw":
                    raise
        else:
            sync_step(app, who, step)


def sync_step(app, who, step):
    (name, arg), = step.items()
    if name == "throw":
        raise AppError(arg)
    elif name == "throwCancelled":
        raise asyncio.CancelledError()
    elif name == "mark":
        emit(who, "mark", detail=arg)
    elif name == "block":
        time.sleep(seconds(arg))
    elif name == "blockForever":
        threading.Event().wait()
    elif name == "exitCode":
        app.exit_code = arg
    elif name == "exit":
        emit("process", "exit", "begin", detail=arg)
        os._exit(arg)  # sys.exit would only be an exception of this task
    elif name == "raise":
        os.kill(os.getpid(), getattr(signal, arg))
    elif name == "stopApplication":
        emit(who, "stopApplication", "begin")
        app.stop_requested.set()
        emit(who, "stopApplication", "end")
    else:
        raise AssertionError(name)


STEPS = {"delay", "hang", "sleep", "yield", "untilCancelled", "throw", "throwCancelled", "mark", "block", "blockForever", "exitCode",
         "exit", "raise", "stopApplication"}
KEYS = {"options", "services", "main", "mainCatches"}


def unsupported(plan):
    """Says why a plan cannot be played, None if it can."""
    for key in plan:
        if key not in KEYS:
            return f"asyncio has no {key}"
    for option in plan.get("options", {}):
        if option != "shutdownTimeout":
            return f"asyncio has no option {option}"
    scripts = [(plan.get("main") or [], {"build", "run", "runSync", "return"})]
    for s in plan.get("services", []):
        if s.get("kind") == "lifecycle" or s.get("watchTokens") or s.get("dispose"):
            return "asyncio has no lifecycle hooks, tokens or disposal"
        scripts += [(s.get(h, []), set()) for h in ("new", "start", "execute", "stop")]
    for script, more in scripts:
        for step in script:
            for name in step:
                if name not in STEPS | more:
                    return f"the step {name} is not known on asyncio"


def seconds(text):
    if text == "inf":
        return 1e9
    for unit, size in (("ms", 1e-3), ("us", 1e-6), ("ns", 1e-9), ("s", 1), ("m", 60), ("h", 3600)):
        if text.endswith(unit):
            return float(text[:-len(unit)]) * size


async def play(plan):
    return await App(plan).main()


# The protocol.

def open_stream(where):
    if where.startswith("tcp:"):
        import socket
        host, port = where[4:].rsplit(":", 1)
        return socket.create_connection((host, int(port))).makefile("w", encoding="utf-8")
    return open(where, "w", encoding="utf-8")


def write(message):
    with LOCK:
        print(json.dumps(message, separators=(",", ":")), file=OUT, flush=True)


def emit(who, what, phase=None, outcome=None, token=None, detail=None):
    event = {"ms": round((time.monotonic() - BEGUN) * 1000, 3), "who": who, "what": what, "phase": phase, "outcome": outcome,
             "tokenCancelled": token, "detail": detail}
    write({k: v for k, v in event.items() if v is not None})


def outcome(e):
    if e is None:
        return "ok"
    if isinstance(e, BaseExceptionGroup):
        return "aggregate(" + ",".join(outcome(x) for x in e.exceptions) + ")"
    if isinstance(e, (asyncio.CancelledError, TimeoutError)):
        return "cancelled"
    return f"error:{e}"


@contextlib.contextmanager
def hook(who, what, token=False):
    """Writes the begin and the end of a call. A task in asyncio is handed no token: none is ever cancelled at the begin."""
    emit(who, what, "begin", token=token)
    try:
        yield
    except BaseException as e:
        emit(who, what, "end", outcome(e))
        raise
    emit(who, what, "end", "ok")


def call(what):
    return hook("host", what, None)


if __name__ == "__main__":
    if "HOSTSIM_EVENTS" not in os.environ:
        sys.exit(f"This is an adapter for hostsim. Judge the host with: hostsim verify -- {sys.argv[0]}")
    LOCK, BEGUN, OUT = threading.Lock(), time.monotonic(), open_stream(os.environ["HOSTSIM_EVENTS"])
    write({"identity": {"protocol": 1, "implementation": "asyncio", "version": sys.version.split()[0], "language": "python",
                        "runtime": f"{sys.implementation.name} {sys.version.split()[0]}", "profile": "core", "features": FEATURES,
                        "lanes": ["process"], "reuse": False}})
    for line in sys.stdin:
        plan = json.loads(line)["run"]["plan"]
        why = unsupported(plan)
        if why:
            write({"skip": why})
        else:
            sys.exit(asyncio.run(play(plan)))
