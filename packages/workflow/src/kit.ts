// Owns the list of everything that compiled code calls (`_k`). Names are short: they stand in every bundle many times.
// Neighbours: the files named below have the functions; the compiler emits the calls.
import { api, live } from "./api.js";
import { agen, aret, athr, ayield } from "./async-generator.js";
import { aclose, adelegate, aiter, anext, anextResult, NONE } from "./async-iterator.js";
import { awaitValue } from "./await.js";
import * as classes from "./class.js";
import { err } from "./error-words.js";
import { keys, nextKey } from "./for-in.js";
import { R, ret, thr } from "./frame.js";
import * as functions from "./function.js";
import { gen, gret, gthr, yieldRaw, yieldValue } from "./generator.js";
import { checkObject, close, closeQuiet, delegate, iter, next } from "./iterator.js";
import { cjs, esm } from "./lazy-module.js";
import * as literals from "./literal.js";
import { M } from "./module-table.js";
import { it } from "./native-iterator.js";
import { args, call, collect, itc, noThrow, rest } from "./operations.js";
import * as privates from "./private-name.js";
import { absentModule } from "./realm/absent-module.js";
import { noEval } from "./realm/undurable.js";
import * as references from "./reference.js";
import { cns, copy, S, set, T, tdz } from "./scope.js";
import { superDel, superGet, superNew, superSet, superThis } from "./super.js";
import { tpl } from "./template.js";

/** Frames, promises, iteration: what suspendable functions call. */
const machines = {
  R,
  await: awaitValue,
  ret,
  thr,
  yield: yieldValue,
  yieldRaw,
  gret,
  gthr,
  gen,
  agen,
  ayield,
  aret,
  athr,
  iter,
  aiter,
  next,
  anext,
  anextResult,
  close,
  closeQuiet,
  aclose,
  delegate,
  adelegate,
  keys,
  nextKey,
  checkObject,
  NONE,
  tpl,
  call,
  rest,
  args,
  collect,
  noThrow,
};

const { asKind: _asKind, installBind: _installBind, ...functionCalls } = functions;
const { c, pk, si, sinit } = classes;
const { pbrand, pget, phas, pinit, priv, pset } = privates;

/** Scopes, functions, classes, private names: what closure conversion calls. */
const closures = {
  ...functionCalls,
  ...literals,
  ...references,
  M,
  S,
  T,
  copy,
  tdz,
  set,
  cns,
  c,
  pk,
  si,
  sinit,
  priv,
  pinit,
  pbrand,
  pget,
  pset,
  phas,
  err,
  superDel,
  superGet,
  superNew,
  superSet,
  superThis,
  it,
  itc,
  noEval,
  absentModule,
};

export const kit = { ...machines, ...closures, esm, cjs, api, live };
