/* The process that the user started: runs the test again under heapgate, and judges what that says. */
'use strict'

const { AssertionError } = require('node:assert')
const { spawn } = require('node:child_process')
const { NODE_OPTIONS, SAYS, TEST } = require('./ops.js')

/* Tells heapgate that it need not doubt a verdict because it does not count inside the heap of V8. */
const HEAP = 'HEAPGATE_HEAP'
const REPORT_CHARACTERS = 8192
const MEANINGS = {
  2: 'heapgate could not measure it',
  3: 'inconclusive: give it more ops',
  4: 'the op crashed or ended the process',
  5: 'heapgate failed its own control'
}
/* Options of node without a value. Others of --test- have one, after a "=" or as the next word. */
const ALONE = ['--test-only', '--test-force-exit', '--test-update-snapshots']
const UNWANTED = /^--(test|inspect|watch|experimental-test-coverage)\b/

function keepNodeOptions(words) {
  const kept = []
  for (let i = 0; i < words.length; i++) {
    if (!UNWANTED.test(words[i])) kept.push(words[i])
    else if (words[i].startsWith('--test-') && !words[i].includes('=') && !ALONE.includes(words[i])) i++
  }
  return kept
}

function makeWords(job, context) {
  const words = ['exec', '--marks']
  if (job.maxBytesPerOp > 0) words.push('--max-bytes-per-op', String(job.maxBytesPerOp * job.roundOps))
  if (job.allocator) words.push('--allocator', job.allocator)
  words.push('--', process.execPath, ...keepNodeOptions(process.execArgv), ...NODE_OPTIONS)
  return [...words, context.filePath ?? process.argv[1], ...process.argv.slice(2)]
}

function makeEnvironment(job) {
  const environment = { ...process.env, [TEST]: job.key, [HEAP]: 'watched' } // by sayIfHeap
  for (const name of ['NODE_TEST_CONTEXT', 'NODE_V8_COVERAGE']) delete environment[name]
  return environment
}

/* Resolves to the exit code, null after a signal, and all that was printed. */
function run(program, job, context) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, makeWords(job, context), {
      env: makeEnvironment(job),
      signal: context.signal,
      stdio: ['ignore', 'pipe', 'pipe']
    })
    let text = ''
    const keep = (part) => { text += part }
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', keep)
    child.on('error', reject).on('close', (code) => resolve({ code, text }))
  })
}

/* What follows the beginning of a line, or undefined. */
function findLine(lines, begin) {
  return lines.find((line) => line.startsWith(begin))?.slice(begin.length)
}

/* " at function file:line", of the first frame of the call path with a line; node itself has none. Or "". */
function findCulprit(lines) {
  const begin = lines.findIndex((line) => line.includes(' per mark') && line.endsWith(':')) + 1
  if (begin === 0) return ''
  const path = [lines[begin]]
  for (let i = begin + 1; /^ *←/.test(lines[i] ?? ''); i++) path.push(lines[i])
  const frame = path.find((line) => /:\d+( \(inlined\))?$/.test(line)) ?? path[0]
  return ` at ${frame.replace('←', '').trim().replace(/\s+/g, ' ')}`
}

/* undefined if the test passes. */
function judge(code, lines, roundOps) {
  const find = (begin) => findLine(lines, begin)
  const isQuiet = code === 0 || code === 3
  const [cutShort, heap, open] = [find(SAYS.cutShort), find(SAYS.heap), find(SAYS.open)]
  const isHeapgate = find('heapgate: the program ') !== undefined
  if (code === 0 && !isHeapgate) return 'this is not heapgate: it measured nothing'
  if (cutShort !== undefined) return `the op failed or ended the process in op ${cutShort}`
  if (code === 1) return `a leak${findCulprit(lines)} (a mark is ${roundOps} ops)`
  const hasEnded = find(SAYS.allEnded) !== undefined
  if (isQuiet && !hasEnded) return 'the test did not run to its end in the measured process'
  if (isQuiet && heap !== undefined) return `a leak: the JavaScript heap grows by ${heap}`
  if (code === 0) return open === undefined ? undefined : `a leak of open files or threads: ${open}`
  return MEANINGS[code] ?? 'heapgate did not finish'
}

/* Resolves to why nothing was measured, or to undefined if the test passes or skips itself; or throws. */
async function measure(job, context) {
  const named = process.env.HEAPGATE
  const program = named || 'heapgate'
  let ended
  try {
    ended = await run(program, job, context)
  } catch (error) {
    const reason = error.code ?? error.message
    const why = `program '${program}' not started (${reason}): set HEAPGATE=/path/to/heapgate`
    if (!named && error.code === 'ENOENT') return why
    throw new Error(`heapgate: ${why}`)
  }
  const lines = ended.text.split('\n')
  if (findLine(lines, SAYS.skips) !== undefined) return context.skip('the op skips itself')
  const says = judge(ended.code, lines, job.roundOps)
  if (says === undefined) return undefined
  const variables = `${HEAP}=watched ${TEST}='${job.key.replaceAll("'", "'\\''")}'`
  const report = ended.text.slice(-REPORT_CHARACTERS).replaceAll('again: ', `again: ${variables} `)
  /* An error without a stack, which would be of this file. */
  const error = new AssertionError({ message: `${program}: ${says}\n${report}` })
  error.stack = undefined
  throw error
}

module.exports = { measure }
