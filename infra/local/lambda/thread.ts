import { createInterface } from 'node:readline';
import { Worker } from 'node:worker_threads';
import { arns } from '../cloudformation/names.ts';
import { type Answer, type FunctionDefinition, failure } from './function-definition.ts';
import type { FunctionCall, FunctionReport, FunctionSetup } from './function-thread-types.ts';

/** A thread that holds one function. Only an idle one may be called. */
export type FunctionThread = {
  state(): 'starting' | 'idle' | 'busy' | 'gone';
  /** When it last became idle, in milliseconds since 1970. */
  usedAt(): number;
  /** Resolves once the bundle is loaded: to null, or to what a caller is to be told. */
  readonly loaded: Promise<Answer | null>;
  call(requestId: string, payload: string): Promise<Answer>;
  stop(): Promise<unknown>;
};

/** Lambda gives a function ten seconds to load. */
const loadLimitMs = 10_000;
/** Answers of more than 6 MB do not leave Lambda. */
const largestAnswer = 6 * 1024 * 1024;

export function startThread(
  definition: FunctionDefinition,
  onOutput: (label: string, line: string) => void,
): FunctionThread {
  const { file, handler, name, memory, label } = definition;
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
  let settle: (answer: Answer) => void = () => {};

  const loaded = new Promise<Answer | null>((resolve) => {
    const timer = setTimeout(() => end(failure('Sandbox.Timedout', 'The function did not load in 10 s.')), loadLimitMs);
    settle = (answer) => {
      clearTimeout(timer);
      resolve(answer);
    };
    worker.once('message', () => {
      clearTimeout(timer);
      state = 'idle';
      resolve(null);
    });
  });

  worker.on('message', (report: FunctionReport) => {
    if ('ready' in report) return;
    state = 'idle';
    usedAt = Date.now();
    const tooLarge = Buffer.byteLength(report.payload) > largestAnswer;
    settle(tooLarge ? failure('Function.ResponseSizeTooLarge', 'The answer is larger than 6 MB.') : report);
  });
  worker.once('error', (error: Error) => {
    const out = 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY';
    end(failure(out ? 'Runtime.OutOfMemory' : 'Runtime.ExitError', `${error.name}: ${error.message}`));
  });
  worker.once('exit', () => end(failure('Runtime.ExitError', 'The function ended its process.')));

  function end(answer: Answer): void {
    state = 'gone';
    void worker.terminate();
    settle(answer);
  }

  return {
    state: () => state,
    usedAt: () => usedAt,
    loaded,
    call(requestId, payload) {
      state = 'busy';
      const { timeoutMs } = definition;
      return new Promise<Answer>((resolve) => {
        const timer = setTimeout(
          () => end(failure('Sandbox.Timedout', `Task timed out after ${(timeoutMs / 1000).toFixed(2)} seconds`)),
          timeoutMs,
        );
        settle = (answer) => {
          clearTimeout(timer);
          resolve(answer);
        };
        const call: FunctionCall = { requestId, payload, deadline: Date.now() + timeoutMs };
        worker.postMessage(call);
      });
    },
    stop() {
      state = 'gone';
      return worker.terminate();
    },
  };
}
