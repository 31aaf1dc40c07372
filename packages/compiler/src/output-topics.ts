import * as t from "@babel/types";
import type { Diagnostic } from "./diagnostic.js";
import type { OriginalPositions } from "./original-position.js";
import type { Analysis, Binding } from "./scope/model.js";
import { walk } from "./walk.js";

/** Topics that every workflow may write to. */
const ALWAYS = new Set(["workflow-resume", "workflow-scheduler"]);

/** What a text says of topics. A program may come in several; each knows what those before it have said. */
export interface TopicFacts {
  /** Variables that hold `output` and its like. */
  readonly output: readonly string[];
  /** Variables that hold functions whose first argument is declared. */
  readonly declaring: readonly string[];
  readonly declared: readonly string[];
  /** Some topic that is declared is computed. */
  readonly computed: boolean;
  /** Of the whole program: all topics that it may write to, beside those that every one may; absent where some are computed. */
  readonly known?: readonly string[];
  /** Outputs to a topic that is a literal; the diagnostic is what is wrong with it, if it is not declared. */
  readonly used: readonly { readonly topic: string; readonly place: Partial<Diagnostic> }[];
}

export const NO_TOPICS: TopicFacts = { output: [], declaring: [], declared: [], computed: false, used: [] };

/** What `before` has said, and what the program says. */
export function topicFacts(
  program: t.Program,
  analysis: Analysis,
  positions: OriginalPositions,
  before: TopicFacts,
): TopicFacts {
  const constants = constantValues(program, analysis);
  const literal = (node: t.Node): string | undefined => {
    if (t.isStringLiteral(node)) return node.value;
    if (t.isTemplateLiteral(node) && node.expressions.length === 0) return node.quasis[0]?.value.cooked ?? undefined;
    const binding = t.isIdentifier(node) ? analysis.referenceOf.get(node)?.binding : undefined;
    const value = binding === undefined ? undefined : constants.get(binding);
    return t.isStringLiteral(value) ? value.value : undefined;
  };
  const { declaring, topics, computed } = topicsDeclaredInCode(program, analysis, literal, before.declaring);
  const outputs = apiFunctions(program, analysis, ["output", "outputJSON"], before.output);
  const used: { topic: string; place: Partial<Diagnostic> }[] = [];
  walk(program, (node) => {
    if (!t.isCallExpression(node)) return;
    const callee = analysis.referenceOf.get(node.callee)?.binding;
    const argument = node.arguments[1];
    if (callee === undefined || !outputs.has(callee) || argument === undefined) return;
    const topic = literal(argument);
    if (topic === undefined) return;
    const place = positions.find(argument.loc?.start.line, argument.loc?.start.column);
    used.push({ topic, place: { ...place, length: (argument.end ?? 0) - (argument.start ?? 0) } });
  });
  return {
    output: topNames(outputs),
    declaring: topNames(declaring),
    declared: [...before.declared, ...topics],
    computed: before.computed || computed,
    used: [...before.used, ...used],
  };
}

/**
 * `W.output(value, "topic")` to a topic that neither the manifest nor module code declares. Judged only where both are literals; the step
 * itself judges the rest. `manifest` is the variable of the program that holds it.
 */
export function undeclaredTopics(
  { declared, computed, used }: TopicFacts,
  program: t.Program,
  analysis: Analysis,
  manifest: string | undefined,
): Diagnostic[] {
  const inManifest = declaredTopics(manifest, analysis, constantValues(program, analysis));
  if (inManifest === undefined || computed) return [];
  const known = new Set([...inManifest, ...declared, ...ALWAYS]);
  return used
    .filter(({ topic }) => !known.has(topic))
    .map(({ topic, place }) => {
      const list = [...inManifest, topic].map((name) => JSON.stringify(name)).join(", ");
      return {
        code: "undeclared-topic",
        message: `topic "${topic}" is not declared in the manifest`,
        ...place,
        hint: `declare it: export const manifest = { outputTopics: [${list}] }`,
      };
    });
}

/** What `known` is, in the last text of a program. */
export function knownTopics(
  { declared, computed }: TopicFacts,
  program: t.Program,
  analysis: Analysis,
  manifest: string | undefined,
): readonly string[] | undefined {
  const inManifest = declaredTopics(manifest, analysis, constantValues(program, analysis));
  return inManifest === undefined || computed ? undefined : [...new Set([...inManifest, ...declared])].sort();
}

const topNames = (bindings: ReadonlySet<Binding>): string[] =>
  [...bindings].filter(({ scope }) => scope.kind === "program").map(({ name }) => name);

/** Of a text before this one. */
const bindingsOf = ({ program }: Analysis, names: readonly string[]): Set<Binding> =>
  new Set(names.flatMap((name) => program.scope.lookup(name) ?? []));

