#!/usr/bin/env node
// The adapter for services on Node.js, in the idiom of its guides: process.on('SIGTERM') begins a graceful shutdown that closes
// the HTTP servers and stops what was started, in reverse, and a timer forces the exit when that takes too long.
//
// The host is the function run; everything else speaks the protocol (docs/protocol.md) and plays the scripts of the plan. It
// needs Node 18 and no package.
'use strict';
const fs = require('fs'), http = require('http'), net = require('net'), path = require('path'), readline = require('readline');

const FEATURES = ['shutdownTimeout', 'stopRequest', 'signals', 'runReturns', 'exitCode', 'sockets'];

// The host.

async function run(app) {
  const stopRequested = new Promise(resolve => {
    app.onStop(resolve);
    for (const sig of ['SIGTERM', 'SIGINT']) process.on(sig, resolve); // stays: a second signal does nothing
  });
  const started = [];
  let failure;
  try {
    for (const s of app.services) { await s.start(); started.unshift(s); }
    app.started();
    await stopRequested;
  } catch (e) { failure = e; }
  if (app.limit !== undefined) setTimeout(() => { emit('process', 'exit', { phase: 'begin', detail: 1 }); process.exit(1); }, app.limit).unref(); // the usual last resort
  for (const s of started) {
    try { await s.stop(); } catch (e) { failure ??= e; }
  }
  if (failure) throw failure;
}

// The scripted application.

class AppError extends Error {}

class Service {
  constructor(app, script) {
    this.app = app; this.script = script; this.name = script.name;
    emit(this.name, 'new');
    for (const step of script.new ?? []) syncStep(app, this.name, step);
  }
  start() { return this.play('start'); }
  stop() { return this.play('stop'); }
  play(what) {
    // no AbortSignal is handed to what starts and stops, so the events tell of none
    return call(this.name, what, () => steps(this.app, this.name, this.script[what] ?? []));
  }
}

class App {
  constructor(plan, dir) {
    this.plan = plan; this.dir = dir; this.services = []; this.servers = new Map(); this.exitCode = 0; this.early = false; this.listener = undefined;
    const limit = plan.options?.shutdownTimeout;
    this.limit = limit && limit !== 'inf' ? ms(limit) : undefined;
  }
  onStop(f) { this.listener = f; if (this.early) f(); }
  stop() { if (this.listener) this.listener(); else this.early = true; } // a request that comes early is not lost
  started() { emit('lifetime', 'applicationStarted'); write({ ready: true }); }
  async main() {
    let code;
    const keep = setInterval(() => {}, 1 << 30); // a program that waits is alive; Node would end it for want of work
    try {
      for (const step of this.plan.main?.length ? this.plan.main : [{ build: true }, { run: true }]) {
        const [name, arg] = Object.entries(step)[0];
        if (name === 'build') await call('host', 'build', () => { this.services = (this.plan.services ?? []).map(s => new Service(this, s)); });
        else if (name === 'run' || name === 'runSync') await call('host', 'run', () => run(this));
        else if (name === 'return') code = arg;
        else await steps(this, 'main', [step]);
      }
    } catch (e) {
      emit('main', 'threw', { outcome: outcome(e) });
      if (!this.plan.mainCatches) { console.error(e); process.exit(1); }
    }
    clearInterval(keep);
    code ??= this.exitCode;
    emit('main', 'return', { detail: code });
    process.exit(code);
  }
  listen(who, address) {
    return new Promise((resolve, reject) => {
      const [network, name] = address.split(':');
      const fail = text => { const err = new AppError(text); emit(who, 'listen', { outcome: outcome(err), detail: address }); reject(err); };
      if (this.servers.has(address)) return fail('in use');
      const server = http.createServer((_, res) => res.end('ok\n'));
      server.on('error', e => fail(e.code === 'EADDRINUSE' ? 'in use' : e.code));
      server.listen(network === 'tcp' ? { host: '127.0.0.1', port: 0 } : { path: path.join(this.dir, name) }, () => {
        const at = server.address();
        this.servers.set(address, server);
        write({ listening: { [address]: network === 'tcp' ? `127.0.0.1:${at.port}` : at } });
        emit(who, 'listen', { outcome: 'ok', detail: address });
        resolve();
      });
    });
  }
  close(who, address) { // stops listening at once, and waits for open connections
    const server = this.servers.get(address);
    this.servers.delete(address);
    return new Promise((resolve, reject) => {
      if (!server) { const err = new AppError('not open'); emit(who, 'close', { outcome: outcome(err), detail: address }); return reject(err); }
      server.close(() => { emit(who, 'close', { outcome: 'ok', detail: address }); resolve(); });
    });
  }
}

const sleep = d => new Promise(resolve => setTimeout(resolve, Math.min(d, 2 ** 31 - 1)));

