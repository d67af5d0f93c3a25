import { createReadStream, existsSync, readFileSync, statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import * as z from 'zod/mini';

/** `npm run drop -- FILE [KEY] [--option value …]`: puts a file into the bucket of the running local stack. */
const usage = 'Usage: npm run drop -- FILE [KEY] [--default-country US] [--on-conflict update] … [--data DIR]';

const Local = z.object({
  s3: z.object({
    endpoint: z.string(),
    bucket: z.string(),
    accessKeyId: z.string(),
    secretAccessKey: z.string(),
    region: z.string(),
  }),
});

/** The file and its key, and every option as metadata, which is how an import is told what to do. */
function read(args: string[]): { places: string[]; options: Record<string, string> } {
  const places: string[] = [];
  const options: Record<string, string> = {};
  for (let i = 0; i < args.length; i++) {
    const [, name, given] = /^--([a-z-]+)(?:=(.*))?$/s.exec(args[i] ?? '') ?? [];
    if (name === undefined) places.push(args[i] ?? '');
    else options[name] = given ?? args[++i] ?? '';
  }
  return { places, options };
}

async function drop(args: string[]): Promise<string> {
  const { places, options } = read(args);
  const [file, key = `imports/${basename(file ?? '')}`] = places;
  if (file === undefined || places.length > 2) return usage;
  if (!existsSync(file)) return `There is no file ${file}. ${usage}`;
  const { data = process.env.ROSTER_DATA ?? '.roster', ...metadata } = options;
  const description = join(resolve(data), 'local.json');
  if (!existsSync(description)) return `Roster does not run on ${data}. Start it with: npm start`;

  const { s3 } = z.parse(Local, JSON.parse(readFileSync(description, 'utf8')));
  const { endpoint, region, bucket, accessKeyId, secretAccessKey } = s3;
  const client = new S3Client({
    endpoint,
    region,
    forcePathStyle: true,
    credentials: { accessKeyId, secretAccessKey },
  });
  await client.send(
    new PutObjectCommand({
      Bucket: bucket,
      Key: key,
      Body: createReadStream(file),
      ContentLength: statSync(file).size,
      Metadata: metadata,
    }),
  );
  process.stdout.write(`Dropped ${file} as s3://${bucket}/${key}\n`);
  return '';
}

const complaint = await drop(process.argv.slice(2));
if (complaint !== '') {
  process.stderr.write(`${complaint}\n`);
  process.exitCode = 1;
}
