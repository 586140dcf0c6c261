/*
 * Leak tests in node:test: leakTest(name, { ops: 2400, maxBytesPerOp: 0, allocator }, body), where test would
 * be.
 *
 * The body is one op, and may be async. The test starts its own file again, as
 *
 *     heapgate exec --marks -- node --expose-gc ... FILE
 *
 * In that process the body is called `ops` times, in 16 rounds. Before the mark that ends a round, all
 * garbage is collected. The test fails with heapgate's report unless the verdict is clean and all ops have
 * ended. The file's other tests run there, too, and do not count; its other leak tests do not run. The hooks
 * of the test run once, around all ops. Further options are those of test, such as skip and timeout.
 *
 * The heapgate program is the one that the environment variable HEAPGATE names, or else heapgate in the PATH.
 * If the variable is not set and the PATH has none, the body is called once, and a diagnostic says that
 * nothing was measured.
 */
'use strict'

const test = require('node:test')
const { measure } = require('./measure.js')
const { isMeasured, isWanted, runOps, ROUNDS } = require('./ops.js')

const DEFAULT_OPS = 2400
const registered = new Map()

/* Which leak test it is, in both processes: as many of the same name came before. */
function makeKey(name) {
  const number = registered.get(name) ?? 0
  registered.set(name, number + 1)
  return `${number}:${name}`
}

function checkOptions({ ops, maxBytesPerOp }, body) {
  if (!Number.isSafeInteger(ops) || ops < ROUNDS) throw new RangeError(`ops must be ${ROUNDS} or more`)
  if (!(maxBytesPerOp >= 0)) throw new RangeError('maxBytesPerOp must be 0 or more')
  if (typeof body !== 'function') throw new TypeError('a leak test needs a function to call')
  if (body.length > 1) throw new TypeError('the function takes no callback: return a promise instead')
}

function leakTest(name, options, body) {
  if (typeof options === 'function') [options, body] = [{}, options]
  const { ops = DEFAULT_OPS, maxBytesPerOp = 0, allocator, ...others } = options ?? {}
  checkOptions({ ops, maxBytesPerOp }, body)
  const job = { key: makeKey(name), roundOps: Math.floor(ops / ROUNDS), maxBytesPerOp, allocator }
  return test(name, others, async (context) => {
    if (isMeasured()) {
      if (isWanted(job.key)) await runOps(job, body, context)
      else context.skip('another leak test is measured')
      return
    }
    const unmeasured = await measure(job, context)
    if (unmeasured === undefined) return
    context.diagnostic(`heapgate: called once and not measured: ${unmeasured}`)
    await body(context)
  })
}

module.exports = { leakTest }
