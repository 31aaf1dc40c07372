// Links of what users read: every page of docs is to be found from README.md, and no link leads nowhere.

import { existsSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { describe, expect, test } from "vitest";
import { root } from "./packaging/packages.js";
import { pages } from "./samples/sample.js";

const textOf = (page: string): string => readFileSync(join(root, page), "utf8");

/** Relative links, from the root of the repository; `#anchor` kept. Blocks of code have none. */
function linksOf(page: string): string[] {
  const text = textOf(page).replace(/^```.*?^```$/gms, "");
  return [...text.matchAll(/\]\(([^)\s]+)\)/g)]
    .map((match) => match[1]!)
    .filter((target) => !/^[a-z]+:/.test(target))
    .map((target) => {
      const [path = "", anchor] = target.split("#");
      const file = path === "" ? page : relative(root, join(root, dirname(page), path));
      return anchor === undefined ? file : `${file}#${anchor}`;
    });
}

/** As GitHub names headings. */
const anchorsOf = (page: string): string[] =>
  [...textOf(page).matchAll(/^#+ (.*)$/gm)].map((match) =>
    match[1]!
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, "")
      .replaceAll(" ", "-"),
  );

test.each(pages().filter((page) => page.startsWith("docs/")))("%s is linked from README.md", (page) => {
  expect(linksOf("README.md")).toContain(page);
});

test.each(pages().filter((page) => page.startsWith("demos/")))("docs/patterns.md explains %s", (page) => {
  expect(linksOf("docs/patterns.md")).toContain(dirname(page));
});

describe("links lead somewhere", () => {
  test.each(pages())("%s", (page) => {
    const dead = linksOf(page).filter((link) => {
      const [file = "", anchor] = link.split("#");
      return !existsSync(join(root, file)) || (anchor !== undefined && !anchorsOf(file).includes(anchor));
    });
    expect(dead).toEqual([]);
  });
});
