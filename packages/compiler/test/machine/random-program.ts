/** Random programs of nested control flow with suspension points anywhere. They end: every loop counts. */

export type Kind = "async" | "generator" | "async generator";

export function randomProgram(seed: number, kind: Kind): string {
  return new Writer(seed, kind).program();
}

class Writer {
  #state: number;
  #names = 0;
  #labels: { name: string; isLoop: boolean }[] = [];
  #loops = 0;
  #breakable = 0;
  #variables = ["a", "b"];
  readonly #kind: Kind;
  /** Some programs suspend rarely, so that much of their control flow stays structured. */
  readonly #density: number;

  constructor(seed: number, kind: Kind) {
    this.#state = seed * 2654435761 + 12345;
    this.#kind = kind;
    this.#density = this.#pick([0.1, 0.4, 1]);
  }

  #random(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let x = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    x = (x + Math.imul(x ^ (x >>> 7), 61 | x)) ^ x;
    return ((x ^ (x >>> 14)) >>> 0) / 4294967296;
  }

  #below(n: number): number {
    return Math.floor(this.#random() * n);
  }

  #pick<T>(items: readonly T[]): T {
    return items[this.#below(items.length)]!;
  }

  #name(prefix: string): string {
    return `${prefix}${++this.#names}`;
  }

  program(): string {
    const body = [1, 2, 3]
      .map((n) => `try {\n${this.#block(4)}\n} catch (top${n}) { log("top", top${n}); }`)
      .join("\n");
    const head = {
      async: "async function main",
      generator: "function* generate",
      "async generator": "async function* generate",
    };
    return `${head[this.#kind]}() {\n let a = 1, b = 2; const o = { p: 1, q: { r: 2 } };\n${body}\n${this.#kind === "generator" ? "yield" : "await"} t("check", CHECK);\nreturn [a, b, o];\n}`;
  }

  #suspension(operand: string): string {
    if (this.#random() > this.#density) return `t(${++this.#names}, ${operand})`;
    if (this.#kind === "async") return `(await ${operand})`;
    if (this.#kind === "generator") return `(yield ${operand})`;
    return this.#random() < 0.5 ? `(await ${operand})` : `(yield ${operand})`;
  }

  #expression(depth: number): string {
    const e = () => this.#expression(depth - 1);
    const v = () => this.#pick(this.#variables);
    if (depth <= 0) return this.#pick([String(this.#below(4)), v(), "o.p", `t(${++this.#names}, ${v()})`]);
    switch (this.#below(19)) {
      case 0:
      case 1:
      case 2:
      case 3:
        return this.#suspension(e());
      case 4:
        return `(${e()} ${this.#pick(["+", "-", "<", "===", ","])} ${e()})`;
      case 5:
        return `(${e()} ${this.#pick(["&&", "||", "??"])} ${e()})`;
      case 6:
        return `(${e()} ? ${e()} : ${e()})`;
      case 7:
        return `t(${++this.#names}, ${e()})`;
      case 8:
        return `(${v()} ${this.#pick(["=", "+=", "&&=", "||=", "??="])} ${e()})`;
      case 9:
        return `(o[${e()}] ${this.#pick(["=", "+=", "??="])} ${e()})`;
      case 10:
        return `list(${e()}, ...[${e()}, ${e()}]).length`;
      case 11:
        return `[${e()}, ...[${e()}], ${e()}].length`;
      case 12:
        return `({ x: ${e()}, [${e()}]: ${e()}, ...{ z: ${e()} } }).x`;
      case 13:
        return `\`\${${e()}}-\${${e()}}\`.length`;
      case 14:
        return `o?.q?.[${e()}]`;
      case 15:
        return `o.m?.(${e()})`;
      case 16:
        return `maybe(${e()})`;
      case 17:
        return `([${v()}, ${v()} = ${e()}] = [${e()}]).length`;
      default:
        return `({ x: ${v()} = ${e()}, ...${v()} } = { x: ${e()}, y: 1 }).x`;
    }
  }

  #block(depth: number): string {
    const known = this.#variables.length;
    const count = 1 + this.#below(3);
    const statements = Array.from({ length: count }, () => this.#statement(depth));
    this.#variables.length = known;
    return statements.join("\n");
  }

  #scoped(depth: number): string {
    return `{ ${this.#block(depth - 1)} }`;
  }

  #loop(depth: number): string {
    this.#loops++;
    this.#breakable++;
    const body = this.#scoped(depth);
    this.#loops--;
    this.#breakable--;
    return body;
  }

  #statement(depth: number): string {
    const e = () => this.#expression(2);
    if (depth <= 0) return this.#leaf();
    switch (this.#below(16)) {
      case 0:
        return `if (${e()}) ${this.#scoped(depth)}`;
      case 1:
        return `if (${e()}) ${this.#scoped(depth)} else ${this.#scoped(depth)}`;
      case 2: {
        const i = this.#name("i");
        return `for (let ${i} = 0; ${i} < 2; ${i}++) ${this.#loop(depth)}`;
      }
      case 3: {
        const i = this.#name("w");
        return `let ${i} = 0; while (${i}++ < 2 && ${e()}) ${this.#loop(depth)}`;
      }
      case 4: {
        const i = this.#name("d");
        return `let ${i} = 0; do ${this.#loop(depth)} while (${i}++ < 1)`;
      }
      case 5:
      case 6: {
        const x = this.#name("x");
        const target = this.#random() < 0.3 ? `[${x} = ${e()}]` : x;
        const values = target === x ? `[${e()}, ${e()}]` : "[[1], []]";
        return `for (const ${target} of source(${this.#names}, ${values})) ${this.#loop(depth)}`;
      }
      case 7: {
        if (this.#kind === "generator") return this.#leaf();
        const x = this.#name("x");
        return `for await (const ${x} of ${this.#pick(["source", "asyncSource"])}(${this.#names}, [${e()}, ${e()}])) ${this.#loop(depth)}`;
      }
      case 8: {
        const k = this.#name("k");
        return `for (const ${k} in { p: 1, q: ${e()} }) ${this.#loop(depth)}`;
      }
      case 9:
      case 10: {
        const error = this.#name("e");
        return `try ${this.#scoped(depth)} catch (${error}) { log("caught", ${error}); ${this.#block(depth - 1)} }`;
      }
      case 11:
        return `try ${this.#scoped(depth)} finally ${this.#scoped(depth)}`;
      case 12:
        return `try ${this.#scoped(depth)} catch { ${this.#block(depth - 1)} } finally ${this.#scoped(depth)}`;
      case 13: {
        this.#breakable++;
        const cases = Array.from({ length: 3 }, () => `case ${e()}: ${this.#scoped(depth)}`);
        cases.splice(this.#below(4), 0, `default: ${this.#scoped(depth)}`);
        this.#breakable--;
        return `switch (${e()}) { ${cases.join("\n")} }`;
      }
      case 14: {
        const name = this.#name("l");
        const isLoop = this.#random() < 0.7;
        this.#labels.push({ name, isLoop });
        const i = this.#name("i");
        const body = isLoop ? `for (let ${i} = 0; ${i} < 2; ${i}++) ${this.#loop(depth)}` : this.#scoped(depth);
        this.#labels.pop();
        return `${name}: ${body}`;
      }
      default:
        return this.#leaf();
    }
  }

  #leaf(): string {
    const e = () => this.#expression(2);
    const guard = this.#random() < 0.9 ? `if (${this.#random() < 0.3 ? e() : "rarely()"}) ` : "";
    switch (this.#below(16)) {
      case 0:
        if (this.#breakable > 0) return `${guard}break;`;
        break;
      case 1:
        if (this.#loops > 0) return `${guard}continue;`;
        break;
      case 2:
      case 3: {
        const usable = this.#labels.filter(({ isLoop }) => isLoop || this.#random() < 0.5);
        if (usable.length === 0) break;
        const { name, isLoop } = this.#pick(usable);
        return `${guard}${isLoop && this.#random() < 0.5 ? "continue" : "break"} ${name};`;
      }
      case 4:
        return `${guard}return ${e()};`;
      case 5:
        return `${guard}throw ${e()};`;
      case 6: {
        const name = this.#name("v");
        const text = `let ${name} = ${e()};`;
        this.#variables.push(name);
        return text;
      }
      case 7:
        return `log(${e()}, a, b);`;
    }
    return `${e()};`;
  }
}

/** What a program calls, but for `log` and `CHECK`. After so many `steps` it ends; `pull` comes before each value of an async iterator. */
export const surroundings = (steps: number, pull = ""): string => `
let steps = 0;
function step() { if (++steps > ${steps}) throw "enough"; }
function t(n, value) { log("eval", n, value === CHECK ? "check" : value); step(); return value; }
function list(...args) { log("list", args); return args; }
let flips = 0;
function flip() { return ++flips % 3 === 0; }
function rarely() { return ++flips % 4 === 0; }
function maybe(value) { if (++flips % 13 === 0) throw "maybe"; return value; }
function source(n, values) {
  let index = 0;
  return { [Symbol.iterator]() { return this; },
    next() { log("next", n); step(); return { done: index >= values.length, value: values[index++] }; },
    return() { log("return", n); if (flip()) throw "return of " + n; return {}; } };
}
function asyncSource(n, values) {
  const sync = source(n, values);
  return { [Symbol.asyncIterator]() { return this; }, async next() { ${pull} return sync.next(); }, async return() { return sync.return(); } };
}
`;
