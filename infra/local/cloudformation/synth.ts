import { spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { CannotStart } from '../process/cannot-start.ts';
import { readCdkContext } from './settings.ts';

const root = join(import.meta.dirname, '..', '..', '..');

/** Synthesizes the app into `output` with the settings of one machine, as `cdk deploy` would with those of a stage. */
export async function synthesize(output: string, stopping?: AbortSignal): Promise<void> {
  rmSync(output, { recursive: true, force: true });
  const child = spawn(process.execPath, [join('infra', 'app.ts')], {
    cwd: root,
    env: {
      ...process.env,
      CDK_OUTDIR: output,
      // The library checks the templates against CloudFormation's schemas: half of the time, and for those who deploy.
      CDK_VALIDATION: 'false',
      CDK_CONTEXT_JSON: JSON.stringify(readCdkContext(join(root, 'cdk.json'))),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      said = (said + String(chunk)).slice(-20_000);
    });
  }
  stopping?.addEventListener('abort', () => child.kill());
  const code = await new Promise((resolve) => child.once('exit', resolve));
  if (code !== 0) throw new CannotStart(`The app cannot be synthesized:\n${said.trim()}`);
}
