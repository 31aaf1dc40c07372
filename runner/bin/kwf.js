#!/usr/bin/env node
import module from "node:module";

// What was compiled once need not be again, where Node can keep it (from 22 on): commands begin sooner.
module.enableCompileCache?.();
await import("../dist/cli.js");
