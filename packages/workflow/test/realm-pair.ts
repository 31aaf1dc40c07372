// Two fresh realms that evaluate the same program: a value is made and written in one, read and looked at in the other.
import { fileURLToPath } from "node:url";
import vm from "node:vm";
import { buildSync } from "esbuild";

let runtime: vm.Script | undefined;

function codecRuntime(): vm.Script {
  if (runtime === undefined) {
    const entry = fileURLToPath(new URL("./codec-runtime.ts", import.meta.url));
    const options = { bundle: true, write: false, format: "iife", globalName: "_k", target: "esnext" } as const;
    const [file] = buildSync({ entryPoints: [entry], ...options }).outputFiles;
    // Script-scope names, not properties of the global object: those are roots.
    runtime = new vm.Script(`"use strict"; ${file!.text.replace("var _k =", "const _k =")}`);
  }
  return runtime;
}

export class Realm {
  private readonly context = vm.createContext(vm.constants.DONT_CONTEXTIFY);

  /** `program` is what a compiled bundle would be: module-level code that uses the kit `_k`. */
  constructor(program = "") {
    codecRuntime().runInContext(this.context);
    this.run("_k.installLanguage()");
    this.run("const globals = Reflect.ownKeys(globalThis)");
    this.run(`"use strict"; ${program}`);
    this.run(`
      const image = new _k.Image({ modules: _k.moduleTables, globals });
      let moduleState = new _k.ModuleState(image);
      let value;
      const save = (root) => _k.encode(root, image);
      const load = (text) => _k.decode(text, image);
    `);
  }

  /** The completion value of a script, which must be a primitive. */
  run(code: string): unknown {
    return vm.runInContext(code, this.context);
  }

  /** What a function body returns, as JSON; `value` is what was made or read last. */
  look(body: string): unknown {
    const text = this.run(`JSON.stringify((function () { "use strict"; ${body} })())`);
    return text === undefined ? undefined : JSON.parse(text as string);
  }

  /** The state text of what a function body returns. */
  save(body: string): string {
    return this.run(`save({ value: (function () { "use strict"; ${body} })() })`) as string;
  }

  load(text: string): this {
    this.run(`value = load(${JSON.stringify(text)}).value;`);
    return this;
  }
}

/** Makes a value in one realm, writes it, reads it in a fresh realm, and looks at it there. */
export function across(make: string, look: string, program = ""): unknown {
  const text = new Realm(program).save(make);
  return new Realm(program).load(text).look(look);
}
