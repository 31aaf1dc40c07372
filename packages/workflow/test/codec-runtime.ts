// What realm-pair.ts evaluates in each realm: the codec and the language objects, without the rest of the runtime.
export * from "../src/class.js";
export { decode, encode } from "../src/codec/codec.js";
export { Image } from "../src/codec/image.js";
export { ModuleState } from "../src/codec/module-state.js";
export * from "../src/codec/registry.js";
export * from "../src/function.js";
export { installLanguage } from "../src/language.js";
export { cjs, esm } from "../src/lazy-module.js";
export { M, moduleTables } from "../src/module-table.js";
export { it } from "../src/native-iterator.js";
export * from "../src/private-name.js";
export * from "../src/scope.js";
export * from "../src/stamp.js";
export * from "../src/super.js";
