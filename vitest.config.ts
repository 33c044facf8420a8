import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/{unit,integration,e2e}/**/*.test.ts'],
    globalSetup: ['test/helpers/global-setup.ts'],
    // Bounds for a machine that is slow or busy, not expectations: nothing here measures speed.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    maxWorkers: 4,
    reporters: ['default'],
  },
});
