import { createInterface } from 'node:readline';
import { Worker } from 'node:worker_threads';
import { arns } from '../cloudformation/names.ts';
import { type Answer, type FunctionDefinition, failure } from './function-definition.ts';
import type { FunctionCall, FunctionReport, FunctionSetup } from './function-thread-types.ts';

/** A thread that holds one function. Only an idle one may be called. */
export type FunctionThread = {
  state(): 'starting' | 'idle' | 'busy' | 'gone';
  /** The moment when it last became idle, in milliseconds since 1970. */
  usedAt(): number;
  /** Resolves once the bundle is loaded, to null, or once it cannot be, to the answer for a caller. */
  readonly loaded: Promise<Answer | null>;
  /** Resolves once the thread takes no more calls, for whatever reason. */
  readonly gone: Promise<void>;
  call(requestId: string, payload: string): Promise<Answer>;
  stop(): Promise<unknown>;
};

/** Lambda gives a function ten seconds to load. When it needs longer, it goes on loading on the time of the call. */
const loadLimitMs = 10_000;
/** Lambda sends no answer of more than 6 MB. */
const largestAnswer = 6 * 1024 * 1024;

export function startThread(
  definition: FunctionDefinition,
  onOutput: (label: string, line: string) => void,
): FunctionThread {
  const { file, handler, name, memory, label, timeoutMs } = definition;
  const setup: FunctionSetup = { file, handler, name, memory, arn: arns.function(name) };
  const worker = new Worker(new URL('./function-thread.ts', import.meta.url), {
    env: definition.environment,
    workerData: setup,
    resourceLimits: { maxOldGenerationSizeMb: memory },
    stdout: true,
    stderr: true,
  });
  for (const stream of [worker.stdout, worker.stderr]) {
    createInterface({ input: stream }).on('line', (line) => onOutput(label, line));
  }

  let state: ReturnType<FunctionThread['state']> = 'starting';
  let usedAt = Date.now();
  const loaded = Promise.withResolvers<Answer | null>();
  const gone = Promise.withResolvers<void>();
  /** Takes the answer to the call that is under way. */
  let answerCall: (answer: Answer) => void = () => {};

  const loadTimer = setTimeout(() => end(timedOut(loadLimitMs + timeoutMs)), loadLimitMs + timeoutMs);

  worker.on('message', (report: FunctionReport) => {
    // A report may still be on its way when its thread has been given up.
    if (state === 'gone') return;
    state = 'idle';
    usedAt = Date.now();
    if ('ready' in report) {
      clearTimeout(loadTimer);
      return loaded.resolve(null);
    }
    const tooLarge = Buffer.byteLength(report.payload) > largestAnswer;
    answerCall(tooLarge ? failure('Function.ResponseSizeTooLarge', 'The answer is larger than 6 MB.') : report);
  });
  worker.once('error', (error: Error) => {
    const outOfMemory = 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY';
    const type = outOfMemory ? 'Runtime.OutOfMemory' : 'Runtime.ExitError';
    end(failure(type, `${error.name}: ${error.message}`));
  });
  worker.once('exit', () => end(failure('Runtime.ExitError', 'The function ended its process.')));

  /** Ends the thread, and gives whoever waits for it this answer. */
  function end(answer: Answer): Promise<unknown> {
    state = 'gone';
    clearTimeout(loadTimer);
    loaded.resolve(answer);
    answerCall(answer);
    gone.resolve();
    return worker.terminate();
  }

  return {
    state: () => state,
    usedAt: () => usedAt,
    loaded: loaded.promise,
    gone: gone.promise,
    call(requestId, payload) {
      state = 'busy';
      return new Promise<Answer>((resolve) => {
        const timer = setTimeout(() => end(timedOut(timeoutMs)), timeoutMs);
        answerCall = (answer) => {
          clearTimeout(timer);
          resolve(answer);
        };
        const call: FunctionCall = { requestId, payload, deadline: Date.now() + timeoutMs };
        worker.postMessage(call);
      });
    },
    stop: () => end(failure('Stopped', 'The local stack has stopped.')),
  };
}

function timedOut(ms: number): Answer {
  return failure('Sandbox.Timedout', `Task timed out after ${(ms / 1000).toFixed(2)} seconds`);
}
