import { createRequire } from "node:module";

/**
 * Loads a CommonJS package. `import` of one first reads through all of its text for the names it might export, which takes several times as long
 * as to run it: a tenth of a build.
 */
export const commonjs: NodeJS.Require = createRequire(import.meta.url);
