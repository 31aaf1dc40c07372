// One realm for one test: a global object of its own with what INTERPRETING.md of the suite asks a host for ($262, print),
// the harness files the test names, and modules of files next to the test.
// Neighbours: scenario.mjs runs a test in it; hook.mjs puts the compiler and the runtime in between.
import { readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import vm from "node:vm";

/** Where a scenario failed, and so what it counts as. */
export class Failure extends Error {
  constructor(status, cause) {
    super(describe(cause));
    this.status = status;
  }
}

export function describe(error) {
  try {
    if (error === null || (typeof error !== "object" && typeof error !== "function")) return `threw ${String(error)}`;
    return `${error.name ?? error.constructor?.name}: ${String(error.message).slice(0, 400)}`;
  } catch {
    return "threw something that cannot be described";
  }
}

// Evaluated in the realm, so that nothing a test can reach is of another one.
const HOST = new vm.Script(
  `(function (host) {
  "use strict";
  const hide = (key, value) =>
    Object.defineProperty(globalThis, key, { value, writable: true, enumerable: false, configurable: true });
  hide("print", function print(text) { host.print(String(text)); });
  hide("$262", {
    global: globalThis,
    gc() { host.gc(); },
    detachArrayBuffer(buffer) { host.detach(buffer); return null; },
    createRealm() { return host.createRealm(); },
    evalScript(text) { return host.evalScript(String(text), (message) => { throw new SyntaxError(message); }); },
    agent: { start() { throw new TypeError("this host has no agents"); } },
  });
  return $262;
})`,
  { filename: "conformance:host" },
);

/** Code that may be given a promise of the host. */
export const IMPORTS = /\bimport\s*\(/;

const harnessScripts = new Map();
/** Of the runtime: the same for all tests. */
const runtimeScripts = new Map();

export class Realm {
  /** `test`: { path, mode, meta, checkout, hook, print(text), told(meta), scripts, realm: where the test has come to }. */
  constructor(test) {
    this.test = test;
    // An ordinary global object, without the interceptors of a sandbox.
    this.global = vm.createContext(vm.constants?.DONT_CONTEXTIFY ?? {});
    this.modules = new Map();
    this.linking = Promise.resolve();
    this.import = (specifier, from) => this.importModule(specifier, from);
    this.$262 = HOST.runInContext(this.global)({
      print: test.print,
      gc: () => globalThis.gc?.(),
      detach: (buffer) => void structuredClone(buffer, { transfer: [buffer] }),
      createRealm: () => new Realm(test).$262,
      evalScript: (text, syntaxError) => this.evalScript(text, syntaxError),
    });
    test.hook.globals?.(this.global, this.info("test"));
  }

  /** What a hook is told; hook.mjs uses it. */
  info(kind, more) {
    const { path, mode, meta } = this.test;
    return {
      ...{ path, kind, mode, isModule: false, includes: meta.includes, global: this.global },
      run: (code, filename = "conformance:hook") => this.script(code, filename).runInContext(this.global),
      newRealm: async () => (await new Realm(this.test).enter()).info("test"),
      ...more,
    };
  }

  /** Compiled once a test: every realm of the test evaluates the same texts. */
  script(code, filename) {
    const { test } = this;
    const kept = filename.startsWith("kwf:") ? runtimeScripts : test.scripts;
    if (!kept.has(code)) {
      // import() belongs to the realm that the test has come to. Node never frees a script with a callback, nor its realm.
      const importer = (specifier, from) => test.realm.importModule(specifier, from);
      const options = kept !== runtimeScripts && IMPORTS.test(code) ? { importModuleDynamically: importer } : {};
      try {
        kept.set(code, new vm.Script(code, { filename, ...options }));
      } catch (error) {
        throw new Failure("compile-error", error);
      }
    }
    return kept.get(code);
  }

  async transform(source, info) {
    const { hook } = this.test;
    if (!hook.transform) return source;
    try {
      const result = await hook.transform(source, info);
      if (typeof result === "string") return result;
      if (info.kind === "test" && result.meta) this.test.told(result.meta);
      return result.code;
    } catch (error) {
      throw new Failure(error?.code === "UNSUPPORTED" ? "refused" : "compiler-crash", error);
    }
  }

  /** From now on it is the test's realm. */
  async enter() {
    await this.loadHarness();
    this.test.realm = this;
    return this;
  }

  async loadHarness() {
    const { meta, mode, checkout, hook } = this.test;
    if (mode !== "raw") {
      const done = meta.flags.includes("async") ? ["doneprintHandle.js"] : [];
      for (const name of ["assert.js", "sta.js", ...done, ...meta.includes]) {
        if (!harnessScripts.has(name)) {
          const filename = join(checkout, "harness", name);
          const info = this.info("harness", { path: `harness/${name}`, mode: "sloppy" });
          const code = await this.transform(readFileSync(filename, "utf8"), info);
          harnessScripts.set(name, new vm.Script(code, { filename }));
        }
        harnessScripts.get(name).runInContext(this.global);
      }
    }
    hook.ready?.(this.global, this.info("test"));
  }

  /** Synchronous, so only a synchronous transform can take part. */
  evalScript(text, syntaxError) {
    let script;
    try {
      const made = this.test.hook.transform?.(text, this.info("evalScript")) ?? text;
      script = this.script(typeof made === "string" ? made : made.code, "evalScript");
    } catch (error) {
      return syntaxError(error.message);
    }
    return script.runInContext(this.global);
  }

  // ------------------------------------------------------------------------------------------ modules

  /** The module of a file, compiled and linked. */
  async linkedModule(file) {
    const module = await this.loadModule(file);
    // node:vm cannot link two graphs that overlap at one time.
    const mine = this.linking.then(() =>
      module.status === "unlinked"
        ? module.link((specifier, from, extra) =>
            this.loadModule(resolve(dirname(from.identifier), specifier), extra.attributes),
          )
        : undefined,
    );
    this.linking = mine.catch(() => {});
    await mine;
    return module;
  }

  loadModule(file, attributes) {
    if (!this.modules.has(file)) this.modules.set(file, this.makeModule(file, attributes));
    return this.modules.get(file);
  }

  async makeModule(file, attributes) {
    const source = readFileSync(file, "utf8");
    const context = this.global;
    if (attributes?.type === "json") {
      const value = vm.runInContext("JSON.parse", context)(source);
      const evaluate = function () {
        this.setExport("default", value);
      };
      return new vm.SyntheticModule(["default"], evaluate, { context, identifier: file });
    }
    const isTest = file === join(this.test.checkout, this.test.path) && this.test.mode === "module";
    const info = this.info(isTest ? "test" : "module", { isModule: true, mode: "module" });
    const code = await this.transform(source, info);
    try {
      return new vm.SourceTextModule(code, {
        ...{ context, identifier: file, importModuleDynamically: this.import },
        initializeImportMeta: () => {},
      });
    } catch (error) {
      throw new Failure("compile-error", error);
    }
  }

  /** import(): its errors must be of the realm. */
  async importModule(specifier, from) {
    const base = from instanceof vm.Module ? from.identifier : join(this.test.checkout, this.test.path);
    let module;
    try {
      module = await this.linkedModule(resolve(dirname(base), specifier));
    } catch (error) {
      const text = error instanceof Failure ? error.message : describe(error);
      const type = text.startsWith("SyntaxError") ? "SyntaxError" : "TypeError";
      throw new (vm.runInContext(type, this.global))(text);
    }
    if (module.status === "linked" || module.status === "evaluated") await module.evaluate();
    return module;
  }
}
