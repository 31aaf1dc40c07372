export { sleep } from "./sleep.js";
export { TimeoutError, timeout } from "./timeout.js";
