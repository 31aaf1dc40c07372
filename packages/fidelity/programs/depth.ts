export { depths as default } from "./depths.js";
