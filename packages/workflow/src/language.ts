// What of the language itself must be watched from the start of a realm, before any code of the program runs.
import { installFromAsync } from "./array-from-async.js";
import { installBind } from "./function.js";
import { installProxy } from "./proxy.js";
import { installWeak } from "./weak.js";

/** Called once in a fresh realm. */
export function installLanguage(): void {
  installFromAsync();
  installBind();
  installProxy();
  installWeak();
}
