import { expect, test } from "vitest";
import { readContinuation } from "./continuation.js";
import type { BundleMetadata } from "./metadata.js";

const names = ["none", "nothing", "gap"];
const metadata: BundleMetadata = {
  version: 1,
  name: "",
  modules: ["index.ts"],
  functions: [
    {
      id: 12,
      module: 0,
      name: "main",
      line: 1,
      column: 1,
      awaits: [[2, 5, 3, "wait()"]],
      slots: names.map((name) => [name, name]),
    },
  ],
  scopes: [],
};

test("locals that are null and undefined are told apart", () => {
  const frame = '{"$":"F12","l":2,"p":{"r":1},"s":[{"$":"null"},null,7]}';
  const shared = `[{"$":["W","0:a:1",${frame}]},{"$":["P",null,4]}]`;
  const continuation = `{"v":2,"b":"ab","s":"running","t":{"$":["T",{"r":1},[{"r":0}]]},"$":"K","x":${shared}}`;
  const { pending } = readContinuation({ run: "0:0", since: 1, continuation }, { metadata });
  expect(pending).toEqual([
    {
      id: "0:a:1",
      stacks: [
        [
          {
            type: "frame",
            frame: 0,
            function: "main",
            file: "index.ts",
            line: 5,
            column: 3,
            text: "wait()",
            locals: [
              { name: "none", value: "null" },
              { name: "nothing", value: "undefined" },
              { name: "gap", value: "7" },
            ],
          },
        ],
      ],
    },
  ]);
});
