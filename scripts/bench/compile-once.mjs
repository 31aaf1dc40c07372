// One build in a process of its own, as the first of a process: milliseconds of `build()`, the compiler loaded, then its import beside it.

const begin = performance.now();
const { build } = await import("@kwf/compiler");
const loaded = performance.now();
await build(process.argv[2]);
console.log(JSON.stringify({ import: loaded - begin, build: performance.now() - loaded }));
