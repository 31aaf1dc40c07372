import { customAlphabet, nanoid } from "nanoid";
import { nanoid as insecure } from "nanoid/non-secure";
import { ask, log } from "../support.js";

export { manifest } from "../support.js";

export default async function main() {
  const digits = customAlphabet("0123456789", 6);
  const id = nanoid();
  await ask("a generator is held");
  const codes = Array.from({ length: 20 }, () => digits());
  log(
    id.length,
    codes.every((code) => /^\d{6}$/.test(code)),
    new Set(codes).size > 15,
    nanoid(8).length,
    insecure().length,
  );
  const more = Array.from({ length: 50 }, () => nanoid());
  await ask();
  log(
    new Set([...more, id, nanoid()]).size,
    more.every((one) => /^[\w-]{21}$/.test(one)),
  );
}
