// What a bundler does: JSX and Relay's texts become JavaScript, and imports need no endings.
import { transformAsync } from '@babel/core';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

export async function resolve(specifier, context, next) {
  return next(specifier.endsWith('.graphql') ? `${specifier}.js` : specifier, context);
}

export async function load(url, context, next) {
  if (!url.endsWith('.jsx')) return next(url, context);
  const path = fileURLToPath(url);
  const { code } = await transformAsync(await readFile(path, 'utf8'), {
    filename: path,
    babelrc: false,
    configFile: false,
    presets: [['@babel/preset-react', { runtime: 'automatic' }]],
    plugins: [['relay', { eagerEsModules: true }]],
  });
  return { format: 'module', source: code, shortCircuit: true };
}
