// onnx.mjs FOLDER - what ONNX Runtime makes of the models in FOLDER, with optimisation off: the standard's text, node by node.
// FOLDER/list has a line a case: NAME INPUT TYPE DIMS, for NAME.onnx, its input, float32, uint8 or int8, and 1,2,3; the input's bytes
// are in NAME.in. Writes NAME.out: a line an output, its type and values (float32 as the eight digits of their bits), or "refused: WHY".
import { createRequire } from 'node:module';
import fs from 'node:fs';
import path from 'node:path';

const require = createRequire(path.resolve(process.env.BL_ORT || '.', 'package.json'));
const ort = require('onnxruntime-web');
const TYPES = { float32: Float32Array, uint8: Uint8Array, int8: Int8Array };
ort.env.wasm.numThreads = 1;
ort.env.logLevel = 'fatal';

function line(t) {
  if (t.type !== 'float32') return t.type + ' ' + Array.from(t.data).join(' ');
  const bits = new Uint32Array(t.data.buffer, t.data.byteOffset, t.data.length);
  return 'float32 ' + Array.from(bits, (b) => b.toString(16).padStart(8, '0')).join(' ');
}

const folder = process.argv[2];
for (const row of fs.readFileSync(path.join(folder, 'list'), 'utf8').trim().split('\n')) {
  const [name, input, type, dims] = row.split(' ');
  let out;
  try {
    const session = await ort.InferenceSession.create(fs.readFileSync(path.join(folder, name + '.onnx')),
      { executionProviders: ['wasm'], graphOptimizationLevel: 'disabled', logSeverityLevel: 4 });
    const shape = dims === '-' ? [] : dims.split(',').map(Number);
    const bytes = fs.readFileSync(path.join(folder, name + '.in'));
    const data = new TYPES[type](bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
    const results = await session.run({ [input]: new ort.Tensor(type, data, shape) });
    out = session.outputNames.map((n) => line(results[n])).join('\n');
    await session.release();
  } catch (e) {
    out = 'refused: ' + String(e.message || e).replace(/\s+/g, ' ');
  }
  fs.writeFileSync(path.join(folder, name + '.out'), out + '\n');
}
