// What `kwf init` writes: the files of runner/template, whose own test runs with all others, and a package.json.
//
// I1 Nothing that is there is changed. What would be in the way is looked for first, and then nothing at all is written.

import { lstatSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { ExitCode } from "../exit-code.js";
import { fileProblem, UsageError } from "../usage-error.js";
import { projectManifest, projectName } from "./project-manifest.js";

const TEMPLATE = fileURLToPath(new URL("../../template", import.meta.url));

/** What a file of the template is called in a project: npm puts no file of these names into a package. */
const TEMPLATE_FILES = {
  "README.md": "README.md",
  gitignore: ".gitignore",
  npmrc: ".npmrc",
  "src/index.test.ts": "src/index.test.ts",
  "src/index.ts": "src/index.ts",
  "tsconfig.json": "tsconfig.json",
};

/**
 * Makes a project, and the directory where there is none. Answers the files, from there.
 * @throws UsageError
 */
export function scaffold(directory: string): string[] {
  const files = new Map([["package.json", projectManifest(directory)]]);
  for (const [template, name] of Object.entries(TEMPLATE_FILES)) {
    const text = attempt("read", join(TEMPLATE, template), (file) => readFileSync(file, "utf8"));
    files.set(name, text.replaceAll("{{name}}", projectName(directory)));
  }
  if (statSync(directory, { throwIfNoEntry: false })?.isDirectory() === false)
    throw new UsageError(`${directory} is a file: kwf init takes a directory`, ExitCode.failed);
  const names = [...files.keys()];
  const taken = names.filter((name) => attempt("look at", join(directory, name), exists));
  if (taken.length > 0)
    throw new UsageError(
      `${directory === "." ? "this directory" : directory} has ${taken.join(", ")} already, and nothing was written: kwf init makes a new project. ` +
        "Name a directory without them, as in: kwf init my-workflow",
      ExitCode.failed,
    );
  for (const [name, text] of files)
    attempt("write", join(directory, name), (file) => {
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, text, { flag: "wx" }); // I1, whoever else writes there meanwhile
    });
  return names;
}

const exists = (file: string): boolean => lstatSync(file, { throwIfNoEntry: false }) !== undefined;

function attempt<T>(action: string, file: string, work: (file: string) => T): T {
  try {
    return work(file);
  } catch (error) {
    throw new UsageError(fileProblem(action, file, error).message, ExitCode.failed);
  }
}
