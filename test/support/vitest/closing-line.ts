import type { Reporter, TestModule } from 'vitest/node';

/** The state of each test of a module; a module that failed before its tests counts as one failed test. */
function statesOf(module: TestModule): readonly string[] {
  const states = [...module.children.allTests()].map((test) => test.result().state);
  return states.length === 0 && module.state() === 'failed' ? ['failed'] : states;
}

/** Ends a run with the line of its result: `N passed, N failed`. */
export default class ClosingLine implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    const states = modules.flatMap(statesOf);
    const passed = states.filter((state) => state === 'passed').length;
    const failed = states.filter((state) => state === 'failed').length + errors.length;
    const skipped = states.length + errors.length - passed - failed;
    const line = `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
    // Behind the other reporters, so that it is the last line.
    process.once('exit', () => process.stdout.write(`${line}\n`));
  }
}
