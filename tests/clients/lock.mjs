// Writes package-lock.json anew: `node lock.mjs` in this folder. No address is kept in it, so that an install uses
// whatever registry npm is set up with (`.npmrc` here leaves out where packages came from).
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';

execFileSync('npm', ['install', '--package-lock-only', '--ignore-scripts'], { stdio: 'inherit' });
const lock = JSON.parse(readFileSync('package-lock.json', 'utf8'));
for (const one of Object.values(lock.packages)) delete one.funding;
writeFileSync('package-lock.json', `${JSON.stringify(lock, null, 2)}\n`);
