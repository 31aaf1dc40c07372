import { relative, resolve } from "node:path";
import { Command } from "commander";

export function initCommand(): Command {
  return new Command("init")
    .description("make a project with a first workflow and its test")
    .argument("[dir]", "made where there is none; nothing that is there is overwritten", ".")
    .option("--json", "print the directory and its files as one JSON object")
    .addHelpText(
      "after",
      `
Examples:
  npx --ignore-scripts kwf init my-workflow        where kwf is not installed
  kwf init my-workflow && cd my-workflow && npm install && npm test

Exit codes: 0 made, 1 a file is in the way or cannot be written, 2 wrong usage.`,
    )
    .action(init);
}

async function init(directory: string, { json }: { json?: boolean }): Promise<void> {
  const { scaffold } = await import("../init/scaffold.js");
  const files = scaffold(directory);
  if (json === true) return console.log(JSON.stringify({ directory: resolve(directory), files }));
  console.log(files.join("\n"));
  const way = relative(process.cwd(), resolve(directory));
  const enter = way === "" ? "" : `cd ${/^[\w./-]+$/.test(way) ? way : `'${way.replaceAll("'", `'\\''`)}'`} && `;
  console.error(`\nNext: ${enter}npm install && npm test && npm run dev`);
}