async function steps(app, who, script) {
  for (const step of script) {
    const [name, arg] = Object.entries(step)[0];
    if (name === 'delay' || name === 'sleep') await sleep(ms(arg));
    else if (name === 'hang') await new Promise(() => {});
    else if (name === 'yield') await new Promise(setImmediate);
    else if (name === 'listen') await app.listen(who, arg);
    else if (name === 'close') await app.close(who, arg);
    else syncStep(app, who, step);
  }
}

function syncStep(app, who, step) {
  const [name, arg] = Object.entries(step)[0];
  switch (name) {
    case 'throw': throw new AppError(arg);
    case 'mark': emit(who, 'mark', { detail: arg }); break;
    case 'block': Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms(arg)); break;
    case 'blockForever': Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0); break;
    case 'exitCode': app.exitCode = arg; break;
    case 'exit': emit('process', 'exit', { phase: 'begin', detail: arg }); process.exit(arg); break;
    case 'raise': process.kill(process.pid, arg); break;
    case 'stopApplication':
      emit(who, 'stopApplication', { phase: 'begin' });
      app.stop();
      emit(who, 'stopApplication', { phase: 'end' });
      break;
    default: throw new Error(`step ${name}`);
  }
}

const STEPS = new Set(['delay', 'sleep', 'hang', 'yield', 'listen', 'close', 'throw', 'mark', 'block', 'blockForever', 'exitCode', 'exit', 'raise', 'stopApplication']);
const MAIN = new Set([...STEPS, 'build', 'run', 'runSync', 'return']);
const KEYS = new Set(['options', 'services', 'main', 'mainCatches']);

function unsupported(plan) {
  for (const key of Object.keys(plan)) if (!KEYS.has(key)) return `Node has no ${key}`;
  for (const o of Object.keys(plan.options ?? {})) if (o !== 'shutdownTimeout') return `Node has no option ${o}`;
  const scripts = [[plan.main ?? [], MAIN]];
  for (const s of plan.services ?? []) {
    if ((s.kind ?? 'hosted') !== 'hosted' || s.watchTokens || s.dispose) return `Node has no ${s.kind} services, tokens or disposal`;
    for (const h of ['new', 'start', 'stop']) scripts.push([s[h] ?? [], STEPS]);
  }
  for (const [script, known] of scripts) for (const step of script) for (const name of Object.keys(step)) if (!known.has(name)) return `the step ${name} is not known on Node`;
}

function ms(text) {
  if (text === 'inf') return Infinity;
  const [, n, unit] = /^([0-9.]+)([a-zµ]+)$/.exec(text);
  return n * { ns: 1e-6, us: 1e-3, 'µs': 1e-3, ms: 1, s: 1e3, m: 6e4, h: 3.6e6 }[unit];
}

// The protocol.

let stream; // { fd } or a socket
const begun = process.hrtime.bigint();

function write(message) {
  const line = JSON.stringify(message) + '\n';
  if (stream.fd === undefined) { stream.write(line); return; }
  for (let at = 0, b = Buffer.from(line); at < b.length;) {
    try { at += fs.writeSync(stream.fd, b, at); } catch (e) { if (e.code !== 'EAGAIN') throw e; }
  }
}

function emit(who, what, rest = {}) {
  write({ ms: Number((process.hrtime.bigint() - begun) / 1000n) / 1000, who, what, ...rest });
}

const outcome = e => e instanceof AggregateError ? `aggregate(${e.errors.map(outcome).join(',')})` : e.name === 'AbortError' ? 'cancelled' : `error:${e.message}`;

async function call(who, what, f, token) {
  emit(who, what, { phase: 'begin', tokenCancelled: token });
  try { await f(); } catch (e) { emit(who, what, { phase: 'end', outcome: outcome(e) }); throw e; }
  emit(who, what, { phase: 'end', outcome: 'ok' });
}

function main() {
  const where = process.env.HOSTSIM_EVENTS;
  if (!where) { console.error(`This is an adapter for hostsim. Judge the host with: hostsim verify -- node ${process.argv[1]}`); process.exit(2); }
  const serve = () => {
    write({ identity: { protocol: 1, implementation: 'node', version: process.versions.node, language: 'javascript', runtime: `node ${process.version}`, profile: 'core', features: FEATURES, lanes: ['process'], reuse: false } });
    readline.createInterface({ input: process.stdin }).once('line', line => {
      const { plan, dir } = JSON.parse(line).run;
      const why = unsupported(plan);
      if (why) { write({ skip: why }); process.exit(0); }
      new App(plan, dir).main();
    });
  };
  if (where.startsWith('tcp:')) {
    const at = where.lastIndexOf(':');
    stream = net.connect(Number(where.slice(at + 1)), where.slice(4, at), serve);
  } else { stream = { fd: fs.openSync(where, 'w') }; serve(); }
}

main();
