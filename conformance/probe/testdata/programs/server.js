// The Node server of docs/probe.md: what most guides recommend. PORT is its port; /slow takes two seconds.
const http = require('node:http');

const server = http.createServer((req, res) => {
  if (req.url === '/slow') {
    setTimeout(() => res.end('done\n'), 2000);
    return;
  }
  res.end('hello\n');
});

for (const signal of ['SIGTERM', 'SIGINT']) {
  process.on(signal, () => server.close(() => process.exit(0)));
}

server.listen(Number(process.env.PORT), '127.0.0.1', () => console.log('listening'));
