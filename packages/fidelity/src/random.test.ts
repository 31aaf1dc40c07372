// Random programs, a few of a fixed seed (`npm run fuzz` goes on from there), and what such programs have found before.
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it, vi } from "vitest";
import { campaign } from "./random/campaign.js";
import { disagreement } from "./random/check.js";

// A machine may be busy: nothing here is about speed.
vi.setConfig({ testTimeout: 600_000, hookTimeout: 600_000 });

const found = fileURLToPath(new URL("../fixtures/found/", import.meta.url));
const names = existsSync(found) ? readdirSync(found) : [];
const folder = mkdtempSync(join(tmpdir(), "kwf-random-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("random programs agree,", () => {
  it.each([
    ["restored with Node", 1, false],
    ["restored with themselves never saved, where branches are cancelled", 2, true],
  ])("%s", async (_, seed, cancels) => {
    const options = { seed, count: 20, statements: 8, cancels, folder: join(folder, String(seed)) };
    expect(await campaign(options)).toBeUndefined();
  });
});

describe("what random programs have found:", () => {
  it.each(names)("%s", async (name) => {
    expect(await disagreement(join(found, name, "input.ts"), name.startsWith("cancels"))).toBeUndefined();
  });
});
