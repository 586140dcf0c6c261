'use strict';
/*
 * Compiling and validating with libtoka, valijson and ajv, on the same real schemas and in one table.
 *
 *   node validators.js BUILD FOLDER ROUNDS MOST
 *
 * FOLDER holds schemas (*.json), or files of the JSON-Schema-Test-Suite; of more than MOST schemas every n-th is
 * taken. Validated is what a schema's tests bring, and each schema as an instance of the draft-07 metaschema.
 *
 * First each program says what it accepts. Then what all of them accept is timed, in processes that take turns:
 * a slow moment of the machine hits all. Each process runs the whole work once for warming up and then once
 * timed, which spares ajv most of the interpreter's and the compiler's start; that is how a server meets it.
 */
const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

const [build, folder, rounds, most] = [process.argv[2], process.argv[3], +process.argv[4], +process.argv[5]];
const programs = [
  { name: 'libtoka', command: [path.join(build, 'bench/validators_toka')] },
  { name: 'valijson', command: [path.join(build, 'bench/validators_valijson')] },
  { name: 'ajv', command: [process.execPath, path.join(build, 'bench/validators/ajv.js')] },
].filter((program) => {
  const there = fs.existsSync(program.command.at(-1));
  if (!there) console.error(`validators: ${program.name} is left out: ${program.command.at(-1)} was not built`);
  return there;
});

function jsonFiles(at) {
  return fs.readdirSync(at, { withFileTypes: true }).flatMap((entry) => {
    const child = path.join(at, entry.name);
    if (entry.isDirectory()) return jsonFiles(child);
    return entry.name.endsWith('.json') ? [child] : [];
  }).sort();
}

/* Every program is to take it as draft-07, whatever it says it is: ajv refuses $schema and id of draft-04. */
function undated(schema) {
  if (schema && typeof schema === 'object') {
    delete schema.$schema;
    if (typeof schema.id === 'string') delete schema.id;
  }
  return schema;
}

/* {schema, instances} of each schema; instances are those of a test suite's file. */
function readItems(at) {
  return jsonFiles(at).flatMap((file) => {
    let document;
    try {
      document = JSON.parse(fs.readFileSync(file, 'utf8'));
    } catch {
      return [];
    }
    const isSuite = Array.isArray(document) && document.every((group) => group && group.tests);
    if (!isSuite) return [{ schema: undated(document), instances: [] }];
    return document.map((group) => ({
      schema: undated(group.schema),
      instances: group.tests.map((test) => test.data),
    }));
  });
}

function thin(items) {
  return items.length <= most ? items : items.filter((_, i) => (i * most) % items.length < most);
}

/* One line a schema or an instance of the schema above: S or I, and compact JSON. */
function writeItems(file, items) {
  const lines = items.flatMap((item) => [
    `S${JSON.stringify(item.schema)}`,
    ...item.instances.map((instance) => `I${JSON.stringify(instance)}`),
  ]);
  fs.writeFileSync(file, `${lines.join('\n')}\n`);
}

function run(program, mode, file) {
  const [command, ...words] = program.command;
  const done = spawnSync(command, [...words, mode, file], { encoding: 'utf8', maxBuffer: 1 << 28 });
  if (done.status !== 0) {
    console.error(`validators: ${program.name} ${mode} failed: ${done.error || done.stderr}`);
    process.exit(1);
  }
  return done.stdout.trim();
}

function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

function spread(values, unit) {
  const [low, high] = [Math.min(...values) / unit, Math.max(...values) / unit];
  return `${(median(values) / unit).toFixed(2)} (${low.toFixed(2)} to ${high.toFixed(2)})`;
}

function metaschemaItem(items) {
  const file = path.join(build, 'bench/validators/node_modules/ajv/dist/refs/json-schema-draft-07.json');
  if (!fs.existsSync(file)) return [];
  const schema = undated(JSON.parse(fs.readFileSync(file, 'utf8')));
  delete schema.$id; // under which ajv has it already
  return [{ schema, instances: items.map((item) => item.schema) }];
}

const work = fs.mkdtempSync(path.join(os.tmpdir(), 'validators-'));
process.on('exit', () => fs.rmSync(work, { recursive: true, force: true }));
const items = thin(readItems(folder));
if (items.length === 0 || programs.length === 0) {
  console.error(`validators: no schemas in ${folder}`);
  process.exit(2);
}
const all = path.join(work, 'all');
writeItems(all, items);
for (const program of programs) program.accepts = run(program, 'accept', all);
const common = items.filter((_, i) => programs.every((program) => program.accepts[i] === '1'));
const timed = path.join(work, 'timed');
writeItems(timed, [...common, ...metaschemaItem(common)]);
for (const program of programs) program.times = [];
for (let round = 0; round < rounds; round++)
  for (const program of programs) program.times.push(run(program, 'time', timed).split(' ').map(Number));

const instances = programs[0].times[0][2];
console.log(`${items.length} schemas, ${common.length} accepted by all; of those, and the metaschema:`);
console.log(`medians of ${rounds} processes (least to most), processor time; ${instances} instances\n`);
console.log(`${'validator'.padEnd(10)} ${'accepts'.padStart(8)} ${'µs a schema to compile'.padStart(30)} ` +
  `${'µs an instance to validate'.padStart(30)} ${'valid'.padStart(7)}`);
for (const program of programs) {
  const compile = program.times.map((time) => time[0] / (common.length + 1));
  const validate = program.times.map((time) => time[1] / instances);
  const accepted = [...program.accepts].filter((one) => one === '1').length;
  console.log(`${program.name.padEnd(10)} ${String(accepted).padStart(8)} ${spread(compile, 1e3).padStart(30)} ` +
    `${spread(validate, 1e3).padStart(30)} ${String(program.times[0][3]).padStart(7)}`);
}
console.log(`
Compiling is from the text to a validator, parsing included; instances are parsed before. $schema is taken out,
and draft-04's id, so that all take all for draft-07. They do not check the same. libtoka holds a schema against the draft-07 metaschema,
compiles every pattern, checks formats and bounds its work. ajv holds it against the metaschema, turns it into
JavaScript, and is set to ignore formats. valijson holds it against nothing and ignores formats. None fetches a
remote schema: those that need one are not accepted.`);
