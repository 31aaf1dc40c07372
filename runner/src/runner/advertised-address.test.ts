import { expect, test } from "vitest";
import { advertisedAddress } from "./advertised-address.js";

test("an address that means everywhere becomes the name of the machine, any other one stays", () => {
  const cases = {
    "0.0.0.0:8484": "box:8484",
    "[::]:8484": "box:8484",
    "127.0.0.1:1": "127.0.0.1:1",
    "[::1]:2": "[::1]:2",
  };
  for (const [listening, reached] of Object.entries(cases)) expect(advertisedAddress(listening, "box")).toBe(reached);
});
