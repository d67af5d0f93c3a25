import { readArguments } from './drop/arguments.ts';
import { follow, linkTo } from './drop/follow.ts';
import { endLines, fetchLines, progressLine } from './drop/report.ts';
import { upload } from './drop/upload.ts';
import { adviceFor } from './process/cannot-start.ts';

/*
 * `npm run drop -- FILE [KEY] [--option value …]` puts a file into the bucket of the running local stack, and follows its
 * import to the end. The exit code is 1 when the import failed.
 */

const { stdout, stderr } = process;

const print = (lines: readonly string[]) => {
  stdout.write(`${lines.join('\n')}\n`);
};

/** Shows a line in place of the last one on a terminal; elsewhere nobody would see it move. */
function show(line: string): void {
  if (stdout.isTTY) stdout.write(`\r\u001b[2K${line}`);
}

async function drop(args: readonly string[]): Promise<void> {
  const given = readArguments(args, process.env);
  const { file, key, local, wait } = given;
  const since = new Date().toISOString();
  await upload(given);
  print([`Dropped ${file} as s3://${local.s3.bucket}/${key}`]);
  if (!wait) return;
  const job = await follow(local, key, since, (seen) => show(progressLine(seen)));
  show('');
  print(endLines(job));
  const links = await Promise.all(
    job.downloads.map(async ({ name }) => ({ name, url: await linkTo(local, job, name) })),
  );
  if (links.length > 0) print(['Fetch the log:', ...fetchLines(links)]);
  if (job.status === 'failed') process.exitCode = 1;
}

await drop(process.argv.slice(2)).catch((error: unknown) => {
  const advice = adviceFor(error);
  if (advice === null) throw error;
  stderr.write(`${advice}\n`);
  process.exitCode = 1;
});
