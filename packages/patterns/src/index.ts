export { type Channel, channel } from "./channel.js";
export { type Address, addressOf, cancel, reject, resume } from "./resume.js";
export { sleep } from "./sleep.js";
export { TimeoutError, timeout } from "./timeout.js";
