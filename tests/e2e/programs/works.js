// Some of what programs for Node do: objects, strings, JSON, timers, a child process.
const { execFileSync } = require('child_process');

const seen = new Map();
for (let i = 0; i < 20000; i++) {
  seen.set(i % 1000, JSON.stringify({ number: i, text: 'x'.repeat(i % 50) }));
}
let length = 0;
for (const text of seen.values()) {
  length += JSON.parse(text).text.length;
}
console.log(seen.size, length);
console.log(execFileSync('/bin/echo', ['from a child']).toString());
setTimeout(() => {
  console.error('to standard error');
  process.exit(6);
}, 5);