/** Variables with an initial value that nothing assigns to afterwards. */
function constantValues(program: t.Program, { referenceOf }: Analysis): Map<Binding, t.Node> {
  const values = new Map<Binding, t.Node>();
  const assigned = new Set<Binding>();
  const assign = (target: t.Node): void => {
    for (const name of Object.values(t.getBindingIdentifiers(target, true)).flat()) {
      const binding = referenceOf.get(name)?.binding;
      if (binding !== undefined) assigned.add(binding);
    }
  };
  walk(program, (node) => {
    if (t.isVariableDeclarator(node)) {
      const binding = t.isIdentifier(node.id) ? referenceOf.get(node.id)?.binding : undefined;
      if (binding !== undefined && node.init != null && !values.has(binding)) values.set(binding, node.init);
    } else if (t.isAssignmentExpression(node)) assign(node.left);
    else if (t.isUpdateExpression(node)) assign(node.argument);
    else if ((t.isForOfStatement(node) || t.isForInStatement(node)) && !t.isVariableDeclaration(node.left))
      assign(node.left);
  });
  for (const binding of assigned) values.delete(binding);
  return values;
}

/** The variables that hold these: the pattern with which the module of `@kwf/workflow` takes its API apart. */
function apiFunctions(
  program: t.Program,
  analysis: Analysis,
  names: readonly string[],
  before: readonly string[],
): Set<Binding> {
  const found = bindingsOf(analysis, before);
  for (const statement of program.body) {
    if (!t.isVariableDeclaration(statement)) continue;
    for (const { id, init } of statement.declarations) {
      const isApi =
        t.isMemberExpression(init) &&
        t.isIdentifier(init.object, { name: "_k" }) &&
        t.isIdentifier(init.property, { name: "api" });
      if (!isApi || !t.isObjectPattern(id)) continue;
      for (const property of id.properties) {
        if (!t.isObjectProperty(property) || !t.isIdentifier(property.key) || !t.isIdentifier(property.value)) continue;
        const binding = analysis.program.scope.lookup(property.value.name);
        if (names.includes(property.key.name) && binding !== undefined) found.add(binding);
      }
    }
  }
  return found;
}

/**
 * The topics that reach `declareTopic`, by itself or through a function that passes its first parameter on, such as `topic` of
 * @kwf/patterns.
 */
function topicsDeclaredInCode(
  program: t.Program,
  analysis: Analysis,
  literal: (node: t.Node) => string | undefined,
  before: readonly string[],
): { declaring: Set<Binding>; topics: Set<string>; computed: boolean } {
  const { scope } = analysis.program;
  const declaring = apiFunctions(program, analysis, ["declareTopic"], before);
  const passedOn = new Set<t.Node>();
  const callee = (node: t.Node): Binding | undefined =>
    t.isCallExpression(node) ? analysis.referenceOf.get(node.callee)?.binding : undefined;
  for (const statement of program.body) {
    const [parameter] = t.isFunctionDeclaration(statement) ? statement.params : [];
    if (!t.isFunctionDeclaration(statement) || !t.isIdentifier(parameter)) continue;
    const own = scope.lookup(statement.id?.name ?? "");
    walk(statement.body, (node) => {
      const by = callee(node);
      if (by === undefined || !declaring.has(by) || own === undefined) return;
      const [argument] = (node as t.CallExpression).arguments;
      if (!t.isIdentifier(argument, { name: parameter.name })) return;
      passedOn.add(node);
      declaring.add(own);
    });
  }
  const topics = new Set<string>();
  let computed = false;
  walk(program, (node) => {
    const by = callee(node);
    if (by === undefined || !declaring.has(by) || passedOn.has(node)) return;
    const [argument] = (node as t.CallExpression).arguments;
    const topic = argument === undefined ? undefined : literal(argument);
    if (topic === undefined) computed = true;
    else topics.add(topic);
  });
  return { declaring, topics, computed };
}

/** The topics of a literal manifest; none at all without a manifest; undefined where they are computed. */
function declaredTopics(
  manifest: string | undefined,
  { program }: Analysis,
  constants: ReadonlyMap<Binding, t.Node>,
): Set<string> | undefined {
  if (manifest === undefined) return new Set();
  const binding = program.scope.lookup(manifest);
  const value = binding === undefined ? undefined : constants.get(binding);
  if (!t.isObjectExpression(value)) return undefined;
  let topics: t.Node | undefined;
  for (const property of value.properties) {
    if (t.isSpreadElement(property) || property.computed) return undefined;
    const isTopics =
      t.isIdentifier(property.key, { name: "outputTopics" }) ||
      t.isStringLiteral(property.key, { value: "outputTopics" });
    if (isTopics) topics = t.isObjectProperty(property) ? property.value : property;
  }
  if (topics === undefined) return new Set();
  const names = stringList(topics);
  return names === undefined ? undefined : new Set(names);
}

/** The strings of a literal array, spread literal arrays included; undefined where one is computed. */
function stringList(node: t.Node): string[] | undefined {
  if (!t.isArrayExpression(node)) return undefined;
  const names: string[] = [];
  for (const element of node.elements) {
    const found = t.isStringLiteral(element)
      ? [element.value]
      : t.isSpreadElement(element)
        ? stringList(element.argument)
        : undefined;
    if (found === undefined) return undefined;
    names.push(...found);
  }
  return names;
}
