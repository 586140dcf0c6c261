// Leak tests of every outcome, to be run by node.sh.
'use strict'
const assert = require('node:assert')
const test = require('node:test')
const zlib = require('node:zlib')
const { leakTest } = require('heapgate')
const store = require('./store.node')

const kept = []
let calls = 0

test('ordinary, and wrong', () => assert.ok(process.env.HEAPGATE_MARKS === undefined))

leakTest('garbage', { ops: 480 }, async (t) => {
  const object = { text: `${t.name} ${Math.random()}` }
  store.wrap(object)
  t.mock.method(store, 'keep')
  await new Promise(setImmediate)
  JSON.parse(JSON.stringify({ text: 'x'.repeat(1000), buffer: Buffer.alloc(1000) }))
  zlib.gunzipSync(zlib.gzipSync(Buffer.alloc(10000)))
})
leakTest('references', { ops: 480 }, () => store.hold({}))
leakTest('objects', { ops: 480 }, () => { kept.push({ a: [1, 2, 3, kept.length] }) })
for (const wrong of [false, true]) {
  leakTest('the "same" name\'s twice', { ops: 480, skip: !wrong }, async () => {
    calls++
    if (wrong && calls === 100) throw new Error('the store is full')
  })
}
leakTest('exits', { ops: 480 }, () => process.exit(0))
leakTest('crashes', { ops: 480 }, () => store.crash())
leakTest('skips', { ops: 480 }, (t) => t.skip('not here'))
leakTest('is skipped', { ops: 480, skip: true }, () => store.keep(32))
assert.throws(() => leakTest('too few', { ops: 15 }, () => 0), /ops must be 16 or more/)
assert.throws(() => leakTest('a callback', (t, done) => done()), /takes no callback/)
