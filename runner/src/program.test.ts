import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { bashCompletion } from "./completion/bash.js";
import { commandTree, everyNode } from "./completion/command-tree.js";
import { fishCompletion } from "./completion/fish.js";
import { zshCompletion } from "./completion/zsh.js";
import { below, makeProgram, pathOf } from "./program.js";

const program = makeProgram();
const commands = below(program);

function helpOf(command: (typeof commands)[number]): string {
  let text = "";
  command.configureOutput({
    writeOut: (part) => {
      text += part;
    },
  });
  command.outputHelp();
  return text;
}

describe("every command", () => {
  test.each(commands.map((command) => [pathOf(command), command] as const))(
    "%s shows an example, and what it ends with",
    (path, command) => {
      const help = helpOf(command);
      expect(help).toMatch(new RegExp(`^Examples?:\n(.*\n)*  .*${path}\\b`, "m"));
      expect(help).toMatch(/\bExit codes: 0 /);
    },
  );

  test.each(commands.map((command) => [pathOf(command), command] as const))(
    "%s stands in docs/cli.md, and its options there or where settings are",
    (path, command) => {
      const page = (name: string) => readFileSync(new URL(`../../docs/${name}.md`, import.meta.url), "utf8");
      expect(page("cli")).toContain(`\`${path}`);
      const pages = ["cli", "running", "dev"].map(page).join("\n");
      const missing = command.options.filter(({ long, negate }) => {
        const setting = long!.replace(negate ? "--no-" : "--", "").replaceAll("-", ".");
        return !new RegExp(`(${long}\\b|\`${setting}\`)`).test(pages);
      });
      expect(missing.map(({ flags }) => flags)).toEqual([]);
    },
  );
});

describe("completion", () => {
  const tree = commandTree(program);
  const scripts = { bash: bashCompletion(tree), zsh: zshCompletion(tree), fish: fishCompletion(tree) };

  test.each(Object.entries(scripts))("for %s has every command and every option", (shell, script) => {
    for (const { path, options } of everyNode(tree)) {
      expect(script).toContain(path.at(-1));
      for (const flag of options.flatMap(({ flags }) => flags))
        expect(script).toContain(
          shell === "fish" ? ` ${flag.startsWith("--") ? "-l" : "-s"} ${flag.replace(/^-+/, "")} ` : flag,
        );
    }
  });

  /** What bash offers behind this line. */
  function offered(...line: string[]): string[] {
    const script = `${scripts.bash}\nCOMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _kwf; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const { status, stdout, stderr } = spawnSync("bash", ["-c", script, "bash", ...line], { encoding: "utf8" });
    expect(stderr).toBe("");
    expect(status).toBe(0);
    return stdout.split("\n").filter((one) => one !== "");
  }

  test("bash takes the script", () => {
    expect(spawnSync("bash", ["-n"], { input: scripts.bash, encoding: "utf8" })).toMatchObject({
      status: 0,
      stderr: "",
    });
  });

  test("bash offers commands, those below them, their options and their words", () => {
    expect(offered("kwf", "")).toEqual([...program.commands.map((command) => command.name()), "help"]);
    expect(offered("kwf", "res")).toEqual(["resume"]);
    expect(offered("kwf", "topics", "")).toEqual(["create", "check"]);
    expect(offered("kwf", "topics", "create", "--pa")).toEqual(["--partitions"]);
    expect(offered("kwf", "topics", "create", "--partitions", "3", "--rep")).toEqual(["--replicas"]);
    expect(offered("kwf", "completion", "z")).toEqual(["zsh"]);
  });

  test("bash offers files where a file is meant, and nothing where anything can stand", () => {
    expect(offered("kwf", "run", "runner/package.j")).toEqual(["runner/package.json"]);
    expect(offered("kwf", "run", "--state-dir", "runner/sr")).toEqual(["runner/src"]);
    expect(offered("kwf", "start", "order-1", "")).toEqual([]);
    expect(offered("kwf", "run", "--brokers", "")).toEqual([]);
  });
});
