/* The process that heapgate started: calls the op and marks the rounds. */
'use strict'

const fs = require('node:fs')
const v8 = require('node:v8')

const ROUNDS = 16 // few, because before each mark all garbage is collected
const FEWEST_OPEN = 8 // descriptors or threads, to call them a leak
/* Growth of the JavaScript heap that is more than its own noise. */
const HEAP_BYTES_PER_OP = 8
const HEAP_BYTES_PER_ROUND = 1024
const PAUSE = 40 // milliseconds in which heapgate has seen what it counts from outside
const TEST = 'HEAPGATE_TEST'
/* Without these V8 compiles and collects in other threads, at any time, and keeps what it needs for that. */
const NODE_OPTIONS = ['--expose-gc', '--single-threaded', '--no-opt', '--max-semi-space-size=1']
/* What this process says on lines of its own, and the first one looks for. */
const SAYS = {
  allEnded: 'heapgate: all ops ended: ',
  cutShort: 'heapgate: the test ended in op ',
  heap: 'heapgate: the JavaScript heap grows: ',
  open: 'heapgate: open files and threads grow: ',
  skips: 'heapgate: the test skips itself'
}

const isMeasured = () => Boolean(process.env.HEAPGATE_MARKS)
const isWanted = (key) => (process.env[TEST] ?? key) === key

/* At once: a process that crashes has said it. */
function say(text) {
  try {
    fs.writeSync(2, `\n${text}\n`)
  } catch {} // nobody listens
}

/* The probe is an add-on, too. */
function loadMark() {
  const probe = /\/.*\/libheapgate-probe[^/]*\.so$/m.exec(fs.readFileSync('/proc/self/maps', 'utf8'))
  if (!probe) throw new Error('heapgate: the probe is not in this process although HEAPGATE_MARKS is set')
  const loaded = { exports: {} }
  process.dlopen(loaded, probe[0])
  return loaded.exports.mark
}

const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds))

/* The number of descriptors and threads. */
const countOpen = () => fs.readdirSync('/proc/self/fd').length + fs.readdirSync('/proc/self/task').length

/* Finalizers run in the event loop after a collection, and free what the next one can collect. */
async function collectGarbage() {
  for (let i = 0; i < 2; i++) {
    global.gc()
    await new Promise(setImmediate)
  }
  global.gc()
}

function sayIfOpen(open) {
  const [quarter, half, end] = [open[ROUNDS / 4], open[ROUNDS / 2], open[ROUNDS]]
  if (end > half && half > quarter && end >= quarter + FEWEST_OPEN)
    say(`${SAYS.open}${quarter} after a quarter of the ops, ${half} after half, ${end} at the end`)
}

/* V8 allocates in pages of its own, which heapgate sees only as a whole. By the median of the last rounds. */
function sayIfHeap(used, { roundOps, maxBytesPerOp }) {
  const last = used.slice(ROUNDS / 2)
  const growth = last.slice(1).map((bytes, i) => bytes - last[i]).sort((a, b) => a - b)
  const median = growth[growth.length >> 1]
  const noise = Math.max(HEAP_BYTES_PER_OP * roundOps, HEAP_BYTES_PER_ROUND)
  if (median >= noise && median > maxBytesPerOp * roundOps)
    say(`${SAYS.heap}${(median / roundOps).toPrecision(3)} B per op`)
}

async function callOp(body, context, state) {
  try {
    const result = body(context)
    if (typeof result?.then === 'function') await result
  } catch (error) {
    say(`${SAYS.cutShort}${state.ended + 1} of ${state.ops}: ${error?.message ?? error}`)
    state.told = true
    throw error
  }
  context.mock?.reset() // it remembers every mock
  state.ended++
}

/* Of the other tests of the file, a failure is told in the first process. */
function watchExit(state) {
  process.on('exit', () => {
    if (state.ended === state.ops) process.exitCode = 0
    else if (!state.told) say(`${SAYS.cutShort}${state.ended + 1} of ${state.ops}`)
  })
}

/* So that an op that skips itself is skipped, and does not pass. */
function watchSkip(context, state) {
  const skip = context.skip
  context.skip = (...why) => {
    if (!state.told) say(SAYS.skips)
    state.told = true
    return skip.apply(context, why)
  }
}

async function runOps(job, body, context) {
  const state = { ops: ROUNDS * job.roundOps, ended: 0, told: false }
  const mark = loadMark()
  v8.setFlagsFromString('--no-maglev')
  watchExit(state)
  watchSkip(context, state)
  const open = [countOpen()]
  const used = [0]
  for (let round = 1; round <= ROUNDS; round++) {
    for (let i = 0; i < job.roundOps; i++) await callOp(body, context, state)
    await collectGarbage()
    used.push(v8.getHeapStatistics().used_heap_size)
    mark()
    open.push(countOpen())
    if (open[round] > open[round - 1]) await pause(PAUSE)
  }
  await pause(5 * PAUSE) // or what the other tests of the file allocate seems to be of the last round
  sayIfOpen(open)
  sayIfHeap(used, job)
  say(`${SAYS.allEnded}${state.ops}`)
}

module.exports = { isMeasured, isWanted, runOps, NODE_OPTIONS, ROUNDS, SAYS, TEST }
