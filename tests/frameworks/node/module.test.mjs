// As a module of ECMAScript, with hooks, which run once, around all ops.
import assert from 'node:assert'
import { createRequire } from 'node:module'
import { after, before, describe } from 'node:test'
import { leakTest } from 'heapgate'

const store = createRequire(import.meta.url)('./store.node')

describe('a suite', () => {
  let calls, size
  before(() => { [calls, size] = [0, 32] })
  after(() => assert.ok([0, 1, 480].includes(calls)))
  leakTest('gives back', { ops: 480 }, () => {
    calls++
    store.keep(size)
    store.drop()
  })
})
