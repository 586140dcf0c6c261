'use strict';
/* ajv's part of validators.js: ajv.js accept|time FILE. Laid out as the other programs are. */
const fs = require('node:fs');
const Ajv = require('ajv').default;

function newAjv() {
  return new Ajv({ strict: false, validateFormats: false, logger: false });
}

/* What is compiled is forgotten at once: another schema may have the same $id. */
function compile(ajv, text) {
  const schema = JSON.parse(text);
  try {
    return ajv.compile(schema);
  } catch {
    return null;
  } finally {
    forget(ajv, schema);
  }
}

function forget(ajv, schema) {
  try {
    if (!/^http:\/\/json-schema\.org\//.test(schema.$id)) ajv.removeSchema(schema); // but not the metaschema
  } catch {
    // true, false, or an $id that is no URI: nothing was kept under a name
  }
}

function readItems(file) {
  const items = [];
  for (const line of fs.readFileSync(file, 'utf8').split('\n')) {
    if (line[0] === 'S') items.push({ text: line.slice(1), instances: [] });
    if (line[0] === 'I') items.at(-1).instances.push(JSON.parse(line.slice(1)));
  }
  return items;
}

function processorNs() {
  const used = process.cpuUsage();
  return (used.user + used.system) * 1000;
}

function pass(items) {
  const ajv = newAjv(); // which would keep what it compiled
  let valid = 0, count = 0;
  const started = processorNs();
  for (const item of items) item.validate = compile(ajv, item.text);
  const compiled = processorNs();
  for (const { validate, instances } of items) {
    for (const instance of instances) {
      valid += validate(instance);
      count++;
    }
  }
  return [compiled - started, processorNs() - compiled, count, valid];
}

const items = readItems(process.argv[3]);
if (process.argv[2] === 'accept') {
  const ajv = newAjv();
  console.log(items.map((item) => (compile(ajv, item.text) ? '1' : '0')).join(''));
} else {
  pass(items);
  console.log(pass(items).join(' '));
}
